import { prefixAt } from '../tables/build_threats.js'
import type { Prefix } from '../tables/prefix.js'
import { prefixText, v4Text, v6Text } from '../tables/prefix_text.js'
import type { IndicatorSet } from './indicator_set.js'

/** Columns of `vigie.threat_indicators`, in the order that rows have them. */
export const INDICATOR_COLUMNS = [
  'number',
  'feed',
  'value',
  'lo',
  'length',
  'id',
  'name',
  'severity_id',
  'confidence',
  'valid_from',
  'valid_until',
  'retired',
  'version',
] as const

const ROWS_PER_PIECE = 20_000

/** Rows of the table as TabSeparated, in pieces. */
export class IndicatorRows {
  readonly #version: number
  readonly #nowS: number
  readonly #pieces: Uint8Array[] = []
  #lines: string[] = []

  constructor(version: number, nowMs: number) {
    this.#version = version
    this.#nowS = Math.floor(nowMs / 1000)
  }

  /** A row of a set: in force, or one that left its feed. */
  add(set: IndicatorSet, row: number, isRetired: boolean): void {
    const head = `${set.numbers[row]}\t${set.feedOf(row)}\t${places(prefixAt(set, row))}`
    const texts = `${escaped(set.idOf(row))}\t${escaped(set.nameOf(row))}`
    const facts = `${set.severities[row]}\t${set.confidences[row]}\t${time(set.from[row]!)}\t${time(set.until[row]!)}`
    const retired = time(isRetired ? this.#nowS : 0)
    this.#lines.push(`${head}\t${texts}\t${facts}\t${retired}\t${this.#version}\n`)
    if (this.#lines.length === ROWS_PER_PIECE) this.#flush()
  }

  finish(): readonly Uint8Array[] {
    if (this.#lines.length > 0) this.#flush()
    return this.#pieces
  }

  #flush(): void {
    this.#pieces.push(Buffer.from(this.#lines.join('')))
    this.#lines = []
  }
}

/** `value`, `lo` and `length`. */
function places(prefix: Prefix): string {
  const { family, length, w0, w1, w2, w3 } = prefix
  return family === 4
    ? `${prefixText(prefix)}\t::ffff:${v4Text(w3)}\t${length + 96}`
    : `${prefixText(prefix)}\t${v6Text([w0, w1, w2, w3])}\t${length}`
}

/** s since 1970 as ten digits, which a DateTime is read from. */
const time = (seconds: number): string => String(seconds).padStart(10, '0')

const SPECIAL = /[\\\t\n\r]/g
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }
const escaped = (text: string): string => text.replaceAll(SPECIAL, (c) => ESCAPES[c]!)
