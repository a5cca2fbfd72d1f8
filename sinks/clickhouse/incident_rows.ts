import type { Incident } from '../../model/incident.js'
import type { Step } from '../itsm/lifecycle_state.js'
import { NativeRows } from './native_rows.js'

const INCIDENTS = new NativeRows({
  uid: 'String',
  step: 'UInt64',
  number: 'String',
  kind: 'String',
  key: 'String',
  state: 'String',
  version: 'UInt32',
  category: 'String',
  service: 'String',
  org: 'String',
  site: 'String',
  region: 'String',
  supplier: 'String',
  link: 'String',
  impact: 'UInt8',
  urgency: 'UInt8',
  priority: 'UInt8',
  severity_id: 'UInt8',
  assignment_group: 'String',
  assignee: 'String',
  title_fr: 'String',
  title_en: 'String',
  findings: 'UInt32',
  findings_open: 'UInt32',
  sites: 'UInt32',
  first_seen: 'DateTime64(3)',
  last_seen: 'DateTime64(3)',
  opened: 'DateTime64(3)',
  updated: 'DateTime64(3)',
  acknowledged: 'DateTime64(3)',
  acknowledged_by: 'String',
  resolved: 'DateTime64(3)',
  closing: 'String',
  closed: 'DateTime64(3)',
  reopened: 'UInt16',
  flapping: 'Bool',
  tier: 'UInt8',
  notified: 'Array(String)',
  due_notify: 'DateTime64(3)',
  due_acknowledge: 'DateTime64(3)',
  due_resolve: 'DateTime64(3)',
  breached: 'Array(String)',
  parent: 'String',
  problem: 'String',
  remotes: 'Map(String, String)',
  brief: 'String',
})

const TRANSITIONS = new NativeRows({
  incident: 'String',
  version: 'UInt32',
  time: 'DateTime64(3)',
  kind: 'String',
  by: 'String',
  rule: 'String',
  note_fr: 'String',
  note_en: 'String',
})

const NOTIFICATIONS = new NativeRows({
  target: 'String',
  incident: 'String',
  key: 'String',
  step: 'UInt64',
  version: 'UInt32',
  kind: 'String',
  status: 'String',
  transitions: 'UInt16',
  attempts: 'UInt16',
  decided: 'DateTime64(3)',
  done: 'DateTime64(3)',
  number: 'String',
  url: 'String',
  error: 'String',
})

const LINKS = new NativeRows({
  finding: 'String',
  step: 'UInt64',
  incident: 'String',
  rule: 'String',
  time: 'DateTime64(3)',
})

/** A step with its place in the journal. */
export interface NumberedStep {
  readonly sequence: number
  readonly step: Step
}

function incidentRow(incident: Incident, step: number) {
  const { title, due, group, remotes, evidence, history, lang, test, chain, targets, ...columns } = incident
  return {
    ...columns,
    step,
    assignment_group: group,
    title_fr: title.fr,
    title_en: title.en,
    due_notify: due.notify,
    due_acknowledge: due.acknowledge,
    due_resolve: due.resolve,
    remotes: Object.fromEntries(Object.entries(remotes).map(([target, { number }]) => [target, number])),
    brief: JSON.stringify(incident),
  }
}

/** Native blocks of the tables that steps go to; of an incident that changed several times its last state. */
export function encodeSteps(
  steps: readonly NumberedStep[],
): { readonly table: string; readonly block: Uint8Array; readonly rows: number }[] {
  const incidents = new Map<string, ReturnType<typeof incidentRow>>()
  for (const { sequence, step } of steps)
    for (const incident of step.incidents) incidents.set(incident.uid, incidentRow(incident, sequence))
  const transitions = steps.flatMap(({ step }) =>
    step.transitions.map(({ note, ...t }) => ({ ...t, note_fr: note.fr, note_en: note.en })),
  )
  const notifications = steps.flatMap(({ sequence, step }) =>
    step.notifications.map(({ remote, ...n }) => ({
      ...n,
      step: sequence,
      number: remote?.number ?? '',
      url: remote?.url ?? '',
    })),
  )
  const links = steps.flatMap(({ sequence, step }) => step.links.map((link) => ({ ...link, step: sequence })))
  const rows = [...incidents.values()]
  return [
    { table: 'vigie.incidents', block: INCIDENTS.encode(rows), rows: rows.length },
    { table: 'vigie.incident_transitions', block: TRANSITIONS.encode(transitions), rows: transitions.length },
    { table: 'vigie.notifications', block: NOTIFICATIONS.encode(notifications), rows: notifications.length },
    { table: 'vigie.incident_findings', block: LINKS.encode(links), rows: links.length },
  ].filter((part) => part.rows > 0)
}
