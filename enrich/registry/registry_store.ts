import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gunzipSync, gzip } from 'node:zlib'
import type { StateStore } from '../../model/ports.js'
import { assignIds, EMPTY_SNAPSHOT, type Registry, type RegistrySnapshot } from '../../model/registry.js'
import { type Change, diffRegistry } from './diff.js'

const gzipAsync = promisify(gzip)
const gunzipAsync = promisify(gunzip)

/** A value stays below the message size that any NATS server takes (1 MiB unless it was raised). */
const CHUNK_BYTES = 512 * 1024
/** Versions that are kept; older ones go. */
const VERSIONS_KEPT = 10
const HEAD = 'registry.head'

/** Which version is in force. It is written last, so that what it names is there. */
export interface RegistryHead {
  readonly version: number
  readonly chunks: number
  /** Of the packed snapshot. */
  readonly sha256: string
}

/**
 * The versions of the registry in the durable map.
 *
 * ```
 *  registry.head            { version, chunks, sha256 }
 *  registry.version.7.0     the snapshot as JSON, gzipped, in pieces of 512 KiB
 *  registry.version.7.1     …
 * ```
 *
 * One operator applies at a time: of two at once the later one holds, whole.
 */
export class RegistryStore {
  readonly #state: StateStore

  constructor(state: StateStore) {
    this.#state = state
  }

  /** The version in force; undefined where none was applied. */
  async head(): Promise<RegistryHead | undefined> {
    const bytes = await this.#state.get(HEAD)
    return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString()) as RegistryHead)
  }

  /** The packed snapshot of a version. Rejects where it is not whole. */
  async packed(head: RegistryHead): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    for (let i = 0; i < head.chunks; i++) {
      const chunk = await this.#state.get(chunkKey(head.version, i))
      if (chunk === undefined)
        throw new Error(`registry version ${head.version} lacks piece ${i} of ${head.chunks}`)
      chunks.push(chunk)
    }
    const packed = Buffer.concat(chunks)
    if (digest(packed) !== head.sha256)
      throw new Error(`registry version ${head.version} is not what was written`)
    return packed
  }

  /** What is in force; the empty registry where none was applied. */
  async current(): Promise<RegistrySnapshot> {
    const head = await this.head()
    if (head === undefined) return EMPTY_SNAPSHOT
    return JSON.parse((await gunzipAsync(await this.packed(head))).toString()) as RegistrySnapshot
  }

  /**
   * Puts `registry` in force as the next version, with the numbers its entries have had; nothing where
   * nothing changes.
   */
  async apply(registry: Registry): Promise<{ snapshot: RegistrySnapshot; changes: Change[] }> {
    const before = await this.current()
    // Values are compared as they are stored: without keys that are undefined.
    const plain = JSON.parse(JSON.stringify(registry)) as Registry
    const changes = diffRegistry(before.registry, plain)
    if (changes.length === 0 && before.version > 0) return { snapshot: before, changes }
    const snapshot = { version: before.version + 1, registry: plain, ids: assignIds(plain, before.ids) }
    const packed = await gzipAsync(JSON.stringify(snapshot))
    const chunks = Math.ceil(packed.length / CHUNK_BYTES)
    for (let i = 0; i < chunks; i++) {
      const chunk = packed.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)
      await this.#state.put(chunkKey(snapshot.version, i), chunk)
    }
    const head: RegistryHead = { version: snapshot.version, chunks, sha256: digest(packed) }
    await this.#state.put(HEAD, Buffer.from(JSON.stringify(head)))
    await this.#prune(snapshot.version)
    return { snapshot, changes }
  }

  async #prune(version: number): Promise<void> {
    for (const key of await this.#state.keys('registry.version.')) {
      if (Number(key.split('.')[2]) <= version - VERSIONS_KEPT) await this.#state.delete(key)
    }
  }
}

const chunkKey = (version: number, i: number): string => `registry.version.${version}.${i}`
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Reads a packed snapshot; takes its time on the thread that calls. */
export const unpackSnapshot = (packed: Uint8Array): RegistrySnapshot =>
  JSON.parse(gunzipSync(packed).toString()) as RegistrySnapshot
