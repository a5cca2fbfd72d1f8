import type { ByteWindow } from './byte_window.js'
import { invalidAt, truncatedAt } from './capture_error.js'
import { type CapturedPacket, PACKET_BYTES_MAX } from './captured_packet.js'

/**
 * The pcapng file format (draft-ietf-opsawg-pcapng): blocks, in sections that each have their byte order.
 *
 * ```
 * type 4 | total length 4 | body | total length 4
 * ```
 */
export const PCAPNG_MAGIC = 0x0a0d0d0a
const BLOCK_INTERFACE = 1
const BLOCK_PACKET_OBSOLETE = 2
const BLOCK_SIMPLE_PACKET = 3
const BLOCK_ENHANCED_PACKET = 6
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const OPTION_END = 0
const OPTION_TIME_RESOLUTION = 9
const OPTION_TIME_OFFSET = 14

const BLOCK_BYTES_MAX = 16 << 20
const INTERFACES_MAX = 65_536

interface Interface {
  readonly linkType: number
  readonly snapLength: number
  /** Ticks of its clock in a second. */
  readonly ticksPerSecond: bigint
  readonly offsetSeconds: bigint
}

const MICROSECONDS = 1_000_000n

class Section {
  readonly #little: boolean
  readonly interfaces: Interface[] = []

  constructor(little: boolean) {
    this.#little = little
  }

  u16(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)
  }

  u32(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
  }

  addInterface(body: Buffer): void {
    let ticksPerSecond = MICROSECONDS
    let offsetSeconds = 0n
    for (let at = 8; at + 4 <= body.length; ) {
      const code = this.u16(body, at)
      const length = this.u16(body, at + 2)
      if (code === OPTION_END || at + 4 + length > body.length) break
      if (code === OPTION_TIME_RESOLUTION && length === 1) ticksPerSecond = resolution(body[at + 4]!)
      if (code === OPTION_TIME_OFFSET && length === 8) {
        offsetSeconds = this.#little ? body.readBigInt64LE(at + 4) : body.readBigInt64BE(at + 4)
      }
      at += 4 + length + (-length & 3)
    }
    this.interfaces.push({
      linkType: this.u16(body, 0),
      snapLength: this.u32(body, 4),
      ticksPerSecond,
      offsetSeconds,
    })
  }

  timeUs(of: Interface, high: number, low: number): number {
    const ticks = (BigInt(high) << 32n) | BigInt(low)
    return Number((ticks * MICROSECONDS) / of.ticksPerSecond + of.offsetSeconds * MICROSECONDS)
  }
}

/** if_tsresol: a negative power of ten, or of two when the top bit is set. */
function resolution(value: number): bigint {
  return (value & 0x80) === 0 ? 10n ** BigInt(Math.min(value, 20)) : 1n << BigInt(Math.min(value & 0x7f, 64))
}

/** The packet of a block; undefined for blocks that hold none, or whose interface was not described. */
function packetOf(section: Section, type: number, body: Buffer): CapturedPacket | undefined {
  if (type === BLOCK_SIMPLE_PACKET && body.length >= 4) {
    const [first] = section.interfaces
    if (first === undefined) return undefined
    const captured = Math.min(section.u32(body, 0), first.snapLength || PACKET_BYTES_MAX, body.length - 4)
    return { linkType: first.linkType, timeUs: 0, bytes: body.subarray(4, 4 + captured) }
  }
  if ((type !== BLOCK_ENHANCED_PACKET && type !== BLOCK_PACKET_OBSOLETE) || body.length < 20) return undefined
  const id = type === BLOCK_ENHANCED_PACKET ? section.u32(body, 0) : section.u16(body, 0)
  const from = section.interfaces[id]
  if (from === undefined) return undefined
  const captured = Math.min(section.u32(body, 12), body.length - 20)
  const timeUs = section.timeUs(from, section.u32(body, 4), section.u32(body, 8))
  return { linkType: from.linkType, timeUs, bytes: body.subarray(20, 20 + captured) }
}

function openSection(window: ByteWindow): Section {
  const { offset } = window
  if (!window.has(12)) throw truncatedAt(offset, 'a section header')
  const order = window.peek(12).readUInt32BE(8)
  if (order === BYTE_ORDER_MAGIC) return new Section(false)
  if (window.peek(12).readUInt32LE(8) === BYTE_ORDER_MAGIC) return new Section(true)
  throw invalidAt(offset, 'a section header without byte order')
}

/** All packets of the file. Throws `CaptureError` where it ends too early or makes no sense. */
export function* pcapngPackets(window: ByteWindow): Generator<CapturedPacket> {
  let section = new Section(true)
  while (window.has(1)) {
    const { offset } = window
    if (!window.has(8)) throw truncatedAt(offset, 'a block header')
    const isSection = window.peek(8).readUInt32BE(0) === PCAPNG_MAGIC
    if (isSection) section = openSection(window)
    const type = section.u32(window.peek(8), 0)
    const length = section.u32(window.peek(8), 4)
    if (length < 12 || length > BLOCK_BYTES_MAX) throw invalidAt(offset, `a block of ${length} bytes`)
    // Lengths are multiples of four; writers that forget still pad.
    const padded = length + (-length & 3)
    if (!window.has(length)) throw truncatedAt(offset, 'a block')
    const body = window.take(Math.min(padded, window.available)).subarray(8, length - 4)
    if (isSection) continue
    if (type === BLOCK_INTERFACE && body.length >= 8) {
      if (section.interfaces.length === INTERFACES_MAX) throw invalidAt(offset, 'one interface too many')
      section.addInterface(body)
    }
    const packet = packetOf(section, type, body)
    if (packet !== undefined) yield packet
  }
}
