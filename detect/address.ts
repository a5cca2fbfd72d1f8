/** Addresses as text, from and to the four little-endian words in which a column holds them. */

/** Byte `i` (0 to 15, network order) of the address at word `at`. */
export function addressByte(words: Uint32Array, at: number, i: number): number {
  return (words[at + (i >> 2)]! >>> ((i & 3) * 8)) & 255
}

export function isV4(words: Uint32Array, at: number): boolean {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0xffff0000
}

/** Text of the address at word `at`: dotted IPv4, IPv6 as RFC 5952 wants it. */
export function addressText(words: Uint32Array, at: number): string {
  if (isV4(words, at)) {
    const a = words[at + 3]!
    return `${a & 255}.${(a >>> 8) & 255}.${(a >>> 16) & 255}.${a >>> 24}`
  }
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) {
    groups.push(addressByte(words, at, i) * 256 + addressByte(words, at, i + 1))
  }
  const { start, length } = longestZeroRun(groups)
  const hex = groups.map((g) => g.toString(16))
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let i = 0; i < groups.length; i++) {
    let length = 0
    while (i + length < groups.length && groups[i + length] === 0) length++
    if (length > best.length) best = { start: i, length }
  }
  return best
}

/** Writes the address `text` into four words at `at`; false when it is not an address (zones are cut off). */
export function parseAddress(text: string, words: Uint32Array, at: number): boolean {
  if (!text.includes(':')) {
    const a = parseV4(text)
    if (a < 0) return false
    words[at] = 0
    words[at + 1] = 0
    words[at + 2] = 0xffff0000
    words[at + 3] = a
    return true
  }
  return parseV6(text.split('%')[0]!, words, at)
}

/** The address as its little-endian word, -1 when it is none. */
function parseV4(text: string): number {
  const parts = text.split('.')
  if (parts.length !== 4) return -1
  let word = 0
  for (let i = 0; i < 4; i++) {
    if (!/^\d{1,3}$/.test(parts[i]!)) return -1
    const byte = Number(parts[i])
    if (byte > 255) return -1
    word += byte * 256 ** i
  }
  return word
}

function parseV6(text: string, words: Uint32Array, at: number): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const head = v6Groups(halves[0]!)
  const tail = halves.length === 2 ? v6Groups(halves[1]!) : []
  if (head === undefined || tail === undefined) return false
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return false
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  for (let w = 0; w < 4; w++) {
    const high = groups[2 * w]!
    const low = groups[2 * w + 1]!
    words[at + w] = ((high >> 8) | ((high & 255) << 8) | ((low >> 8) << 16) | ((low & 255) << 24)) >>> 0
  }
  return true
}

function v6Groups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  for (const part of text.split(':')) {
    if (part.includes('.')) {
      const a = parseV4(part)
      if (a < 0) return undefined
      groups.push((a & 255) * 256 + ((a >>> 8) & 255), ((a >>> 16) & 255) * 256 + (a >>> 24))
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/**
 * The address as a short string for keys of maps: two characters for IPv4, eight for IPv6, any 16 bits each. Cheap to make;
 * `addressOfKey` gives the text back. Not for people, files or hashes of text.
 */
export function addressKey(words: Uint32Array, at: number): string {
  const d = words[at + 3]!
  if (isV4(words, at)) return String.fromCharCode(d >>> 16, d & 65_535)
  const [a, b, c] = [words[at]!, words[at + 1]!, words[at + 2]!]
  return String.fromCharCode(
    a >>> 16,
    a & 65_535,
    b >>> 16,
    b & 65_535,
    c >>> 16,
    c & 65_535,
    d >>> 16,
    d & 65_535,
  )
}

/** Text of the address whose key (of `length` characters, 2 or 8) starts at `from` in `key`. */
export function addressOfKey(key: string, from: number, length: number): string {
  const words = new Uint32Array([0, 0, 0xffff0000, 0])
  const first = length === 2 ? 3 : 0
  for (let w = first; w < 4; w++) {
    const at = from + 2 * (w - first)
    words[w] = key.charCodeAt(at) * 65_536 + key.charCodeAt(at + 1)
  }
  return addressText(words, 0)
}
