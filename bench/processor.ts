import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { Registry } from 'prom-client'
import { Catalogue } from '../detect/catalogue.js'
import { SERVICES } from '../detect/services/index.js'
import type { WorkerSetup } from '../enrich/pool.js'
import { Processor } from '../enrich/processor.js'
import { processorSchema } from '../enrich/processor_config.js'
import { buildTables } from '../enrich/tables/build_tables.js'
import { Bus } from '../ingest/bus/bus.js'
import { busSchema, frameSourceSchema, natsServerSchema } from '../ingest/bus/config.js'
import { NatsDeadLetters } from '../ingest/bus/dead_letters.js'
import { encodeFrame, frameIdentity } from '../ingest/bus/frame.js'
import { FrameMemoryPool } from '../ingest/bus/frame_memory.js'
import { FrameSource } from '../ingest/bus/frame_source.js'
import { NatsJournal } from '../ingest/bus/journal.js'
import { NatsServer } from '../ingest/bus/nats_server.js'
import { PartialStream } from '../ingest/bus/partial_stream.js'
import { NatsPresence } from '../ingest/bus/presence.js'
import type { Logger } from '../model/ports.js'
import { EMPTY_SNAPSHOT } from '../model/registry.js'
import { learn, makeFrames } from './decode.js'

/**
 * Frames of plain NetFlow v9 (records of 54 bytes, 512 KiB a frame) from a real stream through a processor with one
 * worker: decoded, enriched, observed, encoded, batched, and handed to a store that takes everything at once. Times are
 * of the processor's process alone, by its CPU clock, so that a busy machine does not spoil them. Not measured:
 * collector, NATS itself, ClickHouse. Goal: at most 1 µs of CPU a flow, main thread and worker together.
 */
export interface ProcessorBenchSize {
  readonly datagrams: number
  /** How often the frames are published. */
  readonly rounds: number
  readonly seed: number
}

export interface ProcessorBenchResult extends ProcessorBenchSize {
  readonly variant: string
  readonly flows: number
  readonly flowsPerSecond: number
  /** CPU of the whole process. */
  readonly nsPerFlow: number
  readonly mainNsPerFlow: number
  readonly mainUsPerFrame: number
  /** Of the worker, by its own clock. */
  readonly stageNsPerFlow: Readonly<Record<string, number>>
}

export const FULL_SIZE: ProcessorBenchSize = { datagrams: 40_000, rounds: 4, seed: 1 }
export const TEST_SIZE: ProcessorBenchSize = { datagrams: 2_000, rounds: 8, seed: 1 }

const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** What the workers do besides decoding and encoding. */
export const VARIANTS: Readonly<Record<string, () => WorkerSetup>> = {
  bare: () => ({ version: 1, observed: [] }),
  enrich: () => ({ version: 1, tables: buildTables(EMPTY_SNAPSHOT), observed: [] }),
  all: () => ({
    version: 1,
    tables: buildTables(EMPTY_SNAPSHOT),
    observed: new Catalogue({ services: SERVICES })
      .observed()
      .map(({ service, parameters }) => ({ id: service.id, parameters })),
  }),
}

export async function runProcessorBench(
  size: ProcessorBenchSize,
  variant: string,
): Promise<ProcessorBenchResult> {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-bench-'))
  const server = new NatsServer(natsServerSchema.parse({ data_dir: dir, port: 0 }), { logger: SILENT })
  await server.start()
  const metrics = new Registry()
  const bus = new Bus(busSchema.parse({ url: server.url }), { logger: SILENT, metrics, name: 'bench' })
  await bus.start()
  try {
    const total = size.datagrams * 24 * size.rounds
    // In a thread of its own, so that neither its time nor its garbage is the processor's.
    await once(new Worker(new URL(import.meta.url), { workerData: { size, url: server.url } }), 'exit')
    const frames = (await bus.jsm.streams.info('FRAMES')).state.messages
    const memory = new FrameMemoryPool(64 * 1024 * 1024)
    const source = new FrameSource(frameSourceSchema.parse({}), { bus, memory, logger: SILENT, metrics })
    let stored = 0
    const processor = makeProcessor(bus, source, memory, metrics, VARIANTS[variant]!(), (rows) => {
      stored += rows
    })
    await source.start()
    await processor.start()
    // The first batch warms the worker and is not counted.
    while (stored === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    const flows = total - stored
    const stages = await stageSeconds(metrics)
    const cpu = process.cpuUsage()
    const loop = performance.eventLoopUtilization()
    const started = performance.now()
    while (stored < total) await new Promise((resolve) => setTimeout(resolve, 5))
    const seconds = (performance.now() - started) / 1e3
    const used = process.cpuUsage(cpu)
    const { active } = performance.eventLoopUtilization(loop)
    const after = await stageSeconds(metrics)
    await processor.stop()
    await source.stop()
    return {
      variant,
      ...size,
      flows,
      flowsPerSecond: Math.round(flows / seconds),
      nsPerFlow: Math.round(((used.user + used.system) * 1e3) / flows),
      mainNsPerFlow: Math.round((active * 1e6) / flows),
      mainUsPerFrame: Math.round((active * 1e3 * total) / (frames * flows)),
      stageNsPerFlow: Object.fromEntries(
        Object.entries(after).map(([stage, s]) => [
          stage,
          Math.round(((s - (stages[stage] ?? 0)) * 1e9) / flows),
        ]),
      ),
    }
  } finally {
    await bus.stop()
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function publish({ size, url }: { size: ProcessorBenchSize; url: string }): Promise<void> {
  const bus = new Bus(busSchema.parse({ url }), { logger: SILENT, metrics: new Registry(), name: 'bench' })
  await bus.start()
  const frames = learn(makeFrames(size)).map(encodeFrame)
  for (let round = 0; round < size.rounds; round++)
    for (const frame of frames) await bus.js.publish('vigie.frames.bench', frame)
  await bus.stop()
}

function makeProcessor(
  bus: Bus,
  source: FrameSource,
  memory: FrameMemoryPool,
  metrics: Registry,
  setup: WorkerSetup,
  onRows: (rows: number) => void,
): Processor {
  return new Processor(processorSchema.parse({ workers: 1, batch_max_ms: 200 }), {
    id: randomUUID(),
    input: source,
    memory,
    partials: new PartialStream({ bus, logger: SILENT }),
    dead: new NatsDeadLetters(bus),
    journal: new NatsJournal(bus),
    presence: new NatsPresence(bus),
    store: {
      insert: async ({ table, rows }) => {
        if (table === 'vigie.flows') onRows(rows)
      },
    },
    clock: { nowMs: () => Date.now() },
    logger: SILENT,
    metrics,
    encodeLedger: () => new Uint8Array(0),
    encodeNames: () => new Uint8Array(0),
    identify: frameIdentity,
    worker: new URL('../app/flow_worker.js', import.meta.url),
    setup: () => setup,
  })
}

async function stageSeconds(metrics: Registry): Promise<Record<string, number>> {
  const { values } = await metrics.getSingleMetric('vigie_processor_worker_seconds_total')!.get()
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.stage), value]))
}

/** Each variant in a process of its own: what one leaves in the heap is not the next one's. */
async function runAll(): Promise<void> {
  for (const variant of Object.keys(VARIANTS)) {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), variant], { stdio: 'inherit' })
    await once(child, 'exit')
  }
}

if (!isMainThread) await publish(workerData)
else if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const variant = process.argv[2]
  if (variant === undefined) await runAll()
  else process.stdout.write(`${JSON.stringify(await runProcessorBench(FULL_SIZE, variant))}\n`)
}
