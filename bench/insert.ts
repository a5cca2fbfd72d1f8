import { createHash } from 'node:crypto'
import { DecodeReport } from '../ingest/flow/decode_report.js'
import { FrameDecoder } from '../ingest/flow/frame_decoder.js'
import { FlowBlock } from '../model/flow_block.js'
import { encodeNative } from '../sinks/clickhouse/native.js'
import { ClickHouseWriter } from '../sinks/clickhouse/writer.js'
import { Bed } from './bed.js'
import { learn, makeFrames } from './decode.js'

/**
 * Native inserts alone: batches of decoded NetFlow v9 rows into the embedded store in a process of its own, over HTTP, two
 * at a time as the processor does, with the one-minute rollup. Not measured: decoding.
 */
export interface InsertBenchSize {
  readonly rows: number
  readonly batchRows: number
  readonly seed: number
}

export interface InsertBenchResult extends InsertBenchSize {
  readonly rowsPerSecond: number
  /** CPU of the store's process, µs a row, merges until the end of the run included. */
  readonly storeUsPerRow: number
  /** On disk, of `vigie.flows`. */
  readonly bytesPerRow: number
  /** First 16 digits of the SHA-256 of a batch: the rows cannot change unseen. */
  readonly hash: string
}

export const FULL_SIZE: InsertBenchSize = { rows: 4_000_000, batchRows: 200_000, seed: 1 }
export const TEST_SIZE: InsertBenchSize = { rows: 20_000, batchRows: 5_000, seed: 1 }

/** A batch of decoded rows, as the workers hand it over. */
function nativeBlocks({ batchRows, seed }: InsertBenchSize): Uint8Array[] {
  const frames = learn(makeFrames({ datagrams: Math.ceil(batchRows / 24), rounds: 1, seed }))
  const decoder = new FrameDecoder()
  const block = new FlowBlock(32_768)
  const blocks: Uint8Array[] = []
  let left = batchRows
  for (const frame of frames)
    decoder.decode(
      frame,
      block,
      (full) => {
        full.rows = Math.min(full.rows, left)
        left -= full.rows
        if (full.rows > 0) blocks.push(encodeNative(full))
      },
      new DecodeReport(),
    )
  return blocks
}

/** Inserts `size.rows` rows and says how fast. */
export async function runInsertBench(size: InsertBenchSize): Promise<InsertBenchResult> {
  const bed = await Bed.make(['store'])
  const writer = new ClickHouseWriter({ url: bed.config.clickhouse_url })
  try {
    const blocks = nativeBlocks(size)
    const hash = createHash('sha256')
    for (const block of blocks) hash.update(block)
    const insert = (batch: number): Promise<void> =>
      writer.insert({ table: 'vigie.flows', token: `bench-${batch}`, blocks, rows: size.batchRows })
    await insert(0)
    const before = await bed.cpu()
    const from = performance.now()
    let next = 1
    const lane = async (): Promise<void> => {
      while (next <= size.rows / size.batchRows) await insert(next++)
    }
    await Promise.all([lane(), lane()])
    const seconds = (performance.now() - from) / 1000
    const after = await bed.cpu()
    const [parts] = await bed.store.rows<{ bytes: number }>(
      "SELECT sum(bytes_on_disk) / sum(rows) AS bytes FROM system.parts WHERE active AND database = 'vigie' AND table = 'flows'",
    )
    return {
      ...size,
      rowsPerSecond: Math.round(size.rows / seconds),
      storeUsPerRow: ((after.store! - before.store!) / size.rows) * 1e6,
      bytesPerRow: parts?.bytes ?? 0,
      hash: hash.digest('hex').slice(0, 16),
    }
  } finally {
    await writer.close()
    await bed.end()
  }
}
