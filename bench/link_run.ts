import { Catalogue, type Subscriptions } from '../detect/catalogue.js'
import { placesOf } from '../detect/places.js'
import { SampleEngine } from '../detect/sample_engine.js'
import type { AnyService } from '../detect/service.js'
import { EdgeStage } from '../enrich/edge/edge_stage.js'
import { EdgePlaces } from '../enrich/edge/place.js'
import { AdapterReader } from '../ingest/edge/edge_reader.js'
import type { Finding } from '../model/finding.js'
import type { JoinedPayload } from '../model/joined_record.js'
import { assignIds, type RegistrySnapshot, registrySchema } from '../model/registry.js'
import { controllerData, measuredAt } from '../simulate/edges/format.js'
import { EDGE_FORMATS } from '../simulate/edges/formats/index.js'
import type { EdgeTruthRecord, Trouble, TroubleOptions } from '../simulate/edges/troubles.js'
import { type Edge, EdgeWorld } from '../simulate/edges/world.js'
import { buildNetwork, type Network } from '../simulate/network.js'
import { registryOf } from '../simulate/registry_file.js'

/** What is run: the edges of a simulated network for a while, in simulated time. */
export interface LinkRun {
  readonly seed: number
  readonly sites: number
  readonly seconds: number
  readonly startMs: number
  /** How often each edge measures, s. */
  readonly everyS: number
  /** Before the first trouble, s. */
  readonly calmS?: number
  /** Mean time between troubles, s; left out: none comes. */
  readonly troubleEveryS?: number
  readonly troubles?: Pick<TroubleOptions, 'lastsS' | 'intensity' | 'kinds'>
  readonly services: readonly AnyService[]
  readonly defaults?: Subscriptions
}

export interface LinkOutcome {
  readonly findings: readonly Finding[]
  readonly truth: readonly EdgeTruthRecord[]
  readonly edges: number
  readonly records: number
  /** Largest state of the engine, bytes. */
  readonly stateBytes: number
}

/** Reports of controllers that hold what links measure. */
const REPORTS: Readonly<Record<string, readonly string[]>> = {
  'cisco-catalyst': ['approutestatsstatistics'],
  'cisco-meraki': ['loss', 'uplinks'],
  velocloud: ['links'],
  'nokia-nuage': ['nuage_dpi_probestats'],
  huawei: ['quality', 'sites'],
}
const NEVER_S = 1e9

export interface SimulatedNetwork {
  readonly network: Network
  readonly snapshot: RegistrySnapshot
  readonly places: EdgePlaces
}

export function simulatedNetwork(seed: number, sites: number): SimulatedNetwork {
  const network = buildNetwork(seed, sites)
  const registry = registrySchema.parse(registryOf(network))
  const snapshot = { version: 1, registry, ids: assignIds(registry) }
  return { network, snapshot, places: new EdgePlaces(snapshot) }
}

/** The joined payloads of a run, in the order of their stream, with the time told where nothing comes. */
export function* payloadsOf(
  run: LinkRun,
  { places }: Pick<SimulatedNetwork, 'places'>,
  world: EdgeWorld,
): Generator<JoinedPayload> {
  const config = { merge_groups_max: 100_000, watched_tunnels_max: 100_000 }
  const stage = new EdgeStage(config, new AdapterReader())
  let sequence = 0
  const apply = (vendor: string, text: string, ms: number, device?: string): JoinedPayload => {
    const origin = { way: 'http', source: 'bench', ...(device !== undefined && { device }) } as const
    const payload = { vendor, origin, receivedMs: ms, bytes: Buffer.from(text) }
    const { rows } = stage.apply({ sequence: ++sequence, storedMs: ms, payload }, places)
    return { sequence, receivedMs: ms, records: rows.map(({ row }) => row.joined) }
  }
  const tick = (ms: number): JoinedPayload => {
    const { rows } = stage.apply({ sequence: ++sequence, storedMs: ms }, places)
    return { sequence, receivedMs: ms, records: rows.map(({ row }) => row.joined) }
  }
  for (let ms = run.startMs; ms < run.startMs + run.seconds * 1000; ms += STEP_MS) {
    for (const { edge, payload } of changesOf(world, ms)) yield apply(edge.vendor, payload, ms, edge.device)
    if (ms % (run.everyS * 1000) === 0) {
      for (const [vendor, text, device] of measuredTexts(world, ms)) yield apply(vendor, text, ms, device)
    }
    if (ms % TICK_MS === 0) yield tick(ms)
  }
}

