import { setTimeout as delay } from 'node:timers/promises'
import { Counter, Histogram, type Registry } from 'prom-client'
import { EDGE_TABLES, type EdgeLedgerRow, type EdgeRow } from '../../model/edge_ledger.js'
import type { EdgeRecordKind } from '../../model/edge_record.js'
import type { BlockStore, DeadLetters, Logger, SampleSink } from '../../model/ports.js'
import type { EdgeBatch } from './edge_batch.js'

/** One Native block of rows of each table. */
export interface EdgeEncoders {
  rows(kind: EdgeRecordKind, rows: readonly EdgeRow[]): Uint8Array
  ledger(rows: readonly EdgeLedgerRow[]): Uint8Array
}

export interface EdgeStoreDeps {
  readonly store: BlockStore
  readonly samples: SampleSink
  readonly dead: DeadLetters
  readonly encode: EdgeEncoders
  readonly logger: Logger
  readonly metrics: Registry
}

const LEDGER = 'vigie.edge_ledger'
const BACKOFF_FIRST_MS = 100
/** How often something that keeps failing is spoken of. */
const SAY_AGAIN_MS = 60_000
/** Letters under way at once. */
const LETTERS_AT_ONCE = 64

/** Puts a batch where it belongs: rows, letters, samples for detection, and last of all the ledger that says so. */
export class EdgeStore {
  readonly #backoffMaxMs: number
  readonly #deps: EdgeStoreDeps
  readonly #rows: Counter
  readonly #retries: Counter
  readonly #seconds: Histogram

  constructor(backoffMaxMs: number, deps: EdgeStoreDeps) {
    this.#backoffMaxMs = backoffMaxMs
    this.#deps = deps
    const registers = [deps.metrics]
    this.#rows = new Counter({
      name: 'vigie_edge_stored_rows_total',
      help: 'Rows of edges that the store has taken.',
      labelNames: ['table'],
      registers,
    })
    this.#retries = new Counter({
      name: 'vigie_edge_store_retries_total',
      help: 'Inserts, letters and samples of edges that failed and were tried again.',
      registers,
    })
    this.#seconds = new Histogram({
      name: 'vigie_edge_insert_seconds',
      help: 'Time of successful inserts of edges.',
      labelNames: ['table'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    })
  }

  /**
   * Resolves when all of it is durable, however long it takes. The same batch under the same token is stored once: tables fold
   * the token, the streams the ids of letters and samples.
   * @param life tells streams apart whose sequences are the same
   * @throws only when `signal` ends it
   */
  async write(batch: EdgeBatch, token: string, life: string, signal: AbortSignal): Promise<void> {
    const { dead, samples, encode } = this.#deps
    const kinds = (Object.keys(EDGE_TABLES) as EdgeRecordKind[]).filter((kind) => batch.rows[kind].length > 0)
    const published = this.#forever('samples', signal, () => samples.publish(batch.joined))
    published.catch(() => {})
    for (const kind of kinds)
      await this.#insert(
        EDGE_TABLES[kind],
        token,
        encode.rows(kind, batch.rows[kind]),
        batch.rows[kind].length,
        signal,
      )
    for (let at = 0; at < batch.letters.length; at += LETTERS_AT_ONCE) {
      const group = batch.letters.slice(at, at + LETTERS_AT_ONCE)
      await Promise.all(
        group.map(({ sequence, reject }) =>
          this.#forever('letters', signal, () => dead.keep(reject, `edge-${life}-${sequence}`)),
        ),
      )
    }
    await published
    const ledger = batch.ledger(token)
    await this.#insert(LEDGER, token, encode.ledger(ledger), ledger.length, signal)
  }

  async #insert(
    table: string,
    token: string,
    block: Uint8Array,
    rows: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#forever(table, signal, async () => {
      const end = this.#seconds.startTimer({ table })
      await this.#deps.store.insert({ table, token, blocks: [block], rows })
      end()
    })
    this.#rows.inc({ table }, rows)
  }

  async #forever(what: string, signal: AbortSignal, attempt: () => Promise<void>): Promise<void> {
    let silentMs = Number.POSITIVE_INFINITY
    for (let waitMs = BACKOFF_FIRST_MS; ; waitMs = Math.min(this.#backoffMaxMs, waitMs * 2)) {
      try {
        return await attempt()
      } catch (error) {
        this.#retries.inc()
        if (silentMs >= SAY_AGAIN_MS) {
          silentMs = 0
          this.#deps.logger.warn(
            { what, error: (error as Error).message },
            'a batch of edges is not taken yet; trying again',
          )
        }
        silentMs += waitMs
        await delay(waitMs, undefined, { signal })
      }
    }
  }
}
