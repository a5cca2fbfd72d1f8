const V1 = 1
const V5 = 5
const V7 = 7
const V9 = 9
const IPFIX = 10
const US_PER_SECOND = 1_000_000

/**
 * Moves the export time in the header of a NetFlow or IPFIX datagram by `shiftUs`. Flow times that are
 * counted from the
 * exporter's start (v1, v5, v7 and most v9) move with it; absolute ones inside v9 and IPFIX records stay,
 * for they
 * cannot be found without the templates. sFlow tells no time. Gives a copy; the datagram itself where
 * nothing moves.
 */
export function shiftExportTime(datagram: Uint8Array, shiftUs: number): Uint8Array {
  if (datagram.length < 16) return datagram
  const version = (datagram[0]! << 8) | datagram[1]!
  if (![V1, V5, V7, V9, IPFIX].includes(version)) return datagram
  const copy = Buffer.from(datagram)
  const secondsAt = version === IPFIX ? 4 : 8
  const hasNanoseconds = version !== V9 && version !== IPFIX
  const nanoseconds = hasNanoseconds ? copy.readUInt32BE(12) : 0
  const exportUs = copy.readUInt32BE(secondsAt) * US_PER_SECOND + Math.floor(nanoseconds / 1000)
  const movedUs = Math.max(0, exportUs + shiftUs)
  copy.writeUInt32BE(Math.floor(movedUs / US_PER_SECOND) >>> 0, secondsAt)
  if (hasNanoseconds) copy.writeUInt32BE((movedUs % US_PER_SECOND) * 1000 + (nanoseconds % 1000), 12)
  return copy
}
