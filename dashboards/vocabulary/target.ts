import type * as cog from '@grafana/grafana-foundation-sdk/cog'

export const PLUGIN_ID = 'grafana-clickhouse-datasource'
/** Version of the plugin whose target format this is. */
const PLUGIN_VERSION = '4.20.0'

/** The data source is a variable of every dashboard, so that a folder can be pointed at another store. */
export const DATA_SOURCE = { type: PLUGIN_ID, uid: `\${datasource}` } as const

/** How rows come back: one row a point in time (long or wide), or as they are. */
export type Shape = 'time_series' | 'table'

/** A query as the ClickHouse plugin wants it (its `CHSqlQuery`), which the SDK has no type for. */
export interface ClickHouseTarget extends cog.Dataquery {
  readonly refId: string
  readonly datasource: typeof DATA_SOURCE
  readonly editorType: 'sql'
  readonly rawSql: string
  readonly format: 0 | 1
  readonly queryType: 'timeseries' | 'table'
  readonly pluginVersion: string
  readonly meta: { readonly timezone: string }
}

/** All times are stored in UTC; buckets of a day or an hour are cut in this zone. */
export const TIME_ZONE = 'America/Toronto'

export class TargetBuilder implements cog.Builder<cog.Dataquery> {
  readonly #target: ClickHouseTarget

  constructor(sql: string, shape: Shape, refId = 'A') {
    this.#target = {
      refId,
      datasource: DATA_SOURCE,
      editorType: 'sql',
      rawSql: sql.trim(),
      format: shape === 'time_series' ? 0 : 1,
      queryType: shape === 'time_series' ? 'timeseries' : 'table',
      pluginVersion: PLUGIN_VERSION,
      meta: { timezone: TIME_ZONE },
      _implementsDataqueryVariant(): void {},
    }
  }

  build(): cog.Dataquery {
    // The marker method of the SDK's variant is not part of the JSON.
    const { _implementsDataqueryVariant: _, ...target } = this.#target
    return target as unknown as cog.Dataquery
  }
}
