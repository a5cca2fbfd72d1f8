import { createHash } from 'node:crypto'
import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import { nanos, nuid } from '@nats-io/transport-node'
import { actionOf, type FindingAction, type FindingMark, markOf } from '../../model/finding.js'
import type { FindingFeedback, Logger } from '../../model/ports.js'
import type { Bus } from './bus.js'
import { PullReader } from './pull_reader.js'
import { STREAMS, SUBJECTS } from './streams.js'

export interface FindingFeedbackDeps {
  readonly bus: Bus
  readonly logger: Logger
}

/** An action that stays in its stream until it is acknowledged. */
export interface DeliveredAction {
  readonly streamSequence: number
  readonly action: FindingAction
  ack(): void
}

const MAX_QUEUED_BYTES = 4 * 1024 * 1024
const MAX_QUEUED = 256
const ACK_WAIT_MS = 30_000
const INACTIVE_MS = 60_000

/** The same word of the same person on the same finding at the same moment is one message. */
const messageId = (bytes: string): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32)

/** A finding's uid is a part of a subject: whatever could not be one is left out. */
const subjectOf = (finding: string): string =>
  `${SUBJECTS.actions}.${finding.replaceAll(/[^\w-]/g, '_') || '_'}`

/**
 * What people did about findings: a stream of small JSON messages, kept for long, so that a detector that starts anew hears
 * what was said before, and the store has a row of each.
 */
export class NatsFindingFeedback implements FindingFeedback {
  readonly #deps: FindingFeedbackDeps

  constructor(deps: FindingFeedbackDeps) {
    this.#deps = deps
  }

  async give(marks: readonly FindingMark[]): Promise<void> {
    // One after the other: of two marks of one finding the later one must hold.
    for (const mark of marks) await this.note(actionOf(mark))
  }

  async note(action: FindingAction): Promise<void> {
    const bytes = JSON.stringify(action)
    await this.#deps.bus.js.publish(subjectOf(action.finding), bytes, { msgID: messageId(bytes) })
  }

  async watch(listener: (mark: FindingMark, sequence: number) => void, after = 0): Promise<() => void> {
    const name = `marks_${nuid.next()}`
    let next = after + 1
    let made = 0
    const reader = this.#reader(() => ({
      name: `${name}_${++made}`,
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: next,
      inactive_threshold: nanos(INACTIVE_MS),
      num_replicas: 1,
      mem_storage: true,
    }))
    await reader.start()
    const follow = async (): Promise<void> => {
      for await (const { message, streamSequence } of reader) {
        if (streamSequence < next) continue
        next = streamSequence + 1
        const mark = this.#read(message.data, streamSequence)
        if (mark !== undefined) listener(mark, streamSequence)
      }
    }
    follow().catch((error: Error) =>
      this.#deps.logger.error({ error: error.message }, 'marks of findings are no longer heard'),
    )
    return () => reader.stop()
  }

  /** Actions for one sink, known by its durable name: what it has not acknowledged comes again. */
  async consume(durable: string): Promise<{ actions: AsyncIterableIterator<DeliveredAction>; stop(): void }> {
    const reader = this.#reader(() => ({
      name: durable,
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MAX_QUEUED,
      max_deliver: -1,
    }))
    await reader.start()
    const { connection } = this.#deps.bus
    const parse = (bytes: Uint8Array, at: number): FindingAction | undefined => this.#parse(bytes, at)
    async function* actions(): AsyncIterableIterator<DeliveredAction> {
      for await (const { message, streamSequence } of reader) {
        const action = parse(message.data, streamSequence)
        if (action === undefined) connection.publish(message.reply, '+TERM')
        else yield { streamSequence, action, ack: () => connection.publish(message.reply, '+ACK') }
      }
    }
    return { actions: actions(), stop: () => reader.stop() }
  }

  #reader(consumer: ConstructorParameters<typeof PullReader>[0]['consumer']): PullReader {
    const stream = STREAMS.actions
    return new PullReader(
      { stream, maxBytes: MAX_QUEUED_BYTES, maxMessages: MAX_QUEUED, consumer },
      this.#deps,
    )
  }

  #read(bytes: Uint8Array, streamSequence: number): FindingMark | undefined {
    const action = this.#parse(bytes, streamSequence)
    return action && markOf(action)
  }

  /** What somebody else put there and is no action says nothing, and is told. */
  #parse(bytes: Uint8Array, streamSequence: number): FindingAction | undefined {
    try {
      const action = JSON.parse(Buffer.from(bytes).toString('utf8')) as FindingAction
      if (typeof action.finding === 'string' && typeof action.action === 'string') return action
    } catch {
      // Told below, like what is JSON but no action.
    }
    this.#deps.logger.error({ streamSequence }, 'a message is no action on a finding and is left out')
    return undefined
  }
}
