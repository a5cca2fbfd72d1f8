import { headers, type MsgHdrs } from '@nats-io/transport-node'
import { EDGE_WAYS, type EdgeOrigin, type EdgePayload, type EdgeWay } from '../../model/edge_payload.js'
import { SUBJECTS } from './streams.js'

/** Headers of a payload in the stream EDGE; the message itself is the bytes as they came. */
export const EDGE_HEADER = {
  way: 'Vigie-Way',
  source: 'Vigie-Source',
  address: 'Vigie-Address',
  controller: 'Vigie-Controller',
  device: 'Vigie-Device',
  received: 'Vigie-Received-Ms',
  /** The interval that a poller asked for, `from-to`, ms since 1970. */
  interval: 'Vigie-Interval-Ms',
} as const

/** Tells the time to whoever reads the stream while nothing comes: no payload, and no conservation counts it. */
export const TICK_VENDOR = '_tick'

const TEXT_MAX = 256
const CONTROL = /\p{Cc}+/gu
const SUBJECT_TOKEN = /[^A-Za-z0-9_-]/g

const headerText = (text: string): string => text.replace(CONTROL, ' ').trim().slice(0, TEXT_MAX)

/** `vigie.edge.<vendor>` */
export const edgeSubject = (vendor: string): string =>
  `${SUBJECTS.edge}.${vendor.replace(SUBJECT_TOKEN, '_') || 'auto'}`

/** Headers that tell where a payload is from. */
export function edgeHeaders({ origin, receivedMs }: Omit<EdgePayload, 'bytes' | 'vendor'>): MsgHdrs {
  const head = headers()
  const texts = {
    way: origin.way,
    source: origin.source,
    address: origin.address,
    controller: origin.controller,
    device: origin.device,
    received: String(receivedMs),
    interval: origin.fromMs === undefined ? undefined : `${origin.fromMs}-${origin.toMs}`,
  }
  for (const [key, text] of Object.entries(texts)) {
    const line = headerText(text ?? '')
    if (line !== '') head.set(EDGE_HEADER[key as keyof typeof EDGE_HEADER], line)
  }
  return head
}

/** The origin that headers tell; what others published by themselves has the subject's words for its source and device. */
export function edgeOrigin(subject: string, header: (name: string) => string): EdgeOrigin {
  const way = header(EDGE_HEADER.way)
  const [source = 'nats', device = ''] = subject.startsWith(`${SUBJECTS.edgeIn}.`)
    ? subject.split('.').slice(3)
    : []
  const text = (name: keyof typeof EDGE_HEADER, otherwise = ''): string | undefined =>
    header(EDGE_HEADER[name]) || otherwise || undefined
  const [address, controller, told] = [text('address'), text('controller'), text('device', device)]
  return {
    way: EDGE_WAYS.includes(way as EdgeWay) ? (way as EdgeWay) : 'nats',
    source: text('source', source)!,
    ...(address !== undefined && { address }),
    ...(controller !== undefined && { controller }),
    ...(told !== undefined && { device: told }),
    ...intervalOf(header(EDGE_HEADER.interval)),
  }
}

function intervalOf(text: string): Pick<EdgeOrigin, 'fromMs' | 'toMs'> {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? []
  return from === undefined ? {} : { fromMs: Number(from), toMs: Number(to) }
}

/** The vendor that a subject names: its third word. */
export const edgeVendor = (subject: string): string => subject.split('.')[2] ?? 'auto'
