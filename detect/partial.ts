import { ByteReader, BytesError, type ByteWriter } from './bytes.js'

/**
 * The partial of a frame: what all services noted of it.
 *
 * ```
 * 'V' 'P' version | closedMs | spanMs | rows | shifted | sections | tag, length, bytes | tag, length, bytes | …
 * ```
 *
 * All numbers but the first three bytes and the tags are varints. A reader skips sections it does not know.
 */
export interface PartialHeader {
  readonly closedMs: number
  readonly spanMs: number
  /** Rows of the frame, and how many of them had times that were moved to their receipt. */
  readonly rows: number
  readonly shifted: number
}

const MAGIC_V = 0x56
const MAGIC_P = 0x50
const VERSION = 1

export function writeHeader(writer: ByteWriter, header: PartialHeader, sections: number): void {
  writer.u8(MAGIC_V)
  writer.u8(MAGIC_P)
  writer.u8(VERSION)
  writer.varint(header.closedMs)
  writer.varint(header.spanMs)
  writer.varint(header.rows)
  writer.varint(header.shifted)
  writer.varint(sections)
}

/** Reads a partial; throws `BytesError` when it is none. */
export function readPartial(bytes: Uint8Array): { header: PartialHeader; sections: Map<number, ByteReader> } {
  const reader = new ByteReader(bytes)
  if (reader.u8() !== MAGIC_V || reader.u8() !== MAGIC_P) throw new BytesError('not a partial')
  const version = reader.u8()
  if (version !== VERSION) throw new BytesError(`a partial of version ${version}, this reads ${VERSION}`)
  const header = {
    closedMs: reader.varint(),
    spanMs: reader.varint(),
    rows: reader.varint(),
    shifted: reader.varint(),
  }
  const sections = new Map<number, ByteReader>()
  for (let n = reader.varint(); n > 0; n--) {
    const tag = reader.u8()
    sections.set(tag, reader.section(reader.varint()))
  }
  return { header, sections }
}
