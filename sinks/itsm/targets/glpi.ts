import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
import { CLOSING_CODES, type IncidentState, type Level, type RemoteEvent } from '../../../model/incident.js'
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
  UnauthorisedError,
} from '../target.js'
import { clip } from '../ticket_text.js'
import { isTaken } from './closing_words.js'
import type { Answer } from './http/answer.js'
import { RenewableToken } from './http/auth.js'
import { type HttpCall, HttpClient } from './http/http_client.js'
import { encrypted, HTTP_KEYS } from './http/http_config.js'

/**
 * GLPI, REST API (glpi-project/glpi, apirest.md): `apirest.php` of versions 9.1 to 10, the legacy API of 11. A session is
 * opened with the user's token and kept until GLPI knows it no longer. A ticket is found by the incident's uid, which stands
 * in its description. An item that GLPI did not take comes with status 200 or 207 and `false`.
 */
const NAME_MAX = 250
const FIRST_POLL_TICKETS_MAX = 200
const PAGE = 100
const TWO_DAYS_MS = 172_800_000
/** Numbers of search options of tickets (`listSearchOptions/Ticket`). */
const OPTION = { id: 2, opened: 15, modified: 19, content: 21 } as const
/** Type of a ticket's user: assigned. */
const ASSIGNED = 2

const id = z.number().int().positive()
const config = z
  .strictObject({
    ...HTTP_KEYS,
    /** Token of the API client; left out where GLPI asks for none. */
    app_token: secret().optional(),
    /** Remote access key of a user made for Vigie. */
    user_token: secret(),
    /** Entity of the tickets; left out: that of the user. */
    entities_id: z.number().int().min(0).optional(),
    itilcategories_id: id.optional(),
    /** Numbers of GLPI's groups for our assignment groups. */
    groups: z.record(z.string(), id).default({}),
    /** Type of solution of what Vigie resolves. */
    solutiontypes_id: id.optional(),
    /** Our closing code for numbers of types of solutions. */
    closing_back: z.record(z.string(), z.enum(CLOSING_CODES)).default({}),
  })
  .refine(encrypted.check, encrypted.say)
export type GlpiConfig = z.infer<typeof config>

/** Ticket::INCOMING, ASSIGNED, WAITING, SOLVED, CLOSED. */
const STATUSES: Readonly<Record<IncidentState, number>> = {
  new: 1,
  in_progress: 2,
  on_hold: 4,
  resolved: 5,
  closed: 6,
}
const STATES: Readonly<Record<number, IncidentState>> = {
  1: 'new',
  2: 'in_progress',
  3: 'in_progress',
  4: 'on_hold',
  5: 'resolved',
  6: 'closed',
}
/** GLPI's five levels, from 5 very high. */
const LEVELS: Readonly<Record<Level, number>> = { 1: 5, 2: 3, 3: 2 }

const ticketSchema = z.object({
  id: z.number(),
  status: z.number(),
  date_mod: z.string(),
  users_id_lastupdater: z.number().nullish(),
})
type GlpiTicket = z.infer<typeof ticketSchema>
const addedSchema = z.object({ id: z.union([z.number(), z.literal(false)]), message: z.string().default('') })
const foundSchema = z.object({
  totalcount: z.number(),
  data: z.array(z.record(z.string(), z.unknown())).default([]),
})
const errorSchema = z.tuple([z.string(), z.string()]).rest(z.unknown())

class GlpiTarget implements Target {
  readonly #config: GlpiConfig
  readonly #deps: TargetDeps
  readonly #http: HttpClient
  readonly #session = new RenewableToken((signal) => this.#openSession(signal))
  #me: number | undefined

