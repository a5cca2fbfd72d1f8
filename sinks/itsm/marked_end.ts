import type { Finding, FindingMark } from '../../model/finding.js'
import type { ClosingCode } from '../../model/incident.js'
import { incidentNumber } from './incident_changes.js'
import type { Case, HeldFinding } from './lifecycle_state.js'

/** Why detection closed a finding before it was over: people marked it. */
export interface MarkedEnd {
  readonly verdict: 'false_positive' | 'expected'
  readonly by: string
}

export const isNoise = (code: ClosingCode | 'no' | undefined): code is 'false_positive' | 'expected' =>
  code === 'false_positive' || code === 'expected'

/** The mark that closed a finding, as its evidence tells it; undefined where it ended by itself. */
export function markOfEnd({ evidence }: Pick<Finding, 'evidence'>): MarkedEnd | undefined {
  const { marked, marked_by } = evidence
  if (marked !== 'false_positive' && marked !== 'expected') return undefined
  return { verdict: marked, by: typeof marked_by === 'string' ? marked_by : 'operator:' }
}

/** What all findings of a case that are over were called: one word for all, or `no`. */
export function alike(before: Case['noise'], verdict: MarkedEnd['verdict'] | undefined): Case['noise'] {
  if (verdict === undefined || before === 'no') return 'no'
  return before === undefined || before === verdict ? verdict : 'expected'
}

/** Marks for detection of an incident that somebody closed as nothing: one on each of its findings. */
export function marksOf({ incident, members }: Case, by: string, now: number): FindingMark[] {
  const { uid, closing, org } = incident!
  const verdict = closing === 'expected' ? 'expected' : 'false_positive'
  return members.map((finding) => ({
    finding,
    verdict,
    by,
    time: now,
    incident: uid,
    ...(org !== undefined && { org }),
  }))
}

/**
 * Why a finding that would open a resolved incident again must not: people said of it that it is nothing. One that is more
 * severe, or that detection told although its like was marked, is another matter.
 */
export function quietOf(
  c: Case | undefined,
  { severity_id, evidence }: HeldFinding,
  now: number,
  quietMs: number,
): { by: string; untilMs: number } | undefined {
  if (c?.phase !== 'resolved' || !isNoise(c.incident?.closing)) return undefined
  const { resolved, severity_id: before, uid, closing } = c.incident!
  const untilMs = resolved! + quietMs
  if (untilMs <= now || severity_id > before || evidence.outgrew_mark !== undefined) return undefined
  return { by: `${closing}:${incidentNumber(uid)}`, untilMs }
}
