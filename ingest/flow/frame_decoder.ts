import type { FlowBlock } from '../../model/flow_block.js'
import type { Frame, FrameEntry } from '../../model/frame.js'
import { type CompiledTemplate, type Located, locateRuns } from './compile_template.js'
import { type DatagramHeader, newHeader, readHeader } from './datagram_header.js'
import type { DecodeReport } from './decode_report.js'
import { fixedTemplateKey } from './fixed_templates.js'
import { ContextCache, type DomainContext, type FrameContext } from './frame_context.js'
import { OptionsReader, saysNames } from './options_record.js'
import { readPath } from './path_records.js'
import { RUN_RECORDS_MAX, RunEnv } from './run_env.js'
import { DatagramStamp, writeSampling } from './run_writer.js'
import { SamplingTable } from './sampling.js'
import { Sflow5Decoder, type Sflow5Options } from './sflow5.js'
import { countRecords, kindOf, type TemplateKind, templateKey } from './template.js'
import { TemplateCache } from './template_cache.js'
import { type TemplateSetVisitor, templateSetKind, walkTemplateSet } from './template_set.js'
import { FIRST_DATA_SET, isZero, SET_HEADER_BYTES, u16 } from './wire.js'

/** Takes the block's rows out; the decoder then empties the block. */
export type Flush = (block: FlowBlock) => void

/**
 * Rows of one template that were written together, for a caller that wants to see more of the records than
 * the columns.
 */
export interface DecodedRun {
  readonly entry: FrameEntry
  readonly header: Readonly<DatagramHeader>
  readonly compiled: CompiledTemplate
  readonly block: FlowBlock
  readonly row: number
  readonly records: number
  /** Offset of the first record in the datagram. */
  readonly start: number
  /** Offset after the last record. */
  readonly end: number
}

export interface FrameDecoderOptions {
  readonly sflow?: Sflow5Options
  /** Called for every run of rows, before a flush can take them. */
  readonly onRun?: (run: DecodedRun) => void
  /**
   * The same for the rows of an sFlow datagram: flow samples from number `first` on, of those that the
   * datagram holds.
   */
  readonly onSflowRun?: (entry: FrameEntry, block: FlowBlock, row: number, first: number) => void
  /** Called after every sFlow datagram. */
  readonly onSflow?: (entry: FrameEntry) => void
  /**
   * Called for every options data set: records by `compiled.template` between `start` and `end` of the
   * datagram.
   */
  readonly onOptions?: (run: Omit<DecodedRun, 'block' | 'row'>) => void
  /**
   * Called for every record that measures a path of an SD-WAN, with the row that its vendor's adapter reads. Such
   * records are then no rows of flows; without it they are, as far as columns go.
   */
  readonly onPath?: (entry: FrameEntry, row: object) => void
}

/**
 * Decodes frames into blocks of columns, in a worker. What it keeps between frames (compiled templates,
 * parsed contexts) only makes it faster: a frame gives the same rows whatever was decoded before.
 */
export class FrameDecoder {
  readonly #options: FrameDecoderOptions
  readonly #cache = new TemplateCache()
  readonly #contexts = new ContextCache()
  readonly #env = new RunEnv()
  readonly #sflow: Sflow5Decoder
  readonly #header = newHeader()
  readonly #stamp = new DatagramStamp()
  readonly #reader = new OptionsReader()
  readonly #located: Located = { records: 0, end: 0 }
  /** Keys of the templates that the datagram itself defines, by id; undefined after a withdrawal. */
  readonly #local = new Map<number, string | undefined>()
  readonly #fixed = new Map<number, CompiledTemplate>()
  readonly #visitor: TemplateSetVisitor
  readonly #noSampling = new SamplingTable()
  readonly #rates = { header: 0, configured: 0 }
  #view: DataView = new DataView(new ArrayBuffer(0))
  #block!: FlowBlock
  #flush!: Flush
  #report!: DecodeReport
  #entry!: FrameEntry
  #domain!: DomainContext

