import { u32 } from './sflow5_header.js'

/** What a sample is; `other` is one of an enterprise, or of a later version of the standard. */
export const SAMPLE = { other: 0, flow: 1, counters: 2, discard: 3 } as const
export type SampleKind = (typeof SAMPLE)[keyof typeof SAMPLE]

/** Formats of an interface (sFlow v5, `interface`). */
export const INTERFACE_INDEX = 0
/** The packet was discarded; the value is a reason. */
export const INTERFACE_DISCARDED = 1
/** It went out of several interfaces; the value is how many. */
export const INTERFACE_MULTIPLE = 2
/** The packet came from, or went to, the device itself. */
export const INTERFACE_INTERNAL = 0x3fffffff

const FORMAT_FLOW = 1
const FORMAT_COUNTERS = 2
const FORMAT_FLOW_EXPANDED = 3
const FORMAT_COUNTERS_EXPANDED = 4
const FORMAT_DISCARD = 5

/**
 * The fixed part of a sample. One is made once and reused.
 *
 * ```
 * enterprise 20 bits, format 12 bits | length 4 | sequence 4 | source | … | records 4 | records …
 * ```
 */
export class Sflow5Sample {
  kind: SampleKind = SAMPLE.other
  /** Enterprise and format in one, as sent. */
  tag = 0
  sequence = 0
  /** Kind of the data source: 0 ifIndex, 1 VLAN, 2 physical entity, 3 logical entity; and its index. */
  sourceType = 0
  sourceIndex = 0
  samplingRate = 0
  samplePool = 0
  drops = 0
  inputFormat = 0
  input = 0
  outputFormat = 0
  output = 0
  /** Why a packet was discarded. */
  reason = 0
  records = 0
  /** Offsets: of the first record, behind the last one, and of the next sample. */
  recordsAt = 0
  end = 0
  next = 0

  /**
   * False when the sample is cut off inside its fixed part. A length that runs past the datagram ends with
   * it.
   */
  read(b: Uint8Array, at: number): boolean {
    if (at + 8 > b.length) return false
    this.tag = u32(b, at)
    const length = u32(b, at + 4)
    this.end = Math.min(at + 8 + length, b.length)
    // XDR lengths are multiples of four; agents that forget still pad.
    this.next = at + 8 + length + (-length & 3)
    this.recordsAt = this.end
    this.records = 0
    switch (this.tag) {
      case FORMAT_FLOW:
        return this.#flow(b, at + 8)
      case FORMAT_FLOW_EXPANDED:
        return this.#flowExpanded(b, at + 8)
      case FORMAT_COUNTERS:
        return this.#counters(b, at + 8)
      case FORMAT_COUNTERS_EXPANDED:
        return this.#countersExpanded(b, at + 8)
      case FORMAT_DISCARD:
        return this.#discard(b, at + 8)
      default:
        this.kind = SAMPLE.other
        return true
    }
  }

  #open(b: Uint8Array, at: number, kind: SampleKind, words: number): boolean {
    this.kind = kind
    this.recordsAt = at + 4 * words
    if (this.recordsAt > this.end) return false
    this.sequence = u32(b, at)
    this.records = u32(b, this.recordsAt - 4)
    return true
  }

  #source(id: number): void {
    this.sourceType = id >>> 24
    this.sourceIndex = id & 0xffffff
  }

  #flow(b: Uint8Array, at: number): boolean {
    if (!this.#open(b, at, SAMPLE.flow, 8)) return false
    this.#source(u32(b, at + 4))
    this.samplingRate = u32(b, at + 8)
    this.samplePool = u32(b, at + 12)
    this.drops = u32(b, at + 16)
    const input = u32(b, at + 20)
    const output = u32(b, at + 24)
    this.inputFormat = input >>> 30
    this.input = input & 0x3fffffff
    this.outputFormat = output >>> 30
    this.output = output & 0x3fffffff
    return true
  }

  #flowExpanded(b: Uint8Array, at: number): boolean {
    if (!this.#open(b, at, SAMPLE.flow, 11)) return false
    this.sourceType = u32(b, at + 4)
    this.sourceIndex = u32(b, at + 8)
    this.samplingRate = u32(b, at + 12)
    this.samplePool = u32(b, at + 16)
    this.drops = u32(b, at + 20)
    this.inputFormat = u32(b, at + 24)
    this.input = u32(b, at + 28)
    this.outputFormat = u32(b, at + 32)
    this.output = u32(b, at + 36)
    return true
  }

  #counters(b: Uint8Array, at: number): boolean {
    if (!this.#open(b, at, SAMPLE.counters, 3)) return false
    this.#source(u32(b, at + 4))
    return true
  }

  #countersExpanded(b: Uint8Array, at: number): boolean {
    if (!this.#open(b, at, SAMPLE.counters, 4)) return false
    this.sourceType = u32(b, at + 4)
    this.sourceIndex = u32(b, at + 8)
    return true
  }

  /** sflow.org/sflow_drops.txt */
  #discard(b: Uint8Array, at: number): boolean {
    if (!this.#open(b, at, SAMPLE.discard, 8)) return false
    this.sourceType = u32(b, at + 4)
    this.sourceIndex = u32(b, at + 8)
    this.drops = u32(b, at + 12)
    this.inputFormat = this.outputFormat = INTERFACE_INDEX
    this.input = u32(b, at + 16)
    this.output = u32(b, at + 20)
    this.reason = u32(b, at + 24)
    return true
  }
}

/** `forwardingStatus` (IANA element 89) of a packet that was dropped for one of sFlow's reasons. */
export function forwardingStatusOf(reason: number): number {
  switch (reason) {
    case 4: // fragmentation needed
    case 262: // packet too big
      return 133
    case 9: // prohibited: network, host, administration
    case 10:
    case 13:
      return 129
    case 257: // TTL exceeded
      return 137
    case 258: // access list
      return 130
    case 260: // random early detection
      return 139
    case 261: // traffic shaping
      return 138
    default:
      return reason < 16 ? 131 : 128
  }
}
