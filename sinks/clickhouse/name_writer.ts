import type { ClickHouseClient } from '@clickhouse/client'
import type { NameRows, NameStore } from '../../model/registry_names.js'

/** Writes the registry's names to their tables; a row that is there in the same version is folded by the engine. */
export class ClickHouseNames implements NameStore {
  readonly #client: ClickHouseClient

  constructor(client: ClickHouseClient) {
    this.#client = client
  }

  async write(rows: NameRows): Promise<void> {
    for (const [table, values] of Object.entries(rows))
      if (values.length > 0)
        await this.#client.insert({ table: `vigie.${table}`, values: [...values], format: 'JSONEachRow' })
  }
}
