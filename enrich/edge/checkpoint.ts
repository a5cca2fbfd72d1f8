import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { StateStore } from '../../model/ports.js'

const gzipAsync = promisify(gzip) as (bytes: string, options: { level: number }) => Promise<Buffer>
const gunzipAsync = promisify(gunzip)

/** What was remembered when the payload `sequence` had been applied and stored. */
export interface Checkpoint {
  readonly sequence: number
  /** When the stream was made: sequences of another one are others. */
  readonly created: string
  /** JSON. */
  readonly state: string
}

interface Head {
  readonly sequence: number
  readonly created: string
  readonly slot: number
  readonly chunks: number
  readonly sha256: string
}

/** A value stays below the message size that any NATS server takes. */
const CHUNK_BYTES = 512 * 1024
const HEAD = 'edge.checkpoint.head'

/**
 * The newest checkpoint in the durable map: the state as gzipped JSON in pieces, in one of two slots by turns, then the head,
 * so that what the head names is there whole.
 */
export class CheckpointStore {
  readonly #state: StateStore
  #slot = 0
  readonly #chunks = [0, 0]

  constructor(state: StateStore) {
    this.#state = state
  }

  /** @throws Error when what the head names is not there */
  async load(): Promise<Checkpoint | undefined> {
    const bytes = await this.#state.get(HEAD)
    if (bytes === undefined) return undefined
    const head = JSON.parse(Buffer.from(bytes).toString()) as Head
    const chunks: Uint8Array[] = []
    for (let i = 0; i < head.chunks; i++) {
      const chunk = await this.#state.get(keyOf(head.slot, i))
      if (chunk === undefined) throw new Error(`the checkpoint of edges lacks piece ${i} of ${head.chunks}`)
      chunks.push(chunk)
    }
    const packed = Buffer.concat(chunks)
    if (digest(packed) !== head.sha256) throw new Error('the checkpoint of edges is not what was written')
    this.#slot = 1 - head.slot
    this.#chunks[head.slot] = head.chunks
    const { sequence, created } = head
    return { sequence, created, state: (await gunzipAsync(packed)).toString() }
  }

  async save({ sequence, created, state }: Checkpoint): Promise<void> {
    const packed = await gzipAsync(state, { level: 1 })
    const slot = this.#slot
    const chunks = Math.ceil(packed.length / CHUNK_BYTES)
    for (let i = 0; i < chunks; i++)
      await this.#state.put(keyOf(slot, i), packed.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES))
    const head: Head = { sequence, created, slot, chunks, sha256: digest(packed) }
    await this.#state.put(HEAD, Buffer.from(JSON.stringify(head)))
    for (let i = chunks; i < this.#chunks[slot]!; i++) await this.#state.delete(keyOf(slot, i))
    this.#chunks[slot] = chunks
    this.#slot = 1 - slot
  }
}

const keyOf = (slot: number, i: number): string => `edge.checkpoint.${slot}.${i}`
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
