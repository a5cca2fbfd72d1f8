type Made = Record<string, unknown>
type Maker = (values: readonly unknown[]) => Made

/** Sets of keys that have a maker of their own; what is rarer than these is put together slowly. */
const MAKERS_MAX = 512
const HALF = 30

/**
 * Makes records as object literals would. A record that is put together under computed names is a hash table in V8 from some
 * sixteen keys on: several times as large, and an order slower to copy, to go through, to write as JSON. A literal is not. So for
 * each set of keys that occurs a function of that literal is made; its text is of our own key names and of numbers.
 */
export class RecordShapes {
  readonly #keys: readonly string[]
  /** By the set of keys, in two halves of bits. */
  readonly #makers = new Map<number, Map<number, Maker>>()
  #made = 0

  /** @param keys identifiers, 60 at most, in the order that records have them */
  constructor(keys: readonly string[]) {
    if (keys.length > 2 * HALF || keys.some((key) => !/^[a-z_]+$/.test(key)))
      throw new RangeError('keys of records are up to sixty names in small letters')
    this.#keys = keys
  }

  /** A record of those values that are not undefined; `values` stand as the keys do. */
  make(values: readonly unknown[]): Made {
    const keys = this.#keys
    let [low, high] = [0, 0]
    for (let i = 0; i < keys.length; i++) {
      if (values[i] === undefined) continue
      if (i < HALF) low |= 1 << i
      else high |= 1 << (i - HALF)
    }
    const maker = this.#makers.get(low)?.get(high) ?? this.#compile(low, high)
    return maker === undefined ? this.#slowly(values) : maker(values)
  }

  #compile(low: number, high: number): Maker | undefined {
    if (this.#made >= MAKERS_MAX) return undefined
    this.#made++
    const parts = this.#keys.flatMap((key, i) => {
      const has = i < HALF ? low & (1 << i) : high & (1 << (i - HALF))
      return has === 0 ? [] : [`${key}: values[${i}]`]
    })
    const maker = new Function('values', `return { ${parts.join(', ')} }`) as Maker
    const makers = this.#makers.get(low) ?? new Map<number, Maker>()
    this.#makers.set(low, makers.set(high, maker))
    return maker
  }

  #slowly(values: readonly unknown[]): Made {
    return Object.fromEntries(
      this.#keys.flatMap((key, i) => (values[i] === undefined ? [] : [[key, values[i]]])),
    )
  }
}
