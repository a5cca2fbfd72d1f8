import type { Flow } from '../flow.js'
import type { EmitDatagram, FlowEncoder } from './encoder.js'
import { uptimeOf } from './fields.js'
import {
  type ExporterView,
  type OptionsField,
  type OptionsTable,
  recordBytesMax,
  type Template,
  type TemplatedFlavour,
} from './template.js'
import { Writer } from './writer.js'

/** What tells NetFlow v9 (RFC 3954) and IPFIX (RFC 7011) apart on the wire. */
interface Wire {
  readonly headerBytes: number
  readonly templateSet: number
  readonly optionsSet: number
  /** Of an options template: what stands between its id and its fields. */
  optionsCounts(w: Writer, table: OptionsTable): void
  /** Header at offset 0 for a datagram of `bytes`; `records` counts templates too. */
  header(
    w: Writer,
    x: ExporterView,
    at: { nowMs: number; bytes: number; records: number; sequence: number },
  ): void
  /** How far a datagram moves the sequence number. */
  advance(dataRecords: number): number
}

const NETFLOW9: Wire = {
  headerBytes: 20,
  templateSet: 0,
  optionsSet: 1,
  optionsCounts(w, { scopes, fields }) {
    w.u16(4 * scopes.length)
    w.u16(4 * fields.length)
  },
  header(w, x, { nowMs, records, sequence }) {
    w.u16(9)
    w.u16(records)
    w.u32(uptimeOf(nowMs, x))
    w.u32(Math.floor(nowMs / 1000))
    w.u32(sequence)
    w.u32(x.domain)
  },
  advance: () => 1,
}

const IPFIX: Wire = {
  headerBytes: 16,
  templateSet: 2,
  optionsSet: 3,
  optionsCounts(w, { scopes, fields }) {
    w.u16(scopes.length + fields.length)
    w.u16(scopes.length)
  },
  header(w, x, { nowMs, bytes, sequence }) {
    w.u16(10)
    w.u16(bytes)
    w.u32(Math.floor(nowMs / 1000))
    w.u32(sequence)
    w.u32(x.domain)
  },
  advance: (dataRecords) => dataRecords,
}

const NO_SET = -1
const ENTERPRISE_BIT = 0x8000

function writeSpecifier(w: Writer, { id, pen, length }: OptionsField): void {
  w.u16(pen === undefined ? id : id | ENTERPRISE_BIT)
  w.u16(length)
  if (pen !== undefined) w.u32(pen)
}

/**
 * Encoder of NetFlow v9 and IPFIX: sets of records one after the other in a datagram, a new set where the
 * template changes.
 */
export class TemplatedEncoder implements FlowEncoder {
  readonly biflow: boolean
  readonly #wire: Wire
  readonly #flavour: TemplatedFlavour
  readonly #exporter: ExporterView
  readonly #emit: EmitDatagram
  readonly #w: Writer
  readonly #recordBytes: ReadonlyMap<number, number>
  #set = NO_SET
  #setStart = 0
  #sequence = 0
  /** Of the datagram in hand: templates and records; records of any data; records of flows. */
  #records = 0
  #dataRecords = 0
  #flowRecords = 0

  constructor(flavour: TemplatedFlavour, exporter: ExporterView, bytesMax: number, emit: EmitDatagram) {
    this.biflow = flavour.biflow
    this.#wire = flavour.wire === 'ipfix' ? IPFIX : NETFLOW9
    this.#flavour = flavour
    this.#exporter = exporter
    this.#emit = emit
    this.#w = new Writer(bytesMax)
    this.#w.offset = this.#wire.headerBytes
    this.#recordBytes = new Map(flavour.templates.map((t) => [t.id, recordBytesMax(t)]))
  }

  takes(flow: Flow): boolean {
    return this.#flavour.pick(flow) !== undefined
  }

  add(flow: Flow, nowMs: number): number {
    const template = this.#flavour.pick(flow)!
    this.#room(template.id, this.#recordBytes.get(template.id)!, nowMs)
    for (const field of template.fields) field.write(this.#w, flow, this.#exporter)
    this.#records++
    this.#dataRecords++
    this.#flowRecords++
    return 1
  }

  announce(nowMs: number): void {
    this.flush(nowMs)
    for (const template of this.#flavour.templates) this.#template(template, nowMs)
    for (const table of this.#flavour.options) this.#optionsTemplate(table, nowMs)
    for (const table of this.#flavour.options) {
      const length = [...table.scopes, ...table.fields].reduce((sum, f) => sum + f.length, 0)
      for (const write of table.records(this.#exporter)) {
        this.#room(table.id, length, nowMs)
        write(this.#w)
        this.#records++
        this.#dataRecords++
      }
    }
    this.flush(nowMs)
  }

  flush(nowMs: number): void {
    if (this.#records === 0) return
    this.#closeSet()
    const w = this.#w
    const bytes = w.offset
    w.offset = 0
    this.#wire.header(w, this.#exporter, { nowMs, bytes, records: this.#records, sequence: this.#sequence })
    this.#sequence = (this.#sequence + this.#wire.advance(this.#dataRecords)) % 2 ** 32
    this.#emit(w.bytes.slice(0, bytes), this.#flowRecords)
    w.offset = this.#wire.headerBytes
    this.#records = 0
    this.#dataRecords = 0
    this.#flowRecords = 0
  }

  #template(template: Template, nowMs: number): void {
    this.#room(this.#wire.templateSet, 4 + 8 * template.fields.length, nowMs)
    this.#w.u16(template.id)
    this.#w.u16(template.fields.length)
    for (const field of template.fields) writeSpecifier(this.#w, field)
    this.#records++
  }

  #optionsTemplate(table: OptionsTable, nowMs: number): void {
    this.#room(this.#wire.optionsSet, 6 + 8 * (table.scopes.length + table.fields.length), nowMs)
    this.#w.u16(table.id)
    this.#wire.optionsCounts(this.#w, table)
    for (const field of [...table.scopes, ...table.fields]) writeSpecifier(this.#w, field)
    this.#records++
  }

  /** Opens set `id` with room for `bytes` more, in this datagram or the next. */
  #room(id: number, bytes: number, nowMs: number): void {
    const padding = 3
    const need = (id === this.#set ? 0 : padding + 4) + bytes + padding
    if (this.#w.offset + need > this.#w.bytes.length) this.flush(nowMs)
    if (id === this.#set) return
    this.#closeSet()
    this.#set = id
    this.#setStart = this.#w.offset
    this.#w.u16(id)
    this.#w.u16(0)
  }

  #closeSet(): void {
    if (this.#set === NO_SET) return
    const w = this.#w
    const odd = (w.offset - this.#setStart) % 4
    if (this.#flavour.padding && odd !== 0) w.zeros(4 - odd)
    w.patch16(this.#setStart + 2, w.offset - this.#setStart)
    this.#set = NO_SET
  }
}
