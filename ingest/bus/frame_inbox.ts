import { connect, type Socket } from 'node:net'
import type { FrameMemory, Logger } from '../../model/ports.js'
import { authenticatorOf } from './authenticator.js'
import type { Bus } from './bus.js'
import type { Inbox, InboxMessage } from './inbox.js'

export interface FrameInboxDeps {
  readonly bus: Bus
  readonly memory: FrameMemory
  readonly logger: Logger
}

const READ_BYTES = 256 * 1024
/** No control line is longer, but for the server's INFO, which may name many peers. */
const MAX_LINE_BYTES = 256 * 1024
const OPEN_TIMEOUT_MS = 5_000
/** Messages up to this size, statuses above all, take no frame memory. */
const SMALL_BYTES = 2_048
const CR_LF = 2
const LF = 10
const STATUS_LINE = /^NATS\/1\.0 (\d{3})(?: ([^\r\n]*))?/

/** What a MSG or HMSG line announces. */
interface Announced {
  readonly subject: string
  readonly reply: string
  readonly headerBytes: number
  /** Header and payload. */
  readonly bytes: number
}

/**
 * An inbox on a connection of its own, which puts each payload straight into frame memory: read once by the kernel, copied once,
 * handed on without a copy. The client library assembles a payload of half a megabyte out of chunks, in buffers that it
 * grows and throws away, and the collection of those cost more than decoding the flows.
 *
 * It subscribes and nothing else: requests and acknowledgements go by the process's connection. It speaks as much of the
 * client protocol as that takes: INFO, CONNECT, SUB, PING, PONG, MSG, HMSG, -ERR.
 * Source: NATS, "Client Protocol"; headers: ADR-4.
 */
export class FrameInbox implements Inbox {
  readonly #deps: FrameInboxDeps
  #socket: Socket | undefined

  constructor(deps: FrameInboxDeps) {
    this.#deps = deps
  }

  async open(subject: string, onMessage: (message: InboxMessage) => void, onLost: () => void): Promise<void> {
    if (this.#socket !== undefined) return
    const session = new Session(subject, this.#deps, onMessage)
    const { hostname, port } = new URL(`nats://${this.#deps.bus.connection.getServer()}`)
    const socket = await session.open(hostname, Number(port || 4222))
    this.#socket = socket
    socket.once('close', () => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      onLost()
    })
  }

  close(): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
  }
}

/** One connection: the state of its reading, from the server's INFO to its end. */
class Session {
  readonly #subject: string
  readonly #deps: FrameInboxDeps
  readonly #onMessage: (message: InboxMessage) => void
  #socket!: Socket
  #resolve!: () => void
  #reject!: (error: Error) => void
  /** The beginning of a line whose end has not come. */
  #line = ''
  #announced: Announced | undefined
  /** What of the announced message is there; the two bytes of its line end are counted, not kept. */
  #target: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  #filled = 0

  constructor(subject: string, deps: FrameInboxDeps, onMessage: (message: InboxMessage) => void) {
    this.#subject = subject
    this.#deps = deps
    this.#onMessage = onMessage
  }

