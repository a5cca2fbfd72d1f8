/**
 * 32-bit hashes of addresses and small keys (finalizer of MurmurHash3, A. Appleby, public domain). Not secret: tables that
 * use them bound the length of their probes, so that chosen addresses cost counted overflow and never time.
 */
export function mix(h: number): number {
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Hash of the address in four words of `words` at `at`; of an IPv4 address by its last word alone. */
export function hashAddress(words: Uint32Array, at: number): number {
  const low = words[at + 3]!
  const mapped = words[at + 2]!
  if (mapped === 0xffff0000 && words[at] === 0 && words[at + 1] === 0) return mix(low ^ 0x9e3779b9)
  let h = mix(words[at]! ^ 0x27d4eb2f)
  h = mix((h + words[at + 1]!) | 0)
  h = mix((h ^ mapped) | 0)
  return mix((h + low) | 0)
}

/** Hash of `key` within the hash `h`. */
export function hashWith(h: number, key: number): number {
  return mix((Math.imul(h, 31) + key) | 0)
}
