import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { encodeNative } from '../sinks/clickhouse/native.js'
import { ClickHouseWriter } from '../sinks/clickhouse/writer.js'
import { Bed } from './bed.js'
import { flowRows } from './flow_rows.js'

/**
 * Native inserts alone: batches of flow rows into the embedded store in a process of its own, over HTTP, two at a time as
 * the processor does. Measured with the one-minute rollup and without it, for rows of one border router (which the rollup
 * reduces to a few) and for rows of a network of two thousand sites (which it reduces to a third in a batch). Not measured:
 * decoding. Goal: 1.2 million rows of the router a second and core, rollup and merges included.
 */
export interface InsertBenchSize {
  readonly rows: number
  readonly batchRows: number
  /** Rows of a block, as many as a frame holds. */
  readonly blockRows: number
  readonly seed: number
}

export interface InsertFigures {
  readonly rowsPerSecond: number
  /** CPU of the store's process, µs a row, until the last merge is done. */
  readonly storeUsPerRow: number
  /** On disk, of `vigie.flows`. */
  readonly bytesPerRow: number
  /** Rows of the rollup in a thousand rows of flows. */
  readonly rollupPerMille: number
}

export interface InsertBenchResult extends InsertBenchSize, InsertFigures {
  readonly withoutRollup: InsertFigures
  readonly manySites: InsertFigures
  /** First 16 digits of the SHA-256 of the batches: the rows cannot change unseen. */
  readonly hash: string
}

export const FULL_SIZE: InsertBenchSize = { rows: 4_000_000, batchRows: 200_000, blockRows: 10_000, seed: 1 }
export const TEST_SIZE: InsertBenchSize = { rows: 20_000, batchRows: 5_000, blockRows: 1_000, seed: 1 }

/** Batches that differ; they take turns. */
const BATCHES = 5
const SITES = 2000
/** Rows that old would be dropped by the first merge, rows of the past day lie in one or two partitions. */
const DAY_MS = 86_400_000
/** The rows' times count from the start of a day, so that only their day depends on the clock. */
const today = (): number => Math.floor(Date.now() / DAY_MS) * DAY_MS

function makeBatches(
  { batchRows, blockRows, seed }: InsertBenchSize,
  sites: number,
  startMs: number,
): Uint8Array[][] {
  return Array.from({ length: BATCHES }, (_, batch) =>
    Array.from({ length: Math.ceil(batchRows / blockRows) }, (_, block) =>
      encodeNative(
        flowRows({
          rows: blockRows,
          seed: seed + batch * 1000 + block,
          startMs: startMs + (batch * batchRows + block * blockRows) / 700,
          rowsPerSecond: 700_000,
          sites,
        }),
      ),
    ),
  )
}

async function measure(size: InsertBenchSize, sites: number, rollup: boolean): Promise<InsertFigures> {
  const bed = await Bed.make(['store'])
  const writer = new ClickHouseWriter({ url: bed.config.clickhouse_url })
  try {
    if (!rollup) await writer.client.command({ query: 'DROP VIEW vigie.flows_1m_view' })
    const batches = makeBatches(size, sites, today())
    const insert = (n: number): Promise<void> =>
      writer.insert({
        table: 'vigie.flows',
        token: `bench-${n}`,
        blocks: batches[n % BATCHES]!,
        rows: size.batchRows,
      })
    await insert(0)
    const before = await bed.cpu()
    const from = performance.now()
    let next = 1
    const lane = async (): Promise<void> => {
      while (next <= size.rows / size.batchRows) await insert(next++)
    }
    await Promise.all([lane(), lane()])
    const seconds = (performance.now() - from) / 1000
    await merged(bed)
    const after = await bed.cpu()
    const [parts] = await bed.store.rows<{ bytes: number; rollup: number }>(
      `SELECT sumIf(bytes_on_disk, table = 'flows') / sumIf(rows, table = 'flows') AS bytes,
         1000 * sumIf(rows, table = 'flows_1m') / sumIf(rows, table = 'flows') AS rollup
       FROM system.parts WHERE active AND database = 'vigie'`,
    )
    return {
      rowsPerSecond: Math.round(size.rows / seconds),
      storeUsPerRow: ((after.store! - before.store!) / size.rows) * 1e6,
      bytesPerRow: parts!.bytes,
      rollupPerMille: parts!.rollup,
    }
  } finally {
    await writer.close()
    await bed.end()
  }
}

/** Waits until nothing is merged and nothing new begins to be. */
async function merged(bed: Bed): Promise<void> {
  for (let still = 0; still < 5; ) {
    const [row] = await bed.store.rows<{ n: number }>('SELECT count() AS n FROM system.merges')
    still = row!.n === 0 ? still + 1 : 0
    await delay(50)
  }
}

/** Inserts `size.rows` rows three times over and says how fast. */
export async function runInsertBench(size: InsertBenchSize): Promise<InsertBenchResult> {
  const hash = createHash('sha256')
  for (const block of [0, SITES].flatMap((sites) => makeBatches(size, sites, 0)).flat()) hash.update(block)
  return {
    ...size,
    ...(await measure(size, 0, true)),
    withoutRollup: await measure(size, 0, false),
    manySites: await measure(size, SITES, true),
    hash: hash.digest('hex').slice(0, 16),
  }
}
