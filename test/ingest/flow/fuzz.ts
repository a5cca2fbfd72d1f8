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
import { FuzzExporter, fixedDatagram, Mutator, Random, sflowDatagram } from './fuzz_datagrams.js'

/**
 * Decodes broken datagrams by the million. `npm run fuzz -- --count 20000000 --seed 7`; a session that fails
 * says the seed that shows it again with `--count 1`. A session is a few valid datagrams of two exporters, then
 * mutants of them, in the state that the ones before have left. Holds for every session: nothing throws ·
 * nothing takes a second · rows are bounded by the bytes · the report balances · a context reads back as it
 * was · nothing is read behind the end of a datagram: each has memory of its own, where that throws. Holds for
 * every eighth, and takes longer: one frame, a frame for each datagram and a fresh decoder give the same rows,
 * wherever the datagrams lie. For every 64th: `vigie decode` takes it as well.
 */
export interface FuzzResult {
  readonly sessions: number
  /** Mutants; the valid datagrams that they are made of are not counted. */
  readonly mutants: number
  readonly flows: number
  readonly rejects: number
  /** Of all rows, in order. */
  readonly hash: string
}

/**
 * Depend on what a frame's context knows of options, which is more when later datagrams belong to the frame.
 */
const BY_OPTIONS = new Set([COL.sampling_rate, COL.sampling_source, COL.flow_start, COL.flow_end])
const BLOCK_ROWS = 256
/** Of processor time. */
const SLOW_US = 1_000_000
const MUTANTS = 192
const APART_EVERY = 8
const OFFLINE_EVERY = 64

function addressOf(which: number): Uint8Array {
  return which === 0 ? EXPORTER : OTHER_EXPORTER
}

/** The valid datagrams, then the mutants: views of the mutator's memory, which the next session overwrites. */
function datagramsOf(rnd: Random, mutator: Mutator): FrameEntry[] {
  const exporters = [new FuzzExporter(rnd), new FuzzExporter(rnd)]
  const valid: { which: number; datagram: Buffer }[] = []
  for (let i = 4 + rnd.next(6); i > 0; i--) {
    const which = rnd.next(2)
    const kind = rnd.next(12)
    const datagram =
      kind === 0 ? fixedDatagram(rnd) : kind === 1 ? sflowDatagram(rnd) : exporters[which]!.datagram()
    valid.push({ which, datagram })
  }
  const entries = valid.map(({ which, datagram }) => entryOf(datagram, addressOf(which)))
  mutator.begin()
  for (let i = 0; i < MUTANTS; i++) {
    const { which, datagram } = rnd.pick(valid)
    entries.push(entryOf(mutator.mutate(rnd, datagram, rnd.pick(valid).datagram), addressOf(which)))
  }
  return entries
}

/** What sessions use one after the other. */
interface Tools {
  readonly decoder: FrameDecoder
  readonly block: FlowBlock
  readonly mutator: Mutator
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
  const learner = new FlowLearner({ splitsBurst: Number.POSITIVE_INFINITY })
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

/**
 * A hash of each column over all rows. A value that is unknown adds nothing: blocks hold a column only when a row
 * of theirs knows it.
 */
class ColumnHashes {
  readonly #hashes = new Int32Array(FLOW_COLUMNS.length)
  #rows = 0

