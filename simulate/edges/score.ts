import { type Finding, SEVERITIES } from '../../model/finding.js'
import type { EdgeTruthRecord } from './troubles.js'

/** A trouble of a link with the finding that told of it. */
export interface ScoredTrouble {
  readonly truth: EdgeTruthRecord
  /** Undefined: missed. */
  readonly finding?: Finding
  /** From its start to the finding, event time; left out where one that was open went on with it. */
  readonly timeToDetectMs?: number
  /** Further findings of it. */
  readonly duplicates: number
}

export interface LinkScore {
  readonly troubles: readonly ScoredTrouble[]
  readonly found: number
  /** Findings above informational that no trouble explains. */
  readonly falseFindings: readonly Finding[]
  /** Findings in all, and those above informational. */
  readonly told: number
}

const SERVICES: ReadonlySet<string> = new Set(['sla', 'saturation', 'telemetry'])
const GRACE_MS = 120_000
/** A trouble shorter than six measurements is not to be told: three of five must be bad, and last for a while. */
const SHORTEST_MS = 60_000
/** Clocks that are wrong by less are right. */
const SKEW_MS = 45_000
/** These vendors measure links, not the tunnels over them: a dead tunnel does not show. */
const OF_LINKS_ONLY: ReadonlySet<string> = new Set(['fortinet', 'velocloud', 'cisco-meraki', 'huawei'])

/** Rows of these vendors carry no time of the edge: its clock does not show. */
const WITHOUT_TIMES: ReadonlySet<string> = new Set(['velocloud'])

/** Whether a trouble shows in what its edge tells, for long enough. */
export function isTellable({ kind, vendor, start_ms, end_ms, skew_ms }: EdgeTruthRecord): boolean {
  if (kind === 'failover') return false
  if (kind === 'clock_skew') return Math.abs(skew_ms ?? 0) >= SKEW_MS && !WITHOUT_TIMES.has(vendor)
  if (kind === 'tunnel_dead' && OF_LINKS_ONLY.has(vendor)) return false
  return end_ms !== undefined && end_ms - start_ms >= SHORTEST_MS
}

/** Whether a finding tells of a trouble: of its link, its site, or its supplier. */
function tells(truth: EdgeTruthRecord, { service, site, evidence }: Finding): boolean {
  const { kind, sites } = evidence as { kind?: string; sites?: readonly string[] }
  if (truth.kind === 'clock_skew') return kind === 'edge_clock' && site === truth.site
  if (service === 'sla' && kind === 'carrier_outage') return sites?.includes(truth.site) ?? false
  if (site !== truth.site || kind === 'edge_clock') return false
  if (service === 'telemetry') return truth.kind !== 'brownout'
  return service === 'sla' && (evidence.link === truth.link || kind === 'site_down')
}

/** Whether a finding was made while the trouble was there, or, being open, went on with it. */
const during = (truth: EdgeTruthRecord, finding: Finding, lastSeenMs: number): boolean =>
  lastSeenMs > truth.start_ms && finding.time <= (truth.end_ms ?? Number.POSITIVE_INFINITY) + GRACE_MS

/** By uid, when a finding that was closed was seen last. */
const closings = (findings: readonly Finding[]): ReadonlyMap<string, number> =>
  new Map(findings.filter((f) => f.activity === 'close').map((f) => [f.uid, f.last_seen]))

/** Troubles of links against findings; each trouble is found by the first that tells of it. */
export function scoreTroubles(
  truth: readonly EdgeTruthRecord[],
  findings: readonly Finding[],
  isJudged: (truth: EdgeTruthRecord) => boolean = isTellable,
): LinkScore {
  const created = findings.filter(
    (f) => f.activity === 'create' && SERVICES.has(f.service) && f.severity_id > SEVERITIES.informational,
  )
  const closed = closings(findings)
  const explained = new Set<Finding>()
  const troubles: ScoredTrouble[] = []
  for (const one of truth) {
    const own = created.filter(
      (f) => tells(one, f) && during(one, f, closed.get(f.uid) ?? Number.POSITIVE_INFINITY),
    )
    for (const finding of own) explained.add(finding)
    if (!isJudged(one)) continue
    const [first] = own
    troubles.push(
      first === undefined
        ? { truth: one, duplicates: 0 }
        : {
            truth: one,
            finding: first,
            ...(first.time >= one.start_ms && { timeToDetectMs: first.time - one.start_ms }),
            duplicates: own.length - 1,
          },
    )
  }
  return {
    troubles,
    found: troubles.filter(({ finding }) => finding !== undefined).length,
    falseFindings: created.filter((finding) => !explained.has(finding)),
    told: created.length,
  }
}
