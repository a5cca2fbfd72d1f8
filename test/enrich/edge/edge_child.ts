import { Registry } from 'prom-client'
import { edgesSchema } from '../../../app/config/edges_schema.js'
import { runEdge } from '../../../app/edge_role.js'
import { busSchema } from '../../../ingest/bus/config.js'

/** The edge role in a process of its own: `node edge_child.js <nats> <store> [settings]`; tells when it is ready. */
const [nats, clickhouse_url = '', settings = '{}'] = process.argv.slice(2)
const say = (level: string) => (fields: object, message: string) => {
  if (process.env.EDGE_LOG || level === 'error')
    process.stderr.write(`${level} ${message} ${JSON.stringify(fields)}\n`)
}
const logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
const metrics = new Registry()
const role = await runEdge(
  {
    edges: edgesSchema.parse(JSON.parse(settings)),
    bus: busSchema.parse({ url: nats }),
    clickhouse_url,
  },
  { logger, metrics, report: () => {}, survey: async () => [] },
)
process.on('SIGTERM', () => role.stop().then(() => process.exit(0)))
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
