import type { DeadLetters, Logger } from '../../model/ports.js'
import type { RejectCode } from '../../model/reject.js'

export interface RejectKeeperConfig {
  /** Rejects kept with their bytes, for each code and second; the rest of the second is kept as one with a count. */
  readonly dead_letters_per_s_max: number
}

interface Code {
  /** Since the collector was first started. */
  total: number
  keptThisSecond: number
  /** Rejects of this second that were not kept one by one, and the last of them. */
  held: number
  heldExporter: string
  heldUs: number
  heldBytes: Uint8Array | undefined
}

/** Dead letters on their way at one time; beyond it they are only counted. */
const IN_FLIGHT_MAX = 256

const MESSAGES: Partial<Record<RejectCode, string>> = {
  datagram_truncated:
    'the datagram is shorter than its header; look at what the exporter sends, or at the path MTU',
  version_unknown:
    'the version field names no protocol that Vigie reads; is something else sending to this port?',
  header_invalid: 'the header contradicts itself or the length of the datagram',
  exporter_limit:
    'a bound was reached (exporters, or datagrams a second of one exporter); see collector in vigie.yaml',
  exporter_refused: 'the exporter is not on the allow-list (collector.allow in vigie.yaml)',
  spool_full: 'the stream is away and the spool is full: the frame could not be kept',
  collector_killed: 'it waited for its template in a collector that was killed',
}

/** Counts what is not framed, by code, and keeps it in the dead letters at a bounded rate. */
export class RejectKeeper {
  readonly #config: RejectKeeperConfig
  readonly #deps: { readonly deadLetters: DeadLetters; readonly logger: Logger }
  readonly #codes = new Map<RejectCode, Code>()
  #total = 0
  #inFlight = 0
  /** Dead letters that could not be kept. */
  unkept = 0

  constructor(config: RejectKeeperConfig, deps: { deadLetters: DeadLetters; logger: Logger }) {
    this.#config = config
    this.#deps = deps
  }

  /** All codes together. */
  get total(): number {
    return this.#total
  }

  /** Totals by code. */
  get byCode(): Record<string, number> {
    return Object.fromEntries([...this.#codes].map(([code, { total }]) => [code, total]))
  }

  /** Goes on from the totals of an earlier run. */
  resume(byCode: Readonly<Record<string, number>>): void {
    for (const [code, total] of Object.entries(byCode)) {
      this.#code(code as RejectCode).total += total
      this.#total += total
    }
  }

  /** Counts one datagram, or `count` that have no bytes to show. The bytes are taken as they are, not copied. */
  reject(code: RejectCode, exporter: string, receivedUs: number, bytes?: Uint8Array, count = 1): void {
    const entry = this.#code(code)
    entry.total += count
    this.#total += count
    if (entry.keptThisSecond < this.#config.dead_letters_per_s_max) {
      entry.keptThisSecond++
      this.#keep(code, exporter, receivedUs, bytes, count)
      return
    }
    entry.held += count
    entry.heldExporter = exporter
    entry.heldUs = receivedUs
    entry.heldBytes = bytes
  }

  /** Once a second: keeps what was held back, one dead letter a code. */
  turn(): void {
    for (const [code, entry] of this.#codes) {
      if (entry.held > 0) this.#keep(code, entry.heldExporter, entry.heldUs, entry.heldBytes, entry.held)
      entry.held = 0
      entry.heldBytes = undefined
      entry.keptThisSecond = 0
    }
  }

  /** Resolves when no dead letter is on its way, or after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.turn()
    const until = performance.now() + timeoutMs
    while (this.#inFlight > 0 && performance.now() < until) await new Promise((done) => setTimeout(done, 5))
  }

  #keep(
    code: RejectCode,
    exporter: string,
    receivedUs: number,
    bytes: Uint8Array | undefined,
    count: number,
  ): void {
    if (this.#inFlight >= IN_FLIGHT_MAX) {
      this.unkept++
      return
    }
    this.#inFlight++
    const message = MESSAGES[code] ?? code
    this.#deps.deadLetters
      .keep({ code, message, exporter, receivedUs, count, ...(bytes === undefined ? {} : { bytes }) })
      .catch((error: unknown) => {
        this.unkept++
        this.#deps.logger.debug({ code, error: String(error) }, 'a dead letter could not be kept')
      })
      .finally(() => {
        this.#inFlight--
      })
  }

  #code(code: RejectCode): Code {
    let entry = this.#codes.get(code)
    if (entry === undefined) {
      entry = { total: 0, keptThisSecond: 0, held: 0, heldExporter: '', heldUs: 0, heldBytes: undefined }
      this.#codes.set(code, entry)
    }
    return entry
  }
}
