import type { Flow } from '../flow.js'
import { type ExporterView, type Field, VARIABLE } from './template.js'
import type { Writer } from './writer.js'

/**
 * Fields that flavours are made of. Ids are IANA's (IPFIX), which below 128 are also NetFlow v9's (RFC
 * 3954, section 8; RFC 7012). Counters and interfaces take the length that the vendor gives them.
 */
type Write = (w: Writer, flow: Flow, exporter: ExporterView) => void

export const field = (id: number, length: number, write: Write, pen?: number): Field => ({
  id,
  length,
  write,
  ...(pen !== undefined && { pen }),
})

const number = (
  id: number,
  length: number,
  value: (flow: Flow, x: ExporterView) => number,
  pen?: number,
): Field => field(id, length, (w, flow, x) => w.uint(value(flow, x), length), pen)

/** Reverse elements (RFC 5103). */
const REVERSE = 29305

/** Milliseconds since the exporter started, modulo 2^32 as sysUpTime wraps after 49.7 days. */
export const uptimeOf = (ms: number, x: ExporterView): number => Math.max(0, ms - x.bootMs) % 2 ** 32

/** Engine and selector of the flow's application; zeros where the edge does not know it. */
const appIdOf = (flow: Flow): string[] => flow.service?.appId.split(':') ?? ['0', '0']

export const F = {
  bytes: (length: number) => number(1, length, (f) => f.bytes),
  packets: (length: number) => number(2, length, (f) => f.packets),
  reverseBytes: number(1, 8, (f) => f.reverseBytes, REVERSE),
  reversePackets: number(2, 8, (f) => f.reversePackets, REVERSE),
  reverseTcpFlags: number(6, 1, (f) => f.reverseTcpFlags, REVERSE),
  proto: number(4, 1, (f) => f.proto),
  tos: number(5, 1, (f) => f.tos),
  tcpFlags: (length: number) => number(6, length, (f) => f.tcpFlags),
  srcPort: number(7, 2, (f) => f.srcPort),
  dstPort: number(11, 2, (f) => f.dstPort),
  srcV4: field(8, 4, (w, f) => w.u32(f.src as number)),
  dstV4: field(12, 4, (w, f) => w.u32(f.dst as number)),
  srcV6: field(27, 16, (w, f) => w.raw(f.src as Uint8Array)),
  dstV6: field(28, 16, (w, f) => w.raw(f.dst as Uint8Array)),
  srcMask: number(9, 1, (f) => f.srcMask),
  dstMask: number(13, 1, (f) => f.dstMask),
  srcMaskV6: number(29, 1, (f) => f.srcMask),
  dstMaskV6: number(30, 1, (f) => f.dstMask),
  inIf: (length: number) => number(10, length, (f) => f.inIf),
  outIf: (length: number) => number(14, length, (f) => f.outIf),
  nextHop: number(15, 4, (f) => f.nextHop),
  srcAs: (length: number) => number(16, length, (f) => f.srcAs),
  dstAs: (length: number) => number(17, length, (f) => f.dstAs),
  lastUptime: number(21, 4, (f, x) => uptimeOf(f.endMs, x)),
  firstUptime: number(22, 4, (f, x) => uptimeOf(f.startMs, x)),
  zero: (id: number, length: number) => number(id, length, () => 0),
  icmp: number(32, 2, (f) => (f.proto === 1 || f.proto === 58 ? f.dstPort : 0)),
  samplerId: number(48, 1, () => 1),
  ttl: (id: number) => number(id, 1, (f) => (f.inIf < f.outIf ? 61 : 123)),
  vlan: (id: number, value: number) => number(id, 2, () => value),
  ipVersion: number(60, 1, (f) => (typeof f.src === 'number' ? 4 : 6)),
  direction: number(61, 1, () => 0),
  interfaceName: field(82, VARIABLE, (w, f, x) => {
    w.varText(x.interfaces.find((i) => i.index === f.inIf)?.name ?? '')
  }),
  /** 64 forwarded; 130 dropped by an access list (RFC 7270, section 4.12). */
  forwardingStatus: number(89, 1, (f) => (f.firewallEvent === 3 && f.reversePackets === 0 ? 130 : 64)),
  /** Engine in the first byte, selector in the other three (RFC 6759). */
  appId: field(95, 4, (w, f) => {
    const [engine, selector] = appIdOf(f)
    w.u8(Number(engine))
    w.uint(Number(selector), 3)
  }),
  appName: field(96, VARIABLE, (w, f) => w.varText(f.service?.id ?? '')),
  endReason: number(136, 1, (f) => f.endReason),
  /** Tells sessions apart; from the ports, which is enough here. */
  flowId: number(148, 8, (f) => f.srcPort * 65536 + f.dstPort),
  startS: number(150, 4, (f) => f.startMs / 1000),
  endS: number(151, 4, (f) => f.endMs / 1000),
  startMs: number(152, 8, (f) => f.startMs),
  endMs: number(153, 8, (f) => f.endMs),
  bootMs: number(160, 8, (_, x) => x.bootMs),
  natSrc: number(225, 4, (f) => f.natSrc),
  natDst: field(226, 4, (w, f) => w.u32(f.natSrc === 0 ? 0 : (f.dst as number))),
  natSrcPort: number(227, 2, (f) => f.natPort),
  natDstPort: number(228, 2, (f) => (f.natSrc === 0 ? 0 : f.dstPort)),
  firewallEvent: number(233, 1, (f) => f.firewallEvent),
  vrf: (id: number, value: number) => number(id, 4, () => value),
  /** 1: initiator (RFC 5103, section 4). */
  biflowDirection: number(239, 1, () => 1),
  constant: (id: number, length: number, value: number, pen?: number) => number(id, length, () => value, pen),
  text: (id: number, length: number, value: (f: Flow) => string, pen?: number) =>
    field(id, length, (w, f) => w.text(value(f), length), pen),
} as const

export const isV4 = (flow: Flow): boolean => typeof flow.src === 'number'
export const isIcmp = (flow: Flow): boolean => flow.proto === 1 || flow.proto === 58
