import { hashAddress, hashWith } from './hash.js'
import { KeyTable } from './key_table.js'
import { newSeries, type VolumeSeries } from './volume_series.js'
import type { VolumeEntry } from './volume_table.js'

/** Plain data: the series in the order in which they began, and the address of each. */
export interface SavedBook {
  readonly series: readonly VolumeSeries[]
  readonly words: Uint32Array
  /** Places of those that changed since they were judged. */
  readonly changed: readonly number[]
}

/**
 * The series of a service by subject and kind of traffic, of bounded number: when there is no room, the tenth that was quiet for
 * longest goes at once, so that this is rare. Those that changed are noted, to be judged.
 */
export class VolumeBook {
  readonly #capacity: number
  #keys: KeyTable
  #series: VolumeSeries[] = []
  #changed = new Set<VolumeSeries>()

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#keys = new KeyTable(capacity)
  }

  /** Series that changed since `judged`, in the order of their first change. */
  get changed(): ReadonlySet<VolumeSeries> {
    return this.#changed
  }

  judged(): void {
    this.#changed.clear()
  }

  /**
   * The series of `entry`, which is noted as changed; undefined where its key finds no place.
   *
   * @param hash of the entry's address and tag (`keyHash`).
   * @param subject how a new series is called.
   * @param evicted is told how many series had to go.
   */
  of(
    entry: VolumeEntry,
    hash: number,
    step: number,
    subject: (entry: VolumeEntry) => string,
    evicted: (series: number) => void,
  ): VolumeSeries | undefined {
    let id = this.#keys.find(entry.address, 0, entry.tag, hash)
    if (id < 0) {
      if (this.#series.length >= this.#capacity) evicted(this.#forget())
      id = this.#keys.add(entry.address, 0, entry.tag, hash)
      if (id < 0) return undefined
      this.#series[id] = newSeries(entry, subject(entry), step)
    }
    const series = this.#series[id]!
    this.#changed.add(series)
    return series
  }

  #forget(): number {
    const count = Math.ceil(this.#capacity / 10)
    const lastGone = stepOfOldest(this.#series, count)
    const gone = new Set<VolumeSeries>()
    for (const step of [lastGone - 1, lastGone])
      for (const series of this.#series) if (series.newest <= step && gone.size < count) gone.add(series)
    const { words } = this.#keys
    const left = this.#series.flatMap((series, id) => (gone.has(series) ? [] : [{ series, at: id * 4 }]))
    this.#keys = new KeyTable(this.#capacity)
    this.#series = left.map(({ series }) => series)
    for (const { series, at } of left) this.#keys.add(words, at, series.tag, keyHash(words, at, series.tag))
    for (const series of gone) this.#changed.delete(series)
    return gone.size
  }

  snapshot(): SavedBook {
    const places = new Map(this.#series.map((series, id) => [series, id]))
    return {
      series: this.#series,
      words: this.#keys.words.slice(0, this.#series.length * 4),
      changed: [...this.#changed].map((series) => places.get(series)!),
    }
  }

  restore({ series, words, changed }: SavedBook): void {
    this.#keys = new KeyTable(this.#capacity)
    this.#series = [...series]
    for (const [id, { tag }] of series.entries())
      this.#keys.add(words, id * 4, tag, keyHash(words, id * 4, tag))
    this.#changed = new Set(changed.map((id) => series[id]!))
  }
}

export const keyHash = (words: Uint32Array, at: number, tag: number): number =>
  hashWith(hashAddress(words, at), tag)

/** The step up to which the `count` series that were quiet for longest had volume. A count by step, for there are few steps. */
function stepOfOldest(series: readonly VolumeSeries[], count: number): number {
  const byStep = new Map<number, number>()
  for (const { newest } of series) byStep.set(newest, (byStep.get(newest) ?? 0) + 1)
  let left = count
  for (const step of [...byStep.keys()].sort((a, b) => a - b)) {
    left -= byStep.get(step)!
    if (left <= 0) return step
  }
  return Number.POSITIVE_INFINITY
}
