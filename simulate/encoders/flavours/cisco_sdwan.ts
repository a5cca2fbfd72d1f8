import { F, isV4 } from '../fields.js'
import { applicationTable } from '../options_tables.js'
import type { Field, TemplatedFlavour } from '../template.js'

/** IPFIX (cflowd) of Catalyst SD-WAN: the VPN of the flow as Viptela's own element 4321 (PEN 41916). */
const VIPTELA = 41916
const SERVICE_VPN = 10

const rest: readonly Field[] = [
  F.tos,
  F.proto,
  F.srcPort,
  F.dstPort,
  F.icmp,
  F.tcpFlags(1),
  F.inIf(4),
  F.outIf(4),
  F.bytes(8),
  F.packets(8),
  F.startMs,
  F.endMs,
  F.endReason,
  F.direction,
  F.appId,
  F.vrf(234, SERVICE_VPN),
  F.constant(4321, 8, SERVICE_VPN, VIPTELA),
]
const v4 = { id: 256, fields: [F.srcV4, F.dstV4, F.nextHop, ...rest] }
const v6 = { id: 257, fields: [F.srcV6, F.dstV6, ...rest] }

export const CISCO_SDWAN: TemplatedFlavour = {
  wire: 'ipfix',
  biflow: false,
  padding: true,
  templates: [v4, v6],
  pick: (flow) => (isV4(flow) ? v4 : v6),
  options: [applicationTable(258)],
}
