import { type FlowBlock, V4_MAPPED_WORD, writeMs } from '../model/flow_block.js'
import { COL } from '../model/flow_columns.js'
import type { Address } from '../simulate/address.js'
import { FLAVOURS } from '../simulate/encoders/flavours/index.js'
import { type Flow, reverseOf } from '../simulate/flow.js'
import type { Site } from '../simulate/network.js'
import type { Random } from '../simulate/random.js'

const IPFIX = 10
const COLUMNS = [
  'exporter_addr',
  'src_addr',
  'dst_addr',
  'src_port',
  'dst_port',
  'ip_proto',
  'tcp_flags',
  'icmp_type',
  'bytes',
  'packets',
  'reverse_bytes',
  'reverse_packets',
  'sampling_rate',
  'flow_start',
  'flow_end',
  'time_received',
  'export_protocol',
  'observation_domain',
] as const

/** A record of an exporter that waits for its export. */
export interface Exported {
  readonly site: Site
  readonly flow: Flow
  readonly biflow: boolean
  readonly rate: number
}

const biflowOf = (site: Site): boolean => {
  const flavour = FLAVOURS[site.edge.model.id]
  return typeof flavour !== 'string' && flavour.biflow
}

/** The records that the exporter of `site` makes of a flow: sampled, and split by direction unless it exports biflows. */
export function recordsOf(site: Site, flow: Flow, rate: number, random: Random): Exported[] {
  const seen = rate === 1 ? flow : sampled(flow, rate, random)
  if (typeof flow.src !== 'number' && !site.edge.model.ipv6) return []
  const biflow = biflowOf(site)
  const records: Exported[] = []
  if (seen.packets > 0) records.push({ site, flow: seen, biflow, rate })
  if (!biflow && seen.reversePackets > 0) records.push({ site, flow: reverseOf(seen), biflow, rate })
  return records
}

function sampled(flow: Flow, rate: number, random: Random): Flow {
  const packets = random.binomial(flow.packets, 1 / rate)
  const reversePackets = random.binomial(flow.reversePackets, 1 / rate)
  const share = flow.reversePackets > 0 ? reversePackets / flow.reversePackets : 0
  return {
    ...flow,
    packets,
    bytes: Math.round((flow.bytes * packets) / flow.packets),
    reversePackets,
    reverseBytes: Math.round(flow.reverseBytes * share),
  }
}

/** Makes `block` ready for `putRecord`. */
export function prepare(block: FlowBlock): void {
  block.reset()
  for (const name of COLUMNS) block.touch(COL[name]!)
}

function putAddress(words: Uint32Array, row: number, address: Address): void {
  const at = row * 4
  if (typeof address === 'number') {
    words[at] = 0
    words[at + 1] = 0
    words[at + 2] = V4_MAPPED_WORD
    words[at + 3] =
      ((address >>> 24) | ((address >>> 8) & 0xff00) | ((address << 8) & 0xff0000) | (address << 24)) >>> 0
    return
  }
  for (let w = 0; w < 4; w++) {
    const i = 4 * w
    words[at + w] =
      (address[i]! | (address[i + 1]! << 8) | (address[i + 2]! << 16) | (address[i + 3]! << 24)) >>> 0
  }
}

/** Writes a record as the decoder would have. */
export function putRecord(
  block: FlowBlock,
  { site, flow, biflow, rate }: Exported,
  receivedMs: number,
): void {
  const row = block.rows++
  const words = (name: (typeof COLUMNS)[number]) => block.words[COL[name]!]!
  const u64 = (name: (typeof COLUMNS)[number], value: number): void =>
    writeMs(words(name) as Uint32Array, row, value)
  const icmp = flow.proto === 1 || flow.proto === 58
  putAddress(words('exporter_addr') as Uint32Array, row, site.edge.address)
  putAddress(words('src_addr') as Uint32Array, row, flow.src)
  putAddress(words('dst_addr') as Uint32Array, row, flow.dst)
  words('src_port')[row] = icmp ? 0 : flow.srcPort
  words('dst_port')[row] = icmp ? 0 : flow.dstPort
  words('ip_proto')[row] = flow.proto
  words('tcp_flags')[row] = flow.tcpFlags
  words('icmp_type')[row] = icmp ? flow.dstPort >>> 8 : 255
  words('sampling_rate')[row] = rate
  words('export_protocol')[row] = IPFIX
  words('observation_domain')[row] = site.edge.domain
  u64('bytes', flow.bytes)
  u64('packets', flow.packets)
  u64('reverse_bytes', biflow ? flow.reverseBytes : 0)
  u64('reverse_packets', biflow ? flow.reversePackets : 0)
  u64('flow_start', flow.startMs)
  u64('flow_end', flow.endMs)
  u64('time_received', receivedMs)
}
