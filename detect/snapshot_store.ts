import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import type { StateStore } from '../model/ports.js'

const pack = promisify(deflateRaw)
const unpack = promisify(inflateRaw)

/** A value of the state store stays below the message size that any NATS server takes. */
const CHUNK_BYTES = 512 * 1024

/** What a saved state says of itself. */
export interface SavedState {
  readonly snapshot: Uint8Array
  /** Where the stream of partials must be read from. */
  readonly resumeAt: number
}

interface Head {
  readonly generation: number
  readonly chunks: number
  readonly bytes: number
  readonly sha256: string
  readonly resumeAt: number
}

/**
 * A component's state in the state store, in pieces; the detector's, unless another name is given.
 *
 * ```
 *  detector.head   { generation, chunks, sha256, resumeAt }     written last: it names pieces that are all there
 *  detector.0.0    detector.0.1 …                               generations 0 and 1 take turns
 *  detector.1.0    detector.1.1 …
 * ```
 */
export class SnapshotStore {
  readonly #state: StateStore
  #generation = 0
  readonly #chunks = [0, 0]
  readonly #name: string

  constructor(state: StateStore, name = 'detector') {
    this.#state = state
    this.#name = name
  }

  /** The state that was saved last; undefined when there is none. Rejects when it is not whole. */
  async load(): Promise<SavedState | undefined> {
    const bytes = await this.#state.get(`${this.#name}.head`)
    if (bytes === undefined) return undefined
    const head = JSON.parse(Buffer.from(bytes).toString()) as Head
    const chunks: Uint8Array[] = []
    for (let i = 0; i < head.chunks; i++) {
      const chunk = await this.#state.get(`${this.#name}.${head.generation}.${i}`)
      if (chunk === undefined) throw new Error(`the ${this.#name}'s state lacks piece ${i} of ${head.chunks}`)
      chunks.push(chunk)
    }
    const packed = Buffer.concat(chunks)
    if (digest(packed) !== head.sha256) throw new Error(`the ${this.#name}'s state is not what was written`)
    this.#generation = head.generation
    this.#chunks[head.generation] = head.chunks
    return { snapshot: await unpack(packed, { maxOutputLength: head.bytes }), resumeAt: head.resumeAt }
  }

  async save({ snapshot, resumeAt }: SavedState): Promise<void> {
    const packed = await pack(snapshot, { level: 1 })
    const generation = 1 - this.#generation
    const chunks = Math.ceil(packed.length / CHUNK_BYTES)
    for (let i = 0; i < chunks; i++) {
      const chunk = packed.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)
      await this.#state.put(`${this.#name}.${generation}.${i}`, chunk)
    }
    const head: Head = { generation, chunks, bytes: snapshot.length, sha256: digest(packed), resumeAt }
    await this.#state.put(`${this.#name}.head`, Buffer.from(JSON.stringify(head)))
    // Pieces of a larger state that stood here before.
    for (let i = chunks; i < this.#chunks[generation]!; i++)
      await this.#state.delete(`${this.#name}.${generation}.${i}`)
    this.#chunks[generation] = chunks
    this.#generation = generation
  }
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
