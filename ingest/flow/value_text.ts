import type { ElementType } from './elements.js'
import { isZero, u16, u32, unsigned } from './wire.js'

/** Values of elements and columns as JSON shows them. For people and files, not for the hot path. */

export function hex(b: Uint8Array, o: number, length: number): string {
  return Buffer.from(b.buffer, b.byteOffset + o, length).toString('hex')
}

function ipv4Text(b: Uint8Array, o: number): string {
  return `${b[o]}.${b[o + 1]}.${b[o + 2]}.${b[o + 3]}`
}

/** RFC 5952: the longest run of zero groups is cut out. */
function ipv6Text(b: Uint8Array, o: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => u16(b, o + 2 * i).toString(16))
  let best = { start: 0, length: 1 }
  for (let start = 0; start < 8; start++) {
    let end = start
    while (groups[end] === '0') end++
    if (end - start > best.length) best = { start, length: end - start }
  }
  if (best.length === 1) return groups.join(':')
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`
}

/** An address of 16 bytes; IPv4-mapped ones as IPv4. */
export function addressText(b: Uint8Array, o: number): string {
  const mapped = b[o + 10] === 0xff && b[o + 11] === 0xff && isZero(b, o, o + 10)
  return mapped ? ipv4Text(b, o + 12) : ipv6Text(b, o)
}

export function macText(b: Uint8Array, o: number): string {
  return hex(b, o, 6).replace(/..(?!$)/g, '$&:')
}

/** A number where it is exact, else its digits. */
function integer(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
    ? Number(value)
    : value.toString()
}

export function unsignedValue(b: Uint8Array, o: number, length: number): number | string {
  if (length <= 6) return unsigned(b, o, length)
  return integer(BigInt(`0x${hex(b, o, length)}`))
}

function signedValue(b: Uint8Array, o: number, length: number): number | string {
  return integer(BigInt.asIntN(8 * length, BigInt(`0x${hex(b, o, length)}`)))
}

const LAST_MS = 8_640_000_000_000_000

/** ISO 8601 UTC with milliseconds, or undefined for what is no date. */
export function timeText(ms: number): string | undefined {
  return Math.abs(ms) <= LAST_MS ? new Date(ms).toISOString() : undefined
}

const NTP_EPOCH_S = 2_208_988_800

/** An NTP timestamp, with as many digits of the second as the element has. */
function ntpText(b: Uint8Array, o: number, digits: number): string {
  const seconds = u32(b, o) - NTP_EPOCH_S
  const fraction = Math.floor((u32(b, o + 4) * 10 ** digits) / 2 ** 32)
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return `${whole}.${String(fraction).padStart(digits, '0')}Z`
}

function text(b: Uint8Array, o: number, length: number): string {
  return Buffer.from(b.buffer, b.byteOffset + o, length)
    .toString('utf8')
    .replace(/\0+$/, '')
}

function float(b: Uint8Array, o: number, length: number): number | string {
  const view = new DataView(b.buffer, b.byteOffset + o, length)
  const value = length === 4 ? view.getFloat32(0) : length === 8 ? view.getFloat64(0) : Number.NaN
  return Number.isFinite(value) ? value : hex(b, o, length)
}

/** Widths that the types of fixed width have. */
const WIDTHS: Partial<Record<ElementType, number>> = {
  macAddress: 6,
  ipv4Address: 4,
  ipv6Address: 16,
  dateTimeMicroseconds: 8,
  dateTimeNanoseconds: 8,
}

/**
 * The value of an element of a type; hexadecimal digits where the type is not known or the bytes do not fit
 * it.
 */
export function elementValue(
  type: ElementType | undefined,
  b: Uint8Array,
  o: number,
  length: number,
): unknown {
  if (type === 'string') return text(b, o, length)
  if (length === 0) return null
  const width = type === undefined ? undefined : WIDTHS[type]
  if (type === undefined || (width !== undefined && width !== length)) return hex(b, o, length)
  if (type.startsWith('unsigned')) return unsignedValue(b, o, length)
  if (type.startsWith('signed')) return signedValue(b, o, length)
  if (type.startsWith('float')) return float(b, o, length)
  switch (type) {
    case 'boolean':
      return length === 1 && (b[o] === 1 || b[o] === 2) ? b[o] === 1 : unsignedValue(b, o, length)
    case 'macAddress':
      return macText(b, o)
    case 'ipv4Address':
      return ipv4Text(b, o)
    case 'ipv6Address':
      return addressText(b, o)
    case 'dateTimeSeconds':
      return timeText(unsigned(b, o, length) * 1000) ?? unsignedValue(b, o, length)
    case 'dateTimeMilliseconds':
      return timeText(unsigned(b, o, length)) ?? unsignedValue(b, o, length)
    case 'dateTimeMicroseconds':
      return ntpText(b, o, 6)
    case 'dateTimeNanoseconds':
      return ntpText(b, o, 9)
    default:
      return hex(b, o, length)
  }
}
