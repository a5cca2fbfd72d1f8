import type { ClickHouseClient } from '@clickhouse/client'
import type { DeviceInterface, InterfaceStore } from '../../model/device_interface.js'

/**
 * Names of interfaces that are not from options data. Those go to `vigie.exporter_names` too, but behind what the
 * exporter itself says: of names of one interface the one seen last holds there, so a name of the registry is seen in
 * 2001 and one of an agent in 1970.
 */
export class ClickHouseInterfaces implements InterfaceStore {
  readonly #client: ClickHouseClient

  constructor(client: ClickHouseClient) {
    this.#client = client
  }

  async write(rows: readonly DeviceInterface[]): Promise<void> {
    if (rows.length === 0) return
    await this.#client.insert({
      table: 'vigie.interfaces',
      values: rows.map((row) => ({ ...row, seen: dateTime(row.seen) })),
      format: 'JSONEachRow',
    })
    await this.#client.insert({
      table: 'vigie.exporter_names',
      values: rows
        .filter(({ name }) => name !== '')
        .map(({ exporter_addr, if_index, name, seen, source }) => ({
          exporter_addr,
          kind: 'interface',
          key: if_index,
          name,
          seen: dateTime(source === 'registry' ? 1e12 + seen / 1000 : seen / 1000),
        })),
      format: 'JSONEachRow',
    })
  }
}

const dateTime = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replace('T', ' ')
