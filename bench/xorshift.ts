/** Seeded random 32-bit numbers: Marsaglia's xorshift. */
export function xorshift(seed: number): () => number {
  let state = (Math.imul(seed, 2654435761) >>> 0) + 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
