import { F, isV4 } from '../fields.js'
import { type OptionsTable, options, SCOPE, type TemplatedFlavour } from '../template.js'

/** NetStream v9: a sampler id (48) in the records, the sampler itself (49, 50) by options. */
const v4 = {
  id: 1310,
  fields: [
    F.packets(8),
    F.bytes(8),
    F.firstUptime,
    F.lastUptime,
    F.inIf(4),
    F.outIf(4),
    F.srcV4,
    F.dstV4,
    F.nextHop,
    F.srcAs(4),
    F.dstAs(4),
    F.srcPort,
    F.dstPort,
    F.ipVersion,
    F.tcpFlags(1),
    F.proto,
    F.tos,
    F.srcMask,
    F.dstMask,
    F.direction,
    F.forwardingStatus,
    F.samplerId,
  ],
}

const sampler: OptionsTable = {
  id: 1320,
  scopes: [options(SCOPE.system, 4)],
  fields: [options(48, 1), options(49, 1), options(50, 4)],
  records: (x) => [
    (w) => {
      w.u32(x.address)
      w.u8(1)
      w.u8(1)
      w.u32(x.samplingRate)
    },
  ],
}

export const HUAWEI: TemplatedFlavour = {
  wire: 'netflow9',
  biflow: false,
  padding: true,
  templates: [v4],
  pick: (flow) => (isV4(flow) ? v4 : undefined),
  options: [sampler],
}
