import { STEP_MS } from './engine.js'
import { type Flow, reverseOf } from './flow.js'
import type { Network } from './network.js'
import { Traffic } from './traffic.js'

/**
 * Plain NetFlow v9 in quantity, for speed: records of the reference network's traffic are encoded once, and
 * each datagram takes a run of them and makes them new with a few bytes.
 *
 * ```
 * pool      [ record 0 ][ record 1 ] … [ record 32767 ]     54 bytes each, as 19 fields
 * datagram  header, set header, [ records i to i+24 ]   then in each: the client's port, the last bits
 *                                                        of its address (64 hosts of its site) and of its bytes
 * ```
 *
 * Times are relative to sysUpTime, and sysUpTime stands still while the header's clock runs: so the flows
 * are always fresh.
 */
const FIELDS = [
  [8, 4],
  [12, 4],
  [15, 4],
  [10, 4],
  [14, 4],
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
  [7, 2],
  [11, 2],
  [6, 1],
  [4, 1],
  [5, 1],
  [16, 4],
  [17, 4],
  [9, 1],
  [13, 1],
  [61, 1],
] as const
export const RECORD_BYTES = FIELDS.reduce((sum, [, length]) => sum + length, 0)
const HEADER_BYTES = 20
const SET_HEADER_BYTES = 4
const TEMPLATE_ID = 256
const POOL_RECORDS = 32_768
const BOOT_BEFORE_MS = 3_600_000

/** Offsets of the fields that are made new. */
const AT = { src: 0, dst: 4, bytes: 24, srcPort: 36, dstPort: 38 } as const
const HOST_BITS = 0x3f

export interface BlastShape {
  readonly network: Network
  readonly seed: number
  readonly datagramBytes: number
  /** Observation domains, each with its own sequence, which take turns. */
  readonly domains: number
}

export class BlastDatagrams {
  readonly recordsPerDatagram: number
  readonly #pool: Buffer
  /** Of each record: where its client's address and port stand. */
  readonly #client: Uint8Array
  readonly #clientPort: Uint8Array
  readonly #bytes: number
  readonly #sequences: Uint32Array
  readonly #uptimeMs: number
  #turn = 0
  #state: number

  constructor(shape: BlastShape) {
    const room = shape.datagramBytes - HEADER_BYTES - SET_HEADER_BYTES
    this.recordsPerDatagram = Math.floor(room / RECORD_BYTES)
    const set = Math.ceil((SET_HEADER_BYTES + this.recordsPerDatagram * RECORD_BYTES) / 4) * 4
    this.#bytes = HEADER_BYTES + set
    this.#sequences = new Uint32Array(shape.domains)
    this.#state = (shape.seed * 2654435761 + 1) >>> 0 || 1
    this.#uptimeMs = BOOT_BEFORE_MS
    this.#pool = Buffer.alloc(POOL_RECORDS * RECORD_BYTES)
    this.#client = new Uint8Array(POOL_RECORDS)
    this.#clientPort = new Uint8Array(POOL_RECORDS)
    this.#fill(shape)
  }

  get datagramBytes(): number {
    return this.#bytes
  }

