/**
 * Writes big-endian values one after the other into a buffer of its own. The caller keeps within
 * `bytes.length`.
 */
export class Writer {
  readonly bytes: Uint8Array
  readonly #view: DataView
  offset = 0

  constructor(size: number) {
    this.bytes = new Uint8Array(size)
    this.#view = new DataView(this.bytes.buffer)
  }

  /** An unsigned number in `length` bytes (1 to 8); too large a number becomes the largest. */
  uint(value: number, length: number): void {
    const whole = Math.max(0, Math.floor(value))
    if (length === 4) this.u32(Math.min(whole, 0xffffffff))
    else if (length === 8) this.u64(Math.min(whole, Number.MAX_SAFE_INTEGER))
    else if (length === 2) this.u16(Math.min(whole, 0xffff))
    else if (length === 1) this.u8(Math.min(whole, 0xff))
    else this.#odd(Math.min(whole, 2 ** (8 * length) - 1), length)
  }

  #odd(value: number, length: number): void {
    let rest = value
    for (let i = length - 1; i >= 0; i--) {
      this.bytes[this.offset + i] = rest % 256
      rest = Math.floor(rest / 256)
    }
    this.offset += length
  }

  u8(value: number): void {
    this.bytes[this.offset++] = value
  }

  u16(value: number): void {
    this.#view.setUint16(this.offset, value)
    this.offset += 2
  }

  /** The low 32 bits of a whole number. */
  u32(value: number): void {
    this.#view.setUint32(this.offset, value % 2 ** 32)
    this.offset += 4
  }

  /** A whole number up to 2^53. */
  u64(value: number): void {
    this.u32(Math.floor(value / 2 ** 32))
    this.u32(value)
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.offset)
    this.offset += bytes.length
  }

  zeros(count: number): void {
    this.bytes.fill(0, this.offset, this.offset + count)
    this.offset += count
  }

  /** Text in a field of fixed length: cut between characters, filled up with zeros. */
  text(text: string, length: number): void {
    const start = this.offset
    this.bytes.fill(0, start, start + length)
    TEXT.encodeInto(text, this.bytes.subarray(start, start + length))
    this.offset = start + length
  }

  /** Text of variable length, up to 254 bytes (RFC 7011, section 7). */
  varText(text: string): void {
    const at = this.offset++
    const { written } = TEXT.encodeInto(text, this.bytes.subarray(this.offset, this.offset + 254))
    this.bytes[at] = written
    this.offset += written
  }

  /** Goes back to fill in what was not known before. */
  patch16(at: number, value: number): void {
    this.#view.setUint16(at, value)
  }
}

const TEXT = new TextEncoder()
