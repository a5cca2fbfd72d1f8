import { type FlowBlock, V4_MAPPED_WORD, writeMs } from '../model/flow_block.js'
import { COL, LOCALITIES } from '../model/flow_columns.js'

/** Ordinary traffic for the benches of detection, as columns after enrichment. */
export interface FlowNetwork {
  /** Hosts inside that speak, and sites that they are at. */
  readonly hosts: number
  readonly sites: number
  /** Requests of a hundred that nobody answers. */
  readonly failed: number
  /** Requests of a hundred that another host inside answers. */
  readonly internal: number
}

const COLUMNS = [
  'src_addr',
  'dst_addr',
  'src_port',
  'dst_port',
  'ip_proto',
  'tcp_flags',
  'bytes',
  'packets',
  'flow_start',
  'flow_end',
  'time_received',
  'src_org_id',
  'dst_org_id',
  'src_site_id',
  'dst_site_id',
  'locality',
] as const
const PORTS = [443, 443, 443, 443, 443, 443, 80, 80, 53, 53, 123, 22, 3389, 5060, 25, 8443]

export function touchFlowColumns(block: FlowBlock): void {
  for (const name of COLUMNS) block.touch(COL[name]!)
}

interface BenchFlow {
  src: number
  dst: number
  srcPort: number
  dstPort: number
  proto: number
  flags: number
  packets: number
  octets: number
  durationMs: number
  locality: number
}

/** Writes a flow, enriched: its host inside is at one of `sites`. */
export function putFlow(
  block: FlowBlock,
  row: number,
  f: BenchFlow,
  receivedMs: number,
  sites: number,
): void {
  const words = (name: (typeof COLUMNS)[number]) => block.words[COL[name]!]!
  for (const [name, address] of [
    ['src_addr', f.src],
    ['dst_addr', f.dst],
  ] as const) {
    const column = words(name)
    column.set([0, 0, V4_MAPPED_WORD, address], row * 4)
  }
  words('src_port')[row] = f.srcPort
  words('dst_port')[row] = f.dstPort
  words('ip_proto')[row] = f.proto
  words('tcp_flags')[row] = f.flags
  writeMs(words('bytes') as Uint32Array, row, f.octets)
  writeMs(words('packets') as Uint32Array, row, f.packets)
  const end = receivedMs - 15_000
  writeMs(words('flow_start') as Uint32Array, row, end - f.durationMs)
  writeMs(words('flow_end') as Uint32Array, row, end)
  writeMs(words('time_received') as Uint32Array, row, receivedMs)
  words('locality')[row] = f.locality
  const put = (end: 'src' | 'dst'): void => {
    const site = 1 + ((f[end] >>> 8) % sites)
    words(`${end}_site_id`)[row] = site
    words(`${end}_org_id`)[row] = 1 + (site % 134)
  }
  if (f.locality !== LOCALITIES.inbound) put('src')
  if (f.locality !== LOCALITIES.outbound) put('dst')
}

/** An address of 10/8 as a little-endian word, drawn from `hosts`. */
export const insideHost = (r: number, hosts: number): number => (10 | ((r % hosts) << 8)) >>> 0
/** A server on the Internet: few are asked much. */
const outsideHost = (r1: number, r2: number): number => (((r1 & r2) % 500_000) * 40_503 + 0x00000b5d) >>> 0

/** A flow of a client of ours, or the answer to it. */
export function ordinary(rnd: () => number, network: FlowNetwork): BenchFlow {
  const [r1, r2, r3] = [rnd(), rnd(), rnd()]
  const port = PORTS[r3 >>> 28]!
  const udp = port === 53 || port === 123 || port === 5060
  // Nineteen in twenty are small, the others sixty times as large, as sizes of real traffic are.
  const packets = 1 + ((r2 & r3) >>> 27) * (r1 % 20 === 0 ? 60 : 1)
  const answer = (r1 & 1) === 1
  const { hosts } = network
  const failed = !udp && r3 % 100 < network.failed
  const internal = r3 % 100 >= 100 - network.internal
  const client = insideHost(r1 >>> 3, hosts)
  const server = internal ? insideHost(r2, hosts) : outsideHost(r2, r3)
  const high = 1024 + (r2 % 64_000)
  return {
    src: answer ? server : client,
    dst: answer ? client : server,
    srcPort: answer ? port : high,
    dstPort: answer ? high : port,
    proto: udp ? 17 : 6,
    flags: udp ? 0 : failed ? (answer ? 0x14 : 2) : 0x1b,
    packets: failed ? 1 : packets,
    octets: failed ? 60 : packets * (60 + (r3 & 1023)),
    durationMs: packets === 1 ? 0 : (r1 >>> 8) % 20_000,
    locality: internal ? LOCALITIES.internal : answer ? LOCALITIES.inbound : LOCALITIES.outbound,
  }
}
