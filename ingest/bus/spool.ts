import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Logger } from '../../model/ports.js'

/**
 * Frames on the disk while the stream is away: files `00000001.spool`, `00000002.spool`, …, each a run of records
 *
 * ```
 * u32 magic "VSP1" │ u32 length │ u32 CRC-32 of the bytes │ u32 flags │ bytes
 *                                                           1: sent once, without an answer
 *                                                           2: taken, it is in the stream
 * ```
 *
 * Files are appended to, and deleted when all their records are taken; only the flag of a taken record is written in
 * place, so that a killed process begins again at the record it was about to take. A start begins a new file: a torn
 * end, which a kill or a power cut may leave, is the end of its file; reading stops there and says so.
 */
const MAGIC = 0x31505356
const HEADER_BYTES = 16
const FLAGS_AT = 12
const SENT = 1
const TAKEN = 2
const SUFFIX = '.spool'

export interface SpoolConfig {
  readonly dir: string
  readonly maxBytes: number
  readonly segmentBytes: number
  readonly fsync: 'each' | 'never'
}

/**
 * What is known of a record: `unsent`; `sent` once without an answer; or perhaps sent by an earlier life of the process,
 * which was about to take it, and then nothing that stood behind it was (`last`).
 */
export type SpoolDoubt = 'unsent' | 'sent' | 'last'

export interface SpoolRecord {
  readonly bytes: Uint8Array
  readonly doubt: SpoolDoubt
}

/** The spool has no room left. */
export class SpoolFullError extends Error {
  override readonly name = 'SpoolFullError'
}

interface Segment {
  readonly number: number
  /** Bytes of whole records; for a file of an earlier life, its size. */
  bytes: number
}

interface Reader {
  readonly handle: FileHandle
  readonly segment: Segment
  at: number
}

interface Append {
  readonly record: Buffer[]
  readonly bytes: number
  resolve(): void
  reject(error: Error): void
}

interface Header {
  readonly length: number
  readonly crc: number
  readonly flags: number
}

/** A bounded first-in-first-out of frames on the disk. One process at a time owns its folder. */
export class Spool {
  readonly #config: SpoolConfig
  readonly #logger: Logger
  readonly #segments: Segment[] = []
  #bytes = 0
  #nextNumber = 1
  #writer: { handle: FileHandle; segment: Segment } | undefined
  #reader: Reader | undefined
  /** The next record read may have been sent by an earlier life. */
  #restarted = false
  #appends: Append[] = []
  #writing: Promise<void> | undefined

  constructor(config: SpoolConfig, logger: Logger) {
    this.#config = config
    this.#logger = logger
  }

  /** Bytes of the files, and of what is on its way there. */
  get bytes(): number {
    return this.#bytes
  }

  get empty(): boolean {
    return this.#bytes === 0
  }

