import { type FileHandle, open } from 'node:fs/promises'
import { isIP } from 'node:net'
import { Counter, type Registry } from 'prom-client'
import type { Clock, Component, Logger } from '../model/ports.js'
import type { SimulatorConfig } from './config.js'
import { Engine, STEP_MS } from './engine.js'
import { type Exporter, type ExportProtocol, protocolOf } from './exporter.js'
import type { TruthRecord } from './incidents/incident.js'
import { buildNetwork, type Network } from './network.js'
import { Sender } from './sender.js'

export interface SimulatorDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics?: Registry
}

export interface SimulatorCounters {
  readonly datagrams: number
  readonly flows: number
  readonly failed: number
  readonly byProtocol: Readonly<Record<ExportProtocol, { datagrams: number; flows: number }>>
}

/** A machine that stood still this long does not send what it missed. */
const LAG_MAX_MS = 5000
/** Incidents kept in memory; the file has them all. */
const TRUTH_MAX = 10_000

/** The reference network, sending to real sockets in real time. */
export class Simulator implements Component {
  readonly network: Network
  /** Resolves when `duration_s` is over and all was sent, or at `stop`. */
  readonly done: Promise<void>
  readonly truth: TruthRecord[] = []
  readonly #config: SimulatorConfig
  readonly #deps: SimulatorDeps
  readonly #sender: Sender
  #engine: Engine | undefined
  #timer: NodeJS.Timeout | undefined
  #truthFile: FileHandle | undefined
  #writing: Promise<unknown> = Promise.resolve()
  #endMs = Number.POSITIVE_INFINITY
  #finish: () => void = () => {}
  #stopped = false

  constructor(config: SimulatorConfig, deps: SimulatorDeps) {
    this.#config = config
    this.#deps = deps
    this.network = buildNetwork(config.seed, config.sites)
    const loopback = isIP(config.host) === 4 && config.host.startsWith('127.')
    this.#sender = new Sender({
      host: config.host,
      distinct: config.addressing === 'distinct' && loopback,
      socketsMax: config.sockets_max,
    })
    this.done = new Promise((resolve) => {
      this.#finish = resolve
    })
    if (deps.metrics) this.#createMetrics(deps.metrics)
  }

  /** What the kernel took so far. */
  get counters(): SimulatorCounters {
    const { datagrams, records, failed } = this.#sender.counters
    const none = () => ({ datagrams: 0, flows: 0 })
    const byProtocol = { netflow5: none(), netflow9: none(), ipfix: none(), sflow5: none() }
    for (const [exporter, sent] of this.#sender.perExporter) {
      const sums = byProtocol[protocolOf(this.network.sites[exporter]!)]
      sums.datagrams += sent.datagrams
      sums.flows += sent.records
    }
    return { datagrams, flows: records, failed, byProtocol }
  }

  async start(): Promise<void> {
    const { clock, logger } = this.#deps
    const config = this.#config
    if (config.truth_file !== undefined) this.#truthFile = await open(config.truth_file, 'a')
    const startMs = clock.nowMs()
    if (config.duration_s > 0) this.#endMs = startMs + config.duration_s * 1000
    const { enabled, kinds, every_s, intensity } = config.incidents
    const durationS = config.duration_s > 0 ? { durationS: config.duration_s } : {}
    // A second run on the same data strikes others: what the first one found is still open there.
    const incidentsSeed = (config.seed + Math.floor(startMs / 60_000)) % Number.MAX_SAFE_INTEGER
    this.#engine = new Engine(
      this.network,
      {
        seed: config.seed,
        startMs,
        flowsPerSecond: config.flows_per_s,
        weekly: config.weekly,
        datagramBytes: config.datagram_bytes,
        templateRefreshMs: config.template_refresh_s * 1000,
        sharedAddress: config.addressing === 'shared',
        ...(enabled && {
          incidents: { seed: incidentsSeed, kinds, everyS: every_s, intensity, ...durationS },
        }),
      },
      { datagram: (...sent) => this.#send(...sent), truth: (record) => this.#tell(record) },
    )
    logger.info(
      {
        sites: config.sites,
        organizations: this.network.organizations.length,
        flows_per_s: config.flows_per_s,
      },
      'the reference network is at work',
    )
    this.#turn()
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    clearTimeout(this.#timer)
    try {
      this.#engine?.flush()
      await this.#sender.close()
      await this.#writing
      await this.#truthFile?.close()
      this.#deps.logger.info({ ...this.counters }, 'the reference network is at rest')
    } finally {
      this.#finish()
    }
  }

  /** Goes through the steps that are due, then waits for the next one. */
  #turn(): void {
    const engine = this.#engine!
    const nowMs = Math.min(this.#deps.clock.nowMs(), this.#endMs)
    const lagMs = nowMs - engine.nowMs
    if (lagMs > LAG_MAX_MS) {
      this.#deps.logger.warn({ lag_ms: lagMs }, 'the simulator fell behind; what it missed is left out')
      engine.skip(lagMs - STEP_MS)
    }
    while (engine.nowMs + STEP_MS <= nowMs) engine.step()
    if (nowMs >= this.#endMs) {
      this.stop().catch((error) =>
        this.#deps.logger.error({ error: String(error) }, 'the simulator did not stop well'),
      )
      return
    }
    this.#timer = setTimeout(
      () => this.#turn(),
      Math.max(1, engine.nowMs + STEP_MS - this.#deps.clock.nowMs()),
    )
  }

  #send(exporter: Exporter, datagram: Uint8Array, records: number): void {
    const { netflow_port, ipfix_port, sflow_port } = this.#config
    const { protocol } = exporter
    const port = protocol === 'ipfix' ? ipfix_port : protocol === 'sflow5' ? sflow_port : netflow_port
    this.#sender.send({ exporter: exporter.site.index, address: exporter.address, port }, datagram, records)
  }

  #tell(record: TruthRecord): void {
    if (this.truth.length < TRUTH_MAX) this.truth.push(record)
    const { kind, site, src_count, dst } = record
    this.#deps.logger.info({ kind, site, src_count, dst: dst[0] }, 'incident begins')
    const file = this.#truthFile
    if (file === undefined) return
    const line = `${JSON.stringify(record)}\n`
    this.#writing = this.#writing.then(() => file.appendFile(line))
  }

  #createMetrics(registry: Registry): void {
    const { counters } = this.#sender
    const registers = [registry]
    new Counter({
      name: 'vigie_simulate_datagrams_total',
      help: 'Datagrams that the simulated exporters sent.',
      registers,
      collect() {
        this.reset()
        this.inc(counters.datagrams)
      },
    })
    new Counter({
      name: 'vigie_simulate_flows_total',
      help: 'Flow records in the datagrams of the simulated exporters.',
      registers,
      collect() {
        this.reset()
        this.inc(counters.records)
      },
    })
  }
}
