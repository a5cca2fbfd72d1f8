import type { Clock } from '../../../model/ports.js'
import type { RowSource } from '../../row_source.js'
import { type Organizations, rowFilters } from './row_rules.js'

/** How long the list of tables is believed: a migration that makes one is seen then, and until then nobody's page reads it. */
const TABLES_MS = 60_000
const TABLES_MAX = 1000

/** The filters of readers, over the tables that the store has. */
export class RowAccess {
  readonly #deps: { readonly rows: RowSource; readonly clock: Clock }
  #tables: readonly string[] = []
  #readMs = Number.NEGATIVE_INFINITY

  constructor(deps: { readonly rows: RowSource; readonly clock: Clock }) {
    this.#deps = deps
  }

  /** The engine's filters for a reader; undefined where there is nothing to hide: no log-in, or all organisations. */
  async filtersOf(organizations: Organizations | undefined): Promise<string | undefined> {
    if (organizations === undefined || organizations === 'all') return undefined
    const nowMs = this.#deps.clock.nowMs()
    if (nowMs - this.#readMs >= TABLES_MS) {
      const sql =
        "SELECT name FROM system.tables WHERE database = 'vigie' AND engine LIKE '%MergeTree' ORDER BY name"
      const { rows } = await this.#deps.rows.query(sql, { rowsMax: TABLES_MAX, secondsMax: 5 })
      this.#tables = rows.map(([name]) => String(name))
      this.#readMs = nowMs
    }
    return rowFilters(organizations, this.#tables)
  }
}
