import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { randomWords } from '../../../bench/naive_table.js'
import { ThreatStage } from '../../../enrich/stages/threat_stage.js'
import { buildThreats } from '../../../enrich/tables/build_threats.js'
import { type Prefix, parsePrefix, wordMask } from '../../../enrich/tables/prefix.js'
import { swap } from '../../../enrich/tables/prefix_table.js'
import { prefixText } from '../../../enrich/tables/prefix_text.js'
import { FeedReading, type IndicatorFacts } from '../../../enrich/threat/indicator.js'
import { type IndicatorSet, SetBuilder } from '../../../enrich/threat/indicator_set.js'
import { FlowBlock, V4_MAPPED_WORD, writeMs } from '../../../model/flow_block.js'
import { COL } from '../../../model/flow_columns.js'
import { blockOf, columnOf, type TestFlow } from './block_fixture.js'

const test = suite('threat indicators')

const NOON = Date.parse('2026-11-20T12:00:00Z')
const HOUR = 3_600_000

interface ThreatEntry extends IndicatorFacts {
  readonly number: number
  readonly prefix: Prefix
}

function setOf(entries: readonly ThreatEntry[]): IndicatorSet {
  const reading = new FeedReading(entries.length)
  for (const e of entries) reading.add(prefixText(e.prefix), { ...e, id: String(e.number) })
  const content = reading.content()
  const builder = new SetBuilder(entries.length)
  for (let row = 0; row < content.size; row++) builder.add(content, row, entries[row]!.number, 0)
  return builder.finish({ version: 1, lastNumber: entries.length, feeds: ['list'] })
}

const entry = (number: number, text: string, more: Partial<ThreatEntry> = {}): ThreatEntry => ({
  number,
  prefix: parsePrefix(text) as Prefix,
  id: '',
  name: '',
  severityId: 4,
  ...more,
})

function match(entries: readonly ThreatEntry[], flows: readonly TestFlow[]): FlowBlock {
  const block = blockOf(flows)
  new ThreatStage(buildThreats(1, setOf(entries))).run(block)
  return block
}

const flow = (src_addr: string, dst_addr: string, receivedMs = NOON): TestFlow => ({
  src_addr,
  dst_addr,
  time_received: BigInt(receivedMs),
})

test('are found at either end, the graver one of two', () => {
  const block = match(
    [
      entry(11, '198.51.100.7'),
      entry(12, '203.0.113.0/24', { severityId: 5 }),
      entry(13, '2001:db8:bad::/48', { confidence: 90 }),
    ],
    [
      flow('10.0.0.1', '198.51.100.7'),
      flow('203.0.113.9', '10.0.0.1'),
      flow('198.51.100.7', '203.0.113.9'),
      flow('203.0.113.9', '198.51.100.7'),
      flow('2001:db8:1::1', '2001:db8:bad::1'),
      flow('198.51.100.8', '2001:db8:bae::1'),
    ],
  )
  assert.equal(columnOf(block, 'threat_id'), [11, 12, 12, 12, 13, 0])
  assert.equal(columnOf(block, 'threat_end'), [2, 1, 3, 3, 2, 0])
})

test('leave a block without a match as it is', () => {
  const block = match([entry(11, '198.51.100.7')], [flow('10.0.0.1', '198.51.100.8')])
  assert.is(block.touched[COL.threat_id!], 0)
  assert.is(block.touched[COL.threat_end!], 0)
})

test('hold from their beginning to before their end, and hide no other when they do not', () => {
  const entries = [
    entry(1, '198.51.100.0/24'),
    entry(2, '198.51.100.7', { severityId: 6, fromMs: NOON, untilMs: NOON + HOUR }),
    entry(3, '198.51.100.7', { severityId: 5, untilMs: NOON }),
    entry(4, '192.0.2.1', { untilMs: NOON }),
  ]
  const at = (ms: number): TestFlow => flow('10.0.0.1', '198.51.100.7', ms)
  const block = match(entries, [
    at(NOON - 1000),
    at(NOON),
    at(NOON + HOUR - 1000),
    at(NOON + HOUR),
    flow('10.0.0.1', '192.0.2.1', NOON),
    flow('10.0.0.1', '192.0.2.1', NOON - 1000),
  ])
  assert.equal(columnOf(block, 'threat_id'), [3, 2, 2, 1, 0, 4])
})

