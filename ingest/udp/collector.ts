import type { RemoteInfo } from 'node:dgram'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Component } from '../../model/ports.js'
import { Books, StoredBooks } from './books.js'
import type { CollectorDeps } from './collector_deps.js'
import { registerCollectorMetrics } from './collector_metrics.js'
import type { CollectorConfig } from './config.js'
import { ExporterNotes } from './exporter_notes.js'
import { ExporterRecords } from './exporter_records.js'
import { type Exporter, ExporterTable } from './exporters.js'
import { FrameNumbers } from './frame_numbers.js'
import { Framer } from './framer.js'
import { KernelDrops } from './kernel_drops.js'
import { LearnedState } from './learned_state.js'
import type { LookResult } from './ports.js'
import { ReceiveClock } from './receive_clock.js'
import { RejectKeeper } from './reject_keeper.js'
import { reportListeners } from './report_listeners.js'
import { sessionHandlers } from './session_handlers.js'
import { type Listener, Sockets } from './sockets.js'
import { type Waiting, WaitingRoom } from './waiting_room.js'

const TICK_MS = 100
const SECOND_TICKS = 10
/** Waiting datagrams that may be looked at again in a tick, so that a flood of templates cannot stop the reading. */
const LOOKS_A_TICK = 20_000
const FLUSH_MS = 5_000
const U32 = 2 ** 32

/**
 * UDP, and messages of connections, to frames. Each datagram is looked at once, for templates, samplers and sequence
 * numbers, and goes raw into the open frame, or waits for its template.
 *
 * ```
 *  sockets, streams ──▶ learner ──▶ framer ──▶ sink (stream, or spool)
 *                │ missing   ▲
 *                └▶ waiting ─┘ learned, expired, no room
 *  Books: received = framed + rejected + waiting
 * ```
 */
export class Collector implements Component {
  readonly #config: CollectorConfig
  readonly #deps: CollectorDeps
  readonly #clock: ReceiveClock
  readonly #sockets: Sockets
  readonly #table: ExporterTable
  readonly #room: WaitingRoom<Exporter>
  readonly #rejects: RejectKeeper
  readonly #books: Books
  readonly #storedBooks: StoredBooks
  readonly #numbers: FrameNumbers
  readonly #framer: Framer
  readonly #learned: LearnedState
  readonly #records: ExporterRecords
  readonly #notes: ExporterNotes
  #kernel: KernelDrops | undefined
  #kernelWaitingBytes = 0
  /** Exporters whose waiting datagrams are to be looked at again, and by which keys. */
  readonly #releases = new Map<Exporter, Set<number>>()
  #looksLeft = LOOKS_A_TICK
  #ticks = 0
  #tick: NodeJS.Timeout | undefined
  #publishing: Promise<void> | undefined
  #publishedMs = 0
  #started = false
  #stopped: Promise<void> | undefined

