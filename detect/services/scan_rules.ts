import { SEVERITIES } from '../../model/finding.js'
import { addressKey, addressOfKey } from '../address.js'
import type { ServiceContext } from '../context.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { hashAddress } from '../hash.js'
import type { Shape } from '../pack.js'
import { hllAdd, hllEstimate } from '../sketches/hyperloglog.js'
import { SCAN_TITLES, type ScanKind } from '../titles.js'
import type { ScanParameters } from './scan.js'
import { CONTACT } from './scan_contacts.js'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Contacts of most sources: those that fail now and then. */
const FEW = 8
const SAMPLES = 16
const HOSTS_M = 64
/** What an unverified contact counts for: its answer may have stood in another frame. */
const UNVERIFIED_WEIGHT = 0.25

/** A source that asks in vain. Plain data: there are very many, and most asked once. */
export interface ScanSource {
  /** Inside or not, organisation, address (`addressKey`). */
  readonly key: string
  readonly orgId: number
  readonly siteId: number
  readonly inside: boolean
  readonly firstMs: number
  lastMs: number
  /** Different contacts ever noted, and those that did not fit into a partial. */
  contacts: number
  beyond: number
  attempts: number
  successes: number
  /** The last contacts, each host and port once: `FIELDS` numbers each, at the places `F` names. */
  memo: number[]
  /** Sketch of the hosts, once they are more than a few. */
  hosts: Uint8Array | undefined
  /** Keys (`addressKey`) of some of the hosts. */
  samples: string[]
  /** Was told once. */
  open: boolean
  credit: number
}

/** The key is in the values too: it says whose they are. */
export const SOURCE_SHAPE: Shape<ScanSource> = {
  numbers: ['orgId', 'siteId', 'firstMs', 'lastMs', 'contacts', 'beyond', 'attempts', 'successes', 'credit'],
  flags: ['inside', 'open'],
  lists: ['memo'],
  others: ['key', 'hosts', 'samples'],
}

const FIELDS = 6
/** Hash of the host · class · 65536 + port · what it counts for · attempts · site · when. */
const F = { host: 0, port: 1, weight: 2, tries: 3, site: 4, atMs: 5 } as const

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
  orgId: number,
  siteId: number,
  inside: boolean,
  firstMs: number,
): ScanSource {
  const seen = {
    contacts: 0,
    beyond: 0,
    attempts: 0,
    successes: 0,
    memo: [],
    hosts: undefined,
    samples: [],
    open: false,
    credit: -1,
  }
  return { key, orgId, siteId, inside, firstMs, lastMs: firstMs, ...seen }
}

const KEY_HEAD = 3

export function sourceAddress({ key }: ScanSource): string {
  return addressOfKey(key, KEY_HEAD, key.length - KEY_HEAD)
}

/** Names the incident of a source: text that reads the same everywhere. */
export function incidentOf(source: ScanSource): string {
  return `${source.inside ? 'in' : 'out'}|${sourceAddress(source)}|${source.orgId}`
}

/** @param memory contacts that may be remembered of the source. */
export function addContact(source: ScanSource, dst: Uint32Array, contact: Contact, memory: number): void {
  const { memo } = source
  const host = hashAddress(dst, 0)
  const port = contact.kind * 65_536 + contact.port
  source.attempts += contact.attempts
  source.lastMs = Math.max(source.lastMs, contact.atMs)
  source.credit = -1
  let at = 0
  while (at < memo.length && (memo[at] !== host || memo[at + F.port] !== port)) at += FIELDS
  if (at === memo.length) {
    if (at >= FEW * FIELDS) forgetOld(source)
    at = memo.length >= memory * FIELDS ? oldest(memo) : memo.length
    source.contacts++
    memo[at] = host
    memo[at + F.port] = port
    memo[at + F.weight] = 0
    memo[at + F.tries] = 0
    memo[at + F.site] = contact.siteId
    memo[at + F.atMs] = contact.atMs
    noteHost(source, host)
    noteSample(source, dst)
  }
  memo[at + F.tries]! += contact.attempts
  memo[at + F.weight] = Math.max(memo[at + F.weight]!, contact.verified ? 1 : UNVERIFIED_WEIGHT)
  memo[at + F.atMs] = Math.max(memo[at + F.atMs]!, contact.atMs)
}

/** Contacts outside the longest window that is looked at. */
function forgetOld(source: ScanSource): void {
  const { memo } = source
  const since = source.lastMs - windowOf(source)
  let kept = 0
  for (let i = 0; i < memo.length; i += FIELDS) {
    if (memo[i + F.atMs]! < since) continue
    if (kept !== i) for (let f = 0; f < FIELDS; f++) memo[kept + f] = memo[i + f]!
    kept += FIELDS
  }
  memo.length = kept
}

/** Hosts of ours fail now and then all day: only those that fail much within an hour look for something. */
const windowOf = (source: ScanSource): number => (source.inside ? HOUR_MS : DAY_MS)

/** Some of the hosts that were asked; more of them once the source has asked more than most do. */
function noteSample(source: ScanSource, dst: Uint32Array): void {
  const { samples } = source
  if (samples.length >= (source.contacts < FEW ? 3 : SAMPLES)) return
  const key = addressKey(dst, 0)
  if (!samples.includes(key)) samples.push(key)
}

function oldest(memo: readonly number[]): number {
  let at = 0
  for (let i = 0; i < memo.length; i += FIELDS) if (memo[i + F.atMs]! < memo[at + F.atMs]!) at = i
  return at
}

