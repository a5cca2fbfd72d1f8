import { F, isV4 } from '../fields.js'
import { type OptionsTable, options, type TemplatedFlavour } from '../template.js'

/**
 * Cflowd IPFIX of SR OS: VRFs, forwarding status, TCP flags of two bytes; sampling as 305 and 306, scoped
 * to the domain (149).
 */
const rest = [
  F.vrf(234, 1),
  F.inIf(4),
  F.vrf(235, 1),
  F.outIf(4),
  F.packets(8),
  F.bytes(8),
  F.startMs,
  F.endMs,
  F.srcPort,
  F.dstPort,
  F.forwardingStatus,
  F.tcpFlags(2),
  F.proto,
  F.tos,
  F.direction,
  F.ipVersion,
  F.icmp,
  F.srcAs(4),
  F.dstAs(4),
]
const v4 = { id: 2509, fields: [F.srcV4, F.dstV4, F.nextHop, ...rest, F.srcMask, F.dstMask] }
const v6 = { id: 2510, fields: [F.srcV6, F.dstV6, ...rest, F.srcMaskV6, F.dstMaskV6] }

/** 304: systematic count-based selection (1); 305 packets looked at, 306 packets passed over between. */
const selector: OptionsTable = {
  id: 50310,
  scopes: [options(149, 4), options(145, 2)],
  fields: [options(304, 2), options(305, 4), options(306, 4)],
  records: (x) =>
    [v4, v6].map((template) => (w) => {
      w.u32(x.domain)
      w.u16(template.id)
      w.u16(1)
      w.u32(1)
      w.u32(x.samplingRate - 1)
    }),
}

export const NOKIA: TemplatedFlavour = {
  wire: 'ipfix',
  biflow: false,
  padding: true,
  templates: [v4, v6],
  pick: (flow) => (isV4(flow) ? v4 : v6),
  options: [selector],
}