  constructor(options: FrameDecoderOptions = {}) {
    this.#options = options
    this.#sflow = new Sflow5Decoder(options.sflow)
    this.#visitor = {
      define: (kind, id, b, o, bytes) => this.#define(kind, id, b, o, bytes),
      withdraw: (kind, id) => this.#withdraw(kind, id),
      invalid: (id, why) => this.#report.reject('template_invalid', 1, `template ${id} is refused: ${why}`),
      truncated: (id) =>
        this.#report.reject('set_truncated', 1, `template ${id} runs past the end of its set`),
    }
  }

  /** How often a template was compiled since the start. */
  get compiles(): number {
    return this.#cache.compiles
  }

  /**
   * Decodes all entries of `frame` into `block`, which must be empty. `flush` is called when the block is
   * full and at the end, and must take the rows out before it returns. Throws `ContextError` when the frame's
   * context cannot be read: nothing was written then.
   */
  decode(frame: Frame, block: FlowBlock, flush: Flush, report: DecodeReport): void {
    const context = this.#contexts.get(frame.context)
    this.#block = block
    this.#flush = flush
    this.#report = report
    for (let i = 0; i < frame.entries.length; i++) {
      report.entry = i
      report.datagrams++
      this.#decodeEntry(frame.entries[i]!, context)
    }
    report.timesClamped += this.#env.clamped
    this.#env.clamped = 0
    if (block.rows > 0) this.#takeRows()
  }

  #takeRows(): void {
    this.#flush(this.#block)
    this.#block.reset()
  }

  #decodeEntry(entry: FrameEntry, context: FrameContext): void {
    const h = this.#header
    const fault = readHeader(entry.datagram, h)
    if (fault !== undefined) {
      this.#report.reject(
        fault,
        1,
        `a datagram of ${entry.datagram.length} bytes has no header that can be read`,
      )
      return
    }
    if (h.version === 11) {
      this.#decodeSflow(entry)
      return
    }
    this.#entry = entry
    this.#look(entry.datagram)
    this.#env.setTimes(h.exportMs, entry.receivedUs / 1000)
    this.#env.uptime = h.uptime
    this.#stamp.set(entry, h)
    this.#rates.header = h.samplingRate
    this.#rates.configured = context.configuredRate(entry.exporter)
    if (h.version === 9 || h.version === 10) {
      this.#domain = context.domain(entry.exporter, h.version, h.domain, entry.exporterPort)
      this.#env.initMs = this.#domain.sampling.initMs
      this.#decodeSets(entry.datagram)
    } else this.#decodeFixed(h.version)
  }

  #decodeSflow(entry: FrameEntry): void {
    const { onSflowRun, onSflow } = this.#options
    if (onSflowRun === undefined && onSflow === undefined) {
      this.#sflow.decode(entry, this.#block, this.#flush, this.#report)
      return
    }
    let row = this.#block.rows
    let first = 0
    const took = () => {
      if (onSflowRun !== undefined && this.#block.rows > row) onSflowRun(entry, this.#block, row, first)
      first += this.#block.rows - row
      row = 0
    }
    const flush = (block: FlowBlock) => {
      took()
      this.#flush(block)
    }
    this.#sflow.decode(entry, this.#block, flush, this.#report)
    took()
    onSflow?.(entry)
  }

  /** Datagrams of a frame are views of one buffer: one DataView serves them all. */
  #look(datagram: Uint8Array): void {
    if (this.#view.buffer === datagram.buffer) return
    this.#view = new DataView(datagram.buffer)
    this.#env.bytes = new Uint8Array(datagram.buffer)
  }

  #decodeFixed(version: 1 | 5 | 7): void {
    const { count, start, end } = this.#header
    let compiled = this.#fixed.get(version)
    if (compiled === undefined) {
      compiled = this.#cache.get(fixedTemplateKey(version))
      this.#fixed.set(version, compiled)
    }
    const bytes = compiled.template.minBytes
    const held = Math.floor((end - start) / bytes)
    if (count !== held) this.#report.countsWrong++
    this.#writeRuns(compiled, start, start + Math.min(count, held) * bytes, this.#noSampling)
  }

  #decodeSets(b: Uint8Array): void {
    const { version, start, end } = this.#header
    if (this.#local.size > 0) this.#local.clear()
    let at = start
    while (at + SET_HEADER_BYTES <= end) {
      const setId = u16(b, at)
      const length = u16(b, at + 2)
      if (length < SET_HEADER_BYTES) {
        if (!isZero(b, at, end)) this.#truncated(`a set of ${length} bytes is shorter than its header`)
        return
      }
      const setEnd = Math.min(at + length, end)
      if (at + length > end) this.#truncated(`set ${setId} runs past the end of its datagram`)
      const kind = setId < FIRST_DATA_SET ? templateSetKind(version, setId) : undefined
      if (kind !== undefined) walkTemplateSet(kind, b, at + SET_HEADER_BYTES, setEnd, this.#visitor)
      else if (setId >= FIRST_DATA_SET) this.#decodeDataSet(setId, at + SET_HEADER_BYTES, setEnd)
      at = setEnd
    }
  }

  #truncated(message: string): void {
    this.#report.reject('set_truncated', 1, message)
  }

  #define(kind: TemplateKind, id: number, b: Uint8Array, o: number, bytes: number): void {
    // Compiled when data comes for it: many datagrams repeat templates, few define what they use.
    const key = templateKey(kind, b, o, bytes)
    const fault = this.#cache.faultOf(key)
    if (fault === undefined) this.#local.set(id, key)
    else this.#report.reject('template_invalid', 1, `template ${id} is refused: ${fault}`)
  }

  #withdraw(kind: TemplateKind, id: number): void {
    if (id >= FIRST_DATA_SET) {
      this.#local.set(id, undefined)
      return
    }
    for (const [local, key] of this.#local) {
      if (key !== undefined && kindOf(key) === kind) this.#local.set(local, undefined)
    }
  }

  #template(id: number): CompiledTemplate | undefined {
    if (this.#local.size === 0 || !this.#local.has(id)) return this.#domain.template(id, this.#cache)
    const key = this.#local.get(id)
    return key === undefined ? undefined : this.#cache.get(key)
  }

  #decodeDataSet(id: number, o: number, end: number): void {
    const compiled = this.#template(id)
    if (compiled === undefined || compiled.fault !== undefined) {
      this.#report.setsSkipped++
      this.#report.reject(
        'template_missing',
        1,
        `no template ${id} of domain ${this.#header.domain} came in time`,
      )
    } else if (compiled.template.options) this.#decodeOptions(compiled, o, end)
    else if (compiled.paths && this.#options.onPath !== undefined) this.#decodePaths(compiled, o, end)
    else this.#writeRuns(compiled, o, end, this.#domain.sampling)
  }

  /** Writes the rows of all records between `o` and `end` of the datagram. */
  #writeRuns(compiled: CompiledTemplate, o: number, end: number, table: SamplingTable): void {
    const { datagram } = this.#entry
    const base = datagram.byteOffset
    const { minBytes } = compiled.template
    let at = o
    while (at + minBytes <= end) {
      if (this.#block.rows === this.#block.capacity) this.#takeRows()
      const most = Math.min(this.#block.capacity - this.#block.rows, RUN_RECORDS_MAX)
      const found = this.#located
      if (compiled.stride === 0) {
        found.records = Math.min(most, Math.floor((end - at) / minBytes))
        found.end = at + found.records * minBytes
      } else this.#locate(compiled, at, end, most)
      if (found.records === 0) {
        this.#leftover(at, end)
        return
      }
      this.#writeRun(compiled, base + at, found.records, table)
      this.#options.onRun?.({
        entry: this.#entry,
        header: this.#header,
        compiled,
        block: this.#block,
        row: this.#block.rows - found.records,
        records: found.records,
        start: at,
        end: found.end,
      })
      at = found.end
    }
  }

  #locate(compiled: CompiledTemplate, at: number, end: number, most: number): void {
    const found = this.#located
    const base = this.#entry.datagram.byteOffset
    locateRuns(compiled, this.#env.bytes, base + at, base + end, most, this.#env.offsets, found)
    found.end -= base
  }

  /**
   * Bytes after the last record that could be one, but are not: padding when zero, else a record that was
   * cut.
   */
  #leftover(at: number, end: number): void {
    if (isZero(this.#entry.datagram, at, end)) return
    this.#report.records++
    this.#report.reject(
      'record_truncated',
      1,
      `a record runs past the end of its set, ${end - at} bytes before it`,
    )
  }

  #writeRun(c: CompiledTemplate, o: number, n: number, table: SamplingTable): void {
    const block = this.#block
    const row = block.rows
    for (let i = 0; i < c.columns.length; i++) block.touch(c.columns[i]!)
    this.#env.block = block
    this.#stamp.write(block, row, n)
    c.run(this.#view, o, n, row, block.words, this.#env)
    writeSampling(block, row, n, c, table, this.#rates, this.#env)
    block.rows = row + n
    this.#report.records += n
    this.#report.flows += n
  }

  #decodePaths({ template }: CompiledTemplate, o: number, end: number): void {
    const entry = this.#entry
    let at = o
    while (at >= 0 && at + template.minBytes <= end) {
      const next = readPath(template, entry.datagram, at, end, this.#header.exportMs, (row) =>
        this.#options.onPath!(entry, row),
      )
      if (next < 0) this.#leftover(at, end)
      at = next
    }
  }

  #decodeOptions(compiled: CompiledTemplate, o: number, end: number): void {
    const { template } = compiled
    const { datagram, exporter } = this.#entry
    const records = countRecords(template, datagram, o, end)
    this.#report.options += records
    if (saysNames(template)) {
      let at = o
      for (let i = 0; i < records; i++) {
        at = this.#reader.read(template, datagram, at, end, true)
        const { nameKind, nameId, name } = this.#reader.record
        if (nameKind !== undefined) this.#report.name(exporter, nameKind, nameId, name)
      }
    }
    this.#options.onOptions?.({ entry: this.#entry, header: this.#header, compiled, records, start: o, end })
  }
}
