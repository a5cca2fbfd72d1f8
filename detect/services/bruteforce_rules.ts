import { medianSorted } from 'simple-statistics'
import { SEVERITIES } from '../../model/finding.js'
import { addressOfKey } from '../address.js'
import type { ServiceContext } from '../context.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { hllAdd, hllEstimate } from '../sketches/hyperloglog.js'
import { type SpaceSaving, spaceSaving, spaceSavingAdd, spaceSavingTop } from '../sketches/space_saving.js'
import { BRUTEFORCE_TITLES } from '../titles.js'
import type { BruteforceParameters } from './bruteforce.js'
import { endsOf, type Guesser, type Sprayer } from './bruteforce_attempts.js'

const DAY_MS = 86_400_000
const SOURCES_M = 256

/** The report of a guesser or a sprayer: who, on what, how regular, and whether a session followed. */
export function guessReport(
  of: Guesser | Sprayer,
  strength: number,
  context: ServiceContext<BruteforceParameters>,
): FindingReport {
  const p = context.parametersOf(of.orgId)
  const spray = 'hosts' in of
  const succeeded = !spray && of.sessionMs !== 0
  const src = spray ? addressOfKey(of.src, 0, of.src.length) : endsOf(of).src
  const dst = spray ? hostsOf(of) : [endsOf(of).dst]
  const kind = spray ? 'spraying' : succeeded ? 'success_hint' : 'guessing'
  const outside = !of.inside
  const base = outside ? SEVERITIES.medium : SEVERITIES.high
  return {
    key: spray ? `${src}|*|${of.dstPort}` : `${src}|${dst[0]}|${of.dstPort}`,
    severity: succeeded ? SEVERITIES.critical : base,
    score: Math.min(99, 55 + 12 * Math.log2(1 + strength) + (succeeded ? 15 : 0)),
    orgId: of.orgId,
    siteId: of.siteId,
    src: [src],
    dst,
    dstPort: of.dstPort,
    ipProto: 6,
    firstSeenMs: of.firstMs,
    lastSeenMs: of.lastMs,
    technique: spray ? 'T1110.003' : 'T1110.001',
    evidence: {
      kind,
      ...(spray ? { hosts: of.hosts.size, threshold: p.spray_hosts } : attemptsOf(of, p)),
      ...(succeeded ? { session_at: new Date(of.sessionMs).toISOString() } : {}),
      sql: flowsSql({
        src,
        ...(spray ? {} : { dst: dst[0]! }),
        dstPort: of.dstPort,
        ipProto: 6,
        fromMs: of.firstMs,
        toMs: of.lastMs,
      }),
    },
    title: BRUTEFORCE_TITLES[kind]({ site: context.siteName(of.siteId), outside }),
    magnitude: spray ? of.hosts.size : of.count,
    quietMs: p.quiet_s * 1000,
  }
}

const hostsOf = (s: Sprayer): string[] =>
  [...s.hosts.keys()].slice(-16).map((key) => addressOfKey(key, 0, key.length))

function attemptsOf(g: Guesser, p: BruteforceParameters): Record<string, unknown> {
  const column = (field: number): number[] => g.calls.filter((_, i) => i % 4 === field).sort((a, b) => a - b)
  return {
    attempts: g.count,
    threshold: g.inside ? p.internal_attempts : p.attempts,
    window_s: p.window_s,
    packets_per_attempt: medianSorted(column(1)),
    bytes_per_attempt: medianSorted(column(2)),
    attempt_ms: medianSorted(column(3)),
  }
}

/** What all sources outside try at an organisation within a day. Plain data. */
export interface Background {
  readonly orgId: number
  firstMs: number
  lastMs: number
  sources: Uint8Array
  ports: SpaceSaving
  changed: boolean
}

export const newBackground = (orgId: number): Background => ({
  orgId,
  firstMs: 0,
  lastMs: 0,
  sources: new Uint8Array(SOURCES_M),
  ports: spaceSaving(8),
  changed: false,
})

export function noteBackground(b: Background, source: number, port: number, atMs: number): void {
  if (b.firstMs === 0 || atMs - b.firstMs > DAY_MS) {
    b.firstMs = atMs
    b.sources = new Uint8Array(SOURCES_M)
    b.ports = spaceSaving(8)
  }
  b.lastMs = Math.max(b.lastMs, atMs)
  b.changed = true
  hllAdd(b.sources, 0, SOURCES_M, source)
  spaceSavingAdd(b.ports, String(port), 1)
}

export function backgroundReport(b: Background, p: BruteforceParameters): FindingReport | undefined {
  if (!b.changed) return undefined
  b.changed = false
  const sources = Math.round(hllEstimate(b.sources, 0, SOURCES_M))
  if (sources < p.background_sources) return undefined
  return {
    key: `background|${b.orgId}`,
    severity: SEVERITIES.low,
    score: 60,
    orgId: b.orgId,
    siteId: 0,
    src: [],
    dst: [],
    firstSeenMs: b.firstMs,
    lastSeenMs: b.lastMs,
    technique: 'T1110',
    evidence: {
      kind: 'background',
      sources_estimated: sources,
      threshold: p.background_sources,
      window_s: 86_400,
      top_dst_ports: spaceSavingTop(b.ports, 8).map(([port, { count, error }]) => ({
        port: Number(port),
        attempts_at_least: count - error,
      })),
    },
    title: BRUTEFORCE_TITLES.background({ site: undefined, outside: true }),
    magnitude: sources,
    quietMs: p.quiet_s * 1000,
  }
}
