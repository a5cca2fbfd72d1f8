import { LOCALITIES } from '../model/flow_columns.js'
import type { ByteReader, ByteWriter } from './bytes.js'
import { type FlowView, KIND } from './flow_view.js'
import { hashWith } from './hash.js'
import type { FrameSpan } from './service.js'

/** How a call went, in `Call.outcome`. */
export const OUTCOME = { failed: 0, answered: 1, unknown: 2 } as const

/** Calls noted in a frame at most, before the choice of those that are written. */
const NOTED = 16_384
/** Calls written per frame at most: so many, and so many more for each millisecond that the frame spans. */
const WRITTEN = 128
const WRITTEN_PER_MS = 12

/**
 * Calls (new connections, or questions over UDP) of a frame, for services that look at the time and size of each. When more
 * come than may be written, those of the pairs with the lowest hashes are: the same pairs in every frame, so that what is
 * watched is watched whole. What is left out is counted.
 */
export class CallTable {
  readonly #words = new Uint32Array(NOTED * 8)
  readonly #pair = new Uint32Array(NOTED)
  readonly #port = new Uint32Array(NOTED)
  readonly #srcPort = new Uint32Array(NOTED)
  readonly #proto = new Uint8Array(NOTED)
  readonly #reach = new Uint8Array(NOTED)
  readonly #outcome = new Uint8Array(NOTED)
  readonly #org = new Uint32Array(NOTED)
  readonly #site = new Uint32Array(NOTED)
  readonly #packets = new Float64Array(NOTED)
  readonly #octets = new Float64Array(NOTED)
  readonly #startMs = new Float64Array(NOTED)
  readonly #durationMs = new Float64Array(NOTED)
  #size = 0
  #overflow = 0

  /** Notes the record at `row`; organisation and site are those of the source where it is inside, else of the destination. */
  add(view: FlowView, row: number): void {
    if (this.#size === NOTED) {
      this.#overflow++
      return
    }
    const i = this.#size++
    const at = row * 4
    for (let w = 0; w < 4; w++) {
      this.#words[i * 8 + w] = view.src[at + w]!
      this.#words[i * 8 + 4 + w] = view.dst[at + w]!
    }
    const reach = view.reach[row]!
    const inside = reach === LOCALITIES.outbound || reach === LOCALITIES.internal
    const kind = view.kind[row]!
    this.#pair[i] = hashWith(hashWith(view.srcHash[row]!, view.dstHash[row]!), view.dstPort[row]!)
    this.#port[i] = view.dstPort[row]!
    this.#srcPort[i] = view.srcPort[row]!
    this.#proto[i] = view.proto[row]!
    this.#reach[i] = reach
    this.#outcome[i] =
      kind === KIND.tcpFailed || kind === KIND.udpFailed
        ? OUTCOME.failed
        : kind === KIND.udp && view.answerPackets[row] === 0
          ? OUTCOME.unknown
          : OUTCOME.answered
    this.#org[i] = inside ? view.srcOrg[row]! : view.dstOrg[row]!
    this.#site[i] = inside ? view.srcSite[row]! : view.dstSite[row]!
    this.#packets[i] = view.packets[row]!
    this.#octets[i] = view.octets[row]!
    this.#startMs[i] = view.startMs[row]!
    this.#durationMs[i] = view.endMs[row]! - view.startMs[row]!
  }

  /** Calls left out, then one after the other: 1 and the call, at last 0. */
  take(writer: ByteWriter, { closedMs, spanMs }: FrameSpan): void {
    const limit = this.#limit(WRITTEN + WRITTEN_PER_MS * Math.min(spanMs, 1000))
    let leftOut = this.#overflow
    for (let i = 0; i < this.#size; i++) if (this.#pair[i]! > limit) leftOut++
    writer.varint(leftOut)
    for (let i = 0; i < this.#size; i++) {
      if (this.#pair[i]! > limit) continue
      writer.u8(1)
      writer.address(this.#words, i * 8)
      writer.address(this.#words, i * 8 + 4)
      writer.varint(this.#port[i]!)
      writer.varint(this.#srcPort[i]!)
      writer.u8(this.#proto[i]!)
      writer.u8(this.#reach[i]! * 4 + this.#outcome[i]!)
      writer.varint(this.#org[i]!)
      writer.varint(this.#site[i]!)
      writer.varint(this.#packets[i]!)
      writer.varint(this.#octets[i]!)
      writer.varint(Math.max(0, Math.round(closedMs - this.#startMs[i]!)))
      writer.varint(Math.round(this.#durationMs[i]!))
    }
    writer.u8(0)
    this.#size = 0
    this.#overflow = 0
  }

  /** The highest hash of a pair that is written. */
  #limit(written: number): number {
    if (this.#size <= written) return 0xffffffff
    const sorted = this.#pair.slice(0, this.#size).sort()
    const first = sorted[written]!
    // All calls of a pair, or none.
    return first === 0 ? 0 : first - 1
  }
}

/** One call, read into fields that are used again for the next one. */
export class Call {
  readonly src = new Uint32Array(4)
  readonly dst = new Uint32Array(4)
  dstPort = 0
  srcPort = 0
  proto = 0
  /** A code of `LOCALITIES`, or `REACH_UNKNOWN`. */
  reach = 0
  /** A code of `OUTCOME`. */
  outcome = 0
  orgId = 0
  siteId = 0
  packets = 0
  octets = 0
  startMs = 0
  durationMs = 0

  /** Reads the next call; false at the end. */
  read(reader: ByteReader, closedMs: number): boolean {
    if (reader.u8() === 0) return false
    reader.address(this.src, 0)
    reader.address(this.dst, 0)
    this.dstPort = reader.varint()
    this.srcPort = reader.varint()
    this.proto = reader.u8()
    const code = reader.u8()
    this.reach = code >> 2
    this.outcome = code & 3
    this.orgId = reader.varint()
    this.siteId = reader.varint()
    this.packets = reader.varint()
    this.octets = reader.varint()
    this.startMs = closedMs - reader.varint()
    this.durationMs = reader.varint()
    return true
  }
}
