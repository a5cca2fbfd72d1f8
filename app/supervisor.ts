import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Component, Logger } from '../model/ports.js'

export interface SupervisedRole {
  /** Of the process, its log and its metrics. */
  readonly name: string
  /** The role it runs, where several processes do; its name unless told otherwise. */
  readonly role?: string
  /** Handed to the process as it is. */
  readonly config: unknown
  /** Least severity the process logs; info unless told otherwise. */
  readonly logLevel?: string
  /** Flags of Node and V8 for the process. */
  readonly nodeFlags?: readonly string[]
  /** Environment that must be set when the process starts. */
  readonly env?: Readonly<Record<string, string>>
}

export interface SupervisorConfig {
  /** From the front of the chain to its back. They start in this order, and drain in it too: what came in first goes on first. */
  readonly roles: readonly SupervisedRole[]
  /** Folder for one log file a role; without it the logs go to stderr. */
  readonly logDir?: string
  /** How long a role may take to become ready. */
  readonly readyTimeoutMs: number
  /** How long a role may drain after SIGTERM before it is killed. */
  readonly stopTimeoutMs: number
  /** The program of a role process; Vigie's own unless told otherwise. */
  readonly roleMain?: string
}

export interface SupervisorDeps {
  readonly logger: Logger
  onReport?(role: string, fields: Readonly<Record<string, unknown>>): void
}

/** What the supervisor knows of a role, and the metrics the role gave. */
export interface RoleState {
  readonly name: string
  readonly ready: boolean
  readonly restarts: number
  readonly pid?: number
  /** As prom-client's `getMetricsAsJSON` gives them; empty when the role did not answer in time. */
  readonly metrics: readonly unknown[]
}

type RoleMessage =
  | { type: 'ready' }
  | { type: 'bye' }
  | { type: 'metrics'; metrics: unknown[] }
  | { type: 'survey'; id: number }
  | { type: 'failed'; message: string }
  | { type: 'report'; fields: Readonly<Record<string, unknown>> }

interface Running {
  readonly role: SupervisedRole
  child?: ChildProcess
  restarts: number
  ready: boolean
  startedMs: number
  /** Who waits for the role's metrics. */
  readonly asking: ((metrics: unknown[]) => void)[]
  timer?: NodeJS.Timeout
  /** Whether its first start came to anything; told once. */
  readonly first: { resolve(): void; reject(error: Error): void }
}

/** The process was killed before it was ready. One that ends by itself has a reason that another try does not mend. */
class KilledEarly extends Error {}

const ROLE_MAIN = fileURLToPath(new URL('role_main.js', import.meta.url))
const BACKOFF_FIRST_MS = 100
const BACKOFF_MAX_MS = 10_000
/** A role that ran this long has recovered: its backoff begins anew. */
const STABLE_MS = 30_000
/** A role that is busy for longer is shown without its metrics. */
const METRICS_TIMEOUT_MS = 1000

/** One process a role: starts them in order, restarts one that dies with a bounded backoff, drains them on stop. */
export class Supervisor implements Component {
  readonly #config: SupervisorConfig
  readonly #deps: SupervisorDeps
  readonly #running: Running[] = []
  #stopping = false
  #stopped: Promise<void> | undefined

  constructor(config: SupervisorConfig, deps: SupervisorDeps) {
    this.#config = config
    this.#deps = deps
  }

