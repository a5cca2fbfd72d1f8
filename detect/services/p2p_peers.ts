import { addressKey } from '../address.js'
import type { Edge } from '../edge_table.js'
import { hashAddress } from '../hash.js'
import type { Shape } from '../pack.js'

/** A host that asks others all over the Internet. Plain data. */
export interface Peer {
  readonly key: string
  readonly incident: string
  readonly orgId: number
  readonly siteId: number
  lastMs: number
  /** The last contacts: network · host (hashes) · when · answered · octets. */
  contacts: number[]
  /** Keys of some of them. */
  samples: string[]
  open: boolean
  credit: number
}
export const PEER_SHAPE: Shape<Peer> = {
  numbers: ['orgId', 'siteId', 'lastMs', 'credit'],
  flags: ['open'],
  lists: ['contacts'],
  others: ['key', 'incident', 'samples'],
}

/** A long connection to a pool or an IRC server, in as many records as it was exported in. Plain data. */
export interface Session {
  readonly key: string
  readonly split: number
  incident: string
  readonly mining: boolean
  readonly port: number
  readonly orgId: number
  readonly siteId: number
  firstMs: number
  lastMs: number
  /** Time that records cover. */
  busyMs: number
  packets: number
  octets: number
  open: boolean
  credit: number
}
export const SESSION_SHAPE: Shape<Session> = {
  numbers: ['split', 'port', 'orgId', 'siteId', 'firstMs', 'lastMs', 'busyMs', 'packets', 'octets', 'credit'],
  flags: ['mining', 'open'],
  lists: [],
  others: ['key', 'incident'],
}

const FIELDS = 5
const F = { network: 0, host: 1, atMs: 2, answered: 3, octets: 4 } as const
const CONTACTS = 192
const SAMPLES = 8
/** A session that was silent for so long is another one. */
const GAP_MS = 900_000

export function noteContact(peer: Peer, edge: Edge, network: number): void {
  const host = hashAddress(edge.server, 0)
  const { contacts } = peer
  peer.lastMs = Math.max(peer.lastMs, edge.lastMs)
  peer.credit = -1
  let at = 0
  while (at < contacts.length && contacts[at + F.host] !== host) at += FIELDS
  if (at === contacts.length) {
    contacts.push(network, host, 0, 0, 0)
    if (contacts.length > CONTACTS * FIELDS) {
      contacts.splice(0, FIELDS)
      at -= FIELDS
    }
    peer.samples.push(addressKey(edge.server, 0))
    if (peer.samples.length > SAMPLES) peer.samples.shift()
  }
  contacts[at + F.atMs] = Math.max(contacts[at + F.atMs]!, edge.lastMs)
  if (edge.backPackets > 0) contacts[at + F.answered] = 1
  contacts[at + F.octets]! += edge.octets + edge.backOctets
}

export interface Peers {
  readonly networks: number
  readonly peers: number
  readonly failedRatio: number
  readonly octets: number
  readonly fromMs: number
}

export function countPeers(peer: Peer, sinceMs: number): Peers {
  const { contacts } = peer
  const networks = new Set<number>()
  let [peers, failed, octets, fromMs] = [0, 0, 0, peer.lastMs]
  for (let at = 0; at < contacts.length; at += FIELDS) {
    if (contacts[at + F.atMs]! < sinceMs) continue
    networks.add(contacts[at + F.network]!)
    peers++
    if (contacts[at + F.answered] === 0) failed++
    octets += contacts[at + F.octets]!
    fromMs = Math.min(fromMs, contacts[at + F.atMs]!)
  }
  return { networks: networks.size, peers, failedRatio: peers === 0 ? 0 : failed / peers, octets, fromMs }
}

export function noteSession(session: Session, edge: Edge): void {
  if (edge.firstMs - session.lastMs > GAP_MS) {
    session.firstMs = edge.firstMs
    session.busyMs = 0
    session.packets = 0
    session.octets = 0
  }
  session.firstMs = Math.min(session.firstMs, edge.firstMs)
  session.lastMs = Math.max(session.lastMs, edge.lastMs)
  session.busyMs += edge.lastMs - edge.firstMs
  session.packets += edge.packets + edge.backPackets
  session.octets += edge.octets + edge.backOctets
  session.credit = -1
}
