import { SEVERITIES } from '../../model/finding.js'
import type { FindingReport } from '../finding_book.js'
import { hllAdd, hllEstimate } from '../sketches/hyperloglog.js'
import { type SpaceSaving, spaceSaving, spaceSavingAdd, spaceSavingTop } from '../sketches/space_saving.js'
import { SCAN_TITLES } from '../titles.js'
import type { ScanParameters } from './scan.js'

const DAY_MS = 86_400_000
const HOSTS_M = 64
const SOURCES_M = 256

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
