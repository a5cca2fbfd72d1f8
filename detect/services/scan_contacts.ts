import { LOCALITIES } from '../../model/flow_columns.js'
import type { ByteWriter } from '../bytes.js'
import { type FlowView, KIND } from '../flow_view.js'
import { hashAddress, hashWith } from '../hash.js'
import { KeyTable } from '../key_table.js'
import type { FrameSpan, PartialCollector } from '../service.js'
import { CountMin } from '../sketches/count_min.js'

/** Class of a contact: what was tried. */
export const CONTACT = { tcp: 0, udp: 1, icmp: 2 } as const
/** Set in a contact's class where its failure is not known, only that no answer was seen in its frame. */
export const UNVERIFIED = 4

const SOURCES = 8192
const CONTACTS = 16_384
/** Contacts of one source and of all sources written per frame at most; what is left out is counted. */
const WRITTEN_PER_SOURCE = 64
const WRITTEN = 2048
/** Sources with a single contact that meet at one destination within a frame: above, it is a flood with forged sources. */
const FLOOD = 128
const CELLS = 1024
const ANSWER_BITS = 1 << 18

const ECHO_REQUESTS = new Set([8, 13, 15, 17, 128, 255])

/**
 * Notes who asked whom for what and got nothing: TCP without ACK, UDP without answer, ICMP requests. A source's contacts
 * of a frame are written once each, with the number of attempts and of connections that came about.
 */
export class ScanCollector implements PartialCollector {
  readonly #sources = new KeyTable(SOURCES)
  readonly #sourceOrg = new Uint32Array(SOURCES)
  readonly #sourceSite = new Uint32Array(SOURCES)
  readonly #sourceInside = new Uint8Array(SOURCES)
  readonly #sourceHash = new Uint32Array(SOURCES)
  readonly #sourceContacts = new Uint32Array(SOURCES)
  /** Contacts: by destination, tag = source · 2^18 + class · 2^16 + port. */
  readonly #contacts = new KeyTable(CONTACTS)
  readonly #source = new Uint32Array(CONTACTS)
  readonly #next = new Int32Array(CONTACTS)
  readonly #firstOf = new Int32Array(SOURCES)
  readonly #attempts = new Uint32Array(CONTACTS)
  readonly #site = new Uint32Array(CONTACTS)
  readonly #org = new Uint32Array(CONTACTS)
  readonly #lastMs = new Float64Array(CONTACTS)
  /** Hash under which the answer to an unverified contact would be noted; 0: verified. */
  readonly #answer = new Uint32Array(CONTACTS)
  readonly #cell = new Uint16Array(CONTACTS)
  /** Exporters that said in this frame how something was answered. */
  readonly #biflowCells = new Uint8Array(4096)
  readonly #successes = new CountMin(8192, 2)
  readonly #answers = new Uint32Array(ANSWER_BITS / 32)
  #answersUsed = false

  observe(view: FlowView): void {
    const { rows, kind, reach, srcHash } = view
    for (let row = 0; row < rows; row++) {
      if (reach[row] === LOCALITIES.transit) continue
      switch (kind[row]) {
        case KIND.tcp:
          if (view.srcPort[row]! > view.dstPort[row]!) this.#successes.add(srcHash[row]!, 1)
          break
        case KIND.tcpFailed:
          this.#contact(view, row, CONTACT.tcp, 0)
          break
        case KIND.udpFailed:
          if (asks(view, row)) this.#contact(view, row, CONTACT.udp, 0)
          break
        case KIND.udp:
          this.#udp(view, row)
          break
        case KIND.icmp:
          if (ECHO_REQUESTS.has(view.icmpType[row]!)) this.#contact(view, row, CONTACT.icmp, 0)
          break
      }
    }
  }

