import type { DeviceInterface } from '../../model/device_interface.js'

/** Columns of IF-MIB (RFC 2863) that name interfaces and tell their speed. */
export const INTERFACE_COLUMNS = [
  { oid: '1.3.6.1.2.1.2.2.1.2', name: 'ifDescr' },
  { oid: '1.3.6.1.2.1.2.2.1.5', name: 'ifSpeed' },
  { oid: '1.3.6.1.2.1.31.1.1.1.1', name: 'ifName' },
  { oid: '1.3.6.1.2.1.31.1.1.1.15', name: 'ifHighSpeed' },
  { oid: '1.3.6.1.2.1.31.1.1.1.18', name: 'ifAlias' },
] as const

/** Names are cut to this. */
const TEXT_MAX = 255
/** ifSpeed of an interface that is faster than it can tell. */
const SPEED_MAX = 4_294_967_295

/** Interfaces out of cells, `ifName.3` and so on; one without a name or description is left out. */
export function interfacesOf(
  cells: Readonly<Record<string, string | number>>,
  exporter_addr: string,
  seen: number,
): DeviceInterface[] {
  const indices = new Set<number>()
  for (const cell of Object.keys(cells)) {
    const match = /^if(?:Name|Descr)\.(\d{1,10})$/.exec(cell)
    if (match !== null && Number(match[1]) <= 0xffffffff) indices.add(Number(match[1]))
  }
  return [...indices].flatMap((if_index) => {
    const text = (column: string): string =>
      String(cells[`${column}.${if_index}`] ?? '')
        .replaceAll(/\p{Cc}+/gu, ' ')
        .trim()
        .slice(0, TEXT_MAX)
    const name = text('ifName') || text('ifDescr')
    if (name === '') return []
    const [high, low] = [Number(text('ifHighSpeed')) || 0, Number(text('ifSpeed')) || 0]
    // ifHighSpeed is rounded to Mbit/s: the exact figure holds where it fits.
    const speed_bps = low > 0 && low < SPEED_MAX ? low : high * 1e6
    return [
      { exporter_addr, if_index, name, alias: text('ifAlias'), speed_bps, source: 'snmp' as const, seen },
    ]
  })
}
