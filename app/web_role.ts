import fastify, { type FastifyInstance } from 'fastify'
import { AggregatorRegistry } from 'prom-client'
import { z } from 'zod'
import type { Component } from '../model/ports.js'
import type { RoleIo } from './role.js'

export const webSchema = z.strictObject({
  /** Where the viewer, the health checks and the metrics listen. */
  address: z.string().default('127.0.0.1').describe('address to listen on'),
  /** 0: any free port. */
  port: z.int().min(0).max(65535).default(8080).describe('port of the viewer, health and metrics'),
})
export type WebConfig = z.infer<typeof webSchema>

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

/** The web role: what a browser, a probe or Prometheus asks of this machine. */
export async function runWeb(config: WebConfig, io: RoleIo): Promise<Component> {
  const app = fastify({ logger: false, bodyLimit: 1_048_576 })
  operations(app, io)
  const url = await app.listen({ host: config.address, port: config.port })
  io.report({ url })
  io.logger.info({ url }, 'the web role listens')
  return { start: async () => undefined, stop: () => app.close() }
}
