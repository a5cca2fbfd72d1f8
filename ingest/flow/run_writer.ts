import { type FlowBlock, V4_MAPPED_WORD } from '../../model/flow_block.js'
import { COL, SAMPLING_SOURCES } from '../../model/flow_columns.js'
import type { FrameEntry } from '../../model/frame.js'
import type { CompiledTemplate } from './compile_template.js'
import type { DatagramHeader } from './datagram_header.js'
import type { RunEnv } from './run_env.js'
import type { SamplingTable } from './sampling.js'

const TIME = COL.time_received!
const PROTOCOL = COL.export_protocol!
const EXPORTER = COL.exporter_addr!
const DOMAIN = COL.observation_domain!
const RATE = COL.sampling_rate!
const SOURCE = COL.sampling_source!
const IN_IF = COL.in_if!
const TWO_32 = 4_294_967_296

/** What all rows of a datagram share. */
export class DatagramStamp {
  #timeLow = 0
  #timeHigh = 0
  readonly #exporter = new Uint32Array(4)
  readonly #exporterBytes = new Uint8Array(this.#exporter.buffer)
  #protocol = 0
  #domain = 0

  set(entry: FrameEntry, header: DatagramHeader): void {
    const ms = Math.floor(entry.receivedUs / 1000)
    this.#timeLow = ms >>> 0
    this.#timeHigh = Math.floor(ms / TWO_32)
    this.#exporterBytes.set(entry.exporter)
    this.#protocol = header.version
    this.#domain = header.domain
  }

  /** Writes the columns of rows `row` up to `row + n`. */
  write(block: FlowBlock, row: number, n: number): void {
    block.touch(TIME)
    block.touch(PROTOCOL)
    block.touch(EXPORTER)
    block.touch(DOMAIN)
    const time = block.words[TIME]!
    const protocol = block.words[PROTOCOL]!
    const domain = block.words[DOMAIN]!
    const exporter = block.words[EXPORTER]!
    const [a = 0, b = 0, c = 0, d = 0] = this.#exporter
    const mapped = a === 0 && b === 0 && c === V4_MAPPED_WORD
    for (let r = row; r < row + n; r++) {
      time[2 * r] = this.#timeLow
      time[2 * r + 1] = this.#timeHigh
      protocol[r] = this.#protocol
      domain[r] = this.#domain
      const q = 4 * r
      if (!mapped) {
        exporter[q] = a
        exporter[q + 1] = b
      }
      exporter[q + 2] = c
      exporter[q + 3] = d
    }
  }
}

/** Rates that hold for a whole datagram; 0: none. */
export interface DatagramRates {
  /** What the header says. */
  header: number
  /** What the configuration says of the exporter. */
  configured: number
}

/**
 * Gives the rows of a run their sampling rate: what the record said stays, then options, then the header, then
 * the configuration.
 */
export function writeSampling(
  block: FlowBlock,
  row: number,
  n: number,
  compiled: CompiledTemplate,
  table: SamplingTable,
  datagram: DatagramRates,
  env: RunEnv,
): void {
  const named = compiled.hasSampler && table.byId.size > 0
  const common = table.defaultRate || (named ? 0 : table.soleRate)
  const { header, configured } = datagram
  const rate = common || header || configured
  const perRecord = named || table.byInterface.size > 0
  if (rate === 0 && !perRecord) return
  block.touch(RATE)
  block.touch(SOURCE)
  const rates = block.words[RATE]!
  const sources = block.words[SOURCE]!
  const source =
    common > 0
      ? SAMPLING_SOURCES.options
      : header > 0
        ? SAMPLING_SOURCES.header
        : rate > 0
          ? SAMPLING_SOURCES.config
          : SAMPLING_SOURCES.none
  if (!perRecord && !compiled.hasRate) {
    rates.fill(rate, row, row + n)
    sources.fill(source, row, row + n)
    return
  }
  const inIf = block.touched[IN_IF] === 1 ? block.words[IN_IF] : undefined
  const lone = common === 0 && header === 0 ? table.soleRate : 0
  for (let i = 0, r = row; i < n; i++, r++) {
    if (rates[r] !== 0) continue
    const sampler = named ? env.samplers[i]! : 0
    const own =
      (sampler > 0 ? table.byId.get(sampler) : undefined) ??
      (inIf === undefined ? undefined : table.byInterface.get(inIf[r]!)) ??
      (named && sampler === 0 && lone > 0 ? lone : undefined)
    rates[r] = own ?? rate
    sources[r] = own === undefined ? source : SAMPLING_SOURCES.options
  }
}
