import type { FindingMark } from '../../model/finding.js'
import type { Incident } from '../../model/incident.js'
import type { FindingLink, Notification, Step, StepTransition } from './lifecycle_state.js'

/** What one step gathers. */
export interface StepDraft {
  readonly transitions: StepTransition[]
  readonly links: FindingLink[]
  readonly marks: FindingMark[]
  readonly closed: Incident[]
  readonly notifications: Notification[]
}

export const emptyDraft = (): StepDraft => ({
  transitions: [],
  links: [],
  marks: [],
  closed: [],
  notifications: [],
})

/** Whether a step says nothing and need not be written down. */
export const isEmpty = (step: Step, throughBefore: number): boolean =>
  step.through === throughBefore &&
  step.above.length === 0 &&
  step.transitions.length === 0 &&
  step.links.length === 0 &&
  step.notifications.length === 0 &&
  step.marks.length === 0 &&
  step.changes.cases.length === 0 &&
  step.changes.droppedCases.length === 0 &&
  step.changes.findings.length === 0 &&
  step.changes.droppedFindings.length === 0 &&
  Object.keys(step.changes.moves).length === 0 &&
  step.changes.silences === undefined &&
  step.changes.events.length === 0
