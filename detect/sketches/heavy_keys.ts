/**
 * Space-Saving as in `space_saving.ts`, for keys that are words (an address is four, a port one): a key is compared word by word,
 * and is made into text only where two counts are equal, for ties are broken by the text as they are there.
 *
 * ```
 * words   [ k0 k0 k0 k0 | k1 k1 k1 k1 | … ]     `width` words a key
 * counts  [ count error | count error | … ]
 * ```
 *
 * Plain data: it goes into a snapshot as it is.
 */
export interface HeavyKeys {
  readonly k: number
  readonly width: number
  size: number
  readonly words: Uint32Array
  readonly counts: Float64Array
}

/** How a key that begins at word `at` reads. */
export type KeyText = (words: Uint32Array, at: number) => string

export const heavyKeys = (k: number, width: number): HeavyKeys => ({
  k,
  width,
  size: 0,
  words: new Uint32Array(k * width),
  counts: new Float64Array(2 * k),
})

export function addHeavyKey(
  sketch: HeavyKeys,
  words: Uint32Array,
  at: number,
  weight: number,
  text: KeyText,
): void {
  const { counts, width } = sketch
  for (let i = 0; i < sketch.size; i++) {
    if (!isKey(sketch, i, words, at)) continue
    counts[2 * i]! += weight
    return
  }
  const place = sketch.size < sketch.k ? sketch.size++ : lightest(sketch, text)
  // A new place has nothing; an old one leaves what it had.
  const left = counts[2 * place]!
  counts[2 * place] = left + weight
  counts[2 * place + 1] = left
  for (let w = 0; w < width; w++) sketch.words[place * width + w] = words[at + w]!
}

export function clearHeavyKeys(sketch: HeavyKeys): void {
  sketch.size = 0
  sketch.counts.fill(0)
}

/** The most that any key has for certain: its count less its error. */
export function surestCount({ counts, size }: HeavyKeys): number {
  let most = 0
  for (let i = 0; i < size; i++) most = Math.max(most, counts[2 * i]! - counts[2 * i + 1]!)
  return most
}

/** The `n` heaviest, heaviest first. */
export function topHeavyKeys(
  { counts, size, words, width }: HeavyKeys,
  n: number,
  text: KeyText,
): { key: string; count: number; error: number }[] {
  const all = Array.from({ length: size }, (_, i) => ({
    key: text(words, i * width),
    count: counts[2 * i]!,
    error: counts[2 * i + 1]!,
  }))
  return all.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1)).slice(0, n)
}

function isKey(sketch: HeavyKeys, i: number, words: Uint32Array, at: number): boolean {
  const { width } = sketch
  for (let w = width - 1; w >= 0; w--) if (sketch.words[i * width + w] !== words[at + w]) return false
  return true
}

/** The place of the lowest count; of equal ones that whose text is the last. */
function lightest({ counts, size, words, width }: HeavyKeys, text: KeyText): number {
  let least = 0
  for (let i = 1; i < size; i++) {
    const difference = counts[2 * i]! - counts[2 * least]!
    if (difference < 0 || (difference === 0 && text(words, i * width) > text(words, least * width))) least = i
  }
  return least
}
