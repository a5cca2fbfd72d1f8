import { createHash } from 'node:crypto'
import type { StateStore } from '../../model/ports.js'

/** A value stays below the message size that any NATS server takes (1 MiB unless it was raised). */
const CHUNK_BYTES = 512 * 1024

/** Which version is in force. It is written last, so that what it names is there. */
export interface BlobHead {
  readonly version: number
  readonly chunks: number
  /** Of the bytes. */
  readonly sha256: string
}

/**
 * Versions of something too large for one value of the durable map.
 *
 * ```
 *  NAME.head            { version, chunks, sha256 }
 *  NAME.version.7.0     the bytes, in pieces of 512 KiB
 *  NAME.version.7.1     …
 * ```
 *
 * One writes at a time: of two at once the later one holds, whole.
 */
export class VersionedBlob {
  readonly #state: StateStore
  readonly #name: string
  readonly #versionsKept: number

  constructor(state: StateStore, name: string, versionsKept: number) {
    this.#state = state
    this.#name = name
    this.#versionsKept = versionsKept
  }

  /** The version in force; undefined where there is none. */
  async head(): Promise<BlobHead | undefined> {
    const bytes = await this.#state.get(`${this.#name}.head`)
    return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString()) as BlobHead)
  }

  /** The bytes of a version. Rejects where it is not whole. */
  async read(head: BlobHead): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    for (let i = 0; i < head.chunks; i++) {
      const chunk = await this.#state.get(this.#chunkKey(head.version, i))
      if (chunk === undefined)
        throw new Error(`${this.#name} version ${head.version} lacks piece ${i} of ${head.chunks}`)
      chunks.push(chunk)
    }
    const bytes = Buffer.concat(chunks)
    if (digest(bytes) !== head.sha256)
      throw new Error(`${this.#name} version ${head.version} is not what was written`)
    return bytes
  }

  /** Puts a version in force; the oldest ones go. */
  async write(version: number, bytes: Uint8Array): Promise<void> {
    const chunks = Math.ceil(bytes.length / CHUNK_BYTES)
    for (let i = 0; i < chunks; i++) {
      const chunk = bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)
      await this.#state.put(this.#chunkKey(version, i), chunk)
    }
    const head: BlobHead = { version, chunks, sha256: digest(bytes) }
    await this.#state.put(`${this.#name}.head`, Buffer.from(JSON.stringify(head)))
    await this.#prune(version)
  }

  async #prune(version: number): Promise<void> {
    for (const key of await this.#state.keys(`${this.#name}.version.`)) {
      if (Number(key.split('.')[2]) <= version - this.#versionsKept) await this.#state.delete(key)
    }
  }

  #chunkKey(version: number, i: number): string {
    return `${this.#name}.version.${version}.${i}`
  }
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
