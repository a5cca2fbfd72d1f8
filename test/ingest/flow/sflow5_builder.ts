/**
 * Builds sFlow v5 datagrams by hand, for tests and the bench: big-endian words and padded opaques (RFC 4506).
 */

export const word = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value >>> 0, 4 * i)
  })
  return bytes
}

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')

export const long = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

export const opaque = (bytes: Uint8Array): Buffer =>
  Buffer.concat([word(bytes.length), bytes, Buffer.alloc(-bytes.length & 3)])

export const text = (value: string): Buffer => opaque(Buffer.from(value))

export const ipv4 = (address: string): Buffer => Buffer.from(address.split('.').map(Number))

/** An address with its type before it. */
export const address = (bytes: Buffer): Buffer => Buffer.concat([word(bytes.length === 4 ? 1 : 2), bytes])

/** A record of structure `tag`. */
export const record = (tag: number, ...body: Buffer[]): Buffer =>
  Buffer.concat([word(tag), opaque(Buffer.concat(body))])

export const rawHeader = (frame: Buffer, protocol = 1, frameBytes = frame.length + 4): Buffer =>
  record(1, word(protocol, frameBytes, 4), opaque(frame))

const sample = (tag: number, body: Buffer): Buffer => Buffer.concat([word(tag), opaque(body)])

export interface FlowSampleFields {
  readonly rate?: number
  readonly input?: number
  readonly output?: number
  readonly source?: number
}

export function flowSample(fields: FlowSampleFields, ...records: Buffer[]): Buffer {
  const { rate = 512, input = 3, output = 4, source = 3 } = fields
  return sample(1, Buffer.concat([word(9, source, rate, 1000, 0, input, output, records.length), ...records]))
}

export function expandedFlowSample(interfaces: number[], ...records: Buffer[]): Buffer {
  return sample(
    3,
    Buffer.concat([word(9, 0, 70_000, 2048, 1000, 0, ...interfaces, records.length), ...records]),
  )
}

export const counterSample = (...records: Buffer[]): Buffer =>
  sample(2, Buffer.concat([word(5, 7, records.length), ...records]))

export const discardSample = (reason: number, ...records: Buffer[]): Buffer =>
  sample(5, Buffer.concat([word(5, 0, 7, 0, 7, 0, reason, records.length), ...records]))

export interface DatagramFields {
  readonly agent?: Buffer
  readonly samples?: number
}

export function sflowDatagram(samples: readonly Buffer[], fields: DatagramFields = {}): Buffer {
  const { agent = address(ipv4('192.0.2.1')) } = fields
  return Buffer.concat([word(5), agent, word(17, 4242, 99_000, fields.samples ?? samples.length), ...samples])
}

const MACS = hex('0200000000bb 0200000000aa')

/** An Ethernet frame: destination …bb, source …aa, then what is given. */
export const ethernet = (...parts: Buffer[]): Buffer => Buffer.concat([MACS, ...parts])

export interface IpFields {
  readonly src?: string
  readonly dst?: string
  readonly tos?: number
  /** Flags and offset of fragments. */
  readonly fragment?: number
}

export function ipv4Packet(protocol: number, payload: Buffer, fields: IpFields = {}): Buffer {
  const { src = '10.0.0.1', dst = '10.0.0.2', tos = 0, fragment = 0 } = fields
  const header = Buffer.alloc(20)
  header[0] = 0x45
  header[1] = tos
  header.writeUInt16BE(20 + payload.length, 2)
  header.writeUInt16BE(fragment, 6)
  header[8] = 64
  header[9] = protocol
  header.set(ipv4(src), 12)
  header.set(ipv4(dst), 16)
  return Buffer.concat([header, payload])
}

export function ipv6Packet(next: number, payload: Buffer): Buffer {
  const header = hex('6ab00123 0000 0040 20010db8000000000000000000000001 20010db8000000000000000000000002')
  header.writeUInt16BE(payload.length, 4)
  header[6] = next
  header[7] = 64
  return Buffer.concat([header, payload])
}

export function tcp(srcPort: number, dstPort: number, flags: number): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt16BE(srcPort, 0)
  header.writeUInt16BE(dstPort, 2)
  header.writeUInt16BE(0x5000 | flags, 12)
  return header
}

export function udp(srcPort: number, dstPort: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt16BE(srcPort, 0)
  header.writeUInt16BE(dstPort, 2)
  header.writeUInt16BE(8 + payload.length, 4)
  return Buffer.concat([header, payload])
}
