import { z } from 'zod'
import { SEVERITIES } from '../../model/finding.js'
import { LOCALITIES } from '../../model/flow_columns.js'
import { addressKey, addressOfKey, isV4 } from '../address.js'
import { BoundedMap } from '../bounded_map.js'
import type { ByteReader, ByteWriter } from '../bytes.js'
import type { ServiceContext } from '../context.js'
import { Edge, EdgeTable, MARK } from '../edge_table.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { type FlowView, KIND } from '../flow_view.js'
import { hashAddress, hashWith } from '../hash.js'
import { SERVICE_PORT } from '../initiator.js'
import type { FlowAnalyzer, FrameSpan, PartialCollector, SecurityService } from '../service.js'
import { StepGate } from '../step_gate.js'
import { P2P_TITLES } from '../titles.js'
import {
  countPeers,
  noteContact,
  noteSession,
  PEER_SHAPE,
  type Peer,
  type Peers,
  SESSION_SHAPE,
  type Session,
} from './p2p_peers.js'

export const p2pParameters = z.strictObject({
  networks: z
    .number()
    .int()
    .min(5)
    .default(30)
    .describe(
      'Different /16 (IPv6: /32) of the Internet whose hosts one host asks over UDP, from high port to high port',
    ),
  window_s: z.number().positive().default(600).describe('Within this time, s'),
  failed_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.4)
    .describe(
      'Share of these that did not answer, at least: peers come and go, servers do not. Above 0.9 it is a scan',
    ),
  sharing_bytes: z
    .number()
    .positive()
    .default(20e6)
    .describe(
      'Bytes with these within the window from which files are exchanged; below, it looks like a botnet',
    ),
  session_s: z
    .number()
    .positive()
    .default(1200)
    .describe('Length of a session with a mining pool or IRC server from which it is told, s'),
  packet_bytes: z.number().positive().default(400).describe('Mean packet of such a session, at most, bytes'),
  quiet_s: z.number().positive().default(3600).describe('Quiet after which an incident is closed, s'),
  allow: z
    .array(z.string())
    .max(1000)
    .default([])
    .describe('Hosts that may do this, and pools and servers that may be used'),
})
export type P2pParameters = z.output<typeof p2pParameters>

const PEERS = 8192
const SESSIONS = 8192
const UDP = 17
const TAG = { peer: 0, mining: 1, irc: 2 } as const
/** New contacts of a host within a step before it is followed. */
const FOLLOWED_FROM = 8
const STEP_MS = 300_000

/** Where mining pools (Stratum) and IRC servers listen. */
const MINING = [
  3032, 3333, 3357, 4444, 5555, 7777, 9999, 10_128, 10_343, 14_433, 14_444, 20_580, 45_560, 45_700,
]
const IRC = [194, 994, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 6697, 7000]
const SESSION_TAG = new Uint8Array(65_536)
for (const port of MINING) SESSION_TAG[port] = TAG.mining
for (const port of IRC) SESSION_TAG[port] = TAG.irc

/** Talk between hosts inside and outside over UDP from high port to high port, and over TCP with ports of pools and IRC. */
class P2pCollector implements PartialCollector {
  readonly #edges = new EdgeTable({ capacity: 8192, written: 256, writtenPerMs: 8, keep: 'same' })

  observe(view: FlowView): void {
    const { rows, reach, proto, srcPort, dstPort, kind } = view
    for (let row = 0; row < rows; row++) {
      const r = reach[row]
      if (r !== LOCALITIES.outbound && r !== LOCALITIES.inbound) continue
      const forward = r === LOCALITIES.outbound
      if (proto[row] === UDP) {
        if (SERVICE_PORT[srcPort[row]!]! + SERVICE_PORT[dstPort[row]!]! !== 0 || kind[row] === KIND.skip)
          continue
        this.#edges.add(view, row, forward, 0, TAG.peer, forward ? MARK.forth : MARK.none)
        continue
      }
      const port = forward ? dstPort[row]! : srcPort[row]!
      const tag = SESSION_TAG[port]!
      if (tag !== 0 && kind[row] === KIND.tcp) this.#edges.add(view, row, forward, port, tag, MARK.forth)
    }
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    this.#edges.take(writer, frame, true)
  }
}

class P2pAnalyzer implements FlowAnalyzer {
  readonly #context: ServiceContext<P2pParameters>
  readonly #edge = new Edge()
  readonly #gate = new StepGate()
  readonly #peers: BoundedMap<Peer>
  readonly #sessions: BoundedMap<Session>
  readonly #changed = new Set<string>()

