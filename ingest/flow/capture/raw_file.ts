import type { ByteWindow } from './byte_window.js'

/**
 * Raw datagrams in a file: one, or several one after the other where their own headers tell their lengths.
 * A datagram is at most 65,535 bytes; what cannot be cut is handed out as it stands, for the decoder to
 * judge.
 */
const DATAGRAM_BYTES_MAX = 65_535

const V1_HEADER = 16
const V5_HEADER = 24
const RECORD_BYTES: Readonly<Record<number, number>> = { 1: 52, 5: 48, 7: 52 }
const V9_HEADER = 20
const IPFIX_HEADER = 16

/** Bytes of the datagram at the start of `bytes` by its own account; all of them where it does not tell. */
function datagramLength(bytes: Buffer): number {
  if (bytes.length < 4) return bytes.length
  const version = bytes.readUInt16BE(0)
  const recordBytes = RECORD_BYTES[version]
  if (recordBytes !== undefined) {
    return (version === 1 ? V1_HEADER : V5_HEADER) + bytes.readUInt16BE(2) * recordBytes
  }
  if (version === 10) return Math.max(bytes.readUInt16BE(2), IPFIX_HEADER)
  if (version === 9) return v9Length(bytes)
  return version === 0 && bytes.readUInt16BE(2) === 5 ? sflowLength(bytes) : bytes.length
}

const isVersion = (n: number): boolean => n === 5 || n === 7 || n === 9 || n === 10

/**
 * NetFlow v9 tells no length. Set ids below 256 are reserved: one that is a version begins the next header.
 */
function v9Length(bytes: Buffer): number {
  let at = V9_HEADER
  while (at + 4 <= bytes.length) {
    const id = bytes.readUInt16BE(at)
    const length = bytes.readUInt16BE(at + 2)
    if (isVersion(id)) return at
    // Padding that ends in the middle of what was read: no template set is as short as a version's number.
    if (id === 0 && isVersion(length)) return at + 2
    if (id === 0 && length === 0) at += 2
    else if (length < 4) return bytes.length
    else at += length
  }
  return bytes.length
}

/** sFlow v5 counts its samples, and each tells its length. */
function sflowLength(bytes: Buffer): number {
  if (bytes.length < 28) return bytes.length
  const start = bytes.readUInt32BE(4) === 2 ? 24 : 12
  if (start + 16 > bytes.length) return bytes.length
  const samples = bytes.readUInt32BE(start + 12)
  let at = start + 16
  for (let i = 0; i < samples; i++) {
    if (at + 8 > bytes.length) return bytes.length
    at += 8 + bytes.readUInt32BE(at + 4)
  }
  return at
}

const RECORDS_MAX = 64

/** True when a datagram of a protocol that we read could begin here. */
function beginsDatagram(bytes: Buffer): boolean {
  if (bytes.length < V1_HEADER) return false
  const version = bytes.readUInt16BE(0)
  const next = bytes.readUInt16BE(2)
  if (RECORD_BYTES[version] !== undefined) return next > 0 && next <= RECORDS_MAX
  if (version === 9) return bytes.length >= V9_HEADER
  if (version === 10) return next >= IPFIX_HEADER
  const agentType = bytes.readUInt32BE(4)
  return version === 0 && next === 5 && (agentType === 1 || agentType === 2)
}

/** The datagrams of the file, in order. */
export function* rawDatagrams(window: ByteWindow): Generator<Buffer> {
  while (window.has(1)) {
    window.has(DATAGRAM_BYTES_MAX + V9_HEADER)
    const most = Math.min(window.available, DATAGRAM_BYTES_MAX)
    const length = Math.min(datagramLength(window.peek(most)), most)
    const rest = window.peek(Math.min(window.available, length + V9_HEADER)).subarray(length)
    // What follows is no datagram: then the header was wrong about its own, and all belongs to this one.
    yield window.take(rest.length === 0 || beginsDatagram(rest) ? length : most)
  }
}

/** When a datagram was exported by its own header, µs since 1970; 0 where it does not tell (sFlow). */
export function exportTimeUs(datagram: Buffer): number {
  if (datagram.length < 16) return 0
  const version = datagram.readUInt16BE(0)
  if (version === 10) return datagram.readUInt32BE(4) * 1_000_000
  if (![1, 5, 7, 9].includes(version)) return 0
  const seconds = datagram.readUInt32BE(8) * 1_000_000
  return version === 9 ? seconds : seconds + Math.floor(datagram.readUInt32BE(12) / 1000)
}
