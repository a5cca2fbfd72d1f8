import { z } from 'zod'
import { SEVERITIES } from '../../model/finding.js'
import { LOCALITIES } from '../../model/flow_columns.js'
import { addressKey, addressOfKey } from '../address.js'
import { BoundedMap } from '../bounded_map.js'
import type { ByteReader, ByteWriter } from '../bytes.js'
import type { ServiceContext } from '../context.js'
import { Edge, EdgeTable, MARK } from '../edge_table.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { type FlowView, KIND } from '../flow_view.js'
import { hashAddress } from '../hash.js'
import { CLIENT, clientOf, SERVICE_PORT } from '../initiator.js'
import type { Shape } from '../pack.js'
import type { FlowAnalyzer, FrameSpan, PartialCollector, SecurityService } from '../service.js'
import { hllAdd, hllEstimate } from '../sketches/hyperloglog.js'
import { about } from '../titles.js'

const TCP = 6
const UDP = 17
const PROTOCOLS: Readonly<Record<string, number>> = { tcp: TCP, udp: UDP }

/** What a service behind a port is for whoever finds it: a way in, something to read, or a reflector of floods. */
type Use = 'remote' | 'data' | 'amplifier'
const KNOWN: Readonly<Record<string, readonly [name: string, use: Use]>> = {
  'tcp/23': ['Telnet', 'remote'],
  'tcp/389': ['LDAP', 'data'],
  'tcp/445': ['SMB', 'data'],
  'tcp/1433': ['SQL Server', 'data'],
  'tcp/1521': ['Oracle', 'data'],
  'tcp/3306': ['MySQL', 'data'],
  'tcp/3389': ['RDP', 'remote'],
  'tcp/5432': ['PostgreSQL', 'data'],
  'tcp/5900': ['VNC', 'remote'],
  'tcp/5985': ['WinRM', 'remote'],
  'tcp/5986': ['WinRM', 'remote'],
  'tcp/6379': ['Redis', 'data'],
  'tcp/9200': ['Elasticsearch', 'data'],
  'tcp/11211': ['memcached', 'data'],
  'tcp/27017': ['MongoDB', 'data'],
  'udp/19': ['chargen', 'amplifier'],
  'udp/53': ['DNS', 'amplifier'],
  'udp/111': ['portmapper', 'amplifier'],
  'udp/123': ['NTP', 'amplifier'],
  'udp/161': ['SNMP', 'amplifier'],
  'udp/389': ['CLDAP', 'amplifier'],
  'udp/1900': ['SSDP', 'amplifier'],
  'udp/11211': ['memcached', 'amplifier'],
}
/** Services that many offer to everybody on purpose: only what amplifies is told of them. */
const PUBLIC: ReadonlySet<string> = new Set(['udp/53', 'udp/123'])

export const exposureParameters = z.strictObject({
  ports: z
    .array(
      z.string().regex(/^(tcp|udp)\/([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])$/),
    )
    .max(256)
    .default(Object.keys(KNOWN))
    .describe('Services that nobody on the Internet should be answered by, as `tcp/3389`'),
  peers: z
    .number()
    .int()
    .positive()
    .default(1)
    .describe('Different addresses outside that a host answers, before it is told'),
  amplification: z
    .number()
    .min(1)
    .default(1.5)
    .describe(
      'Size of an answer’s packet in sizes of a question’s, from which DNS and NTP are told: below, nothing is amplified',
    ),
  quiet_s: z.number().positive().default(86_400).describe('Quiet after which an incident is closed, s'),
  allow: z
    .array(z.string())
    .max(1000)
    .default([])
    .describe('Hosts that may be reached, and addresses outside that may reach them'),
})
export type ExposureParameters = z.output<typeof exposureParameters>

const EXPOSED = 16_384
const REGISTERS = 64
const SAMPLES = 8
/** What a host that refuses sends at most: a reset for each of a few retries. */
const REFUSAL_PACKETS = 2
const [SYN, RST, ACK] = [2, 4, 16]

