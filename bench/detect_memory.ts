import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Catalogue } from '../detect/catalogue.js'
import { FlowEngine } from '../detect/flow_engine.js'
import { Observer } from '../detect/observer.js'
import { SERVICES } from '../detect/services/index.js'
import { SnapshotStore } from '../detect/snapshot_store.js'
import { FlowBlock } from '../model/flow_block.js'
import type { StateStore } from '../model/ports.js'
import { type FlowNetwork, ordinary, putFlow, touchFlowColumns } from './detect_flows.js'
import { xorshift } from './xorshift.js'

/**
 * What a detector's process takes in memory: ten minutes of ordinary traffic of a network of a size, all services on, what
 * they know saved every two and a half minutes as the role does. The partials are written beforehand; the process that is
 * measured only applies them. Goal: 400 MiB for 2,500 sites and 200,000 hosts. Not measured: the
 * connection to NATS, the web page of metrics.
 */
export interface DetectMemorySize extends FlowNetwork {
  readonly frames: number
  readonly rowsPerFrame: number
  readonly seed: number
}

export interface DetectMemoryResult extends DetectMemorySize {
  /** MiB resident: before the first flow, at the most, and what one saving of the state takes. */
  readonly idleMib: number
  readonly peakMib: number
  readonly snapshotMib: number
  /** First 16 digits of the SHA-256 of all findings. */
  readonly hash: string
}

export const FULL_SIZE: DetectMemorySize = {
  hosts: 200_000,
  sites: 2500,
  failed: 1,
  internal: 5,
  frames: 600,
  rowsPerFrame: 5000,
  seed: 1,
}
export const TEST_SIZE: DetectMemorySize = {
  hosts: 2000,
  sites: 50,
  failed: 1,
  internal: 5,
  frames: 12,
  rowsPerFrame: 500,
  seed: 1,
}

const T0 = 1_790_000_000_000
const FRAME_MS = 1000
const SAVE_EVERY = 150
const MIB = 2 ** 20

const catalogue = (): Catalogue =>
  new Catalogue({ services: SERVICES, defaults: { lateral: { learning_days: 0 } } })

/** Writes the partials of all frames to `file`, each behind its length. */
function writePartials(size: DetectMemorySize, file: string): void {
  const { frames, rowsPerFrame } = size
  const rnd = xorshift(size.seed)
  const observer = new Observer(catalogue().observed(), rowsPerFrame)
  const block = new FlowBlock(rowsPerFrame)
  const fd = openSync(file, 'w')
  for (let n = 0; n < frames; n++) {
    block.reset()
    touchFlowColumns(block)
    for (let row = 0; row < rowsPerFrame; row++) {
      const receivedMs = T0 + n * FRAME_MS + Math.floor((row * FRAME_MS) / rowsPerFrame)
      putFlow(block, row, ordinary(rnd, size), receivedMs, size.sites)
    }
    block.rows = rowsPerFrame
    observer.observe(block)
    const partial = observer.take(T0 + (n + 1) * FRAME_MS)
    writeSync(fd, Uint32Array.of(partial.length))
    writeSync(fd, partial)
  }
  closeSync(fd)
}

function* partialsOf(file: string): Generator<Uint8Array> {
  const fd = openSync(file, 'r')
  const length = new Uint32Array(1)
  while (readSync(fd, length) > 0) {
    const partial = new Uint8Array(length[0]!)
    readSync(fd, partial)
    yield partial
  }
  closeSync(fd)
}

/** A store that keeps nothing: what is measured is making the state and packing it. */
const nowhere: StateStore = {
  get: async () => undefined,
  put: async () => {},
  delete: async () => {},
  keys: async () => [],
}

/** The process that is measured: applies the partials of `file` and prints what it took. */
async function applyAll(file: string): Promise<void> {
  const rss = (): number => Math.round(process.memoryUsage().rss / MIB)
  const engine = new FlowEngine({ catalogue: catalogue() })
  const snapshots = new SnapshotStore(nowhere, 'bench')
  const idleMib = rss()
  const hash = createHash('sha256')
  let sequence = 0
  let snapshotBytes = 0
  for (const partial of partialsOf(file)) {
    for (const finding of engine.apply(++sequence, partial)) hash.update(JSON.stringify(finding))
    if (sequence % SAVE_EVERY === 0)
      snapshotBytes = await snapshots.save({ parts: engine.snapshot(), resumeAt: sequence })
  }
  const peakMib = Math.round(process.resourceUsage().maxRSS / 1024)
  const figures = { idleMib, peakMib, snapshotMib: Math.round((10 * snapshotBytes) / MIB) / 10 }
  process.stdout.write(JSON.stringify({ ...figures, hash: hash.digest('hex').slice(0, 16) }))
}

export async function runDetectMemoryBench(size: DetectMemorySize): Promise<DetectMemoryResult> {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-memory-'))
  const file = join(dir, 'partials')
  try {
    writePartials(size, file)
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'apply', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (text) => {
      said += text
    })
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`the process that is measured ended with ${code}`)
    return { ...size, ...(JSON.parse(said) as Omit<DetectMemoryResult, keyof DetectMemorySize>) }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [what, file] = process.argv.slice(2)
  if (what === 'apply' && file !== undefined) await applyAll(file)
  else process.stdout.write(`${JSON.stringify(await runDetectMemoryBench(FULL_SIZE))}\n`)
}
