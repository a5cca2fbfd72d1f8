import { F, field, isV4 } from '../fields.js'
import { applicationTable } from '../options_tables.js'
import type { TemplatedFlavour } from '../template.js'

/** IPFIX of a VeloCloud edge, template 258: path of the flow in the vendor's own elements (PEN 45346). */
const VELOCLOUD = 45346

/** The far edge of the tunnel, by the destination's /16: 16 bytes that look random and stay the same. */
const destinationUuid = field(
  12233,
  16,
  (w, flow) => {
    let state = ((flow.dst as number) >>> 16) + 1
    for (let i = 0; i < 16; i++) {
      state = Math.imul(state, 0x9e3779b1) >>> 0
      w.u8(state >>> 24)
    }
  },
  VELOCLOUD,
)

const v4 = {
  id: 258,
  fields: [
    F.srcV4,
    F.dstV4,
    F.proto,
    F.srcPort,
    F.dstPort,
    F.tos,
    F.inIf(4),
    F.outIf(4),
    F.bytes(8),
    F.packets(8),
    F.tcpFlags(1),
    F.startMs,
    F.endMs,
    F.appId,
    F.endReason,
    destinationUuid,
    // Priority, route type, link policy, traffic type and flow path: codes of the vendor's guide.
    F.constant(12234, 1, 2, VELOCLOUD),
    F.constant(12235, 1, 1, VELOCLOUD),
    F.constant(12236, 1, 1, VELOCLOUD),
    F.constant(12237, 1, 2, VELOCLOUD),
    F.constant(12239, 1, 1, VELOCLOUD),
  ],
}

export const VELOCLOUD_EDGE: TemplatedFlavour = {
  wire: 'ipfix',
  biflow: false,
  padding: true,
  templates: [v4],
  pick: (flow) => (isV4(flow) ? v4 : undefined),
  options: [applicationTable(259)],
}
