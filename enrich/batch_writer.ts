import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ExporterName } from '../model/exporter_name.js'
import type { LedgerRow } from '../model/ledger.js'
import type { BlockStore, DeadLetters, FrameInput, Logger } from '../model/ports.js'
import { RefusedError } from '../model/refused_error.js'
import { NewNames } from './batch_names.js'
import type { FrameOutcome } from './pool.js'
import { Release } from './pool_release.js'

export interface BatchWriterDeps {
  readonly store: BlockStore
  readonly input: FrameInput
  readonly dead: DeadLetters
  readonly logger: Logger
  readonly metrics: Registry
  /** One Native block of rows of `vigie.ledger`. */
  encodeLedger(rows: readonly LedgerRow[]): Uint8Array
  /** One Native block of rows of `vigie.exporter_names`. */
  encodeNames(rows: readonly ExporterName[]): Uint8Array
}

/** A frame that is to be stored. */
export interface DecodedFrame {
  readonly sequence: number
  readonly outcome: FrameOutcome
}

const FLOWS = 'vigie.flows'
const NAMES = 'vigie.exporter_names'
const LEDGER = 'vigie.ledger'
const BACKOFF_FIRST_MS = 100
/** How often a store that keeps refusing is spoken of. */
const SAY_AGAIN_MS = 60_000
/** How often rows are refused for good before that is believed. */
const REFUSALS_MAX = 5
const INSERT_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/**
 * The token of a batch: a hash over its frames. The sequence alone would do within one stream; collector, number and time
 * make the token another when the stream was made anew and its sequences begin again.
 */
export function batchToken(frames: readonly DecodedFrame[]): string {
  const hash = createHash('sha256')
  for (const { sequence, outcome } of frames) {
    hash.update(`${sequence} ${outcome.collector} ${outcome.number} ${outcome.closedMs}\n`)
  }
  return hash.digest('hex').slice(0, 32)
}

/** Puts the rows of a batch and its ledger into the store, under the batch's token, however long it takes. */
export class BatchWriter {
  readonly #backoffMaxMs: number
  readonly #deps: BatchWriterDeps
  readonly #seconds: Histogram
  readonly #retries: Counter
  readonly #rows: Counter
  readonly #refused: Counter
  readonly #release = new Release()
  readonly #newNames = new NewNames()
  /** Inserts that the store took, by table. */
  readonly #taken = new Map<string, number>()
  #failing = 0

