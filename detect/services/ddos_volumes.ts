import { V4_MAPPED_WORD } from '../../model/flow_block.js'
import { LOCALITIES } from '../../model/flow_columns.js'
import { ByteWriter } from '../bytes.js'
import { type FlowView, KIND } from '../flow_view.js'
import { hashAddress, hashWith, mix } from '../hash.js'
import type { FrameSpan, PartialCollector } from '../service.js'
import { CountMin } from '../sketches/count_min.js'
import { hllAdd } from '../sketches/hyperloglog.js'
import { PEERS_M, VolumeTable, writeRegisters } from '../volume_table.js'
import type { DdosParameters } from './ddos.js'

/** What a record is made of, as far as floods differ. Reflection vectors follow from `REFLECTION` on, one a source port. */
export const VECTOR = { tcp: 0, syn: 1, udp: 2, quic: 3, icmp: 4, other: 5, reflection: 8 } as const

/**
 * Source ports of services that answer much to little, by which reflected traffic is known, with the bandwidth factor
 * where CISA gives one (alert TA14-017A). 0 stands for the later fragments of large answers.
 */
export const REFLECTORS: readonly { readonly port: number; readonly name: string }[] = [
  { port: 0, name: 'fragments' },
  { port: 53, name: 'DNS' },
  { port: 123, name: 'NTP' },
  { port: 161, name: 'SNMP' },
  { port: 137, name: 'NetBIOS' },
  { port: 1900, name: 'SSDP' },
  { port: 19, name: 'CharGEN' },
  { port: 17, name: 'QOTD' },
  { port: 389, name: 'CLDAP' },
  { port: 11211, name: 'memcached' },
  { port: 520, name: 'RIPv1' },
  { port: 111, name: 'portmap' },
  { port: 69, name: 'TFTP' },
  { port: 5353, name: 'mDNS' },
  { port: 27960, name: 'Quake' },
  { port: 27015, name: 'Steam' },
  { port: 3702, name: 'WS-Discovery' },
  { port: 10001, name: 'Ubiquiti' },
  { port: 3283, name: 'ARD' },
  { port: 37810, name: 'DVR' },
  { port: 10074, name: 'Mitel' },
  { port: 427, name: 'SLP' },
]

export const DIRECTION = { inbound: 0, outbound: 1, internal: 2 } as const
/** Width of the subject: a host, its /24 or /64, its /20 or /48, its site. */
export const LEVEL = { host: 0, narrow: 1, wide: 2, site: 3 } as const

export const tagOf = (vector: number, direction: number, level: number): number =>
  vector + 64 * direction + 256 * level
export const vectorOf = (tag: number): number => tag & 63
export const directionOf = (tag: number): number => (tag >> 6) & 3
export const levelOf = (tag: number): number => tag >> 8

const HOSTS = 8192
const PREFIXES = 2048
const CELLS = 1024
/**
 * Details are kept of a key from the moment on at which a sketch shows that it has got 1/128 s worth of its floor in the
 * frame (of SYN: two packets), or its /24 or /64 has: most keys of a frame never do. So a key is told too low by at most
 * that much a frame: 3 % of the floor with four frames a second, 28 % with thirty-six.
 */
const HELD_FROM_S = 1 / 128
const HOST_CELLS = 65_536
const PREFIX_CELLS = 16_384
/** Fewer packets than this of a vector in a frame are not written: no flood is that thin (of SYN: two). */
const LEAST_PACKETS = 4

/** Floors of a vector, a second. A frame's entry is written when it reaches a quarter of one of them. */
interface Floor {
  readonly packets: number
  readonly octets: number
}

export function floorOf(p: DdosParameters, vector: number): Floor {
  const octets = p.bits_per_s / 8
  if (vector === VECTOR.syn) return { packets: p.syn_per_s, octets }
  if (vector === VECTOR.icmp) return { packets: p.icmp_packets_per_s, octets: octets / 10 }
  if (vector >= VECTOR.reflection) return { packets: p.packets_per_s, octets: p.reflection_bits_per_s / 8 }
  return { packets: p.packets_per_s, octets }
}

