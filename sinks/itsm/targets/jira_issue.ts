import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
import {
  CLOSING_CODES,
  type ClosingCode,
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
  type Target,
  type TargetDeps,
  type TargetKind,
} from '../target.js'
import { clip } from '../ticket_text.js'
import { closingOf, isTaken } from './closing_words.js'
import { Authorised, authSchema } from './http/auth.js'
import { type HttpCall, HttpClient } from './http/http_client.js'
import { encrypted, HTTP_KEYS } from './http/http_config.js'

/**
 * Issues of Jira and Jira Service Management (Jira Cloud platform REST API, Jira Data Center REST API; version 2 of both,
 * whose texts are plain). An issue is found by a label that holds the incident's uid. A state is reached by whatever
 * transition of the workflow leads to it.
 */
const SUMMARY_MAX = 255
const DESCRIPTION_MAX = 32_000
const PAGE = 100
const MINUTE_MS = 60_000

const config = z
  .strictObject({
    ...HTTP_KEYS,
    /** Cloud: `type: basic` with an e-mail address and an API token. Data Center: `type: bearer` with an access token. */
    auth: authSchema,
    deployment: z.enum(['cloud', 'data_center']).default('cloud'),
    /** Key of the project. */
    project: z.string().min(1),
    issue_type: z.string().min(1).default('Incident'),
    /** Names of priorities 1 to 5. */
    priorities: z.array(z.string()).length(5).default(['Highest', 'High', 'Medium', 'Low', 'Lowest']),
    /** Names of statuses for our states; those left out keep the name of the template for IT service management. */
    statuses: z.partialRecord(z.enum(INCIDENT_STATES), z.string()).default({}),
    /** Our state for statuses that `statuses` does not name. */
    statuses_back: z.record(z.string(), z.enum(INCIDENT_STATES)).default({}),
    /** Names of resolutions for our closing codes; the workflow's own where there is none. */
    resolutions: z.partialRecord(z.enum(CLOSING_CODES), z.string()).default({}),
    /** Our closing code for names of resolutions. */
    closing_back: z.record(z.string(), z.enum(CLOSING_CODES)).default({}),
    labels: z.array(z.string().regex(/^\S+$/)).default(['vigie']),
  })
  .refine(encrypted.check, encrypted.say)
export type JiraIssueConfig = z.infer<typeof config>

const STATUSES: Readonly<Record<IncidentState, string>> = {
  new: 'Open',
  in_progress: 'In progress',
  on_hold: 'Pending',
  resolved: 'Completed',
  closed: 'Closed',
}
const STATES_BACK: Readonly<Record<string, IncidentState>> = {
  'work in progress': 'in_progress',
  'waiting for support': 'new',
  resolved: 'resolved',
  done: 'resolved',
  canceled: 'closed',
}

