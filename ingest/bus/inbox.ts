import type { Msg } from '@nats-io/transport-node'
import type { Bus } from './bus.js'

/** What came to an inbox: a message of a stream, or a status of the server (`code` is not 0). */
export interface InboxMessage {
  readonly subject: string
  readonly reply: string
  readonly code: number
  readonly description: string
  readonly data: Uint8Array
  /** Whether `data` lies in frame memory of its own. */
  readonly owned: boolean
  /** Empty when there is none of that name. */
  header(name: string): string
}

/** Where the server delivers what a `PullReader` asks for. */
export interface Inbox {
  /**
   * Resolves when the server knows the subscription. `onLost` is called when it ends by itself; it may be opened again then.
   */
  open(subject: string, onMessage: (message: InboxMessage) => void, onLost: () => void): Promise<void>
  close(): void
}

/** An inbox on the process's connection. */
export class BusInbox implements Inbox {
  readonly #bus: Bus
  #close: (() => void) | undefined

  constructor(bus: Bus) {
    this.#bus = bus
  }

  /** The connection renews its subscriptions by itself: a second opening keeps the first. */
  async open(subject: string, onMessage: (message: InboxMessage) => void): Promise<void> {
    if (this.#close !== undefined) return
    const subscription = this.#bus.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) onMessage(fromMsg(message))
      },
    })
    this.#close = () => subscription.unsubscribe()
  }

  close(): void {
    this.#close?.()
    this.#close = undefined
  }
}

const fromMsg = (message: Msg): InboxMessage => ({
  subject: message.subject,
  reply: message.reply ?? '',
  code: message.headers?.code ?? 0,
  description: message.headers?.description ?? '',
  data: message.data,
  owned: false,
  header: (name) => message.headers?.get(name) ?? '',
})
