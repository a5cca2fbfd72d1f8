/** A column of a table: object identifier, and its name in the MIB. */
export interface SnmpColumn {
  readonly oid: string
  readonly name: string
}

/** Cells of a table by `name.index`: numbers, texts; counters of 64 bits as texts. */
export type SnmpCells = Readonly<Record<string, string | number>>

/** What an agent is asked for at a time: one payload of one adapter. */
export interface SnmpTable {
  /** In the configuration, in metrics and ids. */
  readonly id: string
  readonly adapter: string
  readonly columns: readonly SnmpColumn[]
  /** The payload, where it is not the cells as they are. */
  payload?(cells: SnmpCells, device: string): unknown
}

const columns = (entry: string, prefix: string, names: Readonly<Record<number, string>>): SnmpColumn[] =>
  Object.entries(names).map(([n, name]) => ({ oid: `${entry}.${n}`, name: `${prefix}${name}` }))

/** CISCO-RTTMON-MIB: the newest result of each operation; jitter operations have one-way figures of their own. */
const ipSla: SnmpTable = {
  id: 'ip-sla',
  adapter: 'cisco-ip-sla',
  columns: [
    ...columns('1.3.6.1.4.1.9.9.42.1.2.10.1', 'rttMonLatestRttOper', { 1: 'CompletionTime', 2: 'Sense' }),
    ...columns('1.3.6.1.4.1.9.9.42.1.5.2.1', 'rttMonLatestJitterOper', {
      1: 'NumOfRTT',
      2: 'RTTSum',
      26: 'PacketLossSD',
      27: 'PacketLossDS',
      31: 'Sense',
      33: 'OWSumSD',
      37: 'OWSumDS',
      41: 'NumOfOW',
      42: 'MOS',
      47: 'AvgSDJ',
      48: 'AvgDSJ',
      49: 'OWAvgSD',
      50: 'OWAvgDS',
    }),
  ],
}

/** FORTINET-FORTIGATE-MIB: health checks of SD-WAN members. */
const fortinet: SnmpTable = {
  id: 'fortinet',
  adapter: 'fortinet',
  columns: columns('1.3.6.1.4.1.12356.101.4.9.2.1', 'fgVWLHealthCheckLink', {
    2: 'Name',
    4: 'State',
    5: 'Latency',
    6: 'Jitter',
    9: 'PacketLoss',
    14: 'IfName',
  }),
}

const OPER: Readonly<Record<string, string>> = { 1: 'up', 2: 'down', 5: 'standby', 7: 'down' }

/** IF-MIB (RFC 2863): counters of 64 bits that grow, states, speeds in Mbit/s. Told in canonical keys. */
const interfaces: SnmpTable = {
  id: 'if-mib',
  adapter: 'generic',
  columns: [
    ...columns('1.3.6.1.2.1.2.2.1', 'if', { 7: 'AdminStatus', 8: 'OperStatus' }),
    ...columns('1.3.6.1.2.1.31.1.1.1', 'if', {
      1: 'Name',
      6: 'HCInOctets',
      10: 'HCOutOctets',
      15: 'HighSpeed',
    }),
  ],
  payload: (cells, device) =>
    Object.entries(cells).flatMap(([cell, name]) => {
      const index = /^ifName\.(\d+)$/.exec(cell)?.[1]
      if (index === undefined) return []
      const at = (column: string): string => String(cells[`${column}.${index}`] ?? '')
      const [rx, tx, speed] = ['ifHCInOctets', 'ifHCOutOctets', 'ifHighSpeed'].map((column) => at(column))
      const disabled = at('ifAdminStatus') === '2'
      return [
        {
          kind: 'counters',
          vendor: 'if-mib',
          device,
          link: name,
          ...(rx !== '' && { rx_bytes: Number(rx) }),
          ...(tx !== '' && { tx_bytes: Number(tx) }),
          bytes_kind: 'cumulative',
          ...(Number(speed) > 0 && {
            tx_capacity_bps: Number(speed) * 1e6,
            rx_capacity_bps: Number(speed) * 1e6,
          }),
          state: disabled ? 'disabled' : (OPER[at('ifOperStatus')] ?? 'unknown'),
        },
      ]
    }),
}

/** Tables that agents can be asked for. A new one is an entry here. */
export const SNMP_TABLES: readonly SnmpTable[] = [ipSla, fortinet, interfaces]
