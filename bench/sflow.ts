import { createHash, type Hash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { DecodeReport } from '../ingest/flow/decode_report.js'
import { Sflow5Decoder } from '../ingest/flow/sflow5.js'
import { FlowBlock } from '../model/flow_block.js'
import type { FrameEntry } from '../model/frame.js'
import { xorshift } from './xorshift.js'

/**
 * sFlow v5 from the wire into columns, on one core: seven flow samples a datagram with 128 bytes of sampled header
 * (Ethernet, a VLAN tag on one in four, IPv4 or one in eight IPv6, TCP or UDP), switch and router data, and a counter
 * sample in each eighth datagram. Not measured: frames, sockets, enrichment, storage. No goal: a figure that holds on
 * another machine.
 */
export interface SflowBenchSize {
  readonly datagrams: number
  /** How often the same datagrams are decoded; the best time counts. */
  readonly rounds: number
  readonly seed: number
}

export interface SflowBenchResult extends SflowBenchSize {
  readonly samples: number
  readonly samplesPerSecond: number
  /** First 16 digits of the SHA-256 of all columns: their meaning cannot change unseen. */
  readonly hash: string
}

export const FULL_SIZE: SflowBenchSize = { datagrams: 40_000, rounds: 7, seed: 1 }
export const TEST_SIZE: SflowBenchSize = { datagrams: 40, rounds: 1, seed: 1 }

const SAMPLES = 7
const HEADER_BYTES = 128
const AGENT = 0xc0000201
const RECEIVED_US = 1_790_000_000_000_000
const EXPORTER = Buffer.from('00000000000000000000ffffc0000201', 'hex')

function words(...values: number[]): Buffer {
  const b = Buffer.alloc(4 * values.length)
  values.forEach((value, i) => {
    b.writeUInt32BE(value >>> 0, 4 * i)
  })
  return b
}

function frame(rnd: () => number): Buffer {
  const b = Buffer.alloc(HEADER_BYTES)
  const [kind, source, ports, size] = [rnd(), rnd(), rnd(), rnd()] as const
  b.set([2, 0, 0, 0, 0, kind & 255, 2, 0, 0, 0, 1, source & 255])
  const tagged = (kind >>> 8) % 4 === 0
  if (tagged) b.writeUInt32BE(0x81000001 + (kind >>> 20), 12)
  const ip = tagged ? 18 : 14
  const v6 = (kind >>> 10) % 8 === 0
  const udp = (kind >>> 13) % 4 === 0
  const bytes = 40 + (size % 1460)
  b.writeUInt16BE(v6 ? 0x86dd : 0x0800, ip - 2)
  if (v6) {
    b.writeUInt32BE(0x60000000, ip)
    b.writeUInt16BE(bytes, ip + 4)
    b.set([udp ? 17 : 6, 64, 0x20, 1, 0x0d, 0xb8], ip + 6)
    b.writeUInt32BE(source, ip + 20)
    b.set([0x20, 1, 0x0d, 0xb8], ip + 24)
    b.writeUInt32BE(source >>> 7, ip + 36)
  } else {
    b.writeUInt32BE(0x45000000 | bytes, ip)
    b.set([64, udp ? 17 : 6], ip + 8)
    b.writeUInt32BE(0x0a000000 | (source & 0xffffff), ip + 12)
    b.writeUInt32BE(0x0b000000 | (source >>> 16), ip + 16)
  }
  const transport = ip + (v6 ? 40 : 20)
  b.writeUInt32BE(ports, transport)
  if (!udp) b.writeUInt16BE(0x5018, transport + 12)
  return b
}

function flowSample(sequence: number, rnd: () => number): Buffer {
  const input = 1 + (rnd() % 48)
  const header = frame(rnd)
  const fixed = words(sequence, input, 1024, sequence * 1024, 0, input, 1 + (rnd() % 48), 3)
  const raw = Buffer.concat([words(1, 16 + HEADER_BYTES, 1, 64 + (rnd() % 1450), 4, HEADER_BYTES), header])
  const switched = words(1001, 16, 1 + (rnd() % 4000), 0, 1 + (rnd() % 4000), 0)
  const routed = words(1002, 16, 1, AGENT + 1, 24, 16)
  const body = Buffer.concat([fixed, raw, switched, routed])
  return Buffer.concat([words(1, body.length), body])
}

function counterSample(sequence: number): Buffer {
  const body = Buffer.concat([words(sequence, 1, 1, 1, 88), Buffer.alloc(88, 1)])
  return Buffer.concat([words(2, body.length), body])
}

function makeEntries(size: SflowBenchSize): FrameEntry[] {
  const rnd = xorshift(size.seed)
  return Array.from({ length: size.datagrams }, (_, i) => {
    const samples = Array.from({ length: SAMPLES }, (_unused, s) => flowSample(i * SAMPLES + s, rnd))
    if (i % 8 === 0) samples.push(counterSample(i))
    const datagram = Buffer.concat([words(5, 1, AGENT, 0, i, i * 1000, samples.length), ...samples])
    return { exporter: EXPORTER, exporterPort: 6343, receivedUs: RECEIVED_US + i, datagram }
  })
}

function hashRows(block: FlowBlock, hash: Hash): void {
  block.bytes.forEach((column, i) => {
    if (block.touched[i] === 1) hash.update(column.subarray(0, (column.length / block.capacity) * block.rows))
  })
}

function decodeAll(entries: readonly FrameEntry[], block: FlowBlock, flush: () => void): DecodeReport {
  const decoder = new Sflow5Decoder()
  const report = new DecodeReport()
  for (const entry of entries) decoder.decode(entry, block, flush, report)
  flush()
  block.reset()
  return report
}

/** Decodes `size.datagrams` datagrams and says how fast. */
export function runSflowBench(size: SflowBenchSize): SflowBenchResult {
  const entries = makeEntries(size)
  const block = new FlowBlock(16_384)
  const hash = createHash('sha256')
  const { flows } = decodeAll(entries, block, () => hashRows(block, hash))
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < size.rounds; round++) {
    const started = process.hrtime.bigint()
    decodeAll(entries, block, () => {})
    best = Math.min(best, Number(process.hrtime.bigint() - started))
  }
  return {
    ...size,
    samples: flows,
    samplesPerSecond: Math.round(flows / (best / 1e9)),
    hash: hash.digest('hex').slice(0, 16),
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(runSflowBench(FULL_SIZE))}\n`)
}
