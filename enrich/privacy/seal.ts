import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { PrivacyKey } from './keys.js'

/**
 * What has to hold true addresses on disk for a while, sealed with AES-256-GCM under a key that is derived (HKDF, RFC
 * 5869) from a key of pseudonyms.
 *
 * ```
 *  "VSL1" │ u16 key id │ 12 bytes nonce │ ciphertext │ 16 bytes tag
 * ```
 *
 * What does not begin so is plain and is given back as it is: it was written before there were keys.
 */
const MAGIC = Buffer.from('VSL1')
const NONCE = 12
const TAG = 16
const HEAD = MAGIC.length + 2 + NONCE

/** Sealed bytes that no key opens. */
export class SealError extends Error {
  override readonly name = 'SealError'
}

export class Sealer {
  readonly #keys = new Map<number, Uint8Array>()
  readonly #newest: number

  /** @param keys the oldest first; without any, nothing is sealed */
  constructor(keys: readonly PrivacyKey[]) {
    for (const { id, bytes } of keys) {
      this.#keys.set(id, new Uint8Array(hkdfSync('sha256', bytes, '', 'vigie seal', 32)))
    }
    this.#newest = keys.at(-1)?.id ?? 0
  }

  seal(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const key = this.#keys.get(this.#newest)
    if (key === undefined || bytes.length === 0) return bytes as Uint8Array<ArrayBuffer>
    const out = Buffer.allocUnsafeSlow(HEAD + bytes.length + TAG)
    MAGIC.copy(out)
    out.writeUInt16LE(this.#newest, MAGIC.length)
    const nonce = randomBytes(NONCE)
    nonce.copy(out, MAGIC.length + 2)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    cipher.update(bytes).copy(out, HEAD)
    cipher.final()
    cipher.getAuthTag().copy(out, HEAD + bytes.length)
    return out
  }

  /** @throws SealError when its key is not here, or it is not what was sealed */
  open(bytes: Uint8Array): Uint8Array {
    if (!isSealed(bytes)) return bytes
    const sealed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const id = sealed.readUInt16LE(MAGIC.length)
    const key = this.#keys.get(id)
    if (key === undefined) throw new SealError(`sealed with privacy key ${id}, which is not configured here`)
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(MAGIC.length + 2, HEAD))
      decipher.setAuthTag(sealed.subarray(-TAG))
      return Buffer.concat([decipher.update(sealed.subarray(HEAD, -TAG)), decipher.final()])
    } catch {
      throw new SealError(`not what was sealed with privacy key ${id}`)
    }
  }
}

/** Whether bytes are sealed. */
export const isSealed = (bytes: Uint8Array): boolean =>
  bytes.length >= HEAD + TAG && MAGIC.every((byte, i) => bytes[i] === byte)
