import { randomUUID } from 'node:crypto'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { EdgeOrigin, EdgePayload } from '../../model/edge_payload.js'
import type { Component, EdgePayloadSink, Logger } from '../../model/ports.js'
import type { EdgePublisherConfig } from './config.js'
import { Spool, type SpoolRecord } from './spool.js'

export interface EdgeSpoolDeps {
  readonly sink: EdgePayloadSink
  readonly logger: Logger
  readonly metrics: Registry
}

/** What stands before the bytes of a payload in the spool, as a line of JSON. */
interface Head {
  readonly id: string
  readonly vendor: string
  readonly origin: EdgeOrigin
  readonly receivedMs: number
}

const SEGMENT_BYTES = 8 * 1024 * 1024
const BACKOFF_FIRST_MS = 50
const BACKOFF_MAX_MS = 2_000

/**
 * A sink for those who cannot be asked to send again, as syslog: what the stream does not take goes to the disk, and on to the
 * stream when it is back. Each payload has an id of its own, so that one that was sent without an answer is one payload, as
 * long as the stream remembers ids.
 */
export class EdgeSpool implements EdgePayloadSink, Component {
  readonly #deps: EdgeSpoolDeps
  readonly #spool: Spool
  readonly #life = randomUUID().slice(0, 13)
  #number = 0
  #spooling = false
  #stopped = false
  #draining: Promise<void> = Promise.resolve()
  #wake: (() => void) | undefined
  readonly #spooled: Counter

  constructor({ spool_dir, spool_max_bytes }: EdgePublisherConfig, deps: EdgeSpoolDeps) {
    this.#deps = deps
    const config = {
      dir: spool_dir,
      maxBytes: spool_max_bytes,
      segmentBytes: SEGMENT_BYTES,
      fsync: 'each' as const,
    }
    this.#spool = new Spool(config, deps.logger)
    const registers = [deps.metrics]
    this.#spooled = new Counter({
      name: 'vigie_edge_spooled_payloads_total',
      help: 'Payloads of edges that went to the spool because the stream did not take them.',
      registers,
    })
    const bytes = () => this.#spool.bytes
    new Gauge({
      name: 'vigie_edge_spool_bytes',
      help: 'Bytes of payloads of edges in the spool.',
      registers,
      collect() {
        this.set(bytes())
      },
    })
  }

  async start(): Promise<void> {
    await this.#spool.open()
    if (!this.#spool.empty) this.#begin('payloads of an earlier run wait')
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    await this.#draining
    await this.#spool.close()
  }

  /** Resolves when the payload is in the stream or on the disk. @throws SpoolFullError */
  async publish(payload: EdgePayload, id = `${this.#life}-${++this.#number}`): Promise<void> {
    if (!this.#spooling) {
      try {
        return await this.#deps.sink.publish(payload, id)
      } catch (error) {
        this.#begin((error as Error).message)
      }
    }
    await this.#spool.append(encode(payload, id), true)
    this.#spooled.inc()
    this.#wake?.()
  }

  #begin(why: string): void {
    if (this.#spooling || this.#stopped) return
    this.#spooling = true
    this.#deps.logger.warn({ why }, 'payloads of edges go to the spool')
    this.#draining = this.#drain().catch((error: Error) => {
      this.#deps.logger.error({ error: error.message }, 'the spool of edges does not read')
    })
  }

  async #drain(): Promise<void> {
    let backoffMs = BACKOFF_FIRST_MS
    let sent = 0
    while (!this.#stopped) {
      const record = await this.#spool.peek()
      if (record === undefined) {
        if (this.#spool.empty && sent > 0) break
        await this.#sleep(backoffMs)
        if (this.#spool.empty) break
        continue
      }
      if (await this.#send(record)) {
        await this.#spool.taken(record)
        backoffMs = BACKOFF_FIRST_MS
        sent++
      } else {
        await this.#sleep(backoffMs)
        backoffMs = Math.min(BACKOFF_MAX_MS, backoffMs * 2)
      }
    }
    if (this.#stopped) return
    this.#spooling = false
    this.#deps.logger.info({ payloads: sent }, 'the spool of edges is empty')
  }

  async #send({ bytes }: SpoolRecord): Promise<boolean> {
    const { payload, id } = decode(bytes)
    try {
      await this.#deps.sink.publish(payload, id)
      return true
    } catch {
      return false
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

function encode({ vendor, origin, receivedMs, bytes }: EdgePayload, id: string): Buffer {
  const head: Head = { id, vendor, origin, receivedMs }
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), bytes])
}

function decode(record: Uint8Array): { payload: EdgePayload; id: string } {
  const end = record.indexOf(10)
  const { id, ...head } = JSON.parse(Buffer.from(record.subarray(0, end)).toString()) as Head
  return { payload: { ...head, bytes: record.subarray(end + 1) }, id }
}
