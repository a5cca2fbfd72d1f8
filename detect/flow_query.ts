/** Which flows an SQL shows. Addresses and prefixes are text as `addressText` writes it, never anything a network sent. */
export interface FlowFilter {
  readonly src?: string
  readonly dst?: string
  readonly srcPort?: number
  readonly dstPort?: number
  readonly ipProto?: number
  readonly siteId?: number
  readonly threatId?: number
  readonly fromMs: number
  readonly toMs: number
}

/**
 * The statement that shows an analyst the flows behind a finding. Times are by `flow_end`, widened by a minute on both
 * sides, because exporters round.
 */
export function flowsSql(filter: FlowFilter): string {
  const where = [
    `flow_end BETWEEN ${time(filter.fromMs - 60_000)} AND ${time(filter.toMs + 60_000)}`,
    ...address('src_addr', filter.src),
    ...address('dst_addr', filter.dst),
    ...equal('src_port', filter.srcPort),
    ...equal('dst_port', filter.dstPort),
    ...equal('ip_proto', filter.ipProto),
    ...equal('dst_site_id', filter.siteId),
    ...equal('threat_id', filter.threatId),
  ]
  return `SELECT * FROM vigie.flows WHERE ${where.join(' AND ')} ORDER BY flow_end LIMIT 1000`
}

const time = (ms: number): string => `fromUnixTimestamp64Milli(${Math.floor(ms)}, 'UTC')`

function equal(column: string, value: number | undefined): string[] {
  return value === undefined ? [] : [`${column} = ${value}`]
}

function address(column: string, text: string | undefined): string[] {
  if (text === undefined) return []
  if (!text.includes('/')) return [`${column} = toIPv6('${text}')`]
  const [base, length] = text.split('/') as [string, string]
  const v6 = base.includes(':')
  return [`isIPAddressInRange(toString(${column}), '${v6 ? text : `::ffff:${base}/${Number(length) + 96}`}')`]
}
