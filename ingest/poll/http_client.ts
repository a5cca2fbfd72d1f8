import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { rootCertificates } from 'node:tls'
import { createGunzip, createInflate } from 'node:zlib'
import type { Clock } from '../../model/ports.js'
import { Answer } from './answer.js'
import { PollFault } from './fault.js'
import type { PollRequest, Session } from './poll_vendor.js'

export interface HttpClientOptions {
  /** Base of all paths. */
  readonly url: string
  /** Trusted besides the usual ones, PEM. */
  readonly ca?: string | undefined
  readonly verify: boolean
  readonly timeoutMs: number
  /** Largest answer, after decompression. */
  readonly bytesMax: number
  readonly connections: number
  /** Hosts besides that of `url` that may be asked. */
  readonly hosts?: RegExp | undefined
}

const TLS_CODES =
  /^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH|EPROTO)/
const REDIRECTS_MAX = 3

/** Asks a controller by HTTP/1.1. One attempt: whole answer, or a fault. */
export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #clock: Clock
  readonly #agent: HttpAgent

  constructor(options: HttpClientOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    const { verify, ca, connections } = options
    const common = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections }
    this.#agent = options.url.startsWith('https:')
      ? new HttpsAgent({
          ...common,
          rejectUnauthorized: verify,
          minVersion: 'TLSv1.2',
          ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
        })
      : new HttpAgent(common)
  }

  close(): void {
    this.#agent.destroy()
  }

  /** @throws PollFault `unreachable`, `slow`, `tls`, `too_large`, or `refused` where it would leave the vendor's hosts */
  async ask(request: PollRequest, session: Session | undefined, signal: AbortSignal): Promise<Answer> {
    let url = this.#urlOf(request, session)
    for (let sentOn = 0; ; sentOn++) {
      const answer = await this.#once(url, request, session, signal)
      const { status } = answer
      const to = answer.header('location')
      if (![301, 302, 303, 307, 308].includes(status) || to === undefined) return answer
      const next = new URL(to, url)
      // Credentials go with the request: it is sent on only where the vendor is known to be.
      if (sentOn >= REDIRECTS_MAX || !this.#isOurs(next) || (request.method === 'POST' && status < 307))
        throw new PollFault(
          'refused',
          `${answer.of} sends on to ${next.host}${next.pathname}: give the url that it means`,
        )
      url = next
    }
  }

  #urlOf(request: PollRequest, session: Session | undefined): URL {
    const whole = /^https?:/.test(request.path)
    const url = whole ? new URL(request.path) : new URL(this.#options.url.replace(/\/+$/, '') + request.path)
    if (whole && !this.#isOurs(url))
      throw new PollFault('refused', `a page on ${url.host} is asked for, which is no host of the vendor`)
    for (const [name, value] of Object.entries({ ...request.query, ...session?.query })) {
      if (value === undefined) continue
      const values: readonly (string | number)[] = typeof value === 'object' ? value : [value]
      for (const one of values) url.searchParams.append(name, String(one))
    }
    return url
  }

  #isOurs(url: URL): boolean {
    const own = new URL(this.#options.url)
    if (url.protocol !== own.protocol) return false
    return url.host === own.host || (this.#options.hosts?.test(url.hostname) ?? false)
  }

  #once(url: URL, request: PollRequest, session: Session | undefined, signal: AbortSignal): Promise<Answer> {
    const { timeoutMs } = this.#options
    const of = `${request.method ?? 'GET'} ${url.host}${url.pathname}`
    const body = bodyOf(request, session)
    const headers: Record<string, string> = {
      accept: 'application/json',
      'accept-encoding': 'gzip, deflate',
      'user-agent': 'vigie',
      ...(body !== undefined && {
        'content-type': request.form ? 'application/x-www-form-urlencoded' : 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      }),
      ...session?.headers,
      ...request.headers,
    }
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(this.#faultOf(error, of, signal.aborted, limit.aborted))
      const sent = send(url, { method: request.method ?? 'GET', headers, agent: this.#agent, signal: limit })
      sent.on('error', fail)
      sent.on('response', (message) => {
        this.#read(message, of).then((bytes) => {
          const { statusCode = 0, headers: told } = message
          resolve(
            new Answer({ status: statusCode, headers: told, bytes, receivedMs: this.#clock.nowMs(), of }),
          )
        }, fail)
      })
      sent.end(body)
    })
  }

  async #read(message: IncomingMessage, of: string): Promise<Uint8Array> {
    const { bytesMax } = this.#options
    const encoding = message.headers['content-encoding']
    const unpack = encoding === 'gzip' ? createGunzip() : encoding === 'deflate' ? createInflate() : undefined
    if (unpack !== undefined) {
      message.on('error', (error) => unpack.destroy(error))
      message.on('aborted', () => unpack.destroy(new Error('aborted')))
      message.pipe(unpack)
    }
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of unpack ?? message) {
      size += (chunk as Buffer).length
      if (size > bytesMax) {
        message.destroy()
        throw new PollFault(
          'too_large',
          `${of}: more than ${bytesMax} bytes: see answer_bytes_max and every_s`,
        )
      }
      chunks.push(chunk as Buffer)
    }
    if (!message.complete) throw new PollFault('unreachable', `${of}: the answer was cut`)
    return Buffer.concat(chunks, size)
  }

  #faultOf(error: unknown, of: string, stopped: boolean, aborted: boolean): PollFault {
    if (error instanceof PollFault) return error
    const { code = '', message } = error as NodeJS.ErrnoException
    if (stopped) return new PollFault('unreachable', `${of}: stopped`)
    if (aborted) return new PollFault('slow', `${of}: no answer in ${this.#options.timeoutMs / 1000} s`)
    if (TLS_CODES.test(code))
      return new PollFault('tls', `${of}: ${code}: name the authority of its certificate in ca_file`)
    return new PollFault('unreachable', `${of}: ${code || message}`)
  }
}

function bodyOf(request: PollRequest, session: Session | undefined): string | undefined {
  if (request.form !== undefined) return new URLSearchParams(request.form).toString()
  if (request.json === undefined) return undefined
  const more = session?.json
  return JSON.stringify(more === undefined ? request.json : { ...(request.json as object), ...more })
}
