import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
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
import {
  CLOSE_CODES,
  INCIDENT_KEYS,
  pollIncidents,
  SERVICENOW_KEYS,
  ServiceNowApi,
  STATES,
} from './servicenow_api.js'

/**
 * ServiceNow by an import set ("Import Set API"): a row of a staging table, which the customer's transform map checks and
 * brings into the table of incidents. Its coalesce column is the correlation key, so the same row twice is one incident. An
 * error of the transform comes with status 201.
 */
const TITLE_MAX = 160

const config = z
  .strictObject({
    ...SERVICENOW_KEYS,
    ...INCIDENT_KEYS,
    /** Staging table. */
    staging_table: z.string().regex(/^\w+$/),
    /** Before the names of its columns: `u_correlation_id`, `u_short_description` … */
    column_prefix: z.string().regex(/^\w*$/).default('u_'),
    /** Other columns with fixed values. */
    fields: z.record(z.string().regex(/^\w+$/), z.string()).default({}),
  })
  .refine(encrypted.check, encrypted.say)
export type ServiceNowImportConfig = z.infer<typeof config>

const answerSchema = z.object({
  result: z
    .array(
      z.object({
        status: z.string(),
        table: z.string().optional(),
        display_value: z.string().optional(),
        sys_id: z.string().optional(),
        target_sys_id: z.string().optional(),
        error_message: z.string().optional(),
        status_message: z.string().optional(),
      }),
    )
    .min(1),
})
const OUTCOMES: Readonly<Record<string, DeliveryReceipt['outcome']>> = {
  inserted: 'created',
  updated: 'updated',
  ignored: 'unchanged',
}

class ServiceNowImportTarget implements Target {
  readonly #config: ServiceNowImportConfig
  readonly #api: ServiceNowApi

  constructor(config: ServiceNowImportConfig, deps: TargetDeps) {
    this.#config = config
    this.#api = new ServiceNowApi('servicenow_import', config, deps)
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { staging_table, table, url } = this.#config
    const path = `/api/now/import/${staging_table}`
    const call = { method: 'POST', path, json: this.#row(delivery) } as const
    const { result } = await this.#api.read(call, answerSchema, signal)
    const failed = result.find(({ status }) => OUTCOMES[status] === undefined)
    if (failed !== undefined) {
      const why = failed.error_message ?? failed.status_message ?? failed.status
      throw new RefusedError(`the transform map of ${staging_table} did not take the row: ${clip(why, 300)}`)
    }
    const made = result.find((one) => one.table === table) ?? result[0]!
    const id = made.target_sys_id ?? made.sys_id ?? delivery.remote?.id ?? delivery.incident.uid
    return {
      id,
      number: made.display_value ?? delivery.remote?.number ?? delivery.incident.number,
      url: `${url.replace(/\/+$/, '')}/nav_to.do?uri=${table}.do?sys_id=${id}`,
      outcome: OUTCOMES[made.status] ?? 'updated',
    }
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

  /** The whole incident every time: the transform map decides what it takes over. An update leaves the state that people set. */
  #row({ incident, text, kind, transition }: Delivery): Record<string, string> {
    const { close_codes, column_prefix, fields, groups, hold_reason } = this.#config
    const closing = incident.resolved === undefined ? undefined : (incident.closing ?? 'other')
    const row: Record<string, string> = {
      ...fields,
      correlation_id: incident.uid,
      correlation_display: `Vigie #${transition.version}`,
      short_description: clip(text.title, TITLE_MAX),
      description: text.body,
      work_notes: text.note,
      ...(kind === 'update' ? {} : { state: STATES[incident.state] }),
      impact: String(incident.impact),
      urgency: String(incident.urgency),
      assignment_group: groups[incident.group] ?? incident.group,
      transition: kind,
      number: incident.number,
      organization: incident.org ?? '',
      site: incident.site ?? '',
      ...(incident.state === 'on_hold' ? { hold_reason } : {}),
      ...(closing === undefined
        ? {}
        : { close_code: close_codes[closing] ?? CLOSE_CODES[closing], close_notes: text.note }),
    }
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [column_prefix + name, value]))
  }
}

export const servicenowImport: TargetKind<ServiceNowImportConfig> = {
  id: 'servicenow_import',
  title: { fr: 'ServiceNow, jeu d’importation', en: 'ServiceNow import set' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'assign', 'hold', 'resolve', 'reopen', 'close'],
    problems: false,
    identity: 'receipt',
    wayBack: 'poll',
  },
  create: (config, deps) => new ServiceNowImportTarget(config, deps),
}
