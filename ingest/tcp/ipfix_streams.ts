import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, isIPv6, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Logger } from '../../model/ports.js'
import type { IpfixStreamsConfig } from './config.js'
import { MessageReader } from './message_reader.js'

/** What becomes of connections and their messages. `port` is the exporter's: with its address it names the session. */
export interface StreamHandlers {
  /** False when the address may not send. */
  admits(address: string): boolean
  begin(address: string, port: number): void
  message(address: string, port: number, message: Uint8Array): void
  /** What stands where a message should begin; the connection is closed. */
  invalid(address: string, port: number, bytes: Uint8Array): void
  end(address: string, port: number): void
}

export interface StreamListener {
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

export interface IpfixStreamsDeps {
  readonly logger: Logger
  readonly metrics: Registry
}

/** Why a connection was closed by us. */
type Closed = 'refused' | 'limit' | 'invalid' | 'idle' | 'slow' | 'error'

interface Connection {
  readonly socket: Socket
  readonly address: string
  readonly port: number
  readonly reader: MessageReader
  /** When the last whole message came, and when the one that is not whole began; monotonic. */
  lastMs: number
  partialMs: number
}

const LOOK_MS = 1000
const NO_SUCH_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'])
/** Of what stands where a message should begin, so much is told. */
const INVALID_BYTES = 1024

/**
 * IPFIX over TCP and TLS: bounded connections, cut into messages. What an exporter says holds for its connection
 * (RFC 7011 section 10.4.2: a transport session), so each has a begin and an end.
 */
export class IpfixStreams {
  readonly #config: IpfixStreamsConfig & { readonly ports: readonly number[] }
  readonly #deps: IpfixStreamsDeps
  readonly #servers: Server[] = []
  readonly #connections = new Set<Connection>()
  readonly #byAddress = new Map<string, number>()
  readonly #closed: Counter<'why'>
  #handlers: StreamHandlers | undefined
  #look: NodeJS.Timeout | undefined
  #messages = 0
  /** Where it listens, in the order of hosts and ports, TCP first. */
  readonly listeners: StreamListener[] = []

