import { createHmac, hkdfSync } from 'node:crypto'
import type { EdgeRecord } from '../../model/edge_record.js'
import type { Finding } from '../../model/finding.js'
import { type Prefix, parsePrefix, wordMask } from '../tables/prefix.js'
import { PrefixTable } from '../tables/prefix_table.js'
import { prefixText } from '../tables/prefix_text.js'
import {
  POLICY_MODE,
  POLICY_PSEUDONYM,
  POLICY_V4_BITS,
  POLICY_V6_BITS,
  POLICY_WORDS,
  type SharedTables,
} from '../tables/shared_tables.js'
import { keyAt, type PrivacyKey } from './keys.js'
import { Pseudonyms } from './pseudonyms.js'

/** What looks like an address or a prefix within a text; what it is, the reader of prefixes says. */
const V4 = String.raw`(?:\d{1,3}\.){3}\d{1,3}`
const V6 = `(?:[0-9a-fA-F]{0,4}:){2,7}(?:${V4}|[0-9a-fA-F]{0,4})`
const ADDRESS = new RegExp(
  String.raw`(?<![\w:.])${V6}(?:/\d{1,3})?(?![\w:]|\.\d)|(?<!\d|\d\.)${V4}(?:/\d{1,2})?(?!\d|\.\d)`,
  'g',
)
/** Keys of an edge's record that hold what a device wrote in its own words. */
const FREE_TEXT = ['message', 'event', 'state_raw']
/** Pseudonyms that are remembered: findings are few. */
const CACHE_ENTRIES = 1024

/** Takes true addresses out of texts, as the workers take them out of rows; and out of findings, when they are told. */
export class Shield {
  readonly #keys: readonly PrivacyKey[]
  readonly #pseudonyms: readonly Pseudonyms[]
  readonly #uidKey: Uint8Array | undefined
  #places: PrefixTable | undefined
  #policies: Uint8Array = new Uint8Array(1)
  #facts: Uint8Array = new Uint8Array(POLICY_WORDS)

  constructor(keys: readonly PrivacyKey[]) {
    this.#keys = keys
    this.#pseudonyms = keys.map(({ bytes }) => new Pseudonyms(bytes, CACHE_ENTRIES))
    const [oldest] = keys
    this.#uidKey = oldest && new Uint8Array(hkdfSync('sha256', oldest.bytes, '', 'vigie finding uid', 32))
  }

  /** Takes over what a version of the registry says of privacy. */
  use({ prefixes, privacy }: SharedTables): void {
    this.#places = privacy && new PrefixTable(prefixes)
    this.#policies = new Uint8Array(privacy?.policies ?? new SharedArrayBuffer(1))
    this.#facts = new Uint8Array(privacy?.facts ?? new SharedArrayBuffer(POLICY_WORDS))
  }

  /**
   * The finding as it may be stored. A uid is a hash of true addresses, which whoever has it could try out: with keys, it is
   * hashed once more under the oldest of them, so that an incident keeps its uid when keys change.
   */
  finding(finding: Finding): Finding {
    const shown = this.#places === undefined ? finding : this.#value(finding, finding.time)
    if (this.#uidKey === undefined) return shown
    const { suspected_uid: suspected, related } = shown.evidence
    const evidence = {
      ...shown.evidence,
      ...(typeof suspected === 'string' && { suspected_uid: this.uid(suspected) }),
      ...(Array.isArray(related) && { related: related.map((uid) => this.uid(String(uid))) }),
    }
    return { ...shown, uid: this.uid(finding.uid), evidence }
  }

  /** A finding's uid as it is stored and told. */
  uid(uid: string): string {
    if (this.#uidKey === undefined) return uid
    return createHmac('sha256', this.#uidKey).update(uid).digest('hex').slice(0, 32)
  }

  /**
   * A record of an SD-WAN edge as it may be stored: free text, which may speak of anybody, is shielded. Names of the equipment
   * (`device`, `link`, `local`, `remote` …) stay, as the registry lists them: they are nobody's hosts.
   */
  edgeRecord(record: EdgeRecord, atMs: number): EdgeRecord {
    if (this.#places === undefined) return record
    const shown: Record<string, unknown> = { ...record }
    for (const key of FREE_TEXT) {
      const text = shown[key]
      if (typeof text === 'string') shown[key] = this.text(text, atMs)
    }
    return shown as unknown as EdgeRecord
  }

  /** A text in which addresses and prefixes of protected places are what is stored of them. */
  text(text: string, atMs: number): string {
    if (this.#places === undefined) return text
    return text.replaceAll(ADDRESS, (found) => {
      const prefix = parsePrefix(found)
      const image = typeof prefix === 'string' ? undefined : this.#image(prefix, atMs)
      return image === undefined ? found : prefixText(image)
    })
  }

  #value<T>(value: T, atMs: number): T {
    if (typeof value === 'string') return this.text(value, atMs) as T
    if (Array.isArray(value)) return value.map((item) => this.#value(item, atMs)) as T
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([key, v]) => [this.text(key, atMs), this.#value(v, atMs)])
    return Object.fromEntries(entries) as T
  }

  /** What is stored of a prefix; undefined where that is the prefix itself. */
  #image(prefix: Prefix, atMs: number): Prefix | undefined {
    const policy = this.#policyOf(prefix)
    if (policy === 0) return undefined
    const at = policy * POLICY_WORDS
    const v4 = prefix.family === 4
    if (this.#facts[at + POLICY_MODE] !== POLICY_PSEUDONYM)
      return cut(prefix, this.#facts[at + (v4 ? POLICY_V4_BITS : POLICY_V6_BITS)]!)
    const key = keyAt(this.#keys, atMs)
    if (key < 0) return cut(prefix, 0)
    const pseudonyms = this.#pseudonyms[key]!
    const { length } = prefix
    if (v4) return cut({ ...prefix, w3: pseudonyms.map4(prefix.w3) }, length)
    const [w0, w1, w2, w3] = pseudonyms.map6(prefix.w0, prefix.w1, prefix.w2, prefix.w3)
    return cut({ family: 6, length, w0: w0!, w1: w1!, w2: w2!, w3: w3! }, length)
  }

  /** The policy of an address: a text does not say its routing table, so that of any in which it has one. */
  #policyOf({ family, w0, w1, w2, w3 }: Prefix): number {
    const places = this.#places!
    for (let table = 0; table < places.tables; table++) {
      const place = family === 4 ? places.lookup4(w3, table) : places.lookup6(w0, w1, w2, w3, table)
      if (this.#policies[place] !== 0) return this.#policies[place]!
    }
    return 0
  }
}

/** The first bits of an address. */
function cut(prefix: Prefix, bits: number): Prefix {
  const { family, w0, w1, w2, w3 } = prefix
  const masked = (word: number, i: number): number => (word & wordMask(bits, i)) >>> 0
  if (family === 4) return { ...prefix, w3: masked(w3, 0) }
  return { ...prefix, w0: masked(w0, 0), w1: masked(w1, 1), w2: masked(w2, 2), w3: masked(w3, 3) }
}
