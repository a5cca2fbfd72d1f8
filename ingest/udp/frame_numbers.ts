import type { StateStore } from '../../model/ports.js'

/** Numbers reserved at one time. At 100 frames/s, ten thousand seconds: long after a spool of any size is full. */
const BLOCK = 2 ** 20

/**
 * Numbers for frames, from 1 on, none of them ever twice: a frame whose number was used before would be dropped by
 * JetStream as a duplicate. Numbers are reserved durably, a block at a time, before the first of them is given out.
 *
 * ```
 *  stored:  1048576                       2097152
 *  … used … │ given out one by one … │ kill -9
 *           │                             └─ the next run starts at 2097153: skipped numbers, no repeated one
 * ```
 *
 * A clean stop gives back what was not used, so that numbers have no holes but after a crash. One collector of a name
 * may run at a time.
 */
export class FrameNumbers {
  readonly #store: StateStore
  readonly #key: string
  #next = 0
  #reserved = -1
  #renewal: Promise<void> | undefined

  constructor(store: StateStore, key: string) {
    this.#store = store
    this.#key = key
  }

  /** Reserves the first block, behind all that was ever reserved and behind `last`, the last number known to be used. */
  async start(last: number): Promise<void> {
    const first = Math.max(await this.#read(), last) + 1
    await this.#reserve(first)
    this.#next = first
  }

  /** The last number that was given out. */
  get last(): number {
    return this.#next - 1
  }

  /** The next number; undefined when the reserved ones are used up and the store did not take a new reservation. */
  take(): number | undefined {
    if (this.#next > this.#reserved) return undefined
    return this.#next++
  }

  /** Reserves more when half of the block is used. Call it now and then; rejects when the store is away. */
  async renew(): Promise<void> {
    if (this.#reserved - this.#next > BLOCK / 2) return
    this.#renewal ??= this.#reserve(this.#next).finally(() => {
      this.#renewal = undefined
    })
    await this.#renewal
  }

  /** Gives back what was not used. No number may be taken afterwards. Does nothing when it was never started. */
  async stop(): Promise<void> {
    if (this.#next === 0) return
    this.#reserved = this.last
    await this.#renewal?.catch(() => undefined)
    this.#reserved = this.last
    await this.#store.put(this.#key, encode(this.last))
  }

  async #reserve(from: number): Promise<void> {
    const upTo = from - 1 + BLOCK
    await this.#store.put(this.#key, encode(upTo))
    this.#reserved = upTo
  }

  async #read(): Promise<number> {
    const bytes = await this.#store.get(this.#key)
    if (bytes === undefined) return 0
    const number = Number(Buffer.from(bytes).toString('latin1'))
    if (!Number.isSafeInteger(number)) throw new Error(`${this.#key}: '${Buffer.from(bytes)}' is no number`)
    return number
  }
}

const encode = (number: number): Uint8Array => Buffer.from(String(number), 'latin1')