  /** Restarts so far by role. */
  get restarts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#running.map((r) => [r.role.name, r.restarts]))
  }

  async start(): Promise<void> {
    for (const role of this.#config.roles) {
      if (this.#stopping) return
      await this.add(role)
    }
  }

  /** Starts one more role and waits until it is ready, through restarts if it is killed before. */
  add(role: SupervisedRole): Promise<void> {
    return new Promise((resolve, reject) => {
      const first = { resolve, reject }
      const running: Running = { role, restarts: 0, ready: false, startedMs: 0, asking: [], first }
      this.#running.push(running)
      this.#tryToStart(running)
    })
  }

  /** Drains and ends one role; the others go on. */
  async remove(name: string): Promise<void> {
    const at = this.#running.findIndex((r) => r.role.name === name)
    const [running] = at < 0 ? [] : this.#running.splice(at, 1)
    if (running !== undefined) await this.#end(running)
  }

  /** `drain`: one after the other, in the order of starting. `fast`: all at once. */
  stop(how: 'drain' | 'fast' = 'drain'): Promise<void> {
    this.#stopping = true
    this.#stopped ??= (async () => {
      if (how === 'fast') await Promise.all(this.#running.map((running) => this.#end(running)))
      for (const running of [...this.#running]) await this.#end(running)
    })()
    return this.#stopped
  }

  #tryToStart(running: Running): void {
    this.#launch(running).then(running.first.resolve, (error: Error) => {
      if (!this.#stopping && running.restarts > 0)
        this.#deps.logger.error({ role: running.role.name, error: error.message }, 'a role does not start')
      if (!(error instanceof KilledEarly)) running.first.reject(error)
    })
  }

  #launch(running: Running): Promise<void> {
    const { role } = running
    const child = spawn(
      process.execPath,
      [
        ...(role.nodeFlags ?? []),
        '--enable-source-maps',
        this.#config.roleMain ?? ROLE_MAIN,
        role.name,
        role.role ?? role.name,
      ],
      {
        argv0: `vigie-${role.name}`,
        env: { ...process.env, ...role.env, VIGIE_LOG_LEVEL: role.logLevel ?? 'info' },
        stdio: ['ignore', 'ignore', this.#config.logDir === undefined ? 'inherit' : 'pipe', 'ipc'],
      },
    )
    running.child = child
    running.startedMs = performance.now()
    const log = this.#logFile(role.name)
    if (log !== undefined) child.stderr?.pipe(log)
    child.send({ type: 'config', config: role.config })
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${role.name} was not ready after ${this.#config.readyTimeoutMs / 1000} s`))
      }, this.#config.readyTimeoutMs)
      child.on('message', (message: RoleMessage) => {
        if (message.type === 'report') this.#deps.onReport?.(role.name, message.fields)
        if (message.type === 'metrics') for (const give of running.asking.splice(0)) give(message.metrics)
        if (message.type === 'survey') this.#answer(child, message.id)
        if (message.type === 'ready' || message.type === 'failed') clearTimeout(timer)
        if (message.type === 'ready') {
          running.ready = true
          resolve()
        }
        if (message.type === 'failed') reject(new Error(`${role.name}: ${message.message}`))
      })
      child.on('error', reject)
      child.on('exit', (code, signal) => {
        clearTimeout(timer)
        const Early = signal === null ? Error : KilledEarly
        reject(new Early(`${role.name} ended before it was ready (${signal ?? `exit ${code}`})`))
        if (running.child === child) this.#onExit(running, signal ?? `exit ${code}`)
      })
    })
  }

  /** All roles with their metrics. */
  survey(): Promise<RoleState[]> {
    return Promise.all(
      this.#running.map(async (running) => ({
        name: running.role.name,
        ready: running.ready,
        restarts: running.restarts,
        ...(running.child?.pid !== undefined && { pid: running.child.pid }),
        metrics: await this.#metricsOf(running),
      })),
    )
  }

  #metricsOf(running: Running): Promise<unknown[]> {
    if (!running.ready || !running.child?.connected) return Promise.resolve([])
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        running.asking.splice(running.asking.indexOf(give), 1)
        resolve([])
      }, METRICS_TIMEOUT_MS)
      const give = (metrics: unknown[]): void => {
        clearTimeout(timer)
        resolve(metrics)
      }
      running.asking.push(give)
      running.child?.send({ type: 'metrics' })
    })
  }

  #answer(child: ChildProcess, id: number): void {
    this.survey()
      .then((roles) => child.connected && child.send({ type: 'survey', id, roles }))
      .catch((error: Error) =>
        this.#deps.logger.warn({ error: error.message }, 'a survey of the roles failed'),
      )
  }

  #logFile(name: string): WriteStream | undefined {
    if (this.#config.logDir === undefined) return undefined
    mkdirSync(this.#config.logDir, { recursive: true })
    return createWriteStream(join(this.#config.logDir, `${name}.log`), { flags: 'a' })
  }

  #onExit(running: Running, how: string): void {
    running.child = undefined
    running.ready = false
    if (this.#stopping || !this.#running.includes(running)) return
    if (performance.now() - running.startedMs > STABLE_MS) running.restarts = 0
    const delayMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** running.restarts)
    running.restarts++
    this.#deps.logger.warn(
      { role: running.role.name, how, delay_ms: delayMs },
      'a role died; starting it again',
    )
    running.timer = setTimeout(() => this.#tryToStart(running), delayMs)
  }

  async #end(running: Running): Promise<void> {
    clearTimeout(running.timer)
    running.first.reject(new Error(`${running.role.name} was stopped before it was ready`))
    const { child } = running
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#deps.logger.warn({ role: running.role.name }, 'a role did not drain in time and is killed')
        child.kill('SIGKILL')
      }, this.#config.stopTimeoutMs)
      child.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
      child.kill('SIGTERM')
    })
  }
}
