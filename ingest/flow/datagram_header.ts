import type { RejectCode } from '../../model/reject.js'
import {
  IPFIX_HEADER_BYTES,
  u16,
  u32,
  V1_HEADER_BYTES,
  V5_HEADER_BYTES,
  V7_HEADER_BYTES,
  V9_HEADER_BYTES,
} from './wire.js'

/** Numbers of `export_protocol` by what the version field says. */
export type FlowVersion = 1 | 5 | 7 | 9 | 10 | 11

/** What the header of a datagram says. Overwritten by every `readHeader`. */
export interface DatagramHeader {
  /** 1, 5, 7, 9, 10 (IPFIX), 11 (sFlow 5, whose field of four bytes says 5). */
  version: FlowVersion
  /** Observation domain, source id, engine type and id, or sFlow sub-agent. */
  domain: number
  /** -1 where the protocol has none. */
  sequence: number
  /** Records that the header counts; 0 for IPFIX and sFlow. */
  count: number
  /** Export time, ms since 1970; 0 where the header tells none. */
  exportMs: number
  /** Milliseconds since the exporter's start, 32 bits. */
  uptime: number
  /** The header's rate: NetFlow v5; 0 elsewhere. */
  samplingRate: number
  /** Offset of the first set or record. */
  start: number
  /** Offset after the last byte that belongs to the message. */
  end: number
}

export const newHeader = (): DatagramHeader => ({
  version: 9,
  domain: 0,
  sequence: -1,
  count: 0,
  exportMs: 0,
  uptime: 0,
  samplingRate: 0,
  start: 0,
  end: 0,
})

/** Reads the header of a datagram of any protocol; gives the reject code when it cannot be read. */
export function readHeader(b: Uint8Array, out: DatagramHeader): RejectCode | undefined {
  if (b.length < 4) return 'datagram_truncated'
  out.exportMs = 0
  out.uptime = 0
  out.samplingRate = 0
  out.domain = 0
  out.end = b.length
  switch (u16(b, 0)) {
    case 9:
      return readV9(b, out)
    case 10:
      return readIpfix(b, out)
    case 5:
      return readFixed(b, out, 5, V5_HEADER_BYTES)
    case 7:
      return readFixed(b, out, 7, V7_HEADER_BYTES)
    case 1:
      return readFixed(b, out, 1, V1_HEADER_BYTES)
    case 0:
      return u16(b, 2) === 5 ? readSflow(b, out) : 'version_unknown'
    default:
      return 'version_unknown'
  }
}

function readV9(b: Uint8Array, out: DatagramHeader): RejectCode | undefined {
  if (b.length < V9_HEADER_BYTES) return 'datagram_truncated'
  out.version = 9
  out.count = u16(b, 2)
  out.uptime = u32(b, 4) | 0
  out.exportMs = u32(b, 8) * 1000
  out.sequence = u32(b, 12)
  out.domain = u32(b, 16)
  out.start = V9_HEADER_BYTES
  return undefined
}

function readIpfix(b: Uint8Array, out: DatagramHeader): RejectCode | undefined {
  if (b.length < IPFIX_HEADER_BYTES) return 'datagram_truncated'
  out.version = 10
  out.count = 0
  out.exportMs = u32(b, 4) * 1000
  out.sequence = u32(b, 8)
  out.domain = u32(b, 12)
  out.start = IPFIX_HEADER_BYTES
  const length = u16(b, 2)
  if (length < IPFIX_HEADER_BYTES) return 'header_invalid'
  // A length beyond the datagram is a cut capture or a cut datagram: what is there is read.
  out.end = Math.min(b.length, length)
  return undefined
}

/** NetFlow v1, v5 and v7 share the first 16 bytes. */
function readFixed(
  b: Uint8Array,
  out: DatagramHeader,
  version: FlowVersion,
  bytes: number,
): RejectCode | undefined {
  if (b.length < bytes) return 'datagram_truncated'
  out.version = version
  out.count = u16(b, 2)
  out.uptime = u32(b, 4) | 0
  out.exportMs = u32(b, 8) * 1000 + Math.floor(u32(b, 12) / 1e6)
  out.sequence = version === 1 ? -1 : u32(b, 16)
  if (version === 5) {
    out.domain = u16(b, 20)
    // Two bits of mode, then the interval. Juniper leaves the mode 0 and means the interval none the less.
    out.samplingRate = u16(b, 22) & 0x3fff
  }
  out.start = bytes
  return undefined
}

/** Bytes of the agent's address by its family: none, IPv4, IPv6. */
const SFLOW_AGENT_BYTES = [0, 4, 16]

/**
 * version u32 · agent family u32 · agent · sub-agent u32 · sequence u32 · uptime u32 · samples u32 (sFlow
 * version 5).
 */
function readSflow(b: Uint8Array, out: DatagramHeader): RejectCode | undefined {
  if (b.length < 8) return 'datagram_truncated'
  const agentBytes = SFLOW_AGENT_BYTES[u32(b, 4)]
  if (agentBytes === undefined) return 'header_invalid'
  const after = 8 + agentBytes
  if (b.length < after + 16) return 'datagram_truncated'
  out.version = 11
  out.count = u32(b, after + 12)
  out.domain = u32(b, after)
  out.sequence = u32(b, after + 4)
  out.uptime = u32(b, after + 8) | 0
  out.start = after + 16
  return undefined
}
