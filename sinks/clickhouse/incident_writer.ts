import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Counter, type Registry } from 'prom-client'
import type { BlockStore, Component, Logger } from '../../model/ports.js'
import type { Step } from '../itsm/lifecycle_state.js'
import { encodeSteps, type NumberedStep } from './incident_rows.js'

/** A step that stays in the journal's consumer until it is acknowledged. */
export interface StepDelivery {
  readonly streamSequence: number
  readonly bytes: Uint8Array
  ack(): void
}

export interface IncidentWriterDeps {
  readonly store: BlockStore
  readonly logger: Logger
  readonly metrics: Registry
  /** Begins to read the journal. */
  open(): Promise<{ steps: AsyncIterableIterator<StepDelivery>; stop(): void }>
}

/** What came within this time goes in one insert a table. */
const GATHER_MS = 200
const BATCH_MAX = 256
const RETRY_MS = 1000

/**
 * The life of incidents from its journal to the store, in order. A step that comes twice leaves its rows once: they are keyed
 * by what they tell, and of equal keys the highest step holds.
 */
export class IncidentWriter implements Component {
  readonly #deps: IncidentWriterDeps
  readonly #written: Counter<'table'>
  readonly #retries: Counter
  #waiting: StepDelivery[] = []
  #wake: () => void = () => undefined
  #stopped = false
  #source: { stop(): void } | undefined
  #running: Promise<unknown> = Promise.resolve()

  constructor(deps: IncidentWriterDeps) {
    this.#deps = deps
    const registers = [deps.metrics]
    this.#written = new Counter({
      name: 'vigie_itsm_rows_stored_total',
      help: 'Rows of incidents, transitions, notifications and links written to the store.',
      labelNames: ['table'],
      registers,
    })
    this.#retries = new Counter({
      name: 'vigie_itsm_store_retries_total',
      help: 'Inserts of incidents that failed and were tried again.',
      registers,
    })
  }

  async start(): Promise<void> {
    const { steps, stop } = await this.#deps.open()
    this.#source = { stop }
    this.#running = Promise.all([this.#read(steps), this.#write()])
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#source?.stop()
    this.#wake()
    await this.#running
  }

  async #read(steps: AsyncIterableIterator<StepDelivery>): Promise<void> {
    for await (const delivery of steps) {
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
      if (await this.#insert(batch)) {
        this.#waiting = this.#waiting.slice(batch.length)
        for (const delivery of batch) delivery.ack()
      } else if (this.#stopped) return
      else await delay(RETRY_MS)
    }
  }

  async #insert(batch: readonly StepDelivery[]): Promise<boolean> {
    const steps = batch.flatMap(({ streamSequence, bytes }): NumberedStep[] => {
      try {
        return [{ sequence: streamSequence, step: JSON.parse(Buffer.from(bytes).toString()) as Step }]
      } catch {
        this.#deps.logger.error({ streamSequence }, 'a step of incidents does not read and is left out')
        return []
      }
    })
    try {
      for (const { table, block, rows } of encodeSteps(steps)) {
        const token = createHash('sha256').update(block).digest('hex').slice(0, 32)
        await this.#deps.store.insert({ table, token, blocks: [block], rows })
        this.#written.inc({ table }, rows)
      }
      return true
    } catch (error) {
      this.#retries.inc()
      this.#deps.logger.warn({ error: (error as Error).message }, 'incidents are not in the store yet')
      return false
    }
  }
}