  constructor(context: ServiceContext<P2pParameters>) {
    this.#context = context
    const worth = (of: Peer | Session, otherwise: number): number =>
      of.open && context.isOpen(of.incident) ? Number.POSITIVE_INFINITY : otherwise
    this.#peers = new BoundedMap(PEERS, PEER_SHAPE, (x) => worth(x, Math.floor(x.contacts.length / 64)))
    this.#sessions = new BoundedMap(SESSIONS, SESSION_SHAPE, (x) => worth(x, Math.floor(x.busyMs / 600_000)))
  }

  apply(section: ByteReader, closedMs: number): void {
    this.#context.count('pairs_not_written', section.varint())
    const edge = this.#edge
    while (edge.read(section, closedMs)) {
      if (edge.tag === TAG.peer) this.#contact(edge)
      else this.#session(edge)
    }
  }

  #contact(edge: Edge): void {
    const host = hashAddress(edge.client, 0)
    if (this.#gate.add(host, Math.floor(edge.lastMs / STEP_MS), 1) < FOLLOWED_FROM) return
    const key = addressKey(edge.client, 0)
    let peer = this.#peers.get(key)
    if (peer === undefined) {
      peer = {
        key,
        incident: `p2p|${addressOfKey(key, 0, key.length)}`,
        orgId: edge.clientOrg,
        siteId: edge.clientSite,
        lastMs: edge.lastMs,
        contacts: [],
        samples: [],
        open: false,
        credit: -1,
      }
      const before = this.#peers.evicted
      this.#peers.set(key, peer)
      this.#context.count('hosts_evicted', this.#peers.evicted - before)
    }
    noteContact(peer, edge, networkOf(edge.server))
    this.#changed.add(key)
  }

  #session(edge: Edge): void {
    if (edge.answered === 0) return
    const src = addressKey(edge.client, 0)
    const key = src + addressKey(edge.server, 0) + String.fromCharCode(edge.port)
    let session = this.#sessions.get(key)
    if (session === undefined) {
      session = {
        key,
        split: src.length,
        incident: '',
        mining: edge.tag === TAG.mining,
        port: edge.port,
        orgId: edge.clientOrg,
        siteId: edge.clientSite,
        firstMs: edge.firstMs,
        lastMs: edge.lastMs,
        busyMs: 0,
        packets: 0,
        octets: 0,
        open: false,
        credit: -1,
      }
      const { src: from, dst } = endsOf(session)
      session.incident = `session|${from}|${dst}|${edge.port}`
      const before = this.#sessions.evicted
      this.#sessions.set(key, session)
      this.#context.count('sessions_evicted', this.#sessions.evicted - before)
    }
    noteSession(session, edge)
    this.#changed.add(`session ${key}`)
  }

  evaluate(): void {
    for (const key of this.#changed) {
      const report = key.startsWith('session ') ? this.#judgeSession(key.slice(8)) : this.#judgePeer(key)
      if (report !== undefined) this.#context.report(report)
    }
    this.#changed.clear()
  }

  #judgePeer(key: string): FindingReport | undefined {
    const peer = this.#peers.get(key)
    if (peer === undefined) return undefined
    const p = this.#context.parametersOf(peer.orgId, peer.siteId)
    const peers = countPeers(peer, peer.lastMs - p.window_s * 1000)
    if (peers.networks < p.networks) return undefined
    if (peers.failedRatio < p.failed_ratio || peers.failedRatio > 0.9) return undefined
    const src = addressOfKey(key, 0, key.length)
    if (p.allow.includes(src)) return undefined
    peer.open = true
    return peerReport(peer, peers, this.#context)
  }

  #judgeSession(key: string): FindingReport | undefined {
    const session = this.#sessions.get(key)
    if (session === undefined) return undefined
    const p = this.#context.parametersOf(session.orgId, session.siteId)
    const spanMs = session.lastMs - session.firstMs
    if (spanMs < p.session_s * 1000 || session.busyMs < spanMs / 2) return undefined
    if (session.octets > p.packet_bytes * session.packets) return undefined
    const { src, dst } = endsOf(session)
    if (p.allow.includes(src) || p.allow.includes(dst)) return undefined
    session.open = true
    return sessionReport(session, this.#context)
  }

  snapshot(): unknown {
    return {
      gate: this.#gate.snapshot(),
      peers: this.#peers.snapshot(),
      sessions: this.#sessions.snapshot(),
      changed: [...this.#changed],
    }
  }

  restore(state: unknown): void {
    const saved = state as Record<'gate' | 'peers' | 'sessions', unknown> & { changed: string[] }
    this.#gate.restore(saved.gate)
    this.#peers.restore(saved.peers)
    this.#sessions.restore(saved.sessions)
    this.#changed.clear()
    for (const key of saved.changed) this.#changed.add(key)
  }
}

