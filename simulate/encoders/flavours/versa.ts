import { F, isV4 } from '../fields.js'
import type { TemplatedFlavour } from '../template.js'

/**
 * IPFIX of a Versa appliance: times as sysUpTime with the boot time (160) in each record, interface and
 * application names in the record, fixed and variable fields mixed.
 */
const head = [F.interfaceName, F.proto, F.tos, F.srcPort, F.dstPort]
const rest = [
  F.appName,
  F.inIf(4),
  F.outIf(4),
  F.bytes(8),
  F.packets(8),
  F.tcpFlags(2),
  F.bootMs,
  F.firstUptime,
  F.lastUptime,
  F.endReason,
  F.forwardingStatus,
]
const v4 = { id: 999, fields: [...head, F.srcV4, F.dstV4, ...rest] }
const v6 = { id: 1000, fields: [...head, F.srcV6, F.dstV6, ...rest] }

export const VERSA: TemplatedFlavour = {
  wire: 'ipfix',
  biflow: false,
  padding: false,
  templates: [v4, v6],
  pick: (flow) => (isV4(flow) ? v4 : v6),
  options: [],
}
