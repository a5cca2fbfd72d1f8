import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import { headers, nanos, nuid } from '@nats-io/transport-node'
import type { Logger, PartialSink } from '../../model/ports.js'
import type { Bus } from './bus.js'
import { PullReader } from './pull_reader.js'
import { STREAMS, SUBJECTS } from './streams.js'

export interface PartialStreamDeps {
  readonly bus: Bus
  readonly logger: Logger
  /** Shards of detection; one unless told otherwise. */
  readonly shards?: number
}

const NOTHING = new Uint8Array(0)

/** The subject of a shard's partials. How many there are is part of it: after a change each begins with what comes then. */
const subjectOf = (shard: number, shards: number): string =>
  shards === 1 ? SUBJECTS.partials : `${SUBJECTS.partials}.${shards}.${shard}`

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
 * The stream of partial aggregates, one message a frame and shard. Messages stand in the order in which the processors got done,
 * which is nearly, but not always, the order of the frames.
 */
export class PartialStream implements PartialSink {
  readonly #deps: PartialStreamDeps

  constructor(deps: PartialStreamDeps) {
    this.#deps = deps
  }

  /** Resolves when the partials are in the stream. Their message ids hang on the frame's sequence: soon repeated ones are folded. */
  async publish(frameSequence: number, partials: readonly Uint8Array[]): Promise<void> {
    const { bus, shards = 1 } = this.#deps
    const head = headers()
    head.set(FRAME_HEADER, String(frameSequence))
    await Promise.all(
      Array.from({ length: shards }, (_, shard) => {
        const msgID = shards === 1 ? String(frameSequence) : `${frameSequence}.${shards}.${shard}`
        const bytes = partials[shard] ?? NOTHING
        return bus.js.publish(subjectOf(shard, shards), bytes, { headers: head, msgID })
      }),
    )
  }

  /**
   * Partials of a shard in the order of the stream, without end, from a stream sequence on (1: the oldest there is). Survives
   * restarts of NATS without a gap or a repetition. `stop` ends the iteration.
   */
  async read(from: number, shard = 0): Promise<{ partials: AsyncIterableIterator<Partial>; stop(): void }> {
    const filter_subject = subjectOf(shard, this.#deps.shards ?? 1)
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
          filter_subject,
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
