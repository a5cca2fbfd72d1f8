export interface PaceConfig {
  readonly rate_per_s: number
  readonly concurrency: number
  readonly backoff_first_ms: number
  readonly backoff_max_ms: number
}

/** Failures in a row, on any incident, that say that the target is away and not one ticket bad. */
const AWAY_AFTER = 3

/**
 * How fast a target may be talked to. A bucket of tokens bounds the rate. A target that fails is left alone for a time that
 * doubles, drawn at random below its bound (full jitter), or that it asked for; then one delivery probes, and with each
 * success twice as many may run at once.
 */
export class Pace {
  readonly #config: PaceConfig
  readonly #random: () => number
  #tokens: number
  #filledMs = 0
  #failures = 0
  #allowed: number
  #until = 0

  constructor(config: PaceConfig, random: () => number) {
    this.#config = config
    this.#random = random
    this.#tokens = Math.max(1, config.rate_per_s)
    this.#allowed = config.concurrency
  }

  get away(): boolean {
    return this.#failures >= AWAY_AFTER
  }

  /** How many deliveries may run at once. */
  get allowed(): number {
    return this.away ? 1 : this.#allowed
  }

  /** Takes leave for one delivery: 0, or how long to wait before asking again, ms. */
  take(now: number): number {
    if (now < this.#until) return this.#until - now
    const { rate_per_s } = this.#config
    const burst = Math.max(1, rate_per_s)
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#filledMs) * rate_per_s) / 1000)
    this.#filledMs = now
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) * 1000) / rate_per_s)
    this.#tokens -= 1
    return 0
  }

  succeeded(): void {
    this.#failures = 0
    this.#allowed = Math.min(this.#config.concurrency, this.#allowed * 2)
  }

  /** `wholeTarget`: it said that it is the target, not this ticket. */
  failed(
    now: number,
    options: { readonly wholeTarget: boolean; readonly retryAfterMs?: number | undefined },
  ): void {
    this.#failures = options.wholeTarget ? Math.max(AWAY_AFTER, this.#failures + 1) : this.#failures + 1
    if (!this.away) return
    this.#allowed = 1
    const wait = Math.max(options.retryAfterMs ?? 0, this.backoffMs(this.#failures - AWAY_AFTER))
    this.#until = Math.max(this.#until, now + wait)
  }

  /** Full jitter: anything up to a bound that doubles with each attempt. */
  backoffMs(attempt: number): number {
    const { backoff_first_ms, backoff_max_ms } = this.#config
    return Math.ceil(this.#random() * Math.min(backoff_max_ms, backoff_first_ms * 2 ** Math.min(attempt, 30)))
  }
}
