import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { Component } from '../model/ports.js'
import type { StoreConfig } from '../sinks/clickhouse/config.js'
import { EmbeddedStore } from '../sinks/clickhouse/embedded/server.js'
import { migrate } from '../sinks/clickhouse/migrate.js'
import type { RoleIo } from './role.js'

/** The embedded store, ready when its schema is. Reports `url`. */
export async function runStore(config: StoreConfig, io: RoleIo): Promise<Component> {
  const store = new EmbeddedStore(config, io)
  await store.start()
  const client = createClient({
    url: store.url,
    log: { level: ClickHouseLogLevel.OFF },
    ...(config.password !== undefined && { password: config.password }),
  })
  try {
    await migrate(client, config, io.logger)
  } catch (error) {
    await store.stop()
    throw error
  } finally {
    await client.close()
  }
  io.report({ url: store.url })
  return { start: async () => undefined, stop: () => store.stop() }
}
