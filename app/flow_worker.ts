import { performance } from 'node:perf_hooks'
import { move, Piscina } from 'piscina'
import { looksAtFlows } from '../detect/catalogue.js'
import type { FrameNotes } from '../detect/service.js'
import { SERVICES } from '../detect/services/index.js'
import { ShardedObserver } from '../detect/sharded_observer.js'
import type { FrameAnswer, FrameOutcome, FramePaths, FrameTask, WorkerSetup } from '../enrich/pool.js'
import { Enricher } from '../enrich/stages/enricher.js'
import { decodeFrame, FrameError } from '../ingest/bus/frame.js'
import { ContextError } from '../ingest/flow/context.js'
import { DecodeReport } from '../ingest/flow/decode_report.js'
import { FrameDecoder } from '../ingest/flow/frame_decoder.js'
import { addressText } from '../ingest/flow/value_text.js'
import type { ExporterName } from '../model/exporter_name.js'
import { FlowBlock } from '../model/flow_block.js'
import type { Frame, FrameEntry } from '../model/frame.js'
import type { Reject } from '../model/reject.js'
import { encodeNative } from '../sinks/clickhouse/native.js'

/** Rows of the worker's one block. A frame of ordinary records fills a part of it; more rows go in several blocks. */
const BLOCK_ROWS = 16_384
/** Rejects of a frame that carry their datagram. */
const MAX_REJECTS = 32

/** The body of a worker: a frame in, columns decoded, enriched, observed and encoded, and all that comes of it out. */
class FlowWorker {
  readonly #block = new FlowBlock(BLOCK_ROWS)
  /** What is stored counts octets of IP, as NetFlow and IPFIX do: then flows of all exporters add up. */
  readonly #decoder = new FrameDecoder({
    sflow: { bytes: 'ip' },
    onPath: (entry, row) => this.#takePath(entry, row),
  })
  readonly #paths = new Map<string, { receivedMs: number; rows: string[] }>()
  #version: number | undefined
  #registryVersion = 0
  #enricher: Enricher | undefined
  #observer = new ShardedObserver([], 1, BLOCK_ROWS)
  #blocks: Uint8Array<ArrayBuffer>[] = []
  #stageMs = { enrich: 0, observe: 0, encode: 0 }

  /**
   * The outcome of a frame; undefined when the worker does not have the task's version of the setup.
   * @throws FrameError, ContextError when the frame does not read
   */
  process(task: FrameTask): FrameOutcome | undefined {
    if (task.setup !== undefined) this.#use(task.setup)
    if (task.version !== this.#version) return undefined
    const started = performance.now()
    const frame = decodeFrame(task.frame)
    this.#blocks = []
    this.#paths.clear()
    this.#stageMs = { enrich: 0, observe: 0, encode: 0 }
    this.#block.reset()
    const report = new DecodeReport()
    this.#decoder.decode(frame, this.#block, (block) => this.#takeRows(block), report)
    const rejectedBy: Record<string, number> = {}
    for (const { code, count } of report.rejects) rejectedBy[code] = (rejectedBy[code] ?? 0) + count
    const partialFrom = performance.now()
    const notes = notesOf(frame, report)
    if (notes !== undefined) this.#observer.observeFrame(notes)
    const partials = this.#observer.take(frame.closedMs)
    this.#stageMs.observe += performance.now() - partialFrom
    const { enrich, observe, encode } = this.#stageMs
    const decode = performance.now() - started - enrich - observe - encode
    return {
      collector: frame.collector,
      number: frame.number,
      closedMs: frame.closedMs,
      totals: frame.totals,
      datagrams: report.datagrams,
      records: report.records,
      rows: report.flows,
      blocks: this.#blocks,
      partials,
      rejectedBy,
      rejects: rejectsOf(frame, report),
      rejectsLeftOut: Math.max(0, report.rejects.length - MAX_REJECTS),
      names: namesOf(frame, report),
      registryVersion: this.#registryVersion,
      ...(this.#paths.size > 0 && { paths: this.#pathsTaken() }),
      stageUs: { decode: decode * 1e3, enrich: enrich * 1e3, observe: observe * 1e3, encode: encode * 1e3 },
    }
  }

  #takePath({ exporter, receivedUs }: FrameEntry, row: object): void {
    const name = addressText(exporter, 0)
    const of = this.#paths.get(name) ?? { receivedMs: Math.floor(receivedUs / 1000), rows: [] }
    of.rows.push(JSON.stringify(row))
    this.#paths.set(name, of)
  }

  #pathsTaken(): FramePaths[] {
    return [...this.#paths].map(([exporter, { receivedMs, rows }]) => ({
      exporter,
      receivedMs,
      rows: rows.join('\n'),
    }))
  }

  /** A new version is a new enricher and observer, so that a frame is of one version whole. */
  #use({ version, tables, observed, shards = 1 }: WorkerSetup): void {
    this.#version = version
    this.#registryVersion = tables?.version ?? version
    this.#enricher = tables && new Enricher(tables)
    const services = observed.map(({ id, parameters }) => {
      const service = SERVICES.filter(looksAtFlows).find((s) => s.id === id)
      if (service === undefined) throw new Error(`there is no security service '${id}' that looks at flows`)
      return { service, parameters }
    })
    this.#observer = new ShardedObserver(services, shards, BLOCK_ROWS)
  }

  #takeRows(block: FlowBlock): void {
    const t0 = performance.now()
    this.#enricher?.enrich(block)
    const t1 = performance.now()
    this.#observer.observe(block)
    const t2 = performance.now()
    this.#enricher?.protect(block)
    this.#blocks.push(encodeNative(block))
    const t3 = performance.now()
    this.#stageMs.enrich += t1 - t0
    this.#stageMs.observe += t2 - t1
    this.#stageMs.encode += t3 - t2
  }
}

