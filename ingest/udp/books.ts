import type { CollectorTotals } from '../../model/frame.js'
import type { StateStore } from '../../model/ports.js'
import type { LastFrame } from './ports.js'
import type { RejectKeeper } from './reject_keeper.js'

/**
 * The collector's accounts since it was first started. `received = framed + rejected + waiting` holds at any moment.
 */
export class Books {
  received = 0
  receivedBytes = 0
  framed = 0
  kernelDropped = 0
  sequenceLost = 0
  readonly #rejects: RejectKeeper
  readonly #waiting: () => number

  constructor(rejects: RejectKeeper, waiting: () => number) {
    this.#rejects = rejects
    this.#waiting = waiting
  }

  /** @param open datagrams of a frame that is not closed yet; they are left out as if they had not come */
  totals(open = 0): CollectorTotals {
    return {
      received: this.received - open,
      framed: this.framed - open,
      rejected: this.#rejects.byCode,
      waiting: this.#waiting(),
      kernelDropped: this.kernelDropped,
      sequenceLost: this.sequenceLost,
    }
  }

  /**
   * Goes on from the totals of an earlier run. What waited there for its template went with that run, if it was
   * killed: its books must be closed.
   */
  resume(totals: CollectorTotals): void {
    this.received += totals.received
    this.framed += totals.framed
    this.kernelDropped += totals.kernelDropped
    this.sequenceLost += totals.sequenceLost
    this.#rejects.resume(totals.rejected)
    if (totals.waiting > 0) this.#rejects.reject('collector_killed', '', 0, undefined, totals.waiting)
  }
}

/**
 * The accounts in the state store. A frame carries the totals as well, so that those of a killed collector are exact:
 * the later of the two counts. The stored ones hold what came after the last frame of a clean run.
 */
export class StoredBooks {
  readonly #store: StateStore
  readonly #key: string
  #written = ''

  constructor(store: StateStore, key: string) {
    this.#store = store
    this.#key = key
  }

  /** What is to be resumed, given the last frame that is in the stream or the spool. */
  async load(last: LastFrame | undefined): Promise<LastFrame | undefined> {
    const bytes = await this.#store.get(this.#key)
    if (bytes === undefined) return last
    const stored = JSON.parse(Buffer.from(bytes).toString('utf8')) as LastFrame
    return last !== undefined && last.number > stored.number ? last : stored
  }

  /** @param books totals when the frame of `number` was the last, and durable */
  async save(books: LastFrame): Promise<void> {
    const text = JSON.stringify(books)
    if (text === this.#written) return
    await this.#store.put(this.#key, Buffer.from(text))
    this.#written = text
  }
}
