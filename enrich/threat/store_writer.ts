import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Logger } from '../../model/ports.js'
import type { ThreatStore } from '../../model/threat.js'
import { INDICATOR_COLUMNS } from './indicator_rows.js'

const DAY_MS = 86_400_000
/** Changes that wait for the store; with more, feeds wait. */
const WAITING_MAX = 8
const BACKOFF_FIRST_MS = 1_000
const BACKOFF_MAX_MS = 60_000

interface Change {
  readonly version: number
  /** Asked anew at each try. */
  rows(): Promise<readonly Uint8Array[]>
}

/** Takes changes of the set to the store, in order, however long it takes, and looks back for each. */
export class ThreatStoreWriter {
  readonly #store: ThreatStore
  readonly #retroDays: number
  readonly #deps: { readonly clock: Clock; readonly logger: Logger }
  readonly #abort = new AbortController()
  #turn: Promise<void> = Promise.resolve()
  #waiting = 0
  #wake: () => void = () => {}

  constructor(
    store: ThreatStore,
    retroDays: number,
    deps: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#store = store
    this.#retroDays = retroDays
    this.#deps = deps
  }

  /** Resolves when there is room for the change, not when it is stored. */
  async add(change: Change): Promise<void> {
    while (this.#waiting >= WAITING_MAX && !this.#abort.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#waiting++
    this.#turn = this.#turn.then(async () => {
      await this.#forever(change).catch(() => {})
      this.#waiting--
      this.#wake()
    })
  }

  /** Resolves when all that was added is stored. */
  idle(): Promise<void> {
    return this.#turn
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    this.#wake()
    await this.#turn
  }

  async #forever(change: Change): Promise<void> {
    const { version } = change
    const { signal } = this.#abort
    for (let waitMs = BACKOFF_FIRST_MS; !signal.aborted; waitMs = Math.min(BACKOFF_MAX_MS, 2 * waitMs)) {
      try {
        await this.#store.write(INDICATOR_COLUMNS, await change.rows())
        await this.#lookBack(version, signal)
        return
      } catch (error) {
        this.#deps.logger.warn(
          { version, error: (error as Error).message },
          'threat indicators are not in the store yet',
        )
        await delay(waitMs, undefined, { signal })
      }
    }
  }

  /** A day at a time, the newest first, so that no one query holds the store for long. */
  async #lookBack(version: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.#deps.clock.nowMs()
    for (let day = 0; day < this.#retroDays && !signal.aborted; day++) {
      await this.#store.match(version, nowMs - (day + 1) * DAY_MS, nowMs - day * DAY_MS)
    }
  }
}
