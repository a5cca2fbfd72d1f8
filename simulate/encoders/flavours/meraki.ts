import { F, isV4 } from '../fields.js'
import type { TemplatedFlavour } from '../template.js'

/** NetFlow v9 of a Meraki MX: IPv4 only, few fields, no options. */
const v4 = {
  id: 256,
  fields: [
    F.srcV4,
    F.dstV4,
    F.proto,
    F.srcPort,
    F.dstPort,
    F.inIf(4),
    F.outIf(4),
    F.packets(4),
    F.bytes(4),
    F.firstUptime,
    F.lastUptime,
    F.direction,
    F.tcpFlags(1),
    F.tos,
  ],
}

export const MERAKI: TemplatedFlavour = {
  wire: 'netflow9',
  biflow: false,
  padding: true,
  templates: [v4],
  pick: (flow) => (isV4(flow) ? v4 : undefined),
  options: [],
}
