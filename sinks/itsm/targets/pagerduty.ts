import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { IncidentState, RemoteEvent } from '../../../model/incident.js'
import {
  type Delivery,
  type DeliveryContext,
  type DeliveryReceipt,
  type ReceivedCall,
  type ReceiveResult,
  RefusedError,
  secret,
  type Target,
  type TargetDeps,
  type TargetKind,
  UnauthorisedError,
} from '../target.js'
import { clip } from '../ticket_text.js'
import { HttpClient } from './http/http_client.js'
import { encrypted, HTTP_KEYS } from './http/http_config.js'

/**
 * PagerDuty, Events API v2 (PagerDuty/api-schema, events-v2): events with one `dedup_key` are one alert. It is asynchronous:
 * 202 says that the event was taken. The way back are webhooks v3 ("Webhooks overview", "Verifying signatures").
 */
const SUMMARY_MAX = 1024
const TITLE_MAX = 255
const ROUTING_KEY_LENGTH = 32
/** An event may have 512 KB; details are ours to bound. */
const EVIDENCE_MAX = 10

const config = z
  .strictObject({
    ...HTTP_KEYS,
    /** `https://events.eu.pagerduty.com` for an account of the European region. */
    url: HTTP_KEYS.url.default('https://events.pagerduty.com'),
    /** Integration key of an Events API v2 integration, 32 characters. */
    routing_key: secret(),
    /** Signing secret of a webhook subscription; left out: nothing comes back. */
    webhook_secret: secret().optional(),
    /** `client` of an alert, where people see what made it. */
    client: z.string().min(1).default('Vigie'),
  })
  .refine(encrypted.check, encrypted.say)
export type PagerDutyConfig = z.infer<typeof config>

const severity = (of: number): string =>
  of >= 5 ? 'critical' : of === 4 ? 'error' : of >= 2 ? 'warning' : 'info'

const answerSchema = z.object({
  status: z.string(),
  message: z.string().default(''),
  dedup_key: z.string().optional(),
})

const person = z
  .object({ summary: z.string().optional(), id: z.string().optional(), type: z.string().optional() })
  .nullish()
const webhookSchema = z.object({
  event: z.object({
    id: z.string(),
    event_type: z.string(),
    resource_type: z.string(),
    occurred_at: z.string(),
    agent: person,
    data: z.looseObject({
      incident_key: z.string().nullish(),
      status: z.string().nullish(),
      html_url: z.string().nullish(),
      assignees: z.array(z.object({ summary: z.string().optional() })).nullish(),
    }),
  }),
})
type PagerDutyEvent = z.infer<typeof webhookSchema>['event']

/** Types of webhook events, and the state each leaves the incident in. */
const STATES: Readonly<Record<string, IncidentState | undefined>> = {
  'incident.acknowledged': 'in_progress',
  'incident.reassigned': undefined,
  'incident.delegated': undefined,
  'incident.resolved': 'resolved',
  'incident.reopened': 'in_progress',
}

class PagerDutyTarget implements Target {
  readonly #config: PagerDutyConfig
  readonly #http: HttpClient

