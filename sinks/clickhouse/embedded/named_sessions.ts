import type { Engine, EngineSession } from './engine.js'
import { storeError } from './http_error.js'
import type { QueryRequest } from './request.js'

/** Sessions that may be open at once; the one idle for the longest makes room. */
const SESSIONS_MAX = 64

interface Named {
  readonly session: EngineSession
  busy: boolean
  timer?: NodeJS.Timeout
}

/**
 * Sessions that clients name: temporary tables and settings live on in them from one request to the next, one request at a
 * time, until nothing came for a while.
 */
export class NamedSessions {
  readonly #engine: Engine
  /** The order is that of the last use. */
  readonly #open = new Map<string, Named>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /**
   * The session, and what gives it back.
   * @throws HttpError 373 when it is in use, 372 when it should be there and is not
   */
  take(asked: NonNullable<QueryRequest['session']>): { session: EngineSession; giveBack(): void } {
    const named = this.#open.get(asked.id) ?? this.#make(asked)
    if (named.busy)
      throw storeError(373, 'SESSION_IS_LOCKED', `Session ${asked.id} is locked by a concurrent client.`)
    named.busy = true
    clearTimeout(named.timer)
    this.#open.delete(asked.id)
    this.#open.set(asked.id, named)
    return {
      session: named.session,
      giveBack: () => {
        named.busy = false
        named.timer = setTimeout(() => this.#close(asked.id), asked.timeoutS * 1000).unref()
      },
    }
  }

  /** No query may run in any of them. */
  close(): void {
    for (const id of [...this.#open.keys()]) this.#close(id)
  }

  #make({ id, mustExist }: NonNullable<QueryRequest['session']>): Named {
    if (mustExist) throw storeError(372, 'SESSION_NOT_FOUND', 'Session not found.')
    if (this.#open.size >= SESSIONS_MAX) {
      const idle = [...this.#open].find(([, { busy }]) => !busy)
      if (idle === undefined)
        throw storeError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', `${SESSIONS_MAX} sessions are in use.`)
      this.#close(idle[0])
    }
    const named: Named = { session: this.#engine.open(), busy: false }
    this.#open.set(id, named)
    return named
  }

  #close(id: string): void {
    const named = this.#open.get(id)
    clearTimeout(named?.timer)
    this.#open.delete(id)
    named?.session.close()
  }
}
