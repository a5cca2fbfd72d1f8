import { Worker } from 'node:worker_threads'
import { Counter, Gauge, type Registry as Metrics } from 'prom-client'
import type { Component, Logger, StateStore } from '../../model/ports.js'
import { EMPTY_SNAPSHOT } from '../../model/registry.js'
import type { RegistryWatchConfig } from './config.js'
import { type RegistryHead, RegistryStore } from './registry_store.js'
import { type RegistryView, viewOf } from './registry_view.js'

export interface RegistryWatchDeps {
  readonly state: StateStore
  readonly logger: Logger
  readonly metrics: Metrics
}

/**
 * Follows the registry in force. A new version is built on a thread of its own, then stands at `current` from
 * one moment to the next: whoever takes `current` once for a frame has one version for all of the frame. A
 * version that cannot be built is counted and told, and the one before stays.
 */
export class RegistryWatch implements Component {
  readonly #config: RegistryWatchConfig
  readonly #deps: RegistryWatchDeps
  readonly #store: RegistryStore
  readonly #listeners = new Set<(view: RegistryView) => void>()
  readonly #reloads: Counter
  readonly #errors: Counter
  #view: RegistryView = viewOf(EMPTY_SNAPSHOT)
  /** The version that was tried last; a bad one is not tried again. */
  #tried = ''
  #timer: NodeJS.Timeout | undefined
  #polling: Promise<void> = Promise.resolve()
  #worker: Worker | undefined
  #stopped = false

  constructor(config: RegistryWatchConfig, deps: RegistryWatchDeps) {
    this.#config = config
    this.#deps = deps
    this.#store = new RegistryStore(deps.state)
    const registers = [deps.metrics]
    const version = () => this.#view.tables.version
    new Gauge({
      name: 'vigie_registry_version',
      help: 'Version of the registry in use; 0 without one.',
      registers,
      collect() {
        this.set(version())
      },
    })
    this.#reloads = new Counter({
      name: 'vigie_registry_reloads_total',
      help: 'Versions of the registry that were taken into use.',
      registers,
    })
    this.#errors = new Counter({
      name: 'vigie_registry_errors_total',
      help: 'Times the registry could not be read or built; the version before stayed in use.',
      registers,
    })
  }

  /** The version in use. */
  get current(): RegistryView {
    return this.#view
  }

  /** Calls `listener` after each change; returns how to end that. */
  onChange(listener: (view: RegistryView) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when the version in force is in use. */
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
      const head = await this.#store.head()
      if (head === undefined || head.sha256 === this.#tried) return
      await this.#load(head)
    } catch (error) {
      if (this.#stopped) return
      this.#errors.inc()
      this.#deps.logger.warn({ error }, 'the registry could not be looked at; the version in use stays')
    }
  }

  async #load(head: RegistryHead): Promise<void> {
    const packed = await this.#store.packed(head)
    this.#tried = head.sha256
    const view = await this.#build(packed)
    this.#view = view
    this.#reloads.inc()
    this.#deps.logger.info({ version: head.version }, 'a new version of the registry is in use')
    for (const listener of this.#listeners) listener(view)
  }

  #build(packed: Uint8Array): Promise<RegistryView> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./build_worker.js', import.meta.url), { workerData: packed })
      this.#worker = worker
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', () => {
        this.#worker = undefined
        reject(new Error('the thread that builds the registry ended'))
      })
    })
  }
}
