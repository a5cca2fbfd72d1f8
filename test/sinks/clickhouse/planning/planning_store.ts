import { createClient } from '@clickhouse/client'
import { nameRows } from '../../../../enrich/registry/name_rows.js'
import {
  assignIds,
  type RegistryIds,
  type RegistryInput,
  type RegistrySnapshot,
  registrySchema,
} from '../../../../model/registry.js'
import { ClickHouseNames } from '../../../../sinks/clickhouse/name_writer.js'
import { startStore, type TestStore, temporaryDir } from '../start_store.js'

/** Days are rolled when a test says so; nothing that it writes is too old to keep. */
const NO_ROLLS = { roll_minutes: 100_000 }
const FOR_EVER = { flows_days: 20_000, rollup_days: 20_000, samples_days: 20_000, rollup_1d_days: 20_000 }

const ROLLS = [
  'state_1d_roll',
  'site_state_1d_roll',
  'quality_1d_roll',
  'traffic_5m_roll',
  'traffic_1d_roll',
] as const

/** A state, and traffic with it, from one moment up to another. */
export interface Told {
  readonly from: string
  readonly to: string
  readonly state?: string
  /** Length of each sample's interval, s; the longest of 600, 300 and 60 that fits. */
  readonly every?: number
  /** SQL expressions over `number`, the sample's index. */
  readonly tx_bps?: string
  readonly rx_bps?: string
  readonly latency_ms?: string
  readonly latency_kind?: string
  readonly loss_ratio?: string
  readonly mos?: string
}

/** The real engine with the schema, registries in versions and samples made from what was told. */
export class PlanningStore {
  readonly #store: TestStore
  #snapshot: RegistrySnapshot | undefined

  private constructor(store: TestStore) {
    this.#store = store
  }

  static async start(): Promise<PlanningStore> {
    const store = await startStore({ data_dir: temporaryDir(), schema: true, ...NO_ROLLS, ...FOR_EVER })
    // Rollups of samples that planning does not read.
    for (const table of ['link_samples', 'tunnel_samples', 'if_counters'])
      for (const step of ['1m', '1h']) await store.rows(`DROP VIEW vigie.${table}_${step}_view`)
    return new PlanningStore(store)
  }

  get url(): string {
    return this.#store.url
  }

  get ids(): RegistryIds {
    return this.#snapshot!.ids
  }

  /** Writes the next version of the registry, as the processor does. */
  async apply(input: RegistryInput): Promise<void> {
    const registry = registrySchema.parse(input)
    const before = this.#snapshot
    this.#snapshot = {
      version: (before?.version ?? 0) + 1,
      registry,
      ids: assignIds(registry, before?.ids),
    }
    const client = createClient({ url: this.url })
    await new ClickHouseNames(client).write(nameRows(this.#snapshot))
    await client.close()
    for (const table of ['organizations', 'sites', 'suppliers', 'links', 'regions', 'applications'])
      await this.run(`SYSTEM RELOAD DICTIONARY vigie.${table}_names`)
  }

  run(sql: string): Promise<string> {
    return this.#store.rows(sql)
  }

  async rows<T = Record<string, unknown>>(sql: string): Promise<T[]> {
    const text = await this.#store.rows(
      `${sql} SETTINGS output_format_json_quote_64bit_integers = 0, output_format_json_quote_decimals = 0 FORMAT JSONEachRow`,
    )
    return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as T)
  }

  /** Samples of a link as its edge would have sent them. */
  async tellLink(link: string, site: string, ...told: Told[]): Promise<void> {
    const { links, sites } = this.ids
    for (const t of told)
      await this.run(
        `INSERT INTO vigie.link_samples (${COLUMNS}, link_id, site_id, device, link) SELECT ${valuesOf(t)}, ${links[link]}, ${sites[site]}, '${site}', '${link}' FROM numbers(${countOf(t)})`,
      )
  }

  async tellTunnel(tunnel: string, link: string, site: string, ...told: Told[]): Promise<void> {
    const { links, sites } = this.ids
    for (const t of told)
      await this.run(
        `INSERT INTO vigie.tunnel_samples (${COLUMNS}, link_id, site_id, device, local, remote) SELECT ${valuesOf(t)}, ${links[link] ?? 0}, ${sites[site]}, '${site}', '${tunnel}', 'hub' FROM numbers(${countOf(t)})`,
      )
  }

  /** Rolls all days that samples came for. */
  async rollDays(): Promise<void> {
    for (const view of ROLLS) await this.roll(view)
  }

  async roll(view: string): Promise<void> {
    await this.run(`SYSTEM REFRESH VIEW vigie.${view}`)
    await this.run(`SYSTEM WAIT VIEW vigie.${view}`)
  }

  stop(): Promise<void> {
    return this.#store.stop()
  }
}

const COLUMNS =
  'observed_at, received_at, interval_s, direction, state, tx_bps, rx_bps, latency_ms, latency_kind, loss_ratio, mos'

const lengthOf = (t: Told): number => (Date.parse(t.to) - Date.parse(t.from)) / 1000
const everyOf = (t: Told): number => t.every ?? [600, 300].find((s) => lengthOf(t) % s === 0) ?? 60
/** Samples of what is told. */
export const countOf = (t: Told): number => lengthOf(t) / everyOf(t)

function valuesOf(t: Told): string {
  const at = `toDateTime64(${Date.parse(t.from) / 1000} + ${everyOf(t)} * (number + 1), 3, 'UTC')`
  const values = [t.tx_bps, t.rx_bps, t.latency_ms].map((v) => v ?? 'NULL')
  return [
    at,
    at,
    everyOf(t),
    "'both'",
    `'${t.state ?? ''}'`,
    ...values,
    `'${t.latency_kind ?? ''}'`,
    t.loss_ratio ?? 'NULL',
    t.mos ?? 'NULL',
  ].join(', ')
}
