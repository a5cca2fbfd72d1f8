/**
 * Noise that hangs on numbers alone: the same ones give the same value, whenever and however often they are asked. A
 * controller that is asked about the past answers as it did then. (Mixing of MurmurHash3's finaliser.)
 *
 * @returns 0 up to, not including, 1
 */
export function noise(...keys: readonly number[]): number {
  let h = 0x9e3779b9
  for (const key of keys) {
    h = Math.imul(h ^ (key | 0), 0x85ebca6b)
    h = Math.imul(h ^ Math.floor(key / 2 ** 32), 0xc2b2ae35)
    h ^= h >>> 15
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}

/** About normal, mean 0, deviation 1: the sum of four. */
export const bell = (...keys: readonly number[]): number =>
  [1, 2, 3, 4].reduce((sum, n) => sum + noise(...keys, n), -2) * Math.sqrt(3)
