import type { Socket } from 'node:net'
import { SyslogFramer } from './framer.js'
import type { Gatherer } from './gatherer.js'

/** One sender over TCP or TLS, from its first byte to its end. */
export class SyslogConnection {
  readonly socket: Socket
  readonly address: string
  readonly #framer: SyslogFramer
  #lastMs: number
  /** When the message that is not whole began. */
  #partialMs = 0
  readonly #nowMs: () => number

  constructor(
    socket: Socket,
    address: string,
    transport: 'tcp' | 'tls',
    parts: { gatherer: Gatherer; messageMaxBytes: number; nowMs: () => number },
  ) {
    this.socket = socket
    this.address = address
    this.#nowMs = parts.nowMs
    this.#lastMs = parts.nowMs()
    const { gatherer } = parts
    this.#framer = new SyslogFramer(parts.messageMaxBytes, {
      message: (bytes) => gatherer.take(Buffer.from(bytes), address, transport),
      tooLong: (beginning) => gatherer.tooLong(beginning, address, transport),
    })
    socket.on('data', (chunk) => {
      this.#lastMs = this.#nowMs()
      const before = this.#framer.partial
      this.#framer.push(chunk)
      if (!this.#framer.partial) this.#partialMs = 0
      else if (!before || this.#partialMs === 0) this.#partialMs = this.#lastMs
      if (gatherer.full) socket.pause()
    })
    socket.once('end', () => this.#framer.end())
  }

  /** Why it is to be closed, if it is. */
  overdue(idleMs: number, messageMs: number): 'idle' | 'slow' | undefined {
    // Whoever is not read has nothing to make haste for.
    if (this.socket.isPaused()) return undefined
    const nowMs = this.#nowMs()
    if (this.#partialMs > 0 && nowMs - this.#partialMs > messageMs) return 'slow'
    return nowMs - this.#lastMs > idleMs ? 'idle' : undefined
  }
}
