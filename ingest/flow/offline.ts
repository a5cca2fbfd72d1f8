import { FlowBlock } from '../../model/flow_block.js'
import type { Frame, FrameEntry } from '../../model/frame.js'
import type { RejectCode } from '../../model/reject.js'
import { DecodeReport } from './decode_report.js'
import type { NamedElements } from './elements.js'
import { FrameDecoder } from './frame_decoder.js'
import { FlowLearner, type LearnResult } from './learner.js'
import { NameTables } from './name_tables.js'
import { OfflinePrinter, type OfflineRecord } from './offline_printer.js'
import { WaitingRoom } from './waiting_room.js'

export interface OfflineOptions {
  /** Adds `ie`: every element by name. */
  readonly ie: boolean
  /** Gives options, counter and discard records too. */
  readonly all: boolean
  /** Elements that the user named. */
  readonly named?: NamedElements
  /**
   * What `bytes` of sFlow counts.
   * @default 'frame'
   */
  readonly sflowBytes?: 'frame' | 'ip'
}

/** What became of a session's datagrams. */
export interface OfflineSummary {
  datagrams: number
  flows: number
  options: number
  counters: number
  /** Templates and options templates that were news. */
  templates: number
  /** Datagrams of which something could not be decoded. */
  undecodable: number
  /** What that was, in the codes' units. */
  errors: Partial<Record<RejectCode, number>>
}

const FRAME_DATAGRAMS = 512
const BLOCK_ROWS = 8192

/**
 * Decodes datagrams of files as the live pipeline does: the same learner, frames and compiled decoder.
 * Datagrams wait for their template, bounded, to the end of the session.
 */
export class OfflineSession {
  readonly #learner = new FlowLearner({
    definitionsBurst: Number.POSITIVE_INFINITY,
    splitsBurst: Number.POSITIVE_INFINITY,
  })
  readonly #waiting = new WaitingRoom()
  readonly #names = new NameTables()
  readonly #block = new FlowBlock(BLOCK_ROWS)
  readonly #printer: OfflinePrinter
  readonly #decoder: FrameDecoder
  #entries: FrameEntry[] = []
  #frames = 0
  readonly #summary: OfflineSummary = {
    datagrams: 0,
    flows: 0,
    options: 0,
    counters: 0,
    templates: 0,
    undecodable: 0,
    errors: {},
  }

  constructor(options: OfflineOptions) {
    this.#printer = new OfflinePrinter(options, this.#learner)
    this.#decoder = new FrameDecoder({
      ...this.#printer.hooks,
      sflow: { bytes: options.sflowBytes ?? 'frame' },
    })
  }

  get summary(): Readonly<OfflineSummary> {
    return { ...this.#summary, templates: this.#learner.definitions }
  }

  /**
   * Takes the next datagram; gives the records that are ready. A message of a TCP connection has the exporter's port as
   * its `session`: a template that is not there by now will not come.
   */
  take(entry: FrameEntry, session = 0): OfflineRecord[] {
    this.#summary.datagrams++
    const records: OfflineRecord[] = []
    if (session > 0) this.#put(entry, true, records, session)
    else this.#offer(entry, false, records)
    if (this.#entries.length >= FRAME_DATAGRAMS) this.#closeFrame(records)
    return records
  }

  /** Gives what is left: nothing will be learned any more. */
  end(): OfflineRecord[] {
    const records: OfflineRecord[] = []
    for (const entry of this.#waiting.takeAll()) this.#offer(entry, true, records)
    this.#closeFrame(records)
    return records
  }

  #offer(entry: FrameEntry, last: boolean, records: OfflineRecord[]): void {
    const { learned } = this.#put(entry, last, records)
    if (!learned || last) return
    // Those that still miss something wait again: what they teach is known since they first came.
    for (const waiting of this.#waiting.take(entry.exporter)) this.#put(waiting, false, records)
  }

  /** Puts a datagram into the frame, or lets it wait. */
  #put(entry: FrameEntry, last: boolean, records: OfflineRecord[], session = 0): LearnResult {
    const { exporter, datagram, receivedUs } = entry
    const ms = receivedUs / 1000
    let found = this.#learner.learn(exporter, datagram, ms, last, session)
    if (found.redefines) {
      this.#closeFrame(records)
      found = this.#learner.learn(exporter, datagram, ms, last, session)
    }
    if (found.reject !== undefined) {
      this.#summary.undecodable++
      this.#reject(found.reject, 1)
    } else if (!found.missing || last) this.#entries.push(entry)
    else {
      const { learned } = found
      for (const gone of this.#waiting.add(entry)) this.#put(gone, true, records)
      found.learned = learned
    }
    return found
  }

  #reject(code: RejectCode, count: number): void {
    this.#summary.errors[code] = (this.#summary.errors[code] ?? 0) + count
  }

  #closeFrame(records: OfflineRecord[]): void {
    const frame: Frame = {
      collector: 'offline',
      number: ++this.#frames,
      closedMs: 0,
      totals: { received: 0, framed: 0, rejected: {}, waiting: 0, kernelDropped: 0, sequenceLost: 0 },
      context: this.#learner.takeContext(),
      entries: this.#entries,
    }
    this.#entries = []
    const report = new DecodeReport()
    this.#decoder.decode(frame, this.#block, () => {}, report)
    const summary = this.#summary
    summary.flows += report.flows
    summary.options += report.options
    summary.counters += report.counters
    summary.undecodable += new Set(report.rejects.map((r) => r.entry)).size
    for (const { code, count } of report.rejects) this.#reject(code, count)
    this.#names.learn(report.names)
    records.push(...this.#printer.take(this.#names))
  }
}
