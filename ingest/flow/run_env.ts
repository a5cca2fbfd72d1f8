import type { FlowBlock } from '../../model/flow_block.js'
import { V4_MAPPED_WORD } from '../../model/flow_block.js'
import { PacketSection } from './packet_section.js'
import { TextCache } from './text_cache.js'
import { unsigned } from './wire.js'

/** Records decoded at a time; longer sets are cut. */
export const RUN_RECORDS_MAX = 4096
const OFFSETS = 65536

const DAY_MS = 86_400_000
/**
 * Times farther from both the export and the receipt than this are absurd: long-lived flows are weeks old,
 * not years.
 */
const PAST_MS = 366 * DAY_MS
const FUTURE_MS = 2 * DAY_MS
const NTP_EPOCH_S = 2_208_988_800
const TWO_32 = 4_294_967_296

/**
 * What a compiled template needs to know of the datagram, and where it leaves what has no column. One per
 * decoder.
 */
export class RunEnv {
  bytes: Uint8Array = new Uint8Array(0)
  block: FlowBlock | undefined
  /** Export time of the datagram, ms since 1970. */
  exportMs = 0
  /** Milliseconds since the exporter's start, 32 bits, at export time. */
  uptime = 0
  /** Start of the exporter, ms since 1970, for IPFIX exporters that tell it in options; 0: unknown. */
  initMs = 0
  /** Bounds of a plausible time. */
  loMs = 0
  hiMs = 0
  /** Times that were clamped. */
  clamped = 0
  #receivedMs = 0
  readonly #section = new PacketSection()
  readonly #texts = new TextCache()
  /** Sampler id of each record of the run. */
  readonly samplers = new Uint32Array(RUN_RECORDS_MAX)
  /** Where the runs and variable fields of each record lie (see `locateRuns`). */
  readonly offsets = new Int32Array(OFFSETS)

  setTimes(exportMs: number, receivedMs: number): void {
    this.exportMs = exportMs
    this.#receivedMs = receivedMs
    this.loMs = exportMs - PAST_MS
    this.hiMs = exportMs + FUTURE_MS
    this.initMs = 0
  }

  /**
   * The time to store for one out of bounds: 0 stays unknown, one that fits the receipt is kept, others are
   * clamped.
   */
  plausible(ms: number): number {
    if (ms === 0) return 0
    if (ms >= this.#receivedMs - PAST_MS && ms <= this.#receivedMs + FUTURE_MS) return ms
    this.clamped++
    return this.exportMs
  }

  /**
   * Milliseconds since 1970 of a 64-bit NTP timestamp in µs or ns resolution, or of a plain count in that
   * unit.
   */
  ntpMs(high: number, low: number, perMs: number): number {
    if (high === 0 && low === 0) return 0
    // A plain count since 1970 reads as a second before 1904 (µs) or 1934 (ns), before there were exporters.
    const plainBelow = perMs === 1000 ? 0x1000000 : 0x40000000
    if (high < plainBelow) return Math.floor((high * TWO_32 + low) / perMs)
    const seconds = high < NTP_EPOCH_S ? high + TWO_32 : high
    return (seconds - NTP_EPOCH_S) * 1000 + Math.floor((low * 1000) / TWO_32)
  }

  /** Index in the block's strings of a text field. */
  text(o: number, length: number): number {
    return this.block!.intern(this.#texts.get(this.bytes, o, length))
  }

  /** A number in a variable-length field. */
  unsigned(o: number, length: number): number {
    return unsigned(this.bytes, o, length)
  }

  /** The low and the high 32 bits of such a number. */
  low(o: number, length: number): number {
    const narrow = Math.min(4, length)
    return unsigned(this.bytes, o + length - narrow, narrow)
  }

  high(o: number, length: number): number {
    const wide = Math.min(8, length)
    return wide <= 4 ? 0 : unsigned(this.bytes, o + length - wide, wide - 4)
  }

  /** A sampling rate found in a record; 0 when it is none. */
  rate(value: number): number {
    return plausibleRate(value)
  }

  /** Fills what the first bytes of a packet tell. */
  section(
    words: FlowBlock['words'],
    row: number,
    o: number,
    length: number,
    ethernet: boolean,
    fills: number,
  ): void {
    this.#section.write(words, row, this.bytes, o, length, ethernet, fills)
  }

  /**
   * Stores an address of a variable-length field: 4 or 16 bytes; others are no address. `q` is four times the
   * row.
   */
  address(words: Uint32Array, q: number, o: number, length: number): void {
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset)
    if (length === 4) {
      words[q + 2] = V4_MAPPED_WORD
      words[q + 3] = view.getUint32(o, true)
    } else if (length === 16) {
      for (let i = 0; i < 4; i++) words[q + i] = view.getUint32(o + 4 * i, true)
    }
  }
}

/** Absurdly large rates are small ones in the other byte order, as several exporters send them. */
const RATE_MAX = 0xffffff

/** A sampling rate as read from the wire: whole, within 32 bits, in the right byte order; 0 when unknown. */
export function plausibleRate(rate: number): number {
  if (!(rate >= 1)) return 0
  if (rate <= RATE_MAX) return Math.round(rate)
  if (rate > 0xffffffff) return 0
  const n = rate >>> 0
  const swapped = ((n >>> 24) | ((n >>> 8) & 0xff00) | ((n << 8) & 0xff0000) | (n << 24)) >>> 0
  return swapped !== 0 && swapped <= 0xffff ? swapped : n
}
