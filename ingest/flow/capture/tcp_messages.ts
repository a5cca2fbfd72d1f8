import type { UdpDatagram } from './udp_datagrams.js'

/**
 * Takes IPFIX messages out of captured TCP connections (RFC 7011 section 10.4): segments are put in order, the stream
 * is cut by the length in each message's header. A connection whose first bytes are no IPFIX is passed over.
 */
const PROTOCOL_TCP = 6
const FLAG_SYN = 2
const IPFIX_VERSION = 10
const IPFIX_HEADER_BYTES = 16
/** Bounds: connections followed, and bytes of one that wait for an earlier segment. */
const STREAMS_MAX = 128
const EARLY_BYTES_MAX = 128 * 1024

const V4_PREFIX = Buffer.from('00000000000000000000ffff', 'hex')
const NOTHING = Buffer.alloc(0)

interface Segment {
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  readonly syn: boolean
  readonly payload: Buffer
}

interface Stream {
  /** Sequence number of the byte after the last in order. */
  next: number
  /** Bytes in order that are no whole message yet; undefined once the stream turned out to be something else. */
  rest: Buffer | undefined
  early: Segment[]
}

export class TcpMessages {
  readonly #streams = new Map<string, Stream>()

  /** The messages that are whole with this packet, which starts at the IP header. */
  of(packet: Buffer): UdpDatagram[] {
    const segment = segmentOf(packet)
    if (segment === undefined) return []
    const stream = this.#streamOf(segment)
    if (stream?.rest === undefined || segment.payload.length === 0) return []
    take(stream, segment)
    return cut(stream).map((payload) => ({ ...segment, payload }))
  }

  #streamOf(segment: Segment): Stream | undefined {
    const { source, destination, sourcePort, destinationPort, sequence, syn, payload } = segment
    const ends = Buffer.concat([source, destination]).toString('latin1')
    const key = `${ends}${sourcePort}>${destinationPort}`
    const known = this.#streams.get(key)
    if (known !== undefined && !syn) return known
    // A capture that begins in the midst of a connection is taken up where a segment begins with a message.
    if (!syn && !(payload.length >= 4 && payload.readUInt16BE(0) === IPFIX_VERSION)) return undefined
    if (this.#streams.size === STREAMS_MAX) this.#streams.delete(this.#streams.keys().next().value!)
    const stream = { next: syn ? (sequence + 1) >>> 0 : sequence, rest: NOTHING, early: [] }
    this.#streams.delete(key)
    this.#streams.set(key, stream)
    return stream
  }
}

function segmentOf(packet: Buffer): Segment | undefined {
  const version = packet.length === 0 ? 0 : packet[0]! >> 4
  if (version === 4 && packet.length >= 20 && packet[9] === PROTOCOL_TCP) {
    const at = (packet[0]! & 15) * 4
    const total = packet.readUInt16BE(2) || packet.length
    // Fragments of TCP are not met: its segments fit the path.
    if ((packet.readUInt16BE(6) & 0x3fff) !== 0) return undefined
    const address = (from: number) => Buffer.concat([V4_PREFIX, packet.subarray(from, from + 4)])
    return tcpOf(address(12), address(16), packet.subarray(at, total))
  }
  if (version === 6 && packet.length >= 40 && packet[6] === PROTOCOL_TCP) {
    const bytes = packet.subarray(40, 40 + packet.readUInt16BE(4))
    return tcpOf(packet.subarray(8, 24), packet.subarray(24, 40), bytes)
  }
  return undefined
}

function tcpOf(source: Uint8Array, destination: Uint8Array, bytes: Buffer): Segment | undefined {
  if (bytes.length < 20) return undefined
  return {
    source,
    destination,
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    sequence: bytes.readUInt32BE(4),
    syn: (bytes[13]! & FLAG_SYN) !== 0,
    payload: bytes.subarray((bytes[12]! >> 4) * 4),
  }
}

/** Adds a segment where it belongs; what came before, or twice, is left out. */
function take(stream: Stream, segment: Segment): void {
  const ahead = (segment.sequence - stream.next) | 0
  if (ahead > 0) {
    const waiting = stream.early.reduce((sum, { payload }) => sum + payload.length, segment.payload.length)
    // A copy: a segment must not hold the chunk of the file that it lies in.
    if (waiting <= EARLY_BYTES_MAX) stream.early.push({ ...segment, payload: Buffer.from(segment.payload) })
    return
  }
  append(stream, segment)
  for (let found = true; found; ) {
    const i = stream.early.findIndex(({ sequence }) => ((sequence - stream.next) | 0) <= 0)
    found = i >= 0
    if (found) append(stream, stream.early.splice(i, 1)[0]!)
  }
}

function append(stream: Stream, { sequence, payload }: Segment): void {
  const news = payload.subarray(-((sequence - stream.next) | 0))
  stream.rest = stream.rest!.length === 0 ? news : Buffer.concat([stream.rest!, news])
  stream.next = (stream.next + news.length) >>> 0
}

function cut(stream: Stream): Buffer[] {
  const messages: Buffer[] = []
  let rest = stream.rest!
  while (rest.length >= 4) {
    const length = rest.readUInt16BE(2)
    if (rest.readUInt16BE(0) !== IPFIX_VERSION || length < IPFIX_HEADER_BYTES) {
      stream.rest = undefined
      stream.early = []
      return messages
    }
    if (rest.length < length) break
    messages.push(rest.subarray(0, length))
    rest = rest.subarray(length)
  }
  stream.rest = Buffer.from(rest)
  return messages
}
