import { type FakeAnswer, type FakeCall, HttpFake } from './http_fake.js'

/**
 * A strict ServiceNow, made from: "Table API" and "Create an incident record" (Zurich), "Import Set API" (Yokohama),
 * "Pushing events to the instance using web service API" and "Event field format for event collection" (Zurich, Australia),
 * and what the stock instance enforces: choices of state, data policy on resolve, closed incidents read-only. Encoded queries
 * are read as far as `=`, `STARTSWITH`, `>=` and `ORDERBY` go; anything else is refused rather than guessed.
 */
type Record_ = Record<string, string>

const STATES = new Set(['1', '2', '3', '6', '7', '8'])
const CLOSE_CODES = new Set([
  'Duplicate',
  'Known error',
  'No resolution provided',
  'Resolved by caller',
  'Resolved by change',
  'Resolved by problem',
  'Resolved by request',
  'Solution provided',
  'Workaround provided',
  'User error',
])
const INCIDENT_COLUMNS = new Set([
  'short_description',
  'description',
  'impact',
  'urgency',
  'state',
  'hold_reason',
  'assignment_group',
  'assigned_to',
  'correlation_id',
  'correlation_display',
  'caller_id',
  'category',
  'work_notes',
  'close_code',
  'close_notes',
])
const EVENT_COLUMNS = new Set([
  'source',
  'event_class',
  'resource',
  'node',
  'metric_name',
  'type',
  'message_key',
  'severity',
  'time_of_event',
  'description',
  'additional_info',
])

const error = (status: number, message: string, detail = ''): FakeAnswer => ({
  status,
  json: { error: { message, detail }, status: 'failure' },
})

class Refused extends Error {}

export class ServiceNowFake extends HttpFake {
  readonly incidents = new Map<string, Record_>()
  readonly alerts = new Map<string, Record_>()
  readonly events: Record_[] = []
  readonly workNotes: { sys_id: string; note: string }[] = []
  /** What a client may show: `Basic …`, or tokens given by `oauth_token.do`. */
  readonly authorizations = new Set<string>()
  readonly oauth = { client_id: 'vigie', client_secret: 'un-secret-client' }
  user = 'vigie'
  #made = 0
  #tokens = 0
  #now = Date.UTC(2026, 10, 22)

  /** A person's change of a record. */
  change(table: 'incident' | 'em_alert', key: string, fields: Record_, by: string): void {
    const records = table === 'incident' ? this.incidents : this.alerts
    const record = [...records.values()].find((r) => r.correlation_id === key || r.message_key === key)!
    this.#touch(record, fields, by)
  }

  /** All tokens end. */
  expireTokens(): void {
    for (const one of this.authorizations) if (one.startsWith('Bearer')) this.authorizations.delete(one)
  }

  protected answer(call: FakeCall): FakeAnswer {
    if (call.path === '/oauth_token.do') return this.#token(call)
    if (!this.authorizations.has(call.headers.authorization ?? ''))
      return error(401, 'User Not Authenticated', 'Required to provide Auth information')
    if (call.method !== 'GET' && call.headers['content-type'] !== 'application/json')
      return error(415, 'Unsupported media type')
    try {
      const [, , , first = '', second = '', third = ''] = call.path.split('/')
      if (call.path === '/api/global/em/jsonv2' && call.method === 'POST') return this.#takeEvents(call)
      if (first === 'table') return this.#table(call, second, third)
      if (first === 'import' && call.method === 'POST') return this.#import(second, JSON.parse(call.body))
    } catch (refused) {
      if (refused instanceof Refused) return error(400, refused.message)
      throw refused
    }
    return error(404, 'Requested URI does not represent any resource')
  }

