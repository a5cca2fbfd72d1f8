import type { ConsumerConfig } from '@nats-io/jetstream'
import { createInbox, nanos } from '@nats-io/transport-node'
import type { Logger } from '../../model/ports.js'
import type { Bus } from './bus.js'
import { BusInbox, type Inbox, type InboxMessage } from './inbox.js'

/** A message of a stream, as a pull consumer delivered it. */
export interface PulledMessage {
  readonly message: InboxMessage
  readonly streamSequence: number
  /** 1 at the first delivery. */
  readonly deliveries: number
  /** When the stream took it, ms since 1970. */
  readonly storedMs: number
}

export interface PullReaderConfig {
  readonly stream: string
  /** The consumer to make, if it is not there; called again after each interruption. */
  consumer(): Partial<ConsumerConfig> & { name: string }
  /** Bytes and messages that may wait for the reader. */
  readonly maxBytes: number
  readonly maxMessages: number
  /** Where the messages come in; on the process's connection unless told otherwise. */
  readonly inbox?: Inbox
}

export interface PullReaderDeps {
  readonly bus: Bus
  readonly logger: Logger
}

const EXPIRES_MS = 5_000
/** Messages of one request: a server serves a request to its end, so that long ones would starve other readers. */
const MAX_REQUEST = 32
/** How much longer than its request's life a silence may last before the request is taken for lost. */
const GRACE_MS = 1_000
const RETRY_MS = 250

/** The one request that is open at a server. */
interface OpenRequest {
  readonly inbox: string
  messagesLeft: number
  readonly timer: NodeJS.Timeout
}

/**
 * Pulls messages of a stream and hands them out one by one, with a bound in bytes and messages on what waits: the
 * server sends only what it was asked for. It asks again when half of the room is free, when the server ends a request,
 * when a request stays silent for too long, and when the connection comes back; the consumer is made sure of
 * after each interruption.
 *
 * The client library's own readers bound either bytes or messages, and stand still for a heartbeat when a request ends
 * for its bytes; frames need both bounds and no pause.
 */
export class PullReader {
  readonly #config: PullReaderConfig
  readonly #deps: PullReaderDeps
  readonly #inbox = createInbox()
  readonly #queue: PulledMessage[] = []
  #queuedBytes = 0
  #requests = 0
  #open: OpenRequest | undefined
  #consumer = ''
  #preparing = false
  readonly #messages: Inbox
  #endStatus: (() => void) | undefined
  #stopped = false
  #wake: (() => void) | undefined

  constructor(config: PullReaderConfig, deps: PullReaderDeps) {
    this.#config = config
    this.#deps = deps
    this.#messages = config.inbox ?? new BusInbox(deps.bus)
  }

  /** Messages that wait to be handed out. */
  get queued(): number {
    return this.#queue.length
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** What waits, oldest first. */
  waiting(): Iterable<PulledMessage> {
    return this.#queue
  }

  async start(): Promise<void> {
    const { bus } = this.#deps
    await this.#ready()
    this.#endStatus = bus.onConnection((connected) => {
      this.#endRequest()
      if (connected) this.#prepare()
    })
    this.#pull()
  }

  /** Ends the iteration; what was pulled and not handed out is given to others when its time is over. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#endRequest()
    this.#endStatus?.()
    this.#messages.close()
    this.#queue.length = 0
    this.#queuedBytes = 0
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<PulledMessage> {
    while (!this.#stopped) {
      const next = this.#queue.shift()
      if (next === undefined) {
        await new Promise<void>((wake) => {
          this.#wake = wake
        })
        continue
      }
      this.#queuedBytes -= next.message.data.length
      this.#pull()
      yield next
    }
  }

  #onMessage(message: InboxMessage): void {
    if (this.#stopped) return
    if (message.subject.startsWith(this.#inbox)) {
      this.#onStatus(message)
      return
    }
    const info = ackTokens(message.reply)
    if (info === undefined) return
    this.#queue.push({ message, ...info })
    this.#queuedBytes += message.data.length
    if (this.#open !== undefined && --this.#open.messagesLeft <= 0) this.#endRequest()
    else this.#open?.timer.refresh()
    this.#wake?.()
    this.#pull()
  }

  /** The server ended a request: it expired (408), is full (409), or there is no such consumer any more. */
  #onStatus(message: InboxMessage): void {
    if (message.subject !== this.#open?.inbox) return
    const { code, description } = message
    if (code === 100) {
      this.#open.timer.refresh()
      return
    }
    this.#endRequest()
    if (code === 503 || (code === 409 && /deleted|leadership|shutdown/i.test(description))) this.#prepare()
    else this.#pull()
  }

  #endRequest(): void {
    clearTimeout(this.#open?.timer)
    this.#open = undefined
  }

  #pull(): void {
    if (this.#stopped || this.#open !== undefined || this.#preparing || !this.#deps.bus.connected) return
    const { stream, maxBytes, maxMessages } = this.#config
    const bytes = maxBytes - this.#queuedBytes
    const room = maxMessages - this.#queue.length
    if (bytes < maxBytes / 2 || room < Math.max(1, maxMessages / 2)) return
    const batch = Math.min(room, MAX_REQUEST)
    const inbox = `${this.#inbox}.${++this.#requests}`
    const timer = setTimeout(() => this.#onSilence(), EXPIRES_MS + GRACE_MS)
    this.#open = { inbox, messagesLeft: batch, timer }
    const request = JSON.stringify({ batch, max_bytes: bytes, expires: nanos(EXPIRES_MS) })
    this.#deps.bus.connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.#consumer}`, request, {
      reply: inbox,
    })
  }

  #onSilence(): void {
    this.#endRequest()
    this.#prepare()
  }

  /** Makes sure of consumer and inbox, for as long as it takes, then pulls. */
  #prepare(): void {
    if (this.#preparing || this.#stopped || !this.#deps.bus.connected) return
    this.#preparing = true
    this.#ready().then(
      () => {
        this.#preparing = false
        this.#pull()
      },
      (error: Error) => {
        this.#deps.logger.warn(
          { stream: this.#config.stream, error: error.message },
          'the stream cannot be read yet',
        )
        setTimeout(() => {
          this.#preparing = false
          this.#prepare()
        }, RETRY_MS)
      },
    )
  }

  async #ready(): Promise<void> {
    const config = this.#config.consumer()
    await this.#deps.bus.jsm.consumers.add(this.#config.stream, config)
    this.#consumer = config.name
    await this.#messages.open(
      `${this.#inbox}.*`,
      (message) => this.#onMessage(message),
      () => {
        this.#endRequest()
        this.#prepare()
      },
    )
  }
}

/**
 * Sequence, deliveries and time out of a message's reply subject:
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time, ns>.<pending>`, or with `<domain>.<account>` in front of the stream.
 * Source: NATS, ADR-15.
 */
function ackTokens(reply: string): Omit<PulledMessage, 'message'> | undefined {
  if (!reply.startsWith('$JS.ACK.')) return undefined
  const tokens = reply.split('.')
  const at = tokens.length >= 11 ? 6 : 4
  const storedMs = Math.floor(Number(tokens[at + 3]) / 1e6)
  return { deliveries: Number(tokens[at]), streamSequence: Number(tokens[at + 1]), storedMs }
}
