import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
import type { Incident, RemoteEvent } from '../../../model/incident.js'
import type {
  Delivery,
  DeliveryContext,
  DeliveryReceipt,
  OpenTicket,
  PollResult,
  Target,
  TargetDeps,
  TargetKind,
} from '../target.js'
import { Authorised, authSchema } from './http/auth.js'
import { HttpClient } from './http/http_client.js'
import { encrypted, HTTP_KEYS } from './http/http_config.js'

/**
 * Prometheus Alertmanager, API v2 (prometheus/alertmanager, api/v2/openapi.yaml). An alert is the set of its labels: a label
 * that changes makes another alert, so the one before is ended in the same request. It has no word for taking charge; a
 * silence over an alert is one.
 */
const HOUR_MS = 3_600_000
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/
/** Our labels on every alert; those of the configuration stand beside them. */
const KEY_LABEL = 'vigie_incident'

const config = z
  .strictObject({
    ...HTTP_KEYS,
    auth: authSchema.default({ type: 'none' }),
    /** Label `alertname`. */
    alertname: z.string().min(1).default('VigieIncident'),
    /** Labels put on every alert, for routes. */
    labels: z.record(z.string().regex(LABEL_NAME), z.string()).default({}),
    /** Alertmanager ends an alert that nobody repeats; each message, reminders too, holds it for so long. */
    hold_hours: z.number().int().min(1).max(8760).default(168),
  })
  .refine(encrypted.check, encrypted.say)
export type AlertmanagerConfig = z.infer<typeof config>

/** Severity as alert rules usually write it. */
const severityLabel = (severity: number): string =>
  severity >= 5 ? 'critical' : severity >= 3 ? 'warning' : 'info'

const alertsSchema = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    startsAt: z.string(),
    fingerprint: z.string(),
    status: z.object({ silencedBy: z.array(z.string()) }),
  }),
)
type Alerts = z.infer<typeof alertsSchema>
const silencesSchema = z.array(
  z.object({
    id: z.string(),
    createdBy: z.string(),
    comment: z.string(),
    updatedAt: z.string(),
  }),
)

class AlertmanagerTarget implements Target {
  readonly #config: AlertmanagerConfig
  readonly #deps: TargetDeps
  readonly #http: HttpClient
  readonly #api: Authorised

  constructor(config: AlertmanagerConfig, deps: TargetDeps) {
    this.#config = config
    this.#deps = deps
    this.#http = new HttpClient('alertmanager', config, deps)
    this.#api = new Authorised(this.#http, config.auth)
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { incident } = delivery
    const labels = this.#labels(incident)
    const known = await this.#alerts(`${KEY_LABEL}="${incident.uid}"`, signal)
    const stale = known.filter((alert) => !sameLabels(alert.labels, labels))
    const now = this.#deps.clock.nowMs()
    const ended = ['resolved', 'closed'].includes(incident.state)
    const alert = this.#alert(delivery, labels, ended ? now : now + this.#config.hold_hours * HOUR_MS)
    const json = [
      ...stale.map((old) => ({ labels: old.labels, startsAt: old.startsAt, endsAt: iso(now) })),
      alert,
    ]
    await this.#api.expect({ method: 'POST', path: '/api/v2/alerts', json }, signal)
    return {
      id: incident.uid,
      number: incident.number,
      url: `${this.#config.url.replace(/\/+$/, '')}/#/alerts?filter=${encodeURIComponent(`{${KEY_LABEL}="${incident.uid}"}`)}`,
      outcome: known.length > 0 ? 'updated' : 'created',
    }
  }

  /** Silences that came over alerts since the last poll: somebody looks at them. */
  async poll(
    cursor: string | undefined,
    open: readonly OpenTicket[],
    { signal }: DeliveryContext,
  ): Promise<PollResult> {
    const since = cursor === undefined ? 0 : Date.parse(cursor)
    const ours = new Set(open.map(({ incident }) => incident))
    const alerts = await this.#alerts(`alertname="${this.#config.alertname}"`, signal)
    const silences = await this.#api.expect({ method: 'GET', path: '/api/v2/silences' }, signal)
    const byId = new Map(silences.json(silencesSchema).map((silence) => [silence.id, silence]))
    const events: RemoteEvent[] = []
    let newest = since
    for (const { labels, startsAt, status } of alerts) {
      const incident = labels[KEY_LABEL] ?? ''
      if (!ours.has(incident)) continue
      for (const id of status.silencedBy) {
        const silence = byId.get(id)
        if (silence === undefined) continue
        // A silence that was there before the alert is news with the alert.
        const time = Math.max(Date.parse(silence.updatedAt), Date.parse(startsAt))
        newest = Math.max(newest, time)
        if (time <= since) continue
        events.push({
          id: `alertmanager:${id}:${incident}`,
          incident,
          time,
          by: silence.createdBy,
          acknowledged: true,
          comment: silence.comment,
        })
      }
    }
    return { events, cursor: iso(newest) }
  }

  async check({ signal }: DeliveryContext): Promise<Bilingual> {
    const answer = await this.#api.expect({ method: 'GET', path: '/api/v2/status' }, signal)
    const { versionInfo } = answer.json(z.object({ versionInfo: z.object({ version: z.string() }) }))
    const name = `Alertmanager ${versionInfo.version}`
    return { fr: `${name} répond.`, en: `${name} answers.` }
  }

  async stop(): Promise<void> {
    this.#http.close()
  }

  async #alerts(filter: string, signal: AbortSignal): Promise<Alerts> {
    const answer = await this.#api.expect(
      { method: 'GET', path: '/api/v2/alerts', query: { filter } },
      signal,
    )
    return answer.json(alertsSchema)
  }

  #labels(incident: Incident): Record<string, string> {
    const labels: Record<string, string | undefined> = {
      ...this.#config.labels,
      alertname: this.#config.alertname,
      [KEY_LABEL]: incident.uid,
      severity: severityLabel(incident.severity_id),
      priority: String(incident.priority),
      category: incident.category,
      service: incident.service,
      org: incident.org,
      site: incident.site,
      region: incident.region,
      supplier: incident.supplier,
      group: incident.group,
      test: incident.test ? 'true' : undefined,
    }
    return Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => !!entry[1]))
  }

  #alert(delivery: Delivery, labels: Record<string, string>, endsMs: number): object {
    const { incident, text, kind, transition } = delivery
    const starts = kind === 'reopen' ? transition.time : incident.opened
    return {
      labels,
      annotations: {
        summary: text.title,
        description: text.body,
        number: incident.number,
        state: incident.state,
        ...(text.dashboardUrl === undefined ? {} : { dashboard: text.dashboardUrl }),
      },
      // An alert may not end before it starts.
      startsAt: iso(Math.min(starts, endsMs)),
      endsAt: iso(endsMs),
      ...(text.dashboardUrl === undefined ? {} : { generatorURL: text.dashboardUrl }),
    }
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

const sameLabels = (a: Record<string, string>, b: Record<string, string>): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([key, value]) => b[key] === value)

export const alertmanager: TargetKind<AlertmanagerConfig> = {
  id: 'alertmanager',
  title: { fr: 'Prometheus Alertmanager', en: 'Prometheus Alertmanager' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'remind', 'resolve', 'reopen'],
    problems: false,
    identity: 'key',
    wayBack: 'poll',
  },
  create: (config, deps) => new AlertmanagerTarget(config, deps),
}
