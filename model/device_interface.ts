/** An interface of a device, as its agent or the registry names it: a row of `vigie.interfaces`. */
export interface DeviceInterface {
  /** Source of the device's flow datagrams, IPv4 or IPv6 as text. */
  readonly exporter_addr: string
  /** ifIndex, as flows tell it. */
  readonly if_index: number
  /** ifName, else ifDescr. */
  readonly name: string
  /** ifAlias: what its operators call it; '' where they do not. */
  readonly alias: string
  /** bit/s; 0 unknown. */
  readonly speed_bps: number
  readonly source: 'snmp' | 'registry'
  /** When it was told, ms since 1970. */
  readonly seen: number
}

/** Takes what interfaces are called; of rows of one interface the one seen last holds. */
export interface InterfaceStore {
  write(rows: readonly DeviceInterface[]): Promise<void>
}
