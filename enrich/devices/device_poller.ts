import { Counter, Gauge, type Registry as Metrics } from 'prom-client'
import type { DeviceInterface, InterfaceStore } from '../../model/device_interface.js'
import type { Clock, Component, Logger, StateStore } from '../../model/ports.js'
import type { DevicesConfig } from './config.js'
import { INTERFACE_COLUMNS, interfacesOf } from './if_mib.js'

/** An agent that can be asked. */
export interface DeviceAgent {
  readonly id: string
  /** Source address of its flow datagrams. */
  readonly exporter: string
  /** Cells of columns, column by column, within a bound of time. Rejects where there is no answer. */
  ask(columns: typeof INTERFACE_COLUMNS): Promise<Readonly<Record<string, string | number>>>
}

export interface DevicePollerDeps {
  readonly agents: readonly DeviceAgent[]
  readonly state: StateStore
  readonly store: InterfaceStore
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

interface Turn {
  readonly agent: DeviceAgent
  dueMs: number
  failures: number
  /** What the store has of it, as text. */
  stored: string
}

const TICK_MS = 500

/**
 * Asks agents what their interfaces are called, on a schedule of its own. What it learned is kept in the durable map and in the
 * store; nothing waits for it: a flow whose interface has no name is stored with its number, and gets the name when somebody
 * asks for it.
 */
export class DevicePoller implements Component {
  readonly #config: DevicesConfig
  readonly #deps: DevicePollerDeps
  readonly #turns: Turn[]
  readonly #asking = new Set<Promise<void>>()
  readonly #polls: Counter
  #known = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(config: DevicesConfig, deps: DevicePollerDeps) {
    this.#config = config
    this.#deps = deps
    this.#turns = deps.agents.map((agent) => ({ agent, dueMs: 0, failures: 0, stored: '' }))
    const registers = [deps.metrics]
    this.#polls = new Counter({
      name: 'vigie_devices_polls_total',
      help: 'Times an agent was asked for its interfaces, by what came of it.',
      labelNames: ['result'],
      registers,
    })
    const known = () => this.#known
    new Gauge({
      name: 'vigie_devices_interfaces',
      help: 'Interfaces whose names are known of agents.',
      registers,
      collect() {
        this.set(known())
      },
    })
  }

  /** Resolves at once: what is known from before is written to the store in the course of the first turns. */
  async start(): Promise<void> {
    this.#stopped = false
    if (this.#turns.length > 0) this.#tick()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await Promise.all(this.#asking)
  }

  #tick(): void {
    const nowMs = this.#deps.clock.nowMs()
    for (const turn of this.#turns) {
      if (this.#asking.size >= this.#config.parallel) break
      if (turn.dueMs > nowMs) continue
      turn.dueMs = Number.POSITIVE_INFINITY
      const asking = this.#ask(turn).finally(() => this.#asking.delete(asking))
      this.#asking.add(asking)
    }
    if (!this.#stopped) this.#timer = setTimeout(() => this.#tick(), TICK_MS).unref()
  }

  async #ask(turn: Turn): Promise<void> {
    const { clock, logger } = this.#deps
    const { every_s, retry_s } = this.#config
    try {
      if (turn.stored === '') await this.#recall(turn)
      const cells = await turn.agent.ask(INTERFACE_COLUMNS)
      await this.#keep(turn, interfacesOf(cells, turn.agent.exporter, clock.nowMs()))
      this.#polls.inc({ result: 'done' })
      turn.failures = 0
      turn.dueMs = clock.nowMs() + every_s * 1000
    } catch (error) {
      this.#polls.inc({ result: 'failed' })
      const waitS = Math.min(every_s, retry_s * 2 ** Math.min(turn.failures++, 20))
      turn.dueMs = clock.nowMs() + waitS * 1000
      if (this.#stopped) return
      const fields = { agent: turn.agent.id, error: (error as Error).message, retry_s: waitS }
      if (turn.failures === 1)
        logger.warn(fields, 'an agent does not tell its interfaces; what was known stays')
      else logger.debug(fields, 'an agent does not tell its interfaces yet')
    }
  }

  /** What was learned before a restart goes to the store, which may be another one. */
  async #recall(turn: Turn): Promise<void> {
    const kept = await this.#deps.state.get(keyOf(turn.agent))
    if (kept === undefined) return
    const rows = JSON.parse(Buffer.from(kept).toString()) as DeviceInterface[]
    await this.#deps.store.write(rows)
    this.#known += rows.length
    turn.stored = textOf(rows)
  }

  async #keep(turn: Turn, rows: readonly DeviceInterface[]): Promise<void> {
    const text = textOf(rows)
    if (rows.length === 0 || text === turn.stored) return
    const before = turn.stored === '' ? 0 : (JSON.parse(turn.stored) as unknown[]).length
    await this.#deps.state.put(keyOf(turn.agent), Buffer.from(JSON.stringify(rows)))
    await this.#deps.store.write(rows)
    this.#known += rows.length - before
    turn.stored = text
  }
}

/** Keys of the durable map know no colons. */
const keyOf = ({ exporter }: DeviceAgent): string => `devices.${exporter.replaceAll(/[^0-9a-fA-F]/g, '-')}`

/** What interfaces say, without when. */
const textOf = (rows: readonly DeviceInterface[]): string =>
  JSON.stringify(rows.map(({ seen: _, ...rest }) => rest))