/**
 * Adds up volumes by the address under load: the destination, or the source of what leaves the network. Prefixes are
 * rolled up from hosts when the frame ends, and only where a cheap sketch says that enough came together.
 */
export class DdosCollector implements PartialCollector {
  readonly #p: DdosParameters
  readonly #hosts = new VolumeTable(HOSTS)
  readonly #prefixes = new VolumeTable(PREFIXES)
  readonly #prefixHosts = new Uint8Array(PREFIXES * PEERS_M)
  readonly #prefixLargest = new Float64Array(PREFIXES)
  readonly #cells = new Float64Array(CELLS)
  readonly #hostCells = new Float32Array(HOST_CELLS)
  readonly #prefixCells = new Float32Array(PREFIX_CELLS)
  /** Records of connections that came about, by destination. */
  readonly #connections = new CountMin(16_384, 2)
  /** By vector: seconds of floor that a packet and an octet are worth, and seconds from which details are kept. */
  readonly #packetWorth = new Float64Array(64)
  readonly #octetWorth = new Float64Array(64)
  readonly #heldFrom = new Float64Array(64)
  readonly #reflector = new Uint8Array(65536)
  readonly #key = new Uint32Array(4)
  readonly #details = new ByteWriter(4096)

  constructor(parameters: DdosParameters) {
    this.#p = parameters
    REFLECTORS.forEach(({ port }, i) => {
      this.#reflector[port] = VECTOR.reflection + i
    })
    for (let vector = 0; vector < 64; vector++) {
      const floor = floorOf(parameters, vector)
      this.#packetWorth[vector] = 1 / floor.packets
      this.#octetWorth[vector] = 1 / floor.octets
      this.#heldFrom[vector] = vector === VECTOR.syn ? 1.5 / floor.packets : HELD_FROM_S
    }
  }

  observe(view: FlowView): void {
    const { rows, kind, reach, dstHash } = view
    if (rows > 0) this.#hosts.begin(view.receivedMs[0]!)
    for (let row = 0; row < rows; row++) {
      if (kind[row] === KIND.skip) continue
      const vector = this.#vector(view, row)
      const out = reach[row] === LOCALITIES.outbound
      if (vector === VECTOR.tcp || vector === VECTOR.quic) {
        // Answers of our servers and ordinary uploads leave over TCP and QUIC: nothing can be told of them here.
        if (out) continue
        if (vector === VECTOR.tcp) this.#connections.add(dstHash[row]!, 1)
      }
      if (this.#isHeld(view, row, vector, out)) this.#hold(view, row, vector, out)
    }
  }

  /** Adds the record to the sketches; whether its key is to be kept in detail. */
  #isHeld(view: FlowView, row: number, vector: number, out: boolean): boolean {
    const byPackets = view.packets[row]! * this.#packetWorth[vector]!
    const byOctets = view.octets[row]! * this.#octetWorth[vector]!
    const worth = Math.max(byPackets, byOctets)
    const heldFrom = this.#heldFrom[vector]!
    const hash = out ? view.srcHash[row]! : view.dstHash[row]!
    const cell = (hash ^ Math.imul(vector + (out ? 64 : 0), 0x9e3779b1)) & (HOST_CELLS - 1)
    const sum = this.#hostCells[cell]! + worth
    this.#hostCells[cell] = sum
    if (sum >= heldFrom) return true
    if (out || vector === VECTOR.tcp || vector === VECTOR.quic) return false
    const at = row * 4
    const { dst } = view
    const v4 = dst[at + 2] === V4_MAPPED_WORD && dst[at] === 0 && dst[at + 1] === 0
    const prefix =
      (v4 ? mix(dst[at + 3]! & 0x00ffffff) : mix(dst[at]! ^ mix(dst[at + 1]!))) & (PREFIX_CELLS - 1)
    const together = this.#prefixCells[prefix]! + worth
    this.#prefixCells[prefix] = together
    return together >= 2 * HELD_FROM_S
  }

