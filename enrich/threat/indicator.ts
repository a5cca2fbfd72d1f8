import { type Prefix, parsePrefix, wordMask } from '../tables/prefix.js'
import { CONFIDENCE_UNKNOWN, THREAT_FOR_EVER } from '../tables/shared_tables.js'
import { KeyIndex } from './key_index.js'

/** What a feed says of one address or prefix. */
export interface IndicatorFacts {
  /** The feed's own id of it; '' where it has none. */
  readonly id: string
  /** What the feed calls it; '' where it does not. */
  readonly name: string
  /** OCSF: 1 informational to 6 fatal. */
  readonly severityId: number
  /** 0 to 100. */
  readonly confidence?: number
  /** ms since 1970. */
  readonly fromMs?: number
  readonly untilMs?: number
}

/** Why something of a feed is not among its indicators. The list is closed: the reasons are metric labels. */
export const SKIP_REASONS = [
  'not_an_address',
  'too_wide',
  'pattern_unsupported',
  'invalid',
  'revoked',
  'not_for_detection',
  'over_limit',
] as const
export type SkipReason = (typeof SKIP_REASONS)[number]

/** What a feed says where its entries do not. */
export interface FeedDefaults {
  readonly severityId: number
  readonly confidence?: number
  /** ms that an indicator without an end holds after it was last seen. */
  readonly expiresMs?: number
}

/** The indicators of one feed, as columns: there may be half a million. `ThreatColumns` says what they hold. */
export interface FeedContent {
  readonly size: number
  readonly words: Uint32Array
  readonly lengths: Uint8Array
  readonly from: Uint32Array
  readonly until: Uint32Array
  readonly severities: Uint8Array
  readonly confidences: Uint8Array
  readonly ids: readonly string[]
  readonly names: readonly string[]
  /** Ids that the content takes back; only where it says so (STIX `revoked`). */
  readonly revoked: readonly string[]
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>
}

/** The content of a feed cannot be read at all; what was in force stays. */
export class FeedError extends Error {
  override readonly name = 'FeedError'
}

/** Texts of feeds are cut to this: they are shown to people, and kept by the hundred thousand. */
const TEXT_MAX = 160
/** Prefixes wider than these would match a good part of the Internet: a slip in a list of one. */
const V4_LENGTH_MIN = 8
const V6_LENGTH_MIN = 16

const FIRST_CAPACITY = 1024

/** Collects the indicators of one feed. */
export class FeedReading {
  readonly #max: number
  #columns = columnsOf(FIRST_CAPACITY)
  #index = new KeyIndex(FIRST_CAPACITY)
  #size = 0
  readonly #ids: string[] = []
  readonly #names: string[] = []
  readonly revoked: string[] = []
  readonly skipped: Partial<Record<SkipReason, number>> = {}

  constructor(max: number) {
    this.#max = max
  }

  skip(reason: SkipReason): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + 1
  }

  /** Adds what `text` names, an address or prefix, once; something else is counted. */
  add(text: string, facts: IndicatorFacts): void {
    const prefix = feedPrefix(text)
    if (prefix === undefined) {
      this.skip('not_an_address')
      return
    }
    if (prefix.length < (prefix.family === 4 ? V4_LENGTH_MIN : V6_LENGTH_MIN)) {
      this.skip('too_wide')
      return
    }
    if (this.#size >= this.#max) {
      this.skip('over_limit')
      return
    }
    if (this.#size === this.#columns.lengths.length) this.#grow()
    const row = this.#size
    const { words, lengths, from, until, severities, confidences } = this.#columns
    const v4 = prefix.family === 4
    words[4 * row] = prefix.w0
    words[4 * row + 1] = prefix.w1
    words[4 * row + 2] = v4 ? 0xffff : prefix.w2
    words[4 * row + 3] = prefix.w3
    lengths[row] = prefix.length + (v4 ? 96 : 0)
    this.#ids[row] = cut(facts.id)
    if (this.#index.find(this.#columns, row, (other) => this.#ids[other] === this.#ids[row]) >= 0) return
    this.#names[row] = cut(facts.name)
    from[row] = facts.fromMs === undefined ? 0 : seconds(facts.fromMs)
    until[row] =
      facts.untilMs === undefined ? THREAT_FOR_EVER : Math.min(THREAT_FOR_EVER - 1, seconds(facts.untilMs))
    severities[row] = facts.severityId
    confidences[row] = facts.confidence ?? CONFIDENCE_UNKNOWN
    this.#index.add(this.#columns, row)
    this.#size++
  }

  content(): FeedContent {
    const size = this.#size
    const { words, lengths, from, until, severities, confidences } = this.#columns
    return {
      size,
      words: words.subarray(0, 4 * size),
      lengths: lengths.subarray(0, size),
      from: from.subarray(0, size),
      until: until.subarray(0, size),
      severities: severities.subarray(0, size),
      confidences: confidences.subarray(0, size),
      ids: this.#ids,
      names: this.#names,
      revoked: this.revoked,
      skipped: this.skipped,
    }
  }

  #grow(): void {
    const before = this.#columns
    const capacity = 2 * before.lengths.length
    this.#columns = columnsOf(capacity)
    for (const key of Object.keys(before) as (keyof typeof before)[]) this.#columns[key].set(before[key])
    this.#index = new KeyIndex(capacity)
    for (let row = 0; row < this.#size; row++) this.#index.add(this.#columns, row)
  }
}

const columnsOf = (capacity: number) => ({
  words: new Uint32Array(4 * capacity),
  lengths: new Uint8Array(capacity),
  from: new Uint32Array(capacity),
  until: new Uint32Array(capacity),
  severities: new Uint8Array(capacity),
  confidences: new Uint8Array(capacity),
})

const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1000))
const cut = (text: string): string => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text)

/** Reads a prefix as feeds write them: with bits set below its length, too. */
function feedPrefix(text: string): Prefix | undefined {
  const prefix = parsePrefix(text)
  if (typeof prefix !== 'string') return prefix
  if (prefix !== 'host_bits') return undefined
  const [address, length] = text.split('/') as [string, string]
  const host = parsePrefix(address) as Prefix
  const bits = Number(length) - (host.family === 4 && address.includes(':') ? 96 : 0)
  const { family, w0, w1, w2, w3 } = host
  if (family === 4) return { ...host, length: bits, w3: (w3 & wordMask(bits, 0)) >>> 0 }
  const masked = [w0, w1, w2, w3].map((w, i) => (w & wordMask(bits, i)) >>> 0)
  return { family, length: bits, w0: masked[0]!, w1: masked[1]!, w2: masked[2]!, w3: masked[3]! }
}

/** A time of a feed: ISO 8601 text, ms since 1970; undefined where it is none. */
export function feedTime(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  const ms = Date.parse(value)
  return Number.isFinite(ms) ? ms : undefined
}

/** A whole number from 0 to 100. */
export const feedConfidence = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= 100 ? Math.round(value) : undefined
