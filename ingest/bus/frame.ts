import { crc32 } from 'node:zlib'
import type { CollectorTotals, ExporterNote, Frame, FrameEntry } from '../../model/frame.js'

/**
 * The bytes of a frame, version 1. Numbers are little-endian; f64 holds whole numbers up to 2^53.
 *
 * ```
 *  0  u32 magic "VGF1"
 *  4  u32 version = 1
 *  8  u32 CRC-32 of all bytes from 12 on
 * 12  u32 length of the whole frame
 * 16  u32 entries
 * 20  u32 offset of the context ┐
 * 24  u32 length of the context ┘ the end of the entries is the offset of the context
 * 28  u32 length of the trailer   behind the context, to the end of the frame
 * 32  f64 number
 * 40  f64 closed, ms since 1970
 * 48  entries, one after the other:
 *       0 u32 length of the datagram │ 4 u16 source port │ 6 u16 0 │ 8 f64 received, µs since 1970
 *      16 exporter, 16 bytes         │ 32 the datagram
 *     context as the decoder's context writer made it
 *     trailer: JSON {"collector":"…","totals":{…}}, now and then with "notes":[…]
 * ```
 *
 * A frame is written once, in order, into one buffer: entries as they come, then what is known only when it is closed.
 */
const MAGIC = 0x31464756
const VERSION = 1
/** Enough of a frame for `frameNumber`. */
export const FRAME_HEADER_BYTES = 48
const CRC_AT = 8
const CRC_FROM = 12

/** Bytes that an entry takes besides its datagram. */
export const FRAME_ENTRY_BYTES = 32

/** A frame that does not read; it is quarantined whole. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly code = 'frame_corrupt'
}

/** What is known of a frame only when it is closed. */
export interface FrameClosing {
  readonly collector: string
  readonly number: number
  readonly closedMs: number
  readonly totals: CollectorTotals
  readonly context: Uint8Array
  readonly notes?: readonly ExporterNote[] | undefined
}

/** Gathers datagrams into the bytes of a frame, in one buffer that is kept from frame to frame. */
export class FrameWriter {
  readonly #maxBytes: number
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #at = FRAME_HEADER_BYTES
  #datagrams = 0

  /**
   * @param maxBytes bound of header and entries together; context and trailer come on top
   * @param initialBytes what is taken at first; the buffer doubles from there up to `maxBytes`
   */
  constructor(maxBytes: number, initialBytes = 65_536) {
    this.#maxBytes = Math.max(maxBytes, FRAME_HEADER_BYTES)
    this.#bytes = new Uint8Array(Math.min(this.#maxBytes, Math.max(initialBytes, FRAME_HEADER_BYTES)))
    this.#view = new DataView(this.#bytes.buffer)
  }

  get datagrams(): number {
    return this.#datagrams
  }

  /** Bytes of header and entries so far. */
  get bytes(): number {
    return this.#at
  }

