import { PollFault } from './fault.js'

type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const objectOf = (value: unknown): Json => (isObject(value) ? value : {})
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

/** A controller's answer, whole. */
export class Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly bytes: Uint8Array
  /** When its last byte came, ms since 1970 by our clock. */
  readonly receivedMs: number
  /** What was asked, for messages: method, host and path. */
  readonly of: string
  #json: { readonly value: unknown } | undefined

  constructor(fields: {
    status: number
    headers: Answer['headers']
    bytes: Uint8Array
    receivedMs: number
    of: string
  }) {
    this.status = fields.status
    this.headers = fields.headers
    this.bytes = fields.bytes
    this.receivedMs = fields.receivedMs
    this.of = fields.of
  }

  header(name: string): string | undefined {
    const value = this.headers[name]
    return typeof value === 'string' ? value : value?.[0]
  }

  get text(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).toString('utf8')
  }

  /** @throws PollFault where it is no JSON */
  get json(): unknown {
    if (this.#json === undefined) {
      try {
        this.#json = { value: JSON.parse(this.text) }
      } catch {
        const type = this.header('content-type') ?? 'no type'
        throw new PollFault('unreadable', `${this.of}: no JSON but ${type}: is the url that of the API?`)
      }
    }
    return this.#json.value
  }

  /** The JSON object of the answer; empty where it is none. */
  get object(): Json {
    return objectOf(this.json)
  }

  get isHtml(): boolean {
    return /^text\/html/i.test(this.header('content-type') ?? '')
  }

  /** `name=value` of the cookies that it sets, as a Cookie header. */
  get cookies(): string {
    const set = this.headers['set-cookie']
    const list = typeof set === 'string' ? [set] : (set ?? [])
    return list.map((cookie) => cookie.split(';', 1)[0]!).join('; ')
  }

  /** The value of one cookie that it sets. */
  cookie(name: string): string | undefined {
    const pair = this.cookies.split('; ').find((cookie) => cookie.startsWith(`${name}=`))
    return pair?.slice(name.length + 1)
  }

  /** The address of the next page in the Link header (RFC 8288). */
  get linkNext(): string | undefined {
    return /<([^>]+)>\s*;[^,]*\brel="?next"?/i.exec(this.header('link') ?? '')?.[1]
  }
}
