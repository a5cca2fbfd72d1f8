import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'

export interface SyslogCounters {
  /** Messages that the kernel took. */
  messages: number
  /** Records that they tell. */
  records: number
  failed: number
}

const none = (): SyslogCounters => ({ messages: 0, records: 0, failed: 0 })
/** Bytes that wait for a slow receiver; beyond it messages are failed, as log collectors do. */
const WAITING_MAX = 16 * 1024 * 1024

/** Syslog as firewalls send it by UDP, and log collectors by TCP with counted octets (RFC 6587, 3.4.1). */
export class SyslogSender {
  readonly udp = none()
  readonly tcp = none()
  readonly #host: string
  readonly #port: number
  #datagrams: UdpSocket | undefined
  #stream: Socket | undefined
  #inFlight = 0
  #drained: (() => void) | undefined

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  sendUdp(message: string, records: number): void {
    this.#datagrams ??= createSocket('udp4').on('error', () => this.udp.failed++)
    this.#inFlight++
    this.#datagrams.send(Buffer.from(message), this.#port, this.#host, (error) => {
      if (error) this.udp.failed++
      else {
        this.udp.messages++
        this.udp.records += records
      }
      if (--this.#inFlight === 0) this.#drained?.()
    })
  }

  sendTcp(message: string, records: number): void {
    const stream = this.#connected()
    if (stream.writableLength > WAITING_MAX) {
      this.tcp.failed++
      return
    }
    const bytes = Buffer.from(message)
    this.#inFlight++
    stream.write(Buffer.concat([Buffer.from(`${bytes.length} `), bytes]), (error) => {
      if (error) this.tcp.failed++
      else {
        this.tcp.messages++
        this.tcp.records += records
      }
      if (--this.#inFlight === 0) this.#drained?.()
    })
  }

  #connected(): Socket {
    if (this.#stream !== undefined && !this.#stream.destroyed) return this.#stream
    const stream = connect(this.#port, this.#host)
    // A receiver that went is connected to again with the next message.
    stream.on('error', () => stream.destroy())
    this.#stream = stream
    return stream
  }

  async close(): Promise<void> {
    if (this.#inFlight > 0)
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    const stream = this.#stream
    if (stream !== undefined && !stream.destroyed) await new Promise<void>((resolve) => stream.end(resolve))
    const datagrams = this.#datagrams
    if (datagrams !== undefined) await new Promise<void>((resolve) => datagrams.close(resolve))
  }
}