  constructor(backoffMaxMs: number, deps: BatchWriterDeps) {
    this.#backoffMaxMs = backoffMaxMs
    this.#deps = deps
    const registers = [deps.metrics]
    this.#seconds = new Histogram({
      name: 'vigie_processor_insert_seconds',
      help: 'Time of successful inserts.',
      labelNames: ['table'],
      buckets: INSERT_BUCKETS_S,
      registers,
    })
    this.#retries = new Counter({
      name: 'vigie_processor_insert_retries_total',
      help: 'Inserts that failed and were tried again.',
      labelNames: ['table'],
      registers,
    })
    this.#rows = new Counter({
      name: 'vigie_processor_stored_rows_total',
      help: 'Rows that the store has taken.',
      labelNames: ['table'],
      registers,
    })
    this.#refused = new Counter({
      name: 'vigie_processor_refused_rows_total',
      help: 'Rows that the store refused for good; their frames are in the dead letters.',
      registers,
    })
    const failing = () => this.#failing
    new Gauge({
      name: 'vigie_processor_failing_inserts',
      help: 'Inserts whose last try failed and that wait for the next.',
      registers,
      collect() {
        this.set(failing())
      },
    })
  }

  /**
   * Resolves when rows, names and ledger are in the store. The ledger comes last: what it says is there. The blocks are freed
   * where that is safe. Rows that the store refuses for good are left out; their frames are in the dead letters then, and
   * the ledger says so.
   * @param frames in the order of their sequences: the same frames give the same blocks in the same order
   * @throws only when `signal` ends it
   */
  async write(token: string, frames: readonly DecodedFrame[], signal: AbortSignal): Promise<void> {
    const refused = !(await this.#writeFlows(token, frames, signal))
    await this.#writeNames(token, frames, signal)
    const ledger = this.#deps.encodeLedger(frames.map((f) => ledgerRow(token, f, refused)))
    await this.#insert(LEDGER, token, [ledger], frames.length, signal)
  }

  /** Whether the store has the rows. */
  async #writeFlows(token: string, frames: readonly DecodedFrame[], signal: AbortSignal): Promise<boolean> {
    const blocks = frames.flatMap((f) => f.outcome.blocks)
    const rows = frames.reduce((sum, f) => sum + f.outcome.rows, 0)
    try {
      if (rows > 0 && (await this.#insert(FLOWS, token, blocks, rows, signal))) this.#release.free(blocks)
      return true
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      this.#deps.logger.error({ token, rows, error: error.message }, 'a batch goes to the dead letters')
      for (const frame of frames) await this.#bury(frame, error, signal)
      this.#refused.inc(rows)
      return false
    }
  }

  /** Keeps a frame whose rows were refused, raw: mended, they can be sent again (`vigie dead retry`). */
  async #bury({ sequence, outcome }: DecodedFrame, { message }: Error, signal: AbortSignal): Promise<void> {
    for (let waitMs = BACKOFF_FIRST_MS; ; waitMs = Math.min(this.#backoffMaxMs, waitMs * 2)) {
      try {
        const bytes = await this.#deps.input.fetch(sequence)
        const reject = { code: 'store_refused', message, count: outcome.rows } as const
        return await this.#deps.dead.keep({ ...reject, ...(bytes && { bytes }) })
      } catch (error) {
        this.#deps.logger.warn(
          { sequence, error: (error as Error).message },
          'a refused frame cannot be kept yet; trying again',
        )
        await delay(waitMs, undefined, { signal })
      }
    }
  }

  #takenBy(table: string): number {
    return this.#taken.get(table) ?? 0
  }

  async #writeNames(token: string, frames: readonly DecodedFrame[], signal: AbortSignal): Promise<void> {
    const names = this.#newNames.of(frames.flatMap((f) => f.outcome.names))
    if (names.length === 0) return
    await this.#insert(NAMES, token, [this.#deps.encodeNames(names)], names.length, signal)
    this.#newNames.remember(names)
  }

  /**
   * Whether the first try succeeded: the store has then read all of it, and nobody looks at the blocks any more. A try that
   * failed may have left a socket that still does.
   *
   * Refused for good means little by itself: a store whose schema is not ours refuses everything, and is to be waited for.
   * It is believed when the table took other rows meanwhile.
   * @throws RefusedError then
   */
  async #insert(
    table: string,
    token: string,
    blocks: readonly Uint8Array[],
    rows: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    let failed = false
    let silentMs = 0
    let refusals = 0
    const takenBefore = this.#takenBy(table)
    for (let waitMs = BACKOFF_FIRST_MS; ; waitMs = Math.min(this.#backoffMaxMs, waitMs * 2)) {
      const end = this.#seconds.startTimer({ table })
      try {
        await this.#deps.store.insert({ table, token, blocks, rows })
        end()
        this.#rows.inc({ table }, rows)
        this.#taken.set(table, this.#takenBy(table) + 1)
        if (failed) {
          this.#failing--
          this.#deps.logger.info({ table, token, rows }, 'the store takes inserts again')
        }
        return !failed
      } catch (error) {
        this.#retries.inc({ table })
        if (!failed) this.#failing++
        if (error instanceof RefusedError && ++refusals >= REFUSALS_MAX) {
          if (this.#takenBy(table) > takenBefore) {
            this.#failing--
            throw error
          }
        }
        if (!failed || silentMs >= SAY_AGAIN_MS) {
          silentMs = 0
          this.#deps.logger.warn(
            { table, token, rows, error: (error as Error).message },
            'the store does not take an insert; trying again',
          )
        }
        failed = true
        silentMs += waitMs
        await delay(waitMs, undefined, { signal }).catch((aborted) => {
          this.#failing--
          throw aborted
        })
      }
    }
  }
}

function ledgerRow(batch: string, { sequence, outcome }: DecodedFrame, refused: boolean): LedgerRow {
  const { totals, rows } = outcome
  const rejectedBy = {
    ...outcome.rejectedBy,
    ...(refused && rows > 0 && { store_refused: rows }),
  }
  return {
    sequence,
    collector: outcome.collector,
    number: outcome.number,
    closed: outcome.closedMs,
    datagrams: outcome.datagrams,
    records: outcome.records,
    stored: refused ? 0 : rows,
    rejected: Object.values(rejectedBy).reduce((sum, n) => sum + n, 0),
    rejected_by: rejectedBy,
    batch,
    registry_version: outcome.registryVersion,
    received: totals.received,
    framed: totals.framed,
    waiting: totals.waiting,
    kernel_dropped: totals.kernelDropped,
    sequence_lost: totals.sequenceLost,
    collector_rejected: totals.rejected,
  }
}
