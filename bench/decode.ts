import { createHash, type Hash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { DecodeReport } from '../ingest/flow/decode_report.js'
import { FrameDecoder } from '../ingest/flow/frame_decoder.js'
import { FlowLearner } from '../ingest/flow/learner.js'
import { FlowBlock } from '../model/flow_block.js'
import type { Frame, FrameEntry } from '../model/frame.js'
import { xorshift } from './xorshift.js'

/**
 * Plain NetFlow v9 from the wire into columns, on one core: one template of 19 fields, 24 records of 54 bytes
 * a datagram, every record fresh, the mix of ports and sizes of ordinary traffic. Frames are cut at 512 KiB
 * as the collector does. Not measured: sockets, enrichment, storage. No goal: a figure that holds on another
 * machine.
 */
export interface DecodeBenchSize {
  readonly datagrams: number
  /** How often the same datagrams are decoded; the best time counts. */
  readonly rounds: number
  readonly seed: number
}

export interface DecodeBenchResult extends DecodeBenchSize {
  readonly records: number
  readonly recordsPerSecond: number
  /** What the collector's look at a datagram takes. */
  readonly learnNsPerDatagram: number
  /** First 16 digits of the SHA-256 of all columns: their meaning cannot change unseen. */
  readonly hash: string
}

export const FULL_SIZE: DecodeBenchSize = { datagrams: 40_000, rounds: 7, seed: 1 }
export const TEST_SIZE: DecodeBenchSize = { datagrams: 40, rounds: 1, seed: 1 }

const RECORDS = 24
/** Element id, bytes, element id, bytes, … */
const FIELDS = [
  8, 4, 12, 4, 15, 4, 10, 4, 14, 4, 2, 4, 1, 4, 22, 4, 21, 4, 7, 2, 11, 2, 6, 1, 4, 1, 5, 1, 16, 4, 17, 4, 9,
  1, 13, 1, 61, 1,
]
const RECORD_BYTES = 54
const FRAME_BYTES = 512 * 1024
const EXPORT_S = 1_790_000_000
const EXPORTER = Buffer.from('00000000000000000000ffff7f000001', 'hex')
const PORTS = [443, 443, 443, 443, 443, 443, 80, 80, 53, 53, 123, 22, 3389, 5060, 25, 8443]

function header(b: Buffer, count: number, sequence: number): void {
  b.writeUInt16BE(9, 0)
  b.writeUInt16BE(count, 2)
  b.writeUInt32BE(100_000, 4)
  b.writeUInt32BE(EXPORT_S, 8)
  b.writeUInt32BE(sequence, 12)
  b.writeUInt32BE(1, 16)
}

function templateDatagram(): Buffer {
  const b = Buffer.alloc(28 + 2 * FIELDS.length)
  header(b, 1, 0)
  b.writeUInt16BE(b.length - 20, 22)
  b.writeUInt16BE(256, 24)
  b.writeUInt16BE(FIELDS.length / 2, 26)
  FIELDS.forEach((n, i) => {
    b.writeUInt16BE(n, 28 + 2 * i)
  })
  return b
}

function record(b: Buffer, o: number, rnd: () => number): void {
  const [r1, r2, r3] = [rnd(), rnd(), rnd()] as const
  // The AND of two draws favours small values, as addresses and sizes of real traffic do.
  const skew = (r2 & r3) >>> 0
  const packets = 1 + (skew >>> 24)
  const port = PORTS[r3 >>> 28]!
  const tcp = port !== 53 && port !== 123 && port !== 5060
  const source = 0x0a000000 | (r1 & 0xffffff)
  const interfaces = [1 + (r1 >>> 28), 1 + (r2 >>> 30)]
  const counts = [packets, packets * (64 + (r3 & 1023)), 90_000 - (r3 >>> 20), 99_000]
  const words = [source, 0x0b000000 | (skew & 0xffff), 0x0a000001, ...interfaces, ...counts]
  words.forEach((word, i) => {
    b.writeUInt32BE(word, o + 4 * i)
  })
  b.writeUInt16BE(1024 + ((r2 >>> 8) % 64_000), o + 36)
  b.writeUInt16BE(port, o + 38)
  b.set([tcp ? 0x1b : 0, tcp ? 6 : 17, ((r3 >>> 26) & 1) === 1 ? 0xb8 : 0], o + 40)
  b.writeUInt32BE(64_512, o + 43)
  b.writeUInt32BE(64_513, o + 47)
  b.set([24, 24, 0], o + 51)
}

function dataDatagram(sequence: number, rnd: () => number): Buffer {
  const set = Math.ceil((4 + RECORDS * RECORD_BYTES) / 4) * 4
  const b = Buffer.alloc(20 + set)
  header(b, RECORDS, sequence)
  b.writeUInt16BE(256, 20)
  b.writeUInt16BE(set, 22)
  for (let i = 0; i < RECORDS; i++) record(b, 24 + i * RECORD_BYTES, rnd)
  return b
}

/** A frame whose datagrams lie in one buffer, as they do when it comes from the stream. */
function frameOf(number: number, datagrams: readonly Buffer[]): Omit<Frame, 'context'> {
  const buffer = Buffer.concat(datagrams)
  let at = 0
  const entries = datagrams.map(({ length }): FrameEntry => {
    const datagram = buffer.subarray(at, at + length)
    at += length
    return { exporter: EXPORTER, exporterPort: 2055, receivedUs: EXPORT_S * 1e6, datagram }
  })
  const totals = { received: 0, framed: 0, rejected: {}, waiting: 0, kernelDropped: 0, sequenceLost: 0 }
  return { collector: 'bench', number, closedMs: EXPORT_S * 1000, totals, entries }
}

export function makeFrames(size: DecodeBenchSize): Omit<Frame, 'context'>[] {
  const rnd = xorshift(size.seed)
  const datagrams = [templateDatagram()]
  for (let i = 1; i <= size.datagrams; i++) datagrams.push(dataDatagram(i, rnd))
  const perFrame = Math.floor(FRAME_BYTES / datagrams.at(-1)!.length)
  const frames: Omit<Frame, 'context'>[] = []
  for (let i = 0; i < datagrams.length; i += perFrame) {
    frames.push(frameOf(frames.length + 1, datagrams.slice(i, i + perFrame)))
  }
  return frames
}

const nsOf = (work: () => void): number => {
  const started = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - started)
}