/** Records in which a host of an organisation answers somebody outside who asked it at one of the ports. */
class ExposureCollector implements PartialCollector {
  readonly #edges = new EdgeTable({ capacity: 8192, written: 256, writtenPerMs: 8, keep: 'same' })
  /** By port: 1 where TCP is looked at, 2 where UDP is. */
  readonly #watched = new Uint8Array(65_536)

  constructor(p: ExposureParameters) {
    for (const text of p.ports) {
      const [protocol, port] = text.split('/') as [string, string]
      this.#watched[Number(port)]! |= PROTOCOLS[protocol] === TCP ? 1 : 2
    }
  }

  observe(view: FlowView): void {
    const { rows, reach, proto, kind, srcPort, dstPort, srcOrg, dstOrg } = view
    const watched = this.#watched
    for (let row = 0; row < rows; row++) {
      const outbound = reach[row] === LOCALITIES.outbound
      if (!outbound && reach[row] !== LOCALITIES.inbound) continue
      const bit = proto[row] === TCP ? 1 : proto[row] === UDP ? 2 : 0
      const port = outbound ? srcPort[row]! : dstPort[row]!
      if ((watched[port]! & bit) === 0 || kind[row] === KIND.skip) continue
      if ((outbound ? srcOrg[row] : dstOrg[row]) === 0 || !calledFromOutside(view, row, outbound)) continue
      const answered = bit === 1 ? tcpAnswered(view, row, outbound) : outbound || view.answerPackets[row]! > 0
      this.#edges.add(view, row, !outbound, port, 0, answered ? MARK.back : MARK.none)
    }
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    // What nobody answered is a scan, which is not told here.
    this.#edges.take(writer, frame, true)
  }
}

/** Whether the end outside began. Between two ports of services (NTP asks from 123) a record of one way does not say. */
function calledFromOutside(view: FlowView, row: number, outbound: boolean): boolean {
  const begun = clientOf(view, row)
  if ((begun & (outbound ? CLIENT.destination : CLIENT.source)) === 0) return false
  return (
    (begun & CLIENT.guessed) === 0 || SERVICE_PORT[outbound ? view.dstPort[row]! : view.srcPort[row]!] === 0
  )
}

/** Whether a record of TCP shows more of the host inside than a refusal. */
function tcpAnswered(view: FlowView, row: number, outbound: boolean): boolean {
  const flags = view.flags[row]!
  if (!outbound) {
    if (view.kind[row] !== KIND.tcp) return false
    // Who sent SYN and acknowledged had a connection; who only ever acknowledged may have been reset each time.
    return (flags & SYN) !== 0 ? view.answerPackets[row]! > 0 : view.answerPackets[row]! > REFUSAL_PACKETS
  }
  const spoke = (flags & ACK) !== 0 && (flags & ~(RST | ACK)) !== 0
  return spoke || ((flags & RST) === 0 && view.packets[row]! > REFUSAL_PACKETS)
}

/** A service of a host inside that somebody outside was answered by. Plain data. */
interface Exposed {
  readonly key: string
  readonly host: string
  readonly port: number
  readonly proto: number
  readonly orgId: number
  readonly siteId: number
  readonly firstMs: number
  lastMs: number
  /** Octets and packets that asked, as far as they were in a frame with an answer, and that answered. */
  octetsIn: number
  packetsIn: number
  octetsOut: number
  packetsOut: number
  records: number
  /** HyperLogLog of who was answered, and the last of them. */
  peers: Uint8Array
  samples: string[]
  credit: number
}

const EXPOSED_SHAPE: Shape<Exposed> = {
  numbers: [
    'port',
    'proto',
    'orgId',
    'siteId',
    'firstMs',
    'lastMs',
    'octetsIn',
    'packetsIn',
    'octetsOut',
    'packetsOut',
    'records',
    'credit',
  ],
  flags: [],
  lists: [],
  others: ['key', 'host', 'peers', 'samples'],
}

