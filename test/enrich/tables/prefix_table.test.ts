import { isIP } from 'node:net'
import { parseCidr } from 'cidr-tools'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NaiveTable, randomWords } from '../../../bench/naive_table.js'
import { BatchLookup } from '../../../enrich/tables/batch_lookup.js'
import { type Prefix, parsePrefix, wordMask } from '../../../enrich/tables/prefix.js'
import { PrefixTable, PrefixTableBuilder, swap } from '../../../enrich/tables/prefix_table.js'

const test = suite('prefix table')

const big = (p: { w0: number; w1: number; w2: number; w3: number }): bigint =>
  (((BigInt(p.w0) << 32n) | BigInt(p.w1)) << 64n) | (BigInt(p.w2) << 32n) | BigInt(p.w3)

/** A prefix of both tables. */
class Both {
  readonly builder = new PrefixTableBuilder()
  readonly naive = new NaiveTable()
  add(prefix: Prefix, value: number, table: number): void {
    this.builder.add(prefix, value, table)
    this.naive.add(prefix.family, big(prefix), prefix.length, value, table)
  }
}

const masked = (family: 4 | 6, length: number, w: number[]): Prefix =>
  family === 4
    ? { family, length, w0: 0, w1: 0, w2: 0, w3: (w[3]! & wordMask(length, 0)) >>> 0 }
    : {
        family,
        length,
        w0: (w[0]! & wordMask(length, 0)) >>> 0,
        w1: (w[1]! & wordMask(length, 1)) >>> 0,
        w2: (w[2]! & wordMask(length, 2)) >>> 0,
        w3: (w[3]! & wordMask(length, 3)) >>> 0,
      }

/** The value of the table by the ways a caller has, which must agree. */
function lookup(table: PrefixTable, family: 4 | 6, w: number[], vrf: number): number {
  const row = Uint32Array.from(family === 4 ? [0, 0, 0xffff0000, swap(w[3]!)] : w.map(swap))
  const value = table.lookupRow(row, 0, vrf)
  const direct = family === 4 ? table.lookup4(w[3]!, vrf) : table.lookup6(w[0]!, w[1]!, w[2]!, w[3]!, vrf)
  assert.is(direct, value)
  return value
}

/**
 * Prefixes of every shape: anywhere, crowded under a few, hosts, the whole space; and addresses near them.
 */
function holdAgainstNaive(seed: number, prefixes: number, lookups: number, vrfs: number): void {
  const random = randomWords(seed)
  const both = new Both()
  const known: number[][] = [[0, 0, 0, 0]]
  const address = (): number[] => {
    const near = known[random() % known.length]!
    const w = [random(), random(), random(), random()]
    // Shares a random number of first bits with one that is known; at times differs by one from it.
    const keep = random() % 129
    const mixed = w.map((word, i) => ((near[i]! & wordMask(keep, i)) | (word & ~wordMask(keep, i))) >>> 0)
    mixed[3] = random() % 2 ? ((near[3]! & wordMask(random() % 33, 0)) | (w[3]! & 0xff)) >>> 0 : mixed[3]!
    const step = random() % 8
    if (step === 0) return [near[0]!, near[1]!, near[2]!, (near[3]! + 1) >>> 0]
    if (step === 1) return [near[0]!, near[1]!, near[2]!, (near[3]! - 1) >>> 0]
    return mixed
  }
  for (let i = 0; i < prefixes; i++) {
    const family = random() % 2 ? 4 : 6
    const w = address()
    const prefix = masked(family, random() % (family === 4 ? 33 : 129), w)
    both.add(prefix, 1 + (random() % 5000), random() % vrfs)
    known.push([prefix.w0, prefix.w1, prefix.w2, prefix.w3], w)
  }
  const data = both.builder.build(vrfs)
  const table = new PrefixTable(data)
  const column = new Uint32Array(4 * lookups)
  const tables = new Uint16Array(lookups)
  const found = new Uint32Array(lookups)
  for (let i = 0; i < lookups; i++) {
    const w = i === 0 ? [0, 0, 0, 0] : i === 1 ? Array(4).fill(0xffffffff) : address()
    const family = random() % 2 || (w[0] === 0 && w[1] === 0 && w[2] === 0xffff) ? 4 : 6
    const vrf = random() % vrfs
    const b = big({ w0: w[0]!, w1: w[1]!, w2: w[2]!, w3: w[3]! })
    const expected = both.naive.lookup(family, family === 4 ? b & 0xffffffffn : b, vrf)
    found[i] = lookup(table, family, w, vrf)
    if (found[i] !== expected)
      assert.is(found[i], expected, `seed ${seed}, lookup ${i}: ${family} ${w} vrf ${vrf}`)
    column.set(family === 4 ? [0, 0, 0xffff0000, swap(w[3]!)] : w.map(swap), 4 * i)
    tables[i] = vrf
  }
  const together = new Uint32Array(lookups)
  new BatchLookup(data).lookupRows(column, lookups, together, tables)
  assert.equal(together, found)
}

test('finds what a naive table finds, whatever the prefixes look like', () => {
  for (let seed = 1; seed <= 60; seed++) holdAgainstNaive(seed, 1 + seed * 5, 2000, 1 + (seed % 3))
  holdAgainstNaive(1001, 20_000, 60_000, 3)
})