/** The first rejects, with copies of their datagrams: the frame's memory goes back to the main thread. */
function rejectsOf(frame: Frame, report: DecodeReport): Reject[] {
  return report.rejects.slice(0, MAX_REJECTS).map(({ code, count, entry, message }) => {
    const { exporter, receivedUs, datagram } = frame.entries[entry]!
    return { code, message, count, receivedUs, exporter: addressText(exporter, 0), bytes: datagram.slice() }
  })
}

/** What the frame says of its exporters; undefined: nothing. */
function notesOf({ collector, notes = [], entries }: Frame, report: DecodeReport): FrameNotes | undefined {
  const unreadable = new Map<string, number>()
  for (const { code, count, entry } of report.rejects) {
    if (code !== 'template_missing') continue
    const address = addressText(entries[entry]!.exporter, 0)
    unreadable.set(address, (unreadable.get(address) ?? 0) + count)
  }
  if (notes.length + unreadable.size === 0) return undefined
  return {
    collector,
    exporters: notes,
    unreadable: [...unreadable].map(([address, sets]) => ({ address, sets })),
  }
}

function namesOf(frame: Frame, report: DecodeReport): ExporterName[] {
  return report.names.map(({ exporter, kind, id, name }) => {
    return { exporter_addr: addressText(exporter, 0), kind, key: id, name, seen: frame.closedMs }
  })
}

const worker = new FlowWorker()

/** Wraps an answer so that its buffers are moved to the main thread, not copied. */
function moved(answer: FrameAnswer): FrameAnswer {
  const { outcome, memory } = answer
  const buffers: ArrayBufferLike[] =
    outcome === undefined
      ? [memory]
      : [memory, ...[...outcome.blocks, ...outcome.partials].map((bytes) => bytes.buffer)]
  const movable = {
    get [Piscina.transferableSymbol]() {
      return buffers
    },
    get [Piscina.valueSymbol]() {
      return answer
    },
  }
  return move(movable as unknown as Parameters<typeof move>[0]) as unknown as FrameAnswer
}

/** The pool's task. A frame that does not read is an answer, for errors lose their kind on the way between threads. */
export function processFrame(task: FrameTask): FrameAnswer {
  Atomics.store(task.begun, task.slot, 1)
  const memory = task.frame.buffer
  try {
    const outcome = worker.process(task)
    return moved(outcome === undefined ? { memory } : { outcome, memory })
  } catch (error) {
    if (!(error instanceof FrameError) && !(error instanceof ContextError)) throw error
    return moved({ corrupt: error.message, memory })
  }
}
