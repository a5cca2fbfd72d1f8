import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
import {
  CLOSING_CODES,
  INCIDENT_STATES,
  type Incident,
  type IncidentState,
  type RemoteEvent,
} from '../../../model/incident.js'
import {
  type Delivery,
  type DeliveryContext,
  type DeliveryReceipt,
  type OpenTicket,
  type PollResult,
  RefusedError,
  secret,
  type Target,
  type TargetDeps,
  type TargetKind,
} from '../target.js'
import { clip } from '../ticket_text.js'
import { closingOf, isTaken } from './closing_words.js'
import type { Answer } from './http/answer.js'
import { type HttpCall, HttpClient } from './http/http_client.js'
import { encrypted, HTTP_KEYS } from './http/http_config.js'

/**
 * Request Tracker 5, REST 2 (RT::REST2, docs.bestpractical.com/rt/5.0.3/RT/REST2.html). Tickets are found by a custom field
 * that holds the incident's uid. RT answers 200 to a change that it did not make, with sentences in the language of its user;
 * so a status that was set is read back.
 */
const SUBJECT_MAX = 200
/** Transactions a poll reads, and tickets whose whole history the first poll reads. */
const PAGE = 100
const FIRST_POLL_TICKETS_MAX = 200
const NAMES_MAX = 1000

const stateNames = z.partialRecord(z.enum(INCIDENT_STATES), z.string().min(1))

const config = z
  .strictObject({
    ...HTTP_KEYS,
    /** Authentication token of a user made for Vigie. */
    token: secret(),
    queue: z.string().min(1),
    /** Name of the ticket custom field, of one text, that holds the incident's uid. */
    key_field: z.string().min(1).default('Vigie'),
    /** Name of a custom field with the closing code; left out: none is written nor read. */
    closing_field: z.string().min(1).optional(),
    /** E-mail address of the requestor; left out: Vigie's user. */
    requestor: z.email().optional(),
    /** RT's priority for priorities 1 to 5. */
    priorities: z.array(z.number().int()).length(5).default([100, 80, 60, 40, 20]),
    /** RT's status for our states; those left out keep the default. */
    statuses: stateNames.default({}),
    /** Our state for statuses of RT that `statuses` does not name. */
    statuses_back: z.record(z.string(), z.enum(INCIDENT_STATES)).default({}),
    /** Our closing code for RT's words. */
    closing_back: z.record(z.string(), z.enum(CLOSING_CODES)).default({ rejected: 'false_positive' }),
  })
  .refine(encrypted.check, encrypted.say)
export type RtConfig = z.infer<typeof config>

const STATUSES: Readonly<Record<IncidentState, string>> = {
  new: 'new',
  in_progress: 'open',
  on_hold: 'stalled',
  resolved: 'resolved',
  closed: 'resolved',
}
const STATES_BACK: Readonly<Record<string, IncidentState>> = {
  new: 'new',
  open: 'in_progress',
  stalled: 'on_hold',
  resolved: 'resolved',
  rejected: 'closed',
  deleted: 'closed',
}
/** The user that a ticket of nobody belongs to. */
const NOBODY = 'Nobody'

const idText = z.union([z.string(), z.number()]).transform(String)
const reference = z.object({ id: idText }).loose()
const customFields = z.array(z.object({ name: z.string(), values: z.array(z.string()) })).default([])
const ticketSchema = z.object({
  id: idText,
  Status: z.string(),
  Subject: z.string().default(''),
  Priority: z.union([z.string(), z.number()]).transform(String).optional(),
  Owner: reference.optional(),
  Creator: reference.optional(),
  CustomFields: customFields,
})
type RtTicket = z.infer<typeof ticketSchema>
const searchSchema = z.object({ items: z.array(z.object({ id: idText }).loose()) })
const transactionSchema = z.object({
  id: idText.transform(Number),
  Type: z.string(),
  Field: z.string().nullish(),
  NewValue: z.string().nullish(),
  Data: z.string().nullish(),
  Created: z.string(),
  Creator: reference.optional(),
  ObjectId: idText.optional(),
})
type RtTransaction = z.infer<typeof transactionSchema>
const transactionsSchema = z.object({ items: z.array(transactionSchema) })

