import { LINK_ETHERNET } from './link_layer.js'

/** A datagram to be written: addresses of 16 bytes, IPv4 as ::ffff:a.b.c.d. */
export interface DatagramToWrite {
  readonly source: Uint8Array
  readonly sourcePort: number
  readonly destination: Uint8Array
  readonly destinationPort: number
  /** µs since 1970. */
  readonly timeUs: number
  readonly payload: Uint8Array
}

const ETHERNET_BYTES = 14
const IPV4_BYTES = 20
const IPV6_BYTES = 40
const UDP_BYTES = 8
const PROTOCOL_UDP = 17
const TTL = 64

/** Begins a pcap file: little-endian, µs, Ethernet. */
export function pcapHeader(): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(262_144, 16)
  header.writeUInt32LE(LINK_ETHERNET, 20)
  return header
}

/** A packet of a pcap file around `frame`, which starts at the Ethernet header. */
export function pcapPacket(timeUs: number, frame: Uint8Array): Buffer {
  const packet = Buffer.alloc(16 + frame.length)
  packet.writeUInt32LE(Math.floor(timeUs / 1_000_000), 0)
  packet.writeUInt32LE(timeUs % 1_000_000, 4)
  packet.writeUInt32LE(frame.length, 8)
  packet.writeUInt32LE(frame.length, 12)
  packet.set(frame, 16)
  return packet
}

const isIpv4 = (address: Uint8Array): boolean =>
  address[10] === 0xff && address[11] === 0xff && address.subarray(0, 10).every((byte) => byte === 0)

/** The Internet checksum (RFC 1071) of `bytes`, which follow on `sum`. */
function checksum(bytes: Buffer, sum = 0): number {
  let total = sum
  for (let at = 0; at + 1 < bytes.length; at += 2) total += bytes.readUInt16BE(at)
  if (bytes.length % 2 === 1) total += bytes[bytes.length - 1]! << 8
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 65536)
  return ~total & 0xffff
}

function writeUdp(frame: Buffer, at: number, addresses: Buffer, datagram: DatagramToWrite): void {
  const udp = frame.subarray(at)
  udp.writeUInt16BE(datagram.sourcePort, 0)
  udp.writeUInt16BE(datagram.destinationPort, 2)
  udp.writeUInt16BE(udp.length, 4)
  udp.set(datagram.payload, UDP_BYTES)
  const pseudoHeader = ~checksum(addresses, PROTOCOL_UDP + udp.length) & 0xffff
  // Zero means no checksum: RFC 768 sends all ones in its place.
  udp.writeUInt16BE(checksum(udp, pseudoHeader) || 0xffff, 6)
}

/**
 * An Ethernet frame with the datagram in IPv4 when both addresses are, else in IPv6. Payload at most 65,507
 * bytes.
 */
export function ethernetFrame(datagram: DatagramToWrite): Buffer {
  const { source, destination, payload } = datagram
  const v4 = isIpv4(source) && isIpv4(destination)
  const ipBytes = v4 ? IPV4_BYTES : IPV6_BYTES
  const frame = Buffer.alloc(ETHERNET_BYTES + ipBytes + UDP_BYTES + payload.length)
  // Locally administered MAC addresses.
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1])
  frame.writeUInt16BE(v4 ? 0x0800 : 0x86dd, 12)
  const ip = frame.subarray(ETHERNET_BYTES, ETHERNET_BYTES + ipBytes)
  const addressBytes = v4 ? 4 : 16
  ip.set(source.subarray(-addressBytes), ipBytes - 2 * addressBytes)
  ip.set(destination.subarray(-addressBytes), ipBytes - addressBytes)
  if (v4) {
    ip[0] = 0x45
    ip.writeUInt16BE(frame.length - ETHERNET_BYTES, 2)
    ip[8] = TTL
    ip[9] = PROTOCOL_UDP
    ip.writeUInt16BE(checksum(ip), 10)
  } else {
    ip[0] = 0x60
    ip.writeUInt16BE(UDP_BYTES + payload.length, 4)
    ip[6] = PROTOCOL_UDP
    ip[7] = TTL
  }
  writeUdp(frame, ETHERNET_BYTES + ipBytes, ip.subarray(ipBytes - 2 * addressBytes), datagram)
  return frame
}

/** A whole pcap file of these datagrams. */
export function pcapOf(datagrams: Iterable<DatagramToWrite>): Buffer {
  const parts = [pcapHeader()]
  for (const datagram of datagrams) parts.push(pcapPacket(datagram.timeUs, ethernetFrame(datagram)))
  return Buffer.concat(parts)
}
