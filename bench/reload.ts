import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Registry as Metrics } from 'prom-client'
import { FramePool } from '../enrich/pool.js'
import { processorSchema } from '../enrich/processor_config.js'
import { RegistryStore } from '../enrich/registry/registry_store.js'
import { RegistryWatch } from '../enrich/registry/registry_watch.js'
import { encodeFrame } from '../ingest/bus/frame.js'
import { FrameMemoryPool } from '../ingest/bus/frame_memory.js'
import { encodeContext } from '../ingest/flow/context.js'
import type { Logger, StateStore } from '../model/ports.js'
import { type Registry, registrySchema } from '../model/registry.js'

/**
 * New versions of the registry while frames pass through the workers: the real watch, which builds on a thread of its own, and
 * the real pool and worker. In odd versions the flows' source is at one site, in even ones at another, so that a row tells by
 * which version it was enriched. Goals: no flow lost, no frame of two versions, no pause above 200 ms. Not measured: decoding
 * and storage by themselves. What a loaded machine adds shows in the frames before the first reload.
 */
export interface ReloadBenchSize {
  readonly flowsPerSecond: number
  readonly flowsPerFrame: number
  readonly seconds: number
  readonly reloads: number
  /** Prefixes of each version. */
  readonly prefixes: number
}

export interface ReloadBenchResult extends ReloadBenchSize {
  readonly flowsIn: number
  readonly flowsOut: number
  /** Frames whose rows are not all of the version that the frame says. */
  readonly mixed: number
  readonly versions: number
  /** Longest time from when a frame was due to its outcome: before the first reload, and from then on. */
  readonly longestMsBefore: number
  readonly longestMsAfter: number
}

export const FULL_SIZE: ReloadBenchSize = {
  flowsPerSecond: 200_000,
  flowsPerFrame: 10_000,
  seconds: 20,
  reloads: 6,
  prefixes: 100_000,
}
export const TEST_SIZE: ReloadBenchSize = {
  flowsPerSecond: 20_000,
  flowsPerFrame: 1_000,
  seconds: 2,
  reloads: 3,
  prefixes: 500,
}

const QUIET: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

class MemoryState implements StateStore {
  #values = new Map<string, Uint8Array>()
  get = async (key: string): Promise<Uint8Array | undefined> => this.#values.get(key)
  put = async (key: string, value: Uint8Array): Promise<void> => void this.#values.set(key, value.slice())
  delete = async (key: string): Promise<void> => void this.#values.delete(key)
  keys = async (prefix: string): Promise<string[]> =>
    [...this.#values.keys()].filter((k) => k.startsWith(prefix))

  /** Holds from now on what another one holds. */
  become(other: MemoryState): this {
    this.#values = new Map(other.#values)
    return this
  }
}

/** States of the durable map after each version was applied: to apply them anew is a copy, as it is for who watches. */
async function appliedStates({ reloads, prefixes }: ReloadBenchSize): Promise<MemoryState[]> {
  const state = new MemoryState()
  const store = new RegistryStore(state)
  const states: MemoryState[] = []
  for (let round = 1; round <= reloads + 1; round++) {
    await store.apply(registryOf(round, prefixes))
    states.push(new MemoryState().become(state))
  }
  return states
}

/** Sites 1 and 2 have numbers for ever; 10.0.0.0/8 is of the one or the other. */
function registryOf(round: number, prefixes: number): Registry {
  const others = Array.from(
    { length: prefixes },
    (_, i) => `100.${64 + (i >>> 14)}.${(i >>> 6) & 255}.${(i & 63) * 4}/30`,
  )
  const own = (site: number): string[] => (round % 2 === site % 2 ? ['10.0.0.0/8'] : [])
  return registrySchema.parse({
    organizations: [{ id: 'o', name: { fr: 'O', en: `O ${round}` } }],
    sites: [
      { id: 's1', organization: 'o', prefixes: own(1) },
      { id: 's2', organization: 'o', prefixes: own(2) },
      { id: 's3', organization: 'o', prefixes: others },
    ],
  })
}

const RECORDS = 30

/** A frame of NetFlow v5 whose flows come from 10.0.0.0/8. */
function makeFrame(flows: number): Uint8Array {
  const receivedMs = 1_790_000_000_000
  const datagrams = Array.from({ length: Math.ceil(flows / RECORDS) }, (_, d) => {
    const records = Math.min(RECORDS, flows - d * RECORDS)
    const bytes = Buffer.alloc(24 + 48 * records)
    bytes.writeUInt16BE(5, 0)
    bytes.writeUInt16BE(records, 2)
    bytes.writeUInt32BE(100_000, 4)
    bytes.writeUInt32BE(receivedMs / 1000, 8)
    for (let i = 0; i < records; i++) {
      const at = 24 + 48 * i
      bytes.writeUInt32BE(0x0a000000 + ((d * RECORDS + i) & 0xffffff), at)
      bytes.writeUInt32BE(0xcb007107, at + 4)
      bytes.writeUInt32BE(10, at + 16)
      bytes.writeUInt32BE(1000, at + 20)
      bytes.writeUInt32BE(90_000, at + 24)
      bytes.writeUInt32BE(95_000, at + 28)
      bytes[at + 38] = 17
    }
    return bytes
  })
  return encodeFrame({
    collector: 'bench',
    number: 1,
    closedMs: receivedMs + 250,
    totals: { received: 1, framed: 1, rejected: {}, waiting: 0, kernelDropped: 0, sequenceLost: 0 },
    context: encodeContext([]),
    entries: datagrams.map((datagram) => ({
      exporter: Buffer.from('00000000000000000000ffff7f000001', 'hex'),
      exporterPort: 2055,
      receivedUs: receivedMs * 1000,
      datagram,
    })),
  })
}

/** The sites of a Native block's rows: the values behind the column's name and type. */
function sitesOf(block: Uint8Array, rows: number): ReadonlySet<number> {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.length)
  const head = Buffer.from('\x0bsrc_site_id\x06UInt32', 'latin1')
  const at = bytes.indexOf(head) + head.length
  const sites = new Set<number>()
  for (let row = 0; row < rows; row++) sites.add(bytes.readUInt32LE(at + 4 * row))
  return sites
}

