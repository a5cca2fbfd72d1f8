/** What `ByteReader` throws when bytes end early or are not what their reader expects. */
export class BytesError extends Error {
  override readonly name = 'BytesError'
}

/**
 * Writes numbers into bytes that grow. Integers are varints (7 bits a byte, low first), because most numbers of a partial
 * are small; addresses take 5 bytes for IPv4 and 17 for IPv6.
 */
export class ByteWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): void {
    this.#room(1)
    this.#bytes[this.#length++] = value
  }

  /** A whole number from 0 to 2^53. */
  varint(value: number): void {
    this.#room(8)
    let rest = value
    while (rest >= 0x10000000) {
      this.#bytes[this.#length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  /** Four words of an address column, starting at `at`. */
  address(words: Uint32Array, at: number): void {
    this.#room(17)
    const v4 = words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0xffff0000
    this.#bytes[this.#length++] = v4 ? 4 : 6
    for (let i = v4 ? 3 : 0; i < 4; i++) this.#word(words[at + i]!)
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Writes the length of what `other` holds, then that; `other` is empty afterwards. */
  section(other: ByteWriter): void {
    this.varint(other.#length)
    this.raw(other.#bytes.subarray(0, other.#length))
    other.#length = 0
  }

  /** A copy of what was written; the writer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length)
    this.#length = 0
    return taken
  }

  #word(word: number): void {
    this.#bytes[this.#length++] = word
    this.#bytes[this.#length++] = word >>> 8
    this.#bytes[this.#length++] = word >>> 16
    this.#bytes[this.#length++] = word >>> 24
  }

  #room(n: number): void {
    if (this.#length + n <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + n))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

/** Reads what `ByteWriter` wrote; throws `BytesError` at the first byte that is missing. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0
  readonly #end: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  get left(): number {
    return this.#end - this.#at
  }

  u8(): number {
    if (this.#at >= this.#end) throw new BytesError('the partial ends early')
    return this.#bytes[this.#at++]!
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw new BytesError('a number of the partial is too long')
  }

  /** Reads an address into four words of `words` at `at`. */
  address(words: Uint32Array, at: number): void {
    const family = this.u8()
    if (family !== 4 && family !== 6) throw new BytesError(`the partial names address family ${family}`)
    if (family === 4) {
      words[at] = 0
      words[at + 1] = 0
      words[at + 2] = 0xffff0000
    }
    for (let i = family === 4 ? 3 : 0; i < 4; i++) words[at + i] = this.#word()
  }

  raw(length: number): Uint8Array {
    if (length > this.left) throw new BytesError('the partial ends early')
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return bytes
  }

  skip(length: number): void {
    if (length > this.left) throw new BytesError('the partial ends early')
    this.#at += length
  }

  /** A reader of the next `length` bytes, which this one steps over. */
  section(length: number): ByteReader {
    if (length > this.left) throw new BytesError('the partial ends early')
    const reader = new ByteReader(this.#bytes, this.#at, this.#at + length)
    this.#at += length
    return reader
  }

  #word(): number {
    if (this.left < 4) throw new BytesError('the partial ends early')
    const b = this.#bytes
    const at = this.#at
    this.#at += 4
    return (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)) >>> 0
  }
}
