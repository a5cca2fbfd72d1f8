import { readSync } from 'node:fs'

const CHUNK_BYTES = 1 << 20

/**
 * A window that slides over an open file. Bytes that were taken stay as they are: a chunk is never written
 * again,
 * so a view of it costs no copy and holds at most one chunk in memory.
 */
export class ByteWindow {
  readonly #fd: number
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0
  #atEndOfFile = false
  /** Offset in the file of the next byte to take. */
  offset = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /** Bytes that can be taken without reading, once `has` was asked for as many. */
  get available(): number {
    return this.#end - this.#at
  }

  /** True when `count` more bytes stand in the file; reads them into the window. */
  has(count: number): boolean {
    if (this.#end - this.#at < count) this.#fill(count)
    return this.#end - this.#at >= count
  }

  /** The next `count` bytes, without moving on. Call `has(count)` first. */
  peek(count: number): Buffer {
    return this.#chunk.subarray(this.#at, this.#at + count)
  }

  /** The next `count` bytes. Call `has(count)` first. */
  take(count: number): Buffer {
    const bytes = this.peek(count)
    this.#at += bytes.length
    this.offset += bytes.length
    return bytes
  }

  #fill(count: number): void {
    if (this.#atEndOfFile) return
    const left = this.#end - this.#at
    const chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, count))
    this.#chunk.copy(chunk, 0, this.#at, this.#end)
    this.#chunk = chunk
    this.#at = 0
    this.#end = left
    while (this.#end < count) {
      const read = readSync(this.#fd, chunk, this.#end, chunk.length - this.#end, null)
      if (read === 0) {
        this.#atEndOfFile = true
        return
      }
      this.#end += read
    }
  }
}
