import { type FakeAnswer, type FakeCall, HttpFake } from './http_fake.js'

/**
 * A strict Jira, made from the Jira Cloud platform REST API (version 2: issues, transitions, comments, `search/jql`,
 * `myself`) and the Data Center one (`search`): required fields, names of priorities and types, transitions of a workflow,
 * resolution only on the screen that has it. Of JQL it reads `project`, `labels` and a relative `updated`.
 */
interface Issue {
  id: string
  key: string
  summary: string
  description: string
  status: string
  priority: string
  labels: string[]
  resolution: string | undefined
  assignee: string | undefined
  comments: string[]
  updated: number
  histories: { id: string; author: object; created: string; items: { field: string; toString: string }[] }[]
}

/** A workflow: from a status, the ones it leads to. */
const WORKFLOW: Readonly<Record<string, readonly string[]>> = {
  Open: ['In progress', 'Pending', 'Completed'],
  'In progress': ['Pending', 'Completed'],
  Pending: ['In progress', 'Completed'],
  Completed: ['In progress', 'Closed'],
  Closed: [],
}
const PRIORITIES = new Set(['Highest', 'High', 'Medium', 'Low', 'Lowest'])
const bad = (errors: object): FakeAnswer => ({ status: 400, json: { errorMessages: [], errors } })

export class JiraFake extends HttpFake {
  readonly issues: Issue[] = []
  authorization = ''
  now = Date.UTC(2026, 10, 22)
  #histories = 0

  /** A person's change. */
  change(id: string, changes: { status?: string; assignee?: string; resolution?: string }): void {
    const issue = this.issues.find((one) => one.id === id)!
    this.#change(issue, changes, { accountId: 'a-1', displayName: 'Analyste' })
  }

  protected answer(call: FakeCall): FakeAnswer {
    const { method, path, headers, query } = call
    if (headers.authorization !== this.authorization)
      return { status: 401, text: 'Client must be authenticated to access this resource.' }
    if (method !== 'GET' && headers['content-type'] !== 'application/json') return { status: 415, json: {} }
    const [resource = '', id = '', sub = ''] = path.replace('/rest/api/2/', '').split('/')
    const body = call.body === '' ? {} : JSON.parse(call.body)
    if (resource === 'myself') return { status: 200, json: { accountId: 'vigie-1', displayName: 'Vigie' } }
    if (resource === 'search' && id === 'jql')
      return { status: 200, json: { issues: this.#search(query.get('jql')!) } }
    if (resource === 'project' && id === 'NET') return { status: 200, json: { key: 'NET' } }
    if (resource !== 'issue') return { status: 404, json: { errorMessages: ['No project could be found'] } }
    if (id === '' && method === 'POST') return this.#create(body.fields ?? {})
    const issue = this.issues.find((one) => one.id === id || one.key === id)
    if (issue === undefined)
      return { status: 404, json: { errorMessages: ['Issue does not exist'], errors: {} } }
    if (sub === '' && method === 'GET') return { status: 200, json: seen(issue) }
    if (sub === '' && method === 'PUT') return this.#edit(issue, body.fields ?? {})
    if (sub === 'comment' && method === 'GET')
      return { status: 200, json: { comments: issue.comments.map((text) => ({ body: text })) } }
    if (sub === 'comment' && method === 'POST') {
      if (typeof body.body !== 'string' || body.body === '')
        return bad({ comment: 'Comment body can not be empty!' })
      issue.comments.push(body.body)
      return { status: 201, json: { id: String(issue.comments.length) } }
    }
    return sub === 'transitions' ? this.#transitions(issue, method, body) : { status: 405 }
  }

  #create(fields: Record<string, never>): FakeAnswer {
    const { project, issuetype, summary, description, priority, labels } = fields as unknown as {
      project?: { key?: string }
      issuetype?: { name?: string }
      summary?: string
      description?: string
      priority?: { name: string }
      labels?: string[]
    }
    if (project?.key !== 'NET') return bad({ project: 'valid project is required' })
    if (issuetype?.name !== 'Incident') return bad({ issuetype: 'The issue type selected is invalid.' })
    if (!summary || summary.length > 255 || summary.includes('\n')) return bad({ summary: 'Summary' })
    if (priority !== undefined && !PRIORITIES.has(priority.name))
      return bad({ priority: 'Priority is invalid' })
    if ((description ?? '').length > 32_767) return bad({ description: 'too long' })
    if ((labels ?? []).some((label) => /\s/.test(label))) return bad({ labels: 'contains spaces' })
    const number = this.issues.length + 1
    const issue: Issue = {
      id: String(10_000 + number),
      key: `NET-${number}`,
      summary,
      description: description ?? '',
      status: 'Open',
      priority: priority?.name ?? 'Medium',
      labels: labels ?? [],
      resolution: undefined,
      assignee: undefined,
      comments: [],
      updated: this.now,
      histories: [],
    }
    this.issues.push(issue)
    return {
      status: 201,
      json: { id: issue.id, key: issue.key, self: `${this.url}/rest/api/2/issue/${issue.id}` },
    }
  }

  #edit(issue: Issue, fields: { summary?: string; priority?: { name: string } }): FakeAnswer {
    for (const name of Object.keys(fields))
      if (!['summary', 'priority'].includes(name)) return bad({ [name]: `Field '${name}' cannot be set.` })
    if (fields.priority !== undefined && !PRIORITIES.has(fields.priority.name))
      return bad({ priority: 'invalid' })
    issue.summary = fields.summary ?? issue.summary
    issue.priority = fields.priority?.name ?? issue.priority
    return { status: 204 }
  }

