/**
 * The columns of a flow: one list, from which the decoder, the Native encoder, the ClickHouse schema,
 * the JSONL printer and the documentation all take names, widths and meanings.
 *
 * A column is stored as fixed-width values, laid out as ClickHouse's Native format wants them (little-endian,
 * IPv6 as 16 bytes in network order), so that a column goes from the wire to the disk as one run of bytes.
 */

/** How a value lies in memory. `time_ms` is DateTime64(3): a signed 64-bit count of milliseconds since 1970 UTC. */
export type ColumnKind = 'u8' | 'u16' | 'u32' | 'u64' | 'time_ms' | 'ipv6' | 'string'

export interface FlowColumn {
  readonly name: string
  readonly kind: ColumnKind
  /** The type in ClickHouse. */
  readonly type: string
  /** What it is and where it comes from; becomes the column's comment in ClickHouse. */
  readonly comment: string
  /** Value of a row that does not know it. 0 unless zero means something. */
  readonly unknown: number
}

/** Bytes a value takes; strings are stored as 4-byte indices into the block's string table. */
export const KIND_WIDTH: Readonly<Record<ColumnKind, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  time_ms: 8,
  ipv6: 16,
  string: 4,
}

/** `export_protocol`; the codes are stored, the names are seen. */
export const EXPORT_PROTOCOLS = {
  netflow1: 1,
  netflow5: 5,
  netflow7: 7,
  netflow9: 9,
  ipfix: 10,
  sflow5: 11,
} as const
export type ExportProtocol = keyof typeof EXPORT_PROTOCOLS

/** Where `sampling_rate` was taken from, best source first. */
export const SAMPLING_SOURCES = { none: 0, record: 1, options: 2, header: 3, config: 4 } as const
export type SamplingSource = keyof typeof SAMPLING_SOURCES

/** Which ends of a flow lie inside the registered network. */
export const LOCALITIES = { transit: 0, outbound: 1, inbound: 2, internal: 3 } as const
export type Locality = keyof typeof LOCALITIES

/** Which end of a flow a threat indicator matched. */
export const THREAT_ENDS = { none: 0, src: 1, dst: 2, both: 3 } as const
export type ThreatEnd = keyof typeof THREAT_ENDS

const enum8 = (codes: Readonly<Record<string, number>>): string =>
  `Enum8(${Object.entries(codes)
    .map(([name, code]) => `'${name}' = ${code}`)
    .join(', ')})`

const TYPES: Readonly<Record<ColumnKind, string>> = {
  u8: 'UInt8',
  u16: 'UInt16',
  u32: 'UInt32',
  u64: 'UInt64',
  time_ms: "DateTime64(3, 'UTC')",
  ipv6: 'IPv6',
  string: 'LowCardinality(String)',
}

const column = (
  name: string,
  kind: ColumnKind,
  comment: string,
  more: Partial<FlowColumn> = {},
): FlowColumn => ({
  name,
  kind,
  type: TYPES[kind],
  comment,
  unknown: 0,
  ...more,
})

/** A one-byte column in which zero is a value of its own. */
const MAYBE_ZERO = { unknown: 255 } as const

