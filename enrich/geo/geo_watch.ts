import { stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { Counter, type Registry as Metrics } from 'prom-client'
import type { Component, Logger } from '../../model/ports.js'
import type { BuiltGeo } from './build_geo.js'
import type { GeoConfig } from './config.js'

export interface GeoWatchDeps {
  readonly logger: Logger
  readonly metrics: Metrics
}

/**
 * Follows the files of countries and autonomous systems: read on a thread of its own when one changes, then at `current` from
 * one moment to the next. Files that are not there, or cannot be read, leave what was in use.
 */
export class GeoWatch implements Component {
  readonly #config: GeoConfig
  readonly #deps: GeoWatchDeps
  readonly #listeners = new Set<(built: BuiltGeo) => void>()
  readonly #errors: Counter
  #built: BuiltGeo | undefined
  #version = 0
  #tried = ''
  #timer: NodeJS.Timeout | undefined
  #polling: Promise<void> = Promise.resolve()
  #worker: Worker | undefined
  #stopped = false

  constructor(config: GeoConfig, deps: GeoWatchDeps) {
    this.#config = config
    this.#deps = deps
    this.#errors = new Counter({
      name: 'vigie_geo_errors_total',
      help: 'Times the files of countries and autonomous systems could not be read; those in use stayed.',
      registers: [deps.metrics],
    })
  }

  /** What is in use; undefined without files. */
  get current(): BuiltGeo | undefined {
    return this.#built
  }

  /** Calls `listener` after each change; returns how to end that. */
  onChange(listener: (built: BuiltGeo) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when the files are in use, or were told to be unreadable. */
  async start(): Promise<void> {
    this.#stopped = false
    if (this.#config.files.length === 0) return
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
    const { files } = this.#config
    try {
      const stats = await Promise.all(files.map((file) => stat(file)))
      const state = stats.map(({ mtimeMs, size, ino }) => `${ino} ${mtimeMs} ${size}`).join(', ')
      if (state === this.#tried) return
      this.#tried = state
      const built = await this.#build(files)
      this.#built = built
      this.#deps.logger.info({ files }, 'countries and autonomous systems are in use')
      for (const listener of this.#listeners) listener(built)
    } catch (error) {
      if (this.#stopped) return
      this.#errors.inc()
      const { message } = error as Error
      this.#deps.logger.warn(
        { error: message },
        'countries and autonomous systems cannot be read; those in use stay',
      )
    }
  }

  #build(files: readonly string[]): Promise<BuiltGeo> {
    return new Promise((resolve, reject) => {
      const workerData = { version: ++this.#version, files }
      const worker = new Worker(new URL('./build_worker.js', import.meta.url), { workerData })
      this.#worker = worker
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', () => {
        this.#worker = undefined
        reject(new Error('the thread that reads the files ended'))
      })
    })
  }
}
