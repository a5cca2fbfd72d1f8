/**
 * The addresses that make a STIX pattern true by themselves (STIX 2.1, section 9). `[ipv4-addr:value = '…']`,
 * network traffic to or from an address, `IN`, `ISSUBSET`, and any of these joined by OR. What asks for more
 * than an address (a port, a file, two observations in turn) is left out: an address alone would be too
 * little.
 *
 * ```
 * pattern     observation { (OR | AND | FOLLOWEDBY) observation | qualifier }
 * observation [ comparison ]  |  ( pattern )
 * comparison  path [NOT] operator value  |  ( comparison )  |  comparison (AND | OR) comparison
 * ```
 */
export function patternAddresses(pattern: string): string[] | undefined {
  const tokens = tokensOf(pattern)
  if (tokens === undefined) return undefined
  const reader = new PatternReader(tokens)
  const found = reader.pattern()
  return found === undefined || !reader.done || found.length === 0 ? undefined : found
}

const TOKEN =
  /\s*('(?:[^'\\]|\\.)*'|[[\]()]|,|<=|>=|!=|<>|==?|<|>|[A-Za-z0-9_\-.:*]+(?:\[[^\]]*\])?[A-Za-z0-9_\-.:]*)/y
/** A pattern longer than this is not read. */
const PATTERN_MAX = 100_000
const DEPTH_MAX = 32

function tokensOf(pattern: string): string[] | undefined {
  if (pattern.length > PATTERN_MAX) return undefined
  const tokens: string[] = []
  const text = pattern.trim()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text)
    if (match === null) return undefined
    tokens.push(match[1]!)
  }
  return tokens
}

const ADDRESS_PATHS = new Set([
  'ipv4-addr:value',
  'ipv6-addr:value',
  'network-traffic:src_ref.value',
  'network-traffic:dst_ref.value',
])
/** Comparisons that add nothing to an address: what kind of object it is. */
const TYPE_PATHS = new Set(['network-traffic:src_ref.type', 'network-traffic:dst_ref.type'])

/** Addresses by which it holds; `any` where it always does; undefined where an address does not tell. */
type Found = string[] | 'any' | undefined

class PatternReader {
  readonly #tokens: readonly string[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  get done(): boolean {
    return this.#at === this.#tokens.length
  }

  /** Observations. Of those joined by OR each is enough; joined otherwise none is. */
  pattern(): string[] | undefined {
    let found = this.#observation()
    for (;;) {
      const word = this.#peek().toUpperCase()
      if (word === 'OR') {
        this.#at++
        found = either(found, this.#observation())
      } else if (word === 'AND' || word === 'FOLLOWEDBY') {
        this.#at++
        this.#observation()
        found = undefined
      } else if (word === 'WITHIN' || word === 'REPEATS') {
        // Within a time, or several times: once is not enough to say so, but it is the address that is named.
        this.#at += 3
      } else if (word === 'START') {
        // START t'…' STOP t'…'
        this.#at += 6
      } else return found === 'any' ? undefined : found
    }
  }

  #observation(): Found {
    if (++this.#depth > DEPTH_MAX) return this.#fail()
    const open = this.#next()
    const found = open === '[' ? this.#disjunction() : open === '(' ? this.pattern() : this.#fail()
    if (this.#next() !== (open === '[' ? ']' : ')')) return this.#fail()
    this.#depth--
    return found
  }

  #disjunction(): Found {
    let found = this.#conjunction()
    while (this.#peek().toUpperCase() === 'OR') {
      this.#at++
      found = either(found, this.#conjunction())
    }
    return found
  }

  #conjunction(): Found {
    let found = this.#comparison()
    while (this.#peek().toUpperCase() === 'AND') {
      this.#at++
      const other = this.#comparison()
      found = found === 'any' ? other : other === 'any' ? found : undefined
    }
    return found
  }

  #comparison(): Found {
    if (this.#peek() === '(') {
      if (++this.#depth > DEPTH_MAX) return this.#fail()
      this.#at++
      const found = this.#disjunction()
      if (this.#next() !== ')') return this.#fail()
      this.#depth--
      return found
    }
    const path = this.#next()
    const negated = this.#peek().toUpperCase() === 'NOT'
    if (negated) this.#at++
    const operator = this.#next().toUpperCase()
    const values = this.#values()
    if (values === undefined) return this.#fail()
    const equal = operator === '=' || operator === '==' || operator === 'IN'
    if (negated) return undefined
    if (TYPE_PATHS.has(path) && equal) return 'any'
    return ADDRESS_PATHS.has(path) && (equal || operator === 'ISSUBSET') ? values : undefined
  }

  /** One constant, or a list of them. */
  #values(): string[] | undefined {
    if (this.#peek() !== '(') return [constant(this.#next())]
    this.#at++
    const values: string[] = []
    for (;;) {
      const token = this.#next()
      if (token === '') return undefined
      if (token === ')') return values
      if (token !== ',') values.push(constant(token))
    }
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? ''
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? ''
  }

  /** Reads on nowhere: the pattern is none. */
  #fail(): undefined {
    this.#at = this.#tokens.length + 1
    return undefined
  }
}

const constant = (token: string): string =>
  token.startsWith("'") ? token.slice(1, -1).replaceAll(/\\(.)/g, '$1') : token

function either(a: Found, b: Found): Found {
  if (a === 'any' || b === 'any') return undefined
  return a === undefined ? b : b === undefined ? a : [...a, ...b]
}
