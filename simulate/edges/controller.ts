import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as a simulated controller sees it. */
export interface ControllerRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** JSON, unless it is a text. */
  readonly body?: unknown
}

/** Rows that a controller holds, by report and time of measurement; `toMs` is not included. */
export interface ControllerData {
  rows(report: string, fromMs: number, toMs: number): readonly object[]
  /** The rows of the newest measurement. */
  present(report: string, nowMs: number): readonly object[]
}

/** What a controller remembers; a restart forgets it. */
export interface ControllerMemory {
  /** Tokens that it gave, with what belongs to each. */
  readonly sessions: Map<string, unknown>
  /** Places in lists that are read onward. */
  readonly scrolls: Map<string, { rows: readonly object[]; at: number }>
  /** A number that was not given before. */
  next(): number
}

export interface ControllerWorld {
  readonly memory: ControllerMemory
  readonly data: ControllerData
  /** The controller's own clock. */
  nowMs(): number
  /** Rows of a page at most, whatever is asked for. */
  readonly pageRows: number
}

/**
 * The contract of a kind of controller, written from its documentation: what it demands, and what it answers. It is
 * strict: what the documentation does not allow is refused.
 */
export interface ControllerContract {
  /** As the pollers call it. */
  readonly id: string
  /** The only credentials that it takes. */
  readonly credentials: Readonly<Record<string, string>>
  /** Options that its poller needs. */
  readonly options: Readonly<Record<string, string | readonly string[]>>
  answer(request: ControllerRequest, world: ControllerWorld): Reply
}

/** What may go wrong with an answer: cut after its head, never given, or another one. */
export type Mishap = 'cut' | 'hang' | Reply

const SESSIONS_MAX = 1000
const SCROLLS_MAX = 1000
const LOG_MAX = 1000
const BODY_MAX = 1_048_576

/** A simulated controller on 127.0.0.1. */
export class SimulatedController {
  readonly contract: ControllerContract
  /** The newest requests: method and path. */
  readonly log: string[] = []
  /** Requests so far. */
  asked = 0
  /** Asked before each answer: undefined lets it be. */
  mishap: (request: ControllerRequest) => Mishap | undefined = () => undefined
  /** How far its clock is ahead. */
  skewMs = 0
  readonly #world: Omit<ControllerWorld, 'memory' | 'nowMs'>
  readonly #nowMs: () => number
  #memory: ControllerMemory
  #server: Server | undefined
  #port = 0
  #numbers = 0

  constructor(
    contract: ControllerContract,
    options: { readonly data: ControllerData; readonly nowMs: () => number; readonly pageRows?: number },
  ) {
    this.contract = contract
    this.#world = { data: options.data, pageRows: options.pageRows ?? 1000 }
    this.#nowMs = options.nowMs
    this.#memory = this.#forget()
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Resolves when it listens; on the port it had before, after a stop. */
  async start(port = this.#port): Promise<void> {
    const server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    this.#port = (server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  /** Forgets sessions and places in lists, as a restart does. */
  restart(): void {
    this.#memory = this.#forget()
  }

  /** Ends all sessions. */
  expire(): void {
    this.#memory.sessions.clear()
  }

  #forget(): ControllerMemory {
    return { sessions: new Map(), scrolls: new Map(), next: () => ++this.#numbers }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const url = new URL(request.url ?? '/', this.url)
    const asked: ControllerRequest = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers as ControllerRequest['headers'],
      body,
    }
    this.asked++
    if (this.log.length >= LOG_MAX) this.log.shift()
    this.log.push(`${asked.method} ${asked.path}`)
    const mishap = this.mishap(asked)
    if (mishap === 'hang') return
    const nowMs = (): number => this.#nowMs() + this.skewMs
    const memory = this.#memory
    if (memory.sessions.size > SESSIONS_MAX) memory.sessions.clear()
    if (memory.scrolls.size > SCROLLS_MAX) memory.scrolls.delete(memory.scrolls.keys().next().value!)
    // What is cut was answered: the controller has moved on.
    const before = typeof mishap === 'object' ? mishap : undefined
    const reply = before ?? this.contract.answer(asked, { ...this.#world, memory, nowMs })
    const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {})
    response.sendDate = false
    response.writeHead(reply.status ?? 200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      date: new Date(nowMs()).toUTCString(),
      ...(reply.headers as Record<string, string | string[]>),
    })
    if (mishap === 'cut') {
      response.write(text.slice(0, Math.floor(text.length / 2)))
      setImmediate(() => response.destroy())
    } else response.end(text)
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > BODY_MAX) throw new Error('body too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

export const refused = (status: number, body: unknown = { error: 'refused' }): Reply => ({ status, body })

/** `name=value` pairs of a Cookie header. */
export const cookieOf = ({ headers }: ControllerRequest, name: string): string | undefined =>
  (headers.cookie ?? '')
    .split('; ')
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1)

/** The JSON object of a body; empty where it is none. */
export function jsonOf(request: ControllerRequest): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(request.body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
