import { type FakeAnswer, type FakeCall, HttpFake } from './http_fake.js'

/**
 * A strict GLPI, made from apirest.md of glpi-project/glpi (sessions, items, search, errors as `[code, message]`) and from
 * the classes Ticket, ITILSolution and ITILFollowup of version 10: choices of status, urgency and impact, a solution brings
 * the ticket to solved, a solved ticket takes no second solution. GET requests have no body.
 */
interface Ticket {
  id: number
  name: string
  content: string
  status: number
  urgency: number
  impact: number
  date_mod: string
  users_id_lastupdater: number
  technician: number | undefined
  followups: { content: string }[]
  solutions: { users_id: number; solutiontypes_id: number; content: string }[]
}

const error = (status: number, code: string, message = code): FakeAnswer => ({
  status,
  json: [code, message],
})
const VIGIE = 7
const TICKET_FIELDS = new Set([
  'name',
  'content',
  'type',
  'status',
  'urgency',
  'impact',
  'entities_id',
  'itilcategories_id',
  '_groups_id_assign',
])

export class GlpiFake extends HttpFake {
  readonly userToken = 'clé-d-accès-distant-de-vigie'
  readonly appToken = 'jeton-de-l-application'
  readonly tickets: Ticket[] = []
  readonly #sessions = new Set<string>()
  sessionsOpened = 0
  #now = Date.UTC(2026, 10, 22)

  /** Ends all sessions, as GLPI does after a while. */
  expireSessions(): void {
    this.#sessions.clear()
  }