  #hold(view: FlowView, row: number, vector: number, out: boolean): void {
    const { src, dst, srcHash, dstHash } = view
    const table = this.#hosts
    const at = row * 4
    const internal = view.reach[row] === LOCALITIES.internal
    const direction = out ? DIRECTION.outbound : internal ? DIRECTION.internal : DIRECTION.inbound
    const tag = tagOf(vector, direction, LEVEL.host)
    const id = out
      ? table.entry(src, at, tag, srcHash[row]!, view.srcOrg[row]!, view.srcSite[row]!)
      : table.entry(dst, at, tag, dstHash[row]!, view.dstOrg[row]!, view.dstSite[row]!)
    if (id < 0) return
    const weight = view.packets[row]!
    const rate = view.sampling[row]!
    table.addRecord(id, rate, weight <= rate || weight === 1)
    table.addVolume(id, weight, view.octets[row]!, view.startMs[row]!, view.endMs[row]!)
    if (out) table.addPeer(id, dst, at, dstHash[row]!, weight)
    else table.addPeer(id, src, at, srcHash[row]!, weight)
    table.addPort(id, view.dstPort[row]!, weight)
  }

  #vector(view: FlowView, row: number): number {
    switch (view.kind[row]) {
      case KIND.tcpFailed:
        return VECTOR.syn
      case KIND.tcp:
        return VECTOR.tcp
      case KIND.icmp:
        return VECTOR.icmp
      case KIND.other:
        return VECTOR.other
      default: {
        const reflected = this.#reflector[view.srcPort[row]!]!
        if (reflected !== 0) return reflected
        // QUIC: answers to our clients, and their uploads; what comes to port 443 from outside may be a flood.
        const uploads = view.dstPort[row] === 443 && view.reach[row] === LOCALITIES.outbound
        return view.srcPort[row] === 443 || uploads ? VECTOR.quic : VECTOR.udp
      }
    }
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    const hosts = this.#hosts
    const details = this.#details
    const seconds = frame.spanMs / 1000
    this.#rollUp(seconds)
    writer.varint(hosts.keys.overflow + this.#prefixes.keys.overflow)
    writer.varint(hosts.baseStep)
    for (let id = 0; id < hosts.keys.size; id++) {
      const vector = vectorOf(hosts.keys.tags[id]!)
      const floor = floorOf(this.#p, vector)
      if (!reaches(hosts, id, floor, seconds / 4)) continue
      writer.u8(1)
      hosts.writeHead(id, writer)
      hosts.writeDetails(id, details)
      details.varint(
        vector === VECTOR.syn ? this.#connections.count(hashAddress(hosts.keys.words, id * 4)) : 0,
      )
      writer.section(details)
    }
    this.#writePrefixes(writer, seconds)
    writer.u8(0)
    hosts.clear()
    this.#prefixes.clear()
    this.#hostCells.fill(0)
    this.#prefixCells.fill(0)
    this.#connections.clear()
  }

  /** Adds hosts up to prefixes and sites, where a cell of the sketch shows that a quarter of the floor may be reached. */
  #rollUp(seconds: number): void {
    const hosts = this.#hosts
    const { keys } = hosts
    const cells = this.#cells.fill(0)
    for (let id = 0; id < keys.size; id++) {
      const vector = vectorOf(keys.tags[id]!)
      if (!bombs(keys.tags[id]!, vector)) continue
      const floor = floorOf(this.#p, vector)
      this.#mask(id, LEVEL.wide)
      const cell = hashAddress(this.#key, 0) & (CELLS - 1)
      cells[cell]! += Math.max(hosts.packets(id) / floor.packets, hosts.octets(id) / floor.octets)
    }
    this.#prefixes.begin((this.#hosts.baseStep - 1) * 10_000)
    for (let id = 0; id < keys.size; id++) {
      const vector = vectorOf(keys.tags[id]!)
      if (!bombs(keys.tags[id]!, vector)) continue
      this.#mask(id, LEVEL.wide)
      if (cells[hashAddress(this.#key, 0) & (CELLS - 1)]! < seconds / 4) continue
      this.#addTo(LEVEL.narrow, id)
      this.#addTo(LEVEL.wide, id)
      if (hosts.site(id) !== 0) this.#addTo(LEVEL.site, id)
    }
  }

  /** Puts the prefix, or site, of host `id` into `#key`. */
  #mask(id: number, level: number): void {
    const { words } = this.#hosts.keys
    const k = id * 4
    const key = this.#key
    if (level === LEVEL.site) {
      key.fill(0)
      key[3] = this.#hosts.site(id)
    } else if (words[k] === 0 && words[k + 1] === 0 && words[k + 2] === 0xffff0000) {
      key[0] = 0
      key[1] = 0
      key[2] = 0xffff0000
      // The third byte of the address is the third of the little-endian word: /20 keeps its upper half.
      key[3] = words[k + 3]! & (level === LEVEL.narrow ? 0x00ffffff : 0x00f0ffff)
    } else {
      key[0] = words[k]!
      key[1] = level === LEVEL.narrow ? words[k + 1]! : words[k + 1]! & 0x0000ffff
      key[2] = 0
      key[3] = 0
    }
  }

  #addTo(level: number, host: number): void {
    const hosts = this.#hosts
    const prefixes = this.#prefixes
    const tag = hosts.keys.tags[host]!
    // Reflected and plain UDP fall on a prefix together.
    const vector = vectorOf(tag) >= VECTOR.reflection ? VECTOR.udp : vectorOf(tag)
    this.#mask(host, level)
    const key = this.#key
    const before = prefixes.keys.size
    const id = prefixes.entry(
      key,
      0,
      tagOf(vector, directionOf(tag), level),
      hashWith(hashAddress(key, 0), level),
      hosts.org(host),
      hosts.site(host),
    )
    if (id < 0) return
    if (id === before) {
      this.#prefixHosts.fill(0, id * PEERS_M, (id + 1) * PEERS_M)
      this.#prefixLargest[id] = 0
    }
    prefixes.addEntry(id, hosts, host)
    hllAdd(this.#prefixHosts, id * PEERS_M, PEERS_M, hashAddress(hosts.keys.words, host * 4))
    this.#prefixLargest[id] = Math.max(this.#prefixLargest[id]!, hosts.packets(host))
  }

  #writePrefixes(writer: ByteWriter, seconds: number): void {
    const prefixes = this.#prefixes
    const details = this.#details
    for (let id = 0; id < prefixes.keys.size; id++) {
      const floor = floorOf(this.#p, vectorOf(prefixes.keys.tags[id]!))
      if (!reaches(prefixes, id, floor, seconds / 4)) continue
      writer.u8(2)
      prefixes.writeHead(id, writer)
      prefixes.writeDetails(id, details)
      writeRegisters(this.#prefixHosts, id * PEERS_M, details)
      details.varint(Math.round(this.#prefixLargest[id]!))
      writer.section(details)
    }
  }
}

/** Carpet bombing is looked for in what needs no answer and comes to us. */
function bombs(tag: number, vector: number): boolean {
  return vector !== VECTOR.tcp && vector !== VECTOR.quic && directionOf(tag) !== DIRECTION.outbound
}

function reaches(table: VolumeTable, id: number, floor: Floor, seconds: number): boolean {
  const packets = table.packets(id)
  const least = vectorOf(table.keys.tags[id]!) === VECTOR.syn ? 2 : LEAST_PACKETS
  return (
    packets >= least && (packets >= floor.packets * seconds || table.octets(id) >= floor.octets * seconds)
  )
}
