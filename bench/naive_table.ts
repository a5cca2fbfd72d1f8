/**
 * Longest prefix match that is plainly right: one Map a prefix length, longest first. The reference of tests
 * and benches.
 */
export class NaiveTable {
  /** By routing table and family: a Map of masked addresses for each length that occurs. */
  readonly #tables = new Map<string, Map<number, Map<bigint, number>>>()

  add(family: 4 | 6, address: bigint, length: number, value: number, table = 0): void {
    const key = `${table}/${family}`
    const lengths = this.#tables.get(key) ?? new Map<number, Map<bigint, number>>()
    this.#tables.set(key, lengths)
    const prefixes = lengths.get(length) ?? new Map<bigint, number>()
    lengths.set(length, prefixes)
    prefixes.set(address >> BigInt((family === 4 ? 32 : 128) - length), value)
  }

  lookup(family: 4 | 6, address: bigint, table = 0): number {
    const lengths = this.#tables.get(`${table}/${family}`)
    if (lengths === undefined) return 0
    const bits = family === 4 ? 32 : 128
    for (let length = bits; length >= 0; length--) {
      const value = lengths.get(length)?.get(address >> BigInt(bits - length))
      if (value !== undefined) return value
    }
    return 0
  }
}

/** Seeded random 32-bit numbers (mulberry32). */
export function randomWords(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
}
