import type { RejectCode } from '../../model/reject.js'
import type { NameKind } from './options_record.js'

/** Something of a frame that was not stored. */
export interface DecodeReject {
  readonly code: RejectCode
  /** How many datagrams, sets or records, by the code's unit. */
  count: number
  /** Index of the datagram in the frame's entries. */
  readonly entry: number
  readonly message: string
}

/** A name that an exporter told for one of its numbers. */
export interface LearnedName {
  /** Source address, 16 bytes. */
  readonly exporter: Uint8Array
  readonly kind: NameKind
  /** ifIndex, VRF id, sampler id, or an application as in column app_key. */
  readonly id: bigint
  readonly name: string
}

/** Names of one frame; exporters repeat theirs every few minutes, so what is beyond comes again. */
const NAMES_MAX = 20_000

/**
 * What became of a frame. It balances: `records` are `flows` and the counts of rejects whose unit is the
 * record. Datagrams and sets that were rejected hold an unknown number of records.
 */
export class DecodeReport {
  datagrams = 0
  /** Flow data records (sFlow: flow samples) that were met. */
  records = 0
  /** Rows written. */
  flows = 0
  /** Options data records. */
  options = 0
  /** sFlow counter samples. */
  counters = 0
  /** sFlow samples of discarded packets: no part of the traffic, for nobody forwarded them. */
  discards = 0
  /** Data sets without a template, and options data sets. */
  setsSkipped = 0
  /** Flow times that were absurd and became the export time. */
  timesClamped = 0
  /** NetFlow v1, v5 and v7 headers that count other records than the datagram holds. */
  countsWrong = 0
  readonly rejects: DecodeReject[] = []
  readonly names: LearnedName[] = []
  /** Names that did not fit; they come again. */
  namesSkipped = 0
  /** Index of the datagram that is being decoded. */
  entry = 0
  readonly #named = new Set<string>()

  /**
   * Counts a reject of the current datagram; equal codes of one datagram become one, with the first message.
   */
  reject(code: RejectCode, count: number, message: string): void {
    for (let i = this.rejects.length - 1; i >= 0 && this.rejects[i]!.entry === this.entry; i--) {
      const known = this.rejects[i]!
      if (known.code === code) {
        known.count += count
        return
      }
    }
    this.rejects.push({ code, count, entry: this.entry, message })
  }

  name(exporter: Uint8Array, kind: NameKind, id: bigint, name: string): void {
    const key = `${Buffer.from(exporter).toString('latin1')}${kind}${id} ${name}`
    if (this.#named.has(key)) return
    if (this.names.length >= NAMES_MAX) {
      this.namesSkipped++
      return
    }
    this.#named.add(key)
    this.names.push({ exporter: Uint8Array.from(exporter), kind, id, name })
  }
}