  constructor(config: GlpiConfig, deps: TargetDeps) {
    this.#config = config
    this.#deps = deps
    this.#http = new HttpClient('glpi', config, deps)
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { incident, kind, text, transition } = delivery
    const found = await this.#find(delivery, signal)
    if (found === undefined) return this.#create(delivery, signal)
    if (kind === 'open') return this.#receipt(found.id, 'existing')
    const at = STATES[found.status]
    const ended = at === 'resolved' || at === 'closed'
    if (kind === 'resolve' || kind === 'close') {
      if (ended) return this.#receipt(found.id, 'unchanged')
      await this.#solve(found.id, text.note, signal)
      return this.#receipt(found.id, 'updated')
    }
    const status = this.#statusAfter(kind, at)
    const input = {
      name: clip(text.title, NAME_MAX),
      urgency: LEVELS[incident.urgency],
      impact: LEVELS[incident.impact],
      ...(status === undefined ? {} : { status }),
    }
    await this.#put(found.id, input, signal)
    const mark = `${incident.number} #${transition.version}`
    const repeated = delivery.attempt > 1 || delivery.mayExist
    if (!repeated || !(await this.#isTold(found.id, mark, signal))) {
      const content = html(`${text.note}\n\n${mark}`)
      await this.#add('ITILFollowup', { itemtype: 'Ticket', items_id: found.id, content }, signal)
    }
    return this.#receipt(found.id, 'updated')
  }

  async poll(
    cursor: string | undefined,
    open: readonly OpenTicket[],
    { signal }: DeliveryContext,
  ): Promise<PollResult> {
    const byId = new Map(open.map(({ incident, remote }) => [Number(remote.id), incident]))
    const changed =
      cursor === undefined
        ? [...byId.keys()].slice(0, FIRST_POLL_TICKETS_MAX)
        : (await this.#search([[OPTION.modified, 'morethan', secondBefore(cursor)]], signal)).filter(
            (ticket) => byId.has(ticket),
          )
    let newest = cursor ?? ''
    const events: RemoteEvent[] = []
    for (const number of changed) {
      const ticket = await this.#ticket(number, signal)
      if (ticket === undefined) continue
      if (ticket.date_mod > newest) newest = ticket.date_mod
      const event = await this.#event(ticket, byId.get(number)!, signal)
      if (event !== undefined) events.push(event)
    }
    return { events, cursor: newest === '' ? '1970-01-01 00:00:00' : newest }
  }

  async check({ signal }: DeliveryContext): Promise<Bilingual> {
    await this.#myId(signal)
    return { fr: 'GLPI répond et ouvre une session.', en: 'GLPI answers and opens a session.' }
  }

  async stop(): Promise<void> {
    this.#http.close()
  }

  async #find({ remote, incident }: Delivery, signal: AbortSignal): Promise<GlpiTicket | undefined> {
    const known = remote === undefined ? undefined : await this.#ticket(Number(remote.id), signal)
    if (known !== undefined) return known
    // The day narrows the search, for a description has no index; two days are more than any time zone.
    const day = new Date(incident.opened - TWO_DAYS_MS).toISOString().slice(0, 19).replace('T', ' ')
    const criteria: Criterion[] = [
      [OPTION.opened, 'morethan', day],
      [OPTION.content, 'contains', incident.uid],
    ]
    const [number] = await this.#search(criteria, signal)
    return number === undefined ? undefined : this.#ticket(number, signal)
  }

