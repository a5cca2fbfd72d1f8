import type { ByteReader, ByteWriter } from './bytes.js'
import { KeyTable } from './key_table.js'
import { hllAdd, hllMerge } from './sketches/hyperloglog.js'

/** Width of a step of event time, ms. */
export const STEP_MS = 10_000
/** Steps that a frame may still add to: the newest one the frame may reach, and those before it (190 s). */
export const SLOTS = 20
/** Registers of the sketch of peers: 13 % standard error. */
export const PEERS_M = 64
/** An entry without a port candidate. */
export const NO_PORT = 65536

/** Steps relative to the frame: slot 0 is the step after that of the frame's first receipt, slot 1 that step, and so on. */
export function baseStepOf(receivedMs: number): number {
  return Math.floor(receivedMs / STEP_MS) + 1
}

/**
 * Volumes by address and tag in one frame, for the worker: packets and octets by step, records, different peers, and the
 * candidates for the heaviest peer and the most used port. A record's volume is spread evenly over the steps it lasted.
 *
 * The candidates are those of Boyer and Moore's majority vote: whatever has more than half of the weight is the candidate,
 * and the weight that is left tells by how much (a lower bound of 2·share − 1).
 */
export class VolumeTable {
  readonly keys: KeyTable
  readonly records: Uint32Array
  /** Records of a single packet, as exported. */
  readonly single: Uint32Array
  readonly packets: Float64Array
  readonly octets: Float64Array
  readonly org: Uint32Array
  readonly site: Uint32Array
  readonly sampling: Uint32Array
  readonly #slotMask: Uint32Array
  readonly #slotPackets: Float64Array
  readonly #slotOctets: Float64Array
  readonly #peers: Uint8Array
  readonly #firstPeer: Uint32Array
  readonly #manyPeers: Uint8Array
  readonly #peer: Uint32Array
  readonly #peerWeight: Float64Array
  readonly #port: Uint32Array
  readonly #portWeight: Float64Array
  #baseStep = 0

  constructor(capacity: number) {
    this.keys = new KeyTable(capacity)
    this.records = new Uint32Array(capacity)
    this.single = new Uint32Array(capacity)
    this.packets = new Float64Array(capacity)
    this.octets = new Float64Array(capacity)
    this.org = new Uint32Array(capacity)
    this.site = new Uint32Array(capacity)
    this.sampling = new Uint32Array(capacity)
    this.#slotMask = new Uint32Array(capacity)
    this.#slotPackets = new Float64Array(capacity * SLOTS)
    this.#slotOctets = new Float64Array(capacity * SLOTS)
    this.#peers = new Uint8Array(capacity * PEERS_M)
    this.#firstPeer = new Uint32Array(capacity)
    this.#manyPeers = new Uint8Array(capacity)
    this.#peer = new Uint32Array(capacity * 4)
    this.#peerWeight = new Float64Array(capacity)
    this.#port = new Uint32Array(capacity)
    this.#portWeight = new Float64Array(capacity)
  }

  get baseStep(): number {
    return this.#baseStep
  }

