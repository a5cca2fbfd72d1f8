import { createHash, timingSafeEqual } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { RemoteEvent } from '../../../model/incident.js'
import {
  type Delivery,
  type DeliveryContext,
  type DeliveryReceipt,
  type ReceivedCall,
  type ReceiveResult,
  RefusedError,
  RetryableError,
  secret,
  type Target,
  type TargetDeps,
  type TargetKind,
} from '../target.js'
import { clip } from '../ticket_text.js'
import { type HttpCall, HttpClient } from './http/http_client.js'
import { encrypted, HTTP_KEYS } from './http/http_config.js'

/**
 * Alerts of Jira Service Management ("Integration Events API", JSM Operations; the shape that Opsgenie had). Requests are
 * taken with 202 and done later; whether they were is asked by their `requestId`. The way back is the outgoing webhook
 * integration, which does not sign but carries a header of ours.
 */
const MESSAGE_MAX = 130
const DESCRIPTION_MAX = 15_000
const NOTE_MAX = 25_000
const TEXT_MAX = 512
const BASE = '/jsm/ops/integration/v2/alerts'
/** How often a request is asked after, and how long between. What is still not known then has been taken, at least. */
const ASKS_MAX = 8
const ASK_AGAIN_MS = 250

const config = z
  .strictObject({
    ...HTTP_KEYS,
    url: HTTP_KEYS.url.default('https://api.atlassian.com'),
    /** API key of an API integration of a team in Operations. */
    api_key: secret(),
    /** What the outgoing webhook integration sends in `Authorization: Bearer …`; left out: nothing comes back. */
    webhook_token: secret().optional(),
    /** Teams or people to tell, beside those of the integration. */
    responders: z
      .array(
        z.strictObject({ type: z.enum(['team', 'user', 'escalation', 'schedule']), id: z.string().min(1) }),
      )
      .max(50)
      .default([]),
    tags: z.array(z.string().max(50)).max(15).default(['vigie']),
  })
  .refine(encrypted.check, encrypted.say)
export type JsmAlertConfig = z.infer<typeof config>

const takenSchema = z.object({ requestId: z.string().min(1) })
const statusSchema = z.object({
  data: z.object({
    isSuccess: z.boolean(),
    status: z.string().default(''),
    alertId: z.string().default(''),
  }),
})
type Outcome = z.infer<typeof statusSchema>['data']

const webhookSchema = z.object({
  action: z.string(),
  source: z.object({ type: z.string().optional() }).optional(),
  alert: z.object({
    alertId: z.string(),
    alias: z.string().default(''),
    updatedAt: z.number().optional(),
    username: z.string().optional(),
    owner: z.string().optional(),
    note: z.string().optional(),
  }),
})

class JsmAlertTarget implements Target {
  readonly #config: JsmAlertConfig
  readonly #deps: TargetDeps
  readonly #http: HttpClient

