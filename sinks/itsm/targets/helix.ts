import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
import {
  CLOSING_CODES,
  type ClosingCode,
  type IncidentState,
  type Level,
  type RemoteEvent,
} from '../../../model/incident.js'
import {
  type Delivery,
  type DeliveryContext,
  type DeliveryReceipt,
  type OpenTicket,
  type PollResult,
  RefusedError,
  RetryableError,
  secret,
  type Target,
  type TargetDeps,
  type TargetKind,
} from '../target.js'
import { clip } from '../ticket_text.js'
import { closingOf, isTaken } from './closing_words.js'
import type { Answer } from './http/answer.js'
import { RenewableToken } from './http/auth.js'
import { type HttpCall, HttpClient } from './http/http_client.js'
import { encrypted, HTTP_KEYS } from './http/http_config.js'

/**
 * BMC Helix ITSM and Remedy, AR System REST API ("The platform REST API references" 22.1, "/entry/{formName}",
 * "HelpDesk_Modify_Service"): incidents are made on one interface form and changed on another; their choices are literal
 * texts. AR System answers 500 to a request that its workflow refuses, with messages that say which; only its own troubles
 * may pass.
 */
const FORM = 'HPD:IncidentInterface'
const FORM_CREATE = 'HPD:IncidentInterface_Create'
const FORM_WORK = 'HPD:WorkLog'
const SUMMARY_MAX = 100
const NOTES_MAX = 31_000
const POLL_LIMIT = 200
/** Messages about the server itself: not reachable, timed out, database. */
const PASSING = new Set([90, 91, 92, 93, 94, 95, 552, 559, 8760, 9093, 9352])

