import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { ExporterRecord } from '../../model/exporter.js'
import { EXPORT_PROTOCOLS, type ExportProtocol } from '../../model/flow_columns.js'
import type { ExporterNote } from '../../model/frame.js'
import { addressBytes } from './address.js'
import { agentOf, exportTimeMs, otherUnits, upTimeMs } from './header.js'
import { type LossCounts, SequenceStream } from './loss.js'
import { RunningMedian } from './median.js'
import type { LookResult } from './ports.js'

export interface ExportersConfig {
  readonly exporters_max: number
  readonly exporter_idle_s: number
  readonly exporter_streams_max: number
  readonly exporter_datagrams_per_s_max: number
  readonly allow: readonly string[]
  readonly exporters: readonly KnownExporter[]
}

/** What the configuration says of exporters. */
export interface KnownExporter {
  /** Address or prefix that their datagrams come from. */
  readonly from: string
  readonly address?: string | undefined
  readonly sampling_rate?: number | undefined
}

const SKEW_SAMPLES = 31
const SKEW_EVERY_US = 1e6
/** Exporters noted in one frame at most. */
const NOTES_MAX = 5_000

const PROTOCOL_NAMES = Object.entries(EXPORT_PROTOCOLS) as [ExportProtocol, number][]

/** One address that datagrams come from. Fields are plain numbers: they move with every datagram. */
export class Exporter implements LossCounts {
  readonly address: string
  /** The exporter's own address, 16 bytes, IPv4 as ::ffff:a.b.c.d. */
  readonly bytes16: Uint8Array
  /** What the configuration says of it. */
  readonly known: KnownExporter | undefined
  firstSeenUs = 0
  lastSeenUs = 0
  datagrams = 0
  bytes = 0
  rejected = 0
  templates = 0
  lost = 0
  reordered = 0
  duplicates = 0
  restarts = 0
  /** What its sequence numbers counted, as far as it is known. */
  units = 0
  /** Datagrams when it was last noted in a frame. */
  notedDatagrams = 0
  /** Bit n for the protocol of code n. */
  protocolBits = 0
  /** Set when the published record is out of date. */
  changed = true
  readonly #streams: SequenceStream[] = []
  readonly #streamsMax: number
  #lastStream: SequenceStream | undefined
  readonly #skew = new RunningMedian(SKEW_SAMPLES)
  #skewSampledUs = Number.NEGATIVE_INFINITY
  #budget = 0
  #budgetUs = 0

  /** @param address that its datagrams come from */
  constructor(address: string, streamsMax: number, known?: KnownExporter) {
    this.address = address
    this.known = known
    this.bytes16 = addressBytes(known?.address ?? address)
    this.#streamsMax = streamsMax
  }

  /** False when the exporter has spent its datagrams of this moment. A second's worth may come at once. */
  admit(receivedUs: number, perSecond: number): boolean {
    const refill = ((receivedUs - this.#budgetUs) * perSecond) / 1e6
    this.#budgetUs = receivedUs
    this.#budget = Math.min(perSecond, this.#budget + Math.max(0, refill))
    if (this.#budget < 1) return false
    this.#budget--
    return true
  }

  /**
   * Accounts for one datagram whose header reads.
   * @param session the exporter's port where it came over a connection, which counts by itself; else 0
   * @returns units that turned out to be lost
   */
  account(look: LookResult, datagram: Uint8Array, receivedUs: number, session = 0): number {
    const { protocol, sequence } = look
    this.protocolBits |= 1 << protocol
    if (look.exportMs > 0 && receivedUs - this.#skewSampledUs >= SKEW_EVERY_US) {
      this.#skewSampledUs = receivedUs
      this.#skew.add(exportTimeMs(protocol, look.exportMs) - receivedUs / 1000)
    }
    if (sequence < 0) return 0
    if (look.units > 0) this.units += look.units
    const stream = this.#streamOf(protocol, look.domain, session || agentOf(protocol, datagram))
    const { reordered, duplicates, restarts } = stream
    const other = otherUnits(protocol, datagram)
    const lost = stream.arrive(sequence, look.units, other, upTimeMs(protocol, datagram))
    stream.lastHeard = this.datagrams
    this.lost += lost
    this.reordered += stream.reordered - reordered
    this.duplicates += stream.duplicates - duplicates
    this.restarts += stream.restarts - restarts
    return lost
  }

  #streamOf(protocol: number, domain: number, agent: number): SequenceStream {
    const last = this.#lastStream
    if (last !== undefined && last.domain === domain && last.protocol === protocol && last.agent === agent) {
      return last
    }
    let stream = this.#streams.find(
      (s) => s.domain === domain && s.protocol === protocol && s.agent === agent,
    )
    if (stream === undefined) {
      stream = new SequenceStream(protocol, domain, agent)
      this.#keep(stream)
    }
    this.#lastStream = stream
    return stream
  }

  /** The stream that was silent longest makes room. */
  #keep(stream: SequenceStream): void {
    if (this.#streams.length < this.#streamsMax) {
      this.#streams.push(stream)
      return
    }
    let oldest = 0
    for (let i = 1; i < this.#streams.length; i++) {
      if (this.#streams[i]!.lastHeard < this.#streams[oldest]!.lastHeard) oldest = i
    }
    this.#streams[oldest] = stream
  }

  /** @param waiting datagrams of it that wait for their template */
  record(waiting: number): ExporterRecord {
    const skew = this.#skew.value
    return {
      address: this.address,
      ...(this.known?.address !== undefined && { known_as: this.known.address }),
      ...(this.known?.sampling_rate !== undefined && { configured_rate: this.known.sampling_rate }),
      protocols: PROTOCOL_NAMES.filter(([, code]) => (this.protocolBits >> code) & 1).map(([name]) => name),
      first_seen_ms: Math.floor(this.firstSeenUs / 1000),
      last_seen_ms: Math.floor(this.lastSeenUs / 1000),
      datagrams: this.datagrams,
      bytes: this.bytes,
      templates: this.templates,
      waiting,
      rejected: this.rejected,
      sequence_lost: this.lost,
      reordered: this.reordered,
      duplicates: this.duplicates,
      restarts: this.restarts,
      ...(skew === undefined ? {} : { clock_skew_ms: Math.round(skew) }),
    }
  }

  /** What a frame says of it. */
  note(): ExporterNote {
    const skew = this.#skew.value
    return {
      address: this.known?.address ?? this.address,
      lastSeenMs: Math.floor(this.lastSeenUs / 1000),
      datagrams: this.datagrams,
      units: this.units,
      lost: this.lost,
      restarts: this.restarts,
      ...(skew === undefined ? {} : { skewMs: Math.round(skew) }),
    }
  }

  /** Goes on from what an earlier run published. */
  resume(record: ExporterRecord): void {
    this.firstSeenUs = record.first_seen_ms * 1000
    this.lastSeenUs = record.last_seen_ms * 1000
    this.datagrams = record.datagrams
    this.bytes = record.bytes
    this.rejected = record.rejected
    this.lost = record.sequence_lost
    this.reordered = record.reordered
    this.duplicates = record.duplicates
    this.restarts = record.restarts
    if (record.clock_skew_ms !== undefined) this.#skew.add(record.clock_skew_ms)
    for (const name of record.protocols) this.protocolBits |= 1 << EXPORT_PROTOCOLS[name]
  }
}

/** Why an address is not taken in. */
export type Refusal = 'exporter_refused' | 'exporter_limit'

/** The exporters that were seen, bounded: a flood of invented addresses must not push out those that we know. */
export class ExporterTable {
  readonly #config: ExportersConfig
  readonly #byAddress = new Map<string, Exporter>()
  readonly #allowed: BlockList | undefined
  readonly #known: KnownExporters
  #evictedUs = Number.NEGATIVE_INFINITY
  /** Idle exporters that made room for new ones. */
  evicted = 0

