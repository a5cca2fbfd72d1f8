import type { RejectCode } from '../../model/reject.js'

/** Reads of XDR (RFC 4506): big-endian words. */
export const u32 = (b: Uint8Array, at: number): number =>
  ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0

/** `address_type` of sFlow's address union. */
export const ADDRESS_IPV4 = 1
export const ADDRESS_IPV6 = 2

/**
 * Bytes of an address of that type, without its type; 0 for the unknown type, -1 for one that does not exist.
 */
export function addressBytes(type: number): number {
  if (type === ADDRESS_IPV4) return 4
  if (type === ADDRESS_IPV6) return 16
  return type === 0 ? 0 : -1
}

/**
 * The header of an sFlow version 5 datagram (sflow.org/sflow_version_5.txt). One is made once and reused.
 *
 * ```
 * version 4 = 5 | agent address: type 4, 4 or 16 bytes | sub-agent 4 | sequence 4 | uptime 4 | samples 4 |
 * samples …
 * ```
 */
export class Sflow5Header {
  /** Address of the agent, 16 bytes, IPv4 as ::ffff:a.b.c.d; only read when `hasAgent`. */
  readonly agent = new Uint8Array(16)
  /** False when the agent does not tell its address, or says 0.0.0.0. */
  hasAgent = false
  subAgent = 0
  /** Counts the datagrams of (agent, sub-agent). */
  sequence = 0
  /** ms since the agent started. */
  uptimeMs = 0
  /** Samples by the agent's account. */
  samples = 0
  /** Offset of the first sample. */
  samplesAt = 0

  /** Reads it; the code of the reject where that cannot be done. */
  read(b: Uint8Array): RejectCode | undefined {
    if (b.length < 8) return 'datagram_truncated'
    if (u32(b, 0) !== 5) return 'version_unknown'
    const width = addressBytes(u32(b, 4))
    if (width < 0) return 'header_invalid'
    if (b.length < 8 + width + 16) return 'datagram_truncated'
    this.#readAgent(b, width)
    const at = 8 + width
    this.subAgent = u32(b, at)
    this.sequence = u32(b, at + 4)
    this.uptimeMs = u32(b, at + 8)
    this.samples = u32(b, at + 12)
    this.samplesAt = at + 16
    return undefined
  }

  #readAgent(b: Uint8Array, width: number): void {
    const { agent } = this
    let any = 0
    if (width === 4) agent[10] = agent[11] = 255
    if (width === 4) agent.fill(0, 0, 10)
    for (let i = 0; i < width; i++) {
      const byte = b[8 + i]!
      any |= byte
      agent[16 - width + i] = byte
    }
    this.hasAgent = any !== 0
  }
}

/**
 * What the accounting of losses needs of a datagram: agent, sub-agent, sequence, samples. Fills `header`;
 * false for a datagram without a whole header.
 */
export function scanSflow5(datagram: Uint8Array, header: Sflow5Header): boolean {
  return header.read(datagram) === undefined
}
