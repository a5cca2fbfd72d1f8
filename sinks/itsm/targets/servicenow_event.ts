import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
import type { Incident } from '../../../model/incident.js'
import {
  type Delivery,
  type DeliveryContext,
  type DeliveryReceipt,
  type OpenTicket,
  type PollResult,
  RefusedError,
  type Target,
  type TargetDeps,
  type TargetKind,
} from '../target.js'
import { clip } from '../ticket_text.js'
import { encrypted } from './http/http_config.js'
import { fromUtc, type Row, SERVICENOW_KEYS, ServiceNowApi, utc } from './servicenow_api.js'

/**
 * ServiceNow Event Management: events to `em/jsonv2`, of the instance or of a MID server ("Pushing events to the instance
 * using web service API", "Pushing events to the MID Server using web service API"). Events with one `message_key` make one
 * alert; severity 0 clears it. Alert rules of the instance make incidents of alerts.
 */
const SOURCE_MAX = 100
const TEXT_MAX = 100
const DESCRIPTION_MAX = 4000
const EVIDENCE_IN_INFO = 3

const config = z
  .strictObject({
    ...SERVICENOW_KEYS,
    /** `/api/mid/em/jsonv2` for a MID server. */
    path: z.string().startsWith('/').default('/api/global/em/jsonv2'),
    /** `source` of the events, by which rules know them. */
    source: z.string().min(1).max(SOURCE_MAX).default('Vigie'),
    /** `event_class`, the instance of the source: which Vigie. */
    event_class: z.string().min(1).max(TEXT_MAX).default('Vigie'),
    /** What is sent as `node`, which binds the configuration item. */
    node: z.enum(['site', 'org', 'link']).default('site'),
    /** Reads alerts back (needs the right to read em_alert); a MID server has none. */
    read_alerts: z.boolean().default(true),
  })
  .refine(encrypted.check, encrypted.say)
export type ServiceNowEventConfig = z.infer<typeof config>

/** Severity of events: 1 critical to 5 OK, 0 clear; ours is OCSF's. */
function severity({ state, severity_id }: Incident): string {
  if (state === 'resolved' || state === 'closed') return '0'
  return ['4', '5', '4', '3', '2', '1', '1'][severity_id] ?? '4'
}

/** Fields of alerts that the way back reads. */
const ALERT_FIELDS =
  'sys_id,number,message_key,state,acknowledged,assigned_to,sys_updated_on,sys_updated_by,sys_mod_count'

class ServiceNowEventTarget implements Target {
  readonly #config: ServiceNowEventConfig
  readonly #api: ServiceNowApi

  constructor(config: ServiceNowEventConfig, deps: TargetDeps) {
    this.#config = config
    this.#api = new ServiceNowApi('servicenow_event', config, deps)
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { incident, kind } = delivery
    const json = { records: [this.#event(delivery)] }
    const call = { method: 'POST', path: this.#config.path, json } as const
    const said = await this.#api.read(call, z.unknown(), signal)
    // The collector says in a sentence how many it took; none is no failure to it.
    if (/\b0 events?\b/.test(JSON.stringify(said) ?? ''))
      throw new RefusedError(
        `ServiceNow took the request but no event: ${JSON.stringify(said).slice(0, 200)}`,
      )
    return { id: incident.uid, number: incident.number, outcome: kind === 'open' ? 'created' : 'updated' }
  }

  async poll(
    cursor: string | undefined,
    open: readonly OpenTicket[],
    { signal }: DeliveryContext,
  ): Promise<PollResult> {
    if (!this.#config.read_alerts) return { events: [], cursor: cursor ?? '' }
    const query = `source=${this.#config.source}`
    const of = { table: 'em_alert', query, key: 'message_key', fields: ALERT_FIELDS }
    return this.#api.changed(of, cursor, open, signal, (alert, incident) => this.#events(alert, incident))
  }

  check(context: DeliveryContext): Promise<Bilingual> {
    return this.#api.check('em_alert', context)
  }

  async stop(): Promise<void> {
    this.#api.http.close()
  }

  #event({ incident, text, transition, kind }: Delivery): Record<string, string> {
    const info = {
      vigie_number: incident.number,
      vigie_state: incident.state,
      vigie_transition: kind,
      vigie_severity_id: incident.severity_id,
      priority: incident.priority,
      assignment_group: incident.group,
      organization: incident.org,
      site: incident.site,
      region: incident.region,
      supplier: incident.supplier,
      findings: incident.findings,
      title: text.title,
      note: text.note,
      dashboard: text.dashboardUrl,
      evidence: incident.evidence.slice(0, EVIDENCE_IN_INFO).map(({ evidence }) => evidence),
      test: incident.test,
    }
    return {
      source: this.#config.source,
      event_class: this.#config.event_class,
      message_key: incident.uid,
      node: clip(incident[this.#config.node] ?? incident.org ?? 'vigie', TEXT_MAX),
      resource: clip(incident.link ?? incident.supplier ?? incident.service, TEXT_MAX),
      type: incident.category,
      metric_name: incident.service,
      severity: severity(incident),
      time_of_event: utc(transition.time),
      description: clip(`${text.title}\n\n${text.body}`, DESCRIPTION_MAX),
      // A text that holds JSON, by contract.
      additional_info: JSON.stringify(info),
    }
  }

  #events(alert: Row, incident: string): PollResult['events'] {
    const by = alert.sys_updated_by?.value ?? ''
    const acknowledged = alert.acknowledged?.value === 'true' || alert.acknowledged?.value === '1'
    const assignee = alert.assigned_to?.display ?? ''
    const closed = alert.state?.value === 'Closed' && !this.#api.isOwn(by)
    if (!acknowledged && assignee === '' && !closed) return []
    return [
      {
        id: `em_alert:${alert.sys_id?.value}:${alert.sys_mod_count?.value}`,
        incident,
        remoteId: incident,
        time: fromUtc(alert.sys_updated_on?.value ?? ''),
        ...(this.#api.isOwn(by) ? {} : { by }),
        ...(acknowledged || assignee !== '' ? { acknowledged: true } : {}),
        ...(assignee === '' ? {} : { assignee }),
        ...(closed ? { state: 'resolved' as const } : {}),
      },
    ]
  }
}

export const servicenowEvent: TargetKind<ServiceNowEventConfig> = {
  id: 'servicenow_event',
  title: { fr: 'ServiceNow, gestion des événements', en: 'ServiceNow Event Management' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'remind', 'resolve', 'reopen', 'close'],
    problems: false,
    identity: 'key',
    wayBack: 'poll',
  },
  create: (config, deps) => new ServiceNowEventTarget(config, deps),
}
