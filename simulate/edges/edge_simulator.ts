import { type FileHandle, open, readFile } from 'node:fs/promises'
import { Counter, type Registry } from 'prom-client'
import type { Clock, Component, Logger } from '../../model/ports.js'
import type { Network } from '../network.js'
import type { EdgeSimulatorConfig } from './config.js'
import { SimulatedController } from './controller.js'
import { CONTROLLERS } from './controllers/index.js'
import { controllerData, type EdgeFormat, measuredAt } from './format.js'
import { EDGE_FORMATS } from './formats/index.js'
import { PushSender } from './push_sender.js'
import { SyslogSender } from './syslog_sender.js'
import type { EdgeTruthRecord } from './troubles.js'
import { type Change, type Edge, EdgeWorld } from './world.js'

export interface EdgeSimulatorDeps {
  readonly network: Network
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics?: Registry
}

/** What the edges sent so far. */
export interface EdgeCounters {
  /** Payloads that were pushed and taken, those that nobody took. */
  readonly pushed: number
  readonly pushFailed: number
  /** Messages of syslog that went out, and the records that they tell. */
  readonly syslog: number
  readonly syslogRecords: number
  readonly syslogFailed: number
  /** Requests that the controllers answered. */
  readonly asked: number
}

const TURN_MS = 200
/** A machine that stood still this long does not send what it missed. */
const LAG_MAX_MS = 5000
const TRUTH_MAX = 10_000

/** The edges of the reference network: each measures its links and tells of them in its vendor's words, by its vendor's way. */
export class EdgeSimulator implements Component {
  readonly truth: EdgeTruthRecord[] = []
  readonly #config: EdgeSimulatorConfig
  readonly #deps: EdgeSimulatorDeps
  #world: EdgeWorld | undefined
  #push: PushSender | undefined
  #syslog: SyslogSender | undefined
  #controllers: readonly SimulatedController[] = []
  #truthFile: FileHandle | undefined
  #writing: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #doneMs = 0

  constructor(config: EdgeSimulatorConfig, deps: EdgeSimulatorDeps) {
    this.#config = config
    this.#deps = deps
    if (deps.metrics) this.#createMetrics(deps.metrics)
  }

  get counters(): EdgeCounters {
    const { udp, tcp } = this.#syslog ?? { udp: NOTHING, tcp: NOTHING }
    return {
      pushed: this.#push?.counters.payloads ?? 0,
      pushFailed: this.#push?.counters.failed ?? 0,
      syslog: udp.messages + tcp.messages,
      syslogRecords: udp.records + tcp.records,
      syslogFailed: udp.failed + tcp.failed,
      asked: this.#controllers.reduce((sum, { asked }) => sum + asked, 0),
    }
  }

  async start(): Promise<void> {
    const { network, clock, logger } = this.#deps
    const config = this.#config
    if (!config.enabled) return
    const { push_url, push_token_file, syslog_host, syslog_port, controllers_port, truth_file } = config
    if (truth_file !== undefined) this.#truthFile = await open(truth_file, 'a')
    if (push_url !== undefined && push_token_file !== undefined)
      this.#push = new PushSender(push_url, (await readFile(push_token_file, 'utf8')).trim())
    if (syslog_port !== undefined) this.#syslog = new SyslogSender(syslog_host, syslog_port)
    const world = new EdgeWorld(network, {
      models: EDGE_FORMATS.map(({ model }) => model),
      startMs: clock.nowMs(),
      everyS: config.every_s,
      troubleEveryS: config.trouble_every_s,
    })
    this.#world = world
    if (controllers_port !== undefined) await this.#startControllers(world, controllers_port)
    for (const edge of world.edges) if (edge.skewMs !== 0) this.#tell(skewOf(edge, clock.nowMs()))
    this.#doneMs = clock.nowMs()
    logger.info(
      { edges: world.edges.length, vendors: EDGE_FORMATS.length },
      'the edges tell how their links fare',
    )
    this.#turn()
  }

