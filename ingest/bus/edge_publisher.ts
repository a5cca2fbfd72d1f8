import { Counter, Gauge, type Registry } from 'prom-client'
import type { EdgePayload } from '../../model/edge_payload.js'
import type { EdgePayloadSink } from '../../model/ports.js'
import type { Bus } from './bus.js'
import type { EdgePublisherConfig } from './config.js'
import { edgeHeaders, edgeSubject } from './edge_message.js'

export interface EdgePublisherDeps {
  readonly bus: Bus
  readonly metrics: Registry
}

/** The stream does not take the payload now: it is not kept, and whoever has it sends it again. */
export class EdgeBusyError extends Error {
  override readonly name = 'EdgeBusyError'
}

/**
 * Payloads of edges to the stream EDGE. Rejects at once while NATS is away or as much is under way as may be: those who hold
 * a payload (a controller that pushes, a poller with its cursor, a spool) are asked to keep it.
 */
export class EdgePublisher implements EdgePayloadSink {
  readonly #config: EdgePublisherConfig
  readonly #bus: Bus
  #inFlight = 0
  #inFlightBytes = 0
  readonly #published: Counter
  readonly #refused: Counter

  constructor(config: EdgePublisherConfig, { bus, metrics }: EdgePublisherDeps) {
    this.#config = config
    this.#bus = bus
    const registers = [metrics]
    this.#published = new Counter({
      name: 'vigie_edge_published_payloads_total',
      help: 'Payloads of edges that the stream has taken, by the way they came.',
      labelNames: ['way'],
      registers,
    })
    this.#refused = new Counter({
      name: 'vigie_edge_publish_failures_total',
      help: 'Times the stream did not take a payload of an edge: NATS away or silent, the stream full, too much under way.',
      registers,
    })
    const inFlight = () => this.#inFlight
    new Gauge({
      name: 'vigie_edge_publishing_payloads',
      help: 'Payloads of edges under way to the stream.',
      registers,
      collect() {
        this.set(inFlight())
      },
    })
  }

  /**
   * Resolves when the payload is in the stream.
   * @throws EdgeBusyError when it is not, or perhaps not: the same `id` again is one payload
   */
  async publish(payload: EdgePayload, id?: string): Promise<void> {
    const { bytes, vendor, origin } = payload
    const { max_in_flight, max_in_flight_bytes, ack_timeout_ms } = this.#config
    const limit = this.#bus.config.edge_payload_max_bytes
    if (bytes.length > limit) throw this.#refuse(`the payload is larger than ${limit} bytes: split it`)
    if (!this.#bus.connected) throw this.#refuse('NATS is away')
    if (this.#inFlight >= max_in_flight || this.#inFlightBytes + bytes.length > max_in_flight_bytes)
      throw this.#refuse('the stream does not keep up')
    this.#inFlight++
    this.#inFlightBytes += bytes.length
    try {
      await this.#bus.js.publish(edgeSubject(vendor), bytes, {
        headers: edgeHeaders(payload),
        timeout: ack_timeout_ms,
        ...(id !== undefined && { msgID: id }),
      })
      this.#published.inc({ way: origin.way })
    } catch (error) {
      throw this.#refuse((error as Error).message)
    } finally {
      this.#inFlight--
      this.#inFlightBytes -= bytes.length
    }
  }

  #refuse(why: string): EdgeBusyError {
    this.#refused.inc()
    return new EdgeBusyError(why)
  }
}
