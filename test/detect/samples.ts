import { Catalogue, type Subscriptions } from '../../detect/catalogue.js'
import { placesOf } from '../../detect/places.js'
import { SampleEngine } from '../../detect/sample_engine.js'
import type { AnyService } from '../../detect/service.js'
import type { EdgeRecord } from '../../model/edge_record.js'
import type { Finding } from '../../model/finding.js'
import type { JoinedPayload, JoinedRecord } from '../../model/joined_record.js'
import { assignIds, type RegistryInput, type RegistrySnapshot, registrySchema } from '../../model/registry.js'

export const T0 = Date.parse('2026-03-02T14:00:00Z')
export const STEP_MS = 10_000

/** A registry of `n` sites with two links each, of two suppliers, in one region. */
export function registryOf(n: number, more: Partial<RegistryInput> = {}): RegistrySnapshot {
  const sites = Array.from({ length: n }, (_, i) => `s${i}`)
  const registry = registrySchema.parse({
    organizations: [{ id: 'lab', name: { fr: 'Laboratoire', en: 'Laboratory' } }],
    sites: sites.map((id) => ({ id, organization: 'lab', region: '06' })),
    suppliers: [
      { id: 'north', name: 'North' },
      { id: 'south', name: 'South' },
    ],
    sla_classes: [
      { id: 'gold', one_way_delay_ms: 40, round_trip_delay_ms: 80, delay_variation_ms: 30, loss_ratio: 0.01 },
    ],
    links: sites.flatMap((site) => [
      { id: `${site}-a`, site, supplier: 'north', sla_class: 'gold', committed_bps: 100e6 },
      { id: `${site}-b`, site, supplier: 'south', sla_class: 'gold', committed_bps: 100e6 },
    ]),
    ...more,
  })
  return { version: 1, registry, ids: assignIds(registry) }
}

/** Link `way` (0: a, 1: b) of site `site` of `registryOf`, or without a registry where `site` is negative. */
export function joined(record: EdgeRecord, observedMs: number, site = -1, way = 0): JoinedRecord {
  const known = site >= 0
  return {
    orgId: known ? 1 : 0,
    siteId: known ? site + 1 : 0,
    linkId: known ? 2 * site + way + 1 : 0,
    supplierId: known ? way + 1 : 0,
    edge: known ? `s${site}-e` : '',
    remoteOrgId: 0,
    remoteSiteId: 0,
    record: { ...record, observed_at: new Date(observedMs).toISOString() } as EdgeRecord,
    observedMs,
  }
}

type Rest = Readonly<Record<string, unknown>>

export const linkRecord = (device: string, more: Rest = {}): EdgeRecord =>
  ({ kind: 'link', vendor: 'acme', device, link: 'wan1', direction: 'both', ...more }) as EdgeRecord

/** Feeds an engine one step after the other; what is found is kept. */
export class Line {
  readonly engine: SampleEngine
  readonly findings: Finding[] = []
  readonly payloads: JoinedPayload[] = []
  nowMs = T0
  #sequence = 0

  constructor(services: readonly AnyService[], snapshot?: RegistrySnapshot, defaults?: Subscriptions) {
    this.engine = engineOf(services, snapshot, defaults)
  }

  /** A payload, now. */
  give(records: readonly JoinedRecord[]): void {
    const payload = { sequence: ++this.#sequence, receivedMs: this.nowMs, records }
    this.payloads.push(payload)
    this.findings.push(...this.engine.apply(payload))
  }

  /** Steps of ten seconds, each with the records that `at` gives. */
  run(steps: number, at: (step: number, ms: number) => readonly JoinedRecord[]): this {
    for (let step = 0; step < steps; step++) {
      this.nowMs += STEP_MS
      this.give(at(step, this.nowMs))
    }
    return this
  }

  created(kind?: string): Finding[] {
    return this.findings.filter(
      (f) => f.activity === 'create' && (kind === undefined || f.evidence.kind === kind),
    )
  }
}

export function engineOf(
  services: readonly AnyService[],
  snapshot?: RegistrySnapshot,
  defaults?: Subscriptions,
): SampleEngine {
  const names = (section: 'organizations' | 'sites'): Map<number, string> =>
    new Map(Object.entries(snapshot?.ids[section] ?? {}).map(([id, n]) => [n, id]))
  const [orgs, sites] = [names('organizations'), names('sites')]
  const catalogue = new Catalogue({
    services,
    ...(defaults && { defaults }),
    ...(snapshot && { places: placesOf(snapshot) }),
  })
  return new SampleEngine({ catalogue, orgName: (id) => orgs.get(id), siteName: (id) => sites.get(id) })
}