  constructor(config: CollectorConfig, deps: CollectorDeps) {
    this.#config = config
    this.#deps = deps
    const { learner, packer, sink, store, clock, logger } = deps
    this.#clock = new ReceiveClock(clock, () => performance.now())
    this.#sockets = new Sockets(logger)
    this.#table = new ExporterTable(config)
    const bounds = {
      bytes_max: config.waiting_bytes_max,
      exporter_bytes_max: config.waiting_exporter_bytes_max,
      wait_ms_max: config.waiting_ms_max,
    }
    this.#room = new WaitingRoom(bounds, (entry) => this.#frameAnyway(entry))
    this.#rejects = new RejectKeeper(config, deps)
    this.#books = new Books(this.#rejects, () => this.#room.size)
    const prefix = `collector.${config.name}.`
    this.#storedBooks = new StoredBooks(store, `${prefix}totals`)
    this.#numbers = new FrameNumbers(store, `${prefix}numbers`)
    const { books, rejects, numbers } = { books: this.#books, rejects: this.#rejects, numbers: this.#numbers }
    this.#framer = new Framer(config, { packer, learner, numbers, sink, books, rejects, clock, logger })
    this.#notes = new ExporterNotes(config.notes_every_ms, this.#table, this.#framer)
    this.#learned = new LearnedState(`${prefix}learned.`, deps)
    this.#records = new ExporterRecords(store, config.name)
    registerCollectorMetrics(deps.metrics, {
      books,
      rejects,
      learner,
      room: this.#room,
      table: this.#table,
      framer: this.#framer,
      learned: this.#learned,
      sockets: this.#sockets,
      kernelWaitingBytes: () => this.#kernelWaitingBytes,
    })
  }

  /** Where it listens, once it is started. */
  get listeners(): readonly Listener[] {
    return this.#sockets.listeners
  }

  /** The accounts at this moment. */
  get totals() {
    return this.#books.totals()
  }

  /** Takes up where the last run ended, and only then opens the sockets: the first datagram finds its template. */
  async start(): Promise<void> {
    if (this.#started) return
    this.#started = true
    try {
      await this.#resume()
      await this.#listen()
    } catch (error) {
      // What is stored stays as it was: there is nothing to add to it.
      this.#stopped = Promise.resolve()
      this.#sockets.close()
      this.#deps.streams?.close()
      await this.#numbers.stop().catch(() => undefined)
      throw error
    }
    this.#tick = setInterval(() => this.#onTick(), TICK_MS)
  }

  async #resume(): Promise<void> {
    const { name, exporters_max } = this.#config
    const { logger } = this.#deps
    const last = await this.#deps.lastFrame(name)
    const resumed = await this.#storedBooks.load(last)
    if (resumed !== undefined) this.#books.resume(resumed.totals)
    await this.#numbers.start(Math.max(last?.number ?? 0, resumed?.number ?? 0))
    await this.#records.restore(this.#table).catch((error: Error) => {
      logger.warn({ error: error.message }, 'the list of exporters does not read: it begins anew')
    })
    const restored = await this.#learned.restore(exporters_max)
    for (const exporter of this.#table.values()) this.#configure(exporter)
    logger.info({ ...restored, next_frame: this.#numbers.last + 1 }, 'learned state restored')
  }

  async #listen(): Promise<void> {
    const { hosts, ports, receive_buffer_bytes } = this.#config
    await this.#sockets.open(hosts, ports, receive_buffer_bytes, (datagram, from) =>
      this.#receive(datagram, from),
    )
    const { learner, streams } = this.#deps
    const parts = {
      learner,
      table: this.#table,
      framer: this.#framer,
      rejects: this.#rejects,
      clock: this.#clock,
    }
    await streams?.open(
      hosts,
      sessionHandlers({
        ...parts,
        take: (message, from, us) => this.#take(message, from, us, from.port),
        count: (message) => this.#count(message),
      }),
    )
    this.#kernel = new KernelDrops(this.listeners.map((l) => l.port))
    await this.#kernel.open()
    reportListeners(this.listeners, streams?.listeners ?? [], receive_buffer_bytes, this.#deps.logger)
  }

  /** Reads what the kernel still holds, sends the last frame, and saves what is known. */
  stop(): Promise<void> {
    this.#stopped ??= this.#started ? this.#drain() : Promise.resolve()
    return this.#stopped
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    this.#take(datagram, from, this.#clock.nowUs(), 0)
    this.#count(datagram)
  }

  /** Counted when it has found its place: a frame that was closed on the way must not miss it. */
  #count(datagram: Uint8Array): void {
    this.#books.received++
    this.#books.receivedBytes += datagram.length
  }

