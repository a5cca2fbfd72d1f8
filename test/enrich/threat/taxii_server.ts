import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A TAXII 2.1 server of one collection, made from the OASIS standard of 10 June 2021, and strict: whoever departs from it gets
 * the error that the standard names. Sections are its.
 */
const TYPE = 'application/taxii+json;version=2.1'
const PATH = '/api1/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/objects/'

export interface TaxiiObject {
  readonly addedAt: string
  readonly object: Readonly<Record<string, unknown>>
}

export class TaxiiServer {
  objects: TaxiiObject[] = []
  /** Largest page the server gives, whatever is asked (section 3.4). */
  pageMax = 2
  /** Whether pages follow by `next`, or by the date of the last object alone (section 3.4). */
  givesNext = true
  /** Answered to the next requests, before anything else. */
  readonly failures: number[] = []
  readonly requests: URL[] = []
  /** Basic authentication (section 1.6.9). */
  user: string | undefined
  readonly #server: Server = createServer((request, response) => this.#answer(request, response))

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}${PATH.replace('objects/', '')}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost')
    this.requests.push(url)
    const failure = this.failures.shift()
    if (failure !== undefined) {
      refuse(response, failure, 'out of order')
      return
    }
    if (this.user !== undefined && request.headers.authorization !== `Basic ${btoa(this.user)}`) {
      refuse(response, 401, 'sign in')
      return
    }
    // Section 1.6.8.1: the version is negotiated by Accept; without it, or with another, 406.
    const accepts = (request.headers.accept ?? '').split(',').map((t) => t.replaceAll(' ', ''))
    if (!accepts.some((t) => t === TYPE || t === 'application/taxii+json')) {
      refuse(response, 406, 'media type')
      return
    }
    if (request.method !== 'GET' || url.pathname !== PATH) {
      refuse(response, 404, 'no such collection')
      return
    }
    const known = new Set(['added_after', 'limit', 'next', 'match[type]', 'match[id]', 'match[version]'])
    for (const key of url.searchParams.keys())
      if (!known.has(key)) {
        refuse(response, 400, `${key}?`)
        return
      }
    this.#page(url.searchParams, response)
  }

  /** Section 5.4: objects in the order in which they were added, filtered, a page at a time. */
  #page(query: URLSearchParams, response: ServerResponse): void {
    const after = query.get('added_after')
    if (after !== null && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/.test(after)) {
      refuse(response, 400, 'added_after is a timestamp')
      return
    }
    const limit = Number(query.get('limit') ?? this.pageMax)
    if (!(Number.isInteger(limit) && limit > 0)) {
      refuse(response, 400, 'limit is a positive number')
      return
    }
    const types = query.get('match[type]')?.split(',')
    const all = this.objects
      .filter(({ addedAt }) => after === null || addedAt > after)
      .filter(({ object }) => types === undefined || types.includes(String(object.type)))
    const from = Number(query.get('next') ?? 0)
    const page = all.slice(from, from + Math.min(limit, this.pageMax))
    const more = from + page.length < all.length
    const next = more && this.givesNext ? { next: String(from + page.length) } : {}
    // Section 3.4: with no objects the envelope is empty.
    const envelope = page.length === 0 ? {} : { more, ...next, objects: page.map((o) => o.object) }
    response.writeHead(200, {
      'content-type': TYPE,
      ...(page.length > 0 && {
        'x-taxii-date-added-first': page[0]!.addedAt,
        'x-taxii-date-added-last': page.at(-1)!.addedAt,
      }),
    })
    response.end(JSON.stringify(envelope))
  }
}

/** A TAXII error message (section 3.6.1). */
function refuse(response: ServerResponse, status: number, title: string): void {
  response.writeHead(status, { 'content-type': TYPE })
  response.end(JSON.stringify({ title, http_status: String(status) }))
}
