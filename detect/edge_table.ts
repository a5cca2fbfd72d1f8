import type { ByteReader, ByteWriter } from './bytes.js'
import { type FlowView, KIND } from './flow_view.js'
import { hashWith, mix } from './hash.js'
import { KeyTable } from './key_table.js'
import type { FrameSpan } from './service.js'

const ACK = 16
const RST = 4
/** Numbers of an entry, and where each lies. */
const STRIDE = 12
/** What of a record the service marks: what its client sent, what its server sent. */
export const MARK = { none: 0, forth: 1, back: 2 } as const
const AT = {
  packets: 0,
  octets: 1,
  backPackets: 2,
  backOctets: 3,
  records: 4,
  answered: 5,
  failed: 6,
  marked: 7,
  markedBack: 8,
  firstMs: 9,
  lastMs: 10,
  busyMs: 11,
} as const
const PLACES = 4
const CLASSES = 256

export interface EdgeTableSize {
  /** Pairs held in a frame at most. */
  readonly capacity: number
  /** Pairs written per frame at most: so many, and so many more for each millisecond that the frame spans. */
  readonly written: number
  readonly writtenPerMs: number
  /**
   * Which ones are written when there are more: those of most octets, or those of the lowest hashes, which are the same
   * in every frame, so that what is watched is watched whole.
   */
  readonly keep: 'heaviest' | 'same'
}

/**
 * Who talked with whom in a frame, for services that look at pairs of hosts: both directions of all records between a client
 * and a server at a port are one entry. Which end is the client, what of the port and which rows are worth it, the service
 * says.
 */
export class EdgeTable {
  readonly #size: EdgeTableSize
  readonly #keys: KeyTable
  readonly #server: Uint32Array
  readonly #n: Float64Array
  /** Organisation and site of the client, then of the server. */
  readonly #places: Uint32Array
  readonly #port: Uint16Array
  readonly #proto: Uint8Array
  readonly #tag: Uint32Array

  constructor(size: EdgeTableSize) {
    this.#size = size
    this.#keys = new KeyTable(size.capacity)
    this.#server = new Uint32Array(size.capacity * 4)
    this.#n = new Float64Array(size.capacity * STRIDE)
    this.#places = new Uint32Array(size.capacity * PLACES)
    this.#port = new Uint16Array(size.capacity)
    this.#proto = new Uint8Array(size.capacity)
    this.#tag = new Uint32Array(size.capacity)
  }

  /**
   * Adds the record at `row`.
   *
   * @param forward whether its source is the client.
   * @param port of the server; 0 where ports do not tell entries apart.
   * @param tag the service's own, 32 bits, part of the key.
   * @param marks bits of `MARK`: whose packets count as marked too.
   */
  add(view: FlowView, row: number, forward: boolean, port: number, tag: number, marks: number): void {
    const server = forward ? view.dstHash[row]! : view.srcHash[row]!
    const client = forward ? view.srcHash[row]! : view.dstHash[row]!
    const key = hashWith(hashWith(server ^ 0x51ed270b, (port << 8) | view.proto[row]!), tag)
    const before = this.#keys.size
    const id = this.#keys.add(forward ? view.src : view.dst, row * 4, key, client)
    if (id < 0) return
    if (id === before) this.#begin(view, row, id, forward, port, tag)
    const n = this.#n
    const k = id * STRIDE
    n[k + AT.records]!++
    const there = forward ? AT.packets : AT.backPackets
    const back = AT.backPackets - there
    n[k + there]! += view.packets[row]!
    n[k + there + 1]! += view.octets[row]!
    n[k + back]! += view.answerPackets[row]!
    n[k + back + 1]! += view.answerOctets[row]!
    this.#outcome(view, row, k, forward)
    if (marks !== 0) this.#mark(view, row, k, forward, marks)
    const start = view.startMs[row]!
    const end = view.endMs[row]!
    if (start < n[k + AT.firstMs]!) n[k + AT.firstMs] = start
    if (end > n[k + AT.lastMs]!) n[k + AT.lastMs] = end
    if (end - start > n[k + AT.busyMs]!) n[k + AT.busyMs] = end - start
  }

