import type { FlowBlock } from '../model/flow_block.js'
import { COL, FLOW_COLUMNS, KIND_WIDTH } from '../model/flow_columns.js'
import { hashAddress, mix } from './hash.js'
import { shardOf } from './shards.js'

/** A record whose end is older than this at its receipt is taken as ending then: its exporter's clock is wrong. */
export const LATENESS_MS = 180_000
/** A record longer than this is taken as this long: older steps are closed, and rates come from bytes over duration. */
const LONGEST_MS = 86_400_000
/** How far in the future a record may end before its exporter's clock is held to be wrong. */
const SKEW_MS = 1_000
const MS_HIGH = 4294967296

/** What a record says of the contact it belongs to, in `FlowView.kind`. */
export const KIND = {
  /** Not looked at: counted on another observation, or without packets from the source. */
  skip: 0,
  /** TCP whose source never acknowledged: it asked and got no connection. */
  tcpFailed: 1,
  /** TCP with ACK from the source, or without exported flags. */
  tcp: 2,
  /** UDP that a recorder of biflows says was not answered. */
  udpFailed: 3,
  /** UDP that was answered (`answerPackets`), or of which the record alone does not say. */
  udp: 4,
  icmp: 5,
  other: 6,
} as const

/** `FlowView.reach` where the block does not know localities; else it is one of `LOCALITIES`. */
export const REACH_UNKNOWN = 4

const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16

/**
 * The columns of a block that services look at, under names and with types of their own, and what is worked out for each
 * row once for all services. A column that the block does not hold reads as its unknown value.
 */
export class FlowView {
  rows = 0
  /** Rows of the shard that is looked at; all of them unless `keepShard` left some out. */
  kept = 0
  src!: Uint32Array
  dst!: Uint32Array
  srcPort!: Uint16Array
  dstPort!: Uint16Array
  proto!: Uint8Array
  flags!: Uint16Array
  icmpType!: Uint8Array
  srcOrg!: Uint32Array
  dstOrg!: Uint32Array
  srcSite!: Uint32Array
  dstSite!: Uint32Array
  sampling!: Uint32Array
  /** Four words a row, as `src`. */
  exporter!: Uint32Array
  /** Number of the threat indicator that an end matched, and which end (`THREAT_ENDS`). */
  threat!: Uint32Array
  threatEnd!: Uint8Array
  /** Whether any row has a threat: most blocks have none. */
  hasThreats = false
  appClass!: Uint8Array
  /** A small hash of each row's exporter: exporters that report both directions in one record are told apart by it. */
  readonly exporterCell: Uint16Array

  /** A code of `KIND`; rows of other shards are `skip`. */
  kind: Uint8Array
  /** A code of `LOCALITIES`, or `REACH_UNKNOWN`. */
  readonly reach: Uint8Array
  readonly srcHash: Uint32Array
  readonly dstHash: Uint32Array
  /** Packets and octets times the sampling rate. */
  readonly packets: Float64Array
  readonly octets: Float64Array
  readonly answerPackets: Float64Array
  readonly answerOctets: Float64Array
  /** First and last packet, ms since 1970, after the rules on clocks (`LATENESS_MS`). */
  readonly startMs: Float64Array
  readonly endMs: Float64Array
  readonly receivedMs: Float64Array
  /** Rows whose times were moved to their receipt. */
  shifted = 0
  readonly #unknown = new Map<number, Uint8Array | Uint16Array | Uint32Array>()
  readonly #capacity: number
  /** Kinds of all rows, whatever their shard. */
  readonly #allKinds: Uint8Array
  /** Kinds as a shard sees them; made when the first shard asks. */
  #someKinds: Uint8Array | undefined

  /** @param capacity most rows of a block. */
  constructor(capacity: number) {
    this.#capacity = capacity
    this.exporterCell = new Uint16Array(capacity)
    this.#allKinds = new Uint8Array(capacity)
    this.kind = this.#allKinds
    this.reach = new Uint8Array(capacity)
    this.srcHash = new Uint32Array(capacity)
    this.dstHash = new Uint32Array(capacity)
    this.packets = new Float64Array(capacity)
    this.octets = new Float64Array(capacity)
    this.answerPackets = new Float64Array(capacity)
    this.answerOctets = new Float64Array(capacity)
    this.startMs = new Float64Array(capacity)
    this.endMs = new Float64Array(capacity)
    this.receivedMs = new Float64Array(capacity)
  }

