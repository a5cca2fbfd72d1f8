import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'

/** Where datagrams go. */
export interface ReplayTarget {
  /** An address, not a name. */
  readonly address: string
  readonly port: number
}

/** Each source is a socket; a capture of more exporters than this shares one among the rest. */
const SOURCES_MAX = 1024
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

const isLoopback = (address: string): boolean => isIPv4(address) && address.startsWith('127.')

/**
 * The loopback address that stands for an exporter (16 bytes, IPv4 as ::ffff:a.b.c.d): 127.b.c.d for
 * a.b.c.d, and a
 * hash for IPv6. `salt` gives another one when two exporters would share it.
 */
export function loopbackOf(exporter: Uint8Array, salt: number): string {
  const isV4 = exporter[10] === 255 && exporter[11] === 255
  let low = isV4 ? (exporter[13]! << 16) | (exporter[14]! << 8) | exporter[15]! : 0
  if (!isV4 || salt > 0) {
    let hash = FNV_OFFSET ^ salt
    for (const byte of exporter) hash = Math.imul(hash ^ byte, FNV_PRIME)
    low = hash & 0xffffff
  }
  // The first and the last address of the block are nobody's.
  low = Math.min(Math.max(low, 1), 0xfffffe)
  return `127.${low >> 16}.${(low >> 8) & 255}.${low & 255}`
}

/** The sockets of a replay: one for each exporter where the target is loopback, else one for all. */
export class ReplaySources {
  readonly #target: ReplayTarget
  readonly #byExporter = new Map<string, Socket>()
  readonly #taken = new Set<string>()
  #shared: Socket | undefined
  /** Exporters that were seen. */
  exporters = 0
  /** Exporters that share a source with others. */
  shared = 0

  constructor(target: ReplayTarget) {
    this.#target = target
  }

  /** The socket to send an exporter's datagrams from, connected to the target. */
  async of(exporter: Uint8Array): Promise<Socket> {
    const key = Buffer.from(exporter).toString('latin1')
    const known = this.#byExporter.get(key)
    if (known !== undefined) return known
    this.exporters++
    const own = isLoopback(this.#target.address) && this.#taken.size < SOURCES_MAX
    const socket = (own ? await this.#bindOwn(exporter) : undefined) ?? (await this.#share())
    if (this.#byExporter.size < SOURCES_MAX * 64) this.#byExporter.set(key, socket)
    return socket
  }

  close(): void {
    for (const socket of new Set(this.#byExporter.values())) socket.close()
  }

  async #share(): Promise<Socket> {
    this.shared++
    this.#shared ??= await this.#open(undefined)
    return this.#shared
  }

  /** Undefined on a system that gives out 127.0.0.1 only. */
  async #bindOwn(exporter: Uint8Array): Promise<Socket | undefined> {
    let salt = 0
    while (this.#taken.has(loopbackOf(exporter, salt))) salt++
    const address = loopbackOf(exporter, salt)
    try {
      const socket = await this.#open(address)
      this.#taken.add(address)
      return socket
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') return undefined
      throw error
    }
  }

  async #open(address: string | undefined): Promise<Socket> {
    const socket = createSocket(isIPv4(this.#target.address) ? 'udp4' : 'udp6')
    try {
      socket.bind(address === undefined ? { port: 0 } : { port: 0, address })
      await once(socket, 'listening')
      socket.connect(this.#target.port, this.#target.address)
      await once(socket, 'connect')
    } catch (error) {
      socket.close()
      throw error
    }
    // Told by the callback of the send that they belong to.
    socket.on('error', () => {})
    return socket
  }
}
