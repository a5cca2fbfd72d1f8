import { F, isV4 } from '../fields.js'
import { interfaceTable } from '../options_tables.js'
import type { TemplatedFlavour } from '../template.js'

/**
 * IPFIX of an EdgeConnect appliance: times in whole seconds, the application's name in the record (variable
 * length).
 */
const rest = [
  F.proto,
  F.tos,
  F.srcPort,
  F.dstPort,
  F.inIf(4),
  F.outIf(4),
  F.tcpFlags(1),
  F.bytes(8),
  F.packets(4),
  F.startS,
  F.endS,
  F.endReason,
  F.direction,
  F.appName,
]
const v4 = { id: 300, fields: [F.srcV4, F.dstV4, ...rest] }
const v6 = { id: 301, fields: [F.srcV6, F.dstV6, ...rest] }

export const EDGECONNECT: TemplatedFlavour = {
  wire: 'ipfix',
  biflow: false,
  padding: true,
  templates: [v4, v6],
  pick: (flow) => (isV4(flow) ? v4 : v6),
  options: [interfaceTable(302)],
}
