import { Agent, request } from 'node:http'

export interface PushCounters {
  /** Payloads that were taken. */
  payloads: number
  bytes: number
  /** Payloads that nobody took, after all tries. */
  failed: number
  /** Answers that asked to come again. */
  again: number
}

export interface Pushed {
  readonly vendor: string
  readonly payload: string
  /** Where the payload does not say it. */
  readonly device: string | undefined
}

const AT_ONCE = 8
/** Payloads that wait for their turn; more are failed. */
const WAITING_MAX = 20_000
const TRIES_MAX = 10
const RETRY_MS = 500
const TIMEOUT_MS = 10_000

/** Pushes payloads by HTTP, as edges and their collectors do: what is not taken is sent again. */
export class PushSender {
  readonly counters: PushCounters = { payloads: 0, bytes: 0, failed: 0, again: 0 }
  readonly #url: string
  readonly #token: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  readonly #queue: Pushed[] = []
  #running = 0
  #idle: (() => void)[] = []

  constructor(url: string, token: string) {
    this.#url = url.replace(/\/+$/, '')
    this.#token = token
  }

  send(pushed: Pushed): void {
    if (this.#queue.length >= WAITING_MAX) {
      this.counters.failed++
      return
    }
    this.#queue.push(pushed)
    if (this.#running < AT_ONCE) this.#work().catch(() => undefined)
  }

  /** Resolves when all that was given is taken or failed. */
  async drain(): Promise<void> {
    if (this.#running === 0 && this.#queue.length === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  async close(): Promise<void> {
    await this.drain()
    this.#agent.destroy()
  }

  async #work(): Promise<void> {
    this.#running++
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
      await this.#deliver(next)
    this.#running--
    if (this.#running > 0) return
    for (const done of this.#idle.splice(0)) done()
  }

  async #deliver({ vendor, payload, device }: Pushed): Promise<void> {
    const path = device === undefined ? vendor : `${vendor}?device=${encodeURIComponent(device)}`
    for (let n = 1; n <= TRIES_MAX; n++) {
      const status = await this.#post(path, payload)
      if (status >= 200 && status < 300) {
        this.counters.payloads++
        this.counters.bytes += payload.length
        return
      }
      // What is refused for good is not better the next time.
      if (status >= 400 && status < 500 && status !== 429) break
      this.counters.again++
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * n))
    }
    this.counters.failed++
  }

  /** The status; 0 where there was none. */
  #post(path: string, payload: string): Promise<number> {
    return new Promise((resolve) => {
      const sent = request(
        `${this.#url}/api/v1/telemetry/${path}`,
        {
          method: 'POST',
          agent: this.#agent,
          timeout: TIMEOUT_MS,
          headers: {
            authorization: `Bearer ${this.#token}`,
            'content-type': /^\s*[[{]/.test(payload) ? 'application/json' : 'text/plain',
            'content-length': Buffer.byteLength(payload),
          },
        },
        (response) => {
          response.resume()
          response.on('end', () => resolve(response.statusCode ?? 0))
          response.on('error', () => resolve(0))
        },
      )
      sent.on('timeout', () => sent.destroy())
      sent.on('error', () => resolve(0))
      sent.end(payload)
    })
  }
}
