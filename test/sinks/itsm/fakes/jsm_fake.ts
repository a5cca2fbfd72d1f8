import { type FakeAnswer, type FakeCall, HttpFake } from './http_fake.js'

/**
 * A strict Jira Service Management for alerts, made from "Integration events" (Jira Service Management ops REST API, its
 * Postman collection) and from the Alert API of Opsgenie, whose shape it kept: lengths and enumerations, one open alert an
 * alias, everything taken with 202 and done later, `identifierType=alias`.
 */
interface Alert {
  id: string
  alias: string
  message: string
  priority: string
  status: 'open' | 'closed'
  acknowledged: boolean
  count: number
  notes: string[]
}

const KEYS = new Set([
  'message',
  'alias',
  'description',
  'responders',
  'visibleTo',
  'actions',
  'tags',
  'details',
  'entity',
  'source',
  'priority',
  'user',
  'note',
])
const BASE = '/jsm/ops/integration/v2/alerts'

export class JsmFake extends HttpFake {
  readonly apiKey = 'b6d0a0de-0000-4000-8000-0123456789ab'
  readonly alerts: Alert[] = []
  /** How often a request is asked after before it is done. */
  lateness = 1
  readonly #requests = new Map<
    string,
    { asked: number; done: { isSuccess: boolean; status: string; alertId: string } }
  >()

  protected answer(call: FakeCall): FakeAnswer {
    const { method, path, headers, query } = call
    if (headers.authorization !== `GenieKey ${this.apiKey}`)
      return { status: 401, json: { message: 'Could not authenticate', took: 0.001, requestId: 'r' } }
    const asked = /^\/jsm\/ops\/integration\/v2\/alerts\/requests\/(.+)$/.exec(path)?.[1]
    if (method === 'GET' && asked !== undefined) return this.#status(asked)
    if (method !== 'POST') return { status: 405, json: { message: 'Method not allowed' } }
    if (headers['content-type'] !== 'application/json') return { status: 415, json: {} }
    const body = JSON.parse(call.body) as Record<string, unknown>
    if (path === BASE) return this.#create(body)
    const [, id = '', action = ''] =
      /^\/jsm\/ops\/integration\/v2\/alerts\/([^/]+)\/(acknowledge|close|notes)$/.exec(path) ?? []
    if (id === '') return { status: 404, json: { message: 'No such resource' } }
    if (query.get('identifierType') !== 'alias') return { status: 422, json: { message: 'id is expected' } }
    if (action === 'notes' && !body.note) return { status: 422, json: { message: 'note can not be empty' } }
    return this.#act(id, action, String(body.note ?? ''))
  }

  open(alias: string): Alert | undefined {
    return this.alerts.find((alert) => alert.alias === alias && alert.status === 'open')
  }

  #create(body: Record<string, unknown>): FakeAnswer {
    const wrong = faults(body)
    if (wrong.length > 0)
      return { status: 422, json: { message: 'Request body is not processable', errors: wrong } }
    const alias = String(body.alias)
    const known = this.open(alias)
    if (known !== undefined) known.count++
    const alert = known ?? {
      id: `alert-${this.alerts.length + 1}`,
      alias,
      message: String(body.message),
      priority: String(body.priority ?? 'P3'),
      status: 'open' as const,
      acknowledged: false,
      count: 1,
      notes: [],
    }
    if (known === undefined) this.alerts.push(alert)
    return this.#taken({ isSuccess: true, status: 'Created alert', alertId: alert.id })
  }

  #act(alias: string, action: string, note: string): FakeAnswer {
    const alert = this.open(alias)
    if (alert === undefined)
      return this.#taken({ isSuccess: false, status: 'Alert does not exist', alertId: '' })
    if (note !== '') alert.notes.push(note)
    if (action === 'acknowledge') alert.acknowledged = true
    if (action === 'close') alert.status = 'closed'
    return this.#taken({ isSuccess: true, status: `${action} done`, alertId: alert.id })
  }

  #taken(done: { isSuccess: boolean; status: string; alertId: string }): FakeAnswer {
    const requestId = `request-${this.#requests.size + 1}`
    this.#requests.set(requestId, { asked: 0, done })
    return { status: 202, json: { result: 'Request will be processed', took: 0.1, requestId } }
  }

  #status(requestId: string): FakeAnswer {
    const request = this.#requests.get(requestId)
    if (request === undefined || request.asked++ < this.lateness)
      return { status: 404, json: { message: 'Request not found. It might not be processed, yet.' } }
    return { status: 200, json: { data: { ...request.done, success: request.done.isSuccess }, requestId } }
  }
}

function faults(body: Record<string, unknown>): string[] {
  const found: string[] = []
  const text = (key: string, max: number, required = false): void => {
    const value = body[key]
    if (value === undefined && !required) return
    if (typeof value !== 'string' || (required && value === '') || value.length > max) found.push(key)
  }
  for (const key of Object.keys(body)) if (!KEYS.has(key)) found.push(`unknown ${key}`)
  text('message', 130, true)
  text('alias', 512)
  text('description', 15_000)
  text('entity', 512)
  text('source', 100)
  if (body.priority !== undefined && !/^P[1-5]$/.test(String(body.priority))) found.push('priority')
  const tags = (body.tags ?? []) as string[]
  if (tags.length > 20 || tags.some((tag) => tag.length > 50)) found.push('tags')
  for (const value of Object.values(body.details ?? {})) if (typeof value !== 'string') found.push('details')
  return found
}
