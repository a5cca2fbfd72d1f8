import { LAYER, PacketHeaders, TUNNEL } from './packet_headers.js'
import { fieldsOf, hex, ipv4Text, ipv6Text, macText, type Sflow5Fields } from './sflow5_fields.js'
import { layerOfHeader, RECORD_HEADER } from './sflow5_flow.js'
import { Sflow5Header, u32 } from './sflow5_header.js'
import {
  INTERFACE_DISCARDED,
  INTERFACE_INTERNAL,
  INTERFACE_MULTIPLE,
  SAMPLE,
  Sflow5Sample,
} from './sflow5_sample.js'
import { COUNTER_STRUCTURES, dropReason, FLOW_STRUCTURES } from './sflow5_structures.js'

/**
 * A sample in words, for people and files: `fields` has what the sample says of itself, and a key per record
 * under the
 * name of its structure (`sampled_header`, `if_counters`, …), or `enterprise.format` with the bytes where
 * nobody
 * told us. A structure that comes several times is a list.
 */
export interface Sflow5Description {
  readonly kind: 'flow' | 'counters' | 'discards' | 'other'
  readonly fields: Sflow5Fields
}

const SOURCE_TYPES = ['ifIndex', 'smonVlanDataSource', 'entPhysicalEntry', 'entLogicalEntry']
const KINDS = {
  [SAMPLE.flow]: 'flow',
  [SAMPLE.counters]: 'counters',
  [SAMPLE.discard]: 'discards',
  [SAMPLE.other]: 'other',
} as const
/** Inside a tunnel may be a tunnel: so many are told. */
const TUNNELS_MAX = 4

/**
 * Describes all samples of an sFlow v5 datagram, in order: the n-th of kind `flow` is the n-th row that
 * `Sflow5Decoder` makes of it. Empty for a datagram without a whole header. Never throws.
 */
export function describeSflow5(datagram: Uint8Array): Sflow5Description[] {
  const header = new Sflow5Header()
  const sample = new Sflow5Sample()
  const descriptions: Sflow5Description[] = []
  if (header.read(datagram) !== undefined) return descriptions
  let at = header.samplesAt
  for (let i = 0; i < header.samples && sample.read(datagram, at); i++) {
    descriptions.push({ kind: KINDS[sample.kind], fields: describeSample(datagram, sample, at) })
    at = sample.next
  }
  return descriptions
}

function describeSample(b: Uint8Array, sample: Sflow5Sample, at: number): Sflow5Fields {
  if (sample.kind === SAMPLE.other) return { [tagText(sample.tag)]: hex(b, at + 8, sample.end) }
  const fields: Sflow5Fields = {
    sequence_number: sample.sequence,
    source_id_type: SOURCE_TYPES[sample.sourceType] ?? sample.sourceType,
    source_id_index: sample.sourceIndex,
  }
  if (sample.kind === SAMPLE.flow) {
    fields.sampling_rate = sample.samplingRate
    fields.sample_pool = sample.samplePool
  }
  if (sample.kind !== SAMPLE.counters) {
    fields.drops = sample.drops
    fields.input = interfaceOf(sample.inputFormat, sample.input)
    fields.output = interfaceOf(sample.outputFormat, sample.output)
  }
  if (sample.kind === SAMPLE.discard) fields.reason = dropReason(sample.reason)
  addRecords(fields, b, sample)
  return fields
}

/** An index as a number; what is none, in words. */
function interfaceOf(format: number, value: number): unknown {
  if (format === INTERFACE_DISCARDED) return { discarded: dropReason(value) }
  if (format === INTERFACE_MULTIPLE) return { multiple: value }
  return value === INTERFACE_INTERNAL ? 'internal' : value
}

const tagText = (tag: number): string => `${tag >>> 12}.${tag & 0xfff}`

function addRecords(fields: Sflow5Fields, b: Uint8Array, sample: Sflow5Sample): void {
  const isCounters = sample.kind === SAMPLE.counters
  const structures = isCounters ? COUNTER_STRUCTURES : FLOW_STRUCTURES
  let at = sample.recordsAt
  for (let i = 0; i < sample.records && at + 8 <= sample.end; i++) {
    const tag = u32(b, at)
    const length = u32(b, at + 4)
    const range = { at: at + 8, end: Math.min(at + 8 + length, sample.end), onesAreUnknown: isCounters }
    const structure = structures[tag]
    if (tag === RECORD_HEADER && !isCounters)
      add(fields, 'sampled_header', sampledHeader(b, range.at, range.end))
    else if (structure !== undefined) add(fields, structure.name, fieldsOf(structure, b, range))
    else add(fields, tagText(tag), hex(b, range.at, range.end))
    at += 8 + length + (-length & 3)
  }
}

function add(fields: Sflow5Fields, name: string, value: unknown): void {
  const known = fields[name]
  if (known === undefined) fields[name] = value
  else if (Array.isArray(known)) known.push(value)
  else fields[name] = [known, value]
}

