import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { BlastDatagrams } from './blast_datagrams.js'
import { buildNetwork, REFERENCE_SITES } from './network.js'

export interface BlastOptions {
  readonly host: string
  readonly port: number
  /** Records per second; Infinity: as many as the thread can. */
  readonly flowsPerSecond: number
  readonly durationS: number
  readonly seed: number
  readonly sites: number
  readonly datagramBytes: number
  /** Observation domains behind the one address. */
  readonly domains: number
}

export const BLAST_DEFAULTS: Omit<BlastOptions, 'port'> = {
  host: '127.0.0.1',
  flowsPerSecond: 400_000,
  durationS: 30,
  seed: 1,
  sites: REFERENCE_SITES,
  datagramBytes: 1400,
  domains: 16,
}

export interface BlastReport {
  /** Data datagrams that the kernel took, and the records in them: templates are not counted. */
  readonly datagrams: number
  readonly records: number
  readonly bytes: number
  readonly failed: number
  readonly seconds: number
  readonly flowsPerSecond: number
  /** Of one core. */
  readonly cpuShare: number
  readonly cpuUsPerDatagram: number
}

/**
 * Datagrams that are written before the first of them is looked at again: the kernel has copied it by then.
 */
const RING = 512
const BURST = 96
/** Between bursts: long enough to sleep, short enough for a stock kernel's socket buffer. */
const PAUSE_MS = 3
const TEMPLATE_REFRESH_MS = 5000
/** Templates go ahead of the data, so that none waits. */
const TEMPLATE_LEAD_MS = 50

/** Sends at a rate for a while from one socket. */
export class Blast {
  readonly #options: BlastOptions
  readonly #datagrams: BlastDatagrams
  readonly #ring: Buffer[]
  #socket: Socket | undefined
  #sent = 0
  #taken = 0
  #failed = 0
  #announcedMs = Number.NEGATIVE_INFINITY
  #stopped = false

  constructor(options: BlastOptions) {
    this.#options = options
    const network = buildNetwork(options.seed, options.sites)
    this.#datagrams = new BlastDatagrams({ network, ...options })
    this.#ring = Array.from({ length: RING }, () => Buffer.alloc(this.#datagrams.datagramBytes))
  }

  /** Ends the run early; `run` then resolves. */
  stop(): void {
    this.#stopped = true
  }

  async run(): Promise<BlastReport> {
    const { host, port, durationS } = this.#options
    const socket = createSocket('udp4')
    this.#socket = socket
    socket.connect(port, host)
    await once(socket, 'connect')
    this.#announce()
    await new Promise((resolve) => setTimeout(resolve, TEMPLATE_LEAD_MS))
    const cpu = process.cpuUsage()
    const start = performance.now()
    await new Promise<void>((resolve) => this.#turn(start, durationS * 1000, resolve))
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(cpu)
    // Callbacks of the last burst come on the next tick.
    await new Promise(setImmediate)
    socket.close()
    const { recordsPerDatagram, datagramBytes } = this.#datagrams
    const records = this.#taken * recordsPerDatagram
    return {
      datagrams: this.#taken,
      records,
      bytes: this.#taken * datagramBytes,
      failed: this.#failed,
      seconds,
      flowsPerSecond: records / seconds,
      cpuShare: (user + system) / 1e6 / seconds,
      cpuUsPerDatagram: (user + system) / Math.max(1, this.#taken),
    }
  }

  #turn(start: number, durationMs: number, done: () => void): void {
    const elapsed = performance.now() - start
    if (this.#stopped || elapsed >= durationMs) {
      done()
      return
    }
    const nowMs = Date.now()
    if (nowMs - this.#announcedMs >= TEMPLATE_REFRESH_MS) this.#announce()
    const perMs = this.#options.flowsPerSecond / this.#datagrams.recordsPerDatagram / 1000
    const due = Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(elapsed * perMs) - this.#sent)
    const queued = this.#socket!.getSendQueueCount()
    const burst = queued > RING - 2 * BURST ? 0 : Math.min(BURST, due)
    for (let i = 0; i < burst; i++) {
      const datagram = this.#ring[this.#sent++ % RING]!
      this.#datagrams.next(datagram, nowMs)
      this.#socket!.send(datagram, this.#took)
    }
    const again = (): void => this.#turn(start, durationMs, done)
    if (due > BURST) setImmediate(again)
    else setTimeout(again, PAUSE_MS)
  }

  readonly #took = (error: Error | null): void => {
    if (error) this.#failed++
    else this.#taken++
  }

  #announce(): void {
    this.#announcedMs = Date.now()
    for (const datagram of this.#datagrams.templates(this.#announcedMs))
      this.#socket!.send(datagram, () => {})
  }
}
