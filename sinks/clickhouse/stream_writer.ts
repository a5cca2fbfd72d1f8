import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Counter, type Registry } from 'prom-client'
import type { BlockStore, Component, Logger } from '../../model/ports.js'

/** Something that stays in its stream until it is acknowledged. */
export interface Delivery<T> {
  readonly item: T
  ack(): void
}

export interface StreamWriterConfig<T> {
  readonly table: string
  /** What the rows are, for the log: `findings`. */
  readonly what: string
  /** One Native block. */
  encode(items: readonly T[]): Uint8Array
  readonly written: { readonly name: string; readonly help: string }
  readonly retries: { readonly name: string; readonly help: string }
}

export interface StreamWriterDeps<T> {
  readonly store: BlockStore
  readonly logger: Logger
  readonly metrics: Registry
  /** Begins to read the stream. */
  open(): Promise<{ items: AsyncIterableIterator<Delivery<T>>; stop(): void }>
}

/** Such rows are few: whatever came within this time goes in one insert. */
const GATHER_MS = 100
const BATCH_MAX = 1000
const RETRY_MS = 1000

/** A stream of small things to a table, in order, each acknowledged when it is stored; the table folds what comes twice. */
export class StreamWriter<T> implements Component {
  readonly #config: StreamWriterConfig<T>
  readonly #deps: StreamWriterDeps<T>
  readonly #written: Counter
  readonly #retries: Counter
  #waiting: Delivery<T>[] = []
  #wake: () => void = () => undefined
  #stopped = false
  #source: { stop(): void } | undefined
  #running: Promise<unknown> = Promise.resolve()

  constructor(config: StreamWriterConfig<T>, deps: StreamWriterDeps<T>) {
    this.#config = config
    this.#deps = deps
    const registers = [deps.metrics]
    this.#written = new Counter({ ...config.written, registers })
    this.#retries = new Counter({ ...config.retries, registers })
  }

  async start(): Promise<void> {
    const { items, stop } = await this.#deps.open()
    this.#source = { stop }
    this.#running = Promise.all([this.#read(items), this.#write()])
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#source?.stop()
    this.#wake()
    await this.#running
  }

  async #read(items: AsyncIterableIterator<Delivery<T>>): Promise<void> {
    for await (const delivery of items) {
      this.#waiting.push(delivery)
      this.#wake()
    }
  }

  async #write(): Promise<void> {
    for (;;) {
      if (this.#waiting.length === 0) {
        if (this.#stopped) return
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        if (!this.#stopped) await delay(GATHER_MS)
        continue
      }
      const batch = this.#waiting.slice(0, BATCH_MAX)
      if (await this.#insert(batch.map(({ item }) => item))) {
        this.#waiting = this.#waiting.slice(batch.length)
        for (const delivery of batch) delivery.ack()
      } else if (this.#stopped) return
      else await delay(RETRY_MS)
    }
  }

  async #insert(items: readonly T[]): Promise<boolean> {
    const { table, what, encode } = this.#config
    const block = encode(items)
    const token = createHash('sha256').update(block).digest('hex').slice(0, 32)
    try {
      await this.#deps.store.insert({ table, token, blocks: [block], rows: items.length })
      this.#written.inc(items.length)
      return true
    } catch (error) {
      this.#retries.inc()
      this.#deps.logger.warn({ error: (error as Error).message }, `${what} are not in the store yet`)
      return false
    }
  }
}

/** Deliveries under the name that the writer gives them. */
export async function* deliveriesOf<D extends { ack(): void }, T>(
  source: AsyncIterableIterator<D>,
  itemOf: (delivery: D) => T,
): AsyncIterableIterator<Delivery<T>> {
  for await (const delivery of source) yield { item: itemOf(delivery), ack: () => delivery.ack() }
}
