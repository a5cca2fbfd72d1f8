import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { Logger } from '../../model/ports.js'

export type Receive = (datagram: Buffer, from: RemoteInfo) => void

export interface Listener {
  readonly host: string
  readonly port: number
  /** What the kernel granted; half of what it reports, the other half is for its own accounts (man 7 socket). */
  readonly receiveBufferBytes: number
}

const NO_SUCH_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'])

/** The UDP sockets of a collector: each host on each port. */
export class Sockets {
  readonly #logger: Logger
  readonly #sockets: Socket[] = []
  /** Where it listens, in the order of hosts and ports. */
  readonly listeners: Listener[] = []

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /**
   * Opens all of them, or none. An IPv6 address that this machine does not have is passed over with a warning, as long
   * as another address is there.
   */
  async open(
    hosts: readonly string[],
    ports: readonly number[],
    bufferBytes: number,
    receive: Receive,
  ): Promise<void> {
    try {
      for (const host of hosts) for (const port of ports) await this.#listen(host, port, bufferBytes, receive)
      if (this.#sockets.length === 0)
        throw new Error(`this machine has none of the addresses ${hosts.join(', ')}`)
    } catch (error) {
      this.close()
      throw error
    }
  }

  async #listen(host: string, port: number, bufferBytes: number, receive: Receive): Promise<void> {
    const six = isIPv6(host)
    const socket = createSocket({ type: six ? 'udp6' : 'udp4', ipv6Only: six, recvBufferSize: bufferBytes })
    try {
      socket.bind({ address: host, port, exclusive: true })
      await once(socket, 'listening')
    } catch (error) {
      socket.close()
      const { code, message } = error as NodeJS.ErrnoException
      if (!six || !NO_SUCH_ADDRESS.has(code ?? '')) {
        throw new Error(`UDP ${host} port ${port}: ${message}`, { cause: error })
      }
      this.#logger.warn({ host, port, code }, 'this machine does not have the address: not listening there')
      return
    }
    socket.on('error', (error) => this.#logger.error({ host, port, error: error.message }, 'UDP socket'))
    socket.on('message', receive)
    this.#sockets.push(socket)
    const granted = socket.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1)
    this.listeners.push({ host, port: socket.address().port, receiveBufferBytes: granted })
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
    this.#sockets.length = 0
  }
}