const STEP_MS = 1000
/** Time is told so often. */
const TICK_MS = 5000

function* changesOf(
  world: EdgeWorld,
  ms: number,
): Generator<{ edge: { vendor: string; device: string | undefined }; payload: string }> {
  for (const change of world.changes(ms - STEP_MS, ms)) {
    const format = EDGE_FORMATS.find(({ model }) => model === change.edge.model)!
    const edge = { vendor: format.vendor, device: format.pushedFor?.(change.edge) }
    for (const payload of format.change?.(change) ?? []) yield { edge, payload }
  }
}

function* measuredTexts(
  world: EdgeWorld,
  ms: number,
): Generator<readonly [vendor: string, text: string, device: string | undefined]> {
  for (const format of EDGE_FORMATS) {
    const { vendor } = format
    if (format.payloads !== undefined) {
      for (const edge of world.of(format.model))
        for (const text of format.payloads(measuredAt(world, edge, ms)))
          yield [vendor, text, format.pushedFor?.(edge)]
    } else if (vendor === 'prisma-sdwan') {
      for (const edge of world.of(format.model)) {
        const metrics = format.rows!(format.identities(edge)[0]!, world, ms, ms + 1)
        yield [vendor, JSON.stringify({ metrics }), undefined]
      }
    } else {
      const data = controllerData(format, world)
      for (const report of REPORTS[vendor]!) {
        const rows = data.rows(report, ms, ms + 1)
        if (rows.length > 0) yield [vendor, JSON.stringify(rows), undefined]
      }
    }
  }
}

export const worldOf = (run: LinkRun, network: Network): EdgeWorld =>
  new EdgeWorld(network, {
    models: EDGE_FORMATS.map(({ model }) => model),
    startMs: run.startMs + (run.calmS ?? 0) * 1000,
    everyS: run.everyS,
    troubleEveryS: run.troubleEveryS ?? NEVER_S,
    ...(run.troubles && { troubles: run.troubles }),
  })

export function sampleEngineOf(
  run: Pick<LinkRun, 'services' | 'defaults'>,
  snapshot: RegistrySnapshot,
): SampleEngine {
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
  return new SampleEngine({ catalogue, orgName: (id) => orgs.get(id), siteName: (id) => sites.get(id) })
}

/** The edges of the reference network in simulated time: real formats, adapters, merging, registry and engine, without the wire. */
export function runLinks(run: LinkRun): LinkOutcome {
  const simulated = simulatedNetwork(run.seed, run.sites)
  const world = worldOf(run, simulated.network)
  const engine = sampleEngineOf(run, simulated.snapshot)
  const findings: Finding[] = []
  for (const payload of payloadsOf(run, simulated, world)) findings.push(...engine.apply(payload))
  const stateBytes = [...engine.snapshot()].reduce((sum, part) => sum + part.length, 0)
  const endMs = run.startMs + run.seconds * 1000
  const troubles = world.troubles.all.filter(({ startMs }) => startMs < endMs)
  const skewed = world.edges.filter(({ skewMs }) => skewMs !== 0)
  const truth = [
    ...troubles.map((trouble) => truthOf(world, trouble)),
    ...skewed.map((edge) => skewOf(edge, run.startMs)),
  ]
  return { findings, truth, edges: world.edges.length, records: engine.counts.records, stateBytes }
}

function truthOf(world: EdgeWorld, trouble: Trouble): EdgeTruthRecord {
  const edge = world.edges[trouble.edge]!
  const { link } = edge.links[trouble.link]!
  const { kind, startMs: start_ms, endMs: end_ms } = trouble
  return { kind, ...wordsOf(edge), link: link.id, start_ms, end_ms }
}

const skewOf = (edge: Edge, start_ms: number): EdgeTruthRecord => ({
  kind: 'clock_skew',
  ...wordsOf(edge),
  start_ms,
  skew_ms: edge.skewMs,
})

function wordsOf(edge: Edge): { vendor: string; site: string; device: string } {
  const format = EDGE_FORMATS.find(({ model }) => model === edge.model)!
  return { vendor: format.vendor, site: edge.site.id, device: format.identities(edge)[0]! }
}