/** A value in a TicketSQL or TransactionSQL query. */
const quoted = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`

class RtTarget implements Target {
  readonly #config: RtConfig
  readonly #http: HttpClient
  readonly #statuses: Readonly<Record<IncidentState, string>>
  readonly #userNames = new Map<string, string>()

  constructor(config: RtConfig, deps: TargetDeps) {
    this.#config = config
    this.#http = new HttpClient('rt', config, deps)
    this.#statuses = { ...STATUSES, ...config.statuses }
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { incident } = delivery
    const found = await this.#find(delivery, signal)
    if (found === undefined) return this.#create(delivery, signal)
    if (delivery.kind === 'open') return this.#receipt(found.id, 'existing')
    const changes = this.#changes(delivery, found)
    if (Object.keys(changes).length > 0) {
      const put: HttpCall = { method: 'PUT', path: `/ticket/${found.id}`, json: changes }
      const said = await this.#expect(put, signal)
      if (changes.Status !== undefined) await this.#mustBe(found.id, changes.Status, said, signal)
    }
    const mark = `${incident.number} #${delivery.transition.version}`
    const repeated = delivery.attempt > 1 || delivery.mayExist
    if (!repeated || !(await this.#isCommented(found.id, mark, signal))) {
      const json = { Subject: mark, Content: delivery.text.note, ContentType: 'text/plain' }
      await this.#expect({ method: 'POST', path: `/ticket/${found.id}/comment`, json }, signal)
    }
    return this.#receipt(found.id, 'updated')
  }

  async poll(
    cursor: string | undefined,
    open: readonly OpenTicket[],
    { signal }: DeliveryContext,
  ): Promise<PollResult> {
    const byTicket = new Map(open.map(({ incident, remote }) => [remote.id, incident]))
    let after = Number(cursor ?? 0)
    const transactions: RtTransaction[] = []
    if (cursor === undefined) {
      after = await this.#newestTransaction(signal)
      for (const { remote } of open.slice(0, FIRST_POLL_TICKETS_MAX)) {
        const history = await this.#transactions(`/ticket/${remote.id}/history`, {}, signal)
        transactions.push(...history.map((one) => ({ ...one, ObjectId: remote.id })))
      }
    } else {
      const query = `ObjectType = 'RT::Ticket' AND TicketQueue = ${quoted(this.#config.queue)} AND id > ${after}`
      transactions.push(...(await this.#transactions('/transactions', { query, orderby: 'id' }, signal)))
    }
    const me = await this.#myName(open, signal)
    const events: RemoteEvent[] = []
    for (const transaction of transactions) {
      after = Math.max(after, transaction.id)
      const incident = byTicket.get(transaction.ObjectId ?? '')
      if (incident === undefined || transaction.Creator?.id === me) continue
      const event = await this.#event(transaction, incident, signal)
      if (event !== undefined) events.push(event)
    }
    return { events, cursor: String(after) }
  }

  async check({ signal }: DeliveryContext): Promise<Bilingual> {
    const { queue } = this.#config
    await this.#expect({ method: 'GET', path: `/queue/${encodeURIComponent(queue)}` }, signal)
    return {
      fr: `Request Tracker répond; sa file ${queue} est visible.`,
      en: `Request Tracker answers; its queue ${queue} can be seen.`,
    }
  }

  async stop(): Promise<void> {
    this.#http.close()
  }

  /** The ticket of an incident: by the number it had, else by its key. */
  async #find({ remote, incident }: Delivery, signal: AbortSignal): Promise<RtTicket | undefined> {
    const known = remote === undefined ? undefined : await this.#ticket(remote.id, signal)
    if (known !== undefined && known.Status !== 'deleted') return known
    const { queue, key_field } = this.#config
    const query = `Queue = ${quoted(queue)} AND CF.{${key_field}} = ${quoted(incident.uid)}`
    const search: HttpCall = { method: 'GET', path: '/tickets', query: { query, orderby: 'id' } }
    const { items } = (await this.#expect(search, signal)).json(searchSchema)
    return items[0] === undefined ? undefined : this.#ticket(items[0].id, signal)
  }

  async #ticket(id: string, signal: AbortSignal): Promise<RtTicket | undefined> {
    const answer = await this.#call({ method: 'GET', path: `/ticket/${id}` }, signal)
    if (answer.status === 404 && answer.parsed() !== undefined) return undefined
    if (!answer.ok) throw answer.failure()
    return answer.json(ticketSchema)
  }

  async #create({ incident, text }: Delivery, signal: AbortSignal): Promise<DeliveryReceipt> {
    const { queue, key_field, closing_field, requestor, priorities } = this.#config
    const fields: Record<string, string> = { [key_field]: incident.uid }
    if (closing_field !== undefined && incident.closing !== undefined)
      fields[closing_field] = incident.closing
    const json = {
      Queue: queue,
      Subject: clip(text.title, SUBJECT_MAX),
      Content: text.body,
      ContentType: 'text/plain',
      // No lifecycle lets a ticket begin stalled.
      Status: this.#statuses[incident.state === 'on_hold' ? 'in_progress' : incident.state],
      Priority: priorities[incident.priority - 1],
      CustomFields: fields,
      ...(requestor === undefined ? {} : { Requestor: requestor }),
    }
    const answer = await this.#expect({ method: 'POST', path: '/ticket', json }, signal)
    return this.#receipt(answer.json(z.object({ id: idText })).id, 'created')
  }

  /** What a delivery changes of the ticket's fields; the status only where the delivery is about it. */
  #changes(delivery: Delivery, ticket: RtTicket): Record<string, unknown> & { Status?: string } {
    const { incident, text } = delivery
    const changes: Record<string, unknown> & { Status?: string } = {}
    const subject = clip(text.title, SUBJECT_MAX)
    if (subject !== ticket.Subject) changes.Subject = subject
    const priority = this.#config.priorities[incident.priority - 1]!
    if (ticket.Priority !== undefined && Number(ticket.Priority) !== priority) changes.Priority = priority
    const status = this.#statusAfter(delivery, ticket.Status)
    if (status !== undefined && status !== ticket.Status) changes.Status = status
    const { closing_field } = this.#config
    if (closing_field !== undefined && incident.closing !== undefined && incident.resolved !== undefined)
      changes.CustomFields = { [closing_field]: incident.closing }
    return changes
  }

  #statusAfter({ kind, incident }: Delivery, now: string): string | undefined {
    const at = this.#stateOf(now)
    const ended = at === 'resolved' || at === 'closed'
    if (kind === 'resolve' || kind === 'close') return ended ? undefined : this.#statuses[incident.state]
    if (kind === 'reopen') return ended ? this.#statuses.in_progress : undefined
    if (kind === 'acknowledge' || kind === 'assign')
      return at === 'new' ? this.#statuses.in_progress : undefined
    return kind === 'hold' && !ended ? this.#statuses.on_hold : undefined
  }

  #stateOf(status: string): IncidentState | undefined {
    const own = Object.entries(this.#config.statuses).find(([, name]) => name === status)?.[0]
    return this.#config.statuses_back[status] ?? (own as IncidentState | undefined) ?? STATES_BACK[status]
  }

  async #mustBe(id: string, status: string, said: Answer, signal: AbortSignal): Promise<void> {
    const ticket = await this.#ticket(id, signal)
    if (ticket === undefined || ticket.Status === status) return
    throw new RefusedError(`RT left ticket ${id} at ${ticket.Status} instead of ${status}: ${said.excerpt()}`)
  }

  async #isCommented(id: string, mark: string, signal: AbortSignal): Promise<boolean> {
    const history = await this.#transactions(`/ticket/${id}/history`, {}, signal)
    return history.some(({ Type, Data }) => Type === 'Comment' && Data?.trim() === mark)
  }

  async #transactions(
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
  ): Promise<readonly RtTransaction[]> {
    const fields = 'Type,Field,NewValue,Data,Created,Creator,ObjectId'
    const search: HttpCall = { method: 'GET', path, query: { fields, per_page: PAGE, ...query } }
    return (await this.#expect(search, signal)).json(transactionsSchema).items
  }

  async #newestTransaction(signal: AbortSignal): Promise<number> {
    const query = `ObjectType = 'RT::Ticket' AND TicketQueue = ${quoted(this.#config.queue)} AND id > 0`
    const newest = { query, orderby: 'id', order: 'DESC', per_page: '1' }
    return (await this.#transactions('/transactions', newest, signal))[0]?.id ?? 0
  }

  /** Vigie's own name in RT: that of whoever made its tickets. */
  async #myName(open: readonly OpenTicket[], signal: AbortSignal): Promise<string | undefined> {
    const kept = this.#userNames.get('me')
    if (kept !== undefined || open[0] === undefined) return kept
    const name = (await this.#ticket(open[0].remote.id, signal))?.Creator?.id
    if (name !== undefined) this.#userNames.set('me', name)
    return name
  }

  async #event(
    transaction: RtTransaction,
    incident: string,
    signal: AbortSignal,
  ): Promise<RemoteEvent | undefined> {
    const { id, Type, Field, NewValue, Creator, ObjectId } = transaction
    const event = {
      id: `rt:${id}`,
      incident,
      remoteId: ObjectId ?? '',
      time: Date.parse(transaction.Created),
      ...(Creator === undefined ? {} : { by: Creator.id }),
    }
    if (Type === 'Status') {
      const state = this.#stateOf(NewValue ?? '')
      if (state === undefined) return undefined
      const closing =
        state === 'resolved' || state === 'closed'
          ? await this.#closing(ObjectId ?? '', NewValue ?? '', signal)
          : undefined
      const acknowledged = isTaken(state) ? { acknowledged: true } : {}
      return { ...event, state, ...acknowledged, ...(closing === undefined ? {} : { closing }) }
    }
    if (Field === 'Owner' && Type !== 'SetWatcher' && Type !== 'AddWatcher' && Type !== 'DelWatcher') {
      const assignee = await this.#userName(NewValue ?? '', signal)
      return assignee === NOBODY ? undefined : { ...event, assignee, acknowledged: true }
    }
    return undefined
  }

  async #closing(id: string, status: string, signal: AbortSignal): Promise<Incident['closing']> {
    const { closing_field, closing_back } = this.#config
    const ticket = closing_field === undefined ? undefined : await this.#ticket(id, signal)
    const field = ticket?.CustomFields.find(({ name }) => name === closing_field)?.values[0]
    return closingOf(field, closing_back) ?? closing_back[status]
  }

  /** Name of a user by number, as transactions name owners. */
  async #userName(id: string, signal: AbortSignal): Promise<string> {
    const kept = this.#userNames.get(id)
    if (kept !== undefined) return kept
    const answer = await this.#call({ method: 'GET', path: `/user/${encodeURIComponent(id)}` }, signal)
    const name = answer.ok ? answer.json(z.object({ Name: z.string() })).Name : id
    if (this.#userNames.size < NAMES_MAX) this.#userNames.set(id, name)
    return name
  }

  #receipt(id: string, outcome: DeliveryReceipt['outcome']): DeliveryReceipt {
    const url = `${this.#config.url.replace(/\/+$/, '')}/Ticket/Display.html?id=${id}`
    return { id, number: id, url, outcome }
  }

  #call(call: HttpCall, signal: AbortSignal): Promise<Answer> {
    const authorization = `token ${this.#http.secret(this.#config.token)}`
    return this.#http.call({ ...call, path: `/REST/2.0${call.path}`, headers: { authorization } }, signal)
  }

  async #expect(call: HttpCall, signal: AbortSignal): Promise<Answer> {
    const answer = await this.#call(call, signal)
    if (!answer.ok) throw answer.failure()
    return answer
  }
}

export const rt: TargetKind<RtConfig> = {
  id: 'rt',
  title: { fr: 'Request Tracker 5', en: 'Request Tracker 5' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'assign', 'hold', 'resolve', 'reopen', 'close'],
    problems: false,
    identity: 'receipt',
    wayBack: 'poll',
  },
  create: (config, deps) => new RtTarget(config, deps),
}
