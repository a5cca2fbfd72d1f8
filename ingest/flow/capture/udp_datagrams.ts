import { IpFragments } from './ip_fragments.js'

/** A UDP datagram as it was sent, with where it came from. */
export interface UdpDatagram {
  /** Source and destination, 16 bytes, IPv4 as ::ffff:a.b.c.d. */
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly sourcePort: number
  readonly destinationPort: number
  readonly payload: Buffer
}

const PROTOCOL_UDP = 17
const EXTENSION_FRAGMENT = 44
const EXTENSION_AUTHENTICATION = 51
/**
 * Hop-by-hop, routing, destination options, mobility, HIP, shim6: all have their length in the second byte.
 */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60, 135, 139, 140, EXTENSION_AUTHENTICATION])
const EXTENSIONS_MAX = 16

const V4_PREFIX = Buffer.from('00000000000000000000ffff', 'hex')

/** Takes UDP datagrams out of IP packets, whole ones and fragments. */
export class UdpDatagrams {
  readonly fragments = new IpFragments()

  /** The datagram that ends with this packet, which starts at the IP header; undefined when there is none. */
  of(packet: Buffer, timeUs: number): UdpDatagram | undefined {
    const version = packet.length === 0 ? 0 : packet[0]! >> 4
    if (version === 4 && packet.length >= 20) return this.#ofIpv4(packet, timeUs)
    if (version === 6 && packet.length >= 40) return this.#ofIpv6(packet, timeUs)
    return undefined
  }

  #ofIpv4(packet: Buffer, timeUs: number): UdpDatagram | undefined {
    const headerBytes = (packet[0]! & 15) * 4
    // Zero where the network card cut the packet (segmentation offload).
    const total = packet.readUInt16BE(2) || packet.length
    if (headerBytes < 20 || total < headerBytes || packet[9] !== PROTOCOL_UDP) return undefined
    const source = Buffer.concat([V4_PREFIX, packet.subarray(12, 16)])
    const destination = Buffer.concat([V4_PREFIX, packet.subarray(16, 20)])
    const bytes = packet.subarray(headerBytes, total)
    const field = packet.readUInt16BE(6)
    const more = (field & 0x2000) !== 0
    const offset = (field & 0x1fff) * 8
    if (!more && offset === 0) return udpOf(source, destination, bytes)
    const key = packet.toString('latin1', 12, 20) + packet.toString('latin1', 4, 6)
    const whole = this.fragments.add({ key, offset, bytes, more, timeUs })
    return whole && udpOf(source, destination, whole)
  }

  #ofIpv6(packet: Buffer, timeUs: number): UdpDatagram | undefined {
    const end = Math.min(packet.length, 40 + (packet.readUInt16BE(4) || packet.length))
    let next = packet[6]!
    let at = 40
    for (let count = 0; count < EXTENSIONS_MAX; count++) {
      if (next === PROTOCOL_UDP) {
        return udpOf(packet.subarray(8, 24), packet.subarray(24, 40), packet.subarray(at, end))
      }
      if (at + 8 > end) return undefined
      const units = packet[at + 1]!
      let length = (units + 1) * 8
      if (next === EXTENSION_FRAGMENT) {
        // Offset and flag of zero: an atomic fragment (RFC 6946), which is the whole datagram.
        if ((packet.readUInt16BE(at + 2) & 0xfff9) !== 0) return this.#ofIpv6Fragment(packet, at, end, timeUs)
        length = 8
      } else if (next === EXTENSION_AUTHENTICATION) length = (units + 2) * 4
      else if (!EXTENSIONS.has(next)) return undefined
      next = packet[at]!
      at += length
    }
    return undefined
  }

  #ofIpv6Fragment(packet: Buffer, at: number, end: number, timeUs: number): UdpDatagram | undefined {
    // Exporters send UDP alone in the fragmentable part: each fragment's next header says so.
    if (packet[at] !== PROTOCOL_UDP) return undefined
    const field = packet.readUInt16BE(at + 2)
    const whole = this.fragments.add({
      key: packet.toString('latin1', 8, 40) + packet.toString('latin1', at + 4, at + 8),
      offset: field & 0xfff8,
      bytes: packet.subarray(at + 8, end),
      more: (field & 1) === 1,
      timeUs,
    })
    return whole && udpOf(packet.subarray(8, 24), packet.subarray(24, 40), whole)
  }
}

/** UDP (RFC 768). A capture may hold less than was sent: then the payload is what there is. */
function udpOf(source: Uint8Array, destination: Uint8Array, bytes: Buffer): UdpDatagram | undefined {
  if (bytes.length < 8) return undefined
  const length = bytes.readUInt16BE(4)
  const payload = bytes.subarray(8, length >= 8 ? length : bytes.length)
  return {
    source,
    destination,
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    payload,
  }
}
