import { Worker } from 'node:worker_threads'
import { Counter, Gauge, type Registry as Metrics } from 'prom-client'
import type { Component, Logger, StateStore } from '../../model/ports.js'
import { type BlobHead, VersionedBlob } from '../registry/versioned_blob.js'
import type { ThreatsConfig } from './config.js'
import { THREATS_BLOB, THREATS_KEPT } from './threat_keeper.js'
import { type BuiltThreats, ThreatView } from './threat_view.js'

export interface ThreatWatchDeps {
  readonly state: StateStore
  readonly logger: Logger
  readonly metrics: Metrics
}

/**
 * Follows the set of threat indicators in force, as `RegistryWatch` follows the registry: built on a thread of its own, then at
 * `current` from one moment to the next.
 */
export class ThreatWatch implements Component {
  readonly #config: Pick<ThreatsConfig, 'poll_interval_ms'>
  readonly #deps: ThreatWatchDeps
  readonly #blob: VersionedBlob
  readonly #listeners = new Set<(view: ThreatView) => void>()
  readonly #errors: Counter
  #view: ThreatView | undefined
  #tried = ''
  #timer: NodeJS.Timeout | undefined
  #polling: Promise<void> = Promise.resolve()
  #worker: Worker | undefined
  #stopped = false

  constructor(config: Pick<ThreatsConfig, 'poll_interval_ms'>, deps: ThreatWatchDeps) {
    this.#config = config
    this.#deps = deps
    this.#blob = new VersionedBlob(deps.state, THREATS_BLOB, THREATS_KEPT)
    const registers = [deps.metrics]
    const version = () => this.#view?.tables.version ?? 0
    new Gauge({
      name: 'vigie_threat_set_version',
      help: 'Version of the set of threat indicators in use; 0 without one.',
      registers,
      collect() {
        this.set(version())
      },
    })
    this.#errors = new Counter({
      name: 'vigie_threat_set_errors_total',
      help: 'Times the set of threat indicators could not be read or built; the one before stayed in use.',
      registers,
    })
  }

  /** The set in use; undefined while there is none. */
  get current(): ThreatView | undefined {
    return this.#view
  }

  /** Calls `listener` after each change; returns how to end that. */
  onChange(listener: (view: ThreatView) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when the set in force is in use. */
  async start(): Promise<void> {
    this.#stopped = false
    await this.#poll()
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#worker?.terminate()
    await this.#polling
  }

  #schedule(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll().then(() => this.#schedule())
    }, this.#config.poll_interval_ms)
  }

  async #poll(): Promise<void> {
    try {
      const head = await this.#blob.head()
      if (head === undefined || head.sha256 === this.#tried) return
      await this.#load(head)
    } catch (error) {
      if (this.#stopped) return
      this.#errors.inc()
      const { message } = error as Error
      this.#deps.logger.warn({ error: message }, 'threat indicators could not be read; those in use stay')
    }
  }

  async #load(head: BlobHead): Promise<void> {
    const packed = await this.#blob.read(head)
    this.#tried = head.sha256
    const view = new ThreatView(await this.#build(packed))
    this.#view = view
    this.#deps.logger.info({ version: head.version }, 'a new set of threat indicators is in use')
    for (const listener of this.#listeners) listener(view)
  }

  #build(packed: Uint8Array): Promise<BuiltThreats> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./build_worker.js', import.meta.url), { workerData: packed })
      this.#worker = worker
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', () => {
        this.#worker = undefined
        reject(new Error('the thread that builds threat tables ended'))
      })
    })
  }
}
