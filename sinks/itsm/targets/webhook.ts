import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { CLOSING_CODES, INCIDENT_STATES, type RemoteEvent } from '../../../model/incident.js'
import {
  type Delivery,
  type DeliveryContext,
  type DeliveryReceipt,
  type ReceivedCall,
  type ReceiveResult,
  secret,
  type Target,
  type TargetDeps,
  type TargetKind,
  UnauthorisedError,
} from '../target.js'
import { HttpClient } from './http/http_client.js'
import { encrypted, HTTP_KEYS } from './http/http_config.js'
import { NetworkGuard, type Resolve } from './http/network_guard.js'

/**
 * Calls of a program of somebody else: Standard Webhooks (standard-webhooks/spec) with a CloudEvent 1.0 in structured mode as
 * the body. It goes only to hosts that are listed, and not to private addresses unless they are allowed. The way back is the
 * same in the other direction: a signed CloudEvent.
 */
const BODY_BYTES_MAX = 60 * 1024
const COMMENT_MAX = 2000
const GONE = 410

const host = z.string().regex(/^(\*\.)?[a-z0-9:]([a-z0-9.:-]*[a-z0-9:])?$/i, 'a host, or *. and a domain')
const prefix = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])

/** Not through a proxy: it would look the name up, and the address that was checked would not be the one that is called. */
const { proxy: _noProxy, ...DIRECT_KEYS } = HTTP_KEYS

const config = z
  .strictObject({
    ...DIRECT_KEYS,
    /** Secrets `whsec_…` (24 to 64 random bytes in base64) that sign; two while one takes the other's place. */
    secrets: z.array(secret()).min(1).max(2),
    /** Hosts that may be called: `hooks.example.org`, `*.example.org`. */
    allow_hosts: z.array(host).min(1),
    /** Private prefixes that may be called; all others are refused. */
    allow_private: z.array(prefix).default([]),
    /** CloudEvents `source`: which Vigie says it. */
    source: z.string().min(1).default('urn:vigie'),
  })
  .refine(encrypted.check, encrypted.say)
export type WebhookConfig = z.infer<typeof config>

/** What comes back: a CloudEvent of a type `…incident.…`. */
const wayBackSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(200),
  source: z.string().min(1).max(500),
  type: z.string().min(1).max(200),
  time: z.iso.datetime({ offset: true }).optional(),
  data: z.object({
    incident: z.string().regex(/^[0-9a-f]{32}$/),
    by: z.string().max(200).optional(),
    acknowledged: z.boolean().optional(),
    assignee: z.string().max(200).optional(),
    group: z.string().max(200).optional(),
    state: z.enum(INCIDENT_STATES).optional(),
    closing: z.enum(CLOSING_CODES).optional(),
    comment: z.string().optional(),
  }),
})

class WebhookTarget implements Target {
  readonly #config: WebhookConfig
  readonly #deps: TargetDeps
  readonly #http: HttpClient

  constructor(config: WebhookConfig, deps: TargetDeps, resolve?: Resolve) {
    this.#config = config
    this.#deps = deps
    this.#http = new HttpClient('webhook', config, deps, new NetworkGuard(config, resolve))
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const body = this.#event(delivery)
    const { idempotencyKey, incident, kind } = delivery
    const now = new Date(this.#deps.clock.nowMs())
    const signatures = this.#signers().map((signer) => signer.sign(idempotencyKey, now, body))
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': idempotencyKey,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signatures.join(' '),
    }
    const answer = await this.#http.call({ method: 'POST', path: '', body, headers }, signal)
    if (answer.status === GONE)
      throw new UnauthorisedError(`${answer.what} answered 410: its owner has switched it off`, {
        status: GONE,
      })
    if (!answer.ok) throw answer.failure()
    const outcome = kind === 'open' ? 'created' : 'updated'
    return { id: incident.uid, number: incident.number, outcome }
  }

  async receive(call: ReceivedCall): Promise<ReceiveResult> {
    const body = Buffer.from(call.body).toString('utf8')
    const headers = Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
        name,
        call.headers[name] ?? '',
      ]),
    )
    const signed = this.#signers().some((signer) => {
      try {
        signer.verify(body, headers)
        return true
      } catch {
        return false
      }
    })
    if (!signed) return { status: 401, events: [] }
    const read = wayBackSchema.safeParse(jsonOf(body))
    if (!read.success) return { status: 400, events: [] }
    const { id, source, time, data } = read.data
    const { comment, ...said } = data
    const event: RemoteEvent = {
      ...said,
      id: `webhook:${source}:${id}`,
      time: time === undefined ? this.#deps.clock.nowMs() : Date.parse(time),
      ...(comment === undefined ? {} : { comment: comment.slice(0, COMMENT_MAX) }),
    }
    return { status: 202, events: [event] }
  }

  async stop(): Promise<void> {
    this.#http.close()
  }

  #signers(): Webhook[] {
    return this.#config.secrets.map((reference) => {
      const value = this.#http.secret(reference)
      try {
        return new Webhook(value)
      } catch {
        throw new UnauthorisedError(`${reference} holds no secret of Standard Webhooks: whsec_ and base64`)
      }
    })
  }

  /** The event, with as much evidence as its size allows. */
  #event({ incident, kind, transition, text, idempotencyKey }: Delivery): string {
    const { remotes: _remotes, history: _history, evidence, ...told } = incident
    const time = new Date(transition.time).toISOString()
    for (let shown = evidence.length; ; shown = Math.floor(shown / 2)) {
      const body = JSON.stringify({
        specversion: '1.0',
        id: idempotencyKey,
        source: this.#config.source,
        type: `vigie.${incident.kind}.${kind}`,
        subject: incident.uid,
        time,
        // Standard Webhooks' own name for it, an extension attribute to CloudEvents.
        timestamp: time,
        datacontenttype: 'application/json',
        data: { incident: { ...told, evidence: evidence.slice(0, shown) }, transition, text },
      })
      if (shown === 0 || Buffer.byteLength(body) <= BODY_BYTES_MAX) return body
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** For tests: a webhook whose names are looked up otherwise. */
export const createWebhook = (config: WebhookConfig, deps: TargetDeps, resolve?: Resolve): Target =>
  new WebhookTarget(config, deps, resolve)

export const webhook: TargetKind<WebhookConfig> = {
  id: 'webhook',
  title: { fr: 'Rappel HTTP (webhook)', en: 'Webhook' },
  config,
  capabilities: {
    kinds: [
      'open',
      'update',
      'acknowledge',
      'assign',
      'escalate',
      'remind',
      'breach',
      'hold',
      'resolve',
      'reopen',
      'close',
    ],
    problems: true,
    identity: 'key',
    wayBack: 'receive',
  },
  create: (config, deps) => new WebhookTarget(config, deps),
}
