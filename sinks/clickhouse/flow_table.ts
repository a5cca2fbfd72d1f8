import { type ColumnKind, FLOW_COLUMNS, type FlowColumn } from '../../model/flow_columns.js'

/**
 * Codecs by kind, chosen by measurement on flow rows (`vigie bench flow-table`): T64 packs counters, ports and times to the
 * bits they use before LZ4, a quarter smaller and no slower; ZSTD for addresses takes a sixth off the table at the same
 * cost, for everything it would take a quarter more time.
 */
const CODECS: Readonly<Record<ColumnKind, string>> = {
  u8: '',
  u16: ' CODEC(T64, LZ4)',
  u32: ' CODEC(T64, LZ4)',
  u64: ' CODEC(T64, LZ4)',
  time_ms: ' CODEC(T64, LZ4)',
  ipv6: ' CODEC(ZSTD(1))',
  string: '',
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const mac = (column: string): string => `if(${column} = 0, '', MACNumToString(${column}))`
const named = (table: string, key: string, field: string): string =>
  `dictGetOrDefault('vigie.${table}_names', '${field}', toUInt64(${key}), '')`
const label = (own: string, looked: string): string => `if(${own} != '', ${own}, ${looked})`
const region = (column: string): string => `if(${column} = 0, '', leftPad(toString(${column}), 2, '0'))`
const country = (column: string): string =>
  `if(${column} = 0, '', concat(char(bitShiftRight(${column}, 8)), char(bitAnd(${column}, 255))))`
const interfaceName = (index: string): string =>
  `dictGetOrDefault('vigie.exporter_names_dict', 'name', (exporter_addr, 'interface', toUInt64(${index})), '')`

const interfaceAlias = (index: string): string =>
  `dictGetOrDefault('vigie.interfaces_dict', 'alias', (exporter_addr, ${index}), '')`

/** Columns that are computed when asked for: texts of what is stored as numbers. */
export const FLOW_ALIASES: Readonly<Record<string, string>> = {
  src_mac: mac('src_mac_u48'),
  dst_mac: mac('dst_mac_u48'),
  app_id: `if(app_key = 0, '', concat(toString(bitShiftRight(app_key, 56)), ':', toString(bitAnd(app_key, 72057594037927935))))`,
  app_name: label(
    'app_label',
    `dictGetOrDefault('vigie.exporter_names_dict', 'name', (exporter_addr, 'application', app_key), '')`,
  ),
  in_if_name: label('in_if_label', interfaceName('in_if')),
  out_if_name: label('out_if_label', interfaceName('out_if')),
  in_if_alias: interfaceAlias('in_if'),
  out_if_alias: interfaceAlias('out_if'),
  src_org: named('organizations', 'src_org_id', 'id'),
  dst_org: named('organizations', 'dst_org_id', 'id'),
  src_site: named('sites', 'src_site_id', 'id'),
  dst_site: named('sites', 'dst_site_id', 'id'),
  src_site_name: named('sites', 'src_site_id', 'name_fr'),
  dst_site_name: named('sites', 'dst_site_id', 'name_fr'),
  src_region: region('src_region_code'),
  dst_region: region('dst_region_code'),
  src_region_name_fr: named('regions', 'src_region_code', 'name_fr'),
  dst_region_name_fr: named('regions', 'dst_region_code', 'name_fr'),
  provider: named('suppliers', 'provider_id', 'id'),
  link: named('links', 'link_id', 'id'),
  link_supplier: named('suppliers', 'provider_id', 'name_fr'),
  app: named('applications', 'app_rule_id', 'id'),
  app_class: named('app_classes', 'app_class_id', 'id'),
  src_country: country('src_country_code'),
  dst_country: country('dst_country_code'),
  src_as_name: named('autonomous_systems', 'src_as', 'name'),
  dst_as_name: named('autonomous_systems', 'dst_as', 'name'),
  threat: named('threat_indicators', 'threat_id', 'text'),
  threat_feed: named('threat_indicators', 'threat_id', 'feed'),
}

/** Aliases whose dictionary a later migration makes: they are added to the table when that is there. */
const LATE_ALIASES: ReadonlySet<string> = new Set([
  'threat',
  'threat_feed',
  'src_as_name',
  'dst_as_name',
  'in_if_alias',
  'out_if_alias',
])

/** A column as CREATE and ALTER want it. The default is what a row holds that does not know it. */
export const columnSql = ({ name, type, kind, unknown, comment }: FlowColumn): string =>
  `${name} ${type}${unknown === 0 ? '' : ` DEFAULT ${unknown}`} COMMENT ${quote(comment)}${CODECS[kind]}`

/** The columns of `vigie.flows`, stored ones first. */
export const flowColumnsSql = (): string =>
  [
    ...FLOW_COLUMNS.map(columnSql),
    ...Object.entries(FLOW_ALIASES)
      .filter(([name]) => !LATE_ALIASES.has(name))
      .map(([name, sql]) => `${name} String ALIAS ${sql}`),
  ].join(',\n  ')
