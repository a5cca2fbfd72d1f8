import { AckPolicy, type ConsumerConfig, DeliverPolicy } from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Component, DeliveredFrame, FrameInput, Logger } from '../../model/ports.js'
import type { Bus } from './bus.js'
import type { FrameSourceConfig } from './config.js'
import { trimmableTo } from './frame_history.js'
import { type PulledMessage, PullReader } from './pull_reader.js'
import { STREAMS, SUBJECTS } from './streams.js'

export interface FrameSourceDeps {
  readonly bus: Bus
  readonly logger: Logger
  readonly metrics: Registry
}

const ACK = '+ACK'
const WORKING = '+WPI'
const ACK_TIMEOUT_MS = 5_000
/** Heartbeats for each time a frame may be silent. */
const HEARTBEATS = 3
const UPKEEP_MS = 5_000
const NOTHING = new Uint8Array(0)

/** A frame in the hands of this process. */
export class Delivery implements DeliveredFrame {
  readonly sequence: number
  readonly redelivered: boolean
  #bytes: Uint8Array
  readonly #reply: string
  readonly #connection: NatsConnection
  readonly #onEnd: (delivery: Delivery) => void

  constructor(pulled: PulledMessage, connection: NatsConnection, onEnd: (delivery: Delivery) => void) {
    this.sequence = pulled.streamSequence
    this.redelivered = pulled.deliveries > 1
    this.#bytes = pulled.message.data
    this.#reply = pulled.message.reply ?? ''
    this.#connection = connection
    this.#onEnd = onEnd
  }

  /** The frame, until `dropBytes`. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Lets go of the bytes while the frame waits for its acknowledgement. */
  dropBytes(): void {
    this.#bytes = NOTHING
  }

  ack(): void {
    this.#onEnd(this)
    this.#connection.publish(this.#reply, ACK)
  }

  /** Acknowledges and waits until the server has noted it. Heartbeats go on until then. */
  async ackConfirmed(): Promise<void> {
    await this.#connection.request(this.#reply, ACK, { timeout: ACK_TIMEOUT_MS })
    this.#onEnd(this)
  }

  working(): void {
    this.#connection.publish(this.#reply, WORKING)
  }

  retry(delayMs: number): void {
    this.#onEnd(this)
    this.#connection.publish(this.#reply, `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}`)
  }
}

/**
 * Frames out of the stream, through the durable consumer that all processors share. Frames in the hands of this process,
 * those that wait here included, are kept by heartbeats until they are acknowledged.
 */
export class FrameSource implements Component, FrameInput {
  readonly #config: FrameSourceConfig
  readonly #deps: FrameSourceDeps
  readonly #reader: PullReader
  /** Bounded by the consumer's `max_ack_pending`. */
  readonly #inHand = new Map<number, Delivery>()
  readonly #redelivered: Counter
  readonly #trimmed: Counter
  #lag = 0
  #heartbeat: NodeJS.Timeout | undefined
  #upkeep: NodeJS.Timeout | undefined

  constructor(config: FrameSourceConfig, deps: FrameSourceDeps) {
    this.#config = config
    this.#deps = deps
    this.#reader = new PullReader(
      {
        stream: STREAMS.frames,
        consumer: () => this.#consumer(),
        maxBytes: config.max_queued_bytes,
        maxMessages: config.max_queued,
      },
      deps,
    )
    const registers = [deps.metrics]
    this.#redelivered = new Counter({
      name: 'vigie_frames_redelivered_total',
      help: 'Frames that came again because their first delivery was not acknowledged in time.',
      registers,
    })
    this.#trimmed = new Counter({
      name: 'vigie_frames_history_trimmed_total',
      help: 'Frames taken out of the history of stored frames.',
      registers,
    })
    const gauge = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value())
        },
      })
    }
    gauge('vigie_frames_lag_frames', 'Frames of the stream that no processor was given yet.', () => this.#lag)
    gauge(
      'vigie_frames_in_hand_frames',
      'Frames delivered to this processor and not acknowledged.',
      () => this.inHand,
    )
    gauge(
      'vigie_frames_queued_bytes',
      'Bytes of frames that wait in this processor.',
      () => this.#reader.queuedBytes,
    )
  }

  /** Frames delivered to this process and not acknowledged, those that wait included. */
  get inHand(): number {
    return this.#inHand.size + this.#reader.queued
  }

  async start(): Promise<void> {
    if (this.#heartbeat !== undefined) return
    await this.#reader.start()
    this.#heartbeat = setInterval(() => this.#beat(), this.#config.ack_wait_ms / HEARTBEATS)
    this.#upkeep = setInterval(() => this.#keepUp(), UPKEEP_MS)
    this.#upkeep.unref()
  }

  async stop(): Promise<void> {
    this.#reader.stop()
    clearInterval(this.#heartbeat)
    clearInterval(this.#upkeep)
    this.#inHand.clear()
  }

  /** Ends `frames()`; frames that were handed out keep their heartbeats until `stop`. */
  close(): void {
    this.#reader.stop()
  }

  /** Frames in the order of delivery. Not asking for the next one is back-pressure. */
  async *frames(): AsyncIterableIterator<Delivery> {
    for await (const pulled of this.#reader) {
      if (pulled.deliveries > 1) this.#redelivered.inc()
      const delivery = new Delivery(pulled, this.#deps.bus.connection, (done) => {
        if (this.#inHand.get(done.sequence) === done) this.#inHand.delete(done.sequence)
      })
      this.#inHand.set(delivery.sequence, delivery)
      yield delivery
    }
  }

  /** A frame by its sequence, out of the stream; undefined when it was trimmed. */
  async fetch(sequence: number): Promise<Uint8Array | undefined> {
    const message = await this.#deps.bus.jsm.direct.getMessage(STREAMS.frames, { seq: sequence })
    return message?.data
  }

  /** The highest sequence up to which all frames are acknowledged. */
  async ackFloor(): Promise<number> {
    const info = await this.#deps.bus.jsm.consumers.info(STREAMS.frames, this.#config.durable)
    this.#lag = info.num_pending
    return info.ack_floor.stream_seq
  }

  #consumer(): Partial<ConsumerConfig> & { name: string } {
    const { durable, ack_wait_ms, max_ack_pending } = this.#config
    return {
      name: durable,
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      filter_subject: `${SUBJECTS.frames}.>`,
      ack_wait: nanos(ack_wait_ms),
      max_ack_pending,
      max_deliver: -1,
    }
  }

  #beat(): void {
    const { bus } = this.#deps
    if (!bus.connected) return
    for (const delivery of this.#inHand.values()) delivery.working()
    for (const { message } of this.#reader.waiting()) bus.connection.publish(message.reply ?? '', WORKING)
  }

  #keepUp(): void {
    if (!this.#deps.bus.connected) return
    this.#trim().catch((error: Error) =>
      this.#deps.logger.warn({ error: error.message }, 'the history of frames is not trimmed'),
    )
  }

  /** Takes stored frames out of the stream that exceed the history; unstored ones are never touched. */
  async #trim(): Promise<void> {
    const { jsm, config } = this.#deps.bus
    const floor = await this.ackFloor()
    const { state } = await jsm.streams.info(STREAMS.frames)
    const seq = trimmableTo(state, floor, {
      bytes: config.frames_history_bytes,
      ageMs: config.frames_history_age_s * 1000,
    })
    if (seq <= state.first_seq) return
    const { purged } = await jsm.streams.purge(STREAMS.frames, { seq })
    this.#trimmed.inc(purged)
  }
}
