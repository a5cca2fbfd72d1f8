import { SEVERITIES } from '../../model/finding.js'
import { addressText } from '../address.js'
import type { ServiceContext } from '../context.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { hashAddress } from '../hash.js'
import { hllAdd, hllEstimate } from '../sketches/hyperloglog.js'
import { type SpaceSaving, spaceSaving, spaceSavingAdd, spaceSavingTop } from '../sketches/space_saving.js'
import { SCAN_TITLES, type ScanKind } from '../titles.js'
import type { ScanParameters } from './scan.js'
import { CONTACT } from './scan_contacts.js'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Contacts remembered of a source: more than any threshold asks for. The oldest makes room. */
const MEMORY = 128
const SAMPLES = 16
const HOSTS_M = 64
const SOURCES_M = 256
/** What an unverified contact counts for: its answer may have stood in another frame. */
const UNVERIFIED_WEIGHT = 0.25

/** A source that asks in vain. Plain data; the arrays hold `size` contacts, each host and port once. */
export interface ScanSource {
  readonly key: string
  readonly addr: string
  readonly orgId: number
  siteId: number
  readonly inside: boolean
  readonly firstMs: number
  lastMs: number
  /** Different contacts ever noted, and those that did not fit into a partial. */
  contacts: number
  beyond: number
  attempts: number
  successes: number
  size: number
  host: Uint32Array
  /** class · 65536 + port. */
  port: Uint32Array
  weight: Float64Array
  tries: Uint32Array
  site: Uint32Array
  atMs: Float64Array
  hosts: Uint8Array
  samples: string[]
}

export interface Contact {
  readonly kind: number
  readonly port: number
  readonly verified: boolean
  readonly attempts: number
  readonly siteId: number
  readonly atMs: number
}

export function newSource(
  key: string,
  addr: string,
  orgId: number,
  siteId: number,
  inside: boolean,
  firstMs: number,
): ScanSource {
  return {
    key,
    addr,
    orgId,
    siteId,
    inside,
    firstMs,
    lastMs: firstMs,
    contacts: 0,
    beyond: 0,
    attempts: 0,
    successes: 0,
    size: 0,
    host: new Uint32Array(4),
    port: new Uint32Array(4),
    weight: new Float64Array(4),
    tries: new Uint32Array(4),
    site: new Uint32Array(4),
    atMs: new Float64Array(4),
    hosts: new Uint8Array(HOSTS_M),
    samples: [],
  }
}

export function addContact(source: ScanSource, dst: Uint32Array, contact: Contact): void {
  const host = hashAddress(dst, 0)
  const port = contact.kind * 65_536 + contact.port
  source.attempts += contact.attempts
  source.lastMs = Math.max(source.lastMs, contact.atMs)
  hllAdd(source.hosts, 0, HOSTS_M, host)
  let at = 0
  while (at < source.size && (source.host[at] !== host || source.port[at] !== port)) at++
  if (at === source.size) {
    at = place(source)
    source.contacts++
    source.host[at] = host
    source.port[at] = port
    source.tries[at] = 0
    source.weight[at] = 0
    if (source.samples.length < SAMPLES) {
      const text = addressText(dst, 0)
      if (!source.samples.includes(text)) source.samples.push(text)
    }
  }
  source.tries[at]! += contact.attempts
  source.weight[at] = Math.max(source.weight[at]!, contact.verified ? 1 : UNVERIFIED_WEIGHT)
  source.site[at] = contact.siteId
  source.atMs[at] = Math.max(source.atMs[at]!, contact.atMs)
}

/** A place for another contact: a new one, or that of the oldest. */
function place(source: ScanSource): number {
  if (source.size < source.host.length) return source.size++
  if (source.size < MEMORY) {
    const grow = source.size * 4
    const wider = <T extends Uint32Array | Float64Array>(old: T, made: T): T => {
      made.set(old)
      return made
    }
    source.host = wider(source.host, new Uint32Array(grow))
    source.port = wider(source.port, new Uint32Array(grow))
    source.weight = wider(source.weight, new Float64Array(grow))
    source.tries = wider(source.tries, new Uint32Array(grow))
    source.site = wider(source.site, new Uint32Array(grow))
    source.atMs = wider(source.atMs, new Float64Array(grow))
    return source.size++
  }
  let oldest = 0
  for (let i = 1; i < source.size; i++) if (source.atMs[i]! < source.atMs[oldest]!) oldest = i
  source.atMs[oldest] = 0
  return oldest
}

