import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { decodeContext, encodeContext } from '../../../ingest/flow/context.js'
import { DecodeReport } from '../../../ingest/flow/decode_report.js'
import { FrameDecoder } from '../../../ingest/flow/frame_decoder.js'
import { FlowLearner } from '../../../ingest/flow/learner.js'
import { OfflineSession } from '../../../ingest/flow/offline.js'
import { FlowBlock } from '../../../model/flow_block.js'
import { COL, FLOW_COLUMNS } from '../../../model/flow_columns.js'
import type { FrameEntry } from '../../../model/frame.js'
import { REJECT_CODES } from '../../../model/reject.js'
import { EXPORTER, entryOf, frameOf, OTHER_EXPORTER, RECEIVED_MS } from './datagrams.js'
import { FuzzExporter, fixedDatagram, mutate, Random, sflowDatagram } from './fuzz_datagrams.js'

/**
 * Decodes valid and broken datagrams by the thousand. `npm run fuzz -- --count 1000000 --seed 7`; a case that
 * fails says the seed that shows it again with `--count 1`. Holds for every case of a few datagrams: nothing
 * throws · nothing takes a second · rows are bounded by the bytes · the report balances · one frame, many
 * frames and a fresh decoder give the same rows · a context reads back as it was · `vigie decode` takes it as
 * well.
 */
export interface FuzzResult {
  readonly cases: number
  readonly datagrams: number
  readonly flows: number
  readonly rejects: number
  /** Of all rows, in order. */
  readonly hash: string
}

/**
 * Depend on what a frame's context knows of options, which is more when later datagrams belong to the frame.
 */
const BY_OPTIONS = new Set([COL.sampling_rate, COL.sampling_source, COL.flow_start, COL.flow_end])
const BLOCK_ROWS = 64
/** Of processor time. */
const SLOW_US = 1_000_000

function datagramsOf(rnd: Random): FrameEntry[] {
  const exporters = [new FuzzExporter(rnd), new FuzzExporter(rnd)]
  const made: Buffer[] = []
  const entries: FrameEntry[] = []
  for (let i = 2 + rnd.next(8); i > 0; i--) {
    const which = rnd.next(2)
    const kind = rnd.next(12)
    const whole =
      kind === 0 ? fixedDatagram(rnd) : kind === 1 ? sflowDatagram(rnd) : exporters[which]!.datagram()
    made.push(whole)
    const datagram = rnd.chance(2) ? mutate(rnd, whole, rnd.pick(made)) : whole
    entries.push(entryOf(datagram, which === 0 ? EXPORTER : OTHER_EXPORTER))
  }
  return entries
}

/** What cases use one after the other. */
interface Tools {
  readonly decoder: FrameDecoder
  readonly block: FlowBlock
}

interface Rows {
  readonly flows: number
  readonly rejects: number
  readonly hash: string
}

interface Framed {
  readonly context: Uint8Array
  readonly entries: FrameEntry[]
}

/** Frames of the datagrams that the collector would frame: all in as few as it can, or each in its own. */
function framesOf(entries: readonly FrameEntry[], each: boolean): Framed[] {
  const learner = new FlowLearner()
  const frames: Framed[] = []
  let open: FrameEntry[] = []
  const close = () => {
    frames.push({ context: learner.takeContext(), entries: open })
    open = []
  }
  for (const entry of entries) {
    let found = learner.learn(entry.exporter, entry.datagram, RECEIVED_MS)
    if (found.redefines) {
      close()
      found = learner.learn(entry.exporter, entry.datagram, RECEIVED_MS)
      check(!found.redefines, 'a frame that was just begun is refused')
    }
    if (found.reject !== undefined || found.missing) continue
    open.push(entry)
    if (each) close()
  }
  close()
  return frames
}

/** A hash of each column over all rows; a column that a block does not hold counts as its unknown value. */
class ColumnHashes {
  readonly #hashes = new Uint32Array(FLOW_COLUMNS.length).fill(2_166_136_261)

