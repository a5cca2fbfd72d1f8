import { F, field, isV4 } from '../fields.js'
import type { TemplatedFlavour } from '../template.js'

/**
 * IPFIX biflows of a probe (RFC 5103): both directions in a record, first packet's flags and round trip in
 * CERT's elements (PEN 6871).
 */
const CERT = 6871
const SYN = 2

const initialFlags = field(14, 1, (w, f) => w.u8(f.tcpFlags & SYN), CERT)
const reverseDelayMs = field(
  21,
  4,
  (w, f) => w.u32(f.reversePackets > 0 ? Math.min(40, f.endMs - f.startMs) : 0),
  CERT,
)
const rest = [
  F.startMs,
  F.endMs,
  F.bytes(8),
  F.reverseBytes,
  F.packets(8),
  F.reversePackets,
  F.srcPort,
  F.dstPort,
  F.proto,
  F.tos,
  F.tcpFlags(1),
  F.reverseTcpFlags,
  initialFlags,
  reverseDelayMs,
  F.vlan(58, 120),
  F.endReason,
  F.biflowDirection,
  F.inIf(4),
  F.outIf(4),
]
const v4 = { id: 45841, fields: [F.srcV4, F.dstV4, ...rest] }
const v6 = { id: 45842, fields: [F.srcV6, F.dstV6, ...rest] }

export const PROBE: TemplatedFlavour = {
  wire: 'ipfix',
  biflow: true,
  padding: false,
  templates: [v4, v6],
  pick: (flow) => (isV4(flow) ? v4 : v6),
  options: [],
}
