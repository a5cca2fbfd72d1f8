import { Catalogue, type Subscriptions } from '../detect/catalogue.js'
import { FlowEngine } from '../detect/flow_engine.js'
import { FlowView } from '../detect/flow_view.js'
import { Observer } from '../detect/observer.js'
import { placesOf } from '../detect/places.js'
import type { AnyService } from '../detect/service.js'
import { Enricher } from '../enrich/stages/enricher.js'
import { buildTables } from '../enrich/tables/build_tables.js'
import { buildThreats, type ThreatColumns } from '../enrich/tables/build_threats.js'
import { readPrefix } from '../enrich/tables/prefix.js'
import { THREAT_FOR_EVER } from '../enrich/tables/shared_tables.js'
import type { Finding } from '../model/finding.js'
import { FlowBlock } from '../model/flow_block.js'
import { assignIds, type RegistrySnapshot, registrySchema } from '../model/registry.js'
import type { ThreatName } from '../model/threat.js'
import type { TruthRecord } from '../simulate/incidents/incident.js'
import { IncidentSchedule } from '../simulate/incidents/schedule.js'
import { buildNetwork, type Network, type Site } from '../simulate/network.js'
import { Random } from '../simulate/random.js'
import { registryOf } from '../simulate/registry_file.js'
import { type EmitFlow, Traffic } from '../simulate/traffic.js'
import { type Exported, prepare, putRecord, recordsOf } from './direct_rows.js'
import type { Rival } from './rivals/rival.js'

export interface DirectRun {
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
  /** One packet in so many, at every edge; left out: as each edge is set. */
  readonly sampling?: number
  /** From the last packet of a record to its receipt, s. */
  readonly exportDelayS?: number
  /** Prefixes that a threat feed names. */
  readonly threats?: readonly string[]
  readonly rivals?: readonly Rival[]
  /** The rate follows the hours of the day. */
  readonly weekly?: boolean
}

export interface DirectOutcome {
  readonly truth: readonly TruthRecord[]
  readonly findings: readonly Finding[]
  readonly flows: number
  readonly counts: FlowEngine['counts']
}

const STEP_MS = 250
const BLOCK_ROWS = 1024
/** What a record waits for others in its exporter, in the mean. */
const FLUSH_MS = 500

interface Setup {
  readonly network: Network
  readonly snapshot: RegistrySnapshot
  readonly enricher: Enricher
}

/** Networks that were built before, by seed, sites and threats: a run of some minutes takes less than building one. */
const built = new Map<string, Setup>()

function setupOf(run: DirectRun): Setup {
  const key = JSON.stringify([run.seed, run.sites, run.threats])
  const before = built.get(key)
  if (before !== undefined) return before
  const network = buildNetwork(run.seed, run.sites)
  const registry = registrySchema.parse(registryOf(network))
  const snapshot = { version: 1, registry, ids: assignIds(registry) }
  const threats = run.threats && buildThreats(1, threatColumns(run.threats))
  const tables = { ...buildTables(snapshot), ...(threats && { threats }) }
  const setup = { network, snapshot, enricher: new Enricher(tables) }
  if (built.size >= 2) built.clear()
  built.set(key, setup)
  return setup
}

/** Indicators that hold for ever, numbered from 1. */
function threatColumns(texts: readonly string[]): ThreatColumns {
  const size = texts.length
  const prefixes = texts.map(readPrefix)
  const v4 = (family: number): number => (family === 4 ? 1 : 0)
  return {
    size,
    words: Uint32Array.from(
      prefixes.flatMap(({ family, w0, w1, w2, w3 }) => [w0, w1, v4(family) === 1 ? 0xffff : w2, w3]),
    ),
    lengths: Uint8Array.from(prefixes, ({ family, length }) => length + 96 * v4(family)),
    numbers: Uint32Array.from(texts, (_, i) => i + 1),
    from: new Uint32Array(size),
    until: new Uint32Array(size).fill(THREAT_FOR_EVER),
    severities: new Uint8Array(size).fill(4),
    confidences: new Uint8Array(size).fill(80),
  }
}

/**
 * The reference network in simulated time, from flows straight to rows: what exporters make of them (sampling, directions,
 * delay) without the wire, so that days pass in minutes. Enrichment, observer and engine are the real ones.
 */
