/**
 * Prefixes from text, strictly: what is not exactly an address or a prefix is a mistake that has a name.
 * (cidr-tools reads anything: it takes 300.1.2.0/24 for 44.1.2.0/24 and 10.1.0.0/33 for an address. It is
 * used on texts that passed here.)
 */
export interface Prefix {
  /** 4 also for IPv4-mapped IPv6 (::ffff:0:0/96 and longer), which is the same address. */
  readonly family: 4 | 6
  /** 0 to 32, or 0 to 128. */
  readonly length: number
  /** The address as 32-bit numbers, first bits first; an IPv4 address is in `w3`, the others are 0. */
  readonly w0: number
  readonly w1: number
  readonly w2: number
  readonly w3: number
}

/**
 * `address`: not an address. `length`: not a number, or more bits than an address has. `host_bits`: set below
 * the length.
 */
export type PrefixMistake = 'address' | 'length' | 'host_bits'

/** Reads `10.1.0.0/16`, `2001:db8::/32` or a single address. */
export function parsePrefix(text: string): Prefix | PrefixMistake {
  const slash = text.indexOf('/')
  const end = slash < 0 ? text.length : slash
  const v4 = parseV4(text, 0, end)
  let w0 = 0
  let w1 = 0
  let w2 = 0
  let w3 = v4
  let family: 4 | 6 = 4
  if (v4 < 0) {
    const words = parseV6(text, end)
    if (words === undefined) return 'address'
    family = 6
    w0 = words[0]!
    w1 = words[1]!
    w2 = words[2]!
    w3 = words[3]!
  }
  const bits = family === 4 ? 32 : 128
  let length = slash < 0 ? bits : parseLength(text, slash + 1)
  if (length < 0 || length > bits) return 'length'
  if (family === 6 && length >= 96 && w0 === 0 && w1 === 0 && w2 === 0xffff) {
    family = 4
    length -= 96
    w2 = 0
  }
  if (hostBits(family, length, w0, w1, w2, w3)) return 'host_bits'
  return { family, length, w0, w1, w2, w3 }
}

/** As `parsePrefix`, for texts that `registry check` passed: a mistake is a RangeError. */
export function readPrefix(text: string): Prefix {
  const prefix = parsePrefix(text)
  if (typeof prefix === 'string') throw new RangeError(`"${text}" is not a prefix`)
  return prefix
}

/** Bits of word `index` (0 to 3 of a 128-bit address) that lie within the first `length` bits. */
export function wordMask(length: number, index: number): number {
  const bits = length - 32 * index
  return bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0
}

function hostBits(family: 4 | 6, length: number, w0: number, w1: number, w2: number, w3: number): boolean {
  if (family === 4) return (w3 & ~wordMask(length, 0)) !== 0
  return (
    (w0 & ~wordMask(length, 0)) !== 0 ||
    (w1 & ~wordMask(length, 1)) !== 0 ||
    (w2 & ~wordMask(length, 2)) !== 0 ||
    (w3 & ~wordMask(length, 3)) !== 0
  )
}

/** The number after the slash, without leading zeros; -1 where there is none. */
function parseLength(text: string, from: number): number {
  const digits = text.length - from
  if (digits < 1 || digits > 3 || (digits > 1 && text.charCodeAt(from) === 48)) return -1
  let value = 0
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i) - 48
    if (c < 0 || c > 9) return -1
    value = value * 10 + c
  }
  return value
}

/** A dotted quad without leading zeros (some read 010 as eight); -1 where it is none. */
function parseV4(text: string, from: number, end: number): number {
  if (end - from > 15 || end - from < 7) return -1
  let value = 0
  let octet = 0
  let digits = 0
  let dots = 0
  for (let i = from; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c === 46) {
      if (digits === 0) return -1
      value = value * 256 + octet
      octet = digits = 0
      dots++
    } else {
      if (c < 48 || c > 57 || (digits > 0 && octet === 0)) return -1
      octet = octet * 10 + c - 48
      if (++digits > 3 || octet > 255) return -1
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + octet : -1
}

/**
 * The four words of an IPv6 address (RFC 4291 section 2.2), `text` up to `end`; undefined where it is none. Zones are not
 * addresses.
 */
function parseV6(text: string, end: number): readonly number[] | undefined {
  const found = text.indexOf('::')
  const gap = found < end ? found : -1
  const words = [0, 0, 0, 0]
  if (gap < 0) return readGroups(text, 0, end, words, 0) === 8 ? words : undefined
  if (text.indexOf('::', gap + 1) >= 0) return undefined
  const tail = gap + 2 === end ? 0 : countGroups(text, gap + 2, end)
  const head = gap === 0 ? 0 : readGroups(text, 0, gap, words, 0)
  // A gap stands for one group at least.
  if (head < 0 || head + tail > 7) return undefined
  if (tail > 0 && readGroups(text, gap + 2, end, words, 8 - tail) !== 8) return undefined
  return words
}

/** How many groups a text has if it is any: a dotted quad is two. */
function countGroups(text: string, from: number, end: number): number {
  let groups = 1
  for (let i = from; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c === 58) groups++
    else if (c === 46) return groups + 1
  }
  return groups
}

/** Reads groups into `words` from group `at` on, and returns the group behind the last; -1 where the text is none. */
function readGroups(text: string, from: number, end: number, words: number[], at: number): number {
  let [group, value, digits] = [at, 0, 0]
  for (let i = from, begin = from; i <= end; i++) {
    const c = i === end ? 58 : text.charCodeAt(i)
    if (c === 46) {
      // A dotted quad ends an address: it is its last two groups.
      const v4 = group === 6 ? parseV4(text, begin, end) : -1
      if (v4 < 0) return -1
      words[3] = v4
      return 8
    }
    if (c === 58) {
      if (digits === 0 || group > 7) return -1
      putGroup(words, group++, value)
      value = digits = 0
      begin = i + 1
    } else {
      const digit = hexDigit(c)
      if (digit < 0 || ++digits > 4) return -1
      value = value * 16 + digit
    }
  }
  return group
}

function putGroup(words: number[], group: number, value: number): void {
  words[group >> 1]! += (group & 1) === 0 ? value * 65536 : value
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48
  const lower = c | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