  constructor(config: ExportersConfig) {
    this.#config = config
    this.#allowed = config.allow.length === 0 ? undefined : blockList(config.allow)
    this.#known = new KnownExporters(config.exporters)
  }

  get size(): number {
    return this.#byAddress.size
  }

  values(): IterableIterator<Exporter> {
    return this.#byAddress.values()
  }

  /** The exporter at `address`, where it is known. */
  get(address: string): Exporter | undefined {
    return this.#byAddress.get(address)
  }

  /** Notes of those that were heard since they were noted last, as many as a frame may hold; the rest come with the next. */
  takeNotes(): ExporterNote[] {
    const notes: ExporterNote[] = []
    for (const exporter of this.#byAddress.values()) {
      if (exporter.datagrams === exporter.notedDatagrams) continue
      if (notes.length === NOTES_MAX) break
      exporter.notedDatagrams = exporter.datagrams
      notes.push(exporter.note())
    }
    return notes
  }

  /** False when the address is not on the allow-list. */
  allows(address: string): boolean {
    return this.#allowed === undefined || this.#allowed.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  }

  /** Takes a new address in, or says why not. `forgotten` gets each idle exporter that makes room. */
  admit(address: string, nowUs: number, forgotten: (exporter: Exporter) => void): Exporter | Refusal {
    if (!this.allows(address)) return 'exporter_refused'
    if (this.#byAddress.size >= this.#config.exporters_max) this.#evict(nowUs, forgotten)
    if (this.#byAddress.size >= this.#config.exporters_max) return 'exporter_limit'
    const exporter = new Exporter(address, this.#config.exporter_streams_max, this.#known.find(address))
    exporter.firstSeenUs = nowUs
    exporter.lastSeenUs = nowUs
    this.#byAddress.set(address, exporter)
    return exporter
  }

  /** Looks for idle exporters at most once a second: a flood of new addresses must not cost a scan each. */
  #evict(nowUs: number, forgotten: (exporter: Exporter) => void): void {
    if (nowUs - this.#evictedUs < 1e6) return
    this.#evictedUs = nowUs
    for (const exporter of this.#byAddress.values()) {
      if (nowUs - exporter.lastSeenUs < this.#config.exporter_idle_s * 1e6) continue
      this.#byAddress.delete(exporter.address)
      this.evicted++
      forgotten(exporter)
    }
  }
}

/** What the configuration says of exporters, by their source address: the first entry that fits. */
class KnownExporters {
  readonly #entries: readonly { readonly list: BlockList; readonly known: KnownExporter }[]

  constructor(entries: readonly KnownExporter[]) {
    this.#entries = entries.map((known) => ({ list: blockList([known.from]), known }))
  }

  find(address: string): KnownExporter | undefined {
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    return this.#entries.find(({ list }) => list.check(address, family))?.known
  }
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address, length] = entry.split('/') as [string, string?]
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (length === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(length), family)
  }
  return list
}
