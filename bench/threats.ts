import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { ThreatStage } from '../enrich/stages/threat_stage.js'
import { buildThreats } from '../enrich/tables/build_threats.js'
import { swap } from '../enrich/tables/prefix_table.js'
import { v4Text } from '../enrich/tables/prefix_text.js'
import { readFeed } from '../enrich/threat/formats.js'
import { IndicatorSet } from '../enrich/threat/indicator_set.js'
import { mergeFeed } from '../enrich/threat/merge_feed.js'
import { FlowBlock, V4_MAPPED_WORD, writeMs } from '../model/flow_block.js'
import { COL } from '../model/flow_columns.js'
import { randomWords } from './naive_table.js'

/**
 * A feed of half a million addresses and prefixes, from its text to tables that workers can use, and then a change of a tenth
 * of it: reading, merging into the set, packing, unpacking and building, on one core. Then flows, both ends of which are held
 * against it. Goals: 3 s from text to tables. Not measured: fetching, the bus, the store.
 */
export interface ThreatBenchSize {
  readonly indicators: number
  readonly rows: number
  readonly rounds: number
  readonly seed: number
}

export interface ThreatBenchResult extends ThreatBenchSize {
  /** CPU from text to tables, ms: when nothing was known, and when a tenth changes. */
  readonly firstMs: number
  readonly changeMs: number
  readonly tableMib: number
  /** ns a flow: without a match, and with one in ten. */
  readonly missNs: number
  readonly hitNs: number
  /** Rows that were matched, of those that must be. */
  readonly matched: number
  readonly expected: number
}

export const FULL_SIZE: ThreatBenchSize = { indicators: 500_000, rows: 16_384, rounds: 50, seed: 1 }
export const TEST_SIZE: ThreatBenchSize = { indicators: 3_000, rows: 2_000, rounds: 1, seed: 1 }

const FEED = { id: 'bench', format: 'cidr', source: '-' } as const

/** Addresses of 1.0.0.0 to 126.255.255.255, each once, in no order; one in ten is a prefix. */
function addressesOf(count: number, seed: number): number[] {
  const random = randomWords(seed)
  const found = new Set<number>()
  while (found.size < count) found.add((0x01000000 + (random() % 0x7e000000)) & ~15)
  return [...found]
}

const textOf = (addresses: readonly number[]): string =>
  addresses.map((a, i) => (i % 10 === 0 ? `${v4Text(a)}/28` : v4Text(a))).join('\n')

/** From a feed's text to tables; CPU of it, so that a busy machine does not spoil it. */
function reload(
  before: IndicatorSet,
  text: string,
): { set: IndicatorSet; ms: number; tables: ReturnType<typeof buildThreats> } {
  const from = process.cpuUsage()
  const content = readFeed(FEED, text, 1_000_000)
  const { set } = mergeFeed(before, { feed: FEED.id, mode: 'replace', content })
  const opened = IndicatorSet.unpack(set.pack())
  const tables = buildThreats(opened.header.version, opened)
  const { user, system } = process.cpuUsage(from)
  return { set, tables, ms: Math.round((user + system) / 1000) }
}

function blockOf(rows: number, addresses: readonly number[], share: number, seed: number): FlowBlock {
  const random = randomWords(seed)
  const block = new FlowBlock(rows)
  for (const name of ['src_addr', 'dst_addr', 'time_received']) block.touch(COL[name]!)
  block.rows = rows
  for (let row = 0; row < rows; row++) {
    const isHit = share > 0 && row % share === 0
    // Addresses from 128.0.0.0 on are in no feed.
    const outside = isHit ? addresses[random() % addresses.length]! : 0x80000000 + (random() >>> 1)
    const put = (column: string, address: number): void =>
      (block.words[COL[column]!] as Uint32Array).set([0, 0, V4_MAPPED_WORD, swap(address >>> 0)], 4 * row)
    put('src_addr', 0xc0a80000 + (random() & 0xffff))
    put('dst_addr', outside)
    writeMs(block.words[COL.time_received!] as Uint32Array, row, 1_790_000_000_000)
  }
  return block
}

function timed(stage: ThreatStage, block: FlowBlock, rounds: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    block.touched[COL.threat_id!] = 0
    block.touched[COL.threat_end!] = 0
    const from = performance.now()
    stage.run(block)
    best = Math.min(best, performance.now() - from)
  }
  return Math.round((best * 1e7) / block.rows) / 10
}

export function runThreatBench(size: ThreatBenchSize): ThreatBenchResult {
  const addresses = addressesOf(Math.ceil(1.1 * size.indicators), size.seed)
  const first = reload(IndicatorSet.empty(), textOf(addresses.slice(0, size.indicators)))
  const changed = addresses.slice(addresses.length - size.indicators)
  const second = reload(first.set, textOf(changed))
  const stage = new ThreatStage(second.tables)
  const hits = blockOf(size.rows, changed, 10, size.seed + 1)
  const missNs = timed(stage, blockOf(size.rows, changed, 0, size.seed + 2), size.rounds)
  const hitNs = timed(stage, hits, size.rounds)
  const found = hits.words[COL.threat_id!]!
  let matched = 0
  for (let row = 0; row < size.rows; row++) if (found[row] !== 0) matched++
  const { roots, nodes, ranges } = second.tables.prefixes
  const bytes = roots.byteLength + nodes.byteLength + ranges.byteLength + second.tables.facts.byteLength
  return {
    ...size,
    firstMs: first.ms,
    changeMs: second.ms,
    tableMib: Math.round((10 * bytes) / 2 ** 20) / 10,
    missNs,
    hitNs,
    matched,
    expected: Math.ceil(size.rows / 10),
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(runThreatBench(FULL_SIZE))}\n`)
}
