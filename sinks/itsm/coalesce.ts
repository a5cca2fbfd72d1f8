import type {
  Incident,
  IncidentState,
  RemoteTicket,
  Transition,
  TransitionKind,
} from '../../model/incident.js'
import type { Notification } from './lifecycle_state.js'
import type { TargetCapabilities } from './target.js'

/** What a target was told of an incident. */
export interface Told {
  /** Version up to which it is told. */
  readonly version: number
  /** State that the target has it in. */
  readonly state: IncidentState
  readonly remote: RemoteTicket
  /** What was reported of the newest delivery; reported again when the process died in between. */
  readonly last?: Notification
  /** It was refused for good at this version, and is not tried again before something new happens. */
  readonly dead?: number
}

/** One delivery that brings a target closer to where the incident is. */
export interface Planned {
  readonly kind: TransitionKind
  /** What it tells, oldest first; the last one is the delivery's transition. */
  readonly transitions: readonly Transition[]
  readonly idempotencyKey: string
  /** State of the ticket after it. */
  readonly state: IncidentState
}

/** Weightier ones stand for those that waited with them. */
const WEIGHTS: readonly TransitionKind[] = [
  'escalate',
  'breach',
  'acknowledge',
  'hold',
  'assign',
  'reopen',
  'update',
  'remind',
]

const ends = ({ kind }: Transition): boolean => kind === 'resolve'
const isOver = (state: IncidentState): boolean => state === 'resolved' || state === 'closed'

/** What the target knows by itself, because it happened there. */
function withEchoes(state: IncidentState, echoes: readonly Transition[]): IncidentState {
  let at = state
  for (const { kind } of echoes) {
    if (kind === 'resolve') at = 'resolved'
    else if (kind === 'close') at = 'closed'
    else if (kind === 'reopen' && isOver(at)) at = 'new'
  }
  return at
}

/**
 * What to tell a target so that it stands where the incident stands: of all that waited at most three deliveries, in order.
 * An incident that opened and ended while the target was away is opened there, and then resolved.
 */
export function planDeliveries(
  incident: Incident,
  told: Told | undefined,
  target: string,
  { kinds }: Pick<TargetCapabilities, 'kinds'>,
): Planned[] {
  const newer = incident.history.filter(({ version }) => version > (told?.version ?? 0))
  const echo = ({ rule }: Transition): boolean => rule === `target:${target}`
  const news = newer.filter((t) => !echo(t))
  if (told?.dead !== undefined && told.dead >= incident.version) return []
  const can = (kind: TransitionKind): TransitionKind =>
    kind === 'open' || kind === 'resolve' || kinds.includes(kind) ? kind : 'update'
  const { uid } = incident
  const plan = (kind: TransitionKind, transitions: readonly Transition[], state: IncidentState): Planned => ({
    kind: can(kind),
    transitions,
    idempotencyKey: kind === 'open' ? `${uid}.open` : `${uid}.${transitions.at(-1)!.version}.${kind}`,
    state,
  })
  const planned: Planned[] = []
  const last = incident.history.slice(-1)
  let at: IncidentState
  if (told === undefined || told.version === 0) {
    at = isOver(incident.state) ? 'new' : incident.state
    // What ended it is told by a delivery of its own: a process that dies in between must find that it is still to be told.
    const before = isOver(incident.state) ? news.slice(0, news.findLastIndex(ends)) : news
    planned.push(plan('open', before.length > 0 ? before : [{ ...last[0]!, version: 1, kind: 'open' }], at))
  } else at = withEchoes(told.state, newer.filter(echo))
  if (isOver(incident.state)) {
    if (!isOver(at)) {
      const rest = news.slice(Math.max(0, planned.length > 0 ? news.findLastIndex(ends) : 0))
      planned.push(plan('resolve', rest.length > 0 ? rest : last, 'resolved'))
      at = 'resolved'
    }
    if (incident.state === 'closed' && at !== 'closed' && kinds.includes('close'))
      planned.push(plan('close', last, 'closed'))
    else if (planned.length === 0 && incident.state !== 'closed' && news.length > 0)
      planned.push(plan('update', news, at))
  } else if (isOver(at)) planned.push(plan('reopen', news.length > 0 ? news : last, incident.state))
  else if (planned.length === 0 && news.length > 0) {
    const kind = WEIGHTS.find((k) => news.some((t) => t.kind === k)) ?? 'update'
    planned.push(plan(kind === 'reopen' ? 'update' : kind, news, incident.state))
  }
  return planned
}