const named = z.object({ name: z.string() }).nullish()
const person = z.object({
  accountId: z.string().optional(),
  name: z.string().optional(),
  displayName: z.string().optional(),
})
const historySchema = z.object({
  id: z.string(),
  author: person.optional(),
  created: z.string(),
  items: z.array(z.object({ field: z.string(), toString: z.string().nullish() })),
})
const issueSchema = z.object({
  id: z.string(),
  key: z.string(),
  fields: z.object({
    status: z.object({ name: z.string() }),
    resolution: named,
    labels: z.array(z.string()).default([]),
  }),
  changelog: z.object({ histories: z.array(historySchema) }).optional(),
})
type Issue = z.infer<typeof issueSchema>
const commentsSchema = z.object({ comments: z.array(z.object({ body: z.string() })) })
const transitionsSchema = z.object({
  transitions: z.array(
    z.object({
      id: z.string(),
      to: z.object({ name: z.string() }),
      fields: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
})

class JiraIssueTarget implements Target {
  readonly #config: JiraIssueConfig
  readonly #deps: TargetDeps
  readonly #http: HttpClient
  readonly #api: Authorised
  readonly #statuses: Readonly<Record<IncidentState, string>>
  #me: string | undefined

  constructor(config: JiraIssueConfig, deps: TargetDeps) {
    this.#config = config
    this.#deps = deps
    this.#http = new HttpClient('jira_issue', config, deps)
    this.#api = new Authorised(this.#http, config.auth)
    this.#statuses = { ...STATUSES, ...config.statuses }
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { incident, kind, text, transition } = delivery
    const found = await this.#find(delivery, signal)
    if (found === undefined) return this.#create(delivery, signal)
    if (kind === 'open') return this.#receipt(found, 'existing')
    const fields = { summary: clip(text.title, SUMMARY_MAX), priority: this.#priority(delivery) }
    await this.#expect({ method: 'PUT', path: `/issue/${found.key}`, json: { fields } }, signal)
    const status = this.#statusAfter(delivery, found.fields.status.name)
    if (status !== undefined) await this.#moveTo(found.key, status, delivery, signal)
    const mark = `(${incident.number} #${transition.version})`
    const repeated = delivery.attempt > 1 || delivery.mayExist
    if (!repeated || !(await this.#isCommented(found.key, mark, signal))) {
      const json = { body: `${text.note}\n\n${mark}` }
      await this.#expect({ method: 'POST', path: `/issue/${found.key}/comment`, json }, signal)
    }
    return this.#receipt(found, 'updated')
  }

  async poll(
    cursor: string | undefined,
    open: readonly OpenTicket[],
    { signal }: DeliveryContext,
  ): Promise<PollResult> {
    const now = this.#deps.clock.nowMs()
    const since = Number(cursor ?? 0)
    // A date in JQL is in the user's time zone and in minutes; an age is not.
    const minutes = Math.ceil((now - since) / MINUTE_MS) + 1
    const recent = cursor === undefined ? '' : ` AND updated >= "-${minutes}m"`
    const jql = `project = ${text(this.#config.project)} AND labels = ${text(this.#config.labels[0] ?? 'vigie')}${recent} ORDER BY updated DESC`
    const byId = new Map(open.map(({ incident, remote }) => [remote.id, incident]))
    const me = await this.#myId(signal)
    const events: RemoteEvent[] = []
    for (const { id } of await this.#search(jql, signal)) {
      const incident = byId.get(id)
      const issue = incident === undefined ? undefined : await this.#issue(id, signal, 'changelog')
      if (incident === undefined || issue === undefined) continue
      for (const history of issue.changelog?.histories ?? []) {
        const { author } = history
        const own = author !== undefined && (author.accountId ?? author.name) === me
        if (!own && Date.parse(history.created) >= since - MINUTE_MS)
          events.push(...this.#events(history, issue, incident))
      }
    }
    return { events, cursor: String(now) }
  }

  async check({ signal }: DeliveryContext): Promise<Bilingual> {
    const { project } = this.#config
    await this.#expect({ method: 'GET', path: `/project/${encodeURIComponent(project)}` }, signal)
    return {
      fr: `Jira répond; son projet ${project} est visible.`,
      en: `Jira answers; its project ${project} can be seen.`,
    }
  }

  async stop(): Promise<void> {
    this.#http.close()
  }

  async #find({ remote, incident }: Delivery, signal: AbortSignal): Promise<Issue | undefined> {
    const known = remote === undefined ? undefined : await this.#issue(remote.id, signal)
    if (known !== undefined) return known
    const jql = `project = ${text(this.#config.project)} AND labels = ${text(label(incident.uid))} ORDER BY created DESC`
    const [found] = await this.#search(jql, signal)
    return found === undefined ? undefined : this.#issue(found.id, signal)
  }

  async #issue(id: string, signal: AbortSignal, expand?: string): Promise<Issue | undefined> {
    const query = { fields: 'status,resolution,labels', ...(expand === undefined ? {} : { expand }) }
    const call: HttpCall = { method: 'GET', path: `/rest/api/2/issue/${encodeURIComponent(id)}`, query }
    const answer = await this.#api.call(call, signal)
    if (answer.status === 404 && answer.parsed() !== undefined) return undefined
    if (!answer.ok) throw answer.failure()
    return answer.json(issueSchema)
  }

  async #search(jql: string, signal: AbortSignal): Promise<readonly { id: string }[]> {
    const path = this.#config.deployment === 'cloud' ? '/search/jql' : '/search'
    const query = { jql, fields: 'id', maxResults: PAGE }
    const answer = await this.#expect({ method: 'GET', path, query }, signal)
    return answer.json(z.object({ issues: z.array(z.object({ id: z.string() })) })).issues
  }

  async #create(delivery: Delivery, signal: AbortSignal): Promise<DeliveryReceipt> {
    const { incident } = delivery
    const fields = {
      project: { key: this.#config.project },
      issuetype: { name: this.#config.issue_type },
      summary: clip(delivery.text.title, SUMMARY_MAX),
      description: clip(delivery.text.body, DESCRIPTION_MAX),
      priority: this.#priority(delivery),
      labels: [...this.#config.labels, label(incident.uid)],
    }
    const answer = await this.#expect({ method: 'POST', path: '/issue', json: { fields } }, signal)
    return this.#receipt(answer.json(z.object({ id: z.string(), key: z.string() })), 'created')
  }

  #priority({ incident }: Delivery): object {
    return { name: this.#config.priorities[incident.priority - 1] }
  }

  /** Takes the transition that leads to a status. */
  async #moveTo(
    key: string,
    status: string,
    { incident, kind }: Delivery,
    signal: AbortSignal,
  ): Promise<void> {
    const path = `/issue/${key}/transitions`
    const query = { expand: 'transitions.fields' }
    const offered = (await this.#expect({ method: 'GET', path, query }, signal)).json(
      transitionsSchema,
    ).transitions
    const way = offered.find(({ to }) => to.name.toLowerCase() === status.toLowerCase())
    // Many workflows end at what we call resolved.
    if (way === undefined && kind === 'close') return
    if (way === undefined) {
      const names = offered.map(({ to }) => to.name).join(', ')
      throw new RefusedError(`no transition of ${key} leads to ${status}, only to ${names}: see statuses`)
    }
    const resolution = incident.closing === undefined ? undefined : this.#config.resolutions[incident.closing]
    const asks = way.fields !== undefined && 'resolution' in way.fields
    const fields = asks && resolution !== undefined ? { fields: { resolution: { name: resolution } } } : {}
    await this.#expect({ method: 'POST', path, json: { transition: { id: way.id }, ...fields } }, signal)
  }

  #statusAfter({ kind, incident }: Delivery, now: string): string | undefined {
    const at = this.#stateOf(now)
    const ended = at === 'resolved' || at === 'closed'
    if (kind === 'resolve' || kind === 'close')
      return at === incident.state || at === 'closed' ? undefined : this.#statuses[incident.state]
    if (kind === 'reopen') return ended ? this.#statuses.in_progress : undefined
    if (kind === 'acknowledge' || kind === 'assign')
      return at === 'new' ? this.#statuses.in_progress : undefined
    return kind === 'hold' && !ended ? this.#statuses.on_hold : undefined
  }

  #stateOf(status: string): IncidentState | undefined {
    const own = Object.entries(this.#statuses).find(
      ([, name]) => name.toLowerCase() === status.toLowerCase(),
    )?.[0]
    return (
      this.#config.statuses_back[status] ??
      (own as IncidentState | undefined) ??
      STATES_BACK[status.toLowerCase()]
    )
  }

  async #isCommented(key: string, mark: string, signal: AbortSignal): Promise<boolean> {
    const query = { orderBy: '-created', maxResults: PAGE }
    const answer = await this.#expect({ method: 'GET', path: `/issue/${key}/comment`, query }, signal)
    return answer.json(commentsSchema).comments.some(({ body }) => body.includes(mark))
  }

  async #myId(signal: AbortSignal): Promise<string> {
    if (this.#me === undefined) {
      const { accountId, name } = (await this.#expect({ method: 'GET', path: '/myself' }, signal)).json(
        person,
      )
      this.#me = accountId ?? name ?? ''
    }
    return this.#me
  }

  #events(history: z.infer<typeof historySchema>, issue: Issue, incident: string): RemoteEvent[] {
    return history.items.flatMap(({ field, toString: to }): RemoteEvent[] => {
      const event = {
        id: `jira:${issue.id}:${history.id}:${field}`,
        incident,
        remoteId: issue.id,
        time: Date.parse(history.created),
        ...(history.author?.displayName === undefined ? {} : { by: history.author.displayName }),
      }
      if (field === 'assignee' && to) return [{ ...event, assignee: to, acknowledged: true }]
      const state = field === 'status' ? this.#stateOf(to ?? '') : undefined
      if (state === undefined) return []
      const ended = state === 'resolved' || state === 'closed'
      const closing = ended ? this.#closing(issue) : undefined
      const acknowledged = isTaken(state) ? { acknowledged: true } : {}
      return [{ ...event, state, ...acknowledged, ...(closing === undefined ? {} : { closing }) }]
    })
  }

  #closing(issue: Issue): ClosingCode | undefined {
    const { resolutions, closing_back } = this.#config
    const own = Object.entries(resolutions).map(([code, name]): [string, ClosingCode] => [
      name,
      code as ClosingCode,
    ])
    return closingOf(issue.fields.resolution?.name, { ...Object.fromEntries(own), ...closing_back })
  }

  #receipt({ id, key }: { id: string; key: string }, outcome: DeliveryReceipt['outcome']): DeliveryReceipt {
    return { id, number: key, url: `${this.#config.url.replace(/\/+$/, '')}/browse/${key}`, outcome }
  }

  #expect(call: HttpCall, signal: AbortSignal): ReturnType<Authorised['expect']> {
    return this.#api.expect({ ...call, path: `/rest/api/2${call.path}` }, signal)
  }
}

const label = (uid: string): string => `vigie-${uid}`
/** A text in JQL. */
const text = (value: string): string => `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`

export const jiraIssue: TargetKind<JiraIssueConfig> = {
  id: 'jira_issue',
  title: { fr: 'Jira et Jira Service Management, demandes', en: 'Jira and Jira Service Management issues' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'assign', 'hold', 'resolve', 'reopen', 'close'],
    problems: false,
    identity: 'receipt',
    wayBack: 'poll',
  },
  create: (config, deps) => new JiraIssueTarget(config, deps),
}
