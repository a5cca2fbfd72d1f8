import { F, isV4 } from '../fields.js'
import { applicationTable9, interfaceTable9 } from '../options_tables.js'
import type { Field, TemplatedFlavour } from '../template.js'

/**
 * Flexible NetFlow v9 of IOS XE with NBAR: application ids in the records, names by options (engine 3, 13).
 */
const rest: readonly Field[] = [
  F.ipVersion,
  F.proto,
  F.tos,
  F.srcPort,
  F.dstPort,
  F.inIf(4),
  F.outIf(4),
  F.direction,
  F.tcpFlags(1),
  F.appId,
  F.srcAs(4),
  F.dstAs(4),
  F.bytes(8),
  F.packets(8),
  F.startMs,
  F.endMs,
]
const v4 = { id: 259, fields: [F.srcV4, F.dstV4, F.srcMask, F.dstMask, F.nextHop, ...rest] }
const v6 = { id: 260, fields: [F.srcV6, F.dstV6, F.srcMaskV6, F.dstMaskV6, ...rest] }

export const CISCO_IOSXE: TemplatedFlavour = {
  wire: 'netflow9',
  biflow: false,
  padding: true,
  templates: [v4, v6],
  pick: (flow) => (isV4(flow) ? v4 : v6),
  options: [interfaceTable9(256), applicationTable9(257)],
}