  constructor(config: JsmAlertConfig, deps: TargetDeps) {
    this.#config = config
    this.#deps = deps
    this.#http = new HttpClient('jsm_alert', config, deps)
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { incident, kind, text } = delivery
    if (kind === 'open' || kind === 'reopen') return this.#create(delivery, signal)
    const action =
      kind === 'acknowledge' ? 'acknowledge' : kind === 'resolve' || kind === 'close' ? 'close' : 'notes'
    const done = await this.#do(
      {
        method: 'POST',
        path: `${BASE}/${incident.uid}/${action}`,
        query: { identifierType: 'alias' },
        json: { source: 'Vigie', note: clip(text.note, NOTE_MAX) },
      },
      signal,
    )
    const id = delivery.remote?.id ?? incident.uid
    if (done === undefined || done.isSuccess) return this.#receipt(delivery, done?.alertId || id, 'updated')
    // Closed by people, or by us in an attempt whose answer was lost: there is nothing left to close or take.
    if (/not exist|not found|already|closed/i.test(done.status)) {
      if (action !== 'notes' || incident.state === 'resolved') return this.#receipt(delivery, id, 'unchanged')
      return this.#create(delivery, signal)
    }
    throw new RefusedError(`Jira Service Management did not ${action} the alert: ${clip(done.status, 200)}`)
  }

  async receive(call: ReceivedCall): Promise<ReceiveResult> {
    const { webhook_token } = this.#config
    if (webhook_token === undefined) return { status: 401, events: [] }
    const expected = `Bearer ${this.#http.secret(webhook_token)}`
    if (!sameText(call.headers.authorization ?? '', expected)) return { status: 401, events: [] }
    let body: unknown
    try {
      body = JSON.parse(Buffer.from(call.body).toString('utf8'))
    } catch {
      return { status: 400, events: [] }
    }
    const read = webhookSchema.safeParse(body)
    if (!read.success) return { status: 400, events: [] }
    const event = this.#event(read.data)
    return { status: 202, events: event === undefined ? [] : [event] }
  }

  async stop(): Promise<void> {
    this.#http.close()
  }

  async #create(delivery: Delivery, signal: AbortSignal): Promise<DeliveryReceipt> {
    const { incident, text } = delivery
    const details = {
      number: incident.number,
      organization: incident.org ?? '',
      site: incident.site ?? '',
      region: incident.region ?? '',
      group: incident.group,
      state: incident.state,
      dashboard: text.dashboardUrl ?? '',
    }
    const { responders, tags } = this.#config
    const json = {
      message: clip(text.title, MESSAGE_MAX),
      alias: incident.uid,
      description: clip(text.body, DESCRIPTION_MAX),
      priority: `P${incident.priority}`,
      source: 'Vigie',
      entity: clip(incident.site ?? incident.org ?? '', TEXT_MAX),
      tags: [...tags, incident.category, incident.service, ...(incident.test ? ['test'] : [])],
      details,
      ...(responders.length > 0 ? { responders } : {}),
    }
    const done = await this.#do({ method: 'POST', path: BASE, json }, signal)
    if (done !== undefined && !done.isSuccess)
      throw new RefusedError(`Jira Service Management made no alert: ${clip(done.status, 200)}`)
    return this.#receipt(delivery, done?.alertId || incident.uid, 'created')
  }

  /** A request, and what became of it; undefined when that is not known yet. */
  async #do(call: HttpCall, signal: AbortSignal): Promise<Outcome | undefined> {
    const headers = { authorization: `GenieKey ${this.#http.secret(this.#config.api_key)}` }
    const taken = await this.#http.expect({ ...call, headers }, signal)
    const { requestId } = taken.json(takenSchema)
    const path = `${BASE}/requests/${encodeURIComponent(requestId)}`
    for (let asked = 0; asked < ASKS_MAX; asked++) {
      const answer = await this.#http.call({ method: 'GET', path, headers }, signal)
      if (answer.ok) return answer.json(statusSchema).data
      // Not found is not done yet; it was taken, so any other trouble with asking is no reason to send it again.
      if (answer.status !== 404) return undefined
      await pause(ASK_AGAIN_MS, undefined, { signal }).catch(() => {
        throw new RetryableError('asking after a request of Jira Service Management was given up')
      })
    }
    this.#deps.logger.warn(
      { requestId },
      'Jira Service Management has taken a request and not said what became of it',
    )
    return undefined
  }

  #event({ action, alert, source }: z.infer<typeof webhookSchema>): RemoteEvent | undefined {
    // What came by the API was ours.
    if (!/^[0-9a-f]{32}$/.test(alert.alias) || source?.type === 'API') return undefined
    const event = {
      id: `jsm:${alert.alertId}:${action}:${alert.updatedAt ?? ''}`,
      incident: alert.alias,
      time: this.#deps.clock.nowMs(),
      ...(alert.username === undefined ? {} : { by: alert.username }),
      ...(alert.note ? { comment: alert.note.slice(0, 2000) } : {}),
    }
    if (action === 'Acknowledge') return { ...event, acknowledged: true, state: 'in_progress' }
    if (action === 'Close') return { ...event, state: 'resolved' }
    const assignee = alert.owner ?? alert.username
    if ((action === 'AssignOwnership' || action === 'TakeOwnership') && assignee !== undefined)
      return { ...event, acknowledged: true, assignee }
    return action === 'AddNote' && alert.note ? event : undefined
  }

  #receipt({ incident }: Delivery, id: string, outcome: DeliveryReceipt['outcome']): DeliveryReceipt {
    return { id, number: incident.number, outcome }
  }
}

/** Compared in the same time wherever they differ. */
const sameText = (a: string, b: string): boolean => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

export const jsmAlert: TargetKind<JsmAlertConfig> = {
  id: 'jsm_alert',
  title: { fr: 'Jira Service Management, alertes', en: 'Jira Service Management alerts' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'resolve', 'reopen', 'close'],
    problems: false,
    identity: 'key',
    wayBack: 'receive',
  },
  create: (config, deps) => new JsmAlertTarget(config, deps),
}
