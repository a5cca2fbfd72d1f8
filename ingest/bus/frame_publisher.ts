import { JetStreamApiError } from '@nats-io/jetstream'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Component, FrameSink, Logger } from '../../model/ports.js'
import type { Bus } from './bus.js'
import type { FramePublisherConfig } from './config.js'
import { FRAME_HEADER_BYTES, frameIdentity, frameNumber } from './frame.js'
import { Spool, type SpoolRecord } from './spool.js'
import { STREAMS, SUBJECTS } from './streams.js'

export interface FramePublisherDeps {
  readonly bus: Bus
  readonly logger: Logger
  readonly metrics: Registry
}

export interface FrameId {
  readonly collector: string
  readonly number: number
}

const BACKOFF_FIRST_MS = 50
const BACKOFF_MAX_MS = 2_000
const SUBJECT_TOKEN = /[^A-Za-z0-9_-]/g

/**
 * Frames to the stream, by collector in the order of their numbers. While NATS is away, does not answer, or refuses
 * because the stream is full, frames go to the spool; they are sent in order when it is back, and until the spool is
 * empty new ones queue behind them there.
 *
 * A frame is never sent twice into the stream: the message id `collector-number` folds quick repetitions, and one that
 * was sent without an answer is looked up by number before it is sent again. This rests on the order of one connection:
 * from its loss on nothing is sent directly until all that was under way is settled.
 */
export class FramePublisher implements FrameSink, Component {
  readonly #config: FramePublisherConfig
  readonly #deps: FramePublisherDeps
  readonly #spool: Spool
  #spooling = false
  /** The last frame for the spool did not find room: said once. */
  #refusing = false
  /** Bounded by `max_in_flight`. */
  readonly #inFlight = new Set<Promise<void>>()
  #inFlightBytes = 0
  #draining: Promise<void> | undefined
  #stopped = false
  #wake: (() => void) | undefined
  #endStatus: (() => void) | undefined
  readonly #published: Counter
  readonly #spooled: Counter
  readonly #refused: Counter