/** Learns the frames' datagrams as a collector does. */
export function learn(bare: readonly Omit<Frame, 'context'>[]): Frame[] {
  const learner = new FlowLearner()
  return bare.map((frame) => {
    for (const { datagram } of frame.entries) learner.learn(EXPORTER, datagram, frame.closedMs)
    return { ...frame, context: learner.takeContext() }
  })
}

function hashRows(block: FlowBlock, hash: Hash): void {
  block.bytes.forEach((column, i) => {
    if (block.touched[i] === 1) hash.update(column.subarray(0, (column.length / block.capacity) * block.rows))
  })
}

/** Decodes `size.datagrams` datagrams and says how fast. */
export function runDecodeBench(size: DecodeBenchSize): DecodeBenchResult {
  const bare = makeFrames(size)
  const frames = learn(bare)
  const decoder = new FrameDecoder()
  const block = new FlowBlock(16_384)
  const report = new DecodeReport()
  const hash = createHash('sha256')
  for (const frame of frames) decoder.decode(frame, block, (rows) => hashRows(rows, hash), report)
  let best = Number.POSITIVE_INFINITY
  let learnBest = Number.POSITIVE_INFINITY
  for (let round = 0; round < size.rounds; round++) {
    learnBest = Math.min(
      learnBest,
      nsOf(() => learn(bare)),
    )
    const decode = () => {
      for (const frame of frames) decoder.decode(frame, block, () => {}, new DecodeReport())
    }
    best = Math.min(best, nsOf(decode))
  }
  return {
    ...size,
    records: report.flows,
    recordsPerSecond: Math.round(report.flows / (best / 1e9)),
    learnNsPerDatagram: Math.round(learnBest / size.datagrams),
    hash: hash.digest('hex').slice(0, 16),
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(runDecodeBench(FULL_SIZE))}\n`)
}