  add(block: FlowBlock): void {
    FLOW_COLUMNS.forEach(({ kind, unknown }, column) => {
      const words = block.words[column]!
      const known = block.touched[column] === 1 && kind !== 'string'
      let hash = this.#hashes[column]!
      for (let i = 0; i < (words.length / block.capacity) * block.rows; i++) {
        hash = Math.imul(hash ^ (known ? words[i]! : unknown), 16_777_619)
      }
      this.#hashes[column] = hash
    })
  }

  taken(): string {
    return this.#hashes.filter((_, column) => !BY_OPTIONS.has(column)).join()
  }
}

function decodeAll(frames: readonly Framed[], { decoder, block }: Tools): Rows {
  const hashes = new ColumnHashes()
  let [flows, rejects] = [0, 0]
  for (const { context, entries } of frames) {
    const report = new DecodeReport()
    const before = flows
    const took = (full: FlowBlock) => {
      flows += full.rows
      hashes.add(full)
    }
    decoder.decode(frameOf(context, entries), block, took, report)
    check(flows - before === report.flows, 'rows are not the flows of the report')
    checkReport(report, entries)
    rejects += report.rejects.reduce((sum, r) => sum + r.count, 0)
    check(Buffer.compare(encodeContext(decodeContext(context)), context) === 0, 'the context changed')
  }
  return { flows, rejects, hash: hashes.taken() }
}

function checkReport(report: DecodeReport, entries: readonly FrameEntry[]): void {
  const bytes = entries.reduce((sum, { datagram }) => sum + datagram.length, 0)
  check(report.flows + report.options <= bytes, 'more records than bytes')
  const ofRecords = report.rejects.filter(({ code }) => REJECT_CODES[code] === 'record')
  const lost = ofRecords.reduce((sum, { count }) => sum + count, 0)
  check(report.records === report.flows + lost, 'the report does not balance')
  check(report.datagrams === entries.length, 'a datagram was not counted')
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** Runs one case with tools that have seen other cases before. */
function runCase(seed: number, tools: Tools): Rows & { datagrams: number } {
  const rnd = new Random(seed)
  const entries = datagramsOf(rnd)
  const started = process.cpuUsage()
  const together = decodeAll(framesOf(entries, false), tools)
  const apart = decodeAll(framesOf(entries, true), tools)
  check(together.hash === apart.hash && together.flows === apart.flows, 'one frame and many give other rows')
  if (seed % 16 === 0) {
    check(
      decodeAll(framesOf(entries, false), { ...tools, decoder: new FrameDecoder() }).hash === together.hash,
      'a fresh decoder differs',
    )
    const session = new OfflineSession({ ie: true, all: true })
    const records = [...entries.flatMap((e) => session.take(e)), ...session.end()]
    const flows = records.filter((r) => r.kind === undefined).length
    check(JSON.stringify(records).length > 0 && flows === session.summary.flows, 'vigie decode lost a flow')
  }
  check(process.cpuUsage(started).user < SLOW_US, 'it took a second')
  return { ...together, datagrams: entries.length }
}

/** Runs cases until `count` datagrams were decoded. Throws what a case broke, with its seed. */
export function runFuzz(count: number, seed: number): FuzzResult {
  const tools = { decoder: new FrameDecoder(), block: new FlowBlock(BLOCK_ROWS) }
  const hash = createHash('sha256')
  let [cases, datagrams, flows, rejects] = [0, 0, 0, 0]
  while (datagrams < count) {
    const caseSeed = seed + cases
    try {
      const done = runCase(caseSeed, tools)
      datagrams += done.datagrams
      flows += done.flows
      rejects += done.rejects
      hash.update(done.hash)
    } catch (error) {
      throw new Error(`--seed ${caseSeed} --count 1: ${(error as Error).message}`, { cause: error })
    }
    cases++
  }
  return { cases, datagrams, flows, rejects, hash: hash.digest('hex').slice(0, 16) }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } } })
  const started = performance.now()
  const result = runFuzz(Number(values.count ?? 1_000_000), Number(values.seed ?? 1))
  const seconds = Math.round((performance.now() - started) / 1000)
  const rssMib = Math.round(process.memoryUsage().rss / 2 ** 20)
  process.stdout.write(`${JSON.stringify({ ...result, seconds, rss_mib: rssMib })}\n`)
}
