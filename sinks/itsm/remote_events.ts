import type { RemoteEvent } from '../../model/incident.js'
import type { CaseBook } from './case_book.js'
import type { IncidentDesk } from './incident_desk.js'
import { NOTES } from './incident_words.js'
import type { Case } from './lifecycle_state.js'

const NAME_MAX = 200
const COMMENT_MAX = 1000
const short = (text: string, max: number): string => text.replace(/[\p{Cc}]+/gu, ' ').slice(0, max)

/**
 * What people did, at a target or at the console, comes to its incident. An event that says what already is changes nothing:
 * so the echo of Vigie's own word, polled back from a target, ends here.
 */
export function applyEvent(
  book: CaseBook,
  desk: IncidentDesk,
  from: string,
  event: RemoteEvent,
  now: number,
): void {
  const target = from.startsWith('target:') ? from.slice('target:'.length) : ''
  const c = book.caseOf(event.incident, target, event.remoteId)
  if (c?.incident === undefined || c.phase === 'pending') return
  const by = event.by === undefined ? from : `${from.split(':')[0]}:${short(event.by, NAME_MAX)}`
  // Echoes go back to everyone but who said it.
  const rule = from
  if (event.acknowledged === true && c.incident.acknowledged === undefined && c.phase === 'open') {
    desk.acknowledge(c, by, Math.max(c.incident.opened, Math.min(event.time, now)))
    desk.tell(c, { kind: 'acknowledge', by, rule, note: NOTES.acknowledged(by) }, now)
  }
  assign(c, desk, event, { by, rule }, now)
  if (event.comment !== undefined && event.comment !== '') {
    const note = NOTES.commented(by, short(event.comment, COMMENT_MAX))
    desk.tell(c, { kind: 'update', by, rule, note }, now)
  }
  state(c, desk, event, { by, rule }, now)
}

interface Origin {
  readonly by: string
  readonly rule: string
}

function assign(c: Case, desk: IncidentDesk, event: RemoteEvent, { by, rule }: Origin, now: number): void {
  const assignee = event.assignee === undefined ? undefined : short(event.assignee, NAME_MAX)
  const group = event.group === undefined ? undefined : short(event.group, NAME_MAX)
  const incident = c.incident!
  const changed =
    (assignee !== undefined && assignee !== '' && assignee !== incident.assignee) ||
    (group !== undefined && group !== '' && group !== incident.group)
  if (!changed) return
  c.incident = { ...incident, ...(assignee && { assignee }), ...(group && { group }) }
  desk.tell(c, { kind: 'assign', by, rule, note: NOTES.assigned(assignee || group || '', by) }, now)
}

function state(c: Case, desk: IncidentDesk, event: RemoteEvent, { by, rule }: Origin, now: number): void {
  const { state: wanted, closing = 'fixed' } = event
  if (wanted === undefined || wanted === c.incident!.state) return
  if (wanted === 'resolved' || wanted === 'closed') {
    if (c.phase === 'open') desk.resolve(c, { by, rule, closing, note: NOTES.resolvedBy(by, closing) }, now)
    if (wanted === 'closed') c.closeAtMs = now
  } else if (c.phase === 'resolved') {
    desk.reopen(c, { by, rule, note: NOTES.reopenedBy(by) }, now)
  } else if (wanted === 'on_hold') {
    c.incident = { ...c.incident!, state: 'on_hold' }
    desk.tell(c, { kind: 'hold', by, rule, note: NOTES.held(by) }, now)
  } else if (c.incident!.state === 'on_hold') {
    c.incident = { ...c.incident!, state: 'in_progress' }
    desk.tell(c, { kind: 'update', by, rule, note: NOTES.resumed(by) }, now)
  } else if (wanted === 'in_progress' && c.incident!.acknowledged === undefined) {
    desk.acknowledge(c, by, Math.max(c.incident!.opened, Math.min(event.time, now)))
    desk.tell(c, { kind: 'acknowledge', by, rule, note: NOTES.acknowledged(by) }, now)
  }
}
