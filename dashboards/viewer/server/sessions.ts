import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../../model/ports.js'
import type { ViewerUser } from './users_file.js'

/** Sessions open at once; the oldest makes room. */
const SESSIONS_MAX = 10_000
const TOKEN_BYTES = 32

interface Session {
  readonly user: ViewerUser
  readonly untilMs: number
}

/** Tokens are kept as digests: who reads this memory cannot log in with it. */
const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64')

/** Who is logged in. Sessions live in the memory of the process: a restart logs everybody out. */
export class Sessions {
  readonly #clock: Clock
  readonly #lifetimeMs: number
  readonly #open = new Map<string, Session>()

  constructor(lifetimeMs: number, clock: Clock) {
    this.#lifetimeMs = lifetimeMs
    this.#clock = clock
  }

  get size(): number {
    return this.#open.size
  }

  /** Opens a session and gives the token that stands for it. */
  open(user: ViewerUser): string {
    if (this.#open.size >= SESSIONS_MAX) this.#open.delete(this.#open.keys().next().value!)
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    this.#open.set(digestOf(token), { user, untilMs: this.#clock.nowMs() + this.#lifetimeMs })
    return token
  }

  userOf(token: string | undefined): ViewerUser | undefined {
    if (token === undefined) return undefined
    const key = digestOf(token)
    const session = this.#open.get(key)
    if (session === undefined) return undefined
    if (session.untilMs > this.#clock.nowMs()) return session.user
    this.#open.delete(key)
    return undefined
  }

  close(token: string): void {
    this.#open.delete(digestOf(token))
  }
}