export async function runReloadBench(size: ReloadBenchSize): Promise<ReloadBenchResult> {
  const states = await appliedStates(size)
  const state = new MemoryState().become(states[0]!)
  const watch = new RegistryWatch({ poll_interval_ms: 10 }, { state, logger: QUIET, metrics: new Metrics() })
  await watch.start()
  const pool = new FramePool(processorSchema.parse({ workers: 1 }), {
    worker: new URL('../app/flow_worker.js', import.meta.url),
    memory: new FrameMemoryPool(64 * 2 ** 20),
    setup: () => ({ version: watch.current.tables.version, tables: watch.current.tables, observed: [] }),
  })
  const frame = makeFrame(size.flowsPerFrame)
  // The first frame waits for the worker to start.
  await pool.run(pool.copy(frame))
  const result = { flowsIn: 0, flowsOut: 0, mixed: 0, longestMsBefore: 0, longestMsAfter: 0 }
  const versions = new Set<number>()
  const frames = Math.ceil((size.seconds * size.flowsPerSecond) / size.flowsPerFrame)
  const everyMs = (1000 * size.flowsPerFrame) / size.flowsPerSecond
  const reloadEvery = Math.max(1, Math.floor(frames / (size.reloads + 1)))
  const pending: Promise<unknown>[] = []
  const started = performance.now()
  for (let i = 0; i < frames; i++) {
    const dueMs = started + i * everyMs
    await delay(Math.max(0, dueMs - performance.now()))
    if (i > 0 && i % reloadEvery === 0 && i / reloadEvery <= size.reloads)
      state.become(states[i / reloadEvery]!)
    result.flowsIn += size.flowsPerFrame
    const run = pool.run(pool.copy(frame)).then((outcome) => {
      const tookMs = performance.now() - dueMs
      if (i < reloadEvery) result.longestMsBefore = Math.max(result.longestMsBefore, tookMs)
      else result.longestMsAfter = Math.max(result.longestMsAfter, tookMs)
      result.flowsOut += outcome.rows
      versions.add(outcome.registryVersion)
      const expected = outcome.registryVersion % 2 === 1 ? 1 : 2
      const sites = outcome.blocks.map((block) => sitesOf(block, outcome.rows))
      if (sites.some((found) => found.size !== 1 || !found.has(expected))) result.mixed++
    })
    pending.push(run)
  }
  await Promise.all(pending)
  await watch.stop()
  await pool.stop()
  const rounded = (ms: number): number => Math.round(10 * ms) / 10
  const { longestMsBefore, longestMsAfter } = result
  return {
    ...size,
    ...result,
    versions: versions.size,
    longestMsBefore: rounded(longestMsBefore),
    longestMsAfter: rounded(longestMsAfter),
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(await runReloadBench(FULL_SIZE))}\n`)
}
