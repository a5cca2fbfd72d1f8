/** Which fields of a value are what. Every field of the value is named once. */
export interface Shape<V> {
  readonly numbers: readonly (keyof V & string)[]
  readonly flags: readonly (keyof V & string)[]
  /** Arrays of numbers. */
  readonly lists: readonly (keyof V & string)[]
  /** Anything that structured clone takes; most values should have `undefined` or an empty array here. */
  readonly others: readonly (keyof V & string)[]
}

interface Packed {
  readonly keys: string[]
  readonly numbers: Float64Array
  readonly lists: Float64Array
  readonly lengths: Uint32Array
  readonly others: unknown[]
}

/**
 * A map of many small objects as a few arrays, for a snapshot: names of fields once instead of once an object, numbers side
 * by side. A hundred thousand objects take tens of milliseconds so, and seconds otherwise.
 */
export function pack<V extends object>(map: ReadonlyMap<string, V>, shape: Shape<V>): unknown {
  const { size } = map
  const perValue = shape.numbers.length + shape.flags.length
  const numbers = new Float64Array(size * perValue)
  const lengths = new Uint32Array(size * shape.lists.length)
  const keys: string[] = []
  const others: unknown[] = []
  let total = 0
  for (const value of map.values()) for (const name of shape.lists) total += (value[name] as number[]).length
  const lists = new Float64Array(total)
  let n = 0
  let l = 0
  let at = 0
  for (const [key, value] of map) {
    keys.push(key)
    for (const name of shape.numbers) numbers[n++] = value[name] as number
    for (const name of shape.flags) numbers[n++] = value[name] === true ? 1 : 0
    for (const name of shape.lists) {
      const list = value[name] as number[]
      lengths[l++] = list.length
      for (let i = 0; i < list.length; i++) lists[at++] = list[i]!
    }
    for (const name of shape.others) others.push(value[name])
  }
  return { keys, numbers, lists, lengths, others } satisfies Packed
}

/** What `pack` packed, in the same order. */
export function unpack<V extends object>(packed: unknown, shape: Shape<V>): Map<string, V> {
  const { keys, numbers, lists, lengths, others } = packed as Packed
  const map = new Map<string, V>()
  let n = 0
  let l = 0
  let at = 0
  let o = 0
  for (const key of keys) {
    const value: Record<string, unknown> = {}
    for (const name of shape.numbers) value[name] = numbers[n++]!
    for (const name of shape.flags) value[name] = numbers[n++] === 1
    for (const name of shape.lists) {
      const length = lengths[l++]!
      value[name] = Array.from(lists.subarray(at, at + length))
      at += length
    }
    for (const name of shape.others) value[name] = others[o++]
    map.set(key, value as V)
  }
  return map
}