  /** A person's change. */
  change(id: string, changes: Partial<Ticket>): void {
    const ticket = this.tickets.find((one) => one.id === Number(id))!
    Object.assign(ticket, changes, { users_id_lastupdater: 42, date_mod: this.#time() })
  }

  protected answer(call: FakeCall): FakeAnswer {
    const { method, headers, body } = call
    if (headers['app-token'] !== this.appToken) return error(400, 'ERROR_WRONG_APP_TOKEN_PARAMETER')
    if (method === 'GET' && body !== '') return error(400, 'ERROR_BAD_REQUEST', 'GET must have an empty body')
    const [resource = '', id = '', sub = ''] = call.path.replace('/apirest.php/', '').split('/')
    if (resource === 'initSession') {
      if (headers.authorization !== `user_token ${this.userToken}`)
        return error(401, 'ERROR_GLPI_LOGIN_USER_TOKEN')
      const session_token = `session-${++this.sessionsOpened}-0123456789`
      this.#sessions.add(session_token)
      return { status: 200, json: { session_token } }
    }
    const session = headers['session-token']
    if (session === undefined) return error(400, 'ERROR_SESSION_TOKEN_MISSING')
    if (!this.#sessions.has(String(session))) return error(401, 'ERROR_SESSION_TOKEN_INVALID')
    if (resource === 'getFullSession') return { status: 200, json: { session: { glpiID: VIGIE } } }
    if (resource === 'search' && id === 'Ticket') return this.#search(call.query)
    if (resource === 'User') return { status: 200, json: { id: Number(id), name: 'analyste' } }
    if (method === 'GET') return this.#get(resource, Number(id), sub)
    if (headers['content-type'] !== 'application/json') return error(400, 'ERROR_JSON_PAYLOAD_INVALID')
    const { input } = JSON.parse(body) as { input?: Record<string, unknown> }
    if (input === undefined)
      return error(400, 'ERROR_BAD_ARRAY', 'input parameter must be an array of objects')
    if (method === 'POST') return this.#add(resource, input)
    if (method === 'PUT' && resource === 'Ticket') return this.#put(Number(id), input)
    return error(405, 'ERROR_METHOD_NOT_ALLOWED')
  }

  #get(resource: string, id: number, sub: string): FakeAnswer {
    const ticket = resource === 'Ticket' ? this.tickets.find((one) => one.id === id) : undefined
    if (ticket === undefined) return error(404, 'ERROR_ITEM_NOT_FOUND', 'Item not found')
    if (sub === 'ITILFollowup') return { status: 200, json: ticket.followups }
    if (sub === 'ITILSolution') return { status: 200, json: ticket.solutions }
    const { technician } = ticket
    if (sub === 'Ticket_User')
      return {
        status: 200,
        json: [
          { users_id: VIGIE, type: 1 },
          ...(technician === undefined ? [] : [{ users_id: technician, type: 2 }]),
        ],
      }
    const { followups: _f, solutions: _s, technician: _t, ...seen } = ticket
    return { status: 200, json: seen }
  }

  #add(type: string, input: Record<string, unknown>): FakeAnswer {
    if (type === 'Ticket') {
      const wrong = faults(input)
      if (!input.name || !input.content) wrong.push('Mandatory fields are not filled')
      if (wrong.length > 0) return { status: 400, json: ['ERROR_GLPI_ADD', wrong.join(', ')] }
      const ticket: Ticket = {
        id: this.tickets.length + 101,
        name: String(input.name),
        content: String(input.content),
        status: Number(input.status ?? 1),
        urgency: Number(input.urgency ?? 3),
        impact: Number(input.impact ?? 3),
        date_mod: this.#time(),
        users_id_lastupdater: VIGIE,
        technician: undefined,
        followups: [],
        solutions: [],
      }
      this.tickets.push(ticket)
      return { status: 201, json: { id: ticket.id, message: '' } }
    }
    const ticket = this.tickets.find(({ id }) => id === input.items_id)
    if (ticket === undefined || input.itemtype !== 'Ticket' || !input.content)
      return error(400, 'ERROR_GLPI_ADD', 'no item')
    const content = String(input.content)
    if (type === 'ITILFollowup') ticket.followups.push({ content })
    else if (type === 'ITILSolution') {
      // Taken with 201, and false, as an item among several would be.
      if (ticket.status >= 5)
        return { status: 201, json: { id: false, message: 'The ticket is already solved' } }
      ticket.solutions.push({
        users_id: VIGIE,
        solutiontypes_id: Number(input.solutiontypes_id ?? 0),
        content,
      })
      ticket.status = 5
    } else return error(400, 'ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM')
    Object.assign(ticket, { date_mod: this.#time(), users_id_lastupdater: VIGIE })
    return { status: 201, json: { id: 1, message: '' } }
  }

  #put(id: number, input: Record<string, unknown>): FakeAnswer {
    const ticket = this.tickets.find((one) => one.id === id)
    if (ticket === undefined) return error(404, 'ERROR_ITEM_NOT_FOUND')
    const wrong = faults(input)
    if (wrong.length > 0) return { status: 200, json: [{ [id]: false, message: wrong.join(', ') }] }
    Object.assign(ticket, input, { date_mod: this.#time(), users_id_lastupdater: VIGIE })
    return { status: 200, json: [{ [id]: true, message: '' }] }
  }

  #search(query: URLSearchParams): FakeAnswer {
    let found = this.tickets
    for (let i = 0; query.has(`criteria[${i}][field]`); i++) {
      const field = query.get(`criteria[${i}][field]`)
      const how = query.get(`criteria[${i}][searchtype]`)
      const value = query.get(`criteria[${i}][value]`) ?? ''
      if (i > 0 && query.get(`criteria[${i}][link]`) !== 'AND') return error(400, 'ERROR', 'link')
      if (field === '21' && how === 'contains') found = found.filter(({ content }) => content.includes(value))
      else if (field === '19' && how === 'morethan') found = found.filter(({ date_mod }) => date_mod > value)
      else if (!(field === '15' && how === 'morethan')) return error(400, 'ERROR_FIELD_NOT_FOUND')
    }
    const data = found.map(({ id, name }) => ({ 1: name, 2: id, 80: 'Entité racine' }))
    return {
      status: 200,
      json: { totalcount: found.length, count: found.length, ...(data.length > 0 ? { data } : {}) },
    }
  }

  #time(): string {
    this.#now += 1000
    return new Date(this.#now).toISOString().slice(0, 19).replace('T', ' ')
  }
}

function faults(input: Record<string, unknown>): string[] {
  const found: string[] = []
  const within = (key: string, min: number, max: number): void => {
    const value = input[key]
    if (value !== undefined && (typeof value !== 'number' || value < min || value > max)) found.push(key)
  }
  for (const key of Object.keys(input)) if (!TICKET_FIELDS.has(key)) found.push(`unknown ${key}`)
  within('status', 1, 6)
  within('urgency', 1, 5)
  within('impact', 1, 5)
  within('type', 1, 2)
  if (String(input.name ?? '').length > 255) found.push('name')
  if (/<(?!br>)/.test(String(input.content ?? ''))) found.push('content is not escaped')
  return found
}
