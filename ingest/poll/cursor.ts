import { createHash } from 'node:crypto'
import type { StateStore } from '../../model/ports.js'
import { PollFault } from './fault.js'
import type { Round } from './poll_vendor.js'

interface Saved {
  readonly v: 1
  readonly to?: number
  readonly round?: { readonly from: number; readonly to: number; readonly pages: Record<string, number> }
}

const DONE = -1
/** A stop between two savings repeats at most so many pages, under the ids that they had. */
const SAVE_EVERY_PAGES = 16

export const shortHash = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('base64url').slice(0, 16)

/**
 * How far a feed was read: the end of the last round that is done, and of the round under way how many pages of each request are
 * published. It lies in the state store under `poll.<source>.<feed>`.
 */
export class Cursor {
  readonly #state: StateStore
  readonly #key: string
  #toMs: number | undefined
  #round: { from: number; to: number; pages: Map<string, number> } | undefined
  #unsaved = 0

  constructor(state: StateStore, source: string, feed: string) {
    this.#state = state
    this.#key = `poll.${source}.${feed}`
  }

  async load(): Promise<void> {
    const bytes = await this.#state.get(this.#key)
    if (bytes === undefined) return
    const { to, round } = this.#read(bytes)
    this.#toMs = to
    if (round) this.#round = { from: round.from, to: round.to, pages: new Map(Object.entries(round.pages)) }
  }

  #read(bytes: Uint8Array): Saved {
    try {
      return JSON.parse(Buffer.from(bytes).toString('utf8')) as Saved
    } catch {
      // To begin anew could leave a hole or repeat what is stored: somebody has to decide.
      throw new PollFault(
        'not_kept',
        `the cursor ${this.#key} cannot be read: delete it to begin at the present`,
      )
    }
  }

  /** End of the last round that is done, ms since 1970; undefined before the first. */
  get toMs(): number | undefined {
    return this.#toMs
  }

  /** The round under way. */
  get round(): Round | undefined {
    return this.#round && { fromMs: this.#round.from, toMs: this.#round.to }
  }

  /** Whether any page of the round under way is published. */
  get begun(): boolean {
    return (this.#round?.pages.size ?? 0) > 0
  }

  begin({ fromMs, toMs }: Round): void {
    if (this.#round?.from === fromMs && this.#round.to === toMs) return
    this.#round = { from: fromMs, to: toMs, pages: new Map() }
  }

  isDone(key: string): boolean {
    return this.#round?.pages.get(shortHash(key)) === DONE
  }

  /** Pages of a request that are published already. */
  published(key: string): number {
    return Math.max(0, this.#round?.pages.get(shortHash(key)) ?? 0)
  }

  async page(key: string, page: number): Promise<void> {
    this.#round?.pages.set(shortHash(key), page)
    if (++this.#unsaved >= SAVE_EVERY_PAGES) await this.save()
  }

  requestDone(key: string): void {
    this.#round?.pages.set(shortHash(key), DONE)
    this.#unsaved++
  }

  async roundDone(): Promise<void> {
    this.#toMs = this.#round?.to ?? this.#toMs
    this.#round = undefined
    await this.save()
  }

  /** Passes over what is no longer to be had. */
  skipTo(ms: number): void {
    this.#toMs = ms
    this.#round = undefined
  }

  async save(): Promise<void> {
    const round = this.#round && {
      from: this.#round.from,
      to: this.#round.to,
      pages: Object.fromEntries(this.#round.pages),
    }
    const saved: Saved = {
      v: 1,
      ...(this.#toMs !== undefined && { to: this.#toMs }),
      ...(round && { round }),
    }
    try {
      await this.#state.put(this.#key, Buffer.from(JSON.stringify(saved)))
    } catch (error) {
      throw new PollFault('not_kept', `the state store did not take a cursor: ${(error as Error).message}`)
    }
    this.#unsaved = 0
  }
}
