import type { ByteReader, ByteWriter } from './bytes.js'
import { KeyTable } from './key_table.js'
import { hllAdd, hllMerge, hllRank, hllRegister } from './sketches/hyperloglog.js'

/** Width of a step of event time, ms. */
export const STEP_MS = 10_000
/** Steps that a frame may still add to: the newest one the frame may reach, and those before it (190 s). */
export const SLOTS = 20
/** Registers of the sketch of peers: 13 % standard error. */
export const PEERS_M = 64
/** An entry without a port candidate. */
export const NO_PORT = 65536

/** Numbers of an entry, and where each lies. The peer's address takes the room of two. */
const STRIDE = 16
const AT = {
  packets: 0,
  octets: 1,
  records: 2,
  single: 3,
  org: 4,
  site: 5,
  sampling: 6,
  slotMask: 7,
  firstPeer: 8,
  manyPeers: 9,
  peerWeight: 10,
  port: 11,
  portWeight: 12,
  peer: 14,
} as const

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
  /** The numbers of entry `id` from `id * STRIDE` on, at the places `AT` names: an entry lies in two lines of cache. */
  readonly #n: Float64Array
  /** The same memory, for the heaviest peer's address. */
  readonly #words: Uint32Array
  /** Packets and octets of each slot, side by side. */
  readonly #slots: Float64Array
  readonly #peers: Uint8Array
  readonly #peerWords: Uint32Array
  #baseStep = 0

  constructor(capacity: number) {
    this.keys = new KeyTable(capacity)
    this.#n = new Float64Array(capacity * STRIDE)
    this.#words = new Uint32Array(this.#n.buffer)
    this.#slots = new Float64Array(capacity * SLOTS * 2)
    this.#peers = new Uint8Array(capacity * PEERS_M)
    this.#peerWords = new Uint32Array(this.#peers.buffer)
  }

  get baseStep(): number {
    return this.#baseStep
  }

  packets(id: number): number {
    return this.#n[id * STRIDE + AT.packets]!
  }

  octets(id: number): number {
    return this.#n[id * STRIDE + AT.octets]!
  }

  org(id: number): number {
    return this.#n[id * STRIDE + AT.org]!
  }

  site(id: number): number {
    return this.#n[id * STRIDE + AT.site]!
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
      const k = id * STRIDE
      // A loop: `fill` costs more than it saves on so few.
      for (let i = k; i < k + STRIDE; i++) this.#n[i] = 0
      this.#n[k + AT.org] = org
      this.#n[k + AT.site] = site
      this.#n[k + AT.sampling] = 1
      this.#n[k + AT.port] = NO_PORT
    }
    return id
  }

  /** Counts a record; `single`: it is of one packet as exported. */
  addRecord(id: number, sampling: number, single: boolean): void {
    const k = id * STRIDE
    const n = this.#n
    n[k + AT.records]!++
    if (single) n[k + AT.single]!++
    if (sampling > n[k + AT.sampling]!) n[k + AT.sampling] = sampling
  }

  /** Adds a record's volume, spread over its time. */
  addVolume(id: number, packets: number, octets: number, startMs: number, endMs: number): void {
    const k = id * STRIDE
    this.#n[k + AT.packets]! += packets
    this.#n[k + AT.octets]! += octets
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
    const at = (id * SLOTS + slot) * 2
    const mask = this.#n[id * STRIDE + AT.slotMask]!
    const bit = 1 << slot
    if ((mask & bit) === 0) {
      this.#n[id * STRIDE + AT.slotMask] = mask | bit
      this.#slots[at] = packets
      this.#slots[at + 1] = octets
    } else {
      this.#slots[at]! += packets
      this.#slots[at + 1]! += octets
    }
  }

  /** Notes the other end of the record that was counted last: its address at word `at` of `words`. */
  addPeer(id: number, words: Uint32Array, at: number, hash: number, weight: number): void {
    const k = id * STRIDE
    const n = this.#n
    if (n[k + AT.records] === 1) n[k + AT.firstPeer] = hash
    else if (n[k + AT.manyPeers] === 1) hllAdd(this.#peers, id * PEERS_M, PEERS_M, hash)
    else if (hash !== n[k + AT.firstPeer]) {
      this.#manyPeers(id)
      hllAdd(this.#peers, id * PEERS_M, PEERS_M, n[k + AT.firstPeer]!)
      hllAdd(this.#peers, id * PEERS_M, PEERS_M, hash)
    }
    const peer = this.#words
    const w = (k + AT.peer) * 2
    const left = n[k + AT.peerWeight]!
    const same =
      peer[w + 3] === words[at + 3] &&
      peer[w + 2] === words[at + 2] &&
      peer[w + 1] === words[at + 1] &&
      peer[w] === words[at]
    if (same && left > 0) n[k + AT.peerWeight] = left + weight
    else if (left >= weight) n[k + AT.peerWeight] = left - weight
    else {
      n[k + AT.peerWeight] = weight - left
      for (let i = 0; i < 4; i++) peer[w + i] = words[at + i]!
    }
  }

  #manyPeers(id: number): void {
    this.#n[id * STRIDE + AT.manyPeers] = 1
    const words = PEERS_M / 4
    for (let i = id * words; i < (id + 1) * words; i++) this.#peerWords[i] = 0
  }

  addPort(id: number, port: number, weight: number): void {
    const k = id * STRIDE
    const n = this.#n
    const left = n[k + AT.portWeight]!
    if (n[k + AT.port] === port) n[k + AT.portWeight] = left + weight
    else if (left >= weight) n[k + AT.portWeight] = left - weight
    else {
      n[k + AT.port] = port
      n[k + AT.portWeight] = weight - left
    }
  }

  /** Adds entry `from` of `other` to entry `id`, the peers with it; candidates are left as they are. */
  addEntry(id: number, other: VolumeTable, from: number): void {
    const n = this.#n
    const theirs = other.#n
    const k = id * STRIDE
    const f = from * STRIDE
    n[k + AT.records]! += theirs[f + AT.records]!
    n[k + AT.single]! += theirs[f + AT.single]!
    n[k + AT.packets]! += theirs[f + AT.packets]!
    n[k + AT.octets]! += theirs[f + AT.octets]!
    n[k + AT.sampling] = Math.max(n[k + AT.sampling]!, theirs[f + AT.sampling]!)
    const mask = theirs[f + AT.slotMask]!
    for (let slot = 0; slot < SLOTS; slot++) {
      if ((mask & (1 << slot)) === 0) continue
      const at = (from * SLOTS + slot) * 2
      this.#addSlot(id, this.#baseStep - slot, other.#slots[at]!, other.#slots[at + 1]!)
    }
    if (n[k + AT.manyPeers] === 0) this.#manyPeers(id)
    if (theirs[f + AT.manyPeers] === 1)
      hllMerge(this.#peers, id * PEERS_M, other.#peers, from * PEERS_M, PEERS_M)
    else hllAdd(this.#peers, id * PEERS_M, PEERS_M, theirs[f + AT.firstPeer]!)
  }

  /** Writes the address, tag and volumes of entry `id`; `VolumeEntry.readHead` reads them. */
  writeHead(id: number, writer: ByteWriter): void {
    const mask = this.#n[id * STRIDE + AT.slotMask]!
    writer.address(this.keys.words, id * 4)
    writer.varint(this.keys.tags[id]!)
    writer.varint(mask)
    for (let slot = 0; slot < SLOTS; slot++) {
      if ((mask & (1 << slot)) === 0) continue
      const at = (id * SLOTS + slot) * 2
      writer.varint(Math.round(this.#slots[at]!))
      writer.varint(Math.round(this.#slots[at + 1]!))
    }
  }

  /** Writes all else of entry `id`; `VolumeEntry.readDetails` reads it. */
  writeDetails(id: number, writer: ByteWriter): void {
    const n = this.#n
    const k = id * STRIDE
    for (const at of [AT.org, AT.site, AT.sampling, AT.records, AT.single]) writer.varint(n[k + at]!)
    if (n[k + AT.manyPeers] === 0) {
      // One peer is one register.
      const hash = n[k + AT.firstPeer]!
      writer.u8(1)
      writer.u8(hllRegister(hash, PEERS_M))
      writer.u8(hllRank(hash, PEERS_M))
    } else writeRegisters(this.#peers, id * PEERS_M, writer)
    const weight = Math.round(n[k + AT.peerWeight]!)
    writer.varint(weight)
    if (weight > 0) writer.address(this.#words, (k + AT.peer) * 2)
    writer.varint(n[k + AT.port]!)
    writer.varint(Math.round(n[k + AT.portWeight]!))
  }
}

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

/** The registers that an entry has set, read to be merged: most entries have few of them. */
export class RegisterList {
  readonly #registers = new Uint8Array(PEERS_M)
  readonly #ranks = new Uint8Array(PEERS_M)
  #size = 0

  read(reader: ByteReader): void {
    this.#size = 0
    const used = reader.u8()
    if (used === 255) {
      const all = reader.raw(PEERS_M)
      for (let i = 0; i < PEERS_M; i++) if (all[i] !== 0) this.#add(i, all[i]!)
      return
    }
    for (let n = 0; n < used; n++) this.#add(reader.u8() % PEERS_M, reader.u8())
  }

  mergeInto(registers: Uint8Array): void {
    for (let n = 0; n < this.#size; n++) {
      const register = this.#registers[n]!
      if (this.#ranks[n]! > registers[register]!) registers[register] = this.#ranks[n]!
    }
  }

  #add(register: number, rank: number): void {
    this.#registers[this.#size] = register
    this.#ranks[this.#size++] = rank
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
  /** Bit s is set where slot s holds volume; the numbers of other slots are those of an entry before. */
  slotMask = 0
  readonly slotPackets = new Float64Array(SLOTS)
  readonly slotOctets = new Float64Array(SLOTS)
  readonly peers = new RegisterList()
  readonly peer = new Uint32Array(4)
  peerWeight = 0
  /** One word, so that it is a key as the peer's address is. */
  readonly port = new Uint32Array([NO_PORT])
  portWeight = 0

  readHead(reader: ByteReader): void {
    reader.address(this.address, 0)
    this.tag = reader.varint()
    this.slotMask = reader.varint() & ((1 << SLOTS) - 1)
    for (let mask = this.slotMask; mask !== 0; mask &= mask - 1) {
      const slot = 31 - Math.clz32(mask & -mask)
      this.slotPackets[slot] = reader.varint()
      this.slotOctets[slot] = reader.varint()
    }
  }

  readDetails(reader: ByteReader): void {
    this.org = reader.varint()
    this.site = reader.varint()
    this.sampling = reader.varint()
    this.records = reader.varint()
    this.single = reader.varint()
    this.peers.read(reader)
    this.peerWeight = reader.varint()
    if (this.peerWeight > 0) reader.address(this.peer, 0)
    this.port[0] = reader.varint()
    this.portWeight = reader.varint()
  }
}
