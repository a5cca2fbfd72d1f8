import { Registry } from 'prom-client'
import { Processor, type ProcessorDeps } from '../../enrich/processor.js'
import { type ProcessorConfig, processorSchema } from '../../enrich/processor_config.js'
import type { Bus } from '../../ingest/bus/bus.js'
import { frameSourceSchema } from '../../ingest/bus/config.js'
import { NatsDeadLetters } from '../../ingest/bus/dead_letters.js'
import { frameIdentity } from '../../ingest/bus/frame.js'
import { FrameMemoryPool } from '../../ingest/bus/frame_memory.js'
import { FrameSource } from '../../ingest/bus/frame_source.js'
import { NatsJournal } from '../../ingest/bus/journal.js'
import { PartialStream } from '../../ingest/bus/partial_stream.js'
import { NatsPresence } from '../../ingest/bus/presence.js'
import type { BlockStore, Logger } from '../../model/ports.js'

/** A processor of its real parts on a bus; the ledger goes to the store as JSON lines. */
export function makeProcessor(
  parts: { bus: Bus; store: BlockStore; logger: Logger; id: string },
  config: Partial<ProcessorConfig> = {},
  more: Partial<ProcessorDeps> = {},
): { processor: Processor; source: FrameSource; metrics: Registry } {
  const { bus, store, logger, id } = parts
  const metrics = new Registry()
  const memory = new FrameMemoryPool(16 * 1024 * 1024)
  const source = new FrameSource(frameSourceSchema.parse({ ack_wait_ms: 2_000 }), {
    bus,
    memory,
    logger,
    metrics,
  })
  const settings = {
    workers: 1,
    batch_rows: 20_000,
    batch_max_ms: 100,
    upkeep_ms: 1_000,
    insert_backoff_max_ms: 200,
  }
  const processor = new Processor(processorSchema.parse({ ...settings, ...config }), {
    id,
    input: source,
    memory,
    partials: new PartialStream({ bus, logger }),
    dead: new NatsDeadLetters(bus),
    journal: new NatsJournal(bus),
    presence: new NatsPresence(bus),
    store,
    clock: { nowMs: () => Date.now() },
    logger,
    metrics,
    encodeLedger: (rows) => Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')),
    encodeNames: (rows) => Buffer.from(rows.map((row) => `${row.kind} ${row.key} ${row.name}`).join('\n')),
    identify: (bytes) => {
      try {
        return frameIdentity(bytes)
      } catch {
        return undefined
      }
    },
    worker: new URL('../../app/flow_worker.js', import.meta.url),
    setup: () => ({ version: 1, observed: [] }),
    ...more,
  })
  return { processor, source, metrics }
}
