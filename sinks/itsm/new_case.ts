import { incidentUid } from './incident_changes.js'
import type { Case, CaseRules } from './lifecycle_state.js'
import type { Decision, Subject } from './policy.js'

/** What a case keeps of the decision that made it. */
export const rulesOf = (d: Decision): CaseRules => ({
  waitMs: d.waitMs,
  intervalMs: d.intervalMs,
  repeatMs: d.repeatMs,
  resolveAfterMs: d.resolveAfterMs,
  reopenWithinMs: d.reopenWithinMs,
  ...(d.impact !== undefined && { impact: d.impact }),
  ...(d.urgency !== undefined && { urgency: d.urgency }),
  group: d.group,
  chain: d.chain,
  ...(d.targets !== undefined && { targets: d.targets }),
})

/** A case that gathers. Its key says what kind it is; `first` is the finding that began it. */
export function newCase(key: string, first: string, subject: Subject, rules: CaseRules, now: number): Case {
  const [prefix] = key.split(':')
  const kind = prefix === 'carrier' || prefix === 'site' || prefix === 'problem' ? prefix : 'group'
  return {
    key,
    kind,
    uid: incidentUid(key, first),
    phase: 'pending',
    rules,
    subject,
    openAtMs: now + rules.waitMs,
    updateAtMs: 0,
    remindAtMs: 0,
    escalateAtMs: 0,
    resolveAtMs: 0,
    overAtMs: 0,
    stillAtMs: 0,
    closeAtMs: 0,
    toldAtMs: 0,
    sinceMs: now,
    openings: [],
    members: [],
  }
}
