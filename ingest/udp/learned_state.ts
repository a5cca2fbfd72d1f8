import type { Logger, StateStore } from '../../model/ports.js'
import type { Learner } from './ports.js'
import { StoredBlob } from './stored_blob.js'

/** Saves under way at one time. */
const SAVES_MAX = 64
const LOADS_MAX = 64
/** What has changed is saved after this at the latest, as long as the store takes it. */
const DELAY_MS_MAX = 1000
const LOOK_MS = 20
/** A large state is saved less often: a millisecond's pause for so many bytes. */
const BYTES_PER_MS = 1024

/** An exporter, as far as its learned state goes. */
export interface LearnedFrom {
  readonly address: string
  /** 16 bytes. */
  readonly bytes16: Uint8Array
}

interface Slot {
  readonly exporter: LearnedFrom
  readonly blob: StoredBlob
  dirty: boolean
  saving: boolean
  /** Not saved again before this moment of the monotonic clock. */
  notBeforeMs: number
}

export interface LearnedStateDeps {
  readonly store: StateStore
  readonly learner: Learner
  readonly logger: Logger
}

/**
 * What the learner knows, kept in the state store: one value an exporter, so that a new template costs one small write.
 *
 * A change is written in the turn in which it was learned, before the frame that relies on it is even closed: a frame
 * that reached the stream over the same connection comes behind the write. Further changes of an exporter follow when
 * the write is done, up to a second later, so that an exporter that changes without end costs a bounded rate.
 */
export class LearnedState {
  readonly #prefix: string
  readonly #deps: LearnedStateDeps
  readonly #slots = new Map<string, Slot>()
  /** To be saved as soon as there is room, and those whose pause is not over. */
  readonly #ready = new Set<Slot>()
  readonly #paused = new Set<Slot>()
  #saving = 0
  #timer: NodeJS.Timeout | undefined
  #idle: (() => void) | undefined
  saves = 0
  failures = 0

  /** @param prefix of the keys; an exporter's is the prefix and its 16 bytes in hexadecimal */
  constructor(prefix: string, deps: LearnedStateDeps) {
    this.#prefix = prefix
    this.#deps = deps
  }

  /** Teaches the learner what is stored, of at most `exportersMax` exporters. What does not read is left out and told. */
  async restore(exportersMax: number): Promise<{ exporters: number; faulty: number }> {
    const names = (await this.#deps.store.keys(this.#prefix)).map((key) => key.slice(this.#prefix.length))
    const all = names.filter((name) => /^[0-9a-f]{32}$/.test(name))
    const queue = all.slice(0, exportersMax)
    let exporters = 0
    let faulty = 0
    const load = async (): Promise<void> => {
      for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
        if (await this.#load(name)) exporters++
        else faulty++
      }
    }
    await Promise.all(Array.from({ length: LOADS_MAX }, load))
    for (const name of all.slice(exportersMax))
      await new StoredBlob(this.#deps.store, this.#prefix + name).delete()
    return { exporters, faulty }
  }

  async #load(name: string): Promise<boolean> {
    const bytes16 = Buffer.from(name, 'hex')
    const slot = this.#slot(name, { address: name, bytes16 })
    try {
      const value = await slot.blob.load()
      if (value !== undefined) this.#deps.learner.restore(value)
      return true
    } catch (error) {
      this.#deps.logger.warn(
        { exporter: name, error: (error as Error).message },
        'learned state does not read: its data waits for templates',
      )
      return false
    }
  }

  /** Tells that something new was learned from `exporter`; the save begins in this turn if it may. */
  changed(exporter: LearnedFrom): void {
    const slot = this.#slot(hexOf(exporter), exporter)
    slot.dirty = true
    if (!slot.saving) this.#queue(slot)
  }

  /** Exporters whose newest state is not yet stored. */
  get pending(): number {
    return this.#ready.size + this.#paused.size + this.#saving
  }

  /** Deletes what is kept of an exporter that is forgotten. */
  forget(exporter: LearnedFrom): void {
    const name = hexOf(exporter)
    const slot = this.#slots.get(name)
    if (slot === undefined) return
    this.#slots.delete(name)
    this.#ready.delete(slot)
    this.#paused.delete(slot)
    slot.dirty = false
    slot.blob.delete().catch((error: Error) => {
      this.failures++
      this.#deps.logger.debug(
        { exporter: exporter.address, error: error.message },
        'learned state stays behind',
      )
    })
  }

  /** Resolves when everything is stored, or after `timeoutMs`; tells which of the two. */
  async flush(timeoutMs: number): Promise<boolean> {
    for (const slot of this.#paused) slot.notBeforeMs = 0
    this.#endPauses()
    if (this.pending === 0) return true
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#idle = resolve
      timer = setTimeout(resolve, timeoutMs)
    })
    clearTimeout(timer)
    clearTimeout(this.#timer)
    this.#timer = undefined
    return this.pending === 0
  }

  #slot(name: string, exporter: LearnedFrom): Slot {
    let slot = this.#slots.get(name)
    if (slot === undefined) {
      const blob = new StoredBlob(this.#deps.store, this.#prefix + name)
      slot = { exporter, blob, dirty: false, saving: false, notBeforeMs: 0 }
      this.#slots.set(name, slot)
    }
    return slot
  }

  #queue(slot: Slot): void {
    if (slot.notBeforeMs > performance.now()) {
      this.#paused.add(slot)
      this.#timer ??= setTimeout(() => this.#endPauses(), LOOK_MS)
    } else {
      this.#ready.add(slot)
      this.#saveReady()
    }
  }

  #endPauses(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const now = performance.now()
    for (const slot of this.#paused) {
      if (slot.notBeforeMs > now) continue
      this.#paused.delete(slot)
      this.#ready.add(slot)
    }
    this.#saveReady()
    if (this.#paused.size > 0) this.#timer = setTimeout(() => this.#endPauses(), LOOK_MS)
  }

  #saveReady(): void {
    for (const slot of this.#ready) {
      if (this.#saving >= SAVES_MAX) return
      this.#ready.delete(slot)
      void this.#save(slot)
    }
  }

  async #save(slot: Slot): Promise<void> {
    slot.dirty = false
    slot.saving = true
    this.#saving++
    let delayMs = DELAY_MS_MAX
    try {
      const snapshot = this.#deps.learner.snapshotExporter(slot.exporter.bytes16)
      await slot.blob.save(snapshot)
      this.saves++
      delayMs = Math.min(delayMs, snapshot.length / BYTES_PER_MS)
    } catch (error) {
      this.failures++
      slot.dirty = this.#slots.get(hexOf(slot.exporter)) === slot
      this.#deps.logger.debug(
        { exporter: slot.exporter.address, error: (error as Error).message },
        'learned state could not be saved yet',
      )
    }
    slot.saving = false
    slot.notBeforeMs = performance.now() + delayMs
    this.#saving--
    if (slot.dirty) this.#queue(slot)
    this.#saveReady()
    if (this.pending === 0) this.#idle?.()
  }
}

const hexOf = (exporter: LearnedFrom): string => Buffer.from(exporter.bytes16).toString('hex')