  /** UDP of which the record does not tell whether it was answered: the answer should stand in the same frame. */
  #udp(view: FlowView, row: number): void {
    const { srcHash, dstHash, srcPort, dstPort } = view
    if (view.answerPackets[row]! > 0) {
      this.#biflowCells[view.exporterCell[row]!] = 1
      if (srcPort[row]! > dstPort[row]!) this.#successes.add(srcHash[row]!, 1)
      return
    }
    const bit =
      hashWith(hashWith(srcHash[row]!, dstHash[row]!), (srcPort[row]! << 16) | dstPort[row]!) &
      (ANSWER_BITS - 1)
    this.#answers[bit >> 5]! |= 1 << (bit & 31)
    this.#answersUsed = true
    // Of sampled packets an answer that does not stand here was most likely not looked at.
    if (view.sampling[row]! > 1 || view.packets[row]! > 3 || !asks(view, row)) return
    const answer = hashWith(hashWith(dstHash[row]!, srcHash[row]!), (dstPort[row]! << 16) | srcPort[row]!)
    this.#contact(view, row, CONTACT.udp, answer === 0 ? 1 : answer)
  }

  #contact(view: FlowView, row: number, kind: number, answer: number): void {
    const at = row * 4
    const known = this.#sources.size
    const source = this.#sources.add(view.src, at, 0, view.srcHash[row]!)
    if (source < 0) return
    if (source === known) {
      const inside = view.reach[row] === LOCALITIES.outbound || view.reach[row] === LOCALITIES.internal
      this.#sourceOrg[source] = view.srcOrg[row]!
      this.#sourceSite[source] = view.srcSite[row]!
      this.#sourceInside[source] = inside ? 1 : 0
      this.#sourceHash[source] = view.srcHash[row]!
      this.#sourceContacts[source] = 0
      this.#firstOf[source] = -1
    }
    const port = kind === CONTACT.icmp ? 0 : view.dstPort[row]!
    const tag = (source * 262_144 + kind * 65_536 + port) >>> 0
    const before = this.#contacts.size
    const id = this.#contacts.add(view.dst, at, tag, view.dstHash[row]!)
    if (id < 0) return
    if (id === before) {
      this.#source[id] = source
      this.#next[id] = this.#firstOf[source]!
      this.#firstOf[source] = id
      this.#sourceContacts[source]!++
      this.#attempts[id] = 0
      this.#site[id] = view.dstSite[row]!
      this.#org[id] = view.dstOrg[row]!
      this.#answer[id] = answer
      this.#cell[id] = view.exporterCell[row]!
      this.#lastMs[id] = view.startMs[row]!
    }
    this.#attempts[id]!++
    if (view.startMs[row]! > this.#lastMs[id]!) this.#lastMs[id] = view.startMs[row]!
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    this.#forgetAnswered()
    const flooded = this.#forgetFlooded()
    const order = this.#order()
    writer.varint(this.#sources.overflow + this.#contacts.overflow)
    writer.varint(flooded)
    let written = 0
    let left = 0
    for (const source of order) {
      const n = this.#sourceContacts[source]!
      if (n === 0) continue
      if (written >= WRITTEN) left += n
      else written += this.#writeSource(writer, source, frame.closedMs)
    }
    writer.u8(0)
    writer.varint(left)
    this.#clear()
  }

  /** Drops unverified contacts whose answer stood in the frame: they were successes. */
  #forgetAnswered(): void {
    if (!this.#answersUsed) return
    for (let id = 0; id < this.#contacts.size; id++) {
      const bit = this.#answer[id]! & (ANSWER_BITS - 1)
      if (this.#answer[id] === 0) continue
      if ((this.#answers[bit >> 5]! & (1 << (bit & 31))) === 0) {
        // An exporter that tells of answers would have told of this one.
        if (this.#biflowCells[this.#cell[id]!] === 1) this.#answer[id] = 0
        continue
      }
      const source = this.#source[id]!
      this.#successes.add(this.#sourceHash[source]!, 1)
      this.#drop(id)
    }
  }

  #drop(id: number): void {
    if (this.#attempts[id] === 0) return
    this.#attempts[id] = 0
    this.#sourceContacts[this.#source[id]!]!--
  }

  /** Drops contacts of sources seen once that all ask one destination: `ddos` looks after those. */
  #forgetFlooded(): number {
    if (this.#contacts.size < FLOOD) return 0
    const cells = new Uint32Array(CELLS)
    const { size, words } = this.#contacts
    const cellOf = (id: number): number => hashAddress(words, id * 4) & (CELLS - 1)
    for (let id = 0; id < size; id++) if (this.#alone(id)) cells[cellOf(id)]!++
    let flooded = 0
    for (let id = 0; id < size; id++) {
      if (!this.#alone(id) || cells[cellOf(id)]! <= FLOOD) continue
      this.#drop(id)
      flooded++
    }
    return flooded
  }

  #alone(id: number): boolean {
    return this.#attempts[id]! > 0 && this.#sourceContacts[this.#source[id]!] === 1
  }

  /** Sources in the order of writing: as they came, or, where not all fit, those with most contacts first. */
  #order(): number[] {
    const order = Array.from({ length: this.#sources.size }, (_, i) => i)
    if (this.#contacts.size <= WRITTEN) return order
    // Among equals the lowest hash: the same sources are kept from frame to frame, so that some are seen whole.
    return order.sort(
      (a, b) =>
        this.#sourceContacts[b]! - this.#sourceContacts[a]! || this.#sourceHash[a]! - this.#sourceHash[b]!,
    )
  }

  /** 1, address, organisation, site, inside, successes, contacts in all, contacts that follow, contacts. */
  #writeSource(writer: ByteWriter, source: number, closedMs: number): number {
    const all = this.#sourceContacts[source]!
    const n = Math.min(all, WRITTEN_PER_SOURCE)
    writer.u8(1)
    writer.address(this.#sources.words, source * 4)
    writer.varint(this.#sourceOrg[source]!)
    writer.varint(this.#sourceSite[source]!)
    writer.u8(this.#sourceInside[source]!)
    writer.varint(this.#successes.count(this.#sourceHash[source]!))
    writer.varint(all)
    writer.varint(n)
    let left = n
    for (let id = this.#firstOf[source]!; id >= 0 && left > 0; id = this.#next[id]!) {
      if (this.#attempts[id] === 0) continue
      left--
      const tag = this.#contacts.tags[id]!
      writer.address(this.#contacts.words, id * 4)
      writer.u8(((tag >>> 16) & 3) | (this.#answer[id] === 0 ? 0 : UNVERIFIED))
      writer.varint(tag & 65_535)
      writer.varint(this.#attempts[id]!)
      writer.varint(this.#org[id]!)
      writer.varint(this.#site[id]!)
      writer.varint(Math.max(0, Math.round(closedMs - this.#lastMs[id]!)))
    }
    return n
  }

  #clear(): void {
    this.#sources.clear()
    this.#contacts.clear()
    this.#successes.clear()
    if (this.#answersUsed) this.#answers.fill(0)
    this.#answersUsed = false
    this.#biflowCells.fill(0)
  }
}

/** Whether a UDP record looks like a question: its source port is not that of a service which answers. */
function asks(view: FlowView, row: number): boolean {
  const from = view.srcPort[row]!
  const to = view.dstPort[row]!
  return from === to || (from >= 1024 && (to < from || to < 49_152))
}
