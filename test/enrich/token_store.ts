import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BlockStore } from '../../model/ports.js'
import { RefusedError } from '../../model/refused_error.js'

/** What one insert left in the store. */
export interface StoredInsert {
  readonly rows: number
  /** Rows by the heads of the Native blocks; 0 for other tables. */
  readonly nativeRows: number
  readonly text: string
}

/**
 * A store of its own process's memory behind HTTP that honours tokens as ClickHouse does: the first insert under a token
 * counts, later ones are folded. `onInsert` sees each request before it is answered, for tests that kill at that moment.
 */
export class TokenStore {
  readonly tables = new Map<string, Map<string, StoredInsert>>()
  folded = 0
  /** How long an answer takes once the insert is done, ms: a processor that is killed in this time does not know. */
  answerMs = 0
  /** Answers 500 while it is set. */
  refusing = false
  /** Tokens to whose rows it says no for good. */
  readonly poison = new Set<string>()
  /** Told the token of each insert of flows before it is answered. */
  onFlows: ((token: string) => void) | undefined
  onInsert: ((table: string) => void) | undefined
  readonly #server: Server

  constructor() {
    this.#server = createServer((req, res) => {
      body(req).then(
        (bytes) => {
          const url = new URL(req.url!, 'http://store')
          const status = this.#insert(url.searchParams, bytes)
          setTimeout(() => res.writeHead(status).end(), this.answerMs)
        },
        () => res.destroy(),
      )
    })
  }

  async start(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }

  inserts(table: string): StoredInsert[] {
    return [...(this.tables.get(table)?.values() ?? [])]
  }

  #insert(params: URLSearchParams, bytes: Buffer): number {
    const table = params.get('table')!
    this.onInsert?.(table)
    if (this.refusing) return 500
    const token = params.get('token')!
    if (table === 'vigie.flows') {
      this.onFlows?.(token)
      if (this.poison.has(token)) return 400
    }
    const known = this.tables.get(table) ?? new Map<string, StoredInsert>()
    this.tables.set(table, known)
    if (known.has(token)) this.folded++
    else {
      const native = table === 'vigie.flows'
      known.set(token, {
        rows: Number(params.get('rows')),
        nativeRows: native ? Number(params.get('native')) : 0,
        text: native ? '' : bytes.toString('utf8'),
      })
    }
    return 200
  }
}

/** The client's side. */
export class HttpTokenStore implements BlockStore {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  insert({ table, token, blocks, rows }: Parameters<BlockStore['insert']>[0]): Promise<void> {
    const native = table === 'vigie.flows' ? blocks.reduce((sum, block) => sum + rowsOf(block), 0) : 0
    const query = new URLSearchParams({ table, token, rows: String(rows), native: String(native) })
    return new Promise((resolve, reject) => {
      const req = request(`${this.#url}/?${query}`, { method: 'POST' }, (res) => {
        res.resume()
        res.on('end', () => {
          if (res.statusCode === 200) resolve()
          else if (res.statusCode === 400) reject(new RefusedError('these rows are wrong'))
          else reject(new Error(`status ${res.statusCode}`))
        })
      })
      req.on('error', reject)
      for (const block of blocks) req.write(block)
      req.end()
    })
  }
}

/** Rows in the head of a Native block: varuint columns, varuint rows. */
function rowsOf(block: Uint8Array): number {
  let at = 0
  let value = 0
  for (let n = 0; n < 2; n++) {
    value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = block[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
  }
  return value
}

async function body(req: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
