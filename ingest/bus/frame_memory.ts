import type { FrameMemory } from '../../model/ports.js'

const MIN_BYTES = 65_536

/**
 * Memory that frames are read into, sent to a worker with, and that comes back: in the steady state nothing is allocated,
 * and the collector of garbage has nothing to do. Sizes are powers of two; what lies spare is bounded.
 */
export class FrameMemoryPool implements FrameMemory {
  readonly #maxSpareBytes: number
  /** Spare memory by the exponent of its size. */
  readonly #spare = new Map<number, ArrayBuffer[]>()
  #spareBytes = 0

  constructor(maxSpareBytes: number) {
    this.#maxSpareBytes = maxSpareBytes
  }

  get spareBytes(): number {
    return this.#spareBytes
  }

  take(bytes: number): ArrayBuffer {
    const exponent = exponentOf(bytes)
    const spare = this.#spare.get(exponent)?.pop()
    if (spare === undefined) return new ArrayBuffer(2 ** exponent)
    this.#spareBytes -= spare.byteLength
    return spare
  }

  give(memory: ArrayBuffer): void {
    const { byteLength } = memory
    const exponent = exponentOf(byteLength)
    // Memory of another origin, and memory that was transferred away (which has no bytes left), is not kept.
    if (byteLength !== 2 ** exponent || this.#spareBytes + byteLength > this.#maxSpareBytes) return
    const spare = this.#spare.get(exponent) ?? []
    this.#spare.set(exponent, spare)
    spare.push(memory)
    this.#spareBytes += byteLength
  }
}

const exponentOf = (bytes: number): number => Math.ceil(Math.log2(Math.max(bytes, MIN_BYTES)))
