import { createClient } from '@clickhouse/client'
import { Registry } from 'prom-client'
import type { Logger } from '../../../model/ports.js'
import { storeSchema } from '../../../sinks/clickhouse/config.js'
import { EmbeddedStore } from '../../../sinks/clickhouse/embedded/server.js'
import { migrate } from '../../../sinks/clickhouse/migrate.js'

/** A store in a process of its own: tests kill it as a machine would. Tells its URL, or why it did not start. */
const say = (level: string) => (fields: object, message: string) => {
  if (process.env.STORE_LOG) process.stderr.write(`${level} ${message} ${JSON.stringify(fields)}\n`)
}
const logger: Logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }

async function run(): Promise<void> {
  const { schema, ...settings } = JSON.parse(process.argv[2] ?? '{}')
  const config = storeSchema.parse({ port: 0, ...settings })
  const metrics = new Registry()
  const store = new EmbeddedStore(config, { logger, metrics })
  await store.start()
  if (schema) {
    const client = createClient({ url: store.url, password: config.password ?? '' })
    await migrate(client, config, logger)
    await client.close()
  }
  process.once('SIGTERM', () =>
    store.stop().then(() => process.send?.({ stopped: true }, () => process.exit(0))),
  )
  process.on('disconnect', () => process.exit(0))
  process.on('message', async () => process.send?.({ metrics: await metrics.metrics() }))
  process.send?.({ url: store.url })
}

run().catch((error: Error) => {
  process.send?.({ error: `${error.name}: ${error.message}` }, () => process.exit(1))
})
