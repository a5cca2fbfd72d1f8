import { Registry } from 'prom-client'
import { Bus } from '../ingest/bus/bus.js'
import type { BusConfig } from '../ingest/bus/config.js'
import type { Component, Logger } from '../model/ports.js'

/** How long somebody who pressed a button is kept waiting for NATS. */
const CONNECT_MS = 3_000

/** A connection that is made when it is first needed, and made again when that failed: pages are shown without NATS. */
export class LazyBus implements Component {
  readonly #config: BusConfig
  readonly #logger: Logger
  readonly #name: string
  #bus: Promise<Bus> | undefined
  #stopped = false

  constructor(config: BusConfig, logger: Logger, name: string) {
    this.#config = { ...config, connect_timeout_ms: CONNECT_MS }
    this.#logger = logger
    this.#name = name
  }

  async start(): Promise<void> {
    // Nothing is needed yet.
  }

  /** @throws Error when there is no NATS */
  async bus(): Promise<Bus> {
    if (this.#stopped) throw new Error('this role stops')
    this.#bus ??= this.#connect()
    return this.#bus
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const bus = await this.#bus?.catch(() => undefined)
    await bus?.stop()
  }

  async #connect(): Promise<Bus> {
    // The role's own registry has the bus of its other work.
    const deps = { logger: this.#logger, metrics: new Registry(), name: this.#name }
    const bus = new Bus(this.#config, deps)
    try {
      await bus.start()
      return bus
    } catch (error) {
      this.#bus = undefined
      throw error
    }
  }
}
