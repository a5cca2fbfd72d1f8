import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import { headers, nanos, nuid } from '@nats-io/transport-node'
import type { Logger, PartialSink } from '../../model/ports.js'
import type { Bus } from './bus.js'
import { PullReader } from './pull_reader.js'
import { STREAMS, SUBJECTS } from './streams.js'

export interface PartialStreamDeps {
  readonly bus: Bus
  readonly logger: Logger
}

/** The partial aggregates of one frame. */
export interface Partial {
  /** Position in the stream of partials: where to go on reading after a restart. */
  readonly streamSequence: number
  /** Sequence of the frame it was made from: the order in which partials are applied. Each may come more than once. */
  readonly frameSequence: number
  readonly bytes: Uint8Array
}

const FRAME_HEADER = 'Vigie-Frame'
const MAX_QUEUED_BYTES = 32 * 1024 * 1024
const MAX_QUEUED = 512
/** The server forgets the consumer of a reader that has been gone for so long. */
const INACTIVE_MS = 60_000

/**
 * The stream of partial aggregates, one message a frame. Messages stand in the order in which the processors got done,
 * which is nearly, but not always, the order of the frames.
 */
export class PartialStream implements PartialSink {
  readonly #deps: PartialStreamDeps

  constructor(deps: PartialStreamDeps) {
    this.#deps = deps
  }

  /** Resolves when the partial is in the stream. The frame's sequence is the message id: soon repeated ones are folded. */
  async publish(frameSequence: number, bytes: Uint8Array): Promise<void> {
    const head = headers()
    head.set(FRAME_HEADER, String(frameSequence))
    await this.#deps.bus.js.publish(SUBJECTS.partials, bytes, { headers: head, msgID: String(frameSequence) })
  }

  /**
   * Partials in the order of the stream, without end, from a stream sequence on (1: the oldest there is). Survives
   * restarts of NATS without a gap or a repetition. `stop` ends the iteration.
   */
  async read(from: number): Promise<{ partials: AsyncIterableIterator<Partial>; stop(): void }> {
    let next = Math.max(1, from)
    const name = `partials_${nuid.next()}`
    let made = 0
    const reader = new PullReader(
      {
        stream: STREAMS.partials,
        maxBytes: MAX_QUEUED_BYTES,
        maxMessages: MAX_QUEUED,
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
    await reader.start()
    async function* partials(): AsyncIterableIterator<Partial> {
      for await (const { message, streamSequence } of reader) {
        if (streamSequence < next) continue
        next = streamSequence + 1
        yield {
          streamSequence,
          frameSequence: Number(message.header(FRAME_HEADER)),
          bytes: message.data,
        }
      }
    }
    return { partials: partials(), stop: () => reader.stop() }
  }
}
