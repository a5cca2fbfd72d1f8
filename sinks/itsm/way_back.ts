import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Counter, type Registry } from 'prom-client'
import type { Incident, RemoteEvent } from '../../model/incident.js'
import type { Component, Logger, StateStore } from '../../model/ports.js'
import type { ItsmConfig } from './config.js'
import type { OpenTarget } from './outbox.js'
import type { OpenTicket } from './target.js'

export interface WayBackDeps {
  readonly targets: readonly OpenTarget[]
  readonly state: StateStore
  /** Incidents that are not closed. */
  incidents(): readonly Incident[]
  /** Resolves when the event is written down. */
  give(by: string, event: RemoteEvent): Promise<void>
  readonly logger: Logger
  readonly metrics: Registry
}

const POLL_TIMEOUT_MS = 30_000
const BACKOFF_MAX_MS = 300_000
/** Tickets that one poll is asked about; a target with more open ones is asked about the newest. */
const OPEN_MAX = 5_000
const EVENTS_MAX = 5_000
const REQUEST_TIMEOUT_MS = 10_000

/** What people do at the targets comes home: by asking, or by their calls. */
export class WayBack implements Component {
  readonly #config: ItsmConfig
  readonly #deps: WayBackDeps
  readonly #events: Counter<'target' | 'way'>
  readonly #failures: Counter<'target' | 'way'>
  readonly #abort = new AbortController()
  #polls: Promise<unknown> = Promise.resolve()
  #server: Server | undefined

  constructor(config: ItsmConfig, deps: WayBackDeps) {
    this.#config = config
    this.#deps = deps
    const registers = [deps.metrics]
    this.#events = new Counter({
      name: 'vigie_itsm_remote_events_total',
      help: 'Events that came back from ITSM targets.',
      labelNames: ['target', 'way'],
      registers,
    })
    this.#failures = new Counter({
      name: 'vigie_itsm_way_back_failures_total',
      help: 'Polls of ITSM targets that failed, and calls of theirs that were refused.',
      labelNames: ['target', 'way'],
      registers,
    })
  }

  /** Port that calls are received on; undefined when nothing listens. */
  get port(): number | undefined {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port
  }

  async start(): Promise<void> {
    const polled = this.#deps.targets.filter(({ target }) => target.poll !== undefined)
    this.#polls = Promise.all(polled.map((open) => this.#follow(open)))
    const { address, port } = this.#config.receive
    if (port === undefined || !this.#deps.targets.some(({ target }) => target.receive)) return
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((error: Error) => {
        this.#deps.logger.warn({ error: error.message }, 'a call of an ITSM target failed')
        if (!response.headersSent) response.writeHead(500)
        response.end()
      })
    })
    server.requestTimeout = REQUEST_TIMEOUT_MS
    server.maxConnections = 64
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, address, resolve)
    })
    this.#server = server
    this.#deps.logger.info({ address, port: this.port }, 'calls of ITSM targets are received')
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    const server = this.#server
    this.#server = undefined
    if (server !== undefined) {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
    await this.#polls
  }

  async #follow(open: OpenTarget): Promise<void> {
    const { name, config } = open
    let failures = 0
    while (!this.#abort.signal.aborted) {
      const wait = Math.min(
        config.poll_interval_ms * 2 ** failures,
        Math.max(BACKOFF_MAX_MS, config.poll_interval_ms),
      )
      await delay(wait, undefined, { signal: this.#abort.signal, ref: false }).catch(() => undefined)
      if (this.#abort.signal.aborted) return
      try {
        await this.#poll(open)
        failures = 0
      } catch (error) {
        if (this.#abort.signal.aborted) return
        failures = Math.min(failures + 1, 10)
        this.#failures.inc({ target: name, way: 'poll' })
        const said = open.conceal(error instanceof Error ? error.message : String(error))
        this.#deps.logger.warn({ target: name, error: said }, 'the target cannot be asked yet')
      }
    }
  }

  async #poll({ name, target }: OpenTarget): Promise<void> {
    const { state } = this.#deps
    const key = `itsm.cursor.${name}`
    const bytes = await state.get(key)
    const before = bytes === undefined ? undefined : Buffer.from(bytes).toString()
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(POLL_TIMEOUT_MS)])
    const { events, cursor } = await target.poll!(before, this.#openTickets(name), { signal })
    for (const event of events.slice(0, EVENTS_MAX)) await this.#take(name, 'poll', event)
    if (cursor !== before) await state.put(key, Buffer.from(cursor))
  }

  #openTickets(target: string): OpenTicket[] {
    return this.#deps
      .incidents()
      .flatMap(({ uid, remotes }) => {
        const remote = remotes[target]
        return remote === undefined ? [] : [{ incident: uid, remote }]
      })
      .slice(-OPEN_MAX)
  }

  async #take(target: string, way: 'poll' | 'receive', event: RemoteEvent): Promise<void> {
    await this.#deps.give(`target:${target}`, event)
    this.#events.inc({ target, way })
  }

  /** `POST /itsm/NAME`: handed to the target, which checks its signature. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const name = /^\/itsm\/([\w-]+)$/.exec(url.pathname)?.[1]
    const open = this.#deps.targets.find((t) => t.name === name)
    if (request.method !== 'POST' || open?.target.receive === undefined) {
      response.writeHead(404).end()
      return
    }
    const body = await bodyOf(request, this.#config.receive.body_bytes_max)
    if (body === undefined) {
      response.writeHead(413, { connection: 'close' }).end()
      return
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([key, value]) => [
        key,
        Array.isArray(value) ? value.join(', ') : value,
      ]),
    )
    const { status, events } = await open.target.receive({
      headers,
      query: Object.fromEntries(url.searchParams),
      body,
    })
    if (status >= 300) this.#failures.inc({ target: open.name, way: 'receive' })
    else for (const event of events.slice(0, EVENTS_MAX)) await this.#take(open.name, 'receive', event)
    response.writeHead(status).end()
  }
}

async function bodyOf(request: IncomingMessage, max: number): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > max) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}
