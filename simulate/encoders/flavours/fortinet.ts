import { F, isIcmp, isV4 } from '../fields.js'
import { type OptionsTable, options, SCOPE, type TemplatedFlavour } from '../template.js'

/**
 * NetFlow v9 of FortiOS: counters each way of which the second stay zero, ICMP in templates of its own,
 * statistics by options.
 */
const counters = [F.bytes(8), F.zero(23, 8), F.packets(4), F.zero(24, 4), F.firstUptime, F.lastUptime]
const ports = [...counters, F.srcPort, F.dstPort, F.inIf(2), F.outIf(2), F.proto, F.tcpFlags(1), F.appId]
const icmp = [...counters, F.inIf(2), F.outIf(2), F.icmp, F.proto]
const nat = [F.natSrc, F.natSrcPort]
const templates = {
  v4: { id: 257, fields: [...ports, F.srcV4, F.dstV4, ...nat] },
  v6: { id: 258, fields: [...ports, F.srcV6, F.dstV6] },
  icmp4: { id: 259, fields: [...icmp, F.srcV4, F.dstV4] },
  icmp6: { id: 260, fields: [...icmp, F.srcV6, F.dstV6] },
}

const ACTIVE_S = 1800
const INACTIVE_S = 15

/** Exporter statistics: 40 to 42 totals, 36 and 37 timeouts, 34 and 35 sampling. */
const statistics: OptionsTable = {
  id: 256,
  scopes: [options(SCOPE.system, 2)],
  fields: [
    options(40, 8),
    options(41, 8),
    options(42, 8),
    options(36, 2),
    options(37, 2),
    options(34, 4),
    options(35, 1),
  ],
  records: (x) => [
    (w) => {
      w.u16(1)
      w.u64(x.sent.bytes)
      w.u64(x.sent.datagrams)
      w.u64(x.sent.records)
      w.u16(ACTIVE_S)
      w.u16(INACTIVE_S)
      w.u32(x.samplingRate)
      w.u8(1)
    },
  ],
}

export const FORTINET: TemplatedFlavour = {
  wire: 'netflow9',
  biflow: false,
  padding: true,
  templates: Object.values(templates),
  pick: (flow) =>
    isIcmp(flow)
      ? isV4(flow)
        ? templates.icmp4
        : templates.icmp6
      : isV4(flow)
        ? templates.v4
        : templates.v6,
  options: [statistics],
}
