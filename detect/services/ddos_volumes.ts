import { LOCALITIES } from '../../model/flow_columns.js'
import type { ByteWriter } from '../bytes.js'
import { type FlowView, KIND } from '../flow_view.js'
import { hashAddress, hashWith } from '../hash.js'
import type { FrameSpan, PartialCollector } from '../service.js'
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

const HOSTS = 16384
const PREFIXES = 2048
const CELLS = 1024
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
  readonly #reflector = new Uint8Array(65536)
  readonly #key = new Uint32Array(4)

  constructor(parameters: DdosParameters) {
    this.#p = parameters
    REFLECTORS.forEach(({ port }, i) => {
      this.#reflector[port] = VECTOR.reflection + i
    })
  }

  observe(view: FlowView): void {
    const { rows, kind, reach, src, dst, srcHash, dstHash, packets, octets } = view
    const table = this.#hosts
    if (rows > 0) table.begin(view.receivedMs[0]!)
    for (let row = 0; row < rows; row++) {
      if (kind[row] === KIND.skip) continue
      const vector = this.#vector(view, row)
      const out = reach[row] === LOCALITIES.outbound
      // Answers of our servers and ordinary uploads leave over TCP and QUIC: nothing can be told of them here.
      if (out && (vector === VECTOR.tcp || vector === VECTOR.quic)) continue
      const at = row * 4
      const direction = out
        ? DIRECTION.outbound
        : reach[row] === LOCALITIES.internal
          ? DIRECTION.internal
          : DIRECTION.inbound
      const id = out
        ? table.entry(
            src,
            at,
            tagOf(vector, direction, LEVEL.host),
            srcHash[row]!,
            view.srcOrg[row]!,
            view.srcSite[row]!,
          )
        : table.entry(
            dst,
            at,
            tagOf(vector, direction, LEVEL.host),
            dstHash[row]!,
            view.dstOrg[row]!,
            view.dstSite[row]!,
          )
      if (id < 0) continue
      const weight = packets[row]!
      table.records[id]!++
      const rate = view.sampling[row]!
      if (rate > table.sampling[id]!) table.sampling[id] = rate
      if (weight <= rate || weight === 1) table.single[id]!++
      table.addVolume(id, weight, octets[row]!, view.startMs[row]!, view.endMs[row]!)
      if (out) table.addPeer(id, dst, at, dstHash[row]!, weight)
      else table.addPeer(id, src, at, srcHash[row]!, weight)
      table.addPort(id, view.dstPort[row]!, weight)
    }
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
        return view.srcPort[row] === 443 || view.dstPort[row] === 443 ? VECTOR.quic : VECTOR.udp
      }
    }
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    const hosts = this.#hosts
    const seconds = frame.spanMs / 1000
    this.#rollUp(seconds)
    writer.varint(hosts.keys.overflow + this.#prefixes.keys.overflow)
    writer.varint(hosts.baseStep)
    for (let id = 0; id < hosts.keys.size; id++) {
      const vector = vectorOf(hosts.keys.tags[id]!)
      const floor = floorOf(this.#p, vector)
      if (!reaches(hosts, id, floor, seconds / 4)) continue
      writer.u8(1)
      hosts.write(id, writer)
      writer.varint(vector === VECTOR.syn ? this.#connections(id) : 0)
    }
    this.#writePrefixes(writer, seconds)
    writer.u8(0)
    hosts.clear()
    this.#prefixes.clear()
  }

  /** Records of connections that came about with the host that entry `id` (of SYN) is about. */
  #connections(id: number): number {
    const { keys, records } = this.#hosts
    const tag = tagOf(VECTOR.tcp, directionOf(keys.tags[id]!), LEVEL.host)
    const tcp = keys.find(keys.words, id * 4, tag, hashAddress(keys.words, id * 4))
    return tcp < 0 ? 0 : records[tcp]!
  }

  /** Adds hosts up to prefixes and sites, where a cell of the sketch shows that a quarter of the floor may be reached. */
  #rollUp(seconds: number): void {
    const { keys, packets, octets, site } = this.#hosts
    const cells = this.#cells.fill(0)
    for (let id = 0; id < keys.size; id++) {
      const vector = vectorOf(keys.tags[id]!)
      if (!bombs(keys.tags[id]!, vector)) continue
      const floor = floorOf(this.#p, vector)
      this.#mask(id, LEVEL.wide)
      const cell = hashAddress(this.#key, 0) & (CELLS - 1)
      cells[cell]! += Math.max(packets[id]! / floor.packets, octets[id]! / floor.octets)
    }
    this.#prefixes.begin((this.#hosts.baseStep - 1) * 10_000)
    for (let id = 0; id < keys.size; id++) {
      const vector = vectorOf(keys.tags[id]!)
      if (!bombs(keys.tags[id]!, vector)) continue
      this.#mask(id, LEVEL.wide)
      if (cells[hashAddress(this.#key, 0) & (CELLS - 1)]! < seconds / 4) continue
      this.#addTo(LEVEL.narrow, id)
      this.#addTo(LEVEL.wide, id)
      if (site[id] !== 0) this.#addTo(LEVEL.site, id)
    }
  }

  /** Puts the prefix, or site, of host `id` into `#key`. */
  #mask(id: number, level: number): void {
    const { words } = this.#hosts.keys
    const k = id * 4
    const key = this.#key
    if (level === LEVEL.site) {
      key.fill(0)
      key[3] = this.#hosts.site[id]!
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
      hosts.org[host]!,
      hosts.site[host]!,
    )
    if (id < 0) return
    if (id === before) {
      this.#prefixHosts.fill(0, id * PEERS_M, (id + 1) * PEERS_M)
      this.#prefixLargest[id] = 0
    }
    prefixes.addEntry(id, hosts, host)
    hllAdd(this.#prefixHosts, id * PEERS_M, PEERS_M, hashAddress(hosts.keys.words, host * 4))
    if (hosts.packets[host]! > this.#prefixLargest[id]!) this.#prefixLargest[id] = hosts.packets[host]!
  }

  #writePrefixes(writer: ByteWriter, seconds: number): void {
    const prefixes = this.#prefixes
    for (let id = 0; id < prefixes.keys.size; id++) {
      const floor = floorOf(this.#p, vectorOf(prefixes.keys.tags[id]!))
      if (!reaches(prefixes, id, floor, seconds / 4)) continue
      writer.u8(2)
      prefixes.write(id, writer)
      writeRegisters(this.#prefixHosts, id * PEERS_M, writer)
      writer.varint(Math.round(this.#prefixLargest[id]!))
    }
  }
}

/** Carpet bombing is looked for in what needs no answer and comes to us. */
function bombs(tag: number, vector: number): boolean {
  return vector !== VECTOR.tcp && vector !== VECTOR.quic && directionOf(tag) !== DIRECTION.outbound
}

function reaches(table: VolumeTable, id: number, floor: Floor, seconds: number): boolean {
  const packets = table.packets[id]!
  const least = vectorOf(table.keys.tags[id]!) === VECTOR.syn ? 2 : LEAST_PACKETS
  return (
    packets >= least && (packets >= floor.packets * seconds || table.octets[id]! >= floor.octets * seconds)
  )
}