  #mark(view: FlowView, row: number, k: number, forward: boolean, marks: number): void {
    const forth = forward ? view.packets[row]! : view.answerPackets[row]!
    const back = forward ? view.answerPackets[row]! : view.packets[row]!
    if ((marks & MARK.forth) !== 0) this.#n[k + AT.marked]! += forth
    if ((marks & MARK.back) !== 0) this.#n[k + AT.markedBack]! += back
  }

  #begin(view: FlowView, row: number, id: number, forward: boolean, port: number, tag: number): void {
    const k = id * STRIDE
    for (let i = k; i < k + STRIDE; i++) this.#n[i] = 0
    this.#n[k + AT.firstMs] = Number.POSITIVE_INFINITY
    const from = forward ? view.dst : view.src
    for (let w = 0; w < 4; w++) this.#server[id * 4 + w] = from[row * 4 + w]!
    const p = id * PLACES
    this.#places[p] = forward ? view.srcOrg[row]! : view.dstOrg[row]!
    this.#places[p + 1] = forward ? view.srcSite[row]! : view.dstSite[row]!
    this.#places[p + 2] = forward ? view.dstOrg[row]! : view.srcOrg[row]!
    this.#places[p + 3] = forward ? view.dstSite[row]! : view.srcSite[row]!
    this.#port[id] = port
    this.#proto[id] = view.proto[row]!
    this.#tag[id] = tag
  }

  /** A refusal is no answer: the client asked in vain. */
  #outcome(view: FlowView, row: number, k: number, forward: boolean): void {
    const n = this.#n
    switch (view.kind[row]) {
      case KIND.tcpFailed:
      case KIND.udpFailed:
        if (forward) n[k + AT.failed]!++
        break
      case KIND.tcp: {
        const flags = view.flags[row]!
        const refusal = !forward && (flags & RST) !== 0 && (flags & ~(RST | ACK)) === 0
        if (!refusal) n[k + AT.answered]!++
        break
      }
      default:
        if (!forward || view.answerPackets[row]! > 0) n[k + AT.answered]!++
    }
  }

  /** Pairs left out, then one after the other: 1 and the pair, at last 0. With `marked` only pairs of marked records. */
  take(writer: ByteWriter, { closedMs, spanMs }: FrameSpan, marked = false): void {
    const { written, writtenPerMs } = this.#size
    const most = written + writtenPerMs * Math.min(spanMs, 1000)
    let ids: number[] = []
    for (let id = 0; id < this.#keys.size; id++) {
      const k = id * STRIDE
      if (!marked || this.#n[k + AT.marked]! + this.#n[k + AT.markedBack]! > 0) ids.push(id)
    }
    writer.varint(this.#keys.overflow + Math.max(0, ids.length - most))
    if (ids.length > most) ids = this.#choose(ids, most)
    for (const id of ids) this.#write(writer, id, closedMs)
    writer.u8(0)
    this.#keys.clear()
  }

  /**
   * The ones to write, in the order in which they came. They are ranked in 256 classes, by octets (four to a doubling) or
   * by hash; of the class that does not fit whole, the first ones go.
   */
  #choose(ids: readonly number[], most: number): number[] {
    const sizes = new Uint32Array(CLASSES)
    for (const id of ids) sizes[this.#class(id)]!++
    let last = 0
    let left = most
    while (sizes[last]! <= left) left -= sizes[last++]!
    return ids.filter((id) => {
      const c = this.#class(id)
      return c < last || (c === last && left-- > 0)
    })
  }

  #class(id: number): number {
    if (this.#size.keep === 'same') return mix(this.#keys.tags[id]! ^ this.#keys.words[id * 4 + 3]!) >>> 24
    const k = id * STRIDE
    const octets = this.#n[k + AT.octets]! + this.#n[k + AT.backOctets]!
    return CLASSES - 1 - Math.min(CLASSES - 1, Math.floor(4 * Math.log2(1 + octets)))
  }

  #write(writer: ByteWriter, id: number, closedMs: number): void {
    const k = id * STRIDE
    const n = this.#n
    writer.u8(1)
    writer.address(this.#keys.words, id * 4)
    writer.address(this.#server, id * 4)
    writer.varint(this.#port[id]!)
    writer.u8(this.#proto[id]!)
    writer.varint(this.#tag[id]!)
    for (let p = id * PLACES; p < (id + 1) * PLACES; p++) writer.varint(this.#places[p]!)
    for (let i = k; i <= k + AT.markedBack; i++) writer.varint(n[i]!)
    const last = Math.round(n[k + AT.lastMs]!)
    writer.varint(Math.max(0, closedMs + 2000 - last))
    writer.varint(Math.max(0, last - Math.round(n[k + AT.firstMs]!)))
    writer.varint(Math.round(n[k + AT.busyMs]!))
  }
}

/** One pair of a frame, read into fields that are used again for the next one. */
export class Edge {
  readonly client = new Uint32Array(4)
  readonly server = new Uint32Array(4)
  port = 0
  proto = 0
  tag = 0
  clientOrg = 0
  clientSite = 0
  serverOrg = 0
  serverSite = 0
  /** From the client, and from the server; packets and octets times the sampling rate. */
  packets = 0
  octets = 0
  backPackets = 0
  backOctets = 0
  records = 0
  /** Records that show an answer, and that show that there was none. */
  answered = 0
  failed = 0
  /** Packets of marked records, from the client and from the server. */
  marked = 0
  markedBack = 0
  firstMs = 0
  lastMs = 0
  /** Duration of the longest record. */
  busyMs = 0

  /** Reads the next pair; false at the end. */
  read(reader: ByteReader, closedMs: number): boolean {
    if (reader.u8() === 0) return false
    reader.address(this.client, 0)
    reader.address(this.server, 0)
    this.port = reader.varint()
    this.proto = reader.u8()
    this.tag = reader.varint()
    this.clientOrg = reader.varint()
    this.clientSite = reader.varint()
    this.serverOrg = reader.varint()
    this.serverSite = reader.varint()
    this.packets = reader.varint()
    this.octets = reader.varint()
    this.backPackets = reader.varint()
    this.backOctets = reader.varint()
    this.records = reader.varint()
    this.answered = reader.varint()
    this.failed = reader.varint()
    this.marked = reader.varint()
    this.markedBack = reader.varint()
    this.lastMs = closedMs + 2000 - reader.varint()
    this.firstMs = this.lastMs - reader.varint()
    this.busyMs = reader.varint()
    return true
  }
}
