import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { Logger, OutboxMessage, OutboxQueue } from '../../model/ports.js'
import type { Bus } from './bus.js'
import { PullReader } from './pull_reader.js'
import { STREAMS, SUBJECTS } from './streams.js'

export interface OutboxStreamDeps {
  readonly bus: Bus
  readonly logger: Logger
}

const MAX_QUEUED_BYTES = 8 * 1024 * 1024
const MAX_QUEUED = 64
/** What a sender holds at once; while its target is away it asks for more time for these, and leaves the rest. */
const MAX_ACK_PENDING = 128
const ACK_WAIT_MS = 4_000

/**
 * The outbox: a work queue with one subject per target and incident, of which JetStream keeps the newest message. So a target
 * that was away for a day finds as many messages as there are incidents that changed, not as many as they had changes.
 */
export class OutboxStream implements OutboxQueue {
  readonly #deps: OutboxStreamDeps

  constructor(deps: OutboxStreamDeps) {
    this.#deps = deps
  }

  async publish(target: string, incident: string, bytes: Uint8Array): Promise<void> {
    await this.#deps.bus.js.publish(`${SUBJECTS.outbox}.${target}.${incident}`, bytes)
  }

  async consume(target: string): Promise<{ messages: AsyncIterableIterator<OutboxMessage>; stop(): void }> {
    const reader = new PullReader(
      {
        stream: STREAMS.outbox,
        maxBytes: MAX_QUEUED_BYTES,
        maxMessages: MAX_QUEUED,
        consumer: () => ({
          name: `outbox_${target}`,
          durable_name: `outbox_${target}`,
          filter_subject: `${SUBJECTS.outbox}.${target}.>`,
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
    async function* messages(): AsyncIterableIterator<OutboxMessage> {
      for await (const { message, deliveries } of reader) {
        yield {
          incident: message.subject.slice(message.subject.lastIndexOf('.') + 1),
          bytes: message.data,
          redelivered: deliveries > 1,
          ack: () => connection.publish(message.reply, '+ACK'),
          working: () => connection.publish(message.reply, '+WPI'),
          release: () => connection.publish(message.reply, '-NAK'),
        }
      }
    }
    return { messages: messages(), stop: () => reader.stop() }
  }

  async keepOnly(targets: readonly string[]): Promise<readonly string[]> {
    const { jsm } = this.#deps.bus
    const gone = new Set<string>()
    for await (const { name, config } of jsm.consumers.list(STREAMS.outbox)) {
      const target = config.filter_subject?.slice(SUBJECTS.outbox.length + 1, -2) ?? ''
      if (targets.includes(target)) continue
      gone.add(target)
      await jsm.streams.purge(STREAMS.outbox, { filter: `${SUBJECTS.outbox}.${target}.>` })
      await jsm.consumers.delete(STREAMS.outbox, name)
    }
    return [...gone]
  }

  async waiting(target: string): Promise<number> {
    const info = await this.#deps.bus.jsm.streams.info(STREAMS.outbox, {
      subjects_filter: `${SUBJECTS.outbox}.${target}.>`,
    })
    return Object.keys(info.state.subjects ?? {}).length
  }
}
