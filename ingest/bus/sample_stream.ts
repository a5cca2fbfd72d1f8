import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import { nanos, nuid } from '@nats-io/transport-node'
import type { JoinedPayload } from '../../model/joined_record.js'
import type { DeliveredSamples, Logger, SampleSink, SampleSource } from '../../model/ports.js'
import type { Bus } from './bus.js'
import { PullReader } from './pull_reader.js'
import { STREAMS, SUBJECTS } from './streams.js'

export interface SampleStreamDeps {
  readonly bus: Bus
  readonly logger: Logger
}

const MAX_QUEUED_BYTES = 16 * 1024 * 1024
const MAX_QUEUED = 128
const INACTIVE_MS = 60_000
/** Records of one message: a few hundred KiB of JSON. */
const RECORDS_PER_MESSAGE = 500

/**
 * The stream of joined records: consecutive payloads of EDGE gathered to messages, JSON, strictly in order. The id of a message
 * is its first and last payload; those without records tell the time.
 */
export class SampleStream implements SampleSink, SampleSource {
  readonly #deps: SampleStreamDeps

  constructor(deps: SampleStreamDeps) {
    this.#deps = deps
  }

  /** One message after the other: a lost one must not be overtaken. */
  async publish(payloads: readonly JoinedPayload[]): Promise<void> {
    for (const group of groupsOf(payloads)) {
      const msgID = `${group[0]!.sequence}-${group.at(-1)!.sequence}`
      await this.#deps.bus.js.publish(SUBJECTS.samples, JSON.stringify(group), { msgID })
    }
  }

  async read(from: number): Promise<{ samples: AsyncIterableIterator<DeliveredSamples>; stop(): void }> {
    let next = Math.max(1, from)
    const name = `samples_${nuid.next()}`
    let made = 0
    const reader = new PullReader(
      {
        stream: STREAMS.samples,
        maxBytes: MAX_QUEUED_BYTES,
        maxMessages: MAX_QUEUED,
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
    async function* samples(): AsyncIterableIterator<DeliveredSamples> {
      for await (const { message, streamSequence } of reader) {
        if (streamSequence < next) continue
        next = streamSequence + 1
        yield {
          streamSequence,
          payloads: JSON.parse(Buffer.from(message.data).toString()) as JoinedPayload[],
        }
      }
    }
    return { samples: samples(), stop: () => reader.stop() }
  }
}

function groupsOf(payloads: readonly JoinedPayload[]): JoinedPayload[][] {
  const groups: JoinedPayload[][] = []
  let records = Number.POSITIVE_INFINITY
  for (const payload of payloads) {
    for (let at = 0; at === 0 || at < payload.records.length; at += RECORDS_PER_MESSAGE) {
      const part = partOf(payload, at)
      const weight = Math.max(1, part.records.length)
      if (records + weight > RECORDS_PER_MESSAGE) {
        groups.push([])
        records = 0
      }
      groups.at(-1)!.push(part)
      records += weight
    }
  }
  return groups
}

function partOf(payload: JoinedPayload, at: number): JoinedPayload {
  if (payload.records.length <= RECORDS_PER_MESSAGE) return payload
  const records = payload.records.slice(at, at + RECORDS_PER_MESSAGE)
  return { ...payload, part: at / RECORDS_PER_MESSAGE, records }
}
