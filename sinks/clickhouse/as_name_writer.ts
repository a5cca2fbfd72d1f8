import type { ClickHouseClient } from '@clickhouse/client'

/** Writes names of autonomous systems; the latest that was written of a number holds. */
export class ClickHouseAsNames {
  readonly #client: ClickHouseClient

  constructor(client: ClickHouseClient) {
    this.#client = client
  }

  async write(rows: readonly { readonly number: number; readonly name: string }[]): Promise<void> {
    if (rows.length === 0) return
    await this.#client.insert({ table: 'vigie.autonomous_systems', values: [...rows], format: 'JSONEachRow' })
  }
}