  #take(datagram: Uint8Array, from: Pick<RemoteInfo, 'address' | 'port'>, us: number, session: number): void {
    let exporter = this.#table.get(from.address)
    if (exporter === undefined) {
      const admitted = this.#table.admit(from.address, us, (idle) => this.#forget(idle))
      if (typeof admitted === 'string') {
        this.#rejects.reject(admitted, from.address, us, datagram)
        return
      }
      exporter = admitted
      this.#configure(exporter)
    }
    exporter.datagrams++
    exporter.bytes += datagram.length
    exporter.lastSeenUs = us
    exporter.changed = true
    this.#look(exporter, from.port, us, datagram, session)
  }

  #look(exporter: Exporter, port: number, us: number, datagram: Uint8Array, session: number): void {
    // A connection keeps the order: a template that is not there by now will not come.
    const last = session > 0
    const look = this.#learn(exporter, us, datagram, last, session)
    const { missing, learned, changed } = look
    let { reject } = look
    if (reject === undefined || reject === 'exporter_limit') {
      this.#books.sequenceLost += exporter.account(look, datagram, us, session)
    }
    const perSecond = this.#config.exporter_datagrams_per_s_max
    if (perSecond > 0 && !exporter.admit(us, perSecond)) reject ??= 'exporter_limit'
    if (changed && session === 0) this.#learned.changed(exporter)
    const key = look.protocol * U32 + look.domain
    if (reject !== undefined) this.#reject(reject, exporter, us, datagram)
    else if (missing && !last) this.#room.add(exporter, port, us, datagram, key)
    else this.#frame(exporter, port, us, datagram, last, session)
    if (learned && session === 0 && this.#room.size > 0) this.#release(exporter, key)
  }

  /** Looks at the datagram for the open frame, which is closed first when it means something else by a template. */
  #learn(exporter: Exporter, us: number, datagram: Uint8Array, last: boolean, session = 0): LookResult {
    const { learner } = this.#deps
    const look = learner.learn(exporter.bytes16, datagram, us / 1000, last, session)
    if (!look.redefines) return look
    this.#framer.close()
    return learner.learn(exporter.bytes16, datagram, us / 1000, last, session)
  }

  /** Into the open frame. When that is full it is closed, and the next one needs to know the datagram's templates too. */
  #frame(
    exporter: Exporter,
    port: number,
    us: number,
    datagram: Uint8Array,
    last: boolean,
    session = 0,
  ): void {
    if (this.#framer.append(exporter.bytes16, port, us, datagram)) return
    this.#framer.close()
    this.#deps.learner.learn(exporter.bytes16, datagram, us / 1000, last, session)
    if (!this.#framer.append(exporter.bytes16, port, us, datagram)) {
      throw new Error(`a datagram of ${datagram.length} bytes does not fit an empty frame`)
    }
  }

  #reject(
    code: Parameters<RejectKeeper['reject']>[0],
    exporter: Exporter,
    us: number,
    datagram: Uint8Array,
  ): void {
    exporter.rejected++
    this.#rejects.reject(code, exporter.address, us, datagram)
  }

  /** Lets datagrams of `exporter` go whose templates are now all known, as many as a tick allows. */
  #release(exporter: Exporter, key: number): void {
    const count = this.#room.sizeOf(exporter)
    if (count === 0) return
    if (count > this.#looksLeft && this.#looksLeft < LOOKS_A_TICK) {
      const keys = this.#releases.get(exporter)
      if (keys === undefined) this.#releases.set(exporter, new Set([key]))
      else keys.add(key)
      return
    }
    this.#looksLeft -= count
    this.#room.release(exporter, key, (entry) => {
      const look = this.#learn(exporter, entry.receivedUs, entry.datagram, false)
      if (look.changed) this.#learned.changed(exporter)
      if (look.reject !== undefined) this.#reject(look.reject, exporter, entry.receivedUs, entry.datagram)
      else if (look.missing) return key
      else this.#frame(exporter, entry.port, entry.receivedUs, entry.datagram, false)
      return -1
    })
  }

  /** The wait of a datagram is over, without its template. */
  #frameAnyway(entry: Waiting<Exporter>): void {
    const look = this.#learn(entry.source, entry.receivedUs, entry.datagram, true)
    if (look.changed) this.#learned.changed(entry.source)
    if (look.reject !== undefined) this.#reject(look.reject, entry.source, entry.receivedUs, entry.datagram)
    else this.#frame(entry.source, entry.port, entry.receivedUs, entry.datagram, true)
  }

  #forget(exporter: Exporter): void {
    this.#releases.delete(exporter)
    this.#learned.forget(exporter)
    // An address that the configuration gives may stand for others as well, and there are few of those.
    const { known } = exporter
    if (known?.sampling_rate !== undefined && known.address === undefined)
      this.#deps.learner.configure(exporter.bytes16, 0)
  }

  #configure({ bytes16, known }: Exporter): void {
    if (known?.sampling_rate !== undefined) this.#deps.learner.configure(bytes16, known.sampling_rate)
  }

  #onTick(): void {
    this.#ticks++
    this.#looksLeft = LOOKS_A_TICK
    for (const [exporter, keys] of [...this.#releases]) {
      if (this.#looksLeft <= 0) break
      this.#releases.delete(exporter)
      for (const key of keys) this.#release(exporter, key)
    }
    this.#room.expire(this.#clock.nowUs())
    this.#clock.follow()
    if (this.#ticks % SECOND_TICKS === 0) this.#onSecond()
  }

  #onSecond(): void {
    const { logger, clock } = this.#deps
    this.#rejects.turn()
    this.#notes.turn(clock.nowMs())
    this.#lookAtKernel().catch((error: Error) => logger.debug({ error: error.message }, '/proc/net/udp'))
    this.#numbers
      .renew()
      .catch((error: Error) => logger.debug({ error: error.message }, 'no new frame numbers yet'))
    if (this.#publishing !== undefined || clock.nowMs() - this.#publishedMs < this.#config.publish_every_ms)
      return
    this.#publishedMs = clock.nowMs()
    this.#publishing = this.#publish()
      .catch((error: Error) =>
        logger.debug({ error: error.message }, 'the state store does not take totals yet'),
      )
      .finally(() => {
        this.#publishing = undefined
      })
  }

  async #lookAtKernel(): Promise<void> {
    const seen = await this.#kernel?.look()
    if (seen === undefined) return
    this.#books.kernelDropped += seen.dropped
    this.#kernelWaitingBytes = seen.waitingBytes
    if (seen.dropped > 0) {
      this.#deps.logger.warn(
        { datagrams: seen.dropped },
        'the kernel dropped datagrams; see docs/collector.md',
      )
    }
  }

  /** Totals are stored only as they stand at a frame that is durable: those of a frame under way might be lost with it. */
  async #publish(): Promise<void> {
    if (this.#framer.inFlight === 0) {
      await this.#storedBooks.save({
        number: this.#numbers.last,
        totals: this.#books.totals(this.#framer.open),
      })
    }
    for (const exporter of this.#table.values()) {
      if (exporter.changed) exporter.templates = this.#deps.learner.templatesOf(exporter.bytes16)
    }
    await this.#records.publish(this.#table, (exporter) => this.#room.sizeOf(exporter))
  }

  async #drain(): Promise<void> {
    const { logger } = this.#deps
    const until = performance.now() + this.#config.drain_ms_max
    // A turn of the loop reads every socket that has something: a turn without a datagram found them empty.
    for (let before = -1; before !== this.#books.received && performance.now() < until; ) {
      before = this.#books.received
      await nextTurn()
      await nextTurn()
    }
    await this.#lookAtKernel().catch(() => undefined)
    this.#sockets.close()
    this.#deps.streams?.close()
    clearInterval(this.#tick)
    this.#room.empty()
    this.#framer.close()
    await this.#framer.settled()
    if (!(await this.#learned.flush(FLUSH_MS))) {
      logger.warn(
        { exporters: this.#learned.pending },
        'learned state could not be saved: its data will wait for templates',
      )
    }
    await this.#publishing
    await this.#rejects.drain(FLUSH_MS)
    try {
      await this.#publish()
      await this.#numbers.stop()
    } catch (error) {
      logger.warn(
        { error: (error as Error).message },
        'the state store is away: the next start reads the last frame',
      )
    }
    logger.info({ totals: this.#books.totals() }, 'collector stopped')
  }
}
