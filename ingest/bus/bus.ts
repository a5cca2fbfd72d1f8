import { setTimeout as delay } from 'node:timers/promises'
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import { type KV, Kvm } from '@nats-io/kv'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Component, Logger } from '../../model/ports.js'
import { authenticatorOf } from './authenticator.js'
import type { BusConfig } from './config.js'
import { STATE_BUCKET, type StreamDefinition, streamDefinitions } from './streams.js'

export interface BusDeps {
  readonly logger: Logger
  readonly metrics: Registry
  /** Shown in the server's list of connections. */
  readonly name: string
}

/** Error code of JetStream: a stream of that name is there with another configuration. */
const STREAM_NAME_IN_USE = 10058
const FIRST_CONNECT_RETRY_MS = 100
const RECONNECT_WAIT_MS = 250

/**
 * The connection to NATS of one process. It makes the streams and buckets if they are not there, and reconnects for
 * ever; what is published meanwhile fails by its own timeout, and whoever published decides what to do.
 */
export class Bus implements Component {
  readonly #config: BusConfig
  readonly #deps: BusDeps
  readonly #listeners = new Set<(connected: boolean) => void>()
  readonly #reconnects: Counter
  #connection: NatsConnection | undefined
  #js: JetStreamClient | undefined
  #jsm: JetStreamManager | undefined
  #state: KV | undefined
  #connected = false

  constructor(config: BusConfig, deps: BusDeps) {
    this.#config = config
    this.#deps = deps
    const registers = [deps.metrics]
    const isConnected = () => (this.#connected ? 1 : 0)
    new Gauge({
      name: 'vigie_bus_connected',
      help: '1 while the connection to NATS stands.',
      registers,
      collect() {
        this.set(isConnected())
      },
    })
    this.#reconnects = new Counter({
      name: 'vigie_bus_reconnects_total',
      help: 'Times the connection to NATS was made again.',
      registers,
    })
  }

  get config(): BusConfig {
    return this.#config
  }

  get connection(): NatsConnection {
    return this.#started(this.#connection)
  }

  get js(): JetStreamClient {
    return this.#started(this.#js)
  }

  get jsm(): JetStreamManager {
    return this.#started(this.#jsm)
  }

  /** The bucket of learned state and counters. */
  get state(): KV {
    return this.#started(this.#state)
  }

  get connected(): boolean {
    return this.#connected
  }

  /** Calls `listener` whenever the connection goes or comes back; gives what ends it. */
  onConnection(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Connects, and brings streams and buckets to the configuration. */
  async start(): Promise<void> {
    if (this.#connection !== undefined) return
    const connection = await this.#connect()
    this.#connection = connection
    this.#connected = true
    this.#js = jetstream(connection)
    this.#jsm = await jetstreamManager(connection, { checkAPI: false })
    for (const definition of streamDefinitions(this.#config)) await this.#ensureStream(definition)
    this.#state = await new Kvm(this.#js).create(STATE_BUCKET, {
      history: 1,
      replicas: this.#config.replicas,
      max_bytes: this.#config.state_max_bytes,
    })
    this.#followStatus(connection)
  }

  async stop(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    this.#connected = false
    if (connection === undefined || connection.isClosed()) return
    // Draining needs the server; without it there is nobody to tell.
    await Promise.race([connection.flush().catch(() => {}), delay(1000, undefined, { ref: false })])
    await connection.close()
  }

  async #connect(): Promise<NatsConnection> {
    const { url, connect_timeout_ms } = this.#config
    const authenticator = authenticatorOf(this.#config)
    const until = performance.now() + connect_timeout_ms
    for (;;) {
      try {
        return await connect({
          servers: url.split(','),
          name: this.#deps.name,
          maxReconnectAttempts: -1,
          reconnectTimeWait: RECONNECT_WAIT_MS,
          reconnectJitter: RECONNECT_WAIT_MS,
          pingInterval: 10_000,
          maxPingOut: 3,
          noAsyncTraces: true,
          ...(authenticator && { authenticator }),
        })
      } catch (cause) {
        if (performance.now() > until) {
          throw new Error(
            `no NATS at ${withoutPassword(url)} (${(cause as Error).message}): start one there, or set NATS_URL`,
            { cause },
          )
        }
        await delay(FIRST_CONNECT_RETRY_MS)
      }
    }
  }

  /** Several processes do this at once: whoever comes second finds the stream as it wants it, or updates it. */
  async #ensureStream(definition: StreamDefinition): Promise<void> {
    try {
      await this.jsm.streams.add(definition)
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NAME_IN_USE) throw error
      const { name, ...changes } = definition
      await this.jsm.streams.update(name, changes)
      this.#deps.logger.info({ stream: name }, 'stream brought to the configuration')
    }
  }

  #followStatus(connection: NatsConnection): void {
    const follow = async (): Promise<void> => {
      for await (const status of connection.status()) {
        if (status.type === 'disconnect') this.#setConnected(false)
        if (status.type === 'reconnect') {
          this.#reconnects.inc()
          this.#setConnected(true)
        }
      }
      this.#setConnected(false)
    }
    follow().catch((error: Error) =>
      this.#deps.logger.error({ error: error.message }, 'the status of NATS ended'),
    )
  }

  #setConnected(connected: boolean): void {
    if (connected === this.#connected) return
    this.#connected = connected
    if (connected) this.#deps.logger.info({}, 'NATS is back')
    else if (this.#connection !== undefined) this.#deps.logger.warn({}, 'NATS is away')
    for (const listener of this.#listeners) listener(connected)
  }

  #started<T>(part: T | undefined): T {
    if (part === undefined) throw new Error('the bus is not started')
    return part
  }
}

const withoutPassword = (url: string): string => url.replace(/\/\/[^@/]*@/g, '//')