test('knows nothing where no prefix was added', () => {
  const table = new PrefixTable(new PrefixTableBuilder().build())
  assert.is(lookup(table, 4, [0, 0, 0, 0x0a000001], 0), 0)
  assert.is(lookup(table, 6, [0x20010db8, 0, 0, 1], 0), 0)
})

test('takes an IPv4-mapped prefix for the IPv4 prefix', () => {
  const builder = new PrefixTableBuilder()
  builder.add(parsePrefix('::ffff:10.0.0.0/104') as Prefix, 7)
  const table = new PrefixTable(builder.build())
  assert.is(table.lookup4(0x0a000001), 7)
  assert.is(table.lookup4(0x0b000001), 0)
})

test('lets the later of two equal prefixes hold', () => {
  const builder = new PrefixTableBuilder()
  for (const [text, value] of [
    ['10.0.0.0/8', 1],
    ['10.1.0.0/16', 2],
    ['10.0.0.0/8', 3],
    ['10.1.0.0/16', 3],
  ] as const) {
    builder.add(parsePrefix(text) as Prefix, value)
  }
  const table = new PrefixTable(builder.build())
  assert.is(table.lookup4(0x0a010001), 3)
  assert.is(table.lookup4(0x0a020001), 3)
})

test('builds a million prefixes', () => {
  const builder = new PrefixTableBuilder()
  const random = randomWords(5)
  for (let i = 0; i < 500_000; i++) {
    const w = [0x20010000 + (random() & 0xfff), random(), random(), random()]
    builder.add(masked(4, 16 + (random() % 17), w), 1 + (i % 10_000))
    builder.add(masked(6, 40 + (random() % 25), w), 1 + (i % 10_000))
  }
  const data = builder.build()
  const bytes = data.roots.byteLength + data.nodes.byteLength + data.ranges.byteLength
  assert.ok(bytes < 200 * 2 ** 20, `${bytes} bytes`)
})

test('reads prefixes as cidr-tools does, where they are prefixes', () => {
  const random = randomWords(9)
  for (let i = 0; i < 2000; i++) {
    const family = random() % 2 ? 4 : 6
    const w = [random(), random(), random() % 3 ? 0 : random(), random()]
    const p = masked(family, random() % (family === 4 ? 33 : 129), w)
    const text =
      family === 4
        ? [24, 16, 8, 0].map((s) => (p.w3 >>> s) & 255).join('.')
        : [p.w0, p.w1, p.w2, p.w3]
            .map((x) => `${(x >>> 16).toString(16)}:${(x & 0xffff).toString(16)}`)
            .join(':')
    const cidr = parseCidr(`${text}/${p.length}`)
    const short = cidr.cidr
    for (const form of [`${text}/${p.length}`, short]) {
      const read = parsePrefix(form) as Prefix
      assert.equal(read, p, form)
      assert.is(big(read), cidr.start)
    }
  }
})

test('takes for an address what Node does, and nothing else', () => {
  const pieces = ['::', ':', '1', 'ffff', '0', '10.1.2.3', 'abcd', '12345', '.', 'g', '2001', 'db8']
  const random = randomWords(7)
  let addresses = 0
  for (let n = 0; n < 60_000; n++) {
    let text = ''
    for (let k = random() % 10; k >= 0; k--)
      text += pieces[random() % pieces.length]! + (random() % 2 === 0 ? ':' : '')
    const known = isIP(text) !== 0
    assert.is(typeof parsePrefix(text) === 'object', known, text)
    if (known) addresses++
  }
  assert.ok(addresses > 500, `${addresses}`)
})

test('refuses what is no prefix, by name', () => {
  const address = [
    '',
    'foo',
    '300.1.2.0/24',
    '10.1/16',
    '010.1.2.0/24',
    '1.2.3.4.5',
    '1.2.3',
    '1..2.3',
    '1.2.3.',
    ' 10.0.0.0/8',
    '2001:db8:::/32',
    '1:2:3:4:5:6:7:8:9/64',
    '12345::/16',
    '1::2::3',
    'fe80::1%eth0/64',
    '1:2:3:4:5:6:7/64',
    '::1.2.3',
    ':1::',
    '1:2:3:4:5:6:7:8::',
    'g::',
    '1.2.3.4::',
    '1:1.2.3.4::1',
    '1.2.3.4::1/128',
    '/8',
  ]
  for (const text of address) assert.is(parsePrefix(text), 'address', text)
  for (const text of [
    '10.1.0.0/33',
    '2001:db8::/129',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/ 8',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
  ]) {
    assert.is(parsePrefix(text), 'length', text)
  }
  for (const text of ['10.1.2.3/16', '2001:db8::1/64', '::1/0'])
    assert.is(parsePrefix(text), 'host_bits', text)
  assert.equal(parsePrefix('1.2.3.4'), { family: 4, length: 32, w0: 0, w1: 0, w2: 0, w3: 0x01020304 })
  assert.equal(parsePrefix('::/0'), { family: 6, length: 0, w0: 0, w1: 0, w2: 0, w3: 0 })
})

test.run()
