import fastify, { type FastifyInstance } from 'fastify'
import { AggregatorRegistry } from 'prom-client'
import { z } from 'zod'
import type { RowSource } from '../dashboards/row_source.js'
import { viewerSchema } from '../dashboards/viewer/server/config.js'
import type { BusConfig } from '../ingest/bus/config.js'
import type { Component } from '../model/ports.js'
import type { EdgesConfig } from './config/edges_schema.js'
import type { RoleIo } from './role.js'

export const webSchema = z.strictObject({
  /** Where the viewer, the health checks and the metrics listen. */
  address: z.string().default('127.0.0.1').describe('address to listen on'),
  /** 0: any free port. */
  port: z.int().min(0).max(65535).default(8080).describe('port of the viewer, health and metrics'),
  viewer: viewerSchema.prefault({}),
})
/** Who sends a request for longer is cut off. */
const REQUEST_TIMEOUT_MS = 30_000

export type WebConfig = z.infer<typeof webSchema>

/** What the role is handed: its settings, and where the store is. */
export interface WebRoleConfig extends WebConfig {
  readonly store_url: string
  readonly edges: EdgesConfig
  readonly bus: BusConfig
}

/** `/healthz`, `/readyz`, `/metrics`: for orchestrators, load balancers and Prometheus. */
function operations(app: FastifyInstance, io: RoleIo): void {
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const roles = (await io.survey()).map(({ metrics: _, ...state }) => state)
    const ready = roles.every((role) => role.ready || role.name === 'web')
    return reply.code(ready ? 200 : 503).send({ ready, roles })
  })
  app.get('/metrics', async (_request, reply) => {
    const roles = await io.survey()
    const registry = AggregatorRegistry.aggregate(
      roles.map((role) => role.metrics as object[]).filter((m) => m.length > 0),
    )
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}

/** The dashboards, drawn for those who have no Grafana. Loaded here, so that reading the configuration stays quick. */
async function viewer(
  app: FastifyInstance,
  config: WebRoleConfig,
  io: RoleIo,
): Promise<{ rows: RowSource; bus: Component }> {
  const [{ Viewer }, { builtInAll }, { clickHouseRows }, { readUsers }, desk, lazy, titles] =
    await Promise.all([
      import('../dashboards/viewer/server/routes.js'),
      import('../dashboards/build.js'),
      import('../dashboards/row_source.js'),
      import('../dashboards/viewer/server/users_file.js'),
      import('./finding_desk.js'),
      import('./lazy_bus.js'),
      import('./service_titles.js'),
    ])
  const services = titles.SERVICE_TITLES
  const rows = clickHouseRows(config.store_url, config.viewer.queries_at_once)
  const { logger, metrics } = io
  const clock = { nowMs: () => Date.now() }
  const file = config.viewer.users_file
  const users = file === undefined ? {} : { users: readUsers(file) }
  const bus = new lazy.LazyBus(config.bus, logger, 'vigie-web-actions')
  new Viewer(config.viewer, {
    rows,
    clock,
    logger,
    metrics,
    dashboards: builtInAll(services),
    services,
    desk: desk.findingDesk(bus, logger),
    ...users,
  }).register(app)
  return { rows, bus }
}

/** Telemetry that is pushed to this machine. Without sources nobody may push, and NATS is not needed. */
async function push(app: FastifyInstance, config: WebRoleConfig, io: RoleIo): Promise<Component> {
  const { http, mappings, publisher } = config.edges
  const { logger, metrics } = io
  const [
    { EdgePush },
    { readPushSources },
    { mappedVendors },
    { AdapterReader },
    { Bus },
    { EdgePublisher },
  ] = await Promise.all([
    import('../ingest/http/edge_push.js'),
    import('../ingest/http/push_sources.js'),
    import('./mapped_vendors.js'),
    import('../ingest/edge/edge_reader.js'),
    import('../ingest/bus/bus.js'),
    import('../ingest/bus/edge_publisher.js'),
  ])
  const sources = readPushSources(http.sources, process.env)
  const reader = new AdapterReader(mappedVendors(mappings))
  const bus = new Bus(config.bus, { logger, metrics, name: 'vigie-web' })
  if (sources.length > 0) await bus.start()
  new EdgePush(http, {
    sink: new EdgePublisher(publisher, { bus, metrics }),
    sources,
    knowsVendor: (vendor) => reader.knows(vendor),
    clock: { nowMs: () => Date.now() },
    logger,
    metrics,
  }).register(app)
  return bus
}

/** The web role: what a browser, a probe or Prometheus asks of this machine. */
export async function runWeb(config: WebRoleConfig, io: RoleIo): Promise<Component> {
  const app = fastify({ logger: false, bodyLimit: 1_048_576, requestTimeout: REQUEST_TIMEOUT_MS })
  operations(app, io)
  const bus = await push(app, config, io)
  const { rows, bus: actions } = await viewer(app, config, io)
  const url = await app.listen({ host: config.address, port: config.port })
  io.report({ url })
  io.logger.info({ url }, 'the web role listens')
  const stop = async (): Promise<void> => {
    await app.close()
    await bus.stop()
    await actions.stop()
    await rows.close()
  }
  return { start: async () => undefined, stop }
}
