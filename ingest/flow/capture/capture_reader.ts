import { closeSync, fstatSync, openSync } from 'node:fs'
import { ByteWindow } from './byte_window.js'
import type { CapturedPacket } from './captured_packet.js'
import { ipOffset } from './link_layer.js'
import { isPcap, pcapPackets } from './pcap_file.js'
import { PCAPNG_MAGIC, pcapngPackets } from './pcapng_file.js'
import { exportTimeUs, rawDatagrams } from './raw_file.js'
import { TcpMessages } from './tcp_messages.js'
import { type UdpDatagram, UdpDatagrams } from './udp_datagrams.js'

/** A datagram of a capture; its bytes stay valid and are never written again. */
export interface CapturedDatagram {
  /** Source address, 16 bytes, IPv4 as ::ffff:a.b.c.d; 127.0.0.1 for a raw file. */
  readonly exporter: Uint8Array
  /** 0 for a raw file. */
  readonly exporterPort: number
  /** 0 for a raw file. */
  readonly destinationPort: number
  /** When it was captured, µs since 1970. Raw files: the datagram's export time, else the file's date. */
  readonly receivedUs: number
  readonly datagram: Uint8Array
  /** The exporter's port where it is a message of a TCP connection, whose templates are its own; else 0. */
  readonly session: number
}

/** What was met in a capture. */
export interface CaptureCounts {
  /** Packets of any kind. */
  packets: number
  /** Datagrams handed out. */
  datagrams: number
  /** Packets that end no UDP datagram and no IPFIX message of a TCP connection, or whose link type we do not read. */
  otherPackets: number
  /** Packets that are fragments of a datagram. */
  fragments: number
  /** Datagrams given up for want of a fragment, or at the bound of the reassembly. */
  incompleteDatagrams: number
}

const LOOPBACK = Buffer.from('00000000000000000000ffff7f000001', 'hex')

/**
 * Reads the UDP datagrams, and the IPFIX messages of TCP connections, of a pcap or pcapng file (which of the two is seen
 * from its first bytes), or of a file of raw datagrams, in order and in bounded memory. For one pass.
 */
export class CaptureReader {
  readonly counts: CaptureCounts = {
    packets: 0,
    datagrams: 0,
    otherPackets: 0,
    fragments: 0,
    incompleteDatagrams: 0,
  }
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /**
   * Throws `CaptureError` after the last datagram that could be read, and what `openSync` throws before the
   * first.
   */
  *datagrams(): Generator<CapturedDatagram> {
    const fd = openSync(this.#path, 'r')
    try {
      const window = new ByteWindow(fd)
      const magic = window.has(4) ? window.peek(4).readUInt32BE(0) : 0
      if (isPcap(magic)) yield* this.#ofPackets(pcapPackets(window))
      else if (magic === PCAPNG_MAGIC) yield* this.#ofPackets(pcapngPackets(window))
      else yield* this.#ofRaw(rawDatagrams(window), Math.floor(fstatSync(fd).mtimeMs * 1000))
    } finally {
      closeSync(fd)
    }
  }

  *#ofPackets(packets: Iterable<CapturedPacket>): Generator<CapturedDatagram> {
    const { counts } = this
    const udp = new UdpDatagrams()
    const tcp = new TcpMessages()
    try {
      for (const { linkType, timeUs, bytes } of packets) {
        counts.packets++
        const offset = ipOffset(linkType, bytes)
        const found = offset < 0 ? [] : foundIn(bytes.subarray(offset), timeUs, udp, tcp)
        for (const datagram of found) {
          counts.datagrams++
          yield captured(datagram, timeUs)
        }
        if (found.length === 0 && udp.fragments.taken === counts.fragments) counts.otherPackets++
        counts.fragments = udp.fragments.taken
      }
    } finally {
      counts.incompleteDatagrams = udp.fragments.givenUp + udp.fragments.waiting
    }
  }

  *#ofRaw(datagrams: Iterable<Buffer>, fileUs: number): Generator<CapturedDatagram> {
    for (const datagram of datagrams) {
      this.counts.datagrams++
      yield {
        exporter: LOOPBACK,
        exporterPort: 0,
        destinationPort: 0,
        session: 0,
        receivedUs: exportTimeUs(datagram) || fileUs,
        datagram,
      }
    }
  }
}

interface Found {
  readonly session: number
  readonly found: UdpDatagram
}

function foundIn(packet: Buffer, timeUs: number, udp: UdpDatagrams, tcp: TcpMessages): Found[] {
  const datagram = udp.of(packet, timeUs)
  if (datagram !== undefined) return [{ session: 0, found: datagram }]
  return tcp.of(packet).map((found) => ({ session: found.sourcePort, found }))
}

function captured({ session, found }: Found, timeUs: number): CapturedDatagram {
  return {
    exporter: found.source,
    exporterPort: found.sourcePort,
    destinationPort: found.destinationPort,
    receivedUs: timeUs,
    datagram: found.payload,
    session,
  }
}
