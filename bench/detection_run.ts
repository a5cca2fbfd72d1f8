import { Catalogue, type Subscriptions } from '../detect/catalogue.js'
import { DetectionEngine } from '../detect/engine.js'
import { Observer } from '../detect/observer.js'
import type { AnyService } from '../detect/service.js'
import { Enricher } from '../enrich/stages/enricher.js'
import { buildTables } from '../enrich/tables/build_tables.js'
import { DecodeReport } from '../ingest/flow/decode_report.js'
import { FrameDecoder } from '../ingest/flow/frame_decoder.js'
import { FlowLearner } from '../ingest/flow/learner.js'
import type { Finding } from '../model/finding.js'
import { FlowBlock } from '../model/flow_block.js'
import type { FrameEntry } from '../model/frame.js'
import { assignIds, registrySchema } from '../model/registry.js'
import { Engine, STEP_MS } from '../simulate/engine.js'
import type { TruthRecord } from '../simulate/incidents/incident.js'
import { buildNetwork } from '../simulate/network.js'
import { registryOf } from '../simulate/registry_file.js'

export interface DetectionRun {
  readonly seed: number
  readonly sites: number
  readonly seconds: number
  readonly flowsPerSecond: number
  readonly startMs: number
  /** Kinds of incidents, their mean distance and intensity; left out: clean traffic. */
  readonly incidents?: {
    readonly kinds: readonly string[]
    readonly everyS: number
    readonly intensity: number
  }
  readonly services: readonly AnyService[]
  readonly defaults?: Subscriptions
}

export interface DetectionOutcome {
  readonly truth: readonly TruthRecord[]
  readonly findings: readonly Finding[]
  readonly flows: number
  readonly counts: DetectionEngine['counts']
}

const FRAME_STEPS = 12
const BLOCK_ROWS = 16_384
const V4_MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]

/** The reference network in simulated time, through real wire formats, decoder, enrichment, observer and engine. */
export function runDetection(run: DetectionRun): DetectionOutcome {
  const network = buildNetwork(run.seed, run.sites)
  const registry = registrySchema.parse(registryOf(network))
  const ids = assignIds(registry)
  const names = (section: 'organizations' | 'sites'): Map<number, string> =>
    new Map(Object.entries(ids[section]).map(([id, n]) => [n, id]))
  const [orgs, sites] = [names('organizations'), names('sites')]
  const catalogue = new Catalogue({
    services: run.services,
    ...(run.defaults && { defaults: run.defaults }),
    organizations: registry.organizations.map((o) => ({ id: ids.organizations[o.id]! })),
  })
  const detection = new DetectionEngine({
    catalogue,
    orgName: (id) => orgs.get(id),
    siteName: (id) => sites.get(id),
  })
  const enricher = new Enricher(buildTables({ version: 1, registry, ids }))
  const observer = new Observer(catalogue.observed(), BLOCK_ROWS)
  const truth: TruthRecord[] = []
  const findings: Finding[] = []
  let entries: FrameEntry[] = []
  const learner = new FlowLearner()
  const simulator = new Engine(network, simulation(run), {
    datagram: (exporter, datagram) => {
      const address = new Uint8Array([...V4_MAPPED, ...bytesOf(exporter.address)])
      const receivedUs = (simulator.nowMs + STEP_MS) * 1000
      const exporterPort = 50_000
      learner.learn(address, datagram, receivedUs / 1000)
      entries.push({ exporter: address, exporterPort, receivedUs, datagram: datagram.slice() })
    },
    truth: (record) => truth.push(record),
  })
  const decoder = new FrameDecoder()
  const block = new FlowBlock(BLOCK_ROWS)
  const report = new DecodeReport()
  let number = 0
  const close = (): void => {
    const closedMs = simulator.nowMs
    const totals = { received: 0, framed: 0, rejected: {}, waiting: 0, kernelDropped: 0, sequenceLost: 0 }
    const frame = {
      collector: 'bench',
      number: ++number,
      closedMs,
      totals,
      context: learner.takeContext(),
      entries,
    }
    decoder.decode(
      frame,
      block,
      (rows) => {
        enricher.enrich(rows)
        observer.observe(rows)
      },
      report,
    )
    entries = []
    findings.push(...detection.apply(number, observer.take(closedMs)))
  }
  for (let step = 1; step <= (run.seconds * 1000) / STEP_MS; step++) {
    simulator.step()
    if (step % FRAME_STEPS === 0) close()
  }
  simulator.flush()
  close()
  findings.push(...detection.advance(simulator.nowMs))
  return { truth, findings, flows: report.flows, counts: detection.counts }
}

function simulation(run: DetectionRun): ConstructorParameters<typeof Engine>[1] {
  return {
    seed: run.seed,
    startMs: run.startMs,
    flowsPerSecond: run.flowsPerSecond,
    weekly: false,
    datagramBytes: 1400,
    templateRefreshMs: 60_000,
    sharedAddress: false,
    ...(run.incidents && { incidents: { ...run.incidents, durationS: run.seconds } }),
  }
}

const bytesOf = (v4: number): number[] => [v4 >>> 24, (v4 >>> 16) & 255, (v4 >>> 8) & 255, v4 & 255]