  constructor(config: FramePublisherConfig, deps: FramePublisherDeps) {
    this.#config = config
    this.#deps = deps
    this.#spool = new Spool(
      {
        dir: config.spool_dir,
        maxBytes: config.spool_max_bytes,
        segmentBytes: config.spool_segment_bytes,
        fsync: config.spool_fsync,
      },
      deps.logger,
    )
    const registers = [deps.metrics]
    const counter = (name: string, help: string): Counter => new Counter({ name, help, registers })
    this.#published = counter('vigie_frames_published_total', 'Frames that the stream has taken.')
    this.#spooled = counter(
      'vigie_frames_spooled_total',
      'Frames that went to the spool because the stream did not take them.',
    )
    this.#refused = counter(
      'vigie_frames_refused_total',
      'Frames that neither the stream nor the full spool took.',
    )
    const spoolBytes = () => this.#spool.bytes
    new Gauge({
      name: 'vigie_frames_spool_bytes',
      help: 'Bytes of frames in the spool.',
      registers,
      collect() {
        this.set(spoolBytes())
      },
    })
  }

  /** Whether frames go to the spool at the moment. */
  get spooling(): boolean {
    return this.#spooling
  }

  async start(): Promise<void> {
    await this.#spool.open()
    this.#endStatus = this.#deps.bus.onConnection((connected) => {
      if (!connected && this.#inFlight.size > 0) this.#beginSpooling('the connection is lost')
      if (connected) this.#wake?.()
    })
    if (!this.#spool.empty) this.#beginSpooling('frames of an earlier run wait')
  }

  /** Waits for what is under way; what the spool holds stays there for the next start. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#endStatus?.()
    await Promise.allSettled([...this.#inFlight])
    this.#wake?.()
    await this.#draining
    await this.#spool.close()
  }

  /**
   * Resolves when the frame is in the stream or in the spool.
   * @throws SpoolFullError when the spool is full, or the disk's error: the frame is not kept
   */
  async publish(frame: Uint8Array, id: FrameId): Promise<void> {
    const { max_in_flight, max_in_flight_bytes } = this.#config
    const full =
      this.#inFlight.size >= max_in_flight || this.#inFlightBytes + frame.length > max_in_flight_bytes
    if (full) this.#beginSpooling('the stream does not keep up')
    if (!this.#deps.bus.connected) this.#beginSpooling('NATS is away')
    if (this.#spooling) return this.#toSpool(frame, false)
    const direct = this.#direct(frame, id)
    this.#inFlight.add(direct)
    this.#inFlightBytes += frame.length
    try {
      await direct
    } finally {
      this.#inFlight.delete(direct)
      this.#inFlightBytes -= frame.length
      this.#wake?.()
    }
  }

  /**
   * The highest frame number of a collector that is in the stream or in the spool, 0 when there is none: a collector
   * goes on behind it. Ask before the first `publish`.
   */
  async lastNumber(collector: string): Promise<number> {
    const newest = await this.#spool.newest(FRAME_HEADER_BYTES)
    const spooled = newest === undefined || newest.length < FRAME_HEADER_BYTES ? 0 : frameNumber(newest)
    return Math.max(spooled, (await this.#lastInStream(collector))?.number ?? 0)
  }

  /**
   * The newest frame of a collector that is in the stream or in the spool, with the totals it had counted by then. Ask
   * before the first `publish`.
   */
  async lastFrame(collector: string): Promise<Uint8Array | undefined> {
    // The spool first: what is sent between the two looks is then found in the stream.
    const spooled = await this.#spool.newest(Number.POSITIVE_INFINITY)
    const last = await this.#lastInStream(collector)
    const newer = spooled !== undefined && spooled.length >= FRAME_HEADER_BYTES
    return newer && frameNumber(spooled) > (last?.number ?? 0) ? spooled : last?.bytes
  }

  async #lastInStream(collector: string): Promise<{ number: number; bytes: Uint8Array } | undefined> {
    const message = await this.#deps.bus.jsm.direct.getMessage(STREAMS.frames, {
      last_by_subj: subjectOf(collector),
    })
    return message === null ? undefined : { number: frameNumber(message.data), bytes: message.data }
  }

  async #direct(frame: Uint8Array, id: FrameId): Promise<void> {
    try {
      await this.#send(frame, id)
    } catch (error) {
      this.#beginSpooling((error as Error).message)
      // An answer, even a refusal, says that the frame is not in the stream; anything else leaves it open.
      await this.#toSpool(frame, !(error instanceof JetStreamApiError))
    }
  }

  async #send(frame: Uint8Array, id: FrameId): Promise<void> {
    await this.#deps.bus.js.publish(subjectOf(id.collector), frame, {
      msgID: `${id.collector}-${id.number}`,
      timeout: this.#config.ack_timeout_ms,
    })
    this.#published.inc()
  }

  async #toSpool(frame: Uint8Array, sent: boolean): Promise<void> {
    try {
      await this.#spool.append(frame, sent)
    } catch (error) {
      this.#refused.inc()
      if (!this.#refusing) {
        const fields = { bytes: this.#spool.bytes, error: (error as Error).message }
        this.#deps.logger.error(fields, 'the spool takes no frames: their datagrams are refused')
      }
      this.#refusing = true
      throw error
    }
    this.#refusing = false
    this.#spooled.inc()
    this.#wake?.()
  }

  #beginSpooling(why: string): void {
    if (this.#spooling) return
    this.#spooling = true
    this.#deps.logger.warn({ why, dir: this.#config.spool_dir }, 'frames go to the spool')
    this.#draining = this.#drain().catch((error: Error) => {
      this.#deps.logger.error({ error: error.message }, 'the spool does not read')
    })
  }

  /** Sends what the spool holds, oldest first, until it is empty. */
  async #drain(): Promise<void> {
    let backoffMs = BACKOFF_FIRST_MS
    let sent = 0
    while (!this.#stopped) {
      if (this.#inFlight.size > 0 || !this.#deps.bus.connected) {
        await this.#sleep(BACKOFF_MAX_MS)
        continue
      }
      const record = await this.#spool.peek()
      if (record === undefined) {
        if (this.#spool.empty) break
        await this.#sleep(BACKOFF_FIRST_MS)
        continue
      }
      try {
        await this.#resend(record)
      } catch (error) {
        this.#deps.logger.debug(
          { error: (error as Error).message },
          'the stream does not take frames of the spool yet',
        )
        await this.#sleep(backoffMs)
        backoffMs = Math.min(BACKOFF_MAX_MS, backoffMs * 2)
        continue
      }
      await this.#spool.taken(record)
      backoffMs = BACKOFF_FIRST_MS
      sent++
    }
    if (this.#stopped) return
    // Nothing may come between the look at the spool and this: the next frame goes directly.
    this.#spooling = false
    this.#deps.logger.info({ frames: sent }, 'the spool is empty: frames go to the stream again')
  }

  async #resend({ bytes, doubt }: SpoolRecord): Promise<void> {
    const id = frameIdentity(bytes)
    if (doubt !== 'unsent') {
      const last = (await this.#lastInStream(id.collector))?.number ?? 0
      if (doubt === 'sent' ? id.number <= last : id.number === last) return
    }
    await this.#send(bytes, id)
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

const subjectOf = (collector: string): string => `${SUBJECTS.frames}.${collector.replace(SUBJECT_TOKEN, '_')}`
