/** The median of the last few samples: one wild value does not move it. */
export class RunningMedian {
  readonly #samples: Float64Array
  #count = 0

  /** @param size samples that are remembered; odd, so that the median is one of them */
  constructor(size: number) {
    this.#samples = new Float64Array(size)
  }

  add(sample: number): void {
    this.#samples[this.#count++ % this.#samples.length] = sample
  }

  /** Undefined before the first sample. */
  get value(): number | undefined {
    const n = Math.min(this.#count, this.#samples.length)
    return n === 0 ? undefined : this.#samples.slice(0, n).sort()[n >> 1]
  }
}
