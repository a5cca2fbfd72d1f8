import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
import type { Incident, IncidentState } from '../../../model/incident.js'
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
import { clip } from '../ticket_text.js'
import { encrypted } from './http/http_config.js'
import {
  CLOSE_CODES,
  INCIDENT_KEYS,
  pollIncidents,
  type Row,
  SERVICENOW_KEYS,
  ServiceNowApi,
  STATES,
} from './servicenow_api.js'

/**
 * ServiceNow incidents by the Table API ("Table API", "Create an incident record"). An incident is looked up by
 * `correlation_id`, which the instance does not keep unique, before it is made; `correlation_display` says which version was
 * told last, so that a repeated message adds no second work note.
 */
const TITLE_MAX = 160
const FIELDS = 'sys_id,number,state,correlation_display'

const config = z
  .strictObject({
    ...SERVICENOW_KEYS,
    ...INCIDENT_KEYS,
    /** Caller, by user name or sys_id; left out: Vigie's user. */
    caller_id: z.string().optional(),
    /** Other columns with fixed values: `category`, `contact_type`, `business_service` … */
    fields: z.record(z.string().regex(/^\w+$/), z.string()).default({}),
  })
  .refine(encrypted.check, encrypted.say)
export type ServiceNowIncidentConfig = z.infer<typeof config>

const CLOSED = new Set(['7', '8'])

class ServiceNowIncidentTarget implements Target {
  readonly #config: ServiceNowIncidentConfig
  readonly #api: ServiceNowApi

  constructor(config: ServiceNowIncidentConfig, deps: TargetDeps) {
    this.#config = config
    this.#api = new ServiceNowApi('servicenow_incident', config, deps)
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { incident, kind, text } = delivery
    const found = await this.#find(delivery, signal)
    // A closed incident is read-only: what comes again after that is a new one.
    const gone = found === undefined || (kind === 'reopen' && CLOSED.has(found.state?.value ?? ''))
    if (gone) return this.#write('POST', '', this.#whole(delivery), 'created', signal)
    const sysId = found.sys_id!.value
    const told = found.correlation_display?.value === this.#mark(delivery)
    if (kind === 'open' || told || CLOSED.has(found.state?.value ?? ''))
      return this.#receipt(sysId, found.number!.value, 'existing')
    const state = this.#stateAfter(delivery, found.state?.value ?? '')
    const changes = {
      short_description: clip(text.title, TITLE_MAX),
      impact: String(incident.impact),
      urgency: String(incident.urgency),
      work_notes: text.note,
      correlation_display: this.#mark(delivery),
      ...(state === undefined ? {} : this.#stateFields(incident, state, text.note)),
    }
    return this.#write('PATCH', `/${sysId}`, changes, 'updated', signal)
  }

  poll(
    cursor: string | undefined,
    open: readonly OpenTicket[],
    { signal }: DeliveryContext,
  ): Promise<PollResult> {
    return pollIncidents(this.#api, this.#config, cursor, open, signal)
  }

  check(context: DeliveryContext): Promise<Bilingual> {
    return this.#api.check(this.#config.table, context)
  }

  async stop(): Promise<void> {
    this.#api.http.close()
  }

  #mark({ transition }: Delivery): string {
    return `Vigie #${transition.version}`
  }

  async #find({ remote, incident }: Delivery, signal: AbortSignal): Promise<Row | undefined> {
    const { table } = this.#config
    const known = remote === undefined ? undefined : await this.#api.record(table, remote.id, FIELDS, signal)
    if (known !== undefined) return known
    const query = `correlation_id=${incident.uid}^ORDERBYDESCsys_created_on`
    return (await this.#api.records(table, query, FIELDS, 1, signal))[0]
  }

  #whole(delivery: Delivery): Record<string, string> {
    const { incident, text } = delivery
    const { caller_id, groups, fields } = this.#config
    return {
      ...fields,
      short_description: clip(text.title, TITLE_MAX),
      description: text.body,
      impact: String(incident.impact),
      urgency: String(incident.urgency),
      assignment_group: groups[incident.group] ?? incident.group,
      correlation_id: incident.uid,
      correlation_display: this.#mark(delivery),
      ...(caller_id === undefined ? {} : { caller_id }),
      ...this.#stateFields(incident, incident.state, text.note),
    }
  }

  #stateFields(incident: Incident, state: IncidentState, note: string): Record<string, string> {
    const code = incident.closing ?? 'other'
    if (state === 'resolved' || state === 'closed')
      return {
        state: STATES[state],
        close_code: this.#config.close_codes[code] ?? CLOSE_CODES[code],
        close_notes: note,
      }
    return { state: STATES[state], ...(state === 'on_hold' ? { hold_reason: this.#config.hold_reason } : {}) }
  }

  #stateAfter({ kind, incident }: Delivery, now: string): IncidentState | undefined {
    const ended = now === STATES.resolved
    if (kind === 'resolve') return ended ? undefined : 'resolved'
    if (kind === 'close') return incident.state === 'closed' ? 'closed' : 'resolved'
    if (kind === 'reopen') return ended ? 'in_progress' : undefined
    if (kind === 'acknowledge' || kind === 'assign') return now === STATES.new ? 'in_progress' : undefined
    return kind === 'hold' && !ended ? 'on_hold' : undefined
  }

  async #write(
    method: 'POST' | 'PATCH',
    path: string,
    json: Record<string, string>,
    outcome: DeliveryReceipt['outcome'],
    signal: AbortSignal,
  ): Promise<DeliveryReceipt> {
    const query = { sysparm_fields: 'sys_id,number', sysparm_input_display_value: 'true' }
    const call = { method, path: `/api/now/table/${this.#config.table}${path}`, query, json }
    const answered = z.object({ result: z.object({ sys_id: z.string(), number: z.string() }) })
    const { result } = await this.#api.read(call, answered, signal)
    return this.#receipt(result.sys_id, result.number, outcome)
  }

  #receipt(id: string, number: string, outcome: DeliveryReceipt['outcome']): DeliveryReceipt {
    const { url, table } = this.#config
    return { id, number, url: `${url.replace(/\/+$/, '')}/nav_to.do?uri=${table}.do?sys_id=${id}`, outcome }
  }
}

export const servicenowIncident: TargetKind<ServiceNowIncidentConfig> = {
  id: 'servicenow_incident',
  title: { fr: 'ServiceNow, table des incidents', en: 'ServiceNow incidents (Table API)' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'assign', 'hold', 'resolve', 'reopen', 'close'],
    problems: false,
    identity: 'receipt',
    wayBack: 'poll',
  },
  create: (config, deps) => new ServiceNowIncidentTarget(config, deps),
}
