import { AckPolicy, DeliverPolicy, JetStreamApiError, type StreamInfo } from '@nats-io/jetstream'
import { nuid } from '@nats-io/transport-node'
import type { Journal, JournalEntry } from '../../model/ports.js'
import type { Bus } from './bus.js'
import { STREAMS, SUBJECTS } from './streams.js'

/** Error code of JetStream: the last sequence is another than the writer expected. */
const WRONG_LAST_SEQUENCE = 10071
/** Below so many entries each is asked for by itself; more come through a consumer. */
const SINGLE_READS = 8

/**
 * The journal of batches: one stream with one subject. An append that names the last sequence is JetStream's
 * compare-and-set (header Nats-Expected-Last-Sequence), so that of several writers one wins and the others look again.
 */
export class NatsJournal implements Journal {
  readonly #bus: Bus
  readonly #stream: string
  readonly #subject: string

  /** @param which the journal of batches of frames, that of payloads of edges, or that of incidents */
  constructor(bus: Bus, which: 'batches' | 'edgeBatches' | 'incidents' = 'batches') {
    this.#bus = bus
    this.#stream = STREAMS[which]
    this.#subject = SUBJECTS[which]
  }

  async read(after: number): Promise<{ last: number; entries: JournalEntry[] }> {
    const { state } = await this.#bus.jsm.streams.info(this.#stream)
    const from = Math.max(after + 1, state.first_seq)
    if (state.messages === 0 || state.last_seq < from) return { last: state.last_seq, entries: [] }
    if (state.last_seq - from >= SINGLE_READS) {
      return { last: state.last_seq, entries: await this.#readMany(from, state) }
    }
    const entries: JournalEntry[] = []
    for (let seq = from; seq <= state.last_seq; seq++) {
      const message = await this.#bus.jsm.direct.getMessage(this.#stream, { seq })
      if (message !== null) entries.push({ sequence: seq, bytes: message.data })
    }
    return { last: state.last_seq, entries }
  }

  async append(bytes: Uint8Array, after?: number): Promise<number | undefined> {
    try {
      const expect = after === undefined ? {} : { expect: { lastSequence: after } }
      return (await this.#bus.js.publish(this.#subject, bytes, expect)).seq
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return undefined
      throw error
    }
  }

  async trim(below: number): Promise<void> {
    await this.#bus.jsm.streams.purge(this.#stream, { seq: below })
  }

  async #readMany(from: number, state: StreamInfo['state']): Promise<JournalEntry[]> {
    const name = `journal_${nuid.next()}`
    await this.#bus.jsm.consumers.add(this.#stream, {
      name,
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: from,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: 30e9,
    })
    const entries: JournalEntry[] = []
    const consumer = await this.#bus.js.consumers.get(this.#stream, name)
    while ((entries.at(-1)?.sequence ?? 0) < state.last_seq) {
      const before = entries.length
      const messages = await consumer.fetch({ max_messages: 500, expires: 1000 })
      for await (const message of messages) {
        entries.push({ sequence: message.seq, bytes: message.data })
        if (message.seq >= state.last_seq) break
      }
      if (entries.length === before) break
    }
    await this.#bus.jsm.consumers.delete(this.#stream, name).catch(() => {})
    return entries
  }
}
