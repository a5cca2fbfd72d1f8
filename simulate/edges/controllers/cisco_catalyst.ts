import {
  type ControllerContract,
  type ControllerRequest,
  type ControllerWorld,
  cookieOf,
  jsonOf,
  type Reply,
  refused,
} from '../controller.js'

const LOGIN_PAGE: Reply = {
  headers: { 'content-type': 'text/html;charset=UTF-8' },
  body: '<html><head><title>Cisco SD-WAN</title></head><body><form action="j_security_check"/></body></html>',
}
const credentials = { username: 'vigie-ro', password: 'catalyst-secret-1' }
const STATISTICS = /^\/dataservice\/data\/device\/statistics\/(\w+)$/
const STATES = /^\/dataservice\/data\/device\/state\/(\w+)$/

function login(request: ControllerRequest, { memory }: ControllerWorld): Reply {
  const form = new URLSearchParams(request.body)
  if (form.get('j_username') !== credentials.username || form.get('j_password') !== credentials.password)
    return LOGIN_PAGE
  const session = `S${memory.next()}`
  memory.sessions.set(session, `T${memory.next()}`)
  return { body: '', headers: { 'set-cookie': [`JSESSIONID=${session}; Path=/; Secure; HttpOnly`] } }
}

const utc = (text: string | null): number => Date.parse(`${text}Z`)

/** Bulk statistics: the first page by interval, both ends included; further ones by the scroll, which each request moves on. */
function statistics(type: string, request: ControllerRequest, world: ControllerWorld): Reply {
  const { query } = request
  const { memory, data, pageRows } = world
  const count = Math.min(Number(query.get('count') ?? 0), pageRows)
  if (!(count >= 1)) return refused(400, { error: { message: 'count' } })
  let id = query.get('scrollId')
  if (id === null) {
    const [from, to] = [utc(query.get('startDate')), utc(query.get('endDate'))]
    if (Number.isNaN(from) || Number.isNaN(to) || query.get('timeZone') !== 'UTC')
      return refused(400, { error: { message: 'startDate, endDate, timeZone' } })
    id = `scroll${memory.next()}`
    memory.scrolls.set(id, { rows: data.rows(type, from, to + 1000), at: 0 })
  }
  const scroll = memory.scrolls.get(id)
  if (scroll === undefined) return refused(400, { error: { message: 'No search context found' } })
  const rows = scroll.rows.slice(scroll.at, scroll.at + count)
  scroll.at += rows.length
  const hasMoreData = scroll.at < scroll.rows.length
  return {
    body: {
      header: { generatedOn: world.nowMs() },
      data: rows,
      pageInfo: { count: rows.length, hasMoreData, scrollId: id },
    },
  }
}

/** Bulk states: the present, by `startId`. */
function states(type: string, request: ControllerRequest, world: ControllerWorld): Reply {
  const count = Math.min(Number(request.query.get('count') ?? 0), world.pageRows)
  if (!(count >= 1)) return refused(400)
  const at = Number(request.query.get('startId') ?? 0)
  const all = world.data.present(type, world.nowMs())
  const rows = all.slice(at, at + count)
  const end = at + rows.length
  return {
    body: {
      data: rows,
      pageInfo: { startId: `${at}`, endId: `${end}`, moreEntries: end < all.length, count },
    },
  }
}

function alarms(request: ControllerRequest, { data }: ControllerWorld): Reply {
  const { query } = jsonOf(request) as { query?: { rules?: { field?: string; value?: string[] }[] } }
  const rule = query?.rules?.find(({ field }) => field === 'entry_time')
  const [from, to] = (rule?.value ?? []).map((text) => Date.parse(text.replace(' UTC', 'Z')))
  if (from === undefined || to === undefined || Number.isNaN(from + to)) return refused(400)
  return { body: { data: data.rows('alarms', from, to + 1000) } }
}

function answer(request: ControllerRequest, world: ControllerWorld): Reply {
  const { method, path, headers } = request
  if (path === '/j_security_check') return method === 'POST' ? login(request, world) : refused(405)
  const token = world.memory.sessions.get(cookieOf(request, 'JSESSIONID') ?? '')
  if (token === undefined) return LOGIN_PAGE
  if (path === '/dataservice/client/token') return { body: token, headers: { 'content-type': 'text/plain' } }
  if (headers['x-xsrf-token'] !== token) return refused(403, { error: { code: 'SessionTokenFilter' } })
  const type = STATISTICS.exec(path)?.[1]
  if (type !== undefined && method === 'GET') return statistics(type, request, world)
  const state = STATES.exec(path)?.[1]
  if (state !== undefined && method === 'GET') return states(state, request, world)
  if (path === '/dataservice/alarms' && method === 'POST') return alarms(request, world)
  return refused(404)
}

/** Cisco Catalyst SD-WAN Manager, by https://developer.cisco.com/docs/sdwan/bulk-api/. */
export const ciscoCatalystController: ControllerContract = {
  id: 'cisco-catalyst',
  credentials,
  options: {},
  answer,
}
