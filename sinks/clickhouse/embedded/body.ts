import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { storeError } from './http_error.js'
import { header } from './request.js'

/**
 * Pieces are copied together before they are written: a write for each would cost more than its bytes, and pieces that are
 * kept grow old and are freed late.
 */
const WRITE_BYTES = 1024 * 1024

/** The body of a request, read piece by piece. */
export class RequestBody {
  readonly #request: IncomingMessage
  readonly #encoding: string
  #chunks: AsyncIterator<Buffer> | undefined
  #unpacked: Readable | undefined

  constructor(request: IncomingMessage) {
    this.#request = request
    const encoding = header(request, 'content-encoding')?.toLowerCase() ?? ''
    this.#encoding = encoding === 'identity' ? '' : encoding
  }

  /** The engine's word for how the bytes are packed as they came: `none`, `gzip`, `zstd`, … */
  get packing(): string {
    return this.#encoding === '' ? 'none' : this.#encoding
  }

  /**
   * Unpacked bytes: at least `wanted` unless the body ends before, and how it goes on.
   * @throws HttpError when the body is packed in a way that cannot be unpacked here
   */
  async head(wanted: number): Promise<{ bytes: Buffer; ended: boolean }> {
    this.#unpacked = this.#unpack()
    const source = this.#unpacked ?? this.#request
    this.#chunks = source.iterator({ destroyOnReturn: false })
    const parts: Buffer[] = []
    let size = 0
    while (size < wanted) {
      const { done, value } = await this.#chunks.next()
      if (done === true) return { bytes: Buffer.concat(parts), ended: true }
      parts.push(value)
      size += value.length
    }
    return { bytes: Buffer.concat(parts), ended: false }
  }

  /** What follows the head; the whole body, packed as it came, when no head was taken. */
  async *rest(): AsyncIterableIterator<Buffer> {
    this.#chunks ??= this.#request.iterator({ destroyOnReturn: false })
    for (let at = await this.#chunks.next(); at.done !== true; at = await this.#chunks.next()) yield at.value
    // A body that was cut off ends without an error on some ways of transfer; half of it must not be inserted.
    if (!this.#request.complete)
      throw storeError(3, 'UNEXPECTED_END_OF_FILE', 'The connection was closed before the body was complete.')
  }

  /** Lets go of the request; what it still brings can be read by others. */
  async close(): Promise<void> {
    await this.#chunks?.return?.()
    if (this.#unpacked === undefined) return
    this.#request.unpipe()
    this.#unpacked.destroy()
  }

  #unpack(): Readable | undefined {
    if (this.#encoding === '') return undefined
    const unpackers = {
      gzip: createGunzip,
      'x-gzip': createGunzip,
      deflate: createInflate,
      br: createBrotliDecompress,
    }
    const unpack = unpackers[this.#encoding as keyof typeof unpackers]
    if (unpack === undefined) {
      const message = `A query cannot be read from a body packed with ${this.#encoding}: put it into the URL.`
      throw storeError(89, 'UNKNOWN_COMPRESSION_METHOD', message)
    }
    const unpacked = unpack()
    this.#request.once('error', (error) => unpacked.destroy(error))
    this.#request.once('aborted', () => unpacked.destroy(new Error('the body was cut off')))
    return this.#request.pipe(unpacked)
  }
}

/** A file that holds the data of one insert. */
export interface SpooledData {
  readonly path: string
  remove(): Promise<void>
}

/**
 * Writes data to a file of its own in `dir`. The page cache holds it, and it is gone before the kernel thinks of writing
 * it to the disk.
 * @throws HttpError when it is over `bytesMax`
 */
export async function spool(
  dir: string,
  parts: AsyncIterable<Buffer> | Iterable<Buffer>,
  bytesMax: number,
): Promise<SpooledData> {
  const path = join(dir, randomUUID())
  const remove = (): Promise<void> => unlink(path).catch(() => undefined)
  const file = await open(path, 'wx', 0o600)
  try {
    await writeAll(file, parts, bytesMax)
  } catch (error) {
    await remove()
    throw error
  } finally {
    await file.close()
  }
  return { path, remove }
}

async function writeAll(
  file: FileHandle,
  parts: AsyncIterable<Buffer> | Iterable<Buffer>,
  bytesMax: number,
): Promise<void> {
  const gathered = Buffer.allocUnsafeSlow(WRITE_BYTES)
  let filled = 0
  let total = 0
  for await (const part of parts) {
    total += part.length
    if (total > bytesMax)
      throw storeError(307, 'TOO_MANY_BYTES', `The data of the insert is over ${bytesMax} bytes.`)
    for (let at = 0; at < part.length; ) {
      const copied = part.copy(gathered, filled, at)
      filled += copied
      at += copied
      if (filled < WRITE_BYTES) continue
      await file.writeFile(gathered)
      filled = 0
    }
  }
  if (filled > 0) await file.writeFile(gathered.subarray(0, filled))
}
