import { isIPv4, isIPv6 } from 'node:net'

/**
 * An address as text, as Node gives it, to 16 bytes in network order; IPv4 as ::ffff:a.b.c.d. A zone (`%eth0`) is left out.
 * Text that is no address gives ::.
 */
export function addressBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(16)
  const bare = text.split('%')[0]!
  if (isIPv4(bare)) {
    bytes[10] = 255
    bytes[11] = 255
    bytes.set(bare.split('.').map(Number), 12)
    return bytes
  }
  if (!isIPv6(bare)) return bytes
  const [head = '', tail] = expandTail(bare).split('::') as [string, string?]
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  write(bytes, 0, left)
  write(bytes, 8 - right.length, right)
  return bytes
}

/** A dotted quad at the end stands for two groups. */
function expandTail(text: string): string {
  const quad = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  if (quad === null) return text
  const [a, b, c, d] = quad.slice(2).map(Number) as [number, number, number, number]
  return `${quad[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

const groups = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))

function write(bytes: Uint8Array, group: number, values: readonly number[]): void {
  for (const [i, value] of values.entries()) {
    bytes[2 * (group + i)] = value >> 8
    bytes[2 * (group + i) + 1] = value & 255
  }
}

/** An allow-list entry: an address, or a prefix `address/length`. */
export function isPrefix(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/')
  if (rest.length > 0 || !(isIPv4(address) || isIPv6(address))) return false
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (isIPv4(address) ? 32 : 128))
}
