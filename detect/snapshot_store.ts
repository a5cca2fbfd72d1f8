import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import type { SavedSnapshot, SnapshotKeeper, StateStore } from '../model/ports.js'

const pack = promisify(deflateRaw)
const unpack = promisify(inflateRaw)

/** A value of the state store stays below the message size that any NATS server takes. */
const CHUNK_BYTES = 512 * 1024

interface Head {
  readonly generation: number
  readonly chunks: number
  /** Length of each part, as it was given and as it is kept, bytes. */
  readonly parts?: readonly { readonly bytes: number; readonly packed: number }[]
  /** Of the one part, where `parts` is left out. */
  readonly bytes?: number
  readonly sha256: string
  readonly resumeAt: number
}

/**
 * A component's state in the state store: its parts, each packed by itself, one behind the other, in pieces; the detector's,
 * unless another name is given.
 *
 * ```
 *  detector.head   { generation, chunks, parts, sha256, resumeAt }   written last: it names pieces that are all there
 *  detector.0.0    detector.0.1 …                                    generations 0 and 1 take turns
 *  detector.1.0    detector.1.1 …
 * ```
 */
export class SnapshotStore implements SnapshotKeeper {
  readonly #state: StateStore
  #generation = 0
  readonly #chunks = [0, 0]
  readonly #name: string

  constructor(state: StateStore, name = 'detector') {
    this.#state = state
    this.#name = name
  }

  /** The state that was saved last; undefined when there is none. Rejects when it is not whole. */
  async load(): Promise<SavedSnapshot | undefined> {
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
    if (createHash('sha256').update(packed).digest('hex') !== head.sha256)
      throw new Error(`the ${this.#name}'s state is not what was written`)
    this.#generation = head.generation
    this.#chunks[head.generation] = head.chunks
    const parts: Uint8Array[] = []
    let at = 0
    // Version 0.2 kept one part and did not say so.
    for (const part of head.parts ?? [{ bytes: head.bytes!, packed: packed.length }]) {
      const { bytes, packed: length } = part
      const maxOutputLength = Math.max(1, bytes)
      parts.push(await unpack(packed.subarray(at, at + length), { maxOutputLength }))
      at += length
    }
    return { parts, resumeAt: head.resumeAt }
  }

  async save({ parts, resumeAt }: SavedSnapshot): Promise<number> {
    const generation = 1 - this.#generation
    const hash = createHash('sha256')
    const lengths: { bytes: number; packed: number }[] = []
    let waiting = Buffer.alloc(0)
    let chunks = 0
    const put = async (least: number): Promise<void> => {
      for (; waiting.length >= least; waiting = waiting.subarray(CHUNK_BYTES))
        await this.#state.put(`${this.#name}.${generation}.${chunks++}`, waiting.subarray(0, CHUNK_BYTES))
    }
    for (const part of parts) {
      const packed = await pack(part, { level: 1 })
      hash.update(packed)
      lengths.push({ bytes: part.length, packed: packed.length })
      waiting = Buffer.concat([waiting, packed])
      await put(CHUNK_BYTES)
    }
    await put(1)
    const head: Head = { generation, chunks, parts: lengths, sha256: hash.digest('hex'), resumeAt }
    await this.#state.put(`${this.#name}.head`, Buffer.from(JSON.stringify(head)))
    // Pieces of a larger state that stood here before.
    for (let i = chunks; i < this.#chunks[generation]!; i++)
      await this.#state.delete(`${this.#name}.${generation}.${i}`)
    this.#chunks[generation] = chunks
    this.#generation = generation
    return lengths.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}
