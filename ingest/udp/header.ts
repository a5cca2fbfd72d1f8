import { EXPORT_PROTOCOLS } from '../../model/flow_columns.js'

/**
 * What loss accounting needs of a header beside what the learner tells. Each function takes a datagram whose header the
 * learner has found whole.
 *
 * ```
 *          0        2        4          8          12         16          20
 * v1       1  count   up time   seconds    nanoseconds
 * v5, v7   5  count   up time   seconds    nanoseconds  sequence   engine    Cisco, NetFlow Export Datagram Format
 * v9       9  count   up time   seconds    sequence     source id            RFC 3954 section 5.1
 * IPFIX    10 length  seconds   sequence   domain                            RFC 7011 section 3.1
 * sFlow 5  0  5       family 1 or 2, agent address (4 or 16), sub-agent, sequence, up time    sflow_version_5.txt
 * ```
 */
const { ipfix, netflow9, sflow5 } = EXPORT_PROTOCOLS
const u32 = (d: Uint8Array, at: number): number =>
  ((d[at]! << 24) | (d[at + 1]! << 16) | (d[at + 2]! << 8) | d[at + 3]!) >>> 0

/** The device's up time, ms modulo 2^32; -1 where the protocol has none. */
export function upTimeMs(protocol: number, d: Uint8Array): number {
  if (protocol === ipfix) return -1
  return protocol === sflow5 ? u32(d, d[7] === 1 ? 20 : 32) : u32(d, 4)
}

/**
 * The step of the sequence number if the exporter counts the other way: v9 by records, the others by datagrams; -1
 * where there is no other way.
 */
export function otherUnits(protocol: number, d: Uint8Array): number {
  if (protocol === netflow9) return (d[2]! << 8) | d[3]!
  return protocol === sflow5 ? -1 : 1
}

/** Tells apart the sFlow agents behind one address; 0 for the other protocols. */
export function agentOf(protocol: number, d: Uint8Array): number {
  if (protocol !== sflow5) return 0
  const end = d[7] === 1 ? 12 : 24
  let hash = 0
  for (let at = 8; at < end; at += 4) hash = (Math.imul(hash, 31) + u32(d, at)) | 0
  return hash >>> 0
}

/** The middle of what the export time may stand for: v9 and IPFIX tell whole seconds. */
export function exportTimeMs(protocol: number, exportMs: number): number {
  return protocol === netflow9 || protocol === ipfix ? exportMs + 500 : exportMs
}