  add(block: FlowBlock): void {
    for (let column = 0; column < FLOW_COLUMNS.length; column++) {
      const { kind, unknown } = FLOW_COLUMNS[column]!
      if (block.touched[column] !== 1 || kind === 'string') continue
      const words = block.words[column]!
      const each = words.length / block.capacity
      let hash = this.#hashes[column]!
      for (let i = 0; i < each * block.rows; i++) {
        const word = words[i]!
        if (word !== unknown) hash = (hash + Math.imul(word ^ (each * this.#rows + i), 2_654_435_761)) | 0
      }
      this.#hashes[column] = hash
    }
    this.#rows += block.rows
  }

  taken(): string {
    return this.#hashes.filter((_, column) => !BY_OPTIONS.has(column)).join()
  }
}

function decodeAll(frames: readonly Framed[], decoder: FrameDecoder, block: FlowBlock): Rows {
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
    for (const { count } of report.rejects) rejects += count
    check(Buffer.compare(encodeContext(decodeContext(context)), context) === 0, 'the context changed')
  }
  return { flows, rejects, hash: hashes.taken() }
}

function checkReport(report: DecodeReport, entries: readonly FrameEntry[]): void {
  let [bytes, lost] = [0, 0]
  for (const { datagram } of entries) bytes += datagram.length
  for (const { code, count } of report.rejects) if (REJECT_CODES[code] === 'record') lost += count
  check(report.flows + report.options <= bytes, 'more records than bytes')
  check(report.records === report.flows + lost, 'the report does not balance')
  check(report.datagrams === entries.length, 'a datagram was not counted')
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** Every datagram at the start of memory that ends where it ends. */
function inMemoryOfItsOwn(entries: readonly FrameEntry[]): FrameEntry[] {
  return entries.map((entry) => ({ ...entry, datagram: new Uint8Array(entry.datagram) }))
}

function checkOffline(entries: readonly FrameEntry[]): void {
  const session = new OfflineSession({ ie: true, all: true })
  const records = [...entries.flatMap((e) => session.take(e)), ...session.end()]
  const flows = records.filter((r) => r.kind === undefined).length
  check(JSON.stringify(records).length > 0 && flows === session.summary.flows, 'vigie decode lost a flow')
}

/** Runs one session with tools that have seen other sessions before. */
function runSession(seed: number, { decoder, block, mutator }: Tools): Rows {
  const inOneBuffer = datagramsOf(new Random(seed), mutator)
  const entries = inMemoryOfItsOwn(inOneBuffer)
  const started = process.cpuUsage()
  const together = decodeAll(framesOf(entries, false), decoder, block)
  if (seed % APART_EVERY === 0) {
    const apart = decodeAll(framesOf(entries, true), decoder, block)
    check(
      together.hash === apart.hash && together.flows === apart.flows,
      'one frame and many give other rows',
    )
    const fresh = decodeAll(framesOf(inOneBuffer, false), new FrameDecoder(), block)
    check(fresh.hash === together.hash, 'a fresh decoder, or datagrams of one buffer, give other rows')
  }
  if (seed % OFFLINE_EVERY === 0) checkOffline(entries)
  check(process.cpuUsage(started).user < SLOW_US, 'it took a second')
  return together
}

/** Runs sessions until `count` mutants were decoded. Throws what a session broke, with its seed. */
export function runFuzz(count: number, seed: number, progress?: (mutants: number) => void): FuzzResult {
  const tools = { decoder: new FrameDecoder(), block: new FlowBlock(BLOCK_ROWS), mutator: new Mutator() }
  const hash = createHash('sha256')
  let [sessions, flows, rejects] = [0, 0, 0]
  for (; sessions * MUTANTS < count; sessions++) {
    const sessionSeed = seed + sessions
    try {
      const done = runSession(sessionSeed, tools)
      flows += done.flows
      rejects += done.rejects
      hash.update(done.hash)
    } catch (error) {
      throw new Error(`--seed ${sessionSeed} --count 1: ${(error as Error).message}`, { cause: error })
    }
    progress?.((sessions + 1) * MUTANTS)
  }
  return { sessions, mutants: sessions * MUTANTS, flows, rejects, hash: hash.digest('hex').slice(0, 16) }
}

const TELL_EVERY = 1_000_000
const rssMib = () => Math.round(process.memoryUsage.rss() / 2 ** 20)

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } } })
  const started = performance.now()
  const rss: number[] = []
  const tell = (mutants: number) => {
    if (Math.floor(mutants / TELL_EVERY) <= rss.length) return
    rss.push(rssMib())
    const seconds = Math.round((performance.now() - started) / 1000)
    process.stderr.write(`${mutants} mutants, ${seconds} s, ${rss.at(-1)} MiB\n`)
  }
  const result = runFuzz(Number(values.count ?? 1_000_000), Number(values.seed ?? 1), tell)
  const seconds = Math.round((performance.now() - started) / 1000)
  const [first = rssMib()] = rss
  process.stdout.write(
    `${JSON.stringify({ ...result, seconds, rss_first_mib: first, rss_last_mib: rssMib() })}\n`,
  )
}
