import { readFileSync } from 'node:fs'
import { type Agent, request as httpRequest, Agent as PlainAgent, type RequestOptions } from 'node:http'
import { request as httpsRequest, Agent as SecureAgent } from 'node:https'
import { Counter, type Registry } from 'prom-client'
import { RetryableError, type TargetDeps, UnauthorisedError } from '../../target.js'
import { Answer } from './answer.js'
import { Concealer } from './concealer.js'
import type { HttpConfig } from './http_config.js'
import type { NetworkGuard } from './network_guard.js'
import { TunnelAgent } from './tunnel_agent.js'

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the configured address, beginning with a slash; empty: that very address. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>
  /** Sent as it is; its `content-type` is one of the headers. */
  readonly body?: string
}

const SOCKETS_MAX = 16
const SOCKET_IDLE_MS = 4_000

/** Requests by what became of them, over all targets of a kind. */
function requestsCounter(registry: Registry): Counter<'kind' | 'outcome'> {
  const name = 'vigie_itsm_http_requests_total'
  const there = registry.getSingleMetric(name) as Counter<'kind' | 'outcome'> | undefined
  return (
    there ??
    new Counter({
      name,
      help: 'HTTP requests to ITSM targets by kind of target and outcome: class of the status, timeout, network.',
      labelNames: ['kind', 'outcome'],
      registers: [registry],
    })
  )
}

/**
 * HTTP to one target: a bound on time and on bytes, no redirects, errors in the outbox's words, and no secret in any of them.
 * Node's own client rather than fetch, for fetch cannot be given the look-up that a guard needs to connect to the very
 * address it checked, nor a CA of the house.
 */
export class HttpClient {
  readonly #kind: string
  readonly #config: HttpConfig
  readonly #deps: TargetDeps
  readonly #guard: NetworkGuard | undefined
  readonly #secrets = new Concealer()
  readonly #requests: Counter<'kind' | 'outcome'>
  readonly #base: string
  #agent: Agent | undefined

  constructor(kind: string, config: HttpConfig, deps: TargetDeps, guard?: NetworkGuard) {
    this.#kind = kind
    this.#config = config
    this.#deps = deps
    this.#guard = guard
    this.#requests = requestsCounter(deps.metrics)
    this.#base = config.url.replace(/\/+$/, '')
  }

