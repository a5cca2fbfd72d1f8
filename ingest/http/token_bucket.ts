/** So many units a second, and `burst` at once after a quiet time. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #left: number
  #atMs: number

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#left = burst
    this.#atMs = nowMs
  }

  /** Takes `units`, also beyond what is left: the debt is waited for. False while nothing is left. */
  take(units: number, nowMs: number): boolean {
    const grown = this.#left + (Math.max(0, nowMs - this.#atMs) / 1000) * this.#perSecond
    this.#left = Math.min(this.#burst, grown)
    this.#atMs = nowMs
    if (this.#left <= 0) return false
    this.#left -= units
    return true
  }
}

/** Buckets by key, of which only so many are remembered: the one that was used longest ago goes. */
export class TokenBuckets {
  readonly #perSecond: number
  readonly #burst: number
  readonly #max: number
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(perSecond: number, burst: number, max: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#max = max
  }

  take(key: string, units: number, nowMs: number): boolean {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#perSecond, this.#burst, nowMs)
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#max) break
      this.#buckets.delete(oldest)
    }
    return bucket.take(units, nowMs)
  }
}