  /** A template datagram for each domain. */
  templates(nowMs: number): Buffer[] {
    return Array.from(this.#sequences, (_, domain) => {
      const b = Buffer.alloc(HEADER_BYTES + 8 + 4 * FIELDS.length)
      this.#header(b, 1, domain, nowMs)
      b.writeUInt16BE(b.length - HEADER_BYTES, HEADER_BYTES + 2)
      b.writeUInt16BE(TEMPLATE_ID, HEADER_BYTES + 4)
      b.writeUInt16BE(FIELDS.length, HEADER_BYTES + 6)
      FIELDS.forEach(([id, length], i) => {
        b.writeUInt16BE(id, HEADER_BYTES + 8 + 4 * i)
        b.writeUInt16BE(length, HEADER_BYTES + 10 + 4 * i)
      })
      return b
    })
  }

  /** Writes the next datagram into `b`, which is `datagramBytes` long. */
  next(b: Buffer, nowMs: number): void {
    const n = this.recordsPerDatagram
    this.#turn = (this.#turn + 1) % this.#sequences.length
    this.#header(b, n, this.#turn, nowMs)
    b.writeUInt16BE(TEMPLATE_ID, HEADER_BYTES)
    b.writeUInt16BE(this.#bytes - HEADER_BYTES, HEADER_BYTES + 2)
    const first = this.#random() % (POOL_RECORDS - n)
    const start = HEADER_BYTES + SET_HEADER_BYTES
    this.#pool.copy(b, start, first * RECORD_BYTES, (first + n) * RECORD_BYTES)
    let state = this.#state
    for (let i = 0, o = start; i < n; i++, o += RECORD_BYTES) {
      // An answer follows its request in the pool: the same client, or every request would stand unanswered.
      if (i === 0 || this.#client[first + i] === AT.src) {
        state ^= state << 13
        state ^= state >>> 17
        state ^= state << 5
      }
      const address = o + this.#client[first + i]! + 3
      const port = o + this.#clientPort[first + i]!
      b[address] = b[address]! ^ (state & HOST_BITS)
      // Never below 1024, so that it stays the client's.
      b[port] = ((state >>> 8) & 0xff) | 4
      b[port + 1] = (state >>> 16) & 0xff
      b[o + AT.bytes + 3] = b[o + AT.bytes + 3]! ^ (state >>> 24)
    }
    this.#state = state >>> 0
  }

  #random(): number {
    let s = this.#state
    s ^= s << 13
    s ^= s >>> 17
    s ^= s << 5
    this.#state = s >>> 0
    return this.#state
  }

  #header(b: Buffer, count: number, domain: number, nowMs: number): void {
    b.writeUInt16BE(9, 0)
    b.writeUInt16BE(count, 2)
    b.writeUInt32BE(this.#uptimeMs, 4)
    b.writeUInt32BE(Math.floor(nowMs / 1000), 8)
    b.writeUInt32BE(this.#sequences[domain]!++, 12)
    b.writeUInt32BE(domain + 1, 16)
  }

  /** Encodes the pool from traffic over IPv4, both directions, at noon of some Wednesday. */
  #fill({ network, seed }: BlastShape): void {
    const startMs = Date.UTC(2026, 4, 13, 16)
    const traffic = new Traffic(network, { seed, flowsPerSecond: 5000, weekly: false, stepMs: STEP_MS })
    let filled = 0
    const put = (flow: Flow, clientIsSource: boolean): void => {
      if (filled === POOL_RECORDS || typeof flow.src !== 'number') return
      // The youngest flow has just ended.
      const endMs = this.#uptimeMs - (filled % 1000)
      this.#encode(filled * RECORD_BYTES, flow, endMs)
      this.#client[filled] = clientIsSource ? AT.src : AT.dst
      this.#clientPort[filled] = clientIsSource ? AT.srcPort : AT.dstPort
      filled++
    }
    for (let ms = startMs; filled < POOL_RECORDS; ms += STEP_MS)
      traffic.step(ms, (_, flow) => {
        put(flow, true)
        if (flow.reversePackets > 0) put(reverseOf(flow), false)
        return 2
      })
  }

  #encode(o: number, flow: Flow, endMs: number): void {
    const b = this.#pool
    const counters = [Math.min(flow.packets, 0xffffffff), Math.min(flow.bytes, 0xffffffff)]
    const startMs = Math.max(0, endMs - (flow.endMs - flow.startMs))
    const words = [flow.src as number, flow.dst as number, flow.nextHop, flow.inIf, flow.outIf, ...counters]
    ;[...words, startMs, endMs].forEach((word, i) => {
      b.writeUInt32BE(word, o + 4 * i)
    })
    b.writeUInt16BE(flow.srcPort, o + AT.srcPort)
    b.writeUInt16BE(flow.dstPort, o + AT.dstPort)
    b.set([flow.tcpFlags, flow.proto, flow.tos], o + 40)
    b.writeUInt32BE(flow.srcAs, o + 43)
    b.writeUInt32BE(flow.dstAs, o + 47)
    b.set([flow.srcMask, flow.dstMask, 0], o + 51)
  }
}