  /**
   * Copies a datagram into the frame. Gives false, and changes nothing, when it does not fit any more.
   * @param exporter 16 bytes
   */
  append(exporter: Uint8Array, port: number, receivedUs: number, datagram: Uint8Array): boolean {
    const at = this.#at
    const end = at + FRAME_ENTRY_BYTES + datagram.length
    if (end > this.#bytes.length && !this.#grow(end)) return false
    const view = this.#view
    view.setUint32(at, datagram.length, true)
    view.setUint16(at + 4, port, true)
    view.setUint16(at + 6, 0, true)
    view.setFloat64(at + 8, receivedUs, true)
    this.#bytes.set(exporter, at + 16)
    this.#bytes.set(datagram, at + FRAME_ENTRY_BYTES)
    this.#at = end
    this.#datagrams++
    return true
  }

  /** The bytes of the frame, in a buffer of their own; the writer is empty again. */
  finish(closing: FrameClosing): Uint8Array<ArrayBuffer> {
    const trailer = Buffer.from(
      JSON.stringify({ collector: closing.collector, totals: closing.totals, notes: closing.notes }),
    )
    const contextAt = this.#at
    const trailerAt = contextAt + closing.context.length
    // Every byte is written below: memory that was zeroed first would cost the collector a tenth of its time.
    const frame = new Uint8Array(Buffer.allocUnsafeSlow(trailerAt + trailer.length).buffer)
    frame.set(this.#bytes.subarray(0, contextAt))
    frame.set(closing.context, contextAt)
    frame.set(trailer, trailerAt)
    const view = new DataView(frame.buffer)
    view.setUint32(0, MAGIC, true)
    view.setUint32(4, VERSION, true)
    view.setUint32(12, frame.length, true)
    view.setUint32(16, this.#datagrams, true)
    view.setUint32(20, contextAt, true)
    view.setUint32(24, closing.context.length, true)
    view.setUint32(28, trailer.length, true)
    view.setFloat64(32, closing.number, true)
    view.setFloat64(40, closing.closedMs, true)
    view.setUint32(CRC_AT, crc32(frame.subarray(CRC_FROM)), true)
    this.#at = FRAME_HEADER_BYTES
    this.#datagrams = 0
    return frame
  }

  #grow(needed: number): boolean {
    if (needed > this.#maxBytes) return false
    const grown = new Uint8Array(Math.min(this.#maxBytes, Math.max(needed, this.#bytes.length * 2)))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
    return true
  }
}

/** The bytes of a whole frame at once, for tools and tests; the collector uses `FrameWriter`. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const bytes = frame.entries.reduce(
    (sum, e) => sum + FRAME_ENTRY_BYTES + e.datagram.length,
    FRAME_HEADER_BYTES,
  )
  const writer = new FrameWriter(bytes, bytes)
  for (const e of frame.entries) writer.append(e.exporter, e.exporterPort, e.receivedUs, e.datagram)
  return writer.finish(frame)
}

/**
 * Reads a frame. Entries and context are views of `bytes`: nothing is copied, and they live as long as it does.
 * @throws FrameError when magic, version, length, checksum or layout are wrong
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const view = checkHeader(bytes)
  if (view.getUint32(CRC_AT, true) !== crc32(bytes.subarray(CRC_FROM)))
    throw new FrameError('the checksum is wrong')
  const count = view.getUint32(16, true)
  const contextAt = view.getUint32(20, true)
  const trailerAt = contextAt + view.getUint32(24, true)
  if (contextAt < FRAME_HEADER_BYTES || trailerAt + view.getUint32(28, true) !== bytes.length) {
    throw new FrameError('the parts of the frame do not add up to its length')
  }
  const { collector, totals, notes } = readTrailer(bytes.subarray(trailerAt))
  return {
    collector,
    number: view.getFloat64(32, true),
    closedMs: view.getFloat64(40, true),
    totals,
    context: bytes.subarray(contextAt, trailerAt),
    entries: readEntries(bytes, view, count, contextAt),
    ...(notes !== undefined && { notes }),
  }
}

/** Which frame this is, and what it holds. */
export interface FrameIdentity {
  readonly collector: string
  readonly number: number
  readonly closedMs: number
  readonly datagrams: number
}

/**
 * Which frame this is, from its head and trailer alone; the checksum is not looked at.
 * @throws FrameError when the head or the trailer does not read
 */
export function frameIdentity(bytes: Uint8Array): FrameIdentity {
  const view = checkHeader(bytes)
  const trailerAt = view.getUint32(20, true) + view.getUint32(24, true)
  return {
    collector: readTrailer(bytes.subarray(trailerAt)).collector,
    number: view.getFloat64(32, true),
    closedMs: view.getFloat64(40, true),
    datagrams: view.getUint32(16, true),
  }
}

/** The number of a frame from its first `FRAME_HEADER_BYTES`. */
export const frameNumber = (header: Uint8Array): number =>
  new DataView(header.buffer, header.byteOffset, header.byteLength).getFloat64(32, true)

function checkHeader(bytes: Uint8Array): DataView {
  if (bytes.length < FRAME_HEADER_BYTES) throw new FrameError(`${bytes.length} bytes are no frame`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw new FrameError('the magic number is not that of a frame')
  const version = view.getUint32(4, true)
  if (version !== VERSION) throw new FrameError(`version ${version} is not known, ${VERSION} is`)
  const length = view.getUint32(12, true)
  if (length !== bytes.length) throw new FrameError(`the frame has ${bytes.length} of its ${length} bytes`)
  return view
}

function readEntries(bytes: Uint8Array, view: DataView, count: number, end: number): FrameEntry[] {
  // Each entry takes its header at least, so that a wrong count cannot ask for more memory than the frame has.
  if (count * FRAME_ENTRY_BYTES > end - FRAME_HEADER_BYTES)
    throw new FrameError(`${count} entries do not fit the frame`)
  const entries = new Array<FrameEntry>(count)
  let at = FRAME_HEADER_BYTES
  for (let i = 0; i < count; i++) {
    const datagramAt = at + FRAME_ENTRY_BYTES
    const next = datagramAt <= end ? datagramAt + view.getUint32(at, true) : Number.POSITIVE_INFINITY
    if (next > end) throw new FrameError(`entry ${i} runs past the entries' end`)
    entries[i] = {
      exporter: bytes.subarray(at + 16, datagramAt),
      exporterPort: view.getUint16(at + 4, true),
      receivedUs: view.getFloat64(at + 8, true),
      datagram: bytes.subarray(datagramAt, next),
    }
    at = next
  }
  if (at !== end) throw new FrameError('bytes are left between the last entry and the context')
  return entries
}

function readTrailer(bytes: Uint8Array): {
  collector: string
  totals: CollectorTotals
  notes?: readonly ExporterNote[]
} {
  try {
    const trailer = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
    if (
      typeof trailer.collector === 'string' &&
      typeof trailer.totals === 'object' &&
      trailer.totals !== null &&
      (trailer.notes === undefined || Array.isArray(trailer.notes))
    )
      return trailer
  } catch {
    // Falls through to the one sentence about trailers.
  }
  throw new FrameError('the trailer does not read')
}
