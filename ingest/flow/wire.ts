/** Sizes and numbers of the wire formats, and how a source address becomes a key. */

export const V1_HEADER_BYTES = 16
export const V5_HEADER_BYTES = 24
export const V7_HEADER_BYTES = 24
export const V9_HEADER_BYTES = 20
export const IPFIX_HEADER_BYTES = 16
export const SET_HEADER_BYTES = 4

/**
 * A field of this length carries its length in the record (RFC 7011 section 7); H3C does so in NetFlow v9 as
 * well.
 */
export const VARIABLE_LENGTH = 65535

/** Set and template ids below this one are reserved; data sets begin here. */
export const FIRST_DATA_SET = 256

export function u16(b: Uint8Array, o: number): number {
  return (b[o]! << 8) | b[o + 1]!
}

export function u32(b: Uint8Array, o: number): number {
  return ((b[o]! << 24) | (b[o + 1]! << 16) | (b[o + 2]! << 8) | b[o + 3]!) >>> 0
}

/** Unsigned number of `length` bytes, exact up to 2^53; of more than 8 bytes the last 8 count. */
export function unsigned(b: Uint8Array, o: number, length: number): number {
  let value = 0
  for (let i = Math.max(0, length - 8); i < length; i++) value = value * 256 + b[o + i]!
  return value
}

/**
 * Key of an exporter's 16-byte address in a Map: a small number for IPv4 (cheap to hash), a 16-character
 * string for IPv6.
 */
export function addressKey(a: Uint8Array): number | string {
  if (a[10] === 0xff && a[11] === 0xff && a[9] === 0 && isZero(a, 0, 9)) return u32(a, 12)
  return String.fromCharCode(...a.subarray(0, 16))
}

/** Key of a domain in a Map: its number, and the session that it belongs to, if any. */
export function domainKey(domain: number, session: number): number {
  return session === 0 ? domain : session * 4_294_967_296 + domain
}

/** True when the bytes from `from` up to `to` are all zero. */
export function isZero(b: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (b[i] !== 0) return false
  return true
}
