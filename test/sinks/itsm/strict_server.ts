import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import {
  type Delivery,
  type DeliveryReceipt,
  RefusedError,
  RetryableError,
  type TargetKind,
} from '../../../sinks/itsm/target.js'
import { StrictTarget } from './strict_target.js'

/** The strict tool behind HTTP, so that it outlives the process that talks to it. Some answers are lost on the way. */
export class StrictServer {
  readonly tool = new StrictTarget()
  readonly #server: Server
  #calls = 0
  away = false
  /** Every so many calls the answer is cut off after the tool has done its work; 0: never. */
  loseEvery = 0
  /** Called after each call that the tool took. */
  onTaken: (tickets: number) => void = () => undefined

  constructor() {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        if (this.away) {
          response.writeHead(503).end()
          return
        }
        const delivery = JSON.parse(Buffer.concat(parts).toString()) as Delivery
        this.tool.deliver(delivery, { signal: new AbortController().signal }).then(
          (receipt) => {
            const lost = this.loseEvery > 0 && ++this.#calls % this.loseEvery === 0
            if (lost) response.destroy()
            else response.writeHead(200).end(JSON.stringify(receipt))
            this.onTaken(this.tool.tickets.size)
          },
          (error: Error) => response.writeHead(400).end(error.message),
        )
      })
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

/** Talks to a strict server. */
export const strictHttpKind = (url: string): TargetKind<unknown> => ({
  id: 'strict_http',
  title: { fr: 'Outil strict', en: 'Strict tool' },
  config: z.looseObject({}),
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'escalate', 'resolve', 'reopen', 'close'],
    problems: true,
    identity: 'receipt',
    wayBack: 'none',
  },
  create: () => ({
    async deliver(delivery, { signal }) {
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify(delivery), signal })
      const text = await answer.text()
      if (answer.status === 503) throw new RetryableError('503', { status: 503 })
      if (answer.status !== 200) throw new RefusedError(text, { status: answer.status })
      return JSON.parse(text) as DeliveryReceipt
    },
  }),
})
