import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { OfflineSession } from '../../../ingest/flow/offline.js'
import { bytes, entryOf, type Field, ipfix, set, template, v9, variable } from './datagrams.js'
import { Random } from './fuzz_datagrams.js'

/**
 * Valid records of any template give the values that another, plain reader finds in their bytes: a column has the
 * value of the only element of the record that it is made from, and `ie` has every element.
 */
const test = suite('valid records')

/** Columns and the elements that they are made from. */
const COLUMNS: Readonly<Record<string, readonly number[]>> = {
  src_addr: [8, 27],
  dst_addr: [12, 28],
  src_port: [7, 180, 182],
  dst_port: [11, 181, 183],
  ip_proto: [4],
  in_if: [10],
  out_if: [14],
  src_as: [16],
  dst_as: [17],
  ip_tos: [5],
  bytes: [1, 85, 231],
  packets: [2, 86, 298],
}
const ADDRESSES = new Set([8, 12, 27, 28])
/** Elements beside those, so that they stand in each other's way. */
const OTHERS = [
  6, 9, 15, 21, 22, 23, 24, 32, 34, 48, 50, 56, 58, 61, 70, 82, 89, 95, 96, 103, 104, 130, 136, 152,
]
const MORE = [
  160, 161, 225, 232, 233, 243, 252, 253, 291, 299, 302, 305, 306, 312, 313, 315, 323, 45_004, 45_008,
]
const ALL = [...Object.values(COLUMNS).flat(), ...OTHERS, ...MORE]
/** Bytes that a value may fill without being cut to its column. */
const WIDTHS: Readonly<Record<string, number>> = { src_port: 2, dst_port: 2, ip_proto: 1, ip_tos: 1 }
const COUNTERS = new Set(['bytes', 'packets'])

const widthOf = (id: number): number => {
  const [name] = Object.entries(COLUMNS).find(([, ids]) => ids.includes(id)) ?? []
  return name === undefined || COUNTERS.has(name) ? 8 : (WIDTHS[name] ?? 4)
}

function fieldOf(rnd: Random, version: 9 | 10): Field {
  const any = rnd.pick(ALL)
  // Types of NetFlow v9 vendors: in IPFIX the bit says that an enterprise follows.
  const id = version === 10 && any >= 0x8000 ? 1 : any
  if (ADDRESSES.has(id)) return [id, rnd.chance(8) ? 65_535 : id < 27 ? 4 : 16]
  const length = rnd.chance(4) ? rnd.pick([1, 2, 3, 5, 6, 7, 8, 65_535]) : 4
  return version === 10 && rnd.chance(10) ? [id, length, 99_999] : [id, length]
}

interface Value {
  readonly key: string
  readonly bytes: Buffer
}

/** The value of a field, not empty, and small enough for its column. */
function contentOf(rnd: Random, [id, length, pen = 0]: Field): Value {
  const usual = ADDRESSES.has(id) ? (id < 27 ? 4 : 16) : 1 + rnd.next(8)
  const content = rnd.bytes(length === 65_535 ? usual : length)
  if (!ADDRESSES.has(id)) content.fill(0, 0, Math.max(0, content.length - widthOf(id)))
  if (rnd.chance(3)) content.fill(0)
  return { key: `${pen}.${id}`, bytes: content }
}

/** What a column must show: the first value of its only element, as text; undefined where it is not to be compared. */
function expected(values: readonly Value[], ids: readonly number[]): string | undefined {
  const present = ids.filter((id) => values.some(({ key }) => key === `0.${id}`))
  if (present.length !== 1) return undefined
  const found = values.find(({ key }) => key === `0.${present[0]}`)!.bytes
  if (!ADDRESSES.has(present[0]!)) return BigInt(`0x${found.toString('hex')}`).toString()
  if (found.length === 4) return found.join('.')
  return found.every((byte) => byte === 0) ? '::' : found.toString('hex')
}

/** An IPv6 address in full, as hexadecimal digits; everything else as it is. */
function plain(value: unknown): string | undefined {
  const text = value === undefined ? undefined : String(value)
  if (text === undefined || !text.includes(':') || text === '::') return text
  const [head = '', tail] = text.split('::') as [string, string?]
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('')
}

const isNothing = (text: string): boolean => text === '0' || text === '0.0.0.0' || text === '::'

function runSession(seed: number): number {
  const rnd = new Random(seed)
  const version = rnd.pick([9, 10] as const)
  const fields = Array.from({ length: 1 + rnd.next(14) }, () => fieldOf(rnd, version))
  const records = Array.from({ length: 1 + rnd.next(4) }, () => fields.map((field) => contentOf(rnd, field)))
  const wire = records.map((values) =>
    bytes(...values.map((value, i) => (fields[i]![1] === 65_535 ? variable(value.bytes) : value.bytes))),
  )
  const sets = [set(version === 9 ? 0 : 2, template(256, fields)), set(256, ...wire)]
  const session = new OfflineSession({ ie: true, all: true })
  const datagram = version === 9 ? v9({}, ...sets) : ipfix({}, ...sets)
  const rows = [...session.take(entryOf(datagram)), ...session.end()]
  assert.is(rows.length, records.length, `seed ${seed}`)
  records.forEach((values, i) => {
    for (const [name, ids] of Object.entries(COLUMNS)) {
      const want = expected(values, ids)
      const got = plain(rows[i]![name])
      if (want === undefined || (got === undefined && isNothing(want))) continue
      assert.is(got, want, `seed ${seed}, record ${i}, ${name}`)
    }
    const elements = new Set(values.map(({ key }) => key)).size
    assert.is(Object.keys(rows[i]!.ie as object).length, elements, `seed ${seed}, record ${i}, ie`)
  })
  return records.length
}

test('columns have the value of the only element that they are made from, and ie has every element', () => {
  let records = 0
  for (let seed = 1; seed <= 1000; seed++) records += runSession(seed)
  assert.ok(records > 2000)
})

test.run()