  #token({ body }: FakeCall): FakeAnswer {
    const form = new URLSearchParams(body)
    const right =
      form.get('client_id') === this.oauth.client_id && form.get('client_secret') === this.oauth.client_secret
    if (!right) return { status: 401, json: { error: 'invalid_client' } }
    if (form.get('grant_type') !== 'client_credentials')
      return { status: 400, json: { error: 'unsupported_grant_type' } }
    const access_token = `snow-token-${++this.#tokens}`
    this.authorizations.add(`Bearer ${access_token}`)
    return { status: 200, json: { access_token, token_type: 'Bearer', expires_in: 1799 } }
  }

  #takeEvents({ body }: FakeCall): FakeAnswer {
    const { records } = JSON.parse(body) as { records?: unknown }
    if (!Array.isArray(records)) throw new Refused('records is missing')
    for (const event of records as Record_[]) {
      for (const [name, value] of Object.entries(event)) {
        if (!EVENT_COLUMNS.has(name)) throw new Refused(`em_event has no column ${name}`)
        if (typeof value !== 'string') throw new Refused(`${name} is no text`)
      }
      if (!event.source || event.source.length > 100) throw new Refused('source')
      if (!/^[0-5]$/.test(event.severity ?? '')) throw new Refused('severity')
      if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(event.time_of_event ?? ''))
        throw new Refused('time_of_event')
      const info: unknown = JSON.parse(event.additional_info ?? '{}')
      if (typeof info !== 'object' || info === null || Array.isArray(info))
        throw new Refused('additional_info')
      this.events.push(event)
      this.#correlate(event)
    }
    return {
      status: 200,
      json: { result: { 'Default Bulk Endpoint': `${records.length} events were inserted` } },
    }
  }

  /** One alert a message key; an empty one falls back to what the event is about. */
  #correlate(event: Record_): void {
    const { source, node, type, resource, metric_name } = event
    const key = event.message_key || [source, node, type, resource, metric_name].join('+')
    const known = this.alerts.get(key)
    if (event.severity === '0') {
      if (known !== undefined) this.#touch(known, { state: 'Closed', severity: '0' }, 'system')
      return
    }
    const fields = { severity: event.severity!, description: event.description ?? '' }
    if (known !== undefined) {
      const state = known.state === 'Closed' ? 'Reopen' : known.state!
      this.#touch(known, { ...fields, state }, 'system')
    } else {
      const number = `Alert${++this.#made}`
      const alert = { number, message_key: key, source: source!, state: 'Open', acknowledged: 'false' }
      this.alerts.set(key, this.#created({ ...alert, ...fields }, 'system'))
    }
  }

  #table(call: FakeCall, table: string, sysId: string): FakeAnswer {
    const records = table === 'incident' ? this.incidents : table === 'em_alert' ? this.alerts : undefined
    if (records === undefined) return error(400, `Invalid table ${table}`)
    const { method, query } = call
    if (method === 'GET' && sysId === '') return { status: 200, json: { result: this.#find(records, query) } }
    if (method === 'POST' && sysId === '' && table === 'incident')
      return this.#insert(JSON.parse(call.body) as Record_, query)
    const record = [...records.values()].find((one) => one.sys_id === sysId)
    if (record === undefined)
      return error(404, 'No Record found', "Record doesn't exist or ACL restricts the record retrieval")
    if (method === 'GET') return { status: 200, json: { result: shown(record, query) } }
    if (method !== 'PATCH' || table !== 'incident') return error(405, 'Method not supported')
    const refused = this.#check(record, JSON.parse(call.body) as Record_)
    return refused ?? { status: 200, json: { result: plain(record, query) } }
  }

  #insert(fields: Record_, query: URLSearchParams): FakeAnswer {
    const number = `INC${String(++this.#made).padStart(7, '0')}`
    const record = this.#created({ number, state: '1', assigned_to: '' }, this.user)
    const refused = this.#check(record, fields)
    if (refused !== undefined) return refused
    this.incidents.set(record.sys_id!, record)
    return {
      status: 201,
      json: { result: plain(record, query) },
      headers: { location: `${this.url}/api/now/table/incident/${record.sys_id}` },
    }
  }

  /** Choices, mandatory fields and what the data policy asks for; then the change itself. */
  #check(record: Record_, fields: Record_): FakeAnswer | undefined {
    if (record.state === '7' || record.state === '8')
      return error(
        403,
        'Operation Failed',
        'Record is closed: ACL Exception Update Failed due to security constraints',
      )
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value !== 'string') throw new Refused(`${name} is no text`)
      if (!INCIDENT_COLUMNS.has(name)) throw new Refused(`incident has no column ${name}`)
    }
    if (!(fields.short_description ?? record.short_description)) return policy('Short description')
    if ((fields.short_description ?? '').length > 160) throw new Refused('short_description is too long')
    for (const level of ['impact', 'urgency'])
      if (fields[level] !== undefined && !/^[123]$/.test(fields[level])) throw new Refused(level)
    if (fields.state !== undefined && !STATES.has(fields.state)) throw new Refused('state')
    if (fields.state === '3' && !fields.hold_reason) return policy('On hold reason')
    if (fields.state === '6' || fields.state === '7') {
      if (!CLOSE_CODES.has(fields.close_code ?? '')) return policy('Resolution code')
      if (!fields.close_notes) return policy('Resolution notes')
    }
    const { work_notes, ...rest } = fields
    if (work_notes) this.workNotes.push({ sys_id: record.sys_id!, note: work_notes })
    this.#touch(record, rest, this.user)
    return undefined
  }

  /** A staging table whose transform map coalesces on `u_correlation_id`. */
  #import(staging: string, row: Record_): FakeAnswer {
    if (staging !== 'u_imp_vigie') return error(400, `Invalid staging table ${staging}`)
    const fields: Record_ = {}
    for (const [name, value] of Object.entries(row)) {
      if (!name.startsWith('u_')) throw new Refused(`${staging} has no column ${name}`)
      const column = name.slice(2)
      if (INCIDENT_COLUMNS.has(column)) fields[column] = value
    }
    const key = fields.correlation_id
    const known = [...this.incidents.values()].find(({ correlation_id }) => correlation_id === key)
    const target =
      known ?? this.#created({ number: `INC${++this.#made}`, state: '1', assigned_to: '' }, this.user)
    const refused = key ? this.#check(target, fields) : policy('Correlation ID')
    const result =
      refused === undefined
        ? {
            transform_map: 'Vigie to Incident',
            table: 'incident',
            display_name: 'number',
            display_value: target.number,
            record_link: `${this.url}/api/now/table/incident/${target.sys_id}`,
            status: known === undefined ? 'inserted' : 'updated',
            sys_id: target.sys_id,
          }
        : {
            transform_map: 'Vigie to Incident',
            table: 'incident',
            status: 'error',
            error_message: JSON.stringify(refused.json),
          }
    if (refused === undefined) this.incidents.set(target.sys_id!, target)
    return { status: 201, json: { import_set: 'ISET0010001', staging_table: staging, result: [result] } }
  }

  #find(records: Map<string, Record_>, query: URLSearchParams): unknown[] {
    let found = [...records.values()]
    for (const term of (query.get('sysparm_query') ?? '').split('^')) {
      const order = /^ORDERBY(DESC)?(\w+)$/.exec(term)
      const match = /^(\w+?)(STARTSWITH|>=|=)(.*)$/.exec(term)
      if (order !== null) {
        const [, down, name = ''] = order
        found.sort((a, b) => (a[name] ?? '').localeCompare(b[name] ?? '') * (down === undefined ? 1 : -1))
      } else if (match !== null) {
        const [, name = '', how, value = ''] = match
        found = found.filter((one) => {
          const has = one[name] ?? ''
          return how === '=' ? has === value : how === '>=' ? has >= value : has.startsWith(value)
        })
      } else throw new Refused(`a query that this fake does not read: ${term}`)
    }
    return found.slice(0, Number(query.get('sysparm_limit') ?? 10_000)).map((one) => shown(one, query))
  }

  #created(fields: Record_, by: string): Record_ {
    const sys_id = (++this.#made).toString(16).padStart(32, '0')
    const at = this.#time()
    return {
      sys_id,
      sys_created_on: at,
      sys_mod_count: '0',
      sys_updated_on: at,
      sys_updated_by: by,
      ...fields,
    }
  }

  #touch(record: Record_, fields: Record_, by: string): void {
    const sys_mod_count = String(Number(record.sys_mod_count) + 1)
    Object.assign(record, fields, { sys_mod_count, sys_updated_on: this.#time(), sys_updated_by: by })
  }

  #time(): string {
    this.#now += 1000
    return new Date(this.#now).toISOString().slice(0, 19).replace('T', ' ')
  }
}

const policy = (field: string): FakeAnswer =>
  error(403, 'Operation Failed', `Data Policy Exception: The following fields are mandatory: ${field}`)

const fieldsOf = (record: Record_, query: URLSearchParams): [string, string][] => {
  const wanted = query.get('sysparm_fields')?.split(',') ?? Object.keys(record)
  return wanted.map((name) => [name, record[name] ?? ''])
}
const plain = (record: Record_, query: URLSearchParams): object => Object.fromEntries(fieldsOf(record, query))
const shown = (record: Record_, query: URLSearchParams): object => {
  if (query.get('sysparm_display_value') !== 'all') return plain(record, query)
  const both = fieldsOf(record, query).map(([name, value]) => [name, { display_value: value, value }])
  return Object.fromEntries(both)
}
