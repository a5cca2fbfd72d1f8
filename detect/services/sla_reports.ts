import { SEVERITIES } from '../../model/finding.js'
import type { ServiceContext } from '../context.js'
import type { FindingReport } from '../finding_book.js'
import type { NetworkFacts } from '../network_facts.js'
import { samplesSql } from '../sample_query.js'
import { SLA_TITLES, type SlaKind } from '../titles.js'
import type { Circuit } from './sla_circuit.js'
import type { SlaParameters } from './sla_parameters.js'

/** What a report is made with. */
export interface Reporter {
  readonly context: ServiceContext<SlaParameters>
  readonly network: NetworkFacts
  readonly nowMs: number
}

/** Names in evidence at most. */
const NAMED = 20
/** Sites from which an outage is critical. */
const CRITICAL_SITES = 20

const nameOf = (circuit: Circuit, { network }: Reporter): string =>
  network.links.get(circuit.linkId)?.name ??
  [circuit.device, circuit.link].filter((text) => text !== '').join(' ')

/** What names a circuit in evidence: registry ids where it is known. */
export function namesOf(circuit: Circuit, reporter: Reporter): Record<string, unknown> {
  const { network } = reporter
  const link = network.links.get(circuit.linkId)?.name
  const supplier = network.suppliers.get(circuit.supplierId)
  return {
    ...(link !== undefined && { link }),
    ...(supplier !== undefined && { supplier }),
    vendor: circuit.vendor,
    ...(circuit.device !== '' && { device: circuit.device }),
    ...(circuit.link !== '' && { vendor_link: circuit.link }),
  }
}

/** What a circuit's own report says besides its names. */
export interface CircuitReport {
  readonly kind: SlaKind
  readonly severity: number
  readonly score: number
  readonly firstSeenMs: number
  readonly lastSeenMs: number
  readonly magnitude: number
  readonly evidence: Readonly<Record<string, unknown>>
}

export function circuitReport(circuit: Circuit, report: CircuitReport, reporter: Reporter): FindingReport {
  const { context } = reporter
  const p = context.parametersOf(circuit.orgId)
  const { kind, firstSeenMs, lastSeenMs } = report
  const table = kind === 'tunnel_down' ? 'tunnel_samples' : 'link_samples'
  const { linkId, siteId } = circuit
  const { device } = circuit
  const sql = samplesSql({
    table,
    ...(linkId !== 0 ? { linkId } : { siteId, device }),
    fromMs: firstSeenMs,
    toMs: lastSeenMs,
  })
  return {
    // What began as one thing and became another goes on as one incident.
    key: `${kind === 'contract_missed' ? 'contract' : kind === 'flapping' ? 'flap' : 'link'}|${circuit.key}`,
    severity: report.severity,
    score: report.score,
    orgId: circuit.orgId,
    siteId,
    src: [],
    dst: [],
    firstSeenMs,
    lastSeenMs,
    evidence: { kind, ...namesOf(circuit, reporter), ...report.evidence, sql },
    title: SLA_TITLES[kind]({ site: context.siteName(siteId), what: nameOf(circuit, reporter) }),
    magnitude: report.magnitude,
    quietMs: Math.max(p.quiet_s * 1000, 5 * circuit.brownIntervalMs),
  }
}

/** All that is wrong with one supplier's links in a region, as one. */
export function carrierReport(
  circuits: readonly Circuit[],
  of: { readonly total: number; readonly firstSeenMs: number },
  reporter: Reporter,
): FindingReport {
  const { context, network, nowMs } = reporter
  const [first] = circuits
  const { supplierId, group } = first!
  const region = group.slice(group.indexOf('|') + 1)
  const supplier = network.suppliers.get(supplierId) ?? ''
  const sites = new Set(circuits.map(({ siteId }) => siteId))
  const names = [...sites].flatMap((id) => context.siteName(id) ?? []).sort()
  const p = context.parametersOf(0)
  return {
    key: `carrier|${group}`,
    severity: sites.size >= CRITICAL_SITES ? SEVERITIES.critical : SEVERITIES.high,
    score: Math.min(99, 60 + 39 * (circuits.length / of.total)),
    orgId: 0,
    siteId: 0,
    src: [],
    dst: [],
    firstSeenMs: of.firstSeenMs,
    lastSeenMs: nowMs,
    evidence: {
      kind: 'carrier_outage',
      supplier,
      ...(region !== '' && { region }),
      links_affected: circuits.length,
      links_known: of.total,
      sites_affected: sites.size,
      sites: names.slice(0, NAMED),
      links_down: circuits.filter(({ downMs }) => downMs > 0).length,
      sql: samplesSql({ table: 'link_samples', supplierId, fromMs: of.firstSeenMs, toMs: nowMs }),
    },
    title: SLA_TITLES.carrier_outage({
      site: undefined,
      what: region === '' ? supplier : `${supplier}, ${region}`,
    }),
    magnitude: sites.size,
    quietMs: p.quiet_s * 1000,
  }
}

/** A site none of whose links is up. */
export function siteReport(circuits: readonly Circuit[], reporter: Reporter): FindingReport {
  const { context, network, nowMs } = reporter
  const [first] = circuits
  const { orgId, siteId } = first!
  const began = (c: Circuit): number => (c.downMs > 0 ? c.downFirstMs : c.deadFirstMs)
  // It is down since its last link is.
  const firstSeenMs = Math.min(nowMs, Math.max(...circuits.map(began)))
  const links = circuits.map((circuit) => nameOf(circuit, reporter)).sort()
  const suppliers = [...new Set(circuits.flatMap((c) => network.suppliers.get(c.supplierId) ?? []))].sort()
  return {
    key: `site|${siteId}`,
    severity: SEVERITIES.high,
    score: 90,
    orgId,
    siteId,
    src: [],
    dst: [],
    firstSeenMs,
    lastSeenMs: nowMs,
    evidence: {
      kind: 'site_down',
      links: links.slice(0, NAMED),
      links_down: circuits.length,
      suppliers,
      ...(suppliers.length === 1 && { supplier: suppliers[0] }),
      sql: samplesSql({ table: 'link_samples', siteId, fromMs: firstSeenMs, toMs: nowMs }),
    },
    title: SLA_TITLES.site_down({ site: context.siteName(siteId) }),
    magnitude: circuits.length,
    quietMs: context.parametersOf(orgId).quiet_s * 1000,
  }
}
