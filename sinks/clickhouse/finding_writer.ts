import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Counter, type Registry } from 'prom-client'
import type { Finding } from '../../model/finding.js'
import type { BlockStore, Component, Logger } from '../../model/ports.js'
import { encodeFindings } from './finding_rows.js'

/** A finding that stays in its stream until it is acknowledged. */
export interface FindingDelivery {
  readonly finding: Finding
  ack(): void
}

export interface FindingWriterDeps {
  readonly store: BlockStore
  readonly logger: Logger
  readonly metrics: Registry
  /** Begins to read the stream. */
  open(): Promise<{ findings: AsyncIterableIterator<FindingDelivery>; stop(): void }>
}

/** Findings are few: whatever came within this time goes in one insert. */
const GATHER_MS = 100
const BATCH_MAX = 1000
const RETRY_MS = 1000

/** Findings from their stream to `vigie.findings`. One that comes twice is one row: the table folds equal keys. */
export class FindingWriter implements Component {
  readonly #deps: FindingWriterDeps
  readonly #written: Counter
  readonly #retries: Counter
  #waiting: FindingDelivery[] = []
  #wake: () => void = () => undefined
  #stopped = false
  #source: { stop(): void } | undefined
  #running: Promise<unknown> = Promise.resolve()

  constructor(deps: FindingWriterDeps) {
    this.#deps = deps
    const registers = [deps.metrics]
    this.#written = new Counter({
      name: 'vigie_findings_stored_total',
      help: 'Findings written to the store.',
      registers,
    })
    this.#retries = new Counter({
      name: 'vigie_findings_store_retries_total',
      help: 'Inserts of findings that failed and were tried again.',
      registers,
    })
  }

  async start(): Promise<void> {
    const { findings, stop } = await this.#deps.open()
    this.#source = { stop }
    this.#running = Promise.all([this.#read(findings), this.#write()])
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#source?.stop()
    this.#wake()
    await this.#running
  }

  async #read(findings: AsyncIterableIterator<FindingDelivery>): Promise<void> {
    for await (const delivery of findings) {
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
      if (await this.#insert(batch.map(({ finding }) => finding))) {
        this.#waiting = this.#waiting.slice(batch.length)
        for (const delivery of batch) delivery.ack()
      } else if (this.#stopped) return
      else await delay(RETRY_MS)
    }
  }

  async #insert(findings: readonly Finding[]): Promise<boolean> {
    const block = encodeFindings(findings)
    const token = createHash('sha256').update(block).digest('hex').slice(0, 32)
    try {
      await this.#deps.store.insert({
        table: 'vigie.findings',
        token,
        blocks: [block],
        rows: findings.length,
      })
      this.#written.inc(findings.length)
      return true
    } catch (error) {
      this.#retries.inc()
      this.#deps.logger.warn({ error: (error as Error).message }, 'findings are not in the store yet')
      return false
    }
  }
}
