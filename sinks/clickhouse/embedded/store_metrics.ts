import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Turns } from './turns.js'

/** What the store counts of its own. */
export interface StoreMetrics {
  readonly seconds: Histogram
  readonly failures: Counter
  readonly insertedRows: Counter
  readonly insertedBytes: Counter
  readonly cancelled: Counter
}

export function storeMetrics(registry: Registry, queries: Turns, inserts: Turns): StoreMetrics {
  const registers = [registry]
  new Gauge({
    name: 'vigie_store_queries',
    help: 'Queries and inserts that run, and that wait for their turn.',
    labelNames: ['kind', 'state'],
    registers,
    collect() {
      for (const [kind, turns] of [
        ['query', queries],
        ['insert', inserts],
      ] as const) {
        this.set({ kind, state: 'running' }, turns.active)
        this.set({ kind, state: 'waiting' }, turns.queued)
      }
    },
  })
  return {
    seconds: new Histogram({
      name: 'vigie_store_query_seconds',
      help: 'Time of queries from their turn to the end of the answer.',
      labelNames: ['kind'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
      registers,
    }),
    failures: new Counter({
      name: 'vigie_store_query_failures_total',
      help: 'Queries that ended in an error, by the code of ClickHouse.',
      labelNames: ['code'],
      registers,
    }),
    insertedRows: new Counter({
      name: 'vigie_store_inserted_rows_total',
      help: 'Rows that inserts brought, also those that were folded as duplicates.',
      registers,
    }),
    insertedBytes: new Counter({
      name: 'vigie_store_inserted_bytes_total',
      help: 'Bytes of data that inserts brought, as the engine holds them.',
      registers,
    }),
    cancelled: new Counter({
      name: 'vigie_store_queries_cancelled_total',
      help: 'Queries that were ended because their client went away.',
      registers,
    }),
  }
}
