import { type Finding, SEVERITIES } from '../model/finding.js'
import type { TruthRecord } from './incidents/incident.js'
import { covers } from './overlap.js'

/** An incident with the finding that told of it. */
export interface ScoredIncident {
  readonly truth: TruthRecord
  /** The first that matched; undefined: missed. */
  readonly finding?: Finding
  /** From the first malicious packet to the finding, event time. */
  readonly timeToDetectMs?: number
  /** Further findings of the same incident. */
  readonly duplicates: number
}

export interface Score {
  readonly incidents: readonly ScoredIncident[]
  readonly found: number
  readonly missed: number
  /** Findings above informational that no incident explains. */
  readonly falseFindings: readonly Finding[]
}

export interface ScoreOptions {
  /** Services that were on: incidents of others are no one's to find. Left out: all. */
  readonly services?: readonly string[]
  /** How long after its end an incident may still be told. */
  readonly graceMs?: number
}

const GRACE_MS = 5 * 60_000

/**
 * What ties an incident to a finding: the victim of a flood, the source of anything else; of a flood from
 * inside, its source too.
 */
function sameEntity(truth: TruthRecord, finding: Finding): boolean {
  const some = (a: readonly string[], b: readonly string[]): boolean =>
    a.some((x) => b.some((y) => covers(x, y)))
  if (truth.service !== 'ddos') return some(truth.src, finding.src)
  return some(truth.dst, finding.dst) || (truth.src_count === 1 && some(truth.src, finding.src))
}

export function matches(truth: TruthRecord, finding: Finding, graceMs = GRACE_MS): boolean {
  return (
    truth.service === finding.service &&
    finding.time >= truth.start_ms &&
    finding.time <= truth.end_ms + graceMs &&
    sameEntity(truth, finding)
  )
}

/**
 * Incidents against findings: each finding counts once, when it was opened; each incident is found by the
 * first that matches.
 */
export function scoreFindings(
  truth: readonly TruthRecord[],
  findings: readonly Finding[],
  { services, graceMs = GRACE_MS }: ScoreOptions = {},
): Score {
  const opened = new Map<string, Finding>()
  for (const finding of findings)
    if (finding.activity === 'create' && !opened.has(finding.uid)) opened.set(finding.uid, finding)
  const all = [...opened.values()].sort((a, b) => a.time - b.time)
  const explained = new Set<Finding>()
  const incidents = truth
    .filter((t) => services === undefined || services.includes(t.service))
    .map((t): ScoredIncident => {
      const own = all.filter((finding) => matches(t, finding, graceMs))
      for (const finding of own) explained.add(finding)
      const [first] = own
      if (first === undefined) return { truth: t, duplicates: 0 }
      return { truth: t, finding: first, timeToDetectMs: first.time - t.start_ms, duplicates: own.length - 1 }
    })
  const found = incidents.filter((i) => i.finding !== undefined).length
  return {
    incidents,
    found,
    missed: incidents.length - found,
    falseFindings: all.filter((f) => !explained.has(f) && f.severity_id > SEVERITIES.informational),
  }
}

/** As rows of a table for people and programs. */
export function scoreRows(score: Score): Record<string, string | number>[] {
  const { incidents, falseFindings } = score
  return [
    ...incidents.map(({ truth, finding, timeToDetectMs, duplicates }) => ({
      service: truth.service,
      kind: truth.kind,
      target: truth.dst[0] ?? '',
      site: truth.site,
      result: finding ? 'found' : 'missed',
      time_to_detect_s: timeToDetectMs === undefined ? '' : Math.round(timeToDetectMs / 100) / 10,
      duplicates,
    })),
    ...falseFindings.map((finding) => ({
      service: finding.service,
      kind: '',
      target: finding.dst[0] ?? '',
      site: finding.site ?? '',
      result: 'false',
      time_to_detect_s: '',
      duplicates: 0,
    })),
  ]
}