const HEADER_PROTOCOLS = [
  '',
  'ETHERNET-ISO88023',
  'ISO88024-TOKENBUS',
  'ISO88025-TOKENRING',
  'FDDI',
  'FRAME-RELAY',
  'X25',
  'PPP',
  'SMDS',
  'AAL5',
  'AAL5-IP',
  'IPv4',
  'IPv6',
  'MPLS',
  'POS',
]

function sampledHeader(b: Uint8Array, at: number, end: number): Sflow5Fields {
  if (at + 16 > end) return {}
  const protocol = u32(b, at)
  const headerEnd = Math.min(at + 16 + u32(b, at + 12), end)
  const fields: Sflow5Fields = {
    header_protocol: HEADER_PROTOCOLS[protocol] || protocol,
    frame_length_bytes: u32(b, at + 4),
    stripped_bytes: u32(b, at + 8),
    header: hex(b, at + 16, headerEnd),
  }
  const packet = new PacketHeaders()
  packet.parse(b, at + 16, headerEnd, layerOfHeader(protocol))
  Object.assign(fields, packetFields(b, packet, headerEnd, TUNNELS_MAX))
  return fields
}

const TUNNEL_NAMES = {
  [TUNNEL.none]: '',
  [TUNNEL.ipInIp]: 'ip_in_ip',
  [TUNNEL.gre]: 'gre',
  [TUNNEL.vxlan]: 'vxlan',
  [TUNNEL.geneve]: 'geneve',
} as const

/**
 * What the headers say, under the names that IANA gives the same facts in IPFIX; `inner` is what a tunnel
 * carries.
 */
function packetFields(b: Uint8Array, packet: PacketHeaders, end: number, tunnelsLeft: number): Sflow5Fields {
  const fields: Sflow5Fields = {}
  if (packet.srcMacAt >= 0) {
    fields.sourceMacAddress = macText(b, packet.srcMacAt)
    fields.destinationMacAddress = macText(b, packet.dstMacAt)
    fields.ethernetType = packet.etherType
  }
  if (packet.vlan !== 0) fields.dot1qVlanId = packet.vlan
  if (packet.priority !== 0) fields.dot1qPriority = packet.priority
  if (packet.innerVlan !== 0) fields.dot1qCustomerVlanId = packet.innerVlan
  if (packet.labels > 0) {
    fields.mplsLabelStackDepth = packet.labels
    fields.mplsLabels = [packet.label1, packet.label2, packet.label3].slice(0, packet.labels)
  }
  if (packet.ipVersion !== 0) addIpFields(fields, b, packet)
  if (packet.tunnel === TUNNEL.none || tunnelsLeft === 0) return fields
  fields.tunnel = TUNNEL_NAMES[packet.tunnel]
  if (packet.tunnel !== TUNNEL.ipInIp)
    fields[packet.tunnel === TUNNEL.gre ? 'greKey' : 'vni'] = packet.tunnelId
  const inner = new PacketHeaders()
  if (packet.innerLayer !== LAYER.none) inner.parse(b, packet.innerAt, end, packet.innerLayer)
  fields.inner = packetFields(b, inner, end, tunnelsLeft - 1)
  return fields
}

function addIpFields(fields: Sflow5Fields, b: Uint8Array, packet: PacketHeaders): void {
  const v4 = packet.ipVersion === 4
  const text = v4 ? ipv4Text : ipv6Text
  fields.ipVersion = packet.ipVersion
  fields[v4 ? 'sourceIPv4Address' : 'sourceIPv6Address'] = text(b, packet.srcAddressAt)
  fields[v4 ? 'destinationIPv4Address' : 'destinationIPv6Address'] = text(b, packet.dstAddressAt)
  fields.protocolIdentifier = packet.protocol
  fields.ipClassOfService = packet.tos
  fields.ipTTL = packet.ttl
  if (packet.ipBytes !== 0) fields.ipTotalLength = packet.ipBytes
  if (!v4) fields.flowLabelIPv6 = packet.flowLabel
  if (v4 || packet.fragmentId !== 0) fields.fragmentIdentification = packet.fragmentId
  if (packet.fragmentOffset !== 0) fields.fragmentOffset = packet.fragmentOffset / 8
  if (packet.icmpType !== 255 || packet.icmpCode !== 255) {
    fields[v4 ? 'icmpTypeIPv4' : 'icmpTypeIPv6'] = packet.icmpType
    fields[v4 ? 'icmpCodeIPv4' : 'icmpCodeIPv6'] = packet.icmpCode
  } else if (packet.srcPort !== 0 || packet.dstPort !== 0) {
    fields.sourceTransportPort = packet.srcPort
    fields.destinationTransportPort = packet.dstPort
  }
  if (packet.tcpFlags !== 0) fields.tcpControlBits = packet.tcpFlags
}