  async open(): Promise<void> {
    await mkdir(this.#config.dir, { recursive: true })
    const names = (await readdir(this.#config.dir)).filter((name) => name.endsWith(SUFFIX)).sort()
    for (const name of names) {
      const { size } = await stat(join(this.#config.dir, name))
      const number = Number.parseInt(name, 10)
      this.#segments.push({ number, bytes: size })
      this.#bytes += size
      this.#nextNumber = number + 1
    }
    this.#restarted = this.#segments.length > 0
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#writer?.handle.close()
    await this.#reader?.handle.close()
    this.#writer = undefined
    this.#reader = undefined
  }

  /**
   * Resolves when the record is on the disk (or, without fsync, with the kernel). Appends that come while one is being
   * written go together in the next write.
   * @param sent it was sent, and no answer came
   * @throws SpoolFullError when it does not fit; nothing is kept then
   */
  append(bytes: Uint8Array, sent: boolean): Promise<void> {
    const size = HEADER_BYTES + bytes.length
    if (this.#bytes + size > this.#config.maxBytes) {
      return Promise.reject(new SpoolFullError(`the spool has reached its ${this.#config.maxBytes} bytes`))
    }
    this.#bytes += size
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32LE(MAGIC, 0)
    header.writeUInt32LE(bytes.length, 4)
    header.writeUInt32LE(crc32(bytes), 8)
    header.writeUInt32LE(sent ? SENT : 0, FLAGS_AT)
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    return new Promise((resolve, reject) => {
      this.#appends.push({ record: [header, body], bytes: size, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  /** The oldest record, or undefined when none is whole on the disk. It stays until it is `taken`. */
  async peek(): Promise<SpoolRecord | undefined> {
    for (;;) {
      const segment = this.#segments[0]
      if (segment === undefined) return undefined
      if (this.#reader === undefined) {
        this.#reader = { handle: await open(this.#path(segment), 'r+'), segment, at: 0 }
      }
      if (this.#reader.at < segment.bytes) {
        const record = await this.#read(this.#reader)
        if (record !== undefined) return record
      } else if (segment === this.#writer?.segment) return undefined
      else await this.#dropFirst()
    }
  }

  /** Takes the record that `peek` gave away. */
  async taken(record: SpoolRecord): Promise<void> {
    const reader = this.#reader!
    const flags = Buffer.alloc(4)
    flags.writeUInt32LE(TAKEN)
    await reader.handle.write(flags, 0, 4, reader.at + FLAGS_AT)
    reader.at += HEADER_BYTES + record.bytes.length
    this.#restarted = false
    // The file that is written to goes as well when all of it was taken and nothing is on its way.
    if (reader.at >= reader.segment.bytes && this.#writing === undefined) await this.#dropFirst()
  }

  /** The first bytes of the newest record of earlier lives that reads, up to `length`. */
  async newest(length: number): Promise<Uint8Array | undefined> {
    for (const segment of [...this.#segments].reverse()) {
      // A file that is sent meanwhile is deleted: its frames are in the stream.
      const handle = await open(this.#path(segment), 'r').catch(() => undefined)
      if (handle === undefined) continue
      try {
        let found: { at: number; length: number } | undefined
        for (let at = 0, header = await readHeader(handle, at, segment.bytes); header !== undefined; ) {
          found = { at: at + HEADER_BYTES, length: header.length }
          at += HEADER_BYTES + header.length
          header = await readHeader(handle, at, segment.bytes)
        }
        if (found === undefined) continue
        const bytes = new Uint8Array(Math.min(length, found.length))
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, found.at)
        return bytes.subarray(0, bytesRead)
      } finally {
        await handle.close()
      }
    }
    return undefined
  }

  /** The record at the reader, undefined when it is to be passed over. */
  async #read(reader: Reader): Promise<SpoolRecord | undefined> {
    const { handle, segment, at } = reader
    const header = await readHeader(handle, at, segment.bytes)
    if (header === undefined) return this.#torn(reader)
    if ((header.flags & TAKEN) !== 0) {
      reader.at += HEADER_BYTES + header.length
      return undefined
    }
    const bytes = new Uint8Array(header.length)
    await handle.read(bytes, 0, header.length, at + HEADER_BYTES)
    if (crc32(bytes) !== header.crc) return this.#torn(reader)
    return { bytes, doubt: (header.flags & SENT) !== 0 ? 'sent' : this.#restarted ? 'last' : 'unsent' }
  }

  /** Behind a record that does not read nothing can be found in its file. */
  #torn(reader: Reader): undefined {
    const { segment, at } = reader
    this.#logger.warn(
      { file: this.#path(segment), at, bytes: segment.bytes - at },
      'the end of a spool file does not read and is left out',
    )
    reader.at = segment.bytes
    return undefined
  }

  async #dropFirst(): Promise<void> {
    const segment = this.#segments.shift()!
    const reader = this.#reader
    const writer = this.#writer?.segment === segment ? this.#writer : undefined
    this.#reader = undefined
    if (writer !== undefined) this.#writer = undefined
    this.#bytes -= segment.bytes
    await reader?.handle.close()
    await writer?.handle.close()
    await rm(this.#path(segment), { force: true })
  }

  async #write(): Promise<void> {
    while (this.#appends.length > 0) {
      const group = this.#appends
      this.#appends = []
      const size = group.reduce((sum, a) => sum + a.bytes, 0)
      try {
        const { handle, segment } = await this.#segmentForWriting()
        const { bytesWritten } = await handle.writev(group.flatMap((a) => a.record))
        if (bytesWritten !== size) throw new Error(`the disk took ${bytesWritten} of ${size} bytes`)
        if (this.#config.fsync === 'each') await handle.datasync()
        segment.bytes += size
        for (const a of group) a.resolve()
      } catch (error) {
        this.#bytes -= size
        for (const a of group) a.reject(error as Error)
        // What a failed write left is torn: the next append begins a new file.
        await this.#writer?.handle.close().catch(() => {})
        this.#writer = undefined
      }
    }
    // In the same step as the look at the appends, so that none is left without a writer.
    this.#writing = undefined
  }

  async #segmentForWriting(): Promise<{ handle: FileHandle; segment: Segment }> {
    if (this.#writer !== undefined && this.#writer.segment.bytes < this.#config.segmentBytes)
      return this.#writer
    const full = this.#writer
    const segment = { number: this.#nextNumber++, bytes: 0 }
    const handle = await open(this.#path(segment), 'wx')
    this.#writer = { handle, segment }
    this.#segments.push(segment)
    await full?.handle.close()
    return this.#writer
  }

  #path(segment: Segment): string {
    return join(this.#config.dir, `${String(segment.number).padStart(8, '0')}${SUFFIX}`)
  }
}

/** The header of the record at `at`, undefined when no whole record stands there. */
async function readHeader(handle: FileHandle, at: number, end: number): Promise<Header | undefined> {
  const bytes = Buffer.alloc(HEADER_BYTES)
  const { bytesRead } = await handle.read(bytes, 0, HEADER_BYTES, at)
  if (bytesRead < HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC) return undefined
  const length = bytes.readUInt32LE(4)
  if (at + HEADER_BYTES + length > end) return undefined
  return { length, crc: bytes.readUInt32LE(8), flags: bytes.readUInt32LE(FLAGS_AT) }
}
