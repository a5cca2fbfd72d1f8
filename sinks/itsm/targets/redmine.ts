import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
import {
  CLOSING_CODES,
  INCIDENT_STATES,
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
 * Redmine, REST API (redmine.org/projects/redmine/wiki/Rest_Issues). Issues are found by a custom field that holds the
 * incident's uid; a filter that Redmine does not know it leaves out without a word, so what it found is looked at. A status
 * that the workflow does not allow it leaves out too, so a status that was set is read back.
 */
const SUBJECT_MAX = 255
const PAGE = 100

const id = z.number().int().positive()
const config = z
  .strictObject({
    ...HTTP_KEYS,
    /** API key of a user made for Vigie. */
    api_key: secret(),
    /** Identifier of the project. */
    project: z.string().min(1),
    /** Tracker; left out: the project's first. */
    tracker_id: id.optional(),
    /** Number of the custom field of issues, a text used as a filter, that holds the incident's uid. */
    key_field_id: id,
    /** Number of a custom field with the closing code; left out: none is written nor read. */
    closing_field_id: id.optional(),
    /** Numbers of Redmine's priorities for priorities 1 to 5; default: those of its default data. */
    priority_ids: z.array(id).length(5).default([5, 4, 3, 2, 1]),
    /** Numbers of Redmine's statuses for our states; those left out keep the number of Redmine's default data. */
    statuses: z.partialRecord(z.enum(INCIDENT_STATES), id).default({}),
    /** Our state for numbers of statuses that `statuses` does not name. */
    statuses_back: z.record(z.string(), z.enum(INCIDENT_STATES)).default({ 6: 'closed' }),
    /** Our closing code for words of the closing field, or numbers of statuses. */
    closing_back: z.record(z.string(), z.enum(CLOSING_CODES)).default({ 6: 'false_positive' }),
  })
  .refine(encrypted.check, encrypted.say)
export type RedmineConfig = z.infer<typeof config>

/** New, in progress, feedback, resolved, closed in the default data. */
const STATUSES: Readonly<Record<IncidentState, number>> = {
  new: 1,
  in_progress: 2,
  on_hold: 4,
  resolved: 3,
  closed: 5,
}

const named = z.object({ id: z.number(), name: z.string().default('') })
const journalSchema = z.object({
  id: z.number(),
  user: named.optional(),
  notes: z.string().nullish(),
  created_on: z.string(),
  details: z.array(z.object({ property: z.string(), name: z.string(), new_value: z.string().nullish() })),
})
const issueSchema = z.object({
  id: z.number(),
  subject: z.string(),
  status: named,
  priority: named,
  author: named,
  assigned_to: named.optional(),
  updated_on: z.string(),
  custom_fields: z.array(z.object({ id: z.number(), value: z.unknown() })).default([]),
  journals: z.array(journalSchema).default([]),
})
type Issue = z.infer<typeof issueSchema>
type Journal = z.infer<typeof journalSchema>
const listSchema = z.object({ issues: z.array(issueSchema) })
const oneSchema = z.object({ issue: issueSchema })

class RedmineTarget implements Target {
  readonly #config: RedmineConfig
  readonly #http: HttpClient
  readonly #statuses: Readonly<Record<IncidentState, number>>

  constructor(config: RedmineConfig, deps: TargetDeps) {
    this.#config = config
    this.#http = new HttpClient('redmine', config, deps)
    this.#statuses = { ...STATUSES, ...config.statuses }
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { incident, kind, text, transition } = delivery
    const found = await this.#find(delivery, signal)
    if (found === undefined) return this.#create(delivery, signal)
    if (kind === 'open') return this.#receipt(found.id, 'existing')
    const mark = `${incident.number} #${transition.version}`
    const repeated = delivery.attempt > 1 || delivery.mayExist
    if (repeated && found.journals.some(({ notes }) => notes?.endsWith(mark)))
      return this.#receipt(found.id, 'unchanged')
    const status = this.#statusAfter(delivery, found.status.id)
    const issue = {
      subject: clip(text.title, SUBJECT_MAX),
      priority_id: this.#config.priority_ids[incident.priority - 1],
      notes: `${text.note}\n\n${mark}`,
      ...(status === undefined ? {} : { status_id: status }),
      ...(incident.resolved === undefined ? {} : this.#closingField(incident.closing)),
    }
    await this.#expect({ method: 'PUT', path: `/issues/${found.id}.json`, json: { issue } }, signal)
    // Many workflows let only people close what is resolved.
    if (status !== undefined && kind !== 'close') await this.#mustBe(found.id, status, signal)
    return this.#receipt(found.id, 'updated')
  }

  async poll(
    cursor: string | undefined,
    open: readonly OpenTicket[],
    { signal }: DeliveryContext,
  ): Promise<PollResult> {
    const byIssue = new Map(open.map(({ incident, remote }) => [remote.id, incident]))
    const query = {
      project_id: this.#config.project,
      status_id: '*',
      sort: 'updated_on',
      limit: PAGE,
      ...(cursor === undefined ? { sort: 'updated_on:desc' } : { updated_on: `>=${cursor}` }),
    }
    const changed = await this.#expect({ method: 'GET', path: '/issues.json', query }, signal)
    const events: RemoteEvent[] = []
    let newest = cursor ?? ''
    for (const { id, updated_on } of changed.json(listSchema).issues) {
      if (updated_on > newest) newest = updated_on
      const incident = byIssue.get(String(id))
      const issue = incident === undefined ? undefined : await this.#issue(String(id), signal)
      if (incident === undefined || issue === undefined) continue
      const journals = issue.journals.filter(({ created_on }) => cursor === undefined || created_on >= cursor)
      for (const journal of journals)
        if (journal.user?.id !== issue.author.id) events.push(...this.#events(journal, issue, incident))
    }
    return { events, cursor: newest }
  }

  async check({ signal }: DeliveryContext): Promise<Bilingual> {
    const { project } = this.#config
    await this.#expect({ method: 'GET', path: `/projects/${encodeURIComponent(project)}.json` }, signal)
    return {
      fr: `Redmine répond; son projet ${project} est visible.`,
      en: `Redmine answers; its project ${project} can be seen.`,
    }
  }

  async stop(): Promise<void> {
    this.#http.close()
  }

  async #find({ remote, incident }: Delivery, signal: AbortSignal): Promise<Issue | undefined> {
    const known = remote === undefined ? undefined : await this.#issue(remote.id, signal)
    if (known !== undefined) return known
    const { project, key_field_id } = this.#config
    const query = { project_id: project, status_id: '*', [`cf_${key_field_id}`]: incident.uid, limit: PAGE }
    const search: HttpCall = { method: 'GET', path: '/issues.json', query }
    const { issues } = (await this.#expect(search, signal)).json(listSchema)
    const ours = issues.find(({ custom_fields }) =>
      custom_fields.some(({ id, value }) => id === key_field_id && value === incident.uid),
    )
    if (ours === undefined && issues.length === PAGE)
      throw new RefusedError(`custom field ${key_field_id} is no filter in Redmine: tick “Used as a filter”`)
    return ours === undefined ? undefined : this.#issue(String(ours.id), signal)
  }

  async #issue(id: string, signal: AbortSignal): Promise<Issue | undefined> {
    const call: HttpCall = { method: 'GET', path: `/issues/${id}.json`, query: { include: 'journals' } }
    const answer = await this.#call(call, signal)
    // Redmine says 404 without a body for an issue that is gone.
    if (answer.status === 404) return undefined
    if (!answer.ok) throw answer.failure()
    return answer.json(oneSchema).issue
  }

  async #create({ incident, text }: Delivery, signal: AbortSignal): Promise<DeliveryReceipt> {
    const { project, tracker_id, key_field_id, priority_ids } = this.#config
    const issue = {
      project_id: project,
      subject: clip(text.title, SUBJECT_MAX),
      description: text.body,
      status_id: this.#statuses[incident.state],
      priority_id: priority_ids[incident.priority - 1],
      custom_fields: [{ id: key_field_id, value: incident.uid }],
      ...(tracker_id === undefined ? {} : { tracker_id }),
    }
    const answer = await this.#expect({ method: 'POST', path: '/issues.json', json: { issue } }, signal)
    const made = answer.json(oneSchema).issue
    const kept = made.custom_fields.some(({ id, value }) => id === key_field_id && value === incident.uid)
    if (!kept)
      throw new RefusedError(
        `Redmine did not keep custom field ${key_field_id}: it must belong to the tracker and be visible to Vigie's role`,
      )
    return this.#receipt(made.id, 'created')
  }

  #closingField(closing: string | undefined): object {
    const { closing_field_id } = this.#config
    if (closing_field_id === undefined || closing === undefined) return {}
    return { custom_fields: [{ id: closing_field_id, value: closing }] }
  }

  #statusAfter({ kind, incident }: Delivery, now: number): number | undefined {
    const at = this.#stateOf(now)
    const ended = at === 'resolved' || at === 'closed'
    const { in_progress, on_hold } = this.#statuses
    if (kind === 'resolve' || kind === 'close')
      return at === 'closed' ? undefined : this.#statuses[incident.state]
    if (kind === 'reopen') return ended ? in_progress : undefined
    if (kind === 'acknowledge' || kind === 'assign') return at === 'new' ? in_progress : undefined
    return kind === 'hold' && !ended ? on_hold : undefined
  }

  #stateOf(status: number): IncidentState | undefined {
    const own = Object.entries(this.#statuses).find(([, number]) => number === status)?.[0]
    return (own as IncidentState | undefined) ?? this.#config.statuses_back[status]
  }

  async #mustBe(id: number, status: number, signal: AbortSignal): Promise<void> {
    const issue = await this.#issue(String(id), signal)
    if (issue === undefined || issue.status.id === status) return
    throw new RefusedError(
      `Redmine left issue ${id} at status ${issue.status.id} instead of ${status}: its workflow does not allow Vigie's role that`,
    )
  }

  #events(journal: Journal, issue: Issue, incident: string): RemoteEvent[] {
    const base = {
      incident,
      remoteId: String(issue.id),
      time: Date.parse(journal.created_on),
      ...(journal.user === undefined ? {} : { by: journal.user.name }),
      ...(journal.notes ? { comment: journal.notes.slice(0, 2000) } : {}),
    }
    return journal.details.flatMap(({ property, name, new_value }): RemoteEvent[] => {
      const event = { ...base, id: `redmine:${issue.id}:${journal.id}:${name}` }
      if (property !== 'attr') return []
      if (name === 'assigned_to_id' && new_value) {
        const { assigned_to } = issue
        const assignee = String(assigned_to?.id) === new_value ? assigned_to!.name : new_value
        return [{ ...event, assignee, acknowledged: true }]
      }
      const state = name === 'status_id' ? this.#stateOf(Number(new_value)) : undefined
      if (state === undefined) return []
      const ended = state === 'resolved' || state === 'closed'
      const closing = ended ? this.#closing(issue, new_value ?? '') : undefined
      const acknowledged = isTaken(state) ? { acknowledged: true } : {}
      return [{ ...event, state, ...acknowledged, ...(closing === undefined ? {} : { closing }) }]
    })
  }

  #closing(issue: Issue, status: string): RemoteEvent['closing'] {
    const { closing_field_id, closing_back } = this.#config
    const field = issue.custom_fields.find(({ id }) => id === closing_field_id)?.value
    return closingOf(typeof field === 'string' ? field : undefined, closing_back) ?? closing_back[status]
  }

  #receipt(id: number, outcome: DeliveryReceipt['outcome']): DeliveryReceipt {
    const url = `${this.#config.url.replace(/\/+$/, '')}/issues/${id}`
    return { id: String(id), number: `#${id}`, url, outcome }
  }

  #call(call: HttpCall, signal: AbortSignal): Promise<Answer> {
    const headers = { 'x-redmine-api-key': this.#http.secret(this.#config.api_key) }
    return this.#http.call({ ...call, headers }, signal)
  }

  async #expect(call: HttpCall, signal: AbortSignal): Promise<Answer> {
    const answer = await this.#call(call, signal)
    if (!answer.ok) throw answer.failure()
    return answer
  }
}

export const redmine: TargetKind<RedmineConfig> = {
  id: 'redmine',
  title: { fr: 'Redmine', en: 'Redmine' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'assign', 'hold', 'resolve', 'reopen', 'close'],
    problems: false,
    identity: 'receipt',
    wayBack: 'poll',
  },
  create: (config, deps) => new RedmineTarget(config, deps),
}
