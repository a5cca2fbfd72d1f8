import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
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

/** A folder of one run of the tests (`test/run.mjs`): what one file has built there, the next ones copy. */
const RUN_FOLDER = process.env.VIGIE_TEST_RUN_FOLDER
const MOMENT = 'moment.json'

const storeIn = (folder: string): EmbeddedStore =>
  new EmbeddedStore(storeSchema.parse({ port: 0, data_dir: folder }), {
    logger: QUIET,
    metrics: new Registry(),
  })

/** Pipes of a store are of the process that made them. */
const copy = (from: string, to: string): void =>
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter: (path) => basename(path) !== 'pipes' })

/** Fills a folder with the schema and the demonstration's rows, which takes much longer than to copy it. */
async function build(folder: string, nowMs: number): Promise<void> {
  const store = storeIn(folder)
  await store.start()
  const client = createClient({ url: store.url })
  await migrate(client, { flows_days: 15, rollup_days: 400 }, QUIET)
  await insertDemoRows(client, nowMs)
  await client.close()
  await store.stop()
  writeFileSync(join(folder, MOMENT), JSON.stringify(nowMs))
}

/** The filled folder: copied from the run's, else built and given to the run. Two files that begin at once build one each. */
async function filled(folder: string): Promise<void> {
  const shared = RUN_FOLDER && join(RUN_FOLDER, 'demo')
  if (shared && existsSync(shared)) return copy(shared, folder)
  await build(folder, Date.now())
  if (!shared || existsSync(shared)) return
  const mine = mkdtempSync(join(RUN_FOLDER, 'demo-'))
  copy(folder, mine)
  try {
    renameSync(mine, shared)
  } catch {
    // Another file was first; its rows are as good.
    rmSync(mine, { recursive: true, force: true })
  }
}

/**
 * The embedded store on a free port, with the schema and the demonstration's rows.
 * @param moment ms since 1970 that the rows lead up to; left out, the one of the rows that this run of the tests shares
 */
export async function startDemoStore(moment?: number): Promise<DemoStore> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-dashboards-'))
  await (moment === undefined ? filled(folder) : build(folder, moment))
  const nowMs = JSON.parse(readFileSync(join(folder, MOMENT), 'utf8')) as number
  const store = storeIn(folder)
  await store.start()
  return {
    url: store.url,
    nowMs,
    async stop() {
      await store.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