const groupSchema = z.strictObject({ company: z.string(), organization: z.string(), group: z.string() })
const config = z
  .strictObject({
    ...HTTP_KEYS,
    /** Log-in of a user made for Vigie. */
    user: z.string().min(1),
    password: secret(),
    /** Customer of the incidents: a person that Helix knows. */
    first_name: z.string().min(1),
    last_name: z.string().min(1),
    company: z.string().optional(),
    service_type: z.string().default('Infrastructure Event'),
    reported_source: z.string().default('Systems Management'),
    /** Field that holds the incident's uid, on both forms. */
    key_field: z
      .string()
      .regex(/^[^'"]+$/)
      .default('Vendor Ticket Number'),
    /** Support groups of Helix for our assignment groups; others are left to its own rules. */
    groups: z.record(z.string(), groupSchema).default({}),
    /** `Status_Reason` for our closing codes; those left out keep the stock choice. */
    status_reasons: z.partialRecord(z.enum(CLOSING_CODES), z.string()).default({}),
    /** Our closing code for values of `Status_Reason`. */
    closing_back: z.record(z.string(), z.enum(CLOSING_CODES)).default({}),
  })
  .refine(encrypted.check, encrypted.say)
export type HelixConfig = z.infer<typeof config>

const IMPACTS: Readonly<Record<Level, string>> = {
  1: '1-Extensive/Widespread',
  2: '2-Significant/Large',
  3: '3-Moderate/Limited',
}
const URGENCIES: Readonly<Record<Level, string>> = { 1: '1-Critical', 2: '2-High', 3: '3-Medium' }
const STATES: Readonly<Record<string, IncidentState>> = {
  New: 'new',
  Assigned: 'new',
  'In Progress': 'in_progress',
  Pending: 'on_hold',
  Resolved: 'resolved',
  Closed: 'closed',
  Cancelled: 'closed',
}
const REASONS: Partial<Record<ClosingCode, string>> = { workaround: 'Temporary Corrective Action' }
const NO_ACTION = 'No Further Action Required'
const ON_HOLD_REASON = 'Supplier Delivery'

const text = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => String(value ?? ''))
const valuesSchema = z.object({
  'Request ID': text,
  'Incident Number': text,
  Status: text,
  Status_Reason: text,
  Assignee: text,
  'Assigned Group': text,
  'Last Modified By': text,
  'Last Modified Date': text,
})
type Values = z.infer<typeof valuesSchema> & Readonly<Record<string, string>>
const entrySchema = z.object({ values: z.looseObject({ ...valuesSchema.shape }) })
const entriesSchema = z.object({ entries: z.array(entrySchema) })
const messagesSchema = z
  .array(
    z.object({
      messageNumber: z.number(),
      messageText: z.string().nullish(),
      messageType: z.string().nullish(),
    }),
  )
  .min(1)

class HelixTarget implements Target {
  readonly #config: HelixConfig
  readonly #http: HttpClient
  readonly #token = new RenewableToken((signal) => this.#logIn(signal))

  constructor(config: HelixConfig, deps: TargetDeps) {
    this.#config = config
    this.#http = new HttpClient('helix', config, deps)
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { incident, kind, text: words, transition } = delivery
    const found = await this.#find(delivery, signal)
    const at = STATES[found?.Status ?? '']
    // A closed incident takes no change: what comes again after that is a new one.
    if (found === undefined || (at === 'closed' && kind === 'reopen')) return this.#create(delivery, signal)
    if (kind === 'open' || at === 'closed') return this.#receipt(found['Incident Number'], 'existing')
    const values = {
      'z1D Action': 'MODIFY',
      Description: clip(words.title, SUMMARY_MAX),
      Impact: IMPACTS[incident.impact],
      Urgency: URGENCIES[incident.urgency],
      ...this.#statusFields(delivery, found),
    }
    const path = `/${FORM}/${encodeURIComponent(found['Request ID'])}`
    await this.#expect({ method: 'PUT', path, json: { values } }, signal)
    const mark = `${incident.number} #${transition.version}`
    const repeated = delivery.attempt > 1 || delivery.mayExist
    if (!repeated || !(await this.#isTold(found['Incident Number'], mark, signal)))
      await this.#addWork(found['Incident Number'], mark, words.note, signal)
    return this.#receipt(found['Incident Number'], 'updated')
  }

  async poll(
    cursor: string | undefined,
    open: readonly OpenTicket[],
    { signal }: DeliveryContext,
  ): Promise<PollResult> {
    const { key_field, user } = this.#config
    const ours = new Set(open.map(({ incident }) => incident))
    // AR System reads a number as seconds since 1970 where a date belongs.
    const since =
      cursor === undefined ? '' : ` AND 'Last Modified Date' >= ${Math.floor(Number(cursor) / 1000)}`
    const rows = await this.#query(
      FORM,
      `'${key_field}' != $NULL$${since}`,
      'Last Modified Date.desc',
      signal,
    )
    let newest = Number(cursor ?? 0)
    const events = rows.flatMap((row): RemoteEvent[] => {
      const time = Date.parse(row['Last Modified Date'])
      if (time > newest) newest = time
      const incident = row[key_field] ?? ''
      const state = STATES[row.Status]
      if (!ours.has(incident) || state === undefined || row['Last Modified By'] === user) return []
      const ended = state === 'resolved' || state === 'closed'
      const closing = ended ? closingOf(row.Status_Reason, this.#config.closing_back) : undefined
      const assignee = row.Assignee
      if (state === 'new' && assignee === '') return []
      return [
        {
          id: `helix:${row['Incident Number']}:${time}:${row.Status}`,
          incident,
          remoteId: row['Incident Number'],
          time,
          by: row['Last Modified By'],
          ...(state === 'new' ? {} : { state }),
          ...(assignee === '' ? {} : { assignee }),
          ...(assignee !== '' || isTaken(state) ? { acknowledged: true } : {}),
          ...(row['Assigned Group'] === '' ? {} : { group: this.#ourGroup(row['Assigned Group']) }),
          ...(closing === undefined ? {} : { closing }),
        },
      ]
    })
    return { events, cursor: String(newest) }
  }

  async check({ signal }: DeliveryContext): Promise<Bilingual> {
    await this.#query(FORM, `'${this.#config.key_field}' = "vigie"`, undefined, signal)
    return {
      fr: `Helix répond; son formulaire ${FORM} peut être lu.`,
      en: `Helix answers; its form ${FORM} can be read.`,
    }
  }

  async stop(): Promise<void> {
    this.#http.close()
  }

  async #find({ remote, incident }: Delivery, signal: AbortSignal): Promise<Values | undefined> {
    const { key_field } = this.#config
    const key = `'${key_field}' = "${incident.uid}"`
    const known = remote === undefined ? undefined : `'Incident Number' = "${remote.id.replace(/"/g, '""')}"`
    const rows = await this.#query(FORM, known ?? key, 'Submit Date.desc', signal)
    if (rows[0] !== undefined || known === undefined) return rows[0]
    return (await this.#query(FORM, key, 'Submit Date.desc', signal))[0]
  }

  async #query(form: string, q: string, sort: string | undefined, signal: AbortSignal): Promise<Values[]> {
    const names = [...Object.keys(valuesSchema.shape), this.#config.key_field]
    const query = { q, fields: `values(${names.join(',')})`, limit: POLL_LIMIT, sort }
    const answer = await this.#expect({ method: 'GET', path: `/${form}`, query }, signal)
    return answer.json(entriesSchema).entries.map(({ values }) => values as Values)
  }

  async #create({ incident, text: words }: Delivery, signal: AbortSignal): Promise<DeliveryReceipt> {
    const { company, first_name, groups, key_field, last_name, reported_source, service_type } = this.#config
    const group = groups[incident.group]
    const values = {
      z1D_Action: 'CREATE',
      First_Name: first_name,
      Last_Name: last_name,
      Description: clip(words.title, SUMMARY_MAX),
      Detailed_Decription: clip(words.body, NOTES_MAX),
      Impact: IMPACTS[incident.impact],
      Urgency: URGENCIES[incident.urgency],
      Status: group === undefined ? 'New' : 'Assigned',
      'Reported Source': reported_source,
      Service_Type: service_type,
      [key_field]: incident.uid,
      ...(company === undefined ? {} : { Company: company }),
      ...(group === undefined
        ? {}
        : {
            'Assigned Support Company': group.company,
            'Assigned Support Organization': group.organization,
            'Assigned Group': group.group,
          }),
    }
    const query = { fields: 'values(Incident Number)' }
    const answer = await this.#expect(
      { method: 'POST', path: `/${FORM_CREATE}`, query, json: { values } },
      signal,
    )
    const made = answer.json(z.object({ values: z.object({ 'Incident Number': z.string().min(1) }) }))
    return this.#receipt(made.values['Incident Number'], 'created')
  }

  /** Nothing moves past Assigned without an assignee, which Vigie does not choose. */
  #statusFields({ kind, incident, text: words }: Delivery, found: Values): Record<string, string> {
    const at = STATES[found.Status]
    const assigned = found.Assignee !== ''
    if ((kind === 'resolve' || kind === 'close') && at !== 'resolved') {
      const code = incident.closing ?? 'other'
      return {
        Status: 'Resolved',
        Status_Reason: this.#config.status_reasons[code] ?? REASONS[code] ?? NO_ACTION,
        Resolution: clip(words.note, NOTES_MAX),
      }
    }
    if (kind === 'reopen' && at === 'resolved') return { Status: assigned ? 'In Progress' : 'Assigned' }
    if ((kind === 'acknowledge' || kind === 'assign') && at === 'new' && assigned)
      return { Status: 'In Progress' }
    if (kind === 'hold' && at !== 'resolved' && assigned)
      return { Status: 'Pending', Status_Reason: ON_HOLD_REASON }
    return {}
  }

  #ourGroup(theirs: string): string {
    const ours = Object.entries(this.#config.groups).find(([, { group }]) => group === theirs)
    return ours?.[0] ?? theirs
  }

  async #isTold(number: string, mark: string, signal: AbortSignal): Promise<boolean> {
    const q = `'Incident Number' = "${number}" AND 'Description' = "${mark}"`
    const answer = await this.#expect(
      { method: 'GET', path: `/${FORM_WORK}`, query: { q, limit: 1 } },
      signal,
    )
    return answer.json(z.object({ entries: z.array(z.unknown()) })).entries.length > 0
  }

  async #addWork(number: string, mark: string, note: string, signal: AbortSignal): Promise<void> {
    const values = {
      'Incident Number': number,
      Description: mark,
      'Detailed Description': clip(note, NOTES_MAX),
      'Work Log Type': 'General Information',
      'View Access': 'Internal',
      'Secure Work Log': 'Yes',
    }
    await this.#expect({ method: 'POST', path: `/${FORM_WORK}`, json: { values } }, signal)
  }

  async #logIn(signal: AbortSignal): Promise<string> {
    const form = { username: this.#config.user, password: this.#http.secret(this.#config.password) }
    const answer = await this.#http.call({ method: 'POST', path: '/api/jwt/login', form }, signal)
    if (!answer.ok) throw answer.failure()
    const token = answer.text.trim()
    // A token is three parts of base64url; a page of a portal is not.
    if (!/^[\w-]+(\.[\w-]+){2}$/.test(token))
      throw new RetryableError(`${answer.what} answered 200 with something that is no token`)
    return this.#http.conceal(token)
  }

  async #expect(call: HttpCall, signal: AbortSignal): Promise<Answer> {
    const path = `/api/arsys/v1/entry${call.path}`
    const answer = await this.#token.use(signal, (token) =>
      this.#http.call({ ...call, path, headers: { authorization: `AR-JWT ${token}` } }, signal),
    )
    const messages = messagesSchema.safeParse(answer.parsed())
    const failed = messages.success ? messages.data.filter(({ messageType }) => messageType !== 'OK') : []
    const refused = failed.length > 0 && !failed.some(({ messageNumber }) => PASSING.has(messageNumber))
    if (refused && (answer.ok || answer.status === 500)) {
      const said = failed.map((one) => `ARERR ${one.messageNumber} ${one.messageText ?? ''}`).join('; ')
      throw new RefusedError(
        this.#http.concealed(`${answer.what} answered ${answer.status}: ${clip(said, 300)}`),
        {
          status: answer.status,
        },
      )
    }
    if (!answer.ok) throw answer.failure()
    return answer
  }

  #receipt(number: string, outcome: DeliveryReceipt['outcome']): DeliveryReceipt {
    return { id: number, number, outcome }
  }
}

export const helix: TargetKind<HelixConfig> = {
  id: 'helix',
  title: { fr: 'BMC Helix ITSM', en: 'BMC Helix ITSM' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'assign', 'hold', 'resolve', 'reopen', 'close'],
    problems: false,
    identity: 'receipt',
    wayBack: 'poll',
  },
  create: (config, deps) => new HelixTarget(config, deps),
}
