import { type FakeAnswer, type FakeCall, HttpFake } from './http_fake.js'

/**
 * A strict PagerDuty, made from the OpenAPI description of the Events API v2 (PagerDuty/api-schema, reference/events-v2) and
 * "Send an event" (events-api-v2/trigger-events): required fields, enumerations, lengths; resolving or acknowledging what is
 * not open is taken and does nothing.
 */
interface Alert {
  status: 'triggered' | 'acknowledged' | 'resolved'
  severity: string
  summary: string
  triggers: number
}

const ACTIONS = new Set(['trigger', 'acknowledge', 'resolve'])
const SEVERITIES = new Set(['critical', 'error', 'warning', 'info'])
const KEYS = new Set([
  'routing_key',
  'event_action',
  'dedup_key',
  'payload',
  'images',
  'links',
  'client',
  'client_url',
])
const BYTES_MAX = 512 * 1024

export class PagerDutyFake extends HttpFake {
  readonly alerts = new Map<string, Alert>()
  readonly routingKey = 'R0123456789ABCDEF0123456789ABCDE'

  protected answer({ method, path, headers, body }: FakeCall): FakeAnswer {
    if (method !== 'POST' || path !== '/v2/enqueue') return { status: 404 }
    if (headers['content-type'] !== 'application/json') return { status: 415 }
    if (Buffer.byteLength(body) > BYTES_MAX) return { status: 413 }
    const event = JSON.parse(body)
    const errors = faults(event)
    if (event.routing_key !== this.routingKey) errors.push('Invalid routing key')
    if (errors.length > 0)
      return { status: 400, json: { status: 'invalid event', message: 'Event object is invalid', errors } }
    this.#apply(event)
    const dedup_key = event.dedup_key
    return { status: 202, json: { status: 'success', message: 'Event processed', dedup_key } }
  }

  #apply(event: {
    event_action: string
    dedup_key: string
    payload: { severity: string; summary: string }
  }): void {
    const known = this.alerts.get(event.dedup_key)
    const open = known !== undefined && known.status !== 'resolved'
    if (event.event_action === 'trigger') {
      const { severity, summary } = event.payload
      if (open) Object.assign(known, { severity, summary, triggers: known.triggers + 1 })
      else this.alerts.set(event.dedup_key, { status: 'triggered', severity, summary, triggers: 1 })
    } else if (open) known.status = event.event_action === 'resolve' ? 'resolved' : 'acknowledged'
  }
}

function faults(event: Record<string, unknown>): string[] {
  const found: string[] = []
  for (const key of Object.keys(event)) if (!KEYS.has(key)) found.push(`'${key}' is not known`)
  if (String(event.routing_key).length !== 32)
    found.push("Length of 'routing_key' is incorrect (should be 32 characters)")
  if (!ACTIONS.has(String(event.event_action))) found.push("'event_action' is invalid")
  if (typeof event.dedup_key !== 'string' || event.dedup_key.length > 255)
    found.push("'dedup_key' is invalid")
  if (event.event_action !== 'trigger') return found
  const payload = (event.payload ?? {}) as Record<string, unknown>
  if (typeof payload.summary !== 'string' || payload.summary === '' || payload.summary.length > 1024)
    found.push("'payload.summary' is missing, blank or too long")
  if (typeof payload.source !== 'string' || payload.source === '')
    found.push("'payload.source' is missing or blank")
  if (!SEVERITIES.has(String(payload.severity)))
    found.push("'payload.severity' is invalid (must be one of ...)")
  if (Number.isNaN(Date.parse(String(payload.timestamp)))) found.push("'payload.timestamp' is invalid")
  for (const link of (event.links ?? []) as { href?: string }[])
    if (!URL.canParse(link.href ?? '')) found.push("'links.href' is missing")
  return found
}
