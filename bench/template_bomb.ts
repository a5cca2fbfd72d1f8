import { pathToFileURL } from 'node:url'
import { DecodeReport } from '../ingest/flow/decode_report.js'
import { FrameDecoder } from '../ingest/flow/frame_decoder.js'
import { FlowLearner } from '../ingest/flow/learner.js'
import { FlowBlock } from '../model/flow_block.js'
import type { Frame, FrameEntry } from '../model/frame.js'
import { collectGarbage } from './collect_garbage.js'
import { makeFrames } from './decode.js'

/**
 * What a template bomb from one address costs: its memory, and the time of another exporter's datagrams (looked at,
 * framed, decoded) beside that of the same datagrams in a collector without the bomb, by turns in one run. The bomb
 * comes between them and is not timed: what it slows is looked for, not what it takes. Without the bomb, as many
 * datagrams of its address come between, which repeat templates that are known.
 */
export interface TemplateBombSize {
  /** Datagrams of the bomb; each has its own domain and ten templates of its own. */
  readonly bombs: number
  /** Rounds of the other exporter's datagrams, by turns with and without the bomb. */
  readonly rounds: number
}

export interface TemplateBombResult extends TemplateBombSize {
  readonly templates: number
  readonly grownMib: number
  readonly refused: number
  /** Time of the other exporter's datagrams with the bomb, divided by that without: median of the rounds. */
  readonly ratio: number
  readonly flows: number
}

export const FULL_SIZE: TemplateBombSize = { bombs: 100_000, rounds: 101 }
export const TEST_SIZE: TemplateBombSize = { bombs: 2000, rounds: 3 }

const GOOD = Buffer.from('00000000000000000000ffff7f000001', 'hex')
const BAD = Buffer.from('00000000000000000000ffff7f000002', 'hex')
const TEMPLATES = 10
const FIELDS = 14
const GOOD_DATAGRAMS = 380
const START_MS = 1_790_000_000_000

function heapBytes(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** A v9 datagram of ten templates that no other datagram has, and data for the first. */
function bomb(n: number): Buffer {
  const setBytes = 4 + TEMPLATES * (4 + 4 * FIELDS)
  const b = Buffer.alloc(20 + setBytes + 4 + 4 * FIELDS)
  b.writeUInt16BE(9, 0)
  b.writeUInt32BE(Math.floor(START_MS / 1000), 8)
  b.writeUInt32BE(n, 12)
  b.writeUInt32BE(n % 100_000, 16)
  b.writeUInt16BE(setBytes, 22)
  let at = 24
  for (let i = 0; i < TEMPLATES; i++) {
    const serial = n * TEMPLATES + i
    b.writeUInt16BE(256 + (serial % 65_280), at)
    b.writeUInt16BE(FIELDS, at + 2)
    at += 4
    for (let f = 0; f < FIELDS; f++, at += 4) {
      b.writeUInt16BE(1 + ((serial >>> (2 * f)) & 255), at)
      b.writeUInt16BE(4, at + 2)
    }
  }
  b.writeUInt16BE(256 + ((n * TEMPLATES) % 65_280), at)
  b.writeUInt16BE(4 + 4 * FIELDS, at + 2)
  return b
}

/** A collector and a worker, as far as templates matter. */
class Side {
  readonly #learner = new FlowLearner()
  readonly #decoder = new FrameDecoder()
  readonly #block = new FlowBlock(16_384)
  readonly #entries: FrameEntry[] = []
  refused = 0
  flows = 0
  #nowMs = START_MS

  drop(datagram: Buffer): void {
    this.#nowMs++
    const { reject, missing } = this.#learner.learn(BAD, datagram, this.#nowMs)
    if (reject !== undefined) this.refused++
    else if (!missing) this.#add(BAD, datagram)
  }

  /** Nanoseconds that the good datagrams take, from the first look to their columns. */
  take(datagrams: readonly Uint8Array[], between: () => void): number {
    let ns = 0n
    for (const datagram of datagrams) {
      between()
      const started = process.hrtime.bigint()
      const { redefines } = this.#learner.learn(GOOD, datagram, this.#nowMs)
      if (redefines) throw new Error('the other exporter never changes a template')
      this.#add(GOOD, datagram)
      ns += process.hrtime.bigint() - started
    }
    return Number(ns) + this.#close()
  }

  #add(exporter: Uint8Array, datagram: Uint8Array): void {
    this.#entries.push({ exporter, exporterPort: 2055, receivedUs: this.#nowMs * 1000, datagram })
  }

  #close(): number {
    const totals = { received: 0, framed: 0, rejected: {}, waiting: 0, kernelDropped: 0, sequenceLost: 0 }
    const context = this.#learner.takeContext()
    const all = this.#entries.splice(0)
    const frame = { collector: 'bench', number: 1, closedMs: this.#nowMs, totals, context, entries: all }
    const good: Frame = { ...frame, entries: all.filter(({ exporter }) => exporter === GOOD) }
    const started = process.hrtime.bigint()
    const report = new DecodeReport()
    this.#decoder.decode(good, this.#block, () => {}, report)
    const ns = Number(process.hrtime.bigint() - started)
    const bad = { ...frame, entries: all.filter(({ exporter }) => exporter === BAD) }
    this.#decoder.decode(bad, this.#block, () => {}, new DecodeReport())
    this.flows += report.flows
    return ns
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!

export function runTemplateBombBench(size: TemplateBombSize): TemplateBombResult {
  const datagrams = makeFrames({ datagrams: GOOD_DATAGRAMS, rounds: 1, seed: 1 }).flatMap((frame) =>
    frame.entries.map(({ datagram }) => datagram),
  )
  const [calm, bombed] = [new Side(), new Side()]
  for (const side of [calm, bombed]) side.take(datagrams, () => side.drop(bomb(0)))
  const before = heapBytes()
  const perDatagram = size.bombs / (size.rounds * datagrams.length)
  const dropper = (side: Side, numberOf: (n: number) => number) => {
    let [dropped, due] = [0, 0]
    return () => {
      for (due += perDatagram; dropped < due && dropped < size.bombs; dropped++)
        side.drop(bomb(numberOf(dropped)))
    }
  }
  const drop = dropper(bombed, (n) => n)
  const repeat = dropper(calm, () => 0)
  const ratios: number[] = []
  for (let round = 0; round < size.rounds; round++) {
    const first = round % 2 === 0
    const early = first ? calm.take(datagrams, repeat) : 0
    const hit = bombed.take(datagrams, drop)
    ratios.push(hit / (first ? early : calm.take(datagrams, repeat)))
  }
  const grownMib = (heapBytes() - before) / 2 ** 20
  return {
    ...size,
    templates: size.bombs * TEMPLATES,
    grownMib: Number(grownMib.toFixed(1)),
    refused: bombed.refused,
    ratio: Number(median(ratios).toFixed(3)),
    flows: bombed.flows,
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(runTemplateBombBench(FULL_SIZE))}\n`)
}
