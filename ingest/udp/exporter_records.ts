import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ExporterRecord } from '../../model/exporter.js'
import type { StateStore } from '../../model/ports.js'
import type { Exporter, ExporterTable } from './exporters.js'

/** Records under one key: small enough for a message, and for one turn of the event loop. */
const RECORDS_A_KEY = 250

const decode = (bytes: Uint8Array | undefined): ExporterRecord[] => {
  if (bytes === undefined) return []
  const records: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
  return Array.isArray(records) ? records : []
}

const prefixOf = (collector: string): string => `collector.${collector}.exporters.`

/** The exporters that a collector has seen, as it last published them (every few seconds). */
export async function readExporterRecords(store: StateStore, collector: string): Promise<ExporterRecord[]> {
  const keys = await store.keys(prefixOf(collector))
  const lists = await Promise.all(keys.map(async (key) => decode(await store.get(key))))
  return lists.flat()
}

/** Publishes the exporters under a few keys of the state store, each a JSON array of `ExporterRecord`. */
export class ExporterRecords {
  readonly #store: StateStore
  readonly #prefix: string
  /** How many keys are stored. */
  #keys = 0

  constructor(store: StateStore, collector: string) {
    this.#store = store
    this.#prefix = prefixOf(collector)
  }

  /** Fills the table with what an earlier run has published. */
  async restore(table: ExporterTable): Promise<void> {
    const keys = await this.#store.keys(this.#prefix)
    this.#keys = keys.length
    for (const key of keys) {
      for (const record of decode(await this.#store.get(key))) {
        const exporter = table.admit(record.address, record.last_seen_ms * 1000, () => undefined)
        if (typeof exporter !== 'string') exporter.resume(record)
      }
      await nextTurn()
    }
  }

  /** @param waitingOf datagrams of an exporter that wait for their template */
  async publish(table: ExporterTable, waitingOf: (exporter: Exporter) => number): Promise<void> {
    const exporters = [...table.values()]
    let key = 0
    for (let at = 0; at < exporters.length; at += RECORDS_A_KEY, key++) {
      const some = exporters.slice(at, at + RECORDS_A_KEY)
      // Those that are silent cost nothing: a key is written only when one of its exporters was heard.
      if (!some.some((exporter) => exporter.changed)) continue
      for (const exporter of some) exporter.changed = false
      const records = some.map((exporter) => exporter.record(waitingOf(exporter)))
      try {
        await this.#store.put(this.#prefix + key, Buffer.from(JSON.stringify(records)))
      } catch (error) {
        for (const exporter of some) exporter.changed = true
        throw error
      }
    }
    for (let old = key; old < this.#keys; old++) await this.#store.delete(this.#prefix + old)
    this.#keys = key
  }
}