  constructor(config: PagerDutyConfig, deps: TargetDeps) {
    this.#config = config
    this.#http = new HttpClient('pagerduty', config, deps)
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { incident, kind } = delivery
    const action =
      kind === 'resolve' || kind === 'close' ? 'resolve' : kind === 'acknowledge' ? 'acknowledge' : 'trigger'
    const routing_key = this.#http.secret(this.#config.routing_key)
    if (routing_key.length !== ROUTING_KEY_LENGTH)
      throw new UnauthorisedError(
        `${this.#config.routing_key} holds no integration key: it has 32 characters`,
      )
    const json = {
      routing_key,
      event_action: action,
      dedup_key: incident.uid,
      ...(action === 'trigger' ? this.#trigger(delivery) : {}),
    }
    const answer = await this.#http.call({ method: 'POST', path: '/v2/enqueue', json }, signal)
    // A key that is not right makes an event "invalid": that is no fault of the event.
    if (answer.status === 400 && /routing.key/i.test(answer.text))
      throw new UnauthorisedError(answer.failure().message, { status: 400 })
    if (!answer.ok) throw answer.failure()
    const { status, message } = answer.json(answerSchema)
    if (status !== 'success') throw new RefusedError(`PagerDuty answered ${status}: ${clip(message, 200)}`)
    return { id: incident.uid, number: incident.number, outcome: kind === 'open' ? 'created' : 'updated' }
  }

  async receive(call: ReceivedCall): Promise<ReceiveResult> {
    if (!this.#isSigned(call)) return { status: 401, events: [] }
    let read: z.ZodSafeParseResult<z.infer<typeof webhookSchema>>
    try {
      read = webhookSchema.safeParse(JSON.parse(Buffer.from(call.body).toString('utf8')))
    } catch {
      return { status: 400, events: [] }
    }
    if (!read.success) return { status: 400, events: [] }
    const event = this.#event(read.data.event)
    return { status: 202, events: event === undefined ? [] : [event] }
  }

  async stop(): Promise<void> {
    this.#http.close()
  }

  #trigger({ incident, text, transition }: Delivery): object {
    return {
      payload: {
        summary: clip(text.title, SUMMARY_MAX),
        source: incident.site ?? incident.org ?? 'vigie',
        severity: severity(incident.severity_id),
        timestamp: new Date(transition.time).toISOString(),
        component: incident.link ?? incident.supplier ?? incident.service,
        group: incident.group,
        class: incident.service,
        custom_details: {
          number: incident.number,
          state: incident.state,
          priority: incident.priority,
          organization: incident.org,
          site: incident.site,
          findings: incident.findings,
          body: text.body,
          note: text.note,
          evidence: incident.evidence.slice(0, EVIDENCE_MAX).map(({ evidence }) => evidence),
          test: incident.test,
        },
      },
      client: this.#config.client,
      ...(text.dashboardUrl === undefined
        ? {}
        : {
            client_url: text.dashboardUrl,
            links: [{ href: text.dashboardUrl, text: clip(text.title, TITLE_MAX) }],
          }),
    }
  }

  /** `X-PagerDuty-Signature: v1=<hex>[,v1=<hex>]`, HMAC-SHA256 over the body; several while a secret is replaced. */
  #isSigned({ headers, body }: ReceivedCall): boolean {
    const { webhook_secret } = this.#config
    if (webhook_secret === undefined) return false
    const mine = createHmac('sha256', this.#http.secret(webhook_secret)).update(body).digest()
    return (headers['x-pagerduty-signature'] ?? '').split(',').some((one) => {
      const theirs = Buffer.from(/^\s*v1=([0-9a-f]{64})\s*$/.exec(one)?.[1] ?? '', 'hex')
      return theirs.length === mine.length && timingSafeEqual(theirs, mine)
    })
  }

  #event({ id, event_type, occurred_at, agent, data }: PagerDutyEvent): RemoteEvent | undefined {
    const incident = data.incident_key ?? ''
    // What an integration did was Vigie's own resolve or acknowledge.
    const byUs = agent?.type !== undefined && !agent.type.startsWith('user')
    if (!(event_type in STATES) || !/^[0-9a-f]{32}$/.test(incident) || byUs) return undefined
    const state = STATES[event_type]
    const assignee = data.assignees?.[0]?.summary
    return {
      id: `pagerduty:${id}`,
      incident,
      time: Date.parse(occurred_at),
      ...(agent?.summary === undefined ? {} : { by: agent.summary }),
      ...(state === undefined ? {} : { state }),
      ...(event_type === 'incident.acknowledged' ? { acknowledged: true } : {}),
      ...(assignee === undefined ? {} : { assignee }),
    }
  }
}

export const pagerduty: TargetKind<PagerDutyConfig> = {
  id: 'pagerduty',
  title: { fr: 'PagerDuty', en: 'PagerDuty' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'resolve', 'reopen', 'close'],
    problems: false,
    identity: 'key',
    wayBack: 'receive',
  },
  create: (config, deps) => new PagerDutyTarget(config, deps),
}
