import { forestTable } from '../tables/prefix_table.js'
import { compare, type Ranges } from '../tables/ranges.js'
import { type GeoTables, ORIGIN_WORDS } from '../tables/shared_tables.js'
import { GrowingRanges, type Origin, type OriginRanges, readMmdb } from './mmdb_ranges.js'

/** The tables of some files, and the names of autonomous systems that they tell. */
export interface BuiltGeo {
  readonly tables: GeoTables
  readonly asNames: readonly { readonly number: number; readonly name: string }[]
}

/**
 * Lays files over one another: an address has the system and the country that the first file tells which
 * knows one.
 * @throws MmdbError
 */
export function buildGeo(version: number, files: readonly Buffer[]): BuiltGeo {
  const none: Ranges = { width: 1, size: 1, starts: new Uint32Array(1), values: new Uint32Array(1) }
  const empty: OriginRanges = {
    v4: none,
    v6: { ...none, width: 4, starts: new Uint32Array(4) },
    origins: [{ as: 0, asName: '', country: 0 }],
  }
  const { v4, v6, origins } = files.map(readMmdb).reduce(overlay, empty)
  const facts = new Uint32Array(new SharedArrayBuffer(4 * ORIGIN_WORDS * origins.length))
  for (const [i, { as, country }] of origins.entries()) facts.set([as, country], i * ORIGIN_WORDS)
  const names = new Map(origins.filter((o) => o.asName !== '').map((o) => [o.as, o.asName]))
  return {
    tables: { version, addresses: forestTable(v4, v6), facts: facts.buffer as SharedArrayBuffer },
    asNames: [...names].map(([number, name]) => ({ number, name })),
  }
}

function overlay(first: OriginRanges, second: OriginRanges): OriginRanges {
  const origins: Origin[] = [{ as: 0, asName: '', country: 0 }]
  const index = new Map<string, number>([['0 0', 0]])
  /** Index of the two together, by both indices. */
  const pairs = new Map<number, number>()
  const join = (a: number, b: number): number => {
    const pair = a * second.origins.length + b
    let joined = pairs.get(pair)
    if (joined !== undefined) return joined
    const [x, y] = [first.origins[a]!, second.origins[b]!]
    const as = x.as || y.as
    const country = x.country || y.country
    const key = `${as} ${country}`
    joined = index.get(key)
    if (joined === undefined) {
      joined = origins.push({ as, country, asName: x.as === 0 ? y.asName : x.asName }) - 1
      index.set(key, joined)
    }
    pairs.set(pair, joined)
    return joined
  }
  return { v4: zip(first.v4, second.v4, join), v6: zip(first.v6, second.v6, join), origins }
}

/** Both ranges at once. */
function zip(a: Ranges, b: Ranges, join: (a: number, b: number) => number): Ranges {
  const { width } = a
  const out = new GrowingRanges(width)
  let [i, j] = [0, 0]
  out.add(a.starts.subarray(0, width), join(a.values[0]!, b.values[0]!))
  while (i + 1 < a.size || j + 1 < b.size) {
    const order =
      i + 1 === a.size
        ? 1
        : j + 1 === b.size
          ? -1
          : compare(a.starts, (i + 1) * width, b.starts, (j + 1) * width, width)
    if (order <= 0) i++
    if (order >= 0) j++
    const at =
      order <= 0
        ? a.starts.subarray(i * width, (i + 1) * width)
        : b.starts.subarray(j * width, (j + 1) * width)
    out.add(at, join(a.values[i]!, b.values[j]!))
  }
  return out.finish()
}
