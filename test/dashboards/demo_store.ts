import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { Registry } from 'prom-client'
import type { Logger } from '../../model/ports.js'
import { storeSchema } from '../../sinks/clickhouse/config.js'
import { EmbeddedStore } from '../../sinks/clickhouse/embedded/server.js'
import { migrate } from '../../sinks/clickhouse/migrate.js'
import { insertDemoRows } from './demo_rows.js'

export const QUIET: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

export interface DemoStore {
  readonly url: string
  /** The moment that the rows lead up to, ms since 1970. */
  readonly nowMs: number
  stop(): Promise<void>
}

/** The embedded store on a free port, with the schema and the demonstration's rows. */
export async function startDemoStore(nowMs = Date.now()): Promise<DemoStore> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-dashboards-'))
  const store = new EmbeddedStore(storeSchema.parse({ port: 0, data_dir: folder }), {
    logger: QUIET,
    metrics: new Registry(),
  })
  await store.start()
  const client = createClient({ url: store.url })
  await migrate(client, { flows_days: 15, rollup_days: 400 }, QUIET)
  await insertDemoRows(client, nowMs)
  await client.close()
  return {
    url: store.url,
    nowMs,
    async stop() {
      await store.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
