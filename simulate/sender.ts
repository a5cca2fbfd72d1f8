import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { v4Text } from './address.js'

export interface SenderOptions {
  readonly host: string
  /** A source address for each exporter; else all share one socket. */
  readonly distinct: boolean
  readonly socketsMax: number
}

export interface SenderCounters {
  /** Datagrams that the kernel took. */
  datagrams: number
  /** Flow records in them. */
  records: number
  bytes: number
  /** Datagrams that the kernel refused. */
  failed: number
  /** Sockets closed to stay within the bound. */
  closed: number
}

/** Addresses are literals: a look-up by the resolver would cost more than the sending. */
const literal = (
  host: string,
  _: unknown,
  done: (error: null, address: string, family: number) => void,
): void => done(null, host, 4)

/**
 * Datagrams to real sockets, from an address of its own for each exporter, so that a collector tells them
 * apart.
 */
export class Sender {
  readonly counters: SenderCounters = { datagrams: 0, records: 0, bytes: 0, failed: 0, closed: 0 }
  readonly #options: SenderOptions
  /** By source address, the longest idle first: a Map keeps the order in which keys were put in. */
  readonly #sockets = new Map<number, Socket>()
  readonly #perExporter = new Map<number, { datagrams: number; records: number }>()
  #inFlight = 0
  #drained: (() => void) | undefined

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** Counts by exporter, by its number in the network. At most as many entries as there are exporters. */
  get perExporter(): ReadonlyMap<number, { readonly datagrams: number; readonly records: number }> {
    return this.#perExporter
  }

  send(to: { exporter: number; address: number; port: number }, datagram: Uint8Array, records: number): void {
    this.#inFlight++
    this.#socketFor(to.address).send(datagram, 0, datagram.length, to.port, this.#options.host, (error) => {
      this.#inFlight--
      if (error) this.counters.failed++
      else this.#count(to.exporter, datagram.length, records)
      if (this.#inFlight === 0) this.#drained?.()
    })
  }

  /** Resolves when the kernel has all that was sent. */
  async drain(): Promise<void> {
    if (this.#inFlight > 0)
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    this.#drained = undefined
  }

  async close(): Promise<void> {
    await this.drain()
    const sockets = [...this.#sockets.values()]
    this.#sockets.clear()
    await Promise.all(
      sockets.map((socket) => {
        const closed = once(socket, 'close')
        socket.close()
        return closed
      }),
    )
  }

  #count(exporter: number, bytes: number, records: number): void {
    this.counters.datagrams++
    this.counters.records += records
    this.counters.bytes += bytes
    const own = this.#perExporter.get(exporter)
    if (own === undefined) this.#perExporter.set(exporter, { datagrams: 1, records })
    else {
      own.datagrams++
      own.records += records
    }
  }

  #socketFor(address: number): Socket {
    const key = this.#options.distinct ? address : 0
    const known = this.#sockets.get(key)
    if (known !== undefined) {
      if (this.#sockets.size >= this.#options.socketsMax) {
        this.#sockets.delete(key)
        this.#sockets.set(key, known)
      }
      return known
    }
    if (this.#sockets.size >= this.#options.socketsMax) this.#closeIdlest()
    const socket = createSocket({ type: 'udp4', lookup: literal as never })
    // Errors of a send come to its callback; one of the socket itself must not end the process.
    socket.on('error', () => {
      this.counters.failed++
      this.#sockets.delete(key)
    })
    if (this.#options.distinct) socket.bind({ address: v4Text(address), port: 0 })
    this.#sockets.set(key, socket)
    return socket
  }

  #closeIdlest(): void {
    const [address, socket] = this.#sockets.entries().next().value!
    this.#sockets.delete(address)
    this.counters.closed++
    // What it was given to send goes out first: a send is queued until the bind is done, and then done at
    // once.
    setImmediate(() => socket.close())
  }
}