/** Hash of the /16 or /32 of an address: peers are everywhere, servers of one operator are not. */
function networkOf(words: Uint32Array): number {
  return isV4(words, 0) ? hashWith(4, words[3]! & 0xffff) : hashWith(6, words[0]!)
}

const endsOf = ({ key, split }: Session): { src: string; dst: string } => ({
  src: addressOfKey(key, 0, split),
  dst: addressOfKey(key, split, key.length - split - 1),
})

function peerReport(peer: Peer, peers: Peers, context: ServiceContext<P2pParameters>): FindingReport {
  const p = context.parametersOf(peer.orgId, peer.siteId)
  const kind = peers.octets >= p.sharing_bytes ? 'sharing' : 'botnet'
  const src = addressOfKey(peer.key, 0, peer.key.length)
  return {
    key: peer.incident,
    severity: kind === 'sharing' ? SEVERITIES.low : SEVERITIES.medium,
    score: Math.min(95, 50 + 15 * Math.log2(peers.networks / p.networks) + 20 * peers.failedRatio),
    orgId: peer.orgId,
    siteId: peer.siteId,
    src: [src],
    dst: peer.samples.map((key) => addressOfKey(key, 0, key.length)),
    ipProto: UDP,
    firstSeenMs: peers.fromMs,
    lastSeenMs: peer.lastMs,
    technique: kind === 'sharing' ? 'T1095' : 'T1090.003',
    evidence: {
      kind,
      networks: peers.networks,
      threshold: p.networks,
      window_s: p.window_s,
      peers: peers.peers,
      failed_ratio: Math.round(peers.failedRatio * 1000) / 1000,
      bytes: peers.octets,
      sql: flowsSql({ src, ipProto: UDP, fromMs: peers.fromMs, toMs: peer.lastMs }),
    },
    title: P2P_TITLES[kind]({ site: context.siteName(peer.siteId) }),
    magnitude: peers.networks,
    quietMs: p.quiet_s * 1000,
  }
}

function sessionReport(session: Session, context: ServiceContext<P2pParameters>): FindingReport {
  const p = context.parametersOf(session.orgId, session.siteId)
  const kind = session.mining ? 'mining' : 'irc'
  const { src, dst } = endsOf(session)
  const { port, firstMs, lastMs } = session
  return {
    key: session.incident,
    severity: SEVERITIES.medium,
    score: 65,
    orgId: session.orgId,
    siteId: session.siteId,
    src: [src],
    dst: [dst],
    dstPort: port,
    ipProto: 6,
    firstSeenMs: firstMs,
    lastSeenMs: lastMs,
    technique: session.mining ? 'T1496' : 'T1071',
    evidence: {
      kind,
      session_s: Math.round((lastMs - firstMs) / 1000),
      threshold: p.session_s,
      packet_bytes: Math.round(session.octets / Math.max(1, session.packets)),
      packets: session.packets,
      bytes: session.octets,
      sql: flowsSql({ src, dst, dstPort: port, ipProto: 6, fromMs: firstMs, toMs: lastMs }),
    },
    title: P2P_TITLES[kind]({ site: context.siteName(session.siteId) }),
    magnitude: lastMs - firstMs,
    quietMs: p.quiet_s * 1000,
  }
}

export const p2p: SecurityService<P2pParameters> = {
  id: 'p2p',
  title: { fr: 'Réseaux pair à pair, minage, IRC', en: 'Peer to peer, mining, IRC' },
  about: {
    fr: 'Trouve les hôtes qui interrogent des pairs partout sur Internet, dont beaucoup ne répondent pas, et les longues sessions avec des groupes de minage ou des serveurs IRC.',
    en: 'Finds hosts that ask peers all over the Internet, many of which do not answer, and long sessions with mining pools or IRC servers.',
  },
  techniques: ['T1095', 'T1090.003', 'T1496', 'T1071'],
  takenOver: ({ src }) => src,
  analyticType: 2,
  needs: ['src_addr', 'dst_addr', 'src_port', 'dst_port', 'ip_proto', 'packets', 'bytes', 'locality'],
  betterWith: ['tcp_flags', 'flow_start', 'flow_end', 'reverse_packets'],
  parameters: p2pParameters,
  bySite: true,
  flows: {
    tag: 9,
    loosest: (all) => all[0]!,
    collector: () => new P2pCollector(),
    analyzer: (context) => new P2pAnalyzer(context),
  },
}