/** The strongest sign that a source scans: its measure over its threshold. */
export interface ScanStrength {
  readonly kind: ScanKind
  readonly strength: number
  readonly measured: number
  readonly threshold: number
  /** The port of a horizontal scan, the host (its hash) of a vertical one. */
  readonly port?: number
  readonly failedRatio: number
}

/** Measures a source; undefined while every measure is below its threshold. */
export function strengthOf(source: ScanSource, p: ScanParameters): ScanStrength | undefined {
  if (source.size < Math.min(p.icmp_hosts, p.ports, p.hosts, p.sites) && source.attempts < p.slow_attempts)
    return undefined
  const failedRatio = source.attempts / (source.attempts + source.successes)
  if (failedRatio < p.failed_ratio) return undefined
  const signs = [...fastSigns(source, p), ...slowSigns(source, p)]
  let best: ScanStrength | undefined
  for (const sign of signs) {
    const strength = sign.measured / sign.threshold
    if (strength >= 1 && (best === undefined || strength > best.strength))
      best = { ...sign, strength, failedRatio }
  }
  return best
}

type Sign = Omit<ScanStrength, 'strength' | 'failedRatio'>

function fastSigns(source: ScanSource, p: ScanParameters): Sign[] {
  const since = source.lastMs - p.window_s * 1000
  const byPort = new Map<number, number>()
  const byHost = new Map<number, number>()
  for (let i = 0; i < source.size; i++) {
    if (source.atMs[i]! < since) continue
    const port = source.port[i]!
    byPort.set(port, (byPort.get(port) ?? 0) + source.weight[i]!)
    if (port >> 16 !== CONTACT.icmp)
      byHost.set(source.host[i]!, (byHost.get(source.host[i]!) ?? 0) + source.weight[i]!)
  }
  const signs: Sign[] = []
  const ports = largest(byPort, (key) => key >> 16 !== CONTACT.icmp)
  const icmp = byPort.get(CONTACT.icmp * 65_536) ?? 0
  const hosts = largest(byHost, () => true)
  signs.push({ kind: 'horizontal', measured: ports.value, threshold: p.hosts, port: ports.key & 65_535 })
  signs.push({ kind: 'vertical', measured: hosts.value, threshold: p.ports })
  signs.push({ kind: 'icmp', measured: icmp, threshold: p.icmp_hosts })
  return signs
}

function largest(
  map: ReadonlyMap<number, number>,
  fits: (key: number) => boolean,
): { key: number; value: number } {
  let best = { key: 0, value: 0 }
  for (const [key, value] of map) if (value > best.value && fits(key)) best = { key, value }
  return best
}

function slowSigns(source: ScanSource, p: ScanParameters): Sign[] {
  const since = source.lastMs - DAY_MS
  let contacts = 0
  let attempts = 0
  const sites = new Set<number>()
  for (let i = 0; i < source.size; i++) {
    if (source.atMs[i]! < since) continue
    contacts += source.weight[i]!
    if (source.weight[i] === 1) attempts += source.tries[i]!
    if (source.site[i] !== 0 && source.atMs[i]! >= source.lastMs - HOUR_MS) sites.add(source.site[i]!)
  }
  const slow: Sign = {
    kind: 'slow',
    measured: contacts,
    threshold: p.slow_contacts * (source.inside ? 4 : 1),
  }
  if (source.inside) return [slow]
  return [
    slow,
    { kind: 'persistent', measured: attempts, threshold: p.slow_attempts },
    // A site more is a strong sign only when hosts were tried one after the other: two a site at least.
    { kind: 'fleet', measured: contacts >= 2 * sites.size ? sites.size : 0, threshold: p.sites },
  ]
}

