import { isIP } from 'node:net'

/** An address or a prefix as the range of 128-bit numbers it stands for; IPv4 as ::ffff:a.b.c.d. */
interface Range {
  readonly first: bigint
  readonly last: bigint
}

const MAPPED = 0xffff00000000n

function number4(text: string): bigint {
  return text.split('.').reduce((n, part) => n * 256n + BigInt(part), 0n)
}

function number6(text: string): bigint {
  const [head = '', tail] = text.split('::') as [string, string | undefined]
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  const all = tail === undefined ? before : [...before, ...zeros, ...after]
  return all.reduce((n, group) => n * 65536n + BigInt(`0x${group}`), 0n)
}

function rangeOf(text: string): Range | undefined {
  const [address = '', length] = text.split('/')
  const family = isIP(address)
  if (family === 0) return undefined
  const width = family === 4 ? 32 : 128
  const free = BigInt(width - (length === undefined ? width : Number(length)))
  const value = family === 4 ? MAPPED + number4(address) : number6(address)
  const first = (value >> free) << free
  return { first, last: first + (1n << free) - 1n }
}

/** Whether two addresses or prefixes have an address in common. */
export function covers(a: string, b: string): boolean {
  const [x, y] = [rangeOf(a), rangeOf(b)]
  return x !== undefined && y !== undefined && x.first <= y.last && y.first <= x.last
}