  /** Sets the frame's steps by its first row; later rows of the frame change nothing. */
  begin(receivedMs: number): void {
    if (this.#baseStep === 0) this.#baseStep = baseStepOf(receivedMs)
  }

  clear(): void {
    this.keys.clear()
    this.#baseStep = 0
  }

  /** Id of the entry for the address at word `at` with `tag`; -1 when there is no room. */
  entry(words: Uint32Array, at: number, tag: number, hash: number, org: number, site: number): number {
    const before = this.keys.size
    const id = this.keys.add(words, at, tag, hash)
    if (id === before) {
      this.records[id] = 0
      this.single[id] = 0
      this.packets[id] = 0
      this.octets[id] = 0
      this.org[id] = org
      this.site[id] = site
      this.sampling[id] = 1
      this.#slotMask[id] = 0
      this.#manyPeers[id] = 0
      this.#peerWeight[id] = 0
      this.#portWeight[id] = 0
      this.#port[id] = NO_PORT
    }
    return id
  }

  /** Adds a record's volume, spread over its time. */
  addVolume(id: number, packets: number, octets: number, startMs: number, endMs: number): void {
    this.packets[id]! += packets
    this.octets[id]! += octets
    const last = Math.floor(endMs / STEP_MS)
    let first = Math.floor(startMs / STEP_MS)
    if (first === last) {
      this.#addSlot(id, last, packets, octets)
      return
    }
    const duration = endMs - startMs
    const horizon = this.#baseStep - SLOTS + 1
    if (first < horizon) first = horizon
    for (let step = first; step <= last; step++) {
      const from = Math.max(startMs, step * STEP_MS)
      const to = Math.min(endMs, (step + 1) * STEP_MS)
      const share = (to - from) / duration
      if (share > 0) this.#addSlot(id, step, packets * share, octets * share)
    }
  }

  #addSlot(id: number, step: number, packets: number, octets: number): void {
    let slot = this.#baseStep - step
    if (slot < 0) slot = 0
    else if (slot >= SLOTS) return
    const at = id * SLOTS + slot
    const bit = 1 << slot
    if ((this.#slotMask[id]! & bit) === 0) {
      this.#slotMask[id]! |= bit
      this.#slotPackets[at] = packets
      this.#slotOctets[at] = octets
    } else {
      this.#slotPackets[at]! += packets
      this.#slotOctets[at]! += octets
    }
  }

  /** Notes the other end of a record: its address at word `at` of `words`. */
  addPeer(id: number, words: Uint32Array, at: number, hash: number, weight: number): void {
    if (this.records[id] === 1) this.#firstPeer[id] = hash
    else if (this.#manyPeers[id] === 1) hllAdd(this.#peers, id * PEERS_M, PEERS_M, hash)
    else if (hash !== this.#firstPeer[id]) {
      this.#manyPeers[id] = 1
      this.#peers.fill(0, id * PEERS_M, (id + 1) * PEERS_M)
      hllAdd(this.#peers, id * PEERS_M, PEERS_M, this.#firstPeer[id]!)
      hllAdd(this.#peers, id * PEERS_M, PEERS_M, hash)
    }
    const peer = this.#peer
    const k = id * 4
    if (this.#peerWeight[id] === 0) {
      this.#peerWeight[id] = weight
      for (let i = 0; i < 4; i++) peer[k + i] = words[at + i]!
    } else if (
      peer[k + 3] === words[at + 3] &&
      peer[k + 2] === words[at + 2] &&
      peer[k + 1] === words[at + 1] &&
      peer[k] === words[at]
    ) {
      this.#peerWeight[id]! += weight
    } else if (this.#peerWeight[id]! >= weight) this.#peerWeight[id]! -= weight
    else {
      this.#peerWeight[id] = weight - this.#peerWeight[id]!
      for (let i = 0; i < 4; i++) peer[k + i] = words[at + i]!
    }
  }

  addPort(id: number, port: number, weight: number): void {
    const left = this.#portWeight[id]!
    if (this.#port[id] === port) this.#portWeight[id] = left + weight
    else if (left >= weight) this.#portWeight[id] = left - weight
    else {
      this.#port[id] = port
      this.#portWeight[id] = weight - left
    }
  }

  /** Adds entry `from` of `other` to entry `id`, the peers with it; candidates are left as they are. */
  addEntry(id: number, other: VolumeTable, from: number): void {
    this.records[id]! += other.records[from]!
    this.single[id]! += other.single[from]!
    this.packets[id]! += other.packets[from]!
    this.octets[id]! += other.octets[from]!
    if (other.sampling[from]! > this.sampling[id]!) this.sampling[id] = other.sampling[from]!
    for (let slot = 0; slot < SLOTS; slot++) {
      if ((other.#slotMask[from]! & (1 << slot)) === 0) continue
      const at = from * SLOTS + slot
      this.#addSlot(id, this.#baseStep - slot, other.#slotPackets[at]!, other.#slotOctets[at]!)
    }
    if (this.#manyPeers[id] === 0) {
      this.#manyPeers[id] = 1
      this.#peers.fill(0, id * PEERS_M, (id + 1) * PEERS_M)
    }
    if (other.#manyPeers[from] === 1)
      hllMerge(this.#peers, id * PEERS_M, other.#peers, from * PEERS_M, PEERS_M)
    else hllAdd(this.#peers, id * PEERS_M, PEERS_M, other.#firstPeer[from]!)
  }

  /** Writes entry `id`; `readVolume` reads it. */
  write(id: number, writer: ByteWriter): void {
    writer.address(this.keys.words, id * 4)
    writer.varint(this.keys.tags[id]!)
    writer.varint(this.org[id]!)
    writer.varint(this.site[id]!)
    writer.varint(this.sampling[id]!)
    writer.varint(this.records[id]!)
    writer.varint(this.single[id]!)
    writer.varint(this.#slotMask[id]!)
    for (let slot = 0; slot < SLOTS; slot++) {
      if ((this.#slotMask[id]! & (1 << slot)) === 0) continue
      writer.varint(Math.round(this.#slotPackets[id * SLOTS + slot]!))
      writer.varint(Math.round(this.#slotOctets[id * SLOTS + slot]!))
    }
    this.#writePeers(id, writer)
    writer.varint(Math.round(this.#peerWeight[id]!))
    if (this.#peerWeight[id]! > 0) writer.address(this.#peer, id * 4)
    writer.varint(this.#port[id]!)
    writer.varint(Math.round(this.#portWeight[id]!))
  }

  #writePeers(id: number, writer: ByteWriter): void {
    if (this.#manyPeers[id] === 0) {
      SINGLE.fill(0)
      hllAdd(SINGLE, 0, PEERS_M, this.#firstPeer[id]!)
      writeRegisters(SINGLE, 0, writer)
    } else writeRegisters(this.#peers, id * PEERS_M, writer)
  }
}

const SINGLE = new Uint8Array(PEERS_M)

/** Registers as (index, rank) pairs while they are few, else all of them. */
export function writeRegisters(registers: Uint8Array, at: number, writer: ByteWriter): void {
  let used = 0
  for (let i = 0; i < PEERS_M; i++) if (registers[at + i] !== 0) used++
  if (used > PEERS_M / 2) {
    writer.u8(255)
    writer.raw(registers.subarray(at, at + PEERS_M))
    return
  }
  writer.u8(used)
  for (let i = 0; i < PEERS_M; i++) {
    if (registers[at + i] === 0) continue
    writer.u8(i)
    writer.u8(registers[at + i]!)
  }
}

export function readRegisters(reader: ByteReader, into: Uint8Array): void {
  into.fill(0)
  const used = reader.u8()
  if (used === 255) {
    into.set(reader.raw(PEERS_M))
    return
  }
  for (let n = 0; n < used; n++) {
    const register = reader.u8() % PEERS_M
    into[register] = reader.u8()
  }
}

/** One entry of a frame, read into fields that are used again for the next one. */
export class VolumeEntry {
  readonly address = new Uint32Array(4)
  tag = 0
  org = 0
  site = 0
  sampling = 1
  records = 0
  single = 0
  /** Bit s is set where slot s holds volume. */
  slotMask = 0
  readonly slotPackets = new Float64Array(SLOTS)
  readonly slotOctets = new Float64Array(SLOTS)
  readonly peers = new Uint8Array(PEERS_M)
  readonly peer = new Uint32Array(4)
  peerWeight = 0
  port = NO_PORT
  portWeight = 0

  read(reader: ByteReader): void {
    reader.address(this.address, 0)
    this.tag = reader.varint()
    this.org = reader.varint()
    this.site = reader.varint()
    this.sampling = reader.varint()
    this.records = reader.varint()
    this.single = reader.varint()
    this.slotMask = reader.varint()
    for (let slot = 0; slot < SLOTS; slot++) {
      const used = (this.slotMask & (1 << slot)) !== 0
      this.slotPackets[slot] = used ? reader.varint() : 0
      this.slotOctets[slot] = used ? reader.varint() : 0
    }
    readRegisters(reader, this.peers)
    this.peerWeight = reader.varint()
    if (this.peerWeight > 0) reader.address(this.peer, 0)
    this.port = reader.varint()
    this.portWeight = reader.varint()
  }
}