export function sourceReport(
  source: ScanSource,
  found: ScanStrength,
  context: ServiceContext<ScanParameters>,
): FindingReport {
  const p = context.parametersOf(source.orgId)
  const fast = found.kind === 'horizontal' || found.kind === 'vertical' || found.kind === 'icmp'
  const siteIds = new Set(source.site.subarray(0, source.size))
  const siteId = source.inside ? source.siteId : siteIds.size === 1 ? [...siteIds][0]! : 0
  const outside = !source.inside
  return {
    key: source.key,
    severity: outside ? SEVERITIES.low : fast ? SEVERITIES.high : SEVERITIES.medium,
    score: Math.min(99, 55 + 12 * Math.log2(1 + found.strength) + 15 * (found.failedRatio - 0.5)),
    orgId: source.orgId,
    siteId,
    src: [source.addr],
    dst: source.samples,
    ...(found.kind === 'horizontal' ? { dstPort: found.port! } : {}),
    firstSeenMs: source.firstMs,
    lastSeenMs: source.lastMs,
    technique: outside ? 'T1595.001' : found.kind === 'icmp' ? 'T1018' : 'T1046',
    evidence: {
      kind: found.kind,
      measured: found.measured,
      threshold: found.threshold,
      window_s: fast ? p.window_s : found.kind === 'fleet' ? 3600 : 86_400,
      attempts: source.attempts,
      connections: source.successes,
      failed_ratio: Math.round(found.failedRatio * 1000) / 1000,
      hosts_estimated: Math.round(hllEstimate(source.hosts, 0, HOSTS_M)),
      contacts: source.contacts + source.beyond,
      ports: portsOf(source),
      // log10 of the likelihood ratio of sequential hypothesis testing (Jung and others 2004): θ0 = 0.8, θ1 = 0.2.
      likelihood_log10: Math.round((source.contacts - source.successes) * Math.log10(4) * 10) / 10,
      sql: flowsSql({ src: source.addr, fromMs: source.firstMs, toMs: source.lastMs }),
    },
    title: SCAN_TITLES[found.kind]({ site: context.siteName(siteId), outside }),
    magnitude: source.contacts + source.beyond + source.attempts,
    quietMs: (fast ? p.quiet_s : p.slow_quiet_s) * 1000,
  }
}

/** Up to sixteen ports, those of most contacts first. */
function portsOf(source: ScanSource): string[] {
  const counts = new Map<number, number>()
  for (let i = 0; i < source.size; i++) counts.set(source.port[i]!, (counts.get(source.port[i]!) ?? 0) + 1)
  const names = ['tcp', 'udp', 'icmp']
  return [...counts]
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, SAMPLES)
    .map(([port]) => (port >> 16 === CONTACT.icmp ? 'icmp' : `${names[port >> 16]}/${port & 65_535}`))
}

/** The scanning of an organisation by all sources outside together. Plain data. */
export interface Background {
  readonly orgId: number
  firstMs: number
  lastMs: number
  sources: Uint8Array
  hosts: Uint8Array
  attempts: number
  ports: SpaceSaving
  changed: boolean
}

export function newBackground(orgId: number): Background {
  return {
    orgId,
    firstMs: 0,
    lastMs: 0,
    sources: new Uint8Array(SOURCES_M),
    hosts: new Uint8Array(HOSTS_M),
    attempts: 0,
    ports: spaceSaving(16),
    changed: false,
  }
}

export function noteBackground(
  b: Background,
  source: number,
  host: number,
  port: number,
  attempts: number,
  atMs: number,
): void {
  if (b.firstMs === 0 || atMs - b.firstMs > DAY_MS) {
    // A new day: what is told of an open incident is the day's, never an endless sum.
    b.firstMs = atMs
    b.sources = new Uint8Array(SOURCES_M)
    b.hosts = new Uint8Array(HOSTS_M)
    b.attempts = 0
    b.ports = spaceSaving(16)
  }
  b.lastMs = Math.max(b.lastMs, atMs)
  b.attempts += attempts
  b.changed = true
  hllAdd(b.sources, 0, SOURCES_M, source)
  hllAdd(b.hosts, 0, HOSTS_M, host)
  spaceSavingAdd(b.ports, String(port), attempts)
}

export function backgroundReport(b: Background, nowMs: number, p: ScanParameters): FindingReport | undefined {
  if (!b.changed) return undefined
  b.changed = false
  const sources = Math.round(hllEstimate(b.sources, 0, SOURCES_M))
  if (sources < p.background_sources) return undefined
  return {
    key: `background|${b.orgId}`,
    severity: SEVERITIES.informational,
    score: 50,
    orgId: b.orgId,
    siteId: 0,
    src: [],
    dst: [],
    firstSeenMs: b.firstMs,
    lastSeenMs: Math.min(b.lastMs, nowMs),
    technique: 'T1595.001',
    evidence: {
      kind: 'background',
      sources_estimated: sources,
      threshold: p.background_sources,
      hosts_estimated: Math.round(hllEstimate(b.hosts, 0, HOSTS_M)),
      attempts: b.attempts,
      top_dst_ports: spaceSavingTop(b.ports, 8).map(([port, { count, error }]) => ({
        port: Number(port),
        attempts_at_least: count - error,
      })),
      window_s: 86_400,
    },
    title: SCAN_TITLES.background({ site: undefined, outside: true }),
    magnitude: sources,
    quietMs: p.slow_quiet_s * 1000,
  }
}