function noteHost(source: ScanSource, host: number): void {
  if (source.contacts < SAMPLES) return
  if (source.hosts === undefined) {
    source.hosts = new Uint8Array(HOSTS_M)
    for (let i = 0; i < source.memo.length; i += FIELDS) hllAdd(source.hosts, 0, HOSTS_M, source.memo[i]!)
  }
  hllAdd(source.hosts, 0, HOSTS_M, host)
}

function hostsIn(memo: readonly number[]): number {
  const hosts = new Set<number>()
  for (let i = 0; i < memo.length; i += FIELDS) hosts.add(memo[i]!)
  return hosts.size
}

const hostsOf = (source: ScanSource): number =>
  source.hosts === undefined ? hostsIn(source.memo) : Math.round(hllEstimate(source.hosts, 0, HOSTS_M))

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
  if (
    source.contacts < Math.min(p.icmp_hosts, p.ports, p.hosts, p.sites) &&
    source.attempts < p.slow_attempts
  )
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
  const { memo } = source
  for (let i = 0; i < memo.length; i += FIELDS) {
    if (memo[i + F.atMs]! < since) continue
    const port = memo[i + F.port]!
    const weight = memo[i + F.weight]!
    byPort.set(port, (byPort.get(port) ?? 0) + weight)
    if (port >> 16 !== CONTACT.icmp) byHost.set(memo[i]!, (byHost.get(memo[i]!) ?? 0) + weight)
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
  const since = source.lastMs - windowOf(source)
  let contacts = 0
  let attempts = 0
  const sites = new Set<number>()
  const byPort = new Map<number, number>()
  const { memo } = source
  for (let i = 0; i < memo.length; i += FIELDS) {
    const atMs = memo[i + F.atMs]!
    if (atMs < since) continue
    contacts += memo[i + F.weight]!
    byPort.set(memo[i + F.port]!, (byPort.get(memo[i + F.port]!) ?? 0) + memo[i + F.weight]!)
    if (memo[i + F.weight] === 1) attempts += memo[i + F.tries]!
    if (memo[i + F.site] !== 0 && atMs >= source.lastMs - HOUR_MS) sites.add(memo[i + F.site]!)
  }
  if (source.inside) {
    // Hosts of ours fail at many things in an hour; at one thing on many hosts only those that look for it.
    const one = largest(byPort, (key) => key >> 16 !== CONTACT.icmp)
    return [
      { kind: 'slow', measured: contacts, threshold: 4 * p.slow_contacts },
      { kind: 'slow', measured: one.value, threshold: 2 * p.slow_contacts, port: one.key & 65_535 },
    ]
  }
  const slow: Sign = { kind: 'slow', measured: contacts, threshold: p.slow_contacts }
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
  const siteId = source.inside ? source.siteId : onlySite(source)
  const outside = !source.inside
  const addr = sourceAddress(source)
  return {
    key: incidentOf(source),
    severity: outside ? SEVERITIES.low : fast ? SEVERITIES.high : SEVERITIES.medium,
    score: Math.min(99, 55 + 12 * Math.log2(1 + found.strength) + 15 * (found.failedRatio - 0.5)),
    orgId: source.orgId,
    siteId,
    src: [addr],
    dst: source.samples.map((key) => addressOfKey(key, 0, key.length)),
    ...(found.kind === 'horizontal' ? { dstPort: found.port! } : {}),
    firstSeenMs: source.firstMs,
    lastSeenMs: source.lastMs,
    technique: outside ? 'T1595.001' : found.kind === 'icmp' ? 'T1018' : 'T1046',
    evidence: {
      kind: found.kind,
      measured: found.measured,
      threshold: found.threshold,
      window_s: fast ? p.window_s : found.kind === 'fleet' || source.inside ? 3600 : 86_400,
      attempts: source.attempts,
      connections: source.successes,
      failed_ratio: Math.round(found.failedRatio * 1000) / 1000,
      hosts_estimated: hostsOf(source),
      contacts: source.contacts + source.beyond,
      ports: portsOf(source),
      // log10 of the likelihood ratio of sequential hypothesis testing (Jung and others 2004): θ0 = 0.8, θ1 = 0.2.
      likelihood_log10: Math.round((source.contacts - source.successes) * Math.log10(4) * 10) / 10,
      sql: flowsSql({ src: addr, fromMs: source.firstMs, toMs: source.lastMs }),
    },
    title: SCAN_TITLES[found.kind]({ site: context.siteName(siteId), outside }),
    magnitude: source.contacts + source.beyond + source.attempts,
    quietMs: (fast ? p.quiet_s : p.slow_quiet_s) * 1000,
  }
}

/** The site that a source outside asked; 0 where it asked several. */
function onlySite(source: ScanSource): number {
  const first = source.memo[F.site]!
  for (let i = F.site; i < source.memo.length; i += FIELDS) if (source.memo[i] !== first) return 0
  return first
}

/** Up to sixteen ports, those of most contacts first. */
function portsOf(source: ScanSource): string[] {
  const counts = new Map<number, number>()
  for (let i = F.port; i < source.memo.length; i += FIELDS) {
    counts.set(source.memo[i]!, (counts.get(source.memo[i]!) ?? 0) + 1)
  }
  const names = ['tcp', 'udp', 'icmp']
  return [...counts]
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, SAMPLES)
    .map(([port]) => (port >> 16 === CONTACT.icmp ? 'icmp' : `${names[port >> 16]}/${port & 65_535}`))
}
