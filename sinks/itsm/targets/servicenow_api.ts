import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
import {
  CLOSING_CODES,
  type ClosingCode,
  type IncidentState,
  type RemoteEvent,
} from '../../../model/incident.js'
import {
  type DeliveryContext,
  type OpenTicket,
  type PollResult,
  RetryableError,
  type TargetDeps,
} from '../target.js'
import { closingOf, isTaken } from './closing_words.js'
import { Authorised, authSchema } from './http/auth.js'
import { type HttpCall, HttpClient } from './http/http_client.js'
import { HTTP_KEYS, type HttpConfig } from './http/http_config.js'

/** What the three ways into a ServiceNow instance share. Documents: docs/itsm/servicenow.md names them. */
const POLL_LIMIT = 200

export const SERVICENOW_KEYS = {
  ...HTTP_KEYS,
  /** Of a user made for Vigie; OAuth by `token_path: /oauth_token.do`. */
  auth: authSchema,
  /** Names of users whose changes are not people's, beside that of `auth`: `system` is the instance itself. */
  own_users: z.array(z.string()).default(['system']),
} as const

export interface ServiceNowConfig extends HttpConfig {
  readonly auth: z.infer<typeof authSchema>
  readonly own_users: readonly string[]
}

/** Keys of the two ways that end in the table of incidents. */
export const INCIDENT_KEYS = {
  /** Table of the incidents, or one made from it. */
  table: z.string().regex(/^\w+$/).default('incident'),
  /** Our assignment groups in ServiceNow's names or sys_ids; a group that is not here is sent by its own name. */
  groups: z.record(z.string(), z.string()).default({}),
  /** `close_code` for our closing codes; those left out keep the stock choice. */
  close_codes: z.partialRecord(z.enum(CLOSING_CODES), z.string()).default({}),
  /** Our closing code for values of `close_code` that ours and the stock ones do not name. */
  closing_back: z.record(z.string(), z.enum(CLOSING_CODES)).default({}),
  /** `hold_reason` of an incident on hold, which ServiceNow asks for: 1 caller, 3 problem, 4 vendor, 5 change in the stock choices. */
  hold_reason: z.string().default('4'),
} as const

/** Choices of `incident.state`. */
export const STATES: Readonly<Record<IncidentState, string>> = {
  new: '1',
  in_progress: '2',
  on_hold: '3',
  resolved: '6',
  closed: '7',
}
const STATES_BACK: Readonly<Record<string, IncidentState>> = {
  1: 'new',
  2: 'in_progress',
  3: 'on_hold',
  6: 'resolved',
  7: 'closed',
  8: 'closed',
}
/** Choices of `incident.close_code`, as they come with the product. */
export const CLOSE_CODES: Readonly<Record<ClosingCode, string>> = {
  recovered: 'Solution provided',
  fixed: 'Solution provided',
  workaround: 'Workaround provided',
  false_positive: 'No resolution provided',
  expected: 'User error',
  duplicate: 'Duplicate',
  folded: 'Duplicate',
  other: 'No resolution provided',
}

