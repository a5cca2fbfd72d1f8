/**
 * Which elements fill which column, and how their bytes are read. The decoder's loops know no element and no
 * vendor: a quirk that is a matter of an element is a line here.
 */

/** How bytes become a value of a column. */
export type Read =
  /** Unsigned number of any width; reduced-size encoding (RFC 7011 section 6.2) and MAC addresses as well. */
  | 'uint'
  /** The same, but only where the template has none of the column's other sources. */
  | 'uint_alone'
  | 'address'
  /** The same, but only where the template has none of the column's other sources. */
  | 'address_alone'
  /** Overrides what the datagram says, unless zero. */
  | 'relay_address'
  | 'text'
  /** ICMP type and code in one 16-bit number. */
  | 'high_byte'
  | 'low_byte'
  /** Juniper's common properties (2 bytes): exceptions of forwarding become a forwarding status. */
  | 'juniper_properties'
  /**
   * A label stack entry: 20 bits of label, 3 of traffic class, the bottom flag, in four bytes also the time
   * to live.
   */
  | 'mpls_label'
  /** RFC 6759: one byte of engine, then the selector. */
  | 'app_id'
  | 'time_s'
  | 'time_ms'
  /**
   * NTP timestamps (RFC 7011 sections 6.1.9 and 6.1.10), and plain counts since 1970 of exporters that
   * misread it.
   */
  | 'time_us'
  | 'time_ns'
  /** Microseconds before the export time. */
  | 'time_before_us'
  /** Milliseconds since the exporter's start: sysUpTime of the header, else element 160. */
  | 'time_uptime'

export interface ColumnSource {
  readonly pen: number
  readonly id: number
  readonly read: Read
}

const PEN_CISCO = 9
const PEN_JUNIPER = 2636
const PEN_IXIA = 3054
const PEN_BARRACUDA = 10704
const PEN_PROCERA = 15397
const PEN_REVERSE = 29305
const PEN_NTOP = 35632

const iana = (read: Read, ...ids: number[]): ColumnSource[] => ids.map((id) => ({ pen: 0, id, read }))
const enterprise = (pen: number, read: Read, ...ids: number[]): ColumnSource[] =>
  ids.map((id) => ({ pen, id, read }))

/**
 * Sources by column, best first: the first one that is not zero gives the value. Addresses go by their order
 * in the record, for where both families stand, the second is a tunnel's inner one or zero. Of repeats of one
 * element only the first counts. Ids from 32768 on are NetFlow v9's vendor types, which have no enterprise
 * number.
 */