  /** Resolves when the server has answered a PING that stands behind the subscription. */
  async open(host: string, port: number): Promise<Socket> {
    const ready = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const onread = {
      buffer: new Uint8Array(READ_BYTES),
      callback: (bytes: number, buffer: Uint8Array): boolean => {
        this.#read(buffer.subarray(0, bytes))
        return true
      },
    }
    this.#socket = connect({ host, port, onread, noDelay: true, keepAlive: true })
    const timer = setTimeout(() => this.#reject(new Error('NATS does not answer')), OPEN_TIMEOUT_MS)
    this.#follow(this.#socket)
    try {
      await ready
    } catch (error) {
      this.#socket.destroy()
      throw error
    } finally {
      clearTimeout(timer)
    }
    return this.#socket
  }

  #follow(socket: Socket): void {
    socket.on('error', (error) => this.#reject(error))
    socket.once('close', () => this.#reject(new Error('the connection is closed')))
  }

  #read(chunk: Uint8Array): void {
    try {
      for (let at = 0; at < chunk.length; ) {
        at = this.#announced === undefined ? this.#readLine(chunk, at) : this.#fill(chunk, at)
      }
    } catch (error) {
      this.#deps.logger.warn({ error: (error as Error).message }, 'the connection for frames does not read')
      this.#socket.destroy()
    }
  }

  #readLine(chunk: Uint8Array, at: number): number {
    const end = chunk.indexOf(LF, at)
    const text = Buffer.from(chunk.buffer, chunk.byteOffset + at, (end < 0 ? chunk.length : end) - at)
    this.#line += text.toString('latin1')
    if (end < 0) {
      if (this.#line.length > MAX_LINE_BYTES) throw new Error('a line of the protocol has no end')
      return chunk.length
    }
    const line = this.#line.trimEnd()
    this.#line = ''
    this.#onLine(line)
    return end + 1
  }

  #onLine(line: string): void {
    const space = line.indexOf(' ')
    const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase()
    if (verb === 'MSG' || verb === 'HMSG') this.#announce(line.split(/ +/), verb === 'HMSG')
    else if (verb === 'PING') this.#socket.write('PONG\r\n')
    else if (verb === 'PONG') this.#resolve()
    else if (verb === 'INFO') this.#greet(JSON.parse(line.slice(space + 1)))
    else if (verb === '-ERR') throw new Error(`NATS says ${line.slice(space + 1)}`)
  }

  /** The first INFO is answered; later ones tell of changes in the cluster. */
  #greet(info: { nonce?: string; tls_required?: boolean }): void {
    if (info.tls_required) throw new Error('the server wants TLS')
    const auth = authenticatorOf(this.#deps.bus.config)?.(info.nonce) ?? {}
    const options = {
      verbose: false,
      pedantic: false,
      headers: true,
      no_responders: true,
      protocol: 1,
      lang: 'vigie',
      version: '1',
      name: 'vigie-frames',
      ...auth,
    }
    this.#socket.write(`CONNECT ${JSON.stringify(options)}\r\nSUB ${this.#subject} 1\r\nPING\r\n`)
  }

  /** `MSG subject sid [reply] bytes`, `HMSG subject sid [reply] header-bytes bytes`. */
  #announce(tokens: readonly string[], hasHeaders: boolean): void {
    const sizes = hasHeaders ? 2 : 1
    const reply = tokens.length > 3 + sizes ? tokens[3]! : ''
    const bytes = Number(tokens.at(-1))
    const headerBytes = hasHeaders ? Number(tokens.at(-2)) : 0
    if (!(headerBytes >= 0 && headerBytes <= bytes))
      throw new Error(`a line of the protocol does not read: ${tokens.join(' ')}`)
    this.#announced = { subject: tokens[1]!, reply, headerBytes, bytes }
    const memory = bytes <= SMALL_BYTES ? new ArrayBuffer(bytes) : this.#deps.memory.take(bytes)
    this.#target = new Uint8Array(memory, 0, bytes)
    this.#filled = 0
  }

  #fill(chunk: Uint8Array, at: number): number {
    const { bytes } = this.#announced!
    const payload = Math.max(0, Math.min(bytes - this.#filled, chunk.length - at))
    if (payload > 0) this.#target.set(chunk.subarray(at, at + payload), this.#filled)
    const lineEnd = Math.min(bytes + CR_LF - this.#filled - payload, chunk.length - at - payload)
    this.#filled += payload + lineEnd
    if (this.#filled === bytes + CR_LF) this.#deliver()
    return at + payload + lineEnd
  }

  #deliver(): void {
    const { subject, reply, headerBytes, bytes } = this.#announced!
    const target = this.#target
    this.#announced = undefined
    const head = headerBytes === 0 ? '' : Buffer.from(target.buffer, 0, headerBytes).toString('latin1')
    const status = STATUS_LINE.exec(head)
    this.#onMessage({
      subject,
      reply,
      code: Number(status?.[1] ?? 0),
      description: status?.[2] ?? '',
      data: target.subarray(headerBytes, bytes),
      owned: bytes > SMALL_BYTES,
      header: (name) => new RegExp(`^${name}: *(.*)\\r$`, 'mi').exec(head)?.[1] ?? '',
    })
  }
}
