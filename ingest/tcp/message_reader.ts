/**
 * Cuts a stream into IPFIX messages by the length in their headers (RFC 7011 section 3.1). At most one message and
 * one read of the socket are held.
 *
 * ```
 * version 10 u16 | length u16, header included | …
 * ```
 */
const HEADER_BYTES = 16
const VERSION = 10
const NOTHING = new Uint8Array(0)

export class MessageReader {
  /** What has come of a message that is not whole. */
  #rest: Uint8Array = NOTHING

  /** Bytes of a message that is not whole yet. */
  get pending(): number {
    return this.#rest.length
  }

  /**
   * Takes what was read; `take` gets each whole message, which stays valid. Gives what cannot be the begin of a
   * message, if anything: nothing after it can be read.
   */
  read(chunk: Uint8Array, take: (message: Uint8Array) => void): Uint8Array | undefined {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    while (at + 4 <= bytes.length) {
      const version = (bytes[at]! << 8) | bytes[at + 1]!
      const length = (bytes[at + 2]! << 8) | bytes[at + 3]!
      if (version !== VERSION || length < HEADER_BYTES) {
        this.#rest = NOTHING
        return bytes.subarray(at)
      }
      if (at + length > bytes.length) break
      take(bytes.subarray(at, at + length))
      at += length
    }
    // A copy: a few bytes must not hold the memory of a whole read.
    this.#rest = at === bytes.length ? NOTHING : Uint8Array.from(bytes.subarray(at))
    return undefined
  }
}
