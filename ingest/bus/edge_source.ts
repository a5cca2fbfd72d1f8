import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import { nanos, nuid } from '@nats-io/transport-node'
import { Counter, type Registry } from 'prom-client'
import type { EdgePayload } from '../../model/edge_payload.js'
import type { DeliveredPayload, EdgeInput, Logger } from '../../model/ports.js'
import type { Bus } from './bus.js'
import type { EdgeSourceConfig } from './config.js'
import { EDGE_HEADER, edgeOrigin, edgeSubject, edgeVendor, TICK_VENDOR } from './edge_message.js'
import { trimmableTo } from './frame_history.js'
import { type PulledMessage, PullReader } from './pull_reader.js'
import { STREAMS, SUBJECTS } from './streams.js'

export interface EdgeSourceDeps {
  readonly bus: Bus
  readonly logger: Logger
  readonly metrics: Registry
}

/** The server forgets the consumer of a reader that has been gone for so long. */
const INACTIVE_MS = 60_000
/** How far the clock of a way in may be ahead of the server's. */
const AHEAD_MS = 60_000
const TICK_SUBJECT = edgeSubject(TICK_VENDOR)

/** Payloads out of the stream EDGE, in its order, from where the reader stands: the server keeps no position for it. */
export class EdgeSource implements EdgeInput {
  readonly #config: EdgeSourceConfig
  readonly #deps: EdgeSourceDeps
  readonly #trimmed: Counter
  #reader: PullReader | undefined
  #closed = false

  constructor(config: EdgeSourceConfig, deps: EdgeSourceDeps) {
    this.#config = config
    this.#deps = deps
    this.#trimmed = new Counter({
      name: 'vigie_edge_history_trimmed_total',
      help: 'Payloads of edges taken out of the history of stored ones.',
      registers: [deps.metrics],
    })
  }

  get queued(): number {
    return this.#reader?.queued ?? 0
  }

  async extent(): Promise<{ last: number; created: string }> {
    const { state, created } = await this.#deps.bus.jsm.streams.info(STREAMS.edge)
    return { last: state.last_seq, created }
  }

  async *payloads(from: number): AsyncIterableIterator<DeliveredPayload> {
    let next = Math.max(1, from)
    const name = `edge_${nuid.next()}`
    let made = 0
    const { max_queued, max_queued_bytes } = this.#config
    const reader = new PullReader(
      {
        stream: STREAMS.edge,
        maxBytes: max_queued_bytes,
        maxMessages: max_queued,
        // Made anew after each interruption, where the reader stands: what was under way is asked for again.
        consumer: () => ({
          name: `${name}_${++made}`,
          ack_policy: AckPolicy.None,
          deliver_policy: DeliverPolicy.StartSequence,
          opt_start_seq: next,
          inactive_threshold: nanos(INACTIVE_MS),
          num_replicas: 1,
          mem_storage: true,
        }),
      },
      this.#deps,
    )
    this.#reader = reader
    await reader.start()
    if (this.#closed) reader.stop()
    try {
      for await (const pulled of reader) {
        if (pulled.streamSequence < next) continue
        next = pulled.streamSequence + 1
        yield delivered(pulled)
      }
    } finally {
      reader.stop()
    }
  }

  close(): void {
    this.#closed = true
    this.#reader?.stop()
  }

  async tick(nowMs: number): Promise<void> {
    const { js } = this.#deps.bus
    await js.publish(TICK_SUBJECT, new Uint8Array(0), { msgID: `tick-${nowMs}` })
  }

  async trim(stored: number): Promise<void> {
    const { jsm, config } = this.#deps.bus
    const { state } = await jsm.streams.info(STREAMS.edge)
    const seq = trimmableTo(state, stored, {
      bytes: config.edge_history_bytes,
      ageMs: config.edge_history_age_s * 1000,
    })
    if (seq <= state.first_seq) return
    const { purged } = await jsm.streams.purge(STREAMS.edge, { seq })
    this.#trimmed.inc(purged)
  }
}

function delivered({ message, streamSequence, storedMs }: PulledMessage): DeliveredPayload {
  const { subject, data } = message
  if (subject === TICK_SUBJECT) return { sequence: streamSequence, storedMs }
  const header = (name: string): string => message.header(name)
  // Whoever publishes by himself tells no time of receipt.
  const told = subject.startsWith(`${SUBJECTS.edge}.`) ? Number(header(EDGE_HEADER.received)) : 0
  const receivedMs = Number.isSafeInteger(told) && told > 0 && told < storedMs + AHEAD_MS ? told : storedMs
  const payload: EdgePayload = {
    vendor: edgeVendor(subject),
    origin: edgeOrigin(subject, header),
    receivedMs,
    bytes: data,
  }
  return { sequence: streamSequence, storedMs, payload }
}
