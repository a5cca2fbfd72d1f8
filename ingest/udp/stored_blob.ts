import { crc32 } from 'node:zlib'
import type { StateStore } from '../../model/ports.js'

/**
 * A value of any size under one key of a StateStore, whose own values are bounded by the payload of a message.
 *
 * ```
 *  <key>                   0 u32 magic "VGB1" │ 4 u32 CRC-32 of the value │ 8 u32 length of the value
 *                         12 u32 generation   │ 16 u32 chunks             │ 20 the value, when chunks is 0
 *  <key>.<generation>.<i>  the value cut to chunks, when it is large
 * ```
 *
 * Numbers are little-endian. The key is written after the chunks of its generation and before those of the generation
 * before are deleted: wherever it is interrupted, what the key points to is whole.
 */
const MAGIC = 0x31424756
const HEADER_BYTES = 20
const CHUNK_BYTES = 512 * 1024

interface Head {
  readonly crc: number
  readonly bytes: number
  readonly generation: number
  readonly chunks: number
}

export class StoredBlob {
  readonly #store: StateStore
  readonly #key: string
  #head: Head | undefined

  constructor(store: StateStore, key: string) {
    this.#store = store
    this.#key = key
  }

  /**
   * The value, or undefined when there is none.
   * @throws Error when it is there but does not read: a chunk is missing, the checksum or the version is wrong
   */
  async load(): Promise<Uint8Array | undefined> {
    const stored = await this.#store.get(this.#key)
    if (stored === undefined) return undefined
    const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength)
    if (stored.length < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) {
      throw new Error(`${this.#key}: this is no value that this version of Vigie wrote`)
    }
    const head = {
      crc: view.getUint32(4, true),
      bytes: view.getUint32(8, true),
      generation: view.getUint32(12, true),
      chunks: view.getUint32(16, true),
    }
    this.#head = head
    const parts = head.chunks === 0 ? [stored.subarray(HEADER_BYTES)] : await this.#loadChunks(head)
    const value = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    if (value.length !== head.bytes || crc32(value) !== head.crc) {
      throw new Error(`${this.#key}: the checksum is wrong`)
    }
    return value
  }

  /** Resolves when the value is durable. One save at a time: wait for it before the next. */
  async save(value: Uint8Array): Promise<void> {
    const before = this.#head
    const chunks = value.length <= CHUNK_BYTES ? 0 : Math.ceil(value.length / CHUNK_BYTES)
    const generation = ((before?.generation ?? 0) + 1) >>> 0
    const head: Head = { crc: crc32(value), bytes: value.length, generation, chunks }
    for (let i = 0; i < chunks; i++) {
      await this.#store.put(
        this.#chunkKey(generation, i),
        value.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES),
      )
    }
    await this.#store.put(
      this.#key,
      Buffer.concat([encodeHead(head), chunks === 0 ? value : new Uint8Array(0)]),
    )
    this.#head = head
    await this.#deleteChunks(before)
  }

  async delete(): Promise<void> {
    await this.#store.delete(this.#key)
    await this.#deleteChunks(this.#head)
    this.#head = undefined
  }

  async #loadChunks(head: Head): Promise<Uint8Array[]> {
    const chunks: Uint8Array[] = []
    for (let i = 0; i < head.chunks; i++) {
      const chunk = await this.#store.get(this.#chunkKey(head.generation, i))
      if (chunk === undefined) throw new Error(`${this.#key}: chunk ${i} of ${head.chunks} is missing`)
      chunks.push(chunk)
    }
    return chunks
  }

  async #deleteChunks(head: Head | undefined): Promise<void> {
    if (head === undefined) return
    for (let i = 0; i < head.chunks; i++) await this.#store.delete(this.#chunkKey(head.generation, i))
  }

  #chunkKey(generation: number, i: number): string {
    return `${this.#key}.${generation}.${i}`
  }
}

function encodeHead(head: Head): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, head.crc, true)
  view.setUint32(8, head.bytes, true)
  view.setUint32(12, head.generation, true)
  view.setUint32(16, head.chunks, true)
  return bytes
}
