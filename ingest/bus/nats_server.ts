import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  createWriteStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  type WriteStream,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Component, Logger } from '../../model/ports.js'
import type { NatsServerConfig } from './config.js'

export interface NatsServerDeps {
  readonly logger: Logger
  /** Called when the server ends without having been stopped. */
  onExit?(how: string): void
}

const CONFIG_FILE = 'nats-server.conf'
const PID_FILE = 'nats-server.pid'
const PORTS_SUFFIX = '.ports'
const POLL_MS = 20

/** What to do about a missing server, in one sentence. */
export class NatsServerMissingError extends Error {
  override readonly name = 'NatsServerMissingError'
}

/**
 * `nats-server` with JetStream as a child process on the loopback, for machines without a NATS of their own.
 * When this process stops, it is stopped; when this process is killed, the next start stops it. Its streams stay on the
 * disk.
 */
export class NatsServer implements Component {
  readonly #config: NatsServerConfig
  readonly #deps: NatsServerDeps
  readonly #dir: string
  #child: ChildProcess | undefined
  #log: WriteStream | undefined
  #url = ''
  #stopping = false

  constructor(config: NatsServerConfig, deps: NatsServerDeps) {
    this.#config = config
    this.#deps = deps
    this.#dir = resolve(config.data_dir)
  }

  /** Where it accepts, once it is started; the port stays the same when it is started again. */
  get url(): string {
    return this.#url
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /**
   * Resolves when the server accepts connections.
   * @throws NatsServerMissingError when the binary is not on PATH
   */
  async start(): Promise<void> {
    if (this.#child !== undefined) return
    this.#stopping = false
    mkdirSync(this.#dir, { recursive: true })
    await this.#endOrphan()
    this.#removePortsFiles()
    writeFileSync(join(this.#dir, CONFIG_FILE), this.#configText())
    const child = spawn(
      this.#config.binary,
      ['-c', join(this.#dir, CONFIG_FILE), '--ports_file_dir', this.#dir],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    this.#log = createWriteStream(join(this.#dir, 'nats-server.log'), { flags: 'a' })
    child.stderr.pipe(this.#log)
    this.#child = child
    child.once('exit', (code, signal) => this.#onExit(child, signal ?? `exit ${code}`))
    const failed = new Promise<never>((_, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => reject(this.#startError(error)))
      child.once('exit', (code, signal) => reject(new Error(this.#endedEarly(signal ?? `exit ${code}`))))
    })
    failed.catch(() => {})
    try {
      await Promise.race([this.#ready(child), failed])
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true
    const child = this.#child
    this.#child = undefined
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      const timer = setTimeout(() => child.kill('SIGKILL'), this.#config.stop_timeout_ms)
      child.kill('SIGTERM')
      await exited
      clearTimeout(timer)
    }
    this.#log?.end()
    this.#log = undefined
  }

  /**
   * Ends the server of an earlier life whose parent was killed: it holds the streams and the port. It is known by its pid
   * file and, against a pid that went to another process, by our configuration on its command line.
   */
  async #endOrphan(): Promise<void> {
    const pid = Number(readText(join(this.#dir, PID_FILE)))
    const isOurs = () => readText(`/proc/${pid}/cmdline`).includes(join(this.#dir, CONFIG_FILE))
    if (!(pid > 0) || !isOurs()) return
    this.#deps.logger.warn({ pid }, 'a nats-server of an earlier run is still there and is stopped')
    process.kill(pid, 'SIGTERM')
    const until = performance.now() + this.#config.stop_timeout_ms
    while (isOurs() && performance.now() < until) await delay(POLL_MS)
    if (isOurs()) process.kill(pid, 'SIGKILL')
  }

  /** Waits for the ports file, which the server writes when it knows its port, then for a connection. */
  async #ready(child: ChildProcess): Promise<void> {
    const until = performance.now() + this.#config.ready_timeout_ms
    while (performance.now() < until && child.exitCode === null) {
      const url = this.#readPortsFile()
      if (url !== undefined && (await accepts(url))) {
        this.#url = url
        this.#deps.logger.info({ url, pid: child.pid }, 'nats-server is ready')
        return
      }
      await delay(POLL_MS)
    }
    throw new Error(
      `nats-server did not accept connections within ${this.#config.ready_timeout_ms / 1000} s: see ${this.#logPath()}`,
    )
  }

  #onExit(child: ChildProcess, how: string): void {
    if (this.#child !== child || this.#stopping) return
    this.#child = undefined
    this.#deps.logger.error({ how }, 'nats-server ended')
    this.#deps.onExit?.(how)
  }

  #startError(error: NodeJS.ErrnoException): Error {
    if (error.code !== 'ENOENT')
      return new Error(`nats-server does not start: ${error.message}`, { cause: error })
    return new NatsServerMissingError(
      `'${this.#config.binary}' is not on PATH: install it (Debian: apt-get install nats-server) or set NATS_URL to a server that runs`,
      { cause: error },
    )
  }

  #endedEarly(how: string): string {
    return `nats-server ended before it was ready (${how}): see ${this.#logPath()}`
  }

  #logPath(): string {
    return join(this.#dir, 'nats-server.log')
  }

  #configText(): string {
    const c = this.#config
    const previous = this.#url === '' ? undefined : Number(new URL(this.#url).port)
    const port = c.port > 0 ? c.port : (previous ?? -1)
    return [
      `listen: "${c.host}:${port}"`,
      `max_payload: ${c.max_payload_bytes}`,
      `pid_file: ${JSON.stringify(join(this.#dir, PID_FILE))}`,
      'max_pending: 268435456',
      // A processor that vanished with its machine is noticed by its silence.
      'ping_interval: "10s"',
      'ping_max: 2',
      'jetstream {',
      `  store_dir: ${JSON.stringify(join(this.#dir, 'streams'))}`,
      `  max_file_store: ${c.max_file_bytes}`,
      `  max_memory_store: ${c.max_memory_bytes}`,
      '}',
      '',
    ].join('\n')
  }

  #readPortsFile(): string | undefined {
    const file = readdirSync(this.#dir).find((name) => name.endsWith(PORTS_SUFFIX))
    if (file === undefined) return undefined
    try {
      return (JSON.parse(readFileSync(join(this.#dir, file), 'utf8')) as { nats?: string[] }).nats?.[0]
    } catch {
      return undefined
    }
  }

  #removePortsFiles(): void {
    for (const name of readdirSync(this.#dir)) if (name.endsWith(PORTS_SUFFIX)) rmSync(join(this.#dir, name))
  }
}

/** The text of a file, empty when there is none. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function accepts(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((done) => {
    const socket = connect(Number(port), hostname)
    socket.once('data', () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', () => done(false))
    socket.once('close', () => done(false))
  })
}