  async #ticket(number: number, signal: AbortSignal): Promise<GlpiTicket | undefined> {
    const answer = await this.#call({ method: 'GET', path: `/Ticket/${number}` }, signal)
    if (answer.status === 404 && answer.parsed() !== undefined) return undefined
    return this.#good(answer).json(ticketSchema)
  }

  async #search(criteria: readonly Criterion[], signal: AbortSignal): Promise<number[]> {
    const query: Record<string, string> = { 'forcedisplay[0]': String(OPTION.id), range: `0-${PAGE - 1}` }
    for (const [i, [field, searchtype, value]] of criteria.entries()) {
      if (i > 0) query[`criteria[${i}][link]`] = 'AND'
      query[`criteria[${i}][field]`] = String(field)
      query[`criteria[${i}][searchtype]`] = searchtype
      query[`criteria[${i}][value]`] = value
    }
    const answer = await this.#expect({ method: 'GET', path: '/search/Ticket', query }, signal)
    return answer.json(foundSchema).data.map((row) => Number(row[OPTION.id]))
  }

  async #create({ incident, text }: Delivery, signal: AbortSignal): Promise<DeliveryReceipt> {
    const { entities_id, groups, itilcategories_id } = this.#config
    const group = groups[incident.group]
    const input = {
      name: clip(text.title, NAME_MAX),
      content: html(text.body),
      type: 1,
      urgency: LEVELS[incident.urgency],
      impact: LEVELS[incident.impact],
      ...(entities_id === undefined ? {} : { entities_id }),
      ...(itilcategories_id === undefined ? {} : { itilcategories_id }),
      ...(group === undefined ? {} : { _groups_id_assign: group }),
    }
    const number = await this.#add('Ticket', input, signal)
    const { state } = incident
    if (state === 'resolved' || state === 'closed') await this.#solve(number, text.note, signal)
    else if (state !== 'new') await this.#put(number, { status: STATUSES[state] }, signal)
    return this.#receipt(number, 'created')
  }

  /** A solution, which brings the ticket to solved. */
  async #solve(number: number, note: string, signal: AbortSignal): Promise<void> {
    const { solutiontypes_id } = this.#config
    const type = solutiontypes_id === undefined ? {} : { solutiontypes_id }
    const input = { itemtype: 'Ticket', items_id: number, content: html(note), ...type }
    await this.#add('ITILSolution', input, signal)
  }

  async #add(type: string, input: object, signal: AbortSignal): Promise<number> {
    const answer = await this.#expect({ method: 'POST', path: `/${type}`, json: { input } }, signal)
    const { id: number, message } = answer.json(addedSchema)
    if (number === false) throw new RefusedError(`GLPI did not add a ${type}: ${clip(message, 200)}`)
    return number
  }

  async #put(number: number, input: object, signal: AbortSignal): Promise<void> {
    const call: HttpCall = { method: 'PUT', path: `/Ticket/${number}`, json: { input } }
    const said = (await this.#expect(call, signal)).json(z.array(z.record(z.string(), z.unknown())))
    const refused = said.find((one) => one[number] === false)
    if (refused !== undefined)
      throw new RefusedError(`GLPI did not change ticket ${number}: ${clip(String(refused.message), 200)}`)
  }

  async #isTold(number: number, mark: string, signal: AbortSignal): Promise<boolean> {
    const path = `/Ticket/${number}/ITILFollowup`
    const answer = await this.#expect({ method: 'GET', path, query: { range: `0-${PAGE - 1}` } }, signal)
    return answer
      .json(z.array(z.object({ content: z.string() })))
      .some(({ content }) => content.includes(mark))
  }

  #statusAfter(kind: Delivery['kind'], at: IncidentState | undefined): number | undefined {
    const ended = at === 'resolved' || at === 'closed'
    if (kind === 'reopen') return ended ? STATUSES.in_progress : undefined
    if (kind === 'acknowledge' || kind === 'assign') return at === 'new' ? STATUSES.in_progress : undefined
    return kind === 'hold' && !ended ? STATUSES.on_hold : undefined
  }

  async #event(ticket: GlpiTicket, incident: string, signal: AbortSignal): Promise<RemoteEvent | undefined> {
    const me = await this.#myId(signal)
    const state = STATES[ticket.status]
    const ended = state === 'resolved' || state === 'closed'
    const solution = ended ? await this.#lastSolution(ticket.id, signal) : undefined
    const byPeople = ended ? solution?.users_id !== me : ticket.users_id_lastupdater !== me
    const assignee = await this.#technician(ticket.id, me, signal)
    if (state === undefined || (assignee === undefined && (!byPeople || state === 'new'))) return undefined
    const closing = this.#config.closing_back[String(solution?.solutiontypes_id ?? '')]
    return {
      id: `glpi:${ticket.id}:${ticket.date_mod}:${ticket.status}`,
      incident,
      remoteId: String(ticket.id),
      // GLPI says times in a zone that it does not name.
      time: this.#deps.clock.nowMs(),
      ...(assignee === undefined ? {} : { assignee }),
      ...(assignee !== undefined || isTaken(state) ? { acknowledged: true } : {}),
      ...(byPeople && state !== 'new' ? { state } : {}),
      ...(byPeople && closing !== undefined ? { closing } : {}),
    }
  }

  async #lastSolution(
    number: number,
    signal: AbortSignal,
  ): Promise<z.infer<typeof solutionSchema> | undefined> {
    const answer = await this.#expect({ method: 'GET', path: `/Ticket/${number}/ITILSolution` }, signal)
    return answer.json(z.array(solutionSchema)).at(-1)
  }

  /** Name of the person that a ticket is assigned to, unless it is Vigie. */
  async #technician(number: number, me: number, signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.#expect({ method: 'GET', path: `/Ticket/${number}/Ticket_User` }, signal)
    const users = answer.json(z.array(z.object({ users_id: z.number(), type: z.number() })))
    const assigned = users.find(({ type, users_id }) => type === ASSIGNED && users_id !== me && users_id > 0)
    if (assigned === undefined) return undefined
    const user = await this.#call({ method: 'GET', path: `/User/${assigned.users_id}` }, signal)
    return user.ok ? user.json(z.object({ name: z.string() })).name : String(assigned.users_id)
  }

  async #myId(signal: AbortSignal): Promise<number> {
    if (this.#me === undefined) {
      const answer = await this.#expect({ method: 'GET', path: '/getFullSession' }, signal)
      this.#me = answer.json(z.object({ session: z.object({ glpiID: z.coerce.number() }) })).session.glpiID
    }
    return this.#me
  }

  async #openSession(signal: AbortSignal): Promise<string> {
    const authorization = `user_token ${this.#http.secret(this.#config.user_token)}`
    const headers = { authorization, ...this.#appToken() }
    const answer = await this.#http.call({ method: 'GET', path: '/initSession', headers }, signal)
    return this.#http.conceal(this.#good(answer).json(z.object({ session_token: z.string() })).session_token)
  }

  #appToken(): Record<string, string> {
    const { app_token } = this.#config
    return app_token === undefined ? {} : { 'app-token': this.#http.secret(app_token) }
  }

  #call(call: HttpCall, signal: AbortSignal): Promise<Answer> {
    const ended = (answer: Answer): boolean => answer.status === 401 && /SESSION_TOKEN/.test(codeOf(answer))
    return this.#session.use(
      signal,
      (token) =>
        this.#http.call({ ...call, headers: { 'session-token': token, ...this.#appToken() } }, signal),
      ended,
    )
  }

  async #expect(call: HttpCall, signal: AbortSignal): Promise<Answer> {
    return this.#good(await this.#call(call, signal))
  }

  /** GLPI says 400 to a token of an application that is not right. */
  #good(answer: Answer): Answer {
    if (answer.ok) return answer
    if (answer.status === 400 && /APP_TOKEN|LOGIN/.test(codeOf(answer)))
      throw new UnauthorisedError(answer.failure().message, { status: 400 })
    throw answer.failure()
  }

  #receipt(number: number, outcome: DeliveryReceipt['outcome']): DeliveryReceipt {
    const base = this.#config.url.replace(/\/apirest\.php\/?$/, '')
    return {
      id: String(number),
      number: String(number),
      url: `${base}/front/ticket.form.php?id=${number}`,
      outcome,
    }
  }
}

const solutionSchema = z.object({ users_id: z.number().nullish(), solutiontypes_id: z.number().nullish() })
type Criterion = readonly [number, 'contains' | 'morethan', string]

const codeOf = (answer: Answer): string => {
  const read = errorSchema.safeParse(answer.parsed())
  return read.success ? read.data[0] : ''
}

/** GLPI knows no finer time than a second, and no "from": what changed in the same second comes twice rather than never. */
const secondBefore = (time: string): string =>
  new Date(Date.parse(`${time.replace(' ', 'T')}Z`) - 1000).toISOString().slice(0, 19).replace('T', ' ')

/** Plain text as the HTML that descriptions and follow-ups are. */
const html = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/\n/g, '<br>')

export const glpi: TargetKind<GlpiConfig> = {
  id: 'glpi',
  title: { fr: 'GLPI', en: 'GLPI' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'assign', 'hold', 'resolve', 'reopen', 'close'],
    problems: false,
    identity: 'receipt',
    wayBack: 'poll',
  },
  create: (config, deps) => new GlpiTarget(config, deps),
}