class ExposureAnalyzer implements FlowAnalyzer {
  readonly #context: ServiceContext<ExposureParameters>
  readonly #edge = new Edge()
  readonly #exposed: BoundedMap<Exposed>
  readonly #changed = new Set<string>()

  constructor(context: ServiceContext<ExposureParameters>) {
    this.#context = context
    this.#exposed = new BoundedMap(EXPOSED, EXPOSED_SHAPE, (e) =>
      context.isOpen(e.key) ? Number.POSITIVE_INFINITY : 0,
    )
  }

  apply(section: ByteReader, closedMs: number): void {
    this.#context.count('pairs_not_written', section.varint())
    const edge = this.#edge
    while (edge.read(section, closedMs)) this.#add(edge)
  }

  #add(edge: Edge): void {
    const p = this.#context.parametersOf(edge.serverOrg, edge.serverSite)
    const host = textOf(addressKey(edge.server, 0))
    const service = serviceOf(edge)
    const peer = addressKey(edge.client, 0)
    if (!p.ports.includes(service)) return
    if (p.allow.length > 0 && (p.allow.includes(host) || p.allow.includes(textOf(peer)))) return
    const key = `${host}|${service}`
    let exposed = this.#exposed.get(key)
    // After a quiet time it is another exposure, of others.
    if (exposed !== undefined && edge.firstMs - exposed.lastMs > p.quiet_s * 1000) exposed = undefined
    if (exposed === undefined) {
      exposed = begun(key, host, edge)
      const before = this.#exposed.evicted
      this.#exposed.set(key, exposed)
      this.#context.count('hosts_evicted', this.#exposed.evicted - before)
    }
    exposed.lastMs = Math.max(exposed.lastMs, edge.lastMs)
    exposed.octetsIn += edge.octets
    exposed.packetsIn += edge.packets
    exposed.octetsOut += edge.backOctets
    exposed.packetsOut += edge.backPackets
    exposed.records += edge.records
    exposed.credit = -1
    hllAdd(exposed.peers, 0, REGISTERS, hashAddress(edge.client, 0))
    if (!exposed.samples.includes(peer)) exposed.samples.push(peer)
    if (exposed.samples.length > SAMPLES) exposed.samples.shift()
    this.#changed.add(key)
  }

  evaluate(): void {
    for (const key of this.#changed) {
      const exposed = this.#exposed.get(key)
      if (exposed !== undefined) this.#judge(exposed)
    }
    this.#changed.clear()
  }

  #judge(exposed: Exposed): void {
    const p = this.#context.parametersOf(exposed.orgId, exposed.siteId)
    const peers = Math.round(hllEstimate(exposed.peers, 0, REGISTERS))
    if (peers < p.peers) return
    if (PUBLIC.has(serviceOf(exposed)) && !(amplificationOf(exposed) >= p.amplification)) return
    this.#context.report(reportOf(exposed, peers, p, this.#context))
  }

  snapshot(): unknown {
    return { exposed: this.#exposed.snapshot(), changed: [...this.#changed] }
  }

  restore(state: unknown): void {
    const { exposed, changed } = state as { exposed: unknown; changed: string[] }
    this.#exposed.restore(exposed)
    this.#changed.clear()
    for (const key of changed) this.#changed.add(key)
  }
}

const textOf = (key: string): string => addressOfKey(key, 0, key.length)
const serviceOf = ({ proto, port }: { proto: number; port: number }): string =>
  `${proto === TCP ? 'tcp' : 'udp'}/${port}`

/**
 * How much larger an answer's packet is than a question's; NaN where no question was seen. By packet, because not all
 * questions are in a frame with their answer.
 */
const amplificationOf = ({ octetsIn, packetsIn, octetsOut, packetsOut }: Exposed): number =>
  packetsIn === 0 ? Number.NaN : octetsOut / packetsOut / (octetsIn / packetsIn)