/** Columns that come from the datagram. Element ids are IANA's (IPFIX); NetFlow v9 shares those below 128. */
const DECODED = [
  column('time_received', 'time_ms', "Receipt by the collector, by the collector's clock"),
  column(
    'flow_start',
    'time_ms',
    'First packet: 150, 152, 154, 156, 158, 22 with sysUpTime (160); sFlow: receipt',
  ),
  column(
    'flow_end',
    'time_ms',
    'Last packet: 151, 153, 155, 157, 159, 21 with sysUpTime (160); sFlow: receipt',
  ),
  column('export_protocol', 'u8', 'Protocol of the datagram', {
    type: enum8({ unknown: 0, ...EXPORT_PROTOCOLS }),
  }),
  column('exporter_addr', 'ipv6', 'Source of the datagram, 130 or 131 behind a relay; sFlow: agent'),
  column('observation_domain', 'u32', 'Observation domain id, v9 source id, v5 engine, sFlow sub-agent'),
  column('src_addr', 'ipv6', '8, 27'),
  column('dst_addr', 'ipv6', '12, 28'),
  column('next_hop', 'ipv6', '15, 62'),
  column('bgp_next_hop', 'ipv6', '18, 63'),
  column('src_port', 'u16', '7, 180, 182'),
  column('dst_port', 'u16', '11, 181, 183'),
  column('ip_proto', 'u8', '4'),
  column('ip_tos', 'u8', '5'),
  column('tcp_flags', 'u16', '6: OR of the flags of all packets'),
  column('icmp_type', 'u8', '32, 139 (high byte), 176, 178', MAYBE_ZERO),
  column('icmp_code', 'u8', '32, 139 (low byte), 177, 179', MAYBE_ZERO),
  column('bytes', 'u64', '1, 85, 231: octets as exported, not multiplied by the sampling rate'),
  column('packets', 'u64', '2, 86, 298: packets as exported, not multiplied by the sampling rate'),
  column('reverse_bytes', 'u64', 'Octets of the answer: 29305/1, 232'),
  column('reverse_packets', 'u64', 'Packets of the answer: 29305/2, 299'),
  column(
    'sampling_rate',
    'u32',
    'One packet in so many was looked at: 34, 305 and 306, 309 and 310, 50; v5 header',
  ),
  column('sampling_source', 'u8', 'Where sampling_rate was taken from', { type: enum8(SAMPLING_SOURCES) }),
  column('in_if', 'u32', '10, 252'),
  column('out_if', 'u32', '14, 253'),
  column('src_as', 'u32', '16'),
  column('dst_as', 'u32', '17'),
  column('src_mask', 'u8', '9, 29'),
  column('dst_mask', 'u8', '13, 30'),
  column('src_mac_u48', 'u64', '56, 81: source MAC address as a number; src_mac is its text'),
  column('dst_mac_u48', 'u64', '57, 80: destination MAC address as a number; dst_mac is its text'),
  column('src_vlan', 'u16', '58, 243'),
  column('dst_vlan', 'u16', '59, 254'),
  column('direction', 'u8', '61: 0 ingress, 1 egress, 255 unknown', MAYBE_ZERO),
  column('forwarding_status', 'u8', '89'),
  column('flow_end_reason', 'u8', '136'),
  column('firewall_event', 'u8', '233, 40005'),
  column('app_key', 'u64', '95: engine in the top byte, selector in the other 56 bits; app_id is its text'),
  column('app_label', 'string', "96: the application's name where the record itself carries it"),
  column('in_if_label', 'string', '82 in the record: the name of in_if where the record itself carries it'),
  column(
    'out_if_label',
    'string',
    '82 or 83 in the record: the name of out_if where the record itself carries it',
  ),
  column('in_vrf', 'u32', '234'),
  column('out_vrf', 'u32', '235'),
  column('mpls_label_1', 'u32', '70: the label alone, 20 bits'),
  column('mpls_label_2', 'u32', '71'),
  column('mpls_label_3', 'u32', '72'),
  column('post_nat_src_addr', 'ipv6', '225, 281'),
  column('post_nat_dst_addr', 'ipv6', '226, 282'),
  column('post_napt_src_port', 'u16', '227'),
  column('post_napt_dst_port', 'u16', '228'),
] as const

/** Columns that the enrichment fills. Ids are stable for ever; dictionaries turn them into names at query time. */
const ENRICHED = [
  column('src_org_id', 'u32', 'Organisation of the source; src_org is its id in the registry'),
  column('dst_org_id', 'u32', 'Organisation of the destination; dst_org is its id in the registry'),
  column('src_site_id', 'u32', 'Site of the source; src_site is its id in the registry'),
  column('dst_site_id', 'u32', 'Site of the destination; dst_site is its id in the registry'),
  column(
    'src_region_code',
    'u8',
    'Administrative region of the source site, 1 to 17; src_region is its code',
  ),
  column('dst_region_code', 'u8', 'Administrative region of the destination site, 1 to 17'),
  column('locality', 'u8', 'Which ends lie inside the registered network', { type: enum8(LOCALITIES) }),
  column('provider_id', 'u32', 'Supplier of the link'),
  column('link_id', 'u32', 'Link of the site'),
  column('app_rule_id', 'u32', 'Application by the rules of the registry'),
  column('app_class_id', 'u8', 'Class of the application'),
  column('src_country_code', 'u16', 'ISO 3166 letters of the source, two bytes'),
  column('dst_country_code', 'u16', 'ISO 3166 letters of the destination, two bytes'),
  column('counted', 'u8', '1 on the one observation of a flow that totals use', { unknown: 1 }),
  column(
    'threat_id',
    'u32',
    'Threat indicator that an end matched, the graver one of two; threat is its text',
  ),
  column('privacy_key', 'u16', 'Key by which addresses of the row were pseudonymised'),
  column('threat_end', 'u8', 'Which end matched', { type: enum8(THREAT_ENDS) }),
] as const

/** All stored columns, in the order of the table. The index in this list is the column's id everywhere. */
export const FLOW_COLUMNS: readonly FlowColumn[] = [...DECODED, ...ENRICHED]

/** Column id by name, for code that speaks of one column: `COL.src_addr`. */
export const COL: Readonly<Record<string, number>> = Object.freeze(
  Object.fromEntries(FLOW_COLUMNS.map((c, id) => [c.name, id])),
)
