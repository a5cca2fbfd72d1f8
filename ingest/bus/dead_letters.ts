import { headers } from '@nats-io/transport-node'
import type { DeadLetters } from '../../model/ports.js'
import type { Reject, RejectCode } from '../../model/reject.js'
import type { Bus } from './bus.js'
import { EDGE_HEADER, edgeHeaders, edgeOrigin } from './edge_message.js'
import { STREAMS, SUBJECTS } from './streams.js'

const HEADER = {
  message: 'Vigie-Message',
  exporter: 'Vigie-Exporter',
  received: 'Vigie-Received-Us',
  count: 'Vigie-Count',
  vendor: 'Vigie-Vendor',
  stored: 'Vigie-Stored',
} as const
/** Header values are one line of printable text. */
const MAX_TEXT = 500
const oneLine = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, MAX_TEXT)

/** A reject out of the dead-letter stream. */
export interface DeadLetter extends Reject {
  readonly sequence: number
  /** When it was put there, ms since 1970. */
  readonly keptMs: number
}

/**
 * The dead-letter stream: subject `vigie.dead.<code>`, what is known in headers, the datagram or frame as the payload.
 * The stream is bounded in bytes and age; the oldest letters go first, and everything was counted before.
 */
export class NatsDeadLetters implements DeadLetters {
  readonly #bus: Bus

  constructor(bus: Bus) {
    this.#bus = bus
  }

  async keep(reject: Reject, id?: string): Promise<void> {
    const { origin, receivedUs = 0 } = reject
    const head = origin ? edgeHeaders({ origin, receivedMs: Math.floor(receivedUs / 1000) }) : headers()
    if (reject.vendor !== undefined) head.set(HEADER.vendor, oneLine(reject.vendor))
    if (reject.stored !== undefined) head.set(HEADER.stored, String(reject.stored))
    head.set(HEADER.message, oneLine(reject.message))
    head.set(HEADER.count, String(reject.count))
    if (reject.exporter !== undefined) head.set(HEADER.exporter, oneLine(reject.exporter))
    if (reject.receivedUs !== undefined) head.set(HEADER.received, String(reject.receivedUs))
    await this.#bus.js.publish(`${SUBJECTS.dead}.${reject.code}`, reject.bytes ?? new Uint8Array(0), {
      headers: head,
      ...(id !== undefined && { msgID: id }),
    })
  }

  /** The letters from a sequence on, oldest first, at most `limit`; `code` picks those of one reason. */
  async *list(
    options: { from?: number; limit?: number; code?: RejectCode } = {},
  ): AsyncIterableIterator<DeadLetter> {
    const { from = 1, limit = 100, code } = options
    const { state } = await this.#bus.jsm.streams.info(STREAMS.dead)
    let found = 0
    for (let seq = Math.max(from, state.first_seq); seq <= state.last_seq && found < limit; seq++) {
      const letter = await this.get(seq)
      if (letter === undefined || (code !== undefined && letter.code !== code)) continue
      found++
      yield letter
    }
  }

  async get(sequence: number): Promise<DeadLetter | undefined> {
    const message = await this.#bus.jsm.direct.getMessage(STREAMS.dead, { seq: sequence })
    if (message === null) return undefined
    const { header, subject } = message
    const exporter = header.get(HEADER.exporter)
    const received = header.get(HEADER.received)
    const [vendor, stored] = [header.get(HEADER.vendor), header.get(HEADER.stored)]
    const origin = header.has(EDGE_HEADER.way) ? edgeOrigin(subject, (name) => header.get(name)) : undefined
    return {
      sequence,
      keptMs: message.time.getTime(),
      code: subject.slice(SUBJECTS.dead.length + 1) as RejectCode,
      message: header.get(HEADER.message),
      count: Number(header.get(HEADER.count)),
      ...(exporter === '' ? {} : { exporter }),
      ...(received === '' ? {} : { receivedUs: Number(received) }),
      ...(vendor === '' ? {} : { vendor }),
      ...(stored === '' ? {} : { stored: Number(stored) }),
      ...(origin && { origin }),
      bytes: message.data,
    }
  }
}
