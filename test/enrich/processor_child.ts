import { randomUUID } from 'node:crypto'
import { Registry } from 'prom-client'
import { Bus } from '../../ingest/bus/bus.js'
import { busSchema } from '../../ingest/bus/config.js'
import type { Logger } from '../../model/ports.js'
import { encodeExporterNames } from '../../sinks/clickhouse/exporter_name_rows.js'
import { encodeLedger } from '../../sinks/clickhouse/ledger_rows.js'
import { ClickHouseWriter } from '../../sinks/clickhouse/writer.js'
import { makeProcessor } from './processor_parts.js'
import { HttpTokenStore } from './token_store.js'

/**
 * A processor in a process of its own, to be killed: `node processor_child.js <nats url> <store url> <tokens|clickhouse>`.
 */
const [natsUrl, storeUrl, kind] = process.argv.slice(2) as [string, string, string]
const say = (level: string) => (fields: object, message: string) => {
  process.stderr.write(`${JSON.stringify({ level, message, ...fields })}\n`)
}
const logger: Logger = { debug: () => {}, info: say('info'), warn: say('warn'), error: say('error') }
const bus = new Bus(busSchema.parse({ url: natsUrl }), { logger, metrics: new Registry(), name: 'processor' })
await bus.start()
const clickhouse = kind === 'clickhouse'
const store = clickhouse ? new ClickHouseWriter({ url: storeUrl }) : new HttpTokenStore(storeUrl)
const { processor, source } = makeProcessor(
  { bus, store, logger, id: randomUUID() },
  { batch_rows: 10_000, batch_max_ms: 60, workers: 2 },
  clickhouse ? { encodeLedger, encodeNames: encodeExporterNames } : {},
)
await source.start()
await processor.start()
process.send?.('ready')
process.on('SIGTERM', async () => {
  await processor.stop()
  await source.stop()
  await bus.stop()
  process.exit(0)
})