/** The indicator of an address by looking at all: the narrowest that holds, of equal ones the gravest. */
function naive(entries: readonly ThreatEntry[], family: number, words: number[]): number {
  let best: ThreatEntry | undefined
  for (const e of entries) {
    const { prefix } = e
    if (prefix.family !== family) continue
    const own = family === 4 ? [prefix.w3] : [prefix.w0, prefix.w1, prefix.w2, prefix.w3]
    const asked = family === 4 ? [words[3]!] : words
    if (!own.every((w, i) => ((w ^ asked[i]!) & wordMask(prefix.length, i)) === 0)) continue
    const wins =
      best === undefined ||
      prefix.length > best.prefix.length ||
      (prefix.length === best.prefix.length && e.severityId > best.severityId)
    if (wins) best = e
  }
  return best?.number ?? 0
}

function randomEntries(random: () => number, count: number): ThreatEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const family = random() % 2 === 0 ? 4 : 6
    const length = family === 4 ? 8 + (random() % 25) : [16, 28, 32, 48, 64, 128][random() % 6]!
    const masked = (word: number, at: number): number => (word & wordMask(length, at)) >>> 0
    const v6 = [0x20010db8 ^ (random() & 0xff), random() & 3, random() & 3, random() & 3]
    const prefix: Prefix =
      family === 4
        ? { family, length, w0: 0, w1: 0, w2: 0, w3: masked(0xc0000000 | (random() & 0x3ff00ff), 0) }
        : {
            family,
            length,
            w0: masked(v6[0]!, 0),
            w1: masked(v6[1]!, 1),
            w2: masked(v6[2]!, 2),
            w3: masked(v6[3]!, 3),
          }
    return { number: i + 1, prefix, id: '', name: '', severityId: 1 + (random() % 6) }
  })
}

test('are those that a look at all of them finds', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomWords(seed)
    const entries = randomEntries(random, 1 + seed * 6)
    const rows = 1500
    const block = new FlowBlock(rows)
    block.touch(COL.dst_addr!)
    block.touch(COL.time_received!)
    block.rows = rows
    const expected: number[] = []
    const words = block.words[COL.dst_addr!] as Uint32Array
    for (let row = 0; row < rows; row++) {
      const near = entries[random() % entries.length]!.prefix
      const v4 = near.family === 4
      const w = v4
        ? [0, 0, 0, (near.w3 ^ (random() % 4 === 0 ? random() & 0xfffff : random() & 1)) >>> 0]
        : [near.w0, near.w1, near.w2 ^ (random() & 1), near.w3 ^ (random() & 1)].map((x) => x >>> 0)
      words.set(v4 ? [0, 0, V4_MAPPED_WORD, swap(w[3]!)] : w.map(swap), 4 * row)
      writeMs(block.words[COL.time_received!] as Uint32Array, row, NOON)
      expected.push(naive(entries, near.family, w))
    }
    new ThreatStage(buildThreats(1, setOf(entries))).run(block)
    const found = block.touched[COL.threat_id!] === 1 ? columnOf(block, 'threat_id') : expected.map(() => 0)
    const wrong = found.findIndex((number, i) => {
      const [a, b] = [entries[number - 1], entries[expected[i]! - 1]]
      return a?.prefix.length !== b?.prefix.length || a?.severityId !== b?.severityId
    })
    assert.is(wrong, -1, `seed ${seed}: ${found[wrong]} for ${expected[wrong]}`)
  }
})

test.run()
