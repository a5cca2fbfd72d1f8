import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { Counter, Gauge } from 'prom-client'
import type { Component } from '../../model/ports.js'
import type { SyslogConfig } from './config.js'
import { SyslogConnection } from './connection.js'
import { Gatherer, type GathererDeps } from './gatherer.js'

const LOOK_MS = 1000
/** The first byte of a TLS handshake (RFC 8446 section 5.1); no syslog message begins with it. */
const TLS_HANDSHAKE = 0x16

/** Syslog over UDP, TCP and TLS on one port: a connection whose first byte is that of a handshake is TLS. */
export class SyslogListener implements Component {
  readonly #config: SyslogConfig
  readonly #deps: GathererDeps
  readonly #gatherer: Gatherer
  readonly #udp: UdpSocket[] = []
  readonly #servers: Server[] = []
  #tls: TlsServer | undefined
  readonly #connections = new Set<SyslogConnection>()
  readonly #waiting = new Map<Socket, number>()
  readonly #byAddress = new Map<string, number>()
  readonly #closed: Counter
  readonly #refused: Counter
  #look: NodeJS.Timeout | undefined
  #stopped = false
  /** The port it listens on. */
  port = 0

  constructor(config: SyslogConfig, deps: GathererDeps) {
    this.#config = config
    this.#deps = deps
    this.#gatherer = new Gatherer(config, deps)
    this.#gatherer.onRoom = () => {
      for (const { socket } of this.#connections) if (socket.isPaused()) socket.resume()
    }
    const registers = [deps.metrics]
    this.#closed = new Counter({
      name: 'vigie_syslog_closed_connections_total',
      help: 'Connections of syslog that Vigie closed, by why.',
      labelNames: ['why'],
      registers,
    })
    this.#refused = new Counter({
      name: 'vigie_syslog_refused_messages_total',
      help: 'Datagrams of syslog whose sender may not send.',
      registers,
    })
    const connections = this.#connections
    new Gauge({
      name: 'vigie_syslog_connections',
      help: 'Connections of syslog over TCP and TLS.',
      registers,
      collect() {
        this.set(connections.size)
      },
    })
  }

  async start(): Promise<void> {
    const { hosts, port } = this.#config
    this.port = port
    this.#tls = this.#tlsServer()
    try {
      for (const host of hosts) {
        await this.#listenTcp(host)
        await this.#listenUdp(host)
      }
    } catch (error) {
      await this.stop()
      throw new Error(`syslog cannot listen on ${hosts.join(', ')} port ${port}: ${(error as Error).message}`)
    }
    this.#look = setInterval(() => this.#closeOverdue(), LOOK_MS)
    this.#look.unref()
    this.#deps.logger.info({ hosts, port: this.port, tls: this.#tls !== undefined }, 'syslog is listened for')
  }

  /** Takes nothing more in, and hands on what came. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#look)
    for (const socket of this.#udp.splice(0)) socket.close()
    for (const server of this.#servers.splice(0)) server.close()
    this.#tls?.close()
    for (const { socket } of this.#connections) socket.destroy()
    for (const socket of this.#waiting.keys()) socket.destroy()
    await this.#gatherer.drain()
  }

  #tlsServer(): TlsServer | undefined {
    const { certificate_file, key_file, client_ca_file, message_s_max, tls_only } = this.#config
    if (certificate_file === undefined && key_file === undefined) {
      if (tls_only) throw new Error('edges.syslog.tls_only needs certificate_file and key_file')
      return undefined
    }
    if (certificate_file === undefined || key_file === undefined)
      throw new Error('syslog over TLS needs both certificate_file and key_file')
    const server = createTlsServer(
      {
        cert: readFileSync(certificate_file),
        key: readFileSync(key_file),
        minVersion: 'TLSv1.2',
        handshakeTimeout: message_s_max * 1000,
        ...(client_ca_file !== undefined && {
          ca: readFileSync(client_ca_file),
          requestCert: true,
          rejectUnauthorized: true,
        }),
      },
      (socket) => this.#begin(socket, addressOf(socket), 'tls'),
    )
    server.on('tlsClientError', () => this.#closed.inc({ why: 'handshake' }))
    return server
  }

  async #listenTcp(host: string): Promise<void> {
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#onConnection(socket))
    server.listen({ host, port: this.port })
    await once(server, 'listening')
    this.#servers.push(server)
    this.port = (server.address() as AddressInfo).port
  }

  async #listenUdp(host: string): Promise<void> {
    const socket = createSocket({
      type: isIPv6(host) ? 'udp6' : 'udp4',
      recvBufferSize: this.#config.receive_buffer_bytes,
    })
    socket.on('message', (message, { address }) => {
      if (!this.#admits(address)) this.#refused.inc()
      else this.#takeDatagram(message, plainAddress(address))
    })
    socket.bind({ address: host, port: this.port })
    await once(socket, 'listening')
    socket.on('error', (error) =>
      this.#deps.logger.warn({ error: error.message }, 'the syslog socket failed'),
    )
    this.#udp.push(socket)
  }

  /** One datagram is one message (RFC 5426); some senders end it with a line end. */
  #takeDatagram(message: Buffer, address: string): void {
    let end = message.length
    while (end > 0 && (message[end - 1] === 10 || message[end - 1] === 13 || message[end - 1] === 0)) end--
    const { message_max_bytes } = this.#config
    if (end > message_max_bytes)
      this.#gatherer.tooLong(message.subarray(0, message_max_bytes), address, 'udp')
    else if (end > 0) this.#gatherer.take(message.subarray(0, end), address, 'udp')
  }

  #admits(address: string): boolean {
    const { allow } = this.#config
    return allow.length === 0 || allow.includes(plainAddress(address))
  }

  #onConnection(socket: Socket): void {
    const address = addressOf(socket)
    const { connections_max, address_connections_max } = this.#config
    const ofAddress = this.#byAddress.get(address) ?? 0
    const over =
      this.#connections.size + this.#waiting.size >= connections_max || ofAddress >= address_connections_max
    if (this.#stopped || over || !this.#admits(address)) {
      this.#closed.inc({ why: over ? 'limit' : 'refused' })
      socket.destroy()
      return
    }
    this.#byAddress.set(address, ofAddress + 1)
    this.#waiting.set(socket, performance.now())
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#waiting.delete(socket)
      const left = (this.#byAddress.get(address) ?? 1) - 1
      if (left > 0) this.#byAddress.set(address, left)
      else this.#byAddress.delete(address)
    })
    socket.once('data', (first) => {
      this.#waiting.delete(socket)
      socket.pause()
      socket.unshift(first)
      if (first[0] === TLS_HANDSHAKE && this.#tls !== undefined) this.#tls.emit('connection', socket)
      else if (this.#config.tls_only || first[0] === TLS_HANDSHAKE) {
        this.#closed.inc({ why: 'tls' })
        socket.destroy()
      } else this.#begin(socket, address, 'tcp')
    })
  }

  #begin(socket: Socket, address: string, transport: 'tcp' | 'tls'): void {
    const connection = new SyslogConnection(socket, address, transport, {
      gatherer: this.#gatherer,
      messageMaxBytes: this.#config.message_max_bytes,
      nowMs: () => performance.now(),
    })
    this.#connections.add(connection)
    socket.on('error', () => {})
    socket.once('close', () => this.#connections.delete(connection))
    socket.resume()
  }

  #closeOverdue(): void {
    const { idle_s, message_s_max } = this.#config
    for (const connection of this.#connections) {
      const why = connection.overdue(idle_s * 1000, message_s_max * 1000)
      if (why === undefined) continue
      this.#closed.inc({ why })
      connection.socket.destroy()
    }
    for (const [socket, sinceMs] of this.#waiting)
      if (performance.now() - sinceMs > idle_s * 1000) {
        this.#closed.inc({ why: 'idle' })
        socket.destroy()
      }
  }
}

/** An IPv4 address that an IPv6 socket shows as one of its own. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '')
const addressOf = (socket: Socket): string => plainAddress(socket.remoteAddress ?? '')
