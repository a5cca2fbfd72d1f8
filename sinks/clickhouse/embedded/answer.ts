import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { contentType } from './content_types.js'
import type { HttpError } from './http_error.js'

export interface AnswerHeaders {
  readonly queryId: string
  readonly version: string
  readonly timezone: string
  readonly cors: boolean
}

/** What the engine counted. */
export interface QueryCounts {
  readonly readRows: number
  readonly readBytes: number
  readonly writtenRows: number
  readonly writtenBytes: number
}

const NOTHING: QueryCounts = { readRows: 0, readBytes: 0, writtenRows: 0, writtenBytes: 0 }
/** A client that takes nothing for so long is gone. */
const SEND_TIMEOUT_MS = 300_000
const EXPOSED =
  'X-ClickHouse-Query-Id, X-ClickHouse-Summary, X-ClickHouse-Server-Display-Name, X-ClickHouse-Format, X-ClickHouse-Timezone, X-ClickHouse-Exception-Code, X-ClickHouse-Exception-Tag'

/**
 * The answer to one query. Its first bytes are held back, up to a bound: while they are, a query that fails gives an error
 * status, and one that succeeds a summary with all counts. After that an error is told as ClickHouse does, in the body:
 *
 * ```
 * … rows │ \r\n __exception__ \r\n <tag of 16 letters> \r\n <message> \n <length> <tag> \r\n __exception__ \r\n
 * ```
 *
 * and the connection is cut, so that no client takes the rows for all there are.
 */
export class Answer {
  readonly #response: ServerResponse
  readonly #headers: AnswerHeaders
  #bufferBytes: number
  readonly #startedNs = process.hrtime.bigint()
  readonly #tag = randomBytes(8).toString('hex')
  #format = 'TabSeparated'
  #encoding: string | undefined
  #progress = false
  #held: Buffer[] = []
  #heldBytes = 0

  constructor(response: ServerResponse, headers: AnswerHeaders, bufferBytes: number) {
    this.#response = response
    this.#headers = headers
    this.#bufferBytes = bufferBytes
  }

  /** Format, compression and headers of what is to come. */
  describe(format: string, encoding: string | undefined, progress: boolean): void {
    this.#format = format
    this.#encoding = encoding
    this.#progress = progress
  }

  /** How many of the first bytes to hold back. */
  holdBack(bytes: number): void {
    this.#bufferBytes = bytes
  }

  /** Something of it was written, or is held back to be. */
  get begun(): boolean {
    return this.#response.headersSent || this.#heldBytes > 0
  }

  /** The client went away before the answer was complete. */
  get gone(): boolean {
    return this.#response.destroyed
  }

  /** Resolves when the client can take more. What comes after it went away is dropped. */
  async write(bytes: Buffer): Promise<void> {
    if (this.gone) return
    if (!this.#response.headersSent) {
      this.#held.push(bytes)
      this.#heldBytes += bytes.length
      if (this.#heldBytes <= this.#bufferBytes) return
      this.#sendHeaders(NOTHING)
      for (const held of this.#held.splice(0)) this.#response.write(held)
    } else this.#response.write(bytes)
    if (this.#response.writableNeedDrain) await this.#drained()
  }

  /** The query succeeded, all is counted: what is written now goes out at once. */
  holdNoMore(counts: QueryCounts): void {
    if (!this.gone && !this.#response.headersSent) this.#sendHeaders(counts)
  }

  end(counts: QueryCounts): void {
    if (this.gone) return
    if (!this.#response.headersSent) this.#sendHeaders(counts)
    for (const held of this.#held.splice(0)) this.#response.write(held)
    this.#response.end()
  }

  fail(error: HttpError): void {
    if (this.gone) return
    const message = `${error.message} (version ${this.#headers.version} (official build))\n`
    if (!this.#response.headersSent) {
      this.#held = []
      this.#common()
      this.#response.statusCode = error.status
      if (error.code > 0) this.#response.setHeader('X-ClickHouse-Exception-Code', String(error.code))
      this.#response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
      this.#response.setHeader('X-ClickHouse-Summary', this.#summary(NOTHING))
      this.#response.end(message)
      return
    }
    const length = Buffer.byteLength(message)
    const told = `\r\n__exception__\r\n${this.#tag}\r\n${message}${length} ${this.#tag}\r\n__exception__\r\n`
    // Text does not belong into compressed bytes: there the cut alone tells.
    if (this.#encoding === undefined) this.#response.write(told, () => this.#response.destroy())
    else this.#response.destroy()
  }

  #sendHeaders(counts: QueryCounts): void {
    const response = this.#response
    this.#common()
    response.setHeader('Content-Type', contentType(this.#format))
    response.setHeader('X-ClickHouse-Format', this.#format)
    response.setHeader('X-ClickHouse-Exception-Tag', this.#tag)
    if (this.#encoding !== undefined) response.setHeader('Content-Encoding', this.#encoding)
    if (this.#progress) response.setHeader('X-ClickHouse-Progress', this.#summary(counts))
    response.setHeader('X-ClickHouse-Summary', this.#summary(counts))
    response.flushHeaders()
  }

  #common(): void {
    const { queryId, timezone, cors } = this.#headers
    this.#response.setHeader('X-ClickHouse-Query-Id', queryId)
    this.#response.setHeader('X-ClickHouse-Timezone', timezone)
    this.#response.setHeader('Access-Control-Expose-Headers', EXPOSED)
    if (cors) this.#response.setHeader('Access-Control-Allow-Origin', '*')
  }

  #summary({ readRows, readBytes, writtenRows, writtenBytes }: QueryCounts): string {
    return JSON.stringify({
      read_rows: String(readRows),
      read_bytes: String(readBytes),
      written_rows: String(writtenRows),
      written_bytes: String(writtenBytes),
      total_rows_to_read: String(readRows),
      result_rows: String(writtenRows),
      result_bytes: String(writtenBytes),
      elapsed_ns: String(process.hrtime.bigint() - this.#startedNs),
    })
  }

  async #drained(): Promise<void> {
    const timeout = AbortSignal.timeout(SEND_TIMEOUT_MS)
    const closed = new AbortController()
    const end = (): void => closed.abort()
    this.#response.once('close', end)
    try {
      await once(this.#response, 'drain', { signal: AbortSignal.any([timeout, closed.signal]) })
    } catch {
      this.#response.destroy()
    } finally {
      this.#response.off('close', end)
    }
  }
}
