import { setTimeout as delay } from 'node:timers/promises'
import type { Journal, JournalEntry, Logger } from '../model/ports.js'

export interface BatchLogConfig {
  /** This life of this processor: unlike any other process, and unlike its own earlier lives. */
  readonly owner: string
  /** How long a finished batch is remembered at least: longer than any process may sit on a frame without storing it. */
  readonly keepMs: number
}

export interface BatchLogDeps {
  readonly journal: Journal
  readonly logger: Logger
  nowMs(): number
}

/** A batch as it was written down. */
export interface LoggedBatch {
  readonly token: string
  readonly owner: string
  /** Sequences of its frames, ascending. */
  readonly sequences: readonly number[]
  /** When it was opened, by its owner's clock. */
  readonly openedMs: number
  done: boolean
}

/** What a journal entry holds, as JSON. */
type Entry =
  | { type: 'start'; owner: string }
  | { type: 'open'; token: string; owner: string; sequences: readonly number[]; at: number }
  | { type: 'done'; token: string }

const RETRY_FIRST_MS = 50
const RETRY_MAX_MS = 5_000

/**
 * The batches of all processors: which frames belong to which, and which are finished. A frame belongs to one batch for
 * ever, for a batch is opened only by an append that knows all entries before it: of two processors that hold the same
 * frame one comes second, reads what the first has written, and leaves the frame out.
 *
 * What is remembered is bounded by `trim`: finished batches go when all their frames are acknowledged and `keepMs` is
 * over.
 */
export class BatchLog {
  readonly #config: BatchLogConfig
  readonly #deps: BatchLogDeps
  /** In the order of the journal, with the sequence of the entry that opened each. */
  readonly #batches = new Map<string, { batch: LoggedBatch; entry: number }>()
  readonly #bySequence = new Map<number, LoggedBatch>()
  #last = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(config: BatchLogConfig, deps: BatchLogDeps) {
    this.#config = config
    this.#deps = deps
  }

  /** Reads what there is. The first entry ever is not a batch, so that every batch has an entry to stand behind. */
  async start(): Promise<void> {
    await this.#deps.journal.append(encode({ type: 'start', owner: this.#config.owner }))
    await this.refresh()
  }

  /** Reads what others have written since. */
  async refresh(): Promise<void> {
    const { last, entries } = await this.#deps.journal.read(this.#last)
    for (const entry of entries) this.#apply(entry)
    this.#last = Math.max(this.#last, last)
  }

  /** The batch that a frame belongs to, as far as was read. */
  batchOf(sequence: number): LoggedBatch | undefined {
    return this.#bySequence.get(sequence)
  }

  /** Batches that are not finished, oldest first. */
  open(): LoggedBatch[] {
    return [...this.#batches.values()].map((b) => b.batch).filter((b) => !b.done)
  }

  /**
   * Writes a batch down, before anything of it is stored. Frames that belong to another batch are left out. Tries for ever
   * (until `signal`); when it resolves the frames are this batch's and nobody else's.
   * @param sequences ascending
   * @param tokenOf the token of a list of frames
   * @returns the batch; undefined when all its frames belong to others
   */
  claim(
    sequences: readonly number[],
    tokenOf: (sequences: readonly number[]) => string,
    signal: AbortSignal,
  ): Promise<LoggedBatch | undefined> {
    // One at a time: two appends of one process would only beat each other.
    const attempted = new Set<string>()
    const turn = this.#turn.then(() =>
      this.#forever(signal, () => this.#claim(sequences, tokenOf, attempted)),
    )
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Notes that a batch is stored. Tries for ever (until `signal`). */
  async finish(batch: LoggedBatch, signal: AbortSignal): Promise<void> {
    await this.#forever(signal, async () => {
      const sequence = await this.#deps.journal.append(encode({ type: 'done', token: batch.token }))
      if (sequence === this.#last + 1) this.#last = sequence
    })
    batch.done = true
  }

  /**
   * Forgets finished batches, here and in the journal, up to the first that must stay.
   * @param ackFloor all frames up to this sequence are acknowledged
   */
  async trim(ackFloor: number): Promise<void> {
    let keepFrom = this.#last
    for (const { batch, entry } of this.#batches.values()) {
      const old = this.#deps.nowMs() - batch.openedMs > this.#config.keepMs
      if (!batch.done || !old || batch.sequences.at(-1)! > ackFloor) {
        keepFrom = entry
        break
      }
      this.#batches.delete(batch.token)
      for (const sequence of batch.sequences) this.#bySequence.delete(sequence)
    }
    if (keepFrom > 1) await this.#deps.journal.trim(keepFrom)
  }

  async #claim(
    sequences: readonly number[],
    tokenOf: (sequences: readonly number[]) => string,
    attempted: Set<string>,
  ): Promise<LoggedBatch | undefined> {
    for (;;) {
      // An append whose answer was lost may have succeeded: then the batch is there, and it is this one.
      // Another processor may have written the same frames under the same token: that one is not.
      const written = [...attempted].map((token) => this.#batches.get(token)?.batch)
      const mine = written.find((batch) => batch?.owner === this.#config.owner)
      if (mine !== undefined) return mine
      const free = sequences.filter((s) => !this.#bySequence.has(s))
      if (free.length === 0) return undefined
      const token = tokenOf(free)
      attempted.add(token)
      const { owner } = this.#config
      const bytes = encode({ type: 'open', token, owner, sequences: free, at: this.#deps.nowMs() })
      const sequence = await this.#deps.journal.append(bytes, this.#last)
      if (sequence === undefined) await this.refresh()
      else {
        this.#apply({ sequence, bytes })
        this.#last = sequence
      }
    }
  }

  #apply({ sequence, bytes }: JournalEntry): void {
    const entry = JSON.parse(Buffer.from(bytes).toString('utf8')) as Entry
    if (entry.type === 'done') {
      const known = this.#batches.get(entry.token)
      if (known !== undefined) known.batch.done = true
    }
    if (entry.type !== 'open' || this.#batches.has(entry.token)) return
    const { token, owner, sequences, at } = entry
    const batch: LoggedBatch = { token, owner, sequences, openedMs: at, done: false }
    this.#batches.set(token, { batch, entry: sequence })
    for (const s of sequences) this.#bySequence.set(s, batch)
  }

  async #forever<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(RETRY_MAX_MS, waitMs * 2)) {
      try {
        return await attempt()
      } catch (error) {
        this.#deps.logger.warn(
          { error: (error as Error).message },
          'the journal of batches does not take an entry yet',
        )
        await delay(waitMs, undefined, { signal })
        await this.refresh().catch(() => {})
      }
    }
  }
}

const encode = (entry: Entry): Uint8Array => Buffer.from(JSON.stringify(entry))