  #transitions(
    issue: Issue,
    method: string,
    body: { transition?: { id?: string }; fields?: object },
  ): FakeAnswer {
    const ways = (WORKFLOW[issue.status] ?? []).map((name) => ({
      id: String(Object.keys(WORKFLOW).indexOf(name) + 1),
      to: { name },
      fields: name === 'Completed' ? { resolution: { required: false } } : {},
    }))
    if (method === 'GET') return { status: 200, json: { transitions: ways } }
    const way = ways.find(({ id }) => id === body.transition?.id)
    if (way === undefined)
      return { status: 400, json: { errorMessages: ['It is not on the appropriate workflow.'] } }
    for (const name of Object.keys(body.fields ?? {}))
      if (!(name in way.fields))
        return bad({ [name]: `Field '${name}' cannot be set. It is not on the screen.` })
    const { resolution } = (body.fields ?? {}) as { resolution?: { name: string } }
    const changes = {
      status: way.to.name,
      ...(resolution === undefined ? {} : { resolution: resolution.name }),
    }
    this.#change(issue, changes, { accountId: 'vigie-1', displayName: 'Vigie' })
    return { status: 204 }
  }

  #change(issue: Issue, changes: Record<string, string>, author: object): void {
    Object.assign(issue, changes, { updated: this.now })
    const items = Object.entries(changes).map(([field, value]) => ({ field, toString: value }))
    const created = new Date(this.now).toISOString().replace('Z', '+0000')
    issue.histories.push({ id: String(++this.#histories), author, created, items })
  }

  #search(jql: string): { id: string }[] {
    const conditions = jql.replace(/ ORDER BY .*$/, '').split(' AND ')
    return this.issues
      .filter((issue) =>
        conditions.every((condition) => {
          const [, field = '', value = ''] = /^(\w+) (?:=|>=) "(.*)"$/.exec(condition) ?? []
          if (field === 'project') return value === 'NET'
          if (field === 'labels') return issue.labels.includes(value)
          if (field === 'updated' && /^-\d+m$/.test(value))
            return issue.updated >= this.now + Number(value.slice(0, -1)) * 60_000
          throw new Error(`a condition that this fake does not read: ${condition}`)
        }),
      )
      .map(({ id }) => ({ id }))
  }
}

const seen = ({ id, key, status, resolution, labels, histories }: Issue): object => ({
  id,
  key,
  fields: {
    status: { name: status },
    resolution: resolution === undefined ? null : { name: resolution },
    labels,
  },
  changelog: { histories },
})
