import { type Cipher, createCipheriv } from 'node:crypto'

export const KEY_BYTES = 32
const BLOCK = 16

/**
 * Crypto-PAn (Xu, Fan, Ammar, Moon: Prefix-Preserving IP Address Anonymization, 2002): a keyed one-to-one map of addresses; two
 * that share their first n bits share the first n bits of their images, and no more.
 *
 * ```
 * bit n of the image = bit n of the address XOR first bit of AES(first n bits of the address, then those of the pad)
 * key: 16 bytes of AES key, 16 bytes of which AES makes the pad
 * ```
 *
 * IPv6 is the same over 128 bits. All bits of an address are one call of the cipher.
 */
export class CryptoPan {
  readonly #cipher: Cipher
  readonly #pad: Uint8Array
  readonly #blocks4 = Buffer.alloc(32 * BLOCK)
  readonly #blocks6 = Buffer.alloc(128 * BLOCK)

  /** @throws RangeError when the key is not of 32 bytes */
  constructor(key: Uint8Array) {
    if (key.length !== KEY_BYTES) throw new RangeError(`a key of ${KEY_BYTES} bytes, not of ${key.length}`)
    this.#cipher = createCipheriv('aes-128-ecb', key.subarray(0, 16), null).setAutoPadding(false)
    this.#pad = this.#cipher.update(key.subarray(16, 32))
  }

  /** The image of an IPv4 address, as a number. */
  map4(address: number): number {
    const blocks = this.#blocks4
    this.#fill(blocks, 32, [address])
    return (address ^ firstBits(this.#cipher.update(blocks), 0)) >>> 0
  }

  /** Writes the image of an IPv6 address, four numbers, in place. */
  map6(words: Uint32Array): void {
    const blocks = this.#blocks6
    this.#fill(blocks, 128, words)
    const encrypted = this.#cipher.update(blocks)
    for (let i = 0; i < 4; i++) words[i]! ^= firstBits(encrypted, 32 * i)
  }

  /** Block n: the first n bits of the address, then those of the pad. */
  #fill(blocks: Buffer, bits: number, words: ArrayLike<number>): void {
    const pad = this.#pad
    for (let n = 0; n < bits; n++) {
      const at = n * BLOCK
      blocks.set(pad, at)
      for (let i = 0; 8 * i < n; i++) {
        const byte = (words[i >>> 2]! >>> (24 - 8 * (i & 3))) & 255
        const taken = n - 8 * i
        const mask = taken >= 8 ? 255 : (255 << (8 - taken)) & 255
        blocks[at + i] = (byte & mask) | (pad[i]! & ~mask)
      }
    }
  }
}

/** The first bits of 32 blocks, as one number. */
function firstBits(encrypted: Uint8Array, from: number): number {
  let bits = 0
  for (let n = 0; n < 32; n++) bits = (bits << 1) | (encrypted[(from + n) * BLOCK]! >>> 7)
  return bits
}
