/** An IPv4 address as a number, an IPv6 address as its 16 bytes. */
export type Address = number | Uint8Array

/** A prefix by its first address. */
export interface Prefix4 {
  readonly base: number
  readonly length: number
}

export interface Prefix6 {
  readonly base: Uint8Array
  readonly length: number
}

export const v4 = (a: number, b: number, c: number, d: number): number =>
  ((a << 24) | (b << 16) | (c << 8) | d) >>> 0

export const v4Text = (address: number): string =>
  `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`

export const prefix4Text = (prefix: Prefix4): string => `${v4Text(prefix.base)}/${prefix.length}`

export const sizeOf4 = (prefix: Prefix4): number => 2 ** (32 - prefix.length)

/** 16 bytes from eight 16-bit groups. */
export function v6(groups: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(16)
  groups.forEach((group, i) => {
    bytes[2 * i] = group >>> 8
    bytes[2 * i + 1] = group & 255
  })
  return bytes
}

/** RFC 5952: lower case, the longest run of two or more zero groups shortened. */
export function v6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!)
  let start = -1
  let longest = 1
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (i + run < 8 && groups[i + run] === 0) run++
    if (run > longest) {
      start = i
      longest = run
    }
  }
  const hex = (list: number[]): string => list.map((g) => g.toString(16)).join(':')
  if (start < 0) return hex(groups)
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + longest))}`
}

export const prefix6Text = (prefix: Prefix6): string => `${v6Text(prefix.base)}/${prefix.length}`

export const addressText = (address: Address): string =>
  typeof address === 'number' ? v4Text(address) : v6Text(address)

/** The host numbered `host` of a prefix of /64 or shorter, in its subnet `subnet`. */
export function host6(prefix: Prefix6, subnet: number, host: number): Uint8Array {
  const bytes = prefix.base.slice()
  bytes[6] = subnet >>> 8
  bytes[7] = subnet & 255
  bytes[12] = host >>> 24
  bytes[13] = (host >>> 16) & 255
  bytes[14] = (host >>> 8) & 255
  bytes[15] = host & 255
  return bytes
}
