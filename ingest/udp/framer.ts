import type { ExporterNote } from '../../model/frame.js'
import type { Clock, FrameSink, Logger } from '../../model/ports.js'
import type { Books } from './books.js'
import type { FrameNumbers } from './frame_numbers.js'
import type { FramePacker, Learner } from './ports.js'
import type { RejectKeeper } from './reject_keeper.js'

export interface FramerConfig {
  readonly name: string
  readonly frame_age_ms: number
  readonly in_flight_bytes_max: number
}

export interface FramerDeps {
  readonly packer: FramePacker
  readonly learner: Pick<Learner, 'takeContext'>
  readonly numbers: FrameNumbers
  readonly sink: FrameSink
  readonly books: Books
  readonly rejects: RejectKeeper
  readonly clock: Clock
  readonly logger: Logger
}

/** Datagrams to frames, frames to the sink. */
export class Framer {
  readonly #config: FramerConfig
  readonly #deps: FramerDeps
  #timer: NodeJS.Timeout | undefined
  #newestUs = 0
  #notes: readonly ExporterNote[] | undefined
  /** Each is settled, whatever came of it. */
  readonly #inFlight = new Set<Promise<void>>()
  #inFlightBytes = 0
  #lastWarningMs = Number.NEGATIVE_INFINITY
  frames = 0
  frameBytes = 0

  constructor(config: FramerConfig, deps: FramerDeps) {
    this.#config = config
    this.#deps = deps
  }

  /** Datagrams in the open frame. */
  get open(): number {
    return this.#deps.packer.datagrams
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes
  }

  /** False when the open frame has no room for the datagram: close it, have the learner look again, and repeat. */
  append(exporter: Uint8Array, port: number, receivedUs: number, datagram: Uint8Array): boolean {
    const { packer, books } = this.#deps
    if (!packer.append(exporter, port, receivedUs, datagram)) return false
    books.framed++
    if (receivedUs > this.#newestUs) this.#newestUs = receivedUs
    this.#timer ??= setTimeout(() => this.close(), this.#config.frame_age_ms)
    return true
  }

  /** Says who was heard with the open frame, or at once where none is open: silence is seen by what goes on. */
  note(notes: readonly ExporterNote[]): void {
    this.#notes = this.#notes === undefined ? notes : [...this.#notes, ...notes]
    if (this.open === 0) this.close()
  }

  /** Closes the open frame and sends it on its way. Without datagrams and notes it only begins the next context. */
  close(): void {
    const { packer, learner, numbers, books, clock } = this.#deps
    clearTimeout(this.#timer)
    this.#timer = undefined
    const context = learner.takeContext()
    const { datagrams } = packer
    const notes = this.#notes
    if (datagrams === 0 && notes === undefined) return
    this.#notes = undefined
    const number = numbers.take() ?? -1
    // Never before any entry, even if the clock was set back meanwhile.
    const closedMs = Math.max(clock.nowMs(), Math.ceil(this.#newestUs / 1000))
    this.#newestUs = 0
    const totals = books.totals()
    const frame = packer.finish({ collector: this.#config.name, number, closedMs, totals, context, notes })
    if (number < 0) this.#lose(datagrams, 'no number could be reserved for it')
    else if (this.#inFlightBytes > this.#config.in_flight_bytes_max)
      this.#lose(datagrams, 'the sink does not keep up')
    else this.#publish(frame, number, datagrams)
  }

  #publish(frame: Uint8Array, number: number, datagrams: number): void {
    const { sink } = this.#deps
    this.frames++
    this.frameBytes += frame.length
    this.#inFlightBytes += frame.length
    const done = sink
      .publish(frame, { collector: this.#config.name, number })
      .catch((error: Error) => this.#lose(datagrams, error.message))
      .then(() => {
        this.#inFlightBytes -= frame.length
        this.#inFlight.delete(done)
      })
    this.#inFlight.add(done)
  }

  /** The frame is gone; its datagrams end in the books as rejected. */
  #lose(datagrams: number, why: string): void {
    const { books, rejects, clock, logger } = this.#deps
    const nowMs = clock.nowMs()
    books.framed -= datagrams
    rejects.reject('spool_full', '', nowMs * 1000, undefined, datagrams)
    if (nowMs - this.#lastWarningMs < 1000) return
    this.#lastWarningMs = nowMs
    logger.error({ datagrams, why }, 'a frame could not be kept')
  }

  /** Resolves when every frame that was closed is durable or lost. */
  async settled(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight)
  }
}