export function runDirect(run: DirectRun): DirectOutcome {
  const { network, snapshot, enricher } = setupOf(run)
  const detection = new Detection(run, snapshot)
  const random = new Random(run.seed, 'direct')
  const truth: TruthRecord[] = []
  const delaySteps = Math.round(((run.exportDelayS ?? 0) * 1000 + FLUSH_MS) / STEP_MS)
  const ring: Exported[][] = Array.from({ length: delaySteps + 1 }, () => [])
  let step = 0
  const emit: EmitFlow = (site: Site, flow) => {
    const records = recordsOf(site, flow, run.sampling ?? site.edge.samplingRate, random)
    for (const record of records) ring[(step + delaySteps) % ring.length]!.push(record)
    return records.length
  }
  const { seed, flowsPerSecond, weekly = false } = run
  const traffic = new Traffic(network, { seed, flowsPerSecond, weekly, stepMs: STEP_MS })
  // What is exported late comes to a detector that has been listening as long as the others.
  const beginMs = run.startMs + (run.exportDelayS ?? 0) * 1000
  const options = run.incidents && { seed, startMs: beginMs, durationS: run.seconds, ...run.incidents }
  const incidents = options && new IncidentSchedule(network, options, (t) => truth.push(t))
  const endMs = beginMs + run.seconds * 1000
  const steps = (endMs - run.startMs) / STEP_MS + delaySteps
  let nowMs = run.startMs
  for (; step < steps; step++) {
    if (nowMs < endMs) traffic.step(nowMs, emit)
    if (nowMs >= beginMs && nowMs < endMs) incidents?.step(nowMs, STEP_MS, emit)
    nowMs += STEP_MS
    const slot = step % ring.length
    detection.frame(ring[slot]!, nowMs, enricher)
    ring[slot] = []
  }
  return { truth, ...detection.end(nowMs) }
}

class Detection {
  readonly #engine: FlowEngine
  readonly #observer: Observer
  readonly #view: FlowView | undefined
  readonly #rivals: readonly Rival[]
  readonly #block = new FlowBlock(BLOCK_ROWS)
  readonly #findings: Finding[] = []
  #flows = 0
  #sequence = 0

  constructor(run: DirectRun, snapshot: RegistrySnapshot) {
    const { registry, ids } = snapshot
    const names = (section: 'organizations' | 'sites'): Map<number, string> =>
      new Map(Object.entries(ids[section]).map(([id, n]) => [n, id]))
    const [orgs, sites] = [names('organizations'), names('sites')]
    const catalogue = new Catalogue({
      services: run.services,
      ...(run.defaults && { defaults: run.defaults }),
      organizations: registry.organizations.map((o) => ({ id: ids.organizations[o.id]! })),
      places: placesOf(snapshot),
    })
    const threat = (number: number): ThreatName => ({
      number,
      feed: 'bench',
      id: '',
      name: '',
      value: run.threats?.[number - 1] ?? '',
      severity_id: 4,
      confidence: 80,
    })
    this.#engine = new FlowEngine({
      catalogue,
      orgName: (id) => orgs.get(id),
      siteName: (id) => sites.get(id),
      threat,
    })
    this.#observer = new Observer(catalogue.observed(), BLOCK_ROWS)
    this.#rivals = run.rivals ?? []
    this.#view = this.#rivals.length > 0 ? new FlowView(BLOCK_ROWS) : undefined
  }

  frame(records: readonly Exported[], nowMs: number, enricher: Enricher): void {
    const block = this.#block
    prepare(block)
    for (const record of records) {
      putRecord(block, record, nowMs - 1)
      if (block.rows === block.capacity) this.#flush(enricher)
    }
    this.#flush(enricher)
    this.#findings.push(...this.#engine.apply(++this.#sequence, this.#observer.take(nowMs)))
    if (nowMs % 1000 === 0) for (const rival of this.#rivals) rival.evaluate(nowMs)
  }

  #flush(enricher: Enricher): void {
    const block = this.#block
    if (block.rows === 0) return
    this.#flows += block.rows
    enricher.enrich(block)
    this.#observer.observe(block)
    if (this.#view !== undefined) {
      this.#view.bind(block)
      for (const rival of this.#rivals) rival.observe(this.#view)
    }
    prepare(block)
  }

  end(nowMs: number): Omit<DirectOutcome, 'truth'> {
    this.#findings.push(...this.#engine.advance(nowMs))
    for (const rival of this.#rivals) rival.end(nowMs)
    return { findings: this.#findings, flows: this.#flows, counts: this.#engine.counts }
  }
}