  #createMetrics(registry: Registry): void {
    const counters = () => this.counters
    new Counter({
      name: 'vigie_simulate_edge_payloads_total',
      help: 'What the simulated edges sent: payloads pushed, messages of syslog, answers of controllers.',
      labelNames: ['way'],
      registers: [registry],
      collect() {
        const { pushed, syslog, asked } = counters()
        this.reset()
        this.inc({ way: 'http' }, pushed)
        this.inc({ way: 'syslog' }, syslog)
        this.inc({ way: 'poll' }, asked)
      },
    })
  }

  /** Sends what is due, and waits until it is taken; then the controllers go. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#push?.close()
    await this.#syslog?.close()
    for (const controller of this.#controllers) await controller.stop()
    await this.#writing
    await this.#truthFile?.close()
    this.#truthFile = undefined
  }

  /** Nothing is sent any more; the controllers still answer. */
  async silence(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#push?.drain()
  }

  async #startControllers(world: EdgeWorld, firstPort: number): Promise<void> {
    const { clock } = this.#deps
    this.#controllers = CONTROLLERS.map((contract) => {
      const format = EDGE_FORMATS.find(({ vendor }) => vendor === contract.id)!
      const data = controllerData(format, world)
      return new SimulatedController(contract, { data, nowMs: () => clock.nowMs() })
    })
    for (const [i, controller] of this.#controllers.entries()) await controller.start(firstPort + i)
  }

  /** Each edge has its moment in the interval of measurement, so that they send evenly. */
  #turn(): void {
    const world = this.#world!
    const { clock, logger } = this.#deps
    const nowMs = clock.nowMs()
    if (nowMs - this.#doneMs > LAG_MAX_MS) {
      logger.warn({ lag_ms: nowMs - this.#doneMs }, 'the edges fell behind; what they missed is left out')
      this.#doneMs = nowMs - TURN_MS
    }
    for (const format of EDGE_FORMATS) {
      if (format.payloads === undefined) continue
      for (const edge of world.of(format.model)) this.#report(format, edge, nowMs)
    }
    for (const change of world.changes(this.#doneMs, nowMs)) this.#change(change)
    this.#doneMs = nowMs
    this.#timer = setTimeout(() => this.#turn(), TURN_MS)
  }

  #report(format: EdgeFormat, edge: Edge, nowMs: number): void {
    const world = this.#world!
    const offsetMs = (edge.index * 7919) % world.everyMs
    for (const ms of world.ticks(this.#doneMs - offsetMs, nowMs - offsetMs))
      for (const payload of format.payloads!(measuredAt(world, edge, ms))) this.#send(format, edge, payload)
  }

  #send(format: EdgeFormat, edge: Edge, payload: string): void {
    const records = format.records?.(payload) ?? 1
    if (format.way === 'syslog_udp') this.#syslog?.sendUdp(payload, records)
    else if (format.way === 'syslog_tcp') this.#syslog?.sendTcp(payload, records)
    // What a controller is asked for it does not send, but for its webhooks.
    else this.#push?.send({ vendor: format.vendor, payload, device: format.pushedFor?.(edge) })
  }

  #change(change: Change): void {
    const format = EDGE_FORMATS.find(({ model }) => model === change.edge.model)!
    for (const payload of format.change?.(change) ?? []) this.#send(format, change.edge, payload)
    if (!change.begins) return
    const { edge, link, trouble } = change
    const common = {
      vendor: format.vendor,
      site: edge.site.id,
      link: link.link.id,
      device: format.identities(edge)[0]!,
      start_ms: trouble.startMs,
      end_ms: trouble.endMs,
    }
    this.#tell({ kind: trouble.kind, ...common })
    if (trouble.kind === 'link_down' && edge.links.length > 1) this.#tell({ kind: 'failover', ...common })
  }

  #tell(record: EdgeTruthRecord): void {
    if (this.truth.length < TRUTH_MAX) this.truth.push(record)
    const file = this.#truthFile
    if (file === undefined) return
    const line = `${JSON.stringify(record)}\n`
    this.#writing = this.#writing.then(() => file.appendFile(line))
  }
}

const NOTHING = { messages: 0, records: 0, failed: 0 } as const

const skewOf = (edge: Edge, nowMs: number): EdgeTruthRecord => {
  const format = EDGE_FORMATS.find(({ model }) => model === edge.model)!
  return {
    kind: 'clock_skew',
    vendor: format.vendor,
    site: edge.site.id,
    device: format.identities(edge)[0]!,
    start_ms: nowMs,
    skew_ms: edge.skewMs,
  }
}