export const COLUMN_SOURCES: Readonly<Record<string, readonly ColumnSource[]>> = {
  exporter_addr: iana('relay_address', 130, 131),
  // Cisco AVC sums up a connection by its client and server; 45004 to 45009 are the same in NetFlow v9.
  src_addr: [
    ...iana('address', 8, 27),
    ...enterprise(PEN_CISCO, 'address_alone', 12236, 12238),
    ...iana('address_alone', 45004, 45006),
  ],
  dst_addr: [
    ...iana('address', 12, 28),
    ...enterprise(PEN_CISCO, 'address_alone', 12237, 12239),
    ...iana('address_alone', 45005, 45007),
  ],
  next_hop: iana('address', 15, 62),
  bgp_next_hop: iana('address', 18, 63),
  src_port: [
    ...iana('uint', 7, 180, 182),
    ...enterprise(PEN_CISCO, 'uint_alone', 12240),
    ...iana('uint_alone', 45008),
  ],
  dst_port: [
    ...iana('uint', 11, 181, 183),
    ...enterprise(PEN_CISCO, 'uint_alone', 12241),
    ...iana('uint_alone', 45009),
  ],
  ip_proto: iana('uint', 4),
  ip_tos: iana('uint', 5),
  tcp_flags: iana('uint', 6),
  icmp_type: [...iana('uint', 176, 178), ...iana('high_byte', 32, 139)],
  icmp_code: [...iana('uint', 177, 179), ...iana('low_byte', 32, 139)],
  // 23 and 24 (after a middlebox) only where nothing else is counted: nProbe sends the other direction in
  // them.
  bytes: [...iana('uint', 1, 85, 231), ...iana('uint_alone', 23, 312, 103)],
  packets: [...iana('uint', 2, 86, 298), ...iana('uint_alone', 24)],
  reverse_bytes: [...enterprise(PEN_REVERSE, 'uint', 1, 85), ...iana('uint', 232)],
  reverse_packets: [...enterprise(PEN_REVERSE, 'uint', 2, 86), ...iana('uint', 299)],
  // A physical interface is another thing than none: it stands in only where the template tells no other.
  in_if: [...iana('uint', 10), ...iana('uint_alone', 252)],
  out_if: [...iana('uint', 14), ...iana('uint_alone', 253)],
  src_as: iana('uint', 16),
  dst_as: iana('uint', 17),
  src_mask: iana('uint', 9, 29),
  dst_mask: iana('uint', 13, 30),
  src_mac_u48: iana('uint', 56, 81),
  dst_mac_u48: iana('uint', 80, 57),
  src_vlan: iana('uint', 58, 243),
  dst_vlan: iana('uint', 59, 254),
  direction: iana('uint', 61),
  forwarding_status: [...iana('uint', 89), ...enterprise(PEN_JUNIPER, 'juniper_properties', 137)],
  flow_end_reason: iana('uint', 136),
  // 40005 is the event of Cisco ASA before 8.4 (NF_F_FW_EVENT).
  firewall_event: iana('uint', 233, 40005),
  app_key: iana('app_id', 95),
  // 56701 is Palo Alto's App-ID, 57591 nProbe's L7_PROTO_NAME in NetFlow v9.
  app_label: [
    ...iana('text', 96, 56701, 57591),
    ...enterprise(PEN_NTOP, 'text', 119),
    ...enterprise(PEN_PROCERA, 'text', 1),
    ...enterprise(PEN_BARRACUDA, 'text', 5),
    ...enterprise(PEN_IXIA, 'text', 111),
  ],
  in_vrf: iana('uint', 234),
  out_vrf: iana('uint', 235),
  mpls_label_1: iana('mpls_label', 70),
  mpls_label_2: iana('mpls_label', 71),
  mpls_label_3: iana('mpls_label', 72),
  // 40001 to 40004 are the translated addresses and ports of Cisco ASA before 8.4.
  post_nat_src_addr: iana('address', 225, 281, 40001),
  post_nat_dst_addr: iana('address', 226, 282, 40002),
  post_napt_src_port: iana('uint', 227, 40003),
  post_napt_dst_port: iana('uint', 228, 40004),
  flow_start: [
    ...iana('time_ms', 152),
    ...iana('time_us', 154),
    ...iana('time_ns', 156),
    ...iana('time_s', 150),
    ...iana('time_before_us', 158),
    ...iana('time_uptime', 22),
  ],
  flow_end: [
    ...iana('time_ms', 153),
    ...iana('time_us', 155),
    ...iana('time_ns', 157),
    ...iana('time_s', 151),
    ...iana('time_before_us', 159),
    ...iana('time_uptime', 21),
  ],
}

/**
 * When something happened, for records that are events (NSEL, NAT): start and end where the record has no
 * other.
 */
export const EVENT_TIME_SOURCES: readonly ColumnSource[] = [
  ...iana('time_ms', 323),
  ...iana('time_us', 324),
  ...iana('time_ns', 325),
  ...iana('time_s', 322),
]

/** Elements with a meaning of their own. All are IANA's. */
export const ELEMENT = {
  samplingInterval: 34,
  samplerId: 48,
  samplerRandomInterval: 50,
  selectorId: 302,
  samplingPacketInterval: 305,
  samplingPacketSpace: 306,
  samplingSize: 309,
  samplingPopulation: 310,
  samplingProbability: 311,
  systemInitTimeMilliseconds: 160,
  flowDurationMilliseconds: 161,
  flowDurationMicroseconds: 162,
  dataLinkFrameSection: 315,
  layer2packetSectionData: 104,
  ipHeaderPacketSection: 313,
  interfaceName: 82,
  interfaceDescription: 83,
} as const
