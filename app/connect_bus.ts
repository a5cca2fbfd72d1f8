import { Registry } from 'prom-client'
import { Bus } from '../ingest/bus/bus.js'
import type { BusConfig } from '../ingest/bus/config.js'
import { createLogger } from './logger.js'

/** Runs `work` with a connection to the NATS of a running pipeline, for commands that look at it. */
export async function withBus<T>(
  config: BusConfig,
  name: string,
  work: (bus: Bus) => Promise<T>,
): Promise<T> {
  const logger = createLogger(name, 'error')
  const bus = new Bus({ ...config, connect_timeout_ms: 2000 }, { logger, metrics: new Registry(), name })
  await bus.start()
  try {
    return await work(bus)
  } finally {
    await bus.stop()
  }
}