/** `yyyy-MM-dd HH:mm:ss` in UTC, as the instance stores times. */
export const utc = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
const fromUtc = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`)

const errorBody = z.object({ error: z.object({ message: z.string(), detail: z.string().nullish() }) })
/** With `sysparm_display_value=all`. */
const shown = z
  .object({ value: z.string().nullish(), display_value: z.string().nullish() })
  .transform(({ value, display_value }) => ({ value: value ?? '', display: display_value ?? '' }))
export const row = z.record(z.string(), shown)
export type Row = z.infer<typeof row>

export class ServiceNowApi {
  readonly http: HttpClient
  readonly #config: ServiceNowConfig
  readonly #api: Authorised

  constructor(kind: string, config: ServiceNowConfig, deps: TargetDeps) {
    this.#config = config
    this.http = new HttpClient(kind, config, deps)
    this.#api = new Authorised(this.http, config.auth)
  }

  /**
   * What an answer's body says. A transaction that the instance cancelled comes with status 200 and `error` beside an empty
   * result.
   */
  async read<T>(call: HttpCall, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const answer = await this.#api.expect(call, signal)
    const error = errorBody.safeParse(answer.parsed())
    if (error.success)
      throw new RetryableError(`${answer.what} answered ${answer.status} with an error: ${answer.excerpt()}`)
    return answer.json(schema)
  }

  /** A record by sys_id; undefined when it is not there, or not to be seen. */
  async record(table: string, sysId: string, fields: string, signal: AbortSignal): Promise<Row | undefined> {
    const query = { sysparm_fields: fields, sysparm_display_value: 'all' }
    const answer = await this.#api.call(
      { method: 'GET', path: `/api/now/table/${table}/${sysId}`, query },
      signal,
    )
    if (answer.status === 404 && answer.parsed() !== undefined) return undefined
    if (!answer.ok) throw answer.failure()
    return answer.json(z.object({ result: row })).result
  }

  /** Records that a query finds. */
  async records(
    table: string,
    query: string,
    fields: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<Row[]> {
    const parameters = {
      sysparm_query: query,
      sysparm_fields: fields,
      sysparm_display_value: 'all',
      sysparm_exclude_reference_link: 'true',
      sysparm_limit: limit,
    }
    const call: HttpCall = { method: 'GET', path: `/api/now/table/${table}`, query: parameters }
    return (await this.read(call, z.object({ result: z.array(row) }), signal)).result
  }

  /** Whether a change was made by Vigie or by the instance itself. */
  isOwn(user: string): boolean {
    const { auth, own_users } = this.#config
    const me = auth.type === 'basic' || auth.type === 'oauth2' ? auth.user : undefined
    return user === me || own_users.includes(user)
  }

  /** Records of a table that changed since the cursor, with the incident each is about. */
  async changed(
    of: { table: string; query: string; key: string; fields: string },
    cursor: string | undefined,
    open: readonly OpenTicket[],
    signal: AbortSignal,
    events: (row: Row, incident: string) => readonly RemoteEvent[],
  ): Promise<PollResult> {
    const ours = new Set(open.map(({ incident }) => incident))
    const since = cursor === undefined ? '' : `^sys_updated_on>=${cursor}`
    const query = `${of.query}${since}^ORDERBY${cursor === undefined ? 'DESC' : ''}sys_updated_on`
    const rows = await this.records(of.table, query, of.fields, POLL_LIMIT, signal)
    let newest = cursor ?? ''
    const found = rows.flatMap((one) => {
      const updated = one.sys_updated_on?.value ?? ''
      if (updated > newest) newest = updated
      const incident = one[of.key]?.value ?? ''
      return ours.has(incident) ? events(one, incident) : []
    })
    return { events: found, cursor: newest }
  }

  check(table: string, { signal }: DeliveryContext): Promise<Bilingual> {
    return this.records(table, 'ORDERBYsys_id', 'sys_id', 1, signal).then(() => ({
      fr: `ServiceNow répond; sa table ${table} peut être lue.`,
      en: `ServiceNow answers; its table ${table} can be read.`,
    }))
  }
}

/** What of an incident's record the way back reads. */
const BACK_FIELDS =
  'sys_id,number,correlation_id,state,assigned_to,assignment_group,close_code,close_notes,sys_updated_on,sys_updated_by,sys_mod_count'

/** The assignment group by our name, where the configuration has it. */
function ourGroup(groups: Readonly<Record<string, string>>, theirs: Row[string] | undefined): string {
  if (theirs === undefined || theirs.value === '') return ''
  const ours = Object.entries(groups).find(([, name]) => name === theirs.value || name === theirs.display)
  return ours?.[0] ?? theirs.display
}

/** People's changes of incidents. */
export function pollIncidents(
  api: ServiceNowApi,
  config: {
    table: string
    groups: Readonly<Record<string, string>>
    closing_back: Readonly<Record<string, ClosingCode>>
    close_codes: Partial<Record<ClosingCode, string>>
  },
  cursor: string | undefined,
  open: readonly OpenTicket[],
  signal: AbortSignal,
): Promise<PollResult> {
  const query = 'correlation_displaySTARTSWITHVigie'
  const own = Object.entries(config.close_codes).map(([code, word]): [string, ClosingCode] => [
    word,
    code as ClosingCode,
  ])
  const words = { ...Object.fromEntries(own), ...config.closing_back }
  const of = { table: config.table, query, key: 'correlation_id', fields: BACK_FIELDS }
  return api.changed(of, cursor, open, signal, (one, incident) => {
    const by = one.sys_updated_by?.value ?? ''
    const assignee = one.assigned_to?.display ?? ''
    const state = api.isOwn(by) ? undefined : STATES_BACK[one.state?.value ?? '']
    if (state === undefined && assignee === '') return []
    const ended = state === 'resolved' || state === 'closed'
    const closing = ended ? closingOf(one.close_code?.value, words) : undefined
    const group = api.isOwn(by) ? '' : ourGroup(config.groups, one.assignment_group)
    const comment = ended ? (one.close_notes?.value ?? '').slice(0, 2000) : ''
    return [
      {
        id: `servicenow:${one.sys_id?.value}:${one.sys_mod_count?.value}`,
        incident,
        remoteId: one.sys_id?.value ?? '',
        time: fromUtc(one.sys_updated_on?.value ?? ''),
        ...(api.isOwn(by) ? {} : { by }),
        ...(assignee === '' ? {} : { assignee }),
        ...(assignee !== '' || isTaken(state) ? { acknowledged: true } : {}),
        ...(group === '' ? {} : { group }),
        ...(state === undefined ? {} : { state }),
        ...(closing === undefined ? {} : { closing }),
        ...(comment === '' ? {} : { comment }),
      },
    ]
  })
}

export { fromUtc }
