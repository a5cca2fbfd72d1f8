/** Longer texts are cut: names of interfaces and applications are shorter. */
export const TEXT_BYTES_MAX = 255
/** A power of two. */
const SLOTS = 1024

/**
 * Texts by their bytes. The names in records are few and come again and again: to compare bytes is several times faster
 * than to decode them. One slot a hash, the last text wins it.
 */
export class TextCache {
  readonly #bytes = new Uint8Array(SLOTS * TEXT_BYTES_MAX)
  readonly #lengths = new Int16Array(SLOTS).fill(-1)
  readonly #texts: string[] = new Array<string>(SLOTS).fill('')

  /** The text of up to `length` bytes at `o` of `b`: UTF-8, ends at a NUL, without blanks around it. */
  get(b: Uint8Array, o: number, length: number): string {
    const most = Math.min(length, TEXT_BYTES_MAX)
    let hash = 2_166_136_261
    let n = 0
    for (; n < most; n++) {
      const byte = b[o + n]!
      if (byte === 0) break
      hash = Math.imul(hash ^ byte, 16_777_619)
    }
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    if (this.#lengths[slot] === n && this.#equal(slot, b, o, n)) return this.#texts[slot]!
    const bytes = b.subarray(o, o + n)
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, n).toString('utf8').trim()
    this.#bytes.set(bytes, slot * TEXT_BYTES_MAX)
    this.#lengths[slot] = n
    this.#texts[slot] = text
    return text
  }

  #equal(slot: number, b: Uint8Array, o: number, n: number): boolean {
    const from = slot * TEXT_BYTES_MAX
    for (let i = 0; i < n; i++) if (this.#bytes[from + i] !== b[o + i]) return false
    return true
  }
}
