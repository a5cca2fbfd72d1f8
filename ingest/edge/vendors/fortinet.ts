import { byDirection, type EdgeDraft } from '../draft.js'
import {
  entriesOf,
  firstText,
  has,
  hasAny,
  isObject,
  type JsonObject,
  listOf,
  objectOf,
  objectsOf,
  textOf,
} from '../json.js'
import type { Payload, Piece } from '../payload.js'
import { documentsLike, linesLike } from '../recognise.js'
import { snmpRows, snmpWalk } from '../snmp_rows.js'
import { stateOf } from '../states.js'
import { epochMs } from '../times.js'
import { numberOf, percentOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'
import { fortinetLine, isFortinetLine } from './fortinet_syslog.js'

const MEMBER_KEYS = [
  'latency',
  'packet_loss',
  'packet_sent',
  'sla_targets_met',
  'tx_bandwidth',
  'state_changed',
]

/** A member of a health check: metrics, or only a status where it is disabled. */
const isMember = (member: JsonObject): boolean =>
  has(member, 'status') && (hasAny(member, ...MEMBER_KEYS) || Object.keys(member).length === 1)

/** Answers of `virtual-wan/*`, one a VDOM. */
const answersOf = (payload: Payload): Piece<JsonObject>[] =>
  payload.documents.flatMap(({ value, place }) =>
    (Array.isArray(value) ? value : [value])
      .filter(isObject)
      .map((answer, i) => ({ value: answer, place: `${place} row ${i + 1}`.trim() })),
  )

const isHealthCheck = (results: unknown): boolean =>
  entriesOf(results).some(([, check]) => entriesOf(check).some(([, member]) => isMember(member)))
const isLog = (results: unknown): boolean =>
  objectsOf(results).some((row) => has(row, 'interface', 'logs') || has(row, 'child_intfs'))

const isAnswer = (answer: JsonObject): boolean =>
  /^virtual-wan/.test(textOf(answer.path) ?? '') ||
  (has(answer, 'results') && (isHealthCheck(answer.results) || isLog(answer.results)))

const targetsMet = (ids: unknown): Record<string, boolean> =>
  Object.fromEntries(listOf(ids).flatMap((id) => (textOf(id) === undefined ? [] : [[textOf(id)!, true]])))

/** Latency and jitter of a member that is down read 0: no measurements. */
const measured = (value: unknown, down: boolean): number | undefined => {
  const n = numberOf(value)
  return down && n === 0 ? undefined : n
}

/**
 * A member of `health-check`, and the ADVPN shortcuts under it. The row has no time: `state_changed` is
 * another.
 */
function member(common: EdgeDraft, name: string, row: JsonObject, depth = 0): EdgeDraft[] {
  const state = stateOf(row.status)
  const down = state.state !== 'up'
  return [
    ...byDirection(
      { ...common, link: name },
      {
        both: {
          latency_ms: measured(row.latency, down),
          jitter_ms: measured(row.jitter, down),
          loss_ratio: percentOf(row.packet_loss),
          tx_bps: numberOf(row.tx_bandwidth),
          rx_bps: numberOf(row.rx_bandwidth),
          sla_met: targetsMet(row.sla_targets_met),
          ...state,
        },
      },
    ),
    ...(depth > 4
      ? []
      : entriesOf(row.child_intfs).flatMap(([child, inner]) => member(common, child, inner, depth + 1))),
  ]
}

/**
 * A point of `sla-log` or `interface-log`: its own time, bytes that count from the start of the interface.
 */
function logPoint(common: EdgeDraft, point: JsonObject): EdgeDraft[] {
  const state = stateOf(firstText(point.link, point.status))
  const down = state.state !== undefined && state.state !== 'up'
  return byDirection(
    { ...common, observed_ms: epochMs(point.timestamp) },
    {
      both: {
        latency_ms: measured(point.latency, down),
        jitter_ms: measured(point.jitter, down),
        loss_ratio: percentOf(point.packetloss ?? point.packet_loss),
        tx_bps: numberOf(point.tx_bandwidth),
        rx_bps: numberOf(point.rx_bandwidth),
        tx_bytes: numberOf(point.tx_bytes),
        rx_bytes: numberOf(point.rx_bytes),
        bytes_kind: 'cumulative',
        ...state,
      },
    },
  )
}

/** A row of `members`, in a list or by name: state and rates of an interface, no measurements of a path. */
const isMemberRow = (row: JsonObject): boolean =>
  has(row, 'link') && hasAny(row, 'tx_bandwidth', 'rx_bandwidth', 'tx_bytes')

const memberRow = (serial: string | undefined, row: JsonObject, name?: string): EdgeDraft[] =>
  byDirection(
    { kind: 'link', device: serial, link: firstText(row.interface, name) },
    {
      both: {
        tx_bps: numberOf(row.tx_bandwidth),
        rx_bps: numberOf(row.rx_bandwidth),
        tx_bytes: numberOf(row.tx_bytes),
        rx_bytes: numberOf(row.rx_bytes),
        bytes_kind: 'cumulative',
        ...stateOf(firstText(row.link, row.status)),
      },
    },
  )

function logRow(serial: string | undefined, row: JsonObject): EdgeDraft[] {
  const points = objectsOf(row.logs)
  const children = Object.entries(objectOf(row.child_intfs))
  const measures = [...points, ...children.flatMap(([, list]) => objectsOf(list))]
  const kind = measures.some((point) => hasAny(point, 'latency', 'packetloss', 'link')) ? 'link' : 'counters'
  const common: EdgeDraft = { kind, device: serial, sla_class: textOf(row.name), link: textOf(row.interface) }
  return [
    ...points.flatMap((point) => logPoint(common, point)),
    ...children.flatMap(([child, list]) =>
      objectsOf(list).flatMap((point) => logPoint({ ...common, link: child }, point)),
    ),
  ]
}

function answer(row: JsonObject): EdgeDraft[] {
  const serial = textOf(row.serial)
  if (Array.isArray(row.results))
    return objectsOf(row.results).flatMap((item) =>
      isMemberRow(item) ? memberRow(serial, item) : logRow(serial, item),
    )
  return entriesOf(row.results).flatMap(([check, members]) =>
    isMemberRow(members)
      ? memberRow(serial, members, check)
      : entriesOf(members).flatMap(([name, value]) =>
          isMember(value) ? member({ kind: 'link', device: serial, sla_class: check }, name, value) : [],
        ),
  )
}

const VWL = 'fgVWLHealthCheckLink'

/** Rows of fgVWLHealthCheckLinkTable wherever they stand in a document. */
const snmpOf = (value: unknown): JsonObject[] => {
  const direct = linkRows(value)
  return direct.length > 0 ? direct : Object.values(objectOf(value)).filter(Array.isArray).flatMap(linkRows)
}

const linkRows = (value: unknown): JsonObject[] =>
  snmpRows(value, VWL).filter((row) => hasAny(row, 'State', 'Latency', 'Jitter', 'PacketLoss'))

/**
 * FORTINET-FORTIGATE-MIB: 0 is alive, 1 dead; numbers are texts. A column that was not polled is not zero.
 */
const ALIVE: Readonly<Record<string, string>> = { 0: 'alive', 1: 'dead' }

function snmpRow(row: JsonObject): EdgeDraft[] {
  const raw = textOf(row.State)
  const state = stateOf(ALIVE[raw ?? ''] ?? raw)
  const down = state.state === 'down'
  return byDirection(
    { kind: 'link', sla_class: textOf(row.Name), link: firstText(row.IfName, row.Name) },
    {
      both: {
        latency_ms: measured(row.Latency, down),
        jitter_ms: measured(row.Jitter, down),
        loss_ratio: percentOf(row.PacketLoss),
        ...state,
      },
    },
  )
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const drafts: EdgeDraft[] = []
  const walk = snmpWalk(payload.lines)
  const tables = [...payload.documents.flatMap(({ value }) => snmpOf(value)), ...linkRows(walk)]
  drafts.push(...tables.flatMap(snmpRow))
  for (const { value, place } of tables.length > 0 ? [] : answersOf(payload)) {
    if (isAnswer(value)) drafts.push(...answer(value))
    else context.reject('row_invalid', place, "no answer of 'virtual-wan': its results have another shape")
  }
  for (const { value, place } of linkRows(walk).length > 0 ? [] : payload.lines) {
    const read = fortinetLine(value)
    if (read === undefined)
      context.reject('row_invalid', place, 'no FortiGate log line: key=value pairs with a logid')
    else drafts.push(...read)
  }
  return drafts
}

/** Fortinet FortiGate Secure SD-WAN: REST `virtual-wan/*`, syslog, SNMP. */
export const fortinet: EdgeVendor = {
  id: 'fortinet',
  titles: { fr: 'Fortinet FortiGate', en: 'Fortinet FortiGate' },
  transports: ['rest', 'syslog', 'snmp'],
  kinds: ['link', 'counters', 'event'],
  fields: [
    'latency_ms',
    'jitter_ms',
    'loss_ratio',
    'mos',
    'tx_bps',
    'rx_bps',
    'tx_bytes',
    'rx_bytes',
    'tx_capacity_bps',
    'rx_capacity_bps',
    'state',
    'sla_met',
    'event',
  ],
  identity: { device: 'serial number', link: 'interface' },
  documentation: 'https://docs.fortinet.com/document/fortigate/7.4.0/administration-guide/',
  recognise: (payload) =>
    Math.max(
      linesLike(payload, 0.95, isFortinetLine),
      linesLike(payload, 0.95, /\bfgVWLHealthCheckLink\w+\.\d/),
      documentsLike(payload, 0.95, (value) => snmpOf(value).length > 0),
      answersOf(payload)
        .slice(0, 20)
        .some(({ value }) => isAnswer(value))
        ? 0.9
        : 0,
    ),
  normalise,
}
