import { CryptoPan } from './crypto_pan.js'

/**
 * Pseudonyms under one key, remembered: a table of a fixed size in which an address has one place, so that the cipher
 * is not run for every flow. What comes to a taken place takes it over.
 */
export class Pseudonyms {
  readonly #pan: CryptoPan
  readonly #mask: number
  /** Address and image; a place is free while its `taken` is 0. */
  readonly #from4: Uint32Array
  readonly #to4: Uint32Array
  readonly #taken4: Uint8Array
  readonly #from6: Uint32Array
  readonly #to6: Uint32Array
  readonly #taken6: Uint8Array
  readonly #image = new Uint32Array(4)
  /** How often the cipher was run. */
  misses = 0

  constructor(key: Uint8Array, cacheEntries: number) {
    this.#pan = new CryptoPan(key)
    const entries = 2 ** Math.ceil(Math.log2(cacheEntries))
    this.#mask = entries - 1
    this.#from4 = new Uint32Array(entries)
    this.#to4 = new Uint32Array(entries)
    this.#taken4 = new Uint8Array(entries)
    this.#from6 = new Uint32Array(4 * entries)
    this.#to6 = new Uint32Array(4 * entries)
    this.#taken6 = new Uint8Array(entries)
  }

  map4(address: number): number {
    const slot = spread(address) & this.#mask
    if (this.#taken4[slot] === 1 && this.#from4[slot] === address) return this.#to4[slot]!
    this.misses++
    const image = this.#pan.map4(address)
    this.#from4[slot] = address
    this.#to4[slot] = image
    this.#taken4[slot] = 1
    return image
  }

  /** The image, four numbers, which hold until the next call. */
  map6(w0: number, w1: number, w2: number, w3: number): Uint32Array {
    const slot = spread(spread(spread(spread(w0) ^ w1) ^ w2) ^ w3) & this.#mask
    const at = 4 * slot
    const from = this.#from6
    const known =
      this.#taken6[slot] === 1 &&
      from[at] === w0 &&
      from[at + 1] === w1 &&
      from[at + 2] === w2 &&
      from[at + 3] === w3
    if (!known) {
      this.misses++
      this.#image.set([w0, w1, w2, w3])
      from.set(this.#image, at)
      this.#pan.map6(this.#image)
      this.#to6.set(this.#image, at)
      this.#taken6[slot] = 1
    }
    this.#image.set(this.#to6.subarray(at, at + 4))
    return this.#image
  }
}

function spread(word: number): number {
  const hash = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
