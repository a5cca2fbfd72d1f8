import { F, isV4 } from '../fields.js'
import type { Field, TemplatedFlavour } from '../template.js'

/**
 * NetFlow v9 of PAN-OS with App-ID and User-ID: vendor fields 346, 56701, 56702; translated flows in a
 * template of their own.
 */
const PALO_ALTO = 25461

const head = [F.bytes(8), F.packets(4), F.proto, F.tos, F.tcpFlags(1), F.srcPort]
const middle = [F.outIf(4), F.lastUptime, F.firstUptime, F.icmp, F.direction, F.flowId, F.firewallEvent]
const nat = [F.natSrc, F.natDst, F.natSrcPort, F.natDstPort]
const names: readonly Field[] = [
  F.constant(346, 4, PALO_ALTO),
  F.text(56701, 32, (f) => f.service?.id ?? 'unknown-tcp'),
  F.text(56702, 64, () => ''),
]
const v4 = { id: 257, fields: [...head, F.srcV4, F.inIf(4), F.dstPort, F.dstV4, ...middle, ...names] }
const v6 = { id: 259, fields: [...head, F.srcV6, F.inIf(4), F.dstPort, F.dstV6, ...middle, ...names] }
const v4Nat = {
  id: 261,
  fields: [...head, F.srcV4, F.inIf(4), F.dstPort, F.dstV4, ...middle, ...nat, ...names],
}

export const PALOALTO: TemplatedFlavour = {
  wire: 'netflow9',
  biflow: false,
  // The vendor leaves sets unaligned.
  padding: false,
  templates: [v4, v6, v4Nat],
  pick: (flow) => (isV4(flow) ? (flow.natSrc === 0 ? v4 : v4Nat) : v6),
  options: [],
}
