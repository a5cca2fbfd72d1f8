import type { Component } from '../../model/ports.js'
import type { PollerSetConfig } from './config.js'
import { Semaphore } from './gate.js'
import { PollMetrics } from './poll_metrics.js'
import type { PollDeps } from './ports.js'
import { SnmpAgent } from './snmp/snmp_agent.js'
import { PollSource } from './source.js'
import { POLL_VENDORS } from './vendors/index.js'

/** All pollers of this process. A controller that is away or refuses holds up none of the others. */
export class PollerSet implements Component {
  readonly #sources: readonly { run(signal: AbortSignal): Promise<void> }[]
  readonly #deps: PollDeps
  readonly #stopped = new AbortController()
  #running: Promise<unknown> = Promise.resolve()

  constructor(config: PollerSetConfig, deps: PollDeps) {
    const pollMetrics = new PollMetrics(deps.metrics)
    const places = new Semaphore(config.polling.requests_at_once_max)
    this.#deps = deps
    const parts = { ...deps, pollMetrics, places }
    this.#sources = [
      ...config.pollers.map((poller) => {
        const vendor = POLL_VENDORS.find(({ id }) => id === poller.vendor)!
        return new PollSource(poller, vendor, parts)
      }),
      ...config.snmp.map((agent) => new SnmpAgent(agent, parts)),
    ]
  }

  async start(): Promise<void> {
    const { logger } = this.#deps
    this.#running = Promise.all(
      this.#sources.map((source) =>
        source.run(this.#stopped.signal).catch((error: Error) => {
          logger.error({ error: error.stack }, 'a poller failed')
        }),
      ),
    )
  }

  /** Cuts the requests under way; what is not published yet is asked for again after the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
  }
}
