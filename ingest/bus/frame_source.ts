import { AckPolicy, type ConsumerConfig, DeliverPolicy } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Component, DeliveredFrame, FrameInput, FrameMemory, Logger } from '../../model/ports.js'
import type { Bus } from './bus.js'
import type { FrameSourceConfig } from './config.js'
import { trimmableTo } from './frame_history.js'
import { FrameInbox } from './frame_inbox.js'
import { BusInbox, type Inbox, type InboxMessage } from './inbox.js'
import { type PulledMessage, PullReader } from './pull_reader.js'
import { STREAMS, SUBJECTS } from './streams.js'

export interface FrameSourceDeps {
  readonly bus: Bus
  readonly memory: FrameMemory
  readonly logger: Logger
  readonly metrics: Registry
}

const ACK = '+ACK'
const WORKING = '+WPI'
const ACK_TIMEOUT_MS = 5_000
/** Heartbeats for each time a frame may be silent. */
const HEARTBEATS = 3
const UPKEEP_MS = 5_000

/** A frame in the hands of this process. */
export class Delivery implements DeliveredFrame {
  readonly sequence: number
  readonly redelivered: boolean
  readonly size: number
  #message: InboxMessage | undefined
  readonly #reply: string
  readonly #deps: FrameSourceDeps
  readonly #onEnd: (delivery: Delivery) => void

  constructor(pulled: PulledMessage, deps: FrameSourceDeps, onEnd: (delivery: Delivery) => void) {
    this.sequence = pulled.streamSequence
    this.redelivered = pulled.deliveries > 1
    this.size = pulled.message.data.length
    this.#message = pulled.message
    this.#reply = pulled.message.reply
    this.#deps = deps
    this.#onEnd = onEnd
  }

  take(): Uint8Array<ArrayBuffer> {
    const message = this.#message
    if (message === undefined) throw new Error(`frame ${this.sequence} was taken before`)
    this.#message = undefined
    const { data } = message
    if (message.owned) return data as Uint8Array<ArrayBuffer>
    const frame = new Uint8Array(this.#deps.memory.take(data.length), 0, data.length)
    frame.set(data)
    return frame
  }

  ack(): void {
    this.#end()
    this.#deps.bus.connection.publish(this.#reply, ACK)
  }

  /** Acknowledges and waits until the server has noted it. Heartbeats go on until then. */
  async ackConfirmed(): Promise<void> {
    await this.#deps.bus.connection.request(this.#reply, ACK, { timeout: ACK_TIMEOUT_MS })
    this.#end()
  }

  working(): void {
    this.#deps.bus.connection.publish(this.#reply, WORKING)
  }

  retry(delayMs: number): void {
    this.#end()
    this.#deps.bus.connection.publish(this.#reply, `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}`)
  }

  #end(): void {
    if (this.#message?.owned) this.#deps.memory.give(this.#message.data.buffer as ArrayBuffer)
    this.#message = undefined
    this.#onEnd(this)
  }
}

/**
 * Frames out of the stream, through the durable consumer that all processors share. Frames in the hands of this process,
 * those that wait here included, are kept by heartbeats until they are acknowledged.
 */
export class FrameSource implements Component, FrameInput {
  readonly #config: FrameSourceConfig
  readonly #deps: FrameSourceDeps
  #reader: PullReader | undefined
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
      () => this.#reader?.queuedBytes ?? 0,
    )
  }

  /** Frames delivered to this process and not acknowledged, those that wait included. */
  get inHand(): number {
    return this.#inHand.size + (this.#reader?.queued ?? 0)
  }

  async start(): Promise<void> {
    if (this.#reader !== undefined) return
    const { max_queued, max_queued_bytes } = this.#config
    this.#reader = new PullReader(
      {
        stream: STREAMS.frames,
        consumer: () => this.#consumer(),
        maxBytes: max_queued_bytes,
        maxMessages: max_queued,
        inbox: this.#inbox(),
      },
      this.#deps,
    )
    await this.#reader.start()
    this.#heartbeat = setInterval(() => this.#beat(), this.#config.ack_wait_ms / HEARTBEATS)
    this.#upkeep = setInterval(() => this.#keepUp(), UPKEEP_MS)
    this.#upkeep.unref()
  }

  async stop(): Promise<void> {
    this.#reader?.stop()
    clearInterval(this.#heartbeat)
    clearInterval(this.#upkeep)
    this.#inHand.clear()
  }

  /** Ends `frames()`; frames that were handed out keep their heartbeats until `stop`. */
  close(): void {
    this.#reader?.stop()
  }

  /** Frames in the order of delivery. Not asking for the next one is back-pressure. */
  async *frames(): AsyncIterableIterator<Delivery> {
    if (this.#reader === undefined) throw new Error('the source of frames is not started')
    for await (const pulled of this.#reader) {
      if (pulled.deliveries > 1) this.#redelivered.inc()
      const delivery = new Delivery(pulled, this.#deps, (done) => {
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

  /** TLS is the client library's business: where the server wants it, frames come on the process's connection. */
  #inbox(): Inbox {
    const { bus } = this.#deps
    return bus.connection.info?.tls_required ? new BusInbox(bus) : new FrameInbox(this.#deps)
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
    for (const { message } of this.#reader?.waiting() ?? []) bus.connection.publish(message.reply, WORKING)
  }

  #keepUp(): void {
    if (!this.#deps.bus.connected) return
    this.trimHistory().catch((error: Error) =>
      this.#deps.logger.warn({ error: error.message }, 'the history of frames is not trimmed'),
    )
  }

  /** Takes stored frames out of the stream that exceed the history; unstored ones are never touched. */
  async trimHistory(): Promise<void> {
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
