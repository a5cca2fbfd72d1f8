import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Catalogue, looksAtFlows } from '../detect/catalogue.js'
import { FlowEngine } from '../detect/flow_engine.js'
import { Observer } from '../detect/observer.js'
import type { AnyService } from '../detect/service.js'
import { SERVICES } from '../detect/services/index.js'
import type { Finding } from '../model/finding.js'
import { FlowBlock } from '../model/flow_block.js'
import { LOCALITIES } from '../model/flow_columns.js'
import { type FlowNetwork, insideHost, ordinary, putFlow, touchFlowColumns } from './detect_flows.js'
import { serviceCostsFile } from './service_costs_file.js'
import { xorshift } from './xorshift.js'

/**
 * Detection over columns, on one core: frames of ordinary traffic (clients and their answers as flows of their own, 3 % of
 * requests unanswered, sizes of a heavy tail) with a scan and a flood in it. `observe` is the worker's part, a flow;
 * `apply` the detector's, a flow too. Not measured: decoding, enrichment, transport. With `--write-docs` the cost of each
 * service goes to where `vigie services` shows it.
 */
export interface DetectBenchSize {
  readonly frames: number
  readonly rowsPerFrame: number
  /** How often the same frames are observed; the best time counts. */
  readonly rounds: number
  readonly seed: number
}

export interface DetectBenchResult extends DetectBenchSize {
  /** What every flow costs before any service, and each service by itself above that, ns. */
  readonly observeNs: Readonly<Record<string, number>>
  /** All services together, all included, ns a flow. */
  readonly observeAllNs: number
  /** The detector's half: reading a partial at all, and each service by itself above that, ns a flow. */
  readonly applyNs: Readonly<Record<string, number>>
  readonly applyAllNs: number
  readonly partialBytesPerFlow: number
  readonly snapshotBytes: number
  /** First 16 digits of the SHA-256 of all partials and findings: their meaning cannot change unseen. */
  readonly hash: string
}

export const FULL_SIZE: DetectBenchSize = { frames: 48, rowsPerFrame: 10_000, rounds: 7, seed: 1 }
export const TEST_SIZE: DetectBenchSize = { frames: 4, rowsPerFrame: 600, rounds: 1, seed: 1 }

const T0 = 1_790_000_000_000
/** Frames of 10,000 flows every 25 ms: 400,000 flows a second. */
const FRAME_MS = 25
const NETWORK: FlowNetwork = { hosts: 150_000, sites: 1650, failed: 3, internal: 0 }
function makeFrames(size: DetectBenchSize): FlowBlock[] {
  const rnd = xorshift(size.seed)
  return Array.from({ length: size.frames }, (_, n) => {
    const block = new FlowBlock(size.rowsPerFrame)
    touchFlowColumns(block)
    for (let row = 0; row < size.rowsPerFrame; row++) {
      const flow = ordinary(rnd, NETWORK)
      if (row % 50 === 0) {
        // A host of ours that scans.
        Object.assign(flow, {
          src: insideHost(7, NETWORK.hosts),
          srcPort: 40_000,
          dstPort: 22,
          proto: 6,
          flags: 2,
          packets: 1,
          octets: 60,
        })
        flow.locality = LOCALITIES.outbound
      } else if (row % 50 === 1) {
        // A flood from everywhere.
        Object.assign(flow, {
          dst: insideHost(9, NETWORK.hosts),
          proto: 17,
          srcPort: 5000,
          dstPort: 80,
          packets: 400,
          octets: 400_000,
        })
        flow.locality = LOCALITIES.inbound
      }
      const receivedMs = T0 + n * FRAME_MS + Math.floor((row * FRAME_MS) / size.rowsPerFrame)
      putFlow(block, row, flow, receivedMs, NETWORK.sites)
    }
    block.rows = size.rowsPerFrame
    return block
  })
}

const closedOf = (n: number): number => T0 + (n + 1) * FRAME_MS

/** Time of observing all frames, ns a flow: of each frame the best of all rounds, because the machine is shared. */
function observe(
  services: readonly AnyService[],
  frames: readonly FlowBlock[],
  size: DetectBenchSize,
): number {
  const observer = new Observer(new Catalogue({ services }).observed(), size.rowsPerFrame)
  const best = frames.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round <= size.rounds; round++) {
    frames.forEach((block, n) => {
      const started = process.hrtime.bigint()
      observer.observe(block)
      observer.take(closedOf(n))
      best[n] = Math.min(best[n]!, Number(process.hrtime.bigint() - started))
    })
  }
  return best.reduce((sum, ns) => sum + ns, 0) / (size.frames * size.rowsPerFrame)
}

