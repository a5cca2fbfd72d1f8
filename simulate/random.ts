/** 2^-32, the step of `Random.float`. */
const STEP = 2 ** -32

/** FNV-1a of a label, so that parts of the simulation draw from streams of their own. */
function hashLabel(label: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < label.length; i++) h = Math.imul(h ^ label.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/**
 * Seeded random numbers (sfc32, Chris Doty-Humphrey's small fast counter generator): the same seed and
 * label give the same numbers on every machine. Parts that take streams of their own do not disturb one
 * another when one of them changes.
 */
export class Random {
  #a: number
  #b: number
  #c = 1
  #d: number
  #spare = Number.NaN

  constructor(seed: number, label = '') {
    this.#a = seed >>> 0
    this.#b = hashLabel(label)
    this.#d = Math.floor(seed / 2 ** 32) >>> 0
    for (let i = 0; i < 16; i++) this.u32()
  }

  /** 0 to 2^32 − 1. */
  u32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0
    this.#d = (this.#d + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t
    return t >>> 0
  }

  /** 0 up to, not including, 1. */
  float(): number {
    return this.u32() * STEP
  }

  /** 0 to n − 1. */
  int(n: number): number {
    return Math.floor(this.float() * n)
  }

  /** `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + this.int(to - from + 1)
  }

  chance(probability: number): boolean {
    return this.float() < probability
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)]!
  }

  /** Mean 0, deviation 1 (Marsaglia's polar method). */
  normal(): number {
    if (!Number.isNaN(this.#spare)) {
      const spare = this.#spare
      this.#spare = Number.NaN
      return spare
    }
    let x = 0
    let y = 0
    let s = 0
    do {
      x = 2 * this.float() - 1
      y = 2 * this.float() - 1
      s = x * x + y * y
    } while (s >= 1 || s === 0)
    const scale = Math.sqrt((-2 * Math.log(s)) / s)
    this.#spare = y * scale
    return x * scale
  }

  /** Log-normal by its median and the deviation of its logarithm. */
  logNormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal())
  }

  /** Pareto from `min` with exponent `alpha`, cut at `max`. */
  pareto(min: number, alpha: number, max: number): number {
    return Math.min(max, min / (1 - this.float()) ** (1 / alpha))
  }

  /** How many of `n` things happen, each with `probability`: exact for few, by the normal law for many. */
  binomial(n: number, probability: number): number {
    const mean = n * probability
    if (n > 64 && mean > 16) {
      const drawn = Math.round(mean + Math.sqrt(mean * (1 - probability)) * this.normal())
      return Math.min(n, Math.max(0, drawn))
    }
    if (n > 64) return Math.min(n, this.#poisson(mean))
    let k = 0
    for (let i = 0; i < n; i++) if (this.float() < probability) k++
    return k
  }

  /** Knuth's product; only for means below a few dozen. */
  #poisson(mean: number): number {
    const limit = Math.exp(-mean)
    let k = 0
    for (let p = this.float(); p > limit; p *= this.float()) k++
    return k
  }
}

/** Draws indices by weight in constant time (Walker's alias method, Vose's construction). */
export class WeightedIndex {
  readonly #keep: Float64Array
  readonly #alias: Uint32Array

  constructor(weights: readonly number[]) {
    const n = weights.length
    const total = weights.reduce((sum, w) => sum + w, 0)
    if (n === 0 || !(total > 0)) throw new Error('weights must have a positive sum')
    this.#keep = new Float64Array(n)
    this.#alias = new Uint32Array(n)
    const scaled = weights.map((w) => (w * n) / total)
    const small: number[] = []
    const large: number[] = []
    for (let i = 0; i < n; i++) (scaled[i]! < 1 ? small : large).push(i)
    while (small.length > 0 && large.length > 0) {
      const less = small.pop()!
      const more = large.pop()!
      this.#keep[less] = scaled[less]!
      this.#alias[less] = more
      scaled[more] = scaled[more]! + scaled[less]! - 1
      ;(scaled[more]! < 1 ? small : large).push(more)
    }
    for (const i of [...small, ...large]) this.#keep[i] = 1
  }

  draw(random: Random): number {
    const i = random.int(this.#keep.length)
    return random.float() < this.#keep[i]! ? i : this.#alias[i]!
  }
}
