import { Registry } from 'prom-client'
import { runStore } from '../../app/store_role.js'
import { storeSchema } from '../../sinks/clickhouse/config.js'

/** The embedded store in a process of its own: `node store_child.js <folder>`; tells its URL. */
const [data_dir] = process.argv.slice(2)
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const config = storeSchema.parse({ data_dir, port: 0, flows_days: 100_000, rollup_days: 100_000 })
const store = await runStore(config, {
  logger: silent,
  metrics: new Registry(),
  report: (fields) => process.send?.(fields),
  survey: async () => [],
})
process.on('SIGTERM', () => store.stop().then(() => process.exit(0)))
