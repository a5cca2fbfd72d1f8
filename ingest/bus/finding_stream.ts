import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { Finding } from '../../model/finding.js'
import type { FindingSink, Logger } from '../../model/ports.js'
import type { Bus } from './bus.js'
import { PullReader } from './pull_reader.js'
import { STREAMS, SUBJECTS } from './streams.js'

export interface FindingStreamDeps {
  readonly bus: Bus
  readonly logger: Logger
}

/** A finding out of the stream, to be acknowledged when it is where it should be. */
export interface DeliveredFinding {
  readonly streamSequence: number
  readonly redelivered: boolean
  readonly finding: Finding
  ack(): void
  /** Gives it back, to come again after `delayMs`. */
  retry(delayMs: number): void
}

const MAX_QUEUED_BYTES = 16 * 1024 * 1024
const MAX_QUEUED = 256
const ACK_WAIT_MS = 30_000
const MAX_ACK_PENDING = 1024

/** The same activity of the same finding at the same event time is one message, whoever says it again. */
const messageId = (f: Finding): string => `${f.uid}.${f.activity}.${f.time}`

/** The stream of findings: subject `vigie.findings.<service>`, JSON in its brief form. */
export class FindingStream implements FindingSink {
  readonly #deps: FindingStreamDeps

  constructor(deps: FindingStreamDeps) {
    this.#deps = deps
  }

  /** Resolves when all are in the stream. */
  async publish(findings: readonly Finding[]): Promise<void> {
    const { js } = this.#deps.bus
    await Promise.all(
      findings.map((f) =>
        js.publish(`${SUBJECTS.findings}.${f.service}`, JSON.stringify(f), { msgID: messageId(f) }),
      ),
    )
  }

  /**
   * Findings for one sink, which is known by its durable name: what it has not acknowledged comes again, also after a
   * restart. Messages that are no JSON are left out and logged. `stop` ends the iteration.
   */
  async consume(
    durable: string,
  ): Promise<{ findings: AsyncIterableIterator<DeliveredFinding>; stop(): void }> {
    const reader = new PullReader(
      {
        stream: STREAMS.findings,
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
    const { logger, bus } = this.#deps
    const { connection } = bus
    async function* findings(): AsyncIterableIterator<DeliveredFinding> {
      for await (const { message, streamSequence, deliveries } of reader) {
        const finding = parse(message.data)
        if (finding === undefined) {
          logger.error({ streamSequence }, 'a finding does not read and is left out')
          connection.publish(message.reply, '+TERM')
          continue
        }
        yield {
          streamSequence,
          redelivered: deliveries > 1,
          finding,
          ack: () => connection.publish(message.reply, '+ACK'),
          retry: (delayMs) =>
            connection.publish(message.reply, `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}`),
        }
      }
    }
    return { findings: findings(), stop: () => reader.stop() }
  }
}

function parse(bytes: Uint8Array): Finding | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Finding
  } catch {
    return undefined
  }
}