  /** Looks at `block`, whose capacity must not be greater than the view's. */
  bind(block: FlowBlock): void {
    if (block.rows > this.#capacity)
      throw new RangeError(`a block of ${block.rows} rows, at most ${this.#capacity}`)
    this.rows = block.rows
    this.kept = block.rows
    this.kind = this.#allKinds
    this.src = this.#words(block, 'src_addr') as Uint32Array
    this.dst = this.#words(block, 'dst_addr') as Uint32Array
    this.srcPort = this.#words(block, 'src_port') as Uint16Array
    this.dstPort = this.#words(block, 'dst_port') as Uint16Array
    this.proto = this.#words(block, 'ip_proto') as Uint8Array
    this.flags = this.#words(block, 'tcp_flags') as Uint16Array
    this.icmpType = this.#words(block, 'icmp_type') as Uint8Array
    this.srcOrg = this.#words(block, 'src_org_id') as Uint32Array
    this.dstOrg = this.#words(block, 'dst_org_id') as Uint32Array
    this.srcSite = this.#words(block, 'src_site_id') as Uint32Array
    this.dstSite = this.#words(block, 'dst_site_id') as Uint32Array
    this.sampling = this.#words(block, 'sampling_rate') as Uint32Array
    this.threat = this.#words(block, 'threat_id') as Uint32Array
    this.threatEnd = this.#words(block, 'threat_end') as Uint8Array
    this.hasThreats = block.touched[COL.threat_id!] === 1
    this.appClass = this.#words(block, 'app_class_id') as Uint8Array
    this.#counters(block)
    this.#times(block)
    this.#kinds(block)
  }

  /** Leaves out the rows that have no end in an organisation of `shard`; those between unknown ends are of shard 0. */
  keepShard(shard: number, shards: number): void {
    this.#someKinds ??= new Uint8Array(this.#capacity)
    const some = this.#someKinds
    const { srcOrg, dstOrg } = this
    let kept = 0
    for (let row = 0; row < this.rows; row++) {
      const src = srcOrg[row]!
      const dst = dstOrg[row]!
      const mine =
        src + dst === 0
          ? shard === 0
          : (src !== 0 && shardOf(src, shards) === shard) || (dst !== 0 && shardOf(dst, shards) === shard)
      some[row] = mine ? this.#allKinds[row]! : KIND.skip
      if (mine) kept++
    }
    this.kept = kept
    this.kind = some
  }

  #words(block: FlowBlock, name: string): Uint8Array | Uint16Array | Uint32Array {
    const column = COL[name]!
    if (block.touched[column] === 1) return block.words[column]!
    let filled = this.#unknown.get(column)
    if (filled === undefined) {
      const { kind, unknown } = FLOW_COLUMNS[column]!
      const width = KIND_WIDTH[kind]
      const length = this.#capacity * Math.max(1, width / 4)
      filled = (
        width === 1 ? new Uint8Array(length) : width === 2 ? new Uint16Array(length) : new Uint32Array(length)
      ).fill(unknown)
      this.#unknown.set(column, filled)
    }
    return filled
  }

  #counters(block: FlowBlock): void {
    const octets = this.#words(block, 'bytes')
    const packets = this.#words(block, 'packets')
    const answerOctets = this.#words(block, 'reverse_bytes')
    const answerPackets = this.#words(block, 'reverse_packets')
    const { sampling } = this
    const biflow = block.touched[COL.reverse_packets!] === 1
    for (let row = 0, k = 0; row < this.rows; row++, k += 2) {
      const rate = Math.max(sampling[row]!, 1)
      this.packets[row] = (packets[k + 1]! * MS_HIGH + packets[k]!) * rate
      this.octets[row] = (octets[k + 1]! * MS_HIGH + octets[k]!) * rate
      if (biflow) {
        this.answerPackets[row] = (answerPackets[k + 1]! * MS_HIGH + answerPackets[k]!) * rate
        this.answerOctets[row] = (answerOctets[k + 1]! * MS_HIGH + answerOctets[k]!) * rate
      }
    }
    if (!biflow) {
      this.answerPackets.fill(0, 0, this.rows)
      this.answerOctets.fill(0, 0, this.rows)
    }
  }

  #times(block: FlowBlock): void {
    const start = this.#words(block, 'flow_start')
    const end = this.#words(block, 'flow_end')
    const received = this.#words(
      block,
      block.touched[COL.time_received!] === 1 ? 'time_received' : 'flow_end',
    )
    for (let row = 0, k = 0; row < this.rows; row++, k += 2) {
      const r = received[k + 1]! * MS_HIGH + received[k]!
      const e = end[k + 1]! * MS_HIGH + end[k]!
      let duration = e - (start[k + 1]! * MS_HIGH + start[k]!)
      if (!(duration >= 0)) duration = 0
      else if (duration > LONGEST_MS) duration = LONGEST_MS
      this.receivedMs[row] = r
      if (e > r + SKEW_MS || e < r - LATENESS_MS) {
        this.shifted++
        this.endMs[row] = r
        this.startMs[row] = r - duration
      } else {
        this.endMs[row] = e
        this.startMs[row] = e - duration
      }
    }
  }

  #kinds(block: FlowBlock): void {
    const { src, dst, proto, flags, kind, packets, answerPackets } = this
    const counted = this.#words(block, 'counted')
    const exporter = this.#words(block, 'exporter_addr') as Uint32Array
    this.exporter = exporter
    const domain = this.#words(block, 'observation_domain')
    // On the wire, half of a biflow that is empty and a record of one direction look the same; in a recording of biflows,
    // which comes over no protocol, the empty half says that there was no answer.
    const protocol = this.#words(block, 'export_protocol')
    const biflows = block.touched[COL.reverse_packets!] === 1
    for (let row = 0; row < this.rows; row++) {
      this.srcHash[row] = hashAddress(src, row * 4)
      this.dstHash[row] = hashAddress(dst, row * 4)
      const at = row * 4
      this.exporterCell[row] =
        mix(exporter[at + 3]! ^ exporter[at]! ^ Math.imul(domain[row]!, 0x9e3779b1)) & 4095
      const unanswered = biflows && protocol[row] === 0 && answerPackets[row] === 0
      const p = proto[row]!
      if (counted[row] !== 1 || packets[row] === 0) kind[row] = KIND.skip
      else if (p === 6) {
        const f = flags[row]!
        const failed =
          f === 0 ? unanswered : (f & ACK) === 0 && ((f & SYN) !== 0 || (f & (FIN | RST)) === FIN)
        kind[row] = failed ? KIND.tcpFailed : KIND.tcp
      } else if (p === 17) kind[row] = unanswered ? KIND.udpFailed : KIND.udp
      else kind[row] = p === 1 || p === 58 ? KIND.icmp : KIND.other
    }
    if (block.touched[COL.locality!] === 1) {
      this.reach.set((block.words[COL.locality!] as Uint8Array).subarray(0, this.rows))
    } else this.reach.fill(REACH_UNKNOWN, 0, this.rows)
  }
}
