import { pack, type Shape, unpack } from './pack.js'

/**
 * A map of bounded size for things that come and go: when it is full, a hand goes round in the order of insertion and takes
 * out the first entry without credit; entries it passes by lose one credit and go to the end. Credit is what the caller's
 * `worth` says when the hand comes, so that what was seen often stays longer (CLOCK with weights). Deterministic, and a
 * step costs little, whatever the size.
 *
 * Values are plain data whose fields `shape` names, so that a snapshot of many is small.
 */
export class BoundedMap<V extends { credit: number }> {
  readonly #capacity: number
  readonly #worth: (value: V) => number
  readonly #shape: Shape<V>
  #map = new Map<string, V>()
  #hand: IterableIterator<[string, V]> | undefined
  /** Entries that were taken out for want of room. */
  evicted = 0

  /** @param worth how many rounds an entry deserves, a whole number, 0 or more; an infinite one is never taken out. */
  constructor(capacity: number, shape: Shape<V>, worth: (value: V) => number) {
    this.#capacity = capacity
    this.#shape = shape
    this.#worth = worth
  }

  get size(): number {
    return this.#map.size
  }

  get(key: string): V | undefined {
    return this.#map.get(key)
  }

  set(key: string, value: V): void {
    if (this.#map.size >= this.#capacity && !this.#map.has(key)) this.#evict()
    this.#map.set(key, value)
  }

  delete(key: string): void {
    this.#map.delete(key)
  }

  values(): IterableIterator<V> {
    return this.#map.values()
  }

  snapshot(): unknown {
    return pack(this.#map, this.#shape)
  }

  restore(state: unknown): void {
    this.#map = unpack(state, this.#shape)
    this.#hand = undefined
  }

  #evict(): void {
    // Bounded: after a thousand entries with credit the next one goes, whatever it is worth.
    for (let passed = 0; passed <= 2000; passed++) {
      const next = this.#nextOfHand()
      if (next === undefined) return
      const [key, value] = next
      const worth = this.#worth(value)
      if (value.credit < 0) value.credit = Math.min(worth, 7)
      const keep = worth === Number.POSITIVE_INFINITY || (value.credit > 0 && passed < 1000)
      this.#map.delete(key)
      if (!keep) {
        this.evicted++
        return
      }
      value.credit--
      this.#map.set(key, value)
    }
  }

  /**
   * The entry the hand is at. Whatever it has passed is gone or behind it, so it always stands at the first one; but to look
   * for that from the beginning of a map each time costs a walk over all that was deleted there.
   */
  #nextOfHand(): readonly [string, V] | undefined {
    for (let round = 0; round < 2; round++) {
      this.#hand ??= this.#map.entries()
      const { done, value } = this.#hand.next()
      if (!done) return value
      this.#hand = undefined
    }
    return undefined
  }
}