  /** The value of a secret, which no message of this client will show. */
  secret(reference: string): string {
    return this.conceal(this.#deps.secret(reference))
  }

  /** Something derived from a secret: a session's token. */
  conceal(value: string): string {
    return this.#secrets.add(value)
  }

  /** A text without secrets. */
  concealed(text: string): string {
    return this.#secrets.strike(text)
  }

  /**
   * One request, whatever its status.
   *
   * @throws RetryableError when there was no whole answer · UnauthorisedError when the address may not be asked
   */
  async call(call: HttpCall, signal: AbortSignal): Promise<Answer> {
    const url = new URL(call.path === '' ? this.#config.url : this.#base + call.path)
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) url.searchParams.append(name, String(value))
    const what = this.#secrets.strike(`${call.method} ${url.host}${url.pathname}`)
    try {
      this.#guard?.checkUrl(url)
      const { answer, reused } = await this.#send(url, call, what, signal).catch((error: unknown) => {
        // A kept connection that the server closed meanwhile; only what changes nothing is asked again.
        if (call.method !== 'GET' || !(error as { reusedSocket?: boolean }).reusedSocket) throw error
        return this.#send(url, call, what, signal)
      })
      this.#requests.inc({ kind: this.#kind, outcome: `${Math.floor(answer.status / 100)}xx` })
      this.#deps.logger.debug({ kind: this.#kind, status: answer.status, reused }, what)
      return answer
    } catch (error) {
      throw this.#failed(error, what, signal)
    }
  }

  /**
   * One request that must succeed.
   *
   * @throws also what `Answer.failure` says
   */
  async expect(call: HttpCall, signal: AbortSignal): Promise<Answer> {
    const answer = await this.call(call, signal)
    if (!answer.ok) throw answer.failure()
    return answer
  }

  close(): void {
    this.#agent?.destroy()
    this.#agent = undefined
  }

  #failed(error: unknown, what: string, signal: AbortSignal): Error {
    if (error instanceof RetryableError || error instanceof UnauthorisedError) {
      this.#requests.inc({ kind: this.#kind, outcome: 'network' })
      return error
    }
    const { name, code, message } = error as Error & { code?: string }
    const timedOut = name === 'AbortError' || name === 'TimeoutError'
    this.#requests.inc({ kind: this.#kind, outcome: timedOut ? 'timeout' : 'network' })
    if (timedOut && signal.aborted) return new RetryableError(`${what} was given up`)
    if (timedOut) return new RetryableError(`${what} did not answer within ${this.#config.timeout_ms} ms`)
    return new RetryableError(this.#secrets.strike(`${what} failed: ${code ?? ''} ${message}`.slice(0, 300)))
  }

  #agentFor(url: URL): Agent {
    this.#agent ??= this.#makeAgent(url.protocol === 'https:')
    return this.#agent
  }

  #makeAgent(secure: boolean): Agent {
    const { ca_file, proxy, timeout_ms } = this.#config
    const options = { keepAlive: true, maxSockets: SOCKETS_MAX, timeout: SOCKET_IDLE_MS + timeout_ms }
    if (!secure) return new PlainAgent(options)
    const ca = ca_file === undefined ? undefined : readFileSync(ca_file)
    if (proxy === undefined) return new SecureAgent({ ...options, ...(ca === undefined ? {} : { ca }) })
    const { url, user, password } = proxy
    const authorization = (): string | undefined => {
      if (user === undefined || password === undefined) return undefined
      return `Basic ${this.conceal(Buffer.from(`${user}:${this.secret(password)}`).toString('base64'))}`
    }
    return new TunnelAgent(options, { url, authorization }, timeout_ms, ca)
  }

  #send(
    url: URL,
    call: HttpCall,
    what: string,
    signal: AbortSignal,
  ): Promise<{ answer: Answer; reused: boolean }> {
    const body = bodyOf(call)
    const headers: Record<string, string> = {
      accept: 'application/json',
      'user-agent': 'vigie',
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body.text)) }),
      ...(body?.type === undefined ? {} : { 'content-type': body.type }),
      ...call.headers,
    }
    const bound = this.#config.answer_bytes_max
    const options: RequestOptions = {
      method: call.method,
      headers,
      agent: this.#agentFor(url),
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.#config.timeout_ms)]),
      ...(this.#guard === undefined ? {} : { lookup: this.#guard.lookup }),
    }
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options)
      const fail = (error: Error): void => {
        reject(Object.assign(error, { reusedSocket: request.reusedSocket }))
      }
      request.on('error', fail)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > bound)
            request.destroy(
              new RetryableError(`${what} answered more than ${bound} bytes (answer_bytes_max)`),
            )
          else chunks.push(chunk)
        })
        response.on('error', fail)
        response.on('end', () => {
          const { statusCode: status = 0, headers: answered } = response
          const read = { status, headers: answered, body: Buffer.concat(chunks), what }
          const answer = new Answer(read, (text) => this.#secrets.strike(text), this.#deps.clock.nowMs())
          resolve({ answer, reused: request.reusedSocket })
        })
      })
      request.end(body?.text)
    })
  }
}

function bodyOf(call: HttpCall): { text: string; type?: string } | undefined {
  if (call.json !== undefined) return { text: JSON.stringify(call.json), type: 'application/json' }
  if (call.form !== undefined)
    return { text: new URLSearchParams(call.form).toString(), type: 'application/x-www-form-urlencoded' }
  return call.body === undefined ? undefined : { text: call.body }
}
