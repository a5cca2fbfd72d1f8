import { promisify } from 'node:util'
import { gunzip, gunzipSync, gzip } from 'node:zlib'
import type { StateStore } from '../../model/ports.js'
import { assignIds, EMPTY_SNAPSHOT, type Registry, type RegistrySnapshot } from '../../model/registry.js'
import { type Change, diffRegistry } from './diff.js'
import { type BlobHead, VersionedBlob } from './versioned_blob.js'

const gzipAsync = promisify(gzip)
const gunzipAsync = promisify(gunzip)

/** Versions that are kept; older ones go. */
const VERSIONS_KEPT = 10

export type RegistryHead = BlobHead

/**
 * The versions of the registry in the durable map: snapshots as JSON, gzipped, under `registry`. One operator
 * applies at a time: of two at once the later one holds, whole.
 */
export class RegistryStore {
  readonly #blob: VersionedBlob

  constructor(state: StateStore) {
    this.#blob = new VersionedBlob(state, 'registry', VERSIONS_KEPT)
  }

  /** The version in force; undefined where none was applied. */
  head(): Promise<RegistryHead | undefined> {
    return this.#blob.head()
  }

  /** The packed snapshot of a version. Rejects where it is not whole. */
  packed(head: RegistryHead): Promise<Uint8Array> {
    return this.#blob.read(head)
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
    await this.#blob.write(snapshot.version, await gzipAsync(JSON.stringify(snapshot)))
    return { snapshot, changes }
  }
}

/** Reads a packed snapshot; takes its time on the thread that calls. */
export const unpackSnapshot = (packed: Uint8Array): RegistrySnapshot =>
  JSON.parse(gunzipSync(packed).toString()) as RegistrySnapshot
