import { Exporter } from './exporter.js'
import type { Flow } from './flow.js'
import type { TruthRecord } from './incidents/incident.js'
import { IncidentSchedule, type ScheduleOptions } from './incidents/schedule.js'
import type { Network, Site } from './network.js'
import { type EmitFlow, Traffic } from './traffic.js'

export interface EngineOptions {
  readonly seed: number
  readonly startMs: number
  readonly flowsPerSecond: number
  readonly weekly: boolean
  readonly datagramBytes: number
  readonly templateRefreshMs: number
  /** One address for all exporters: each has an observation domain of its own then. */
  readonly sharedAddress: boolean
  /** `seed`: another than that of the traffic. */
  readonly incidents?: Pick<ScheduleOptions, 'kinds' | 'everyS' | 'intensity' | 'durationS'> & {
    readonly seed?: number
  }
}

export interface EngineOutput {
  /** The datagram may be kept. */
  datagram(exporter: Exporter, datagram: Uint8Array, flowRecords: number): void
  truth(record: TruthRecord): void
}

export const STEP_MS = 20
/** Longest time that a record waits in its exporter for others. */
const FLUSH_MS = 1000
const SLOTS = FLUSH_MS / STEP_MS

/**
 * The reference network at work: traffic and incidents, seen by exporters, as datagrams. It moves in steps
 * of `STEP_MS`, and what comes out hangs on the options alone, not on the pace of the steps.
 */
export class Engine {
  readonly exporters: readonly Exporter[]
  readonly #options: EngineOptions
  readonly #traffic: Traffic
  readonly #incidents: IncidentSchedule | undefined
  /** When each exporter last sent its templates. */
  readonly #announcedMs: Float64Array
  #step = 0
  #nowMs: number

  constructor(network: Network, options: EngineOptions, output: EngineOutput) {
    const { seed, startMs, flowsPerSecond, weekly, datagramBytes } = options
    this.#options = options
    this.#nowMs = startMs
    this.exporters = network.sites.map((site, i) => {
      const domain = options.sharedAddress ? { domain: i + 1 } : {}
      const exporter: Exporter = new Exporter(
        site,
        { seed, startMs, datagramBytes, ...domain },
        (bytes, records) => output.datagram(exporter, bytes, records),
      )
      return exporter
    })
    this.#traffic = new Traffic(network, { seed, flowsPerSecond, weekly, stepMs: STEP_MS })
    if (options.incidents)
      this.#incidents = new IncidentSchedule(network, { seed, startMs, ...options.incidents }, (t) =>
        output.truth(t),
      )
    this.#announcedMs = new Float64Array(network.sites.length).fill(Number.NEGATIVE_INFINITY)
  }

  /** Simulated time: the end of the last step. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Leaves out `ms`: nothing happened in them. For a machine that stood still. */
  skip(ms: number): void {
    this.#nowMs += ms
  }

  step(): void {
    const fromMs = this.#nowMs
    const emit: EmitFlow = (site, flow) => this.#observe(site, flow, fromMs + STEP_MS)
    this.#traffic.step(fromMs, emit)
    this.#incidents?.step(fromMs, STEP_MS, emit)
    this.#nowMs = fromMs + STEP_MS
    // Exporters take turns, so that a second's datagrams go out evenly.
    for (let i = this.#step % SLOTS; i < this.exporters.length; i += SLOTS) this.#service(i)
    this.#step++
  }

  /** Sends what all exporters hold. */
  flush(): void {
    for (const exporter of this.exporters) exporter.flush(this.#nowMs)
  }

  #observe(site: Site, flow: Flow, nowMs: number): number {
    if (this.#announcedMs[site.index] === Number.NEGATIVE_INFINITY) this.#announce(site.index, nowMs)
    return this.exporters[site.index]!.observe(flow, nowMs)
  }

  #service(i: number): void {
    if (this.#nowMs - this.#announcedMs[i]! >= this.#options.templateRefreshMs) this.#announce(i, this.#nowMs)
    this.exporters[i]!.flush(this.#nowMs)
  }

  #announce(i: number, nowMs: number): void {
    this.#announcedMs[i] = nowMs
    this.exporters[i]!.announce(nowMs)
  }
}
