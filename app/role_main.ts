import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Component } from '../model/ports.js'
import { createLogger } from './logger.js'
import { ROLES } from './roles.js'
import type { RoleState } from './supervisor.js'

/**
 * The body of a role process: takes its configuration from the supervisor, runs the role, drains on SIGTERM, and goes
 * when the supervisor goes. What nobody caught ends the process: the supervisor starts a clean one.
 */
const name = process.argv[2] ?? ''
const roleName = process.argv[3] ?? name
process.title = `vigie-${name}`
const logger = createLogger(name, process.env.VIGIE_LOG_LEVEL)
/** How long a role may drain whose supervisor is gone. */
const ORPHAN_STOP_MS = 10_000
const tell = (message: object): void => {
  if (process.connected) process.send?.(message)
}

/** Asks the supervisor for all roles; only the web role does. */
let surveys = 0
function survey(): Promise<readonly RoleState[]> {
  const id = ++surveys
  return new Promise((resolve) => {
    const hear = (message: { type: string; id?: number; roles?: RoleState[] }): void => {
      if (message.type !== 'survey' || message.id !== id) return
      process.off('message', hear)
      resolve(message.roles ?? [])
    }
    process.on('message', hear)
    tell({ type: 'survey', id })
  })
}

let component: Component | undefined
let stopping = false

async function stop(why: string): Promise<void> {
  if (stopping) return
  stopping = true
  logger.info({ why }, 'stopping')
  // The supervisor kills what drains for too long; without one there is nobody to do it.
  if (!process.connected) setTimeout(() => process.exit(1), ORPHAN_STOP_MS).unref()
  await component?.stop()
  // What was told last must be on its way before the process ends.
  if (process.connected) await new Promise((resolve) => process.send?.({ type: 'bye' }, resolve))
  process.exit(0)
}

function die(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  logger.fatal({ error: error instanceof Error ? error.stack : message }, 'the role failed')
  tell({ type: 'failed', message })
  process.exit(1)
}

async function run(config: unknown): Promise<void> {
  const role = ROLES[roleName]
  if (role === undefined) throw new Error(`no role is called '${roleName}'`)
  const metrics = new Registry()
  metrics.setDefaultLabels({ role: name })
  collectDefaultMetrics({ register: metrics, prefix: 'vigie_' })
  const start = await role()
  process.on('message', (message: { type: string }) => {
    if (message.type === 'metrics')
      metrics.getMetricsAsJSON().then((all) => tell({ type: 'metrics', metrics: all }), die)
  })
  component = await start(config as never, {
    logger,
    metrics,
    survey,
    report: (fields) => tell({ type: 'report', fields }),
  })
  if (stopping) await component.stop()
  tell({ type: 'ready' })
}

process.on('uncaughtException', die)
process.on('unhandledRejection', die)
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    // Ctrl-C reaches the whole group of processes: the supervisor decides the order of stopping.
    if (signal === 'SIGTERM') stop(signal).catch(die)
  })
process.on('disconnect', () => stop('the supervisor is gone').catch(die))
process.once('message', (message: { type: 'config'; config: unknown }) => {
  run(message.config).catch(die)
})
