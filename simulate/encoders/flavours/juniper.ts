import { F, isV4 } from '../fields.js'
import { type OptionsTable, options, type TemplatedFlavour } from '../template.js'

/**
 * Inline IPFIX of Junos: sampling, timeouts and the boot time by options scoped to the exporting process
 * (144).
 */
const rest = [
  F.tos,
  F.proto,
  F.srcPort,
  F.dstPort,
  F.icmp,
  F.inIf(4),
  F.vlan(58, 0),
  F.srcAs(4),
  F.dstAs(4),
  F.tcpFlags(1),
  F.outIf(4),
  F.bytes(8),
  F.packets(8),
  F.ttl(52),
  F.ttl(53),
  F.startMs,
  F.endMs,
  F.endReason,
  F.ipVersion,
]
const v4 = { id: 256, fields: [F.srcV4, F.dstV4, F.srcMask, F.dstMask, F.nextHop, ...rest] }
const v6 = { id: 257, fields: [F.srcV6, F.dstV6, F.srcMaskV6, F.dstMaskV6, ...rest] }

const TIMEOUT_S = 60
const process: OptionsTable = {
  id: 512,
  scopes: [options(144, 4)],
  fields: [
    options(41, 8),
    options(42, 8),
    options(160, 8),
    options(130, 4),
    options(34, 4),
    options(36, 2),
    options(37, 2),
    options(214, 1),
    options(215, 1),
  ],
  records: (x) => [
    (w) => {
      w.u32(2)
      w.u64(x.sent.datagrams)
      w.u64(x.sent.records)
      w.u64(x.bootMs)
      w.u32(x.address)
      w.u32(x.samplingRate)
      w.u16(TIMEOUT_S)
      w.u16(TIMEOUT_S)
      w.u8(10)
      w.u8(17)
    },
  ],
}

export const JUNIPER: TemplatedFlavour = {
  wire: 'ipfix',
  biflow: false,
  padding: true,
  templates: [v4, v6],
  pick: (flow) => (isV4(flow) ? v4 : v6),
  options: [process],
}