  constructor(config: IpfixStreamsConfig & { readonly ports: readonly number[] }, deps: IpfixStreamsDeps) {
    this.#config = config
    this.#deps = deps
    const registers = [deps.metrics]
    const connections = this.#connections
    new Gauge({
      name: 'vigie_collector_stream_connections',
      help: 'Connections of IPFIX over TCP and TLS.',
      registers,
      collect() {
        this.set(connections.size)
      },
    })
    const messages = () => this.#messages
    new Counter({
      name: 'vigie_collector_stream_messages_total',
      help: 'IPFIX messages that came over TCP and TLS.',
      registers,
      collect() {
        this.reset()
        this.inc(messages())
      },
    })
    this.#closed = new Counter({
      name: 'vigie_collector_stream_closed_total',
      help: 'Connections of IPFIX that the collector closed, by why.',
      labelNames: ['why'],
      registers,
    })
  }

  /** Opens all of them, or none. An IPv6 address that this machine does not have is passed over with a warning. */
  async open(hosts: readonly string[], handlers: StreamHandlers): Promise<void> {
    this.#handlers = handlers
    const { ports, tls_ports } = this.#config
    const secure = this.#secureContext()
    try {
      for (const host of hosts) for (const port of ports) await this.#listen(host, port, undefined)
      if (secure !== undefined)
        for (const host of hosts) for (const port of tls_ports) await this.#listen(host, port, secure)
    } catch (error) {
      this.close()
      throw error
    }
    this.#look = setInterval(() => this.#closeIdle(performance.now()), LOOK_MS)
    this.#look.unref()
  }

  #secureContext(): { cert: Buffer; key: Buffer; ca?: Buffer } | undefined {
    const { certificate_file, key_file, client_ca_file } = this.#config
    if (certificate_file === undefined || key_file === undefined) return undefined
    return {
      cert: readFileSync(certificate_file),
      key: readFileSync(key_file),
      ...(client_ca_file !== undefined && { ca: readFileSync(client_ca_file) }),
    }
  }

  async #listen(
    host: string,
    port: number,
    secure: { cert: Buffer; key: Buffer; ca?: Buffer } | undefined,
  ): Promise<void> {
    const tls = secure !== undefined
    const server = tls
      ? createTlsServer({
          ...secure,
          minVersion: 'TLSv1.2',
          requestCert: secure.ca !== undefined,
          rejectUnauthorized: secure.ca !== undefined,
          handshakeTimeout: this.#config.message_s_max * 1000,
        })
      : createServer()
    // Handshakes under way are connections too: those beyond the bound are closed before they cost one.
    server.maxConnections = this.#config.connections_max
    server.on('drop', () => this.#closed.inc({ why: 'limit' }))
    try {
      server.listen({ host, port, exclusive: true, ipv6Only: isIPv6(host) })
      await once(server, 'listening')
    } catch (error) {
      server.close()
      const { code, message } = error as NodeJS.ErrnoException
      if (!isIPv6(host) || !NO_SUCH_ADDRESS.has(code ?? ''))
        throw new Error(`TCP ${host} port ${port}: ${message}`, { cause: error })
      this.#deps.logger.warn(
        { host, port, code },
        'this machine does not have the address: not listening there',
      )
      return
    }
    server.on('error', (error) => this.#deps.logger.error({ host, port, error: error.message }, 'TCP socket'))
    server.on('tlsClientError', () => this.#closed.inc({ why: 'error' }))
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => this.#accept(socket))
    this.#servers.push(server)
    const address = server.address()
    this.listeners.push({ host, port: typeof address === 'object' ? (address?.port ?? port) : port, tls })
  }

  #accept(socket: Socket): void {
    const { remoteAddress: address, remotePort: port } = socket
    socket.on('error', () => this.#closed.inc({ why: 'error' }))
    const why = this.#refusal(address)
    if (why !== undefined || address === undefined || port === undefined) {
      this.#closed.inc({ why: why ?? 'error' })
      socket.destroy()
      return
    }
    const now = performance.now()
    const reader = new MessageReader()
    const connection = { socket, address, port, reader, lastMs: now, partialMs: 0 }
    this.#connections.add(connection)
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1)
    this.#handlers!.begin(address, port)
    socket.setKeepAlive(true, 60_000)
    socket.on('data', (chunk) => this.#read(connection, chunk))
    socket.on('end', () => socket.end())
    socket.on('close', () => this.#forget(connection))
  }

  #refusal(address: string | undefined): Closed | undefined {
    if (address === undefined || !this.#handlers!.admits(address)) return 'refused'
    const { connections_max, exporter_connections_max } = this.#config
    const own = this.#byAddress.get(address) ?? 0
    return this.#connections.size >= connections_max || own >= exporter_connections_max ? 'limit' : undefined
  }

  #read(connection: Connection, chunk: Uint8Array): void {
    if (connection.socket.destroyed) return
    const { reader, address, port } = connection
    let messages = 0
    const invalid = reader.read(chunk, (message) => {
      messages++
      this.#handlers!.message(address, port, message)
    })
    this.#messages += messages
    const now = performance.now()
    if (messages > 0) connection.lastMs = now
    // A message begins when its first bytes come, not when those of the one before do.
    if (reader.pending === 0) connection.partialMs = 0
    else if (messages > 0 || connection.partialMs === 0) connection.partialMs = now
    if (invalid === undefined) return
    this.#handlers!.invalid(address, port, invalid.subarray(0, INVALID_BYTES))
    this.#close(connection, 'invalid')
  }

  #closeIdle(now: number): void {
    const { idle_s, message_s_max } = this.#config
    for (const connection of this.#connections) {
      const { partialMs, lastMs } = connection
      if (partialMs > 0 && now - partialMs > message_s_max * 1000) this.#close(connection, 'slow')
      else if (now - lastMs > idle_s * 1000) this.#close(connection, 'idle')
    }
  }

  #close(connection: Connection, why: Closed): void {
    this.#closed.inc({ why })
    this.#deps.logger.debug(
      { exporter: connection.address, port: connection.port, why },
      'IPFIX connection closed',
    )
    connection.socket.destroy()
    this.#forget(connection)
  }

  #forget(connection: Connection): void {
    if (!this.#connections.delete(connection)) return
    const { address, port } = connection
    const left = (this.#byAddress.get(address) ?? 1) - 1
    if (left > 0) this.#byAddress.set(address, left)
    else this.#byAddress.delete(address)
    this.#handlers!.end(address, port)
  }

  /** Closes all connections; what was read of messages that are not whole is gone, as the exporter can tell. */
  close(): void {
    clearInterval(this.#look)
    for (const server of this.#servers.splice(0)) server.close()
    for (const connection of [...this.#connections]) {
      connection.socket.destroy()
      this.#forget(connection)
    }
  }
}