const begun = (key: string, host: string, edge: Edge): Exposed => ({
  key,
  host,
  port: edge.port,
  proto: edge.proto,
  orgId: edge.serverOrg,
  siteId: edge.serverSite,
  firstMs: edge.firstMs,
  lastMs: edge.lastMs,
  octetsIn: 0,
  packetsIn: 0,
  octetsOut: 0,
  packetsOut: 0,
  records: 0,
  peers: new Uint8Array(REGISTERS),
  samples: [],
  credit: -1,
})

const title = about('Service sensible ouvert à Internet', 'Sensitive service open to the Internet', [
  'sur un hôte',
  'on a host',
])

function reportOf(
  exposed: Exposed,
  peers: number,
  p: ExposureParameters,
  context: ServiceContext<ExposureParameters>,
): FindingReport {
  const { host, port, proto, firstMs, lastMs } = exposed
  const service = serviceOf(exposed)
  const [name, use] = KNOWN[service] ?? [service, 'data']
  const twoWay = exposed.packetsIn > 0
  return {
    key: exposed.key,
    severity: PUBLIC.has(service)
      ? SEVERITIES.low
      : use === 'amplifier'
        ? SEVERITIES.medium
        : SEVERITIES.high,
    score: twoWay ? 95 : 75,
    orgId: exposed.orgId,
    siteId: exposed.siteId,
    src: exposed.samples.map(textOf),
    dst: [host],
    dstPort: port,
    ipProto: proto,
    firstSeenMs: firstMs,
    lastSeenMs: lastMs,
    technique: use === 'remote' ? 'T1133' : 'T1190',
    evidence: {
      kind: use,
      service: name,
      sources_estimated: peers,
      threshold: p.peers,
      records: exposed.records,
      bytes_out: exposed.octetsOut,
      bytes_in: exposed.octetsIn,
      packets_out: exposed.packetsOut,
      two_way: twoWay,
      ...(proto === UDP && twoWay && { amplification: Math.round(10 * amplificationOf(exposed)) / 10 }),
      sql: flowsSql({ src: host, srcPort: port, ipProto: proto, fromMs: firstMs, toMs: lastMs }),
    },
    title: title({ site: context.siteName(exposed.siteId), what: name }),
    magnitude: peers,
    quietMs: p.quiet_s * 1000,
  }
}

export const exposure: SecurityService<ExposureParameters> = {
  id: 'exposure',
  title: { fr: 'Services exposés à Internet', en: 'Services open to the Internet' },
  about: {
    fr: 'Trouve les hôtes d’un organisme qui répondent à quelqu’un d’Internet sur le port d’un service qui ne devrait pas y être ouvert : accès à distance, partage de fichiers, bases de données, amplificateurs. Ce qui reste sans réponse n’est pas dit.',
    en: 'Finds hosts of an organisation that answer somebody on the Internet at the port of a service that should not be open to it: remote access, file shares, databases, amplifiers. What is not answered is not told.',
  },
  techniques: ['T1133', 'T1190'],
  analyticType: 1,
  needs: [
    'src_addr',
    'dst_addr',
    'src_port',
    'dst_port',
    'ip_proto',
    'packets',
    'bytes',
    'locality',
    'src_org_id',
    'dst_org_id',
  ],
  betterWith: ['tcp_flags', 'reverse_packets', 'reverse_bytes', 'src_site_id', 'dst_site_id'],
  parameters: exposureParameters,
  bySite: true,
  // Many offer such services on purpose: who wants to be told of them says so.
  unasked: 'shadow',
  flows: {
    tag: 12,
    loosest: (all) => ({ ...all[0]!, ports: [...new Set(all.flatMap((p) => p.ports))] }),
    collector: (parameters) => new ExposureCollector(parameters),
    analyzer: (context) => new ExposureAnalyzer(context),
  },
}
