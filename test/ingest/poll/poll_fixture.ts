import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { type PollerSetConfig, pollersSchema, pollingSchema } from '../../../ingest/poll/config.js'
import { PollerSet } from '../../../ingest/poll/poller_set.js'
import type { PollClock } from '../../../ingest/poll/ports.js'
import type { EdgePayload } from '../../../model/edge_payload.js'
import type { EdgePayloadSink, Logger, StateStore } from '../../../model/ports.js'
import {
  type ControllerContract,
  type ControllerData,
  SimulatedController,
} from '../../../simulate/edges/controller.js'

/** Longer than an answer on loopback takes. */
const QUIET_MS = 15

/** Time that stands still until the test lets it go on, from sleeper to sleeper. */
export class ManualClock implements PollClock {
  #nowMs: number
  readonly #sleepers = new Set<{ atMs: number; wake: () => void }>()
  #changes = 0

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const sleeper = {
        atMs: this.#nowMs + Math.max(0, ms),
        wake: () => {
          this.#changes++
          this.#sleepers.delete(sleeper)
          signal.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      signal.addEventListener('abort', sleeper.wake, { once: true })
      this.#changes++
      this.#sleepers.add(sleeper)
    })
  }

  /** All loops sleep, or those that do not wait for one that sleeps: nothing has moved for a while. */
  async #quiet(loops: number): Promise<void> {
    let [seen, since] = [-1, performance.now()]
    while (this.#sleepers.size < loops) {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#changes !== seen || this.#sleepers.size === 0)
        [seen, since] = [this.#changes, performance.now()]
      else if (performance.now() - since > QUIET_MS) break
    }
  }

  /** Lets time go on to `toMs`, waking one sleeper after the other, each time when all `loops` have come to rest. */
  async runTo(toMs: number, loops = 1): Promise<void> {
    for (;;) {
      await this.#quiet(loops)
      const first = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs)[0]
      if (first === undefined || first.atMs > toMs) break
      this.#nowMs = Math.max(this.#nowMs, first.atMs)
      first.wake()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#nowMs = Math.max(this.#nowMs, toMs)
  }
}

/** Takes payloads as the stream does: the same id twice is one payload. */
export class MemorySink implements EdgePayloadSink {
  readonly payloads = new Map<string, EdgePayload>()
  /** Publishes of an id that was there. */
  repeats = 0
  /** The next so many publishes are refused. */
  refuse = 0

  async publish(payload: EdgePayload, id?: string): Promise<void> {
    if (this.refuse > 0) {
      this.refuse--
      throw new Error('no answer from the stream')
    }
    if (id === undefined) throw new Error('a poller gives ids')
    if (this.payloads.has(id)) this.repeats++
    else this.payloads.set(id, payload)
  }

  get texts(): string[] {
    return [...this.payloads.values()].map(({ bytes }) => Buffer.from(bytes).toString('utf8'))
  }
}

export class MemoryState implements StateStore {
  readonly map = new Map<string, Uint8Array>()
  get = async (key: string) => this.map.get(key)
  put = async (key: string, value: Uint8Array) => void this.map.set(key, Uint8Array.from(value))
  delete = async (key: string) => void this.map.delete(key)
  keys = async (prefix: string) => [...this.map.keys()].filter((key) => key.startsWith(prefix))
}

/** Keeps all that was logged, as text. */
export class KeptLog implements Logger {
  readonly lines: string[] = []
  readonly #keep = (fields: object, message: string): void =>
    void this.lines.push(`${message} ${JSON.stringify(fields)}`)
  debug = this.#keep
  info = this.#keep
  warn = this.#keep
  error = this.#keep
}

/** One controller, one poller, and all that the poller leaves. */
export class PollFixture {
  readonly clock: ManualClock
  readonly sink = new MemorySink()
  readonly state = new MemoryState()
  readonly log = new KeptLog()
  readonly controller: SimulatedController
  metrics = new Registry()
  readonly #dir = mkdtempSync(join(tmpdir(), 'vigie-poll-'))
  readonly #credentials: string
  #set: PollerSet | undefined

  constructor(
    contract: ControllerContract,
    data: ControllerData,
    options: { startMs: number; pageRows?: number },
  ) {
    this.clock = new ManualClock(options.startMs)
    this.#credentials = join(this.#dir, 'credentials.yaml')
    writeFileSync(this.#credentials, JSON.stringify(contract.credentials))
    this.controller = new SimulatedController(contract, {
      data,
      nowMs: () => this.clock.nowMs(),
      pageRows: options.pageRows ?? 1000,
    })
  }

  config(more: object = {}): PollerSetConfig {
    const { contract, url } = this.controller
    const poller = { id: 'p1', vendor: contract.id, url, credentials_file: this.#credentials, ...more }
    const options = { ...contract.options, ...(more as { options?: object }).options }
    return {
      pollers: pollersSchema.parse([{ ...poller, options }]),
      snmp: [],
      polling: pollingSchema.parse({}),
    }
  }

  async start(more: object = {}): Promise<void> {
    this.metrics = new Registry()
    this.#set = new PollerSet(this.config(more), {
      sink: this.sink,
      state: this.state,
      clock: this.clock,
      logger: this.log,
      metrics: this.metrics,
      random: () => 0.5,
      env: {},
    })
    await this.#set.start()
  }

  async stop(): Promise<void> {
    await this.#set?.stop()
    this.#set = undefined
  }

  async close(): Promise<void> {
    await this.stop()
    await this.controller.stop()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  /** The sum of a counter over the labels that are given. */
  async counted(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const metric = (await this.metrics.getMetricsAsJSON()).find(
      (one) => one.name === `vigie_poll_${name}_total`,
    )
    const values = (metric?.values ?? []) as { value: number; labels: Record<string, string> }[]
    return values
      .filter((value) => Object.entries(labels).every(([key, text]) => value.labels[key] === text))
      .reduce((sum, { value }) => sum + value, 0)
  }
}