/** The frames' partials as the workers of these services write them. */
function partialsOf(
  catalogue: Catalogue,
  frames: readonly FlowBlock[],
  size: DetectBenchSize,
): readonly Uint8Array[] {
  const observer = new Observer(catalogue.observed(), size.rowsPerFrame)
  return frames.map((block, n) => {
    observer.observe(block)
    return observer.take(closedOf(n))
  })
}

interface Applied {
  /** Best of all rounds, ns a flow. */
  readonly ns: number
  readonly findings: readonly Finding[]
  readonly snapshotBytes: number
}

/** Applies all partials, in each round to an engine that knows nothing yet. */
function apply(catalogue: Catalogue, partials: readonly Uint8Array[], size: DetectBenchSize): Applied {
  const best = partials.map(() => Number.POSITIVE_INFINITY)
  let findings: Finding[] = []
  let snapshotBytes = 0
  for (let round = 0; round < size.rounds; round++) {
    const engine = new FlowEngine({ catalogue })
    findings = partials.flatMap((partial, n) => {
      const started = process.hrtime.bigint()
      const found = engine.apply(n + 1, partial)
      best[n] = Math.min(best[n]!, Number(process.hrtime.bigint() - started))
      return found
    })
    snapshotBytes = [...engine.snapshot()].reduce((sum, part) => sum + part.length, 0)
  }
  const ns = best.reduce((sum, each) => sum + each, 0) / (size.frames * size.rowsPerFrame)
  return { ns, findings, snapshotBytes }
}

/** Observes and applies `size.frames` frames and says what a flow costs. */
export function runDetectBench(size: DetectBenchSize): DetectBenchResult {
  const frames = makeFrames(size)
  const applyOf = (services: readonly AnyService[]): Applied => {
    const catalogue = new Catalogue({ services })
    return apply(catalogue, partialsOf(catalogue, frames, size), size)
  }
  const base = { observe: observe([], frames, size), apply: applyOf([]).ns }
  const observeNs: Record<string, number> = { 'before any service': Math.round(base.observe) }
  const applyNs: Record<string, number> = { 'before any service': tenths(base.apply) }
  for (const service of SERVICES.filter(looksAtFlows)) {
    observeNs[service.id] = Math.max(0, Math.round(observe([service], frames, size) - base.observe))
    applyNs[service.id] = Math.max(0, tenths(applyOf([service]).ns - base.apply))
  }
  const all = observe(SERVICES, frames, size)
  const catalogue = new Catalogue({ services: SERVICES })
  const partials = partialsOf(catalogue, frames, size)
  const { ns, findings, snapshotBytes } = apply(catalogue, partials, size)
  const hash = createHash('sha256')
  for (const finding of findings) hash.update(JSON.stringify(finding))
  for (const partial of partials) hash.update(partial)
  const flows = size.frames * size.rowsPerFrame
  return {
    ...size,
    observeNs,
    observeAllNs: Math.round(all),
    applyNs,
    applyAllNs: tenths(ns),
    partialBytesPerFlow: tenths(partials.reduce((sum, p) => sum + p.length, 0) / flows),
    snapshotBytes,
    hash: hash.digest('hex').slice(0, 16),
  }
}

const tenths = (value: number): number => Math.round(10 * value) / 10

/** Writes what each service costs to the source that `vigie services` shows; a build takes it over. */
export function writeServiceCosts(result: DetectBenchResult): void {
  const file = fileURLToPath(new URL('../../detect/service_costs.generated.ts', import.meta.url))
  const processors = cpus()
  // On a busy machine everything costs more, and whoever reads the figures must see that.
  const machine = [
    `${processors.length} × ${processors[0]?.model ?? process.arch}`,
    `Node ${process.versions.node}`,
    `load ${loadavg()[0]!.toFixed(1)}`,
  ].join(', ')
  writeFileSync(file, serviceCostsFile(result, { machine, date: new Date().toISOString().slice(0, 10) }))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const result = runDetectBench(FULL_SIZE)
  if (process.argv.includes('--write-docs')) writeServiceCosts(result)
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
