/** Which samples a finding is about. */
export interface SampleFilter {
  readonly table: 'link_samples' | 'tunnel_samples' | 'edge_events' | 'if_counters'
  readonly linkId?: number
  readonly siteId?: number
  readonly supplierId?: number
  /** As the vendor names it, where the registry does not know it. */
  readonly device?: string
  readonly fromMs: number
  readonly toMs: number
}

const text = (value: string): string => `'${value.replace(/['\\]/g, (c) => `\\${c}`)}'`

/** The SQL that shows the samples behind a finding. */
export function samplesSql(filter: SampleFilter): string {
  const { table, linkId = 0, siteId = 0, supplierId = 0, device, fromMs, toMs } = filter
  const where = [
    `observed_at BETWEEN fromUnixTimestamp64Milli(${Math.floor(fromMs)}, 'UTC') AND fromUnixTimestamp64Milli(${Math.ceil(toMs)}, 'UTC')`,
    ...(linkId !== 0 ? [`link_id = ${linkId}`] : []),
    ...(siteId !== 0 ? [`site_id = ${siteId}`] : []),
    ...(supplierId !== 0 ? [`supplier_id = ${supplierId}`] : []),
    ...(linkId === 0 && siteId === 0 && device !== undefined ? [`device = ${text(device)}`] : []),
  ]
  return `SELECT * FROM vigie.${table} WHERE ${where.join(' AND ')} ORDER BY observed_at`
}
