import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type StoreReader, storeReader } from '../app/ask_store.js'
import { loadConfig } from '../app/config/load.js'
import { derive, type VigieConfig, vigieSchema } from '../app/config/vigie_schema.js'
import { Pipeline } from '../app/pipeline.js'
import type { RoleName } from '../app/roles.js'
import type { Logger } from '../model/ports.js'

const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {} }

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** A pipeline to be measured or tried: the real one, on free ports, in a folder that goes with it. */
export class Bed {
  readonly #dir: string
  readonly pipeline: Pipeline
  readonly store: StoreReader
  readonly config: VigieConfig
  /** Where the collector listens. */
  port = 0
  /** Where syslog is listened for. */
  syslogPort = 0

  private constructor(dir: string, config: VigieConfig, roles?: readonly RoleName[]) {
    this.#dir = dir
    this.config = config
    this.pipeline = new Pipeline(
      config,
      { logDir: join(dir, 'logs'), ...(roles && { roles }) },
      { logger: QUIET, onReport: (_role, fields) => this.#hear(fields) },
    )
    this.store = storeReader(config.clickhouse_url)
  }

  /** Folder of all that it writes. */
  get dir(): string {
    return this.#dir
  }

  /**
   * @param roles those that are wanted; all unless told otherwise
   * @param settings further ones, by dotted path
   */
  static async make(
    roles?: readonly RoleName[],
    settings: Readonly<Record<string, unknown>> = {},
  ): Promise<Bed> {
    const dir = await mkdtemp(join(tmpdir(), 'vigie-e2e-'))
    const [nats, store, web] = [await freePort(), await freePort(), await freePort()]
    const { config } = loadConfig(vigieSchema, {
      env: {},
      flags: Object.entries({
        data_dir: dir,
        'nats.port': nats,
        'store.port': store,
        'web.port': web,
        'edges.syslog.port': 0,
        'collector.hosts': ['127.0.0.1'],
        'collector.ports': [0],
        ...settings,
      }).map(([path, value]) => ({ path, flag: path, value })),
    })
    const bed = new Bed(dir, derive(config), roles)
    await bed.pipeline.start()
    return bed
  }

  #hear(fields: Readonly<Record<string, unknown>>): void {
    const listeners = fields.listeners as readonly { port: number }[] | undefined
    if (listeners !== undefined) this.port = listeners[0]!.port
    if (typeof fields.syslog_port === 'number') this.syslogPort = fields.syslog_port
  }

  /** Rows of `vigie.flows`. */
  async count(): Promise<number> {
    const [row] = await this.store.rows<{ n: number }>('SELECT count() AS n FROM vigie.flows')
    return row?.n ?? 0
  }

  /** CPU seconds of each process so far. */
  async cpu(): Promise<Record<string, number>> {
    const roles = await this.pipeline.supervisor.survey()
    const nats = this.pipeline.nats?.pid
    const pids = [...roles.map(({ name, pid }) => [name, pid] as const), ['nats-server', nats] as const]
    return Object.fromEntries(pids.flatMap(([name, pid]) => (pid === undefined ? [] : [[name, cpuOf(pid)]])))
  }

  async end(): Promise<void> {
    await this.store.close()
    await this.pipeline.stop('fast')
    await rm(this.#dir, { recursive: true, force: true })
  }
}

/** User and system time of a process, s (proc(5): fields 14 and 15, in hundredths). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
