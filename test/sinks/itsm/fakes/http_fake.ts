import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface FakeCall {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface FakeAnswer {
  readonly status: number
  readonly json?: unknown
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What goes wrong with one request. */
export type Trouble =
  | { readonly kind: 'answer'; readonly answer: FakeAnswer }
  /** The request is done, its answer never comes. */
  | { readonly kind: 'lost' }
  /** The connection is cut before anything is done. */
  | { readonly kind: 'cut' }
  /** The connection is cut in the middle of the answer. */
  | { readonly kind: 'cut_answer' }
  /** Nothing is ever said. */
  | { readonly kind: 'silent' }
  /** An answer without end. */
  | { readonly kind: 'endless' }

export const HTML: Trouble = {
  kind: 'answer',
  answer: {
    status: 200,
    text: '<html><body><h1>Log in</h1></body></html>',
    headers: { 'content-type': 'text/html' },
  },
}

/** An HTTP server that a strict fake stands on: it can be told how the next requests go wrong. */
export abstract class HttpFake {
  readonly calls: FakeCall[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #troubles: { match: (call: FakeCall) => boolean; trouble: Trouble }[] = []

  constructor() {
    this.#server = createServer((message, response) => void this.#take(message, response))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => socket.destroy())
    })
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** The next request that matches goes wrong. */
  trouble(trouble: Trouble, match: (call: FakeCall) => boolean = () => true): void {
    this.#troubles.push({ match, trouble })
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  protected abstract answer(call: FakeCall): FakeAnswer | Promise<FakeAnswer>

  async #take(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    const url = new URL(message.url ?? '/', 'http://fake')
    const call: FakeCall = {
      method: message.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: message.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    }
    this.calls.push(call)
    const found = this.#troubles.findIndex(({ match }) => match(call))
    const trouble = found < 0 ? undefined : this.#troubles.splice(found, 1)[0]!.trouble
    if (trouble === undefined) return write(response, await this.answer(call))
    if (trouble.kind === 'answer') return write(response, trouble.answer)
    if (trouble.kind === 'lost' || trouble.kind === 'cut_answer') await this.answer(call)
    if (trouble.kind === 'lost' || trouble.kind === 'cut') message.socket.destroy()
    if (trouble.kind === 'cut_answer') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"half":', () => message.socket.destroy())
    }
    if (trouble.kind === 'endless') {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    }
  }
}

function write(response: ServerResponse, { status, json, text, headers }: FakeAnswer): void {
  const body = json === undefined ? (text ?? '') : JSON.stringify(json)
  response.writeHead(status, {
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  })
  response.end(body)
}

/** Stands before a real server, and loses answers on demand. */
export class LossyProxy extends HttpFake {
  readonly #port: number

  constructor(port: number) {
    super()
    this.#port = port
  }

  protected answer(call: FakeCall): Promise<FakeAnswer> {
    const query = call.query.size > 0 ? `?${call.query}` : ''
    return new Promise((resolve, reject) => {
      const passed = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          method: call.method,
          path: call.path + query,
          headers: { ...call.headers, host: `127.0.0.1:${this.#port}`, connection: 'close' },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            const type = response.headers['content-type']
            resolve({
              status: response.statusCode ?? 0,
              text: Buffer.concat(chunks).toString('utf8'),
              ...(type === undefined ? {} : { headers: { 'content-type': type } }),
            })
          })
        },
      )
      passed.on('error', reject)
      passed.end(call.body)
    })
  }
}
