import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { Logger } from '../../model/ports.js'
import type { Bus } from './bus.js'
import { PullReader } from './pull_reader.js'
import { STREAMS } from './streams.js'

export interface StepStreamDeps {
  readonly bus: Bus
  readonly logger: Logger
}

/** A step of the life of incidents, in order; it stays for its reader until it is acknowledged. */
export interface DeliveredStep {
  readonly streamSequence: number
  readonly bytes: Uint8Array
  ack(): void
}

const MAX_QUEUED_BYTES = 16 * 1024 * 1024
const MAX_QUEUED = 128
const ACK_WAIT_MS = 30_000
const MAX_ACK_PENDING = 512

/** The journal of incidents, for those who follow it: the store's writer. */
export class StepStream {
  readonly #deps: StepStreamDeps

  constructor(deps: StepStreamDeps) {
    this.#deps = deps
  }

  async consume(durable: string): Promise<{ steps: AsyncIterableIterator<DeliveredStep>; stop(): void }> {
    const reader = new PullReader(
      {
        stream: STREAMS.incidents,
        maxBytes: MAX_QUEUED_BYTES,
        maxMessages: MAX_QUEUED,
        consumer: () => ({
          name: durable,
          durable_name: durable,
          ack_policy: AckPolicy.Explicit,
          deliver_policy: DeliverPolicy.All,
          ack_wait: nanos(ACK_WAIT_MS),
          max_ack_pending: MAX_ACK_PENDING,
          max_deliver: -1,
        }),
      },
      this.#deps,
    )
    await reader.start()
    const { connection } = this.#deps.bus
    async function* steps(): AsyncIterableIterator<DeliveredStep> {
      for await (const { message, streamSequence } of reader) {
        yield {
          streamSequence,
          bytes: message.data,
          ack: () => connection.publish(message.reply, '+ACK'),
        }
      }
    }
    return { steps: steps(), stop: () => reader.stop() }
  }
}
