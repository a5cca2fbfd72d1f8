import {
  type ControllerContract,
  type ControllerRequest,
  cookieOf,
  jsonOf,
  refused,
} from '../../../../simulate/edges/controller.js'

/** Strict fakes of controllers that the reference network does not have, each by its vendor's documentation. */
const tokenOf = ({ headers }: ControllerRequest, scheme = 'Bearer'): string =>
  new RegExp(`^${scheme} (.+)$`).exec(headers.authorization ?? '')?.[1] ?? ''

/** FortiOS monitor API: a REST administrator's token. */
export const fortinet: ControllerContract = {
  id: 'fortinet',
  credentials: { token: 'forti-secret' },
  options: {},
  answer(request, { data, nowMs }) {
    if (tokenOf(request) !== 'forti-secret') return refused(401)
    if (request.path !== '/api/v2/monitor/virtual-wan/health-check' || request.query.get('vdom') !== '*')
      return refused(404)
    return { body: data.present('health', nowMs())[0] }
  },
}

/** FortiManager JSON-RPC: the session stands in the body; proxied answers in `result[0].data`. */
export const fortimanager: ControllerContract = {
  id: 'fortimanager',
  credentials: { username: 'vigie', password: 'fmg-secret' },
  options: {},
  answer(request, { memory, data, nowMs }) {
    if (request.path !== '/jsonrpc' || request.method !== 'POST') return refused(404)
    const { method, params, session, id } = jsonOf(request) as {
      method: string
      params: [
        { url: string; data?: { user?: string; passwd?: string; target?: string[]; resource?: string } },
      ]
      session?: string
      id: number
    }
    const [param] = params
    const result = (code: number, more: object = {}) => ({
      body: {
        id,
        result: [{ status: { code, message: code === 0 ? 'OK' : 'No permission' }, url: param.url, ...more }],
      },
    })
    if (param.url === '/sys/login/user') {
      const right = param.data?.user === 'vigie' && param.data.passwd === 'fmg-secret'
      if (!right) return result(-22)
      const made = `s${memory.next()}`
      memory.sessions.set(made, true)
      return { body: { ...result(0).body, session: made } }
    }
    if (!memory.sessions.has(session ?? '')) return result(-11)
    if (method === 'get') return result(0, { data: [{ name: 'fw-1' }, { name: 'fw-2' }] })
    const name = /^adom\/root\/device\/(fw-[12])$/.exec(param.data?.target?.[0] ?? '')?.[1]
    if (name === undefined || !param.data?.resource?.startsWith('/api/v2/monitor/virtual-wan/'))
      return result(-6)
    const answer = { ...data.present('health', nowMs())[0], serial: `FGT-${name}` }
    return result(0, { data: [{ target: name, status: { code: 0 }, response: answer }] })
  },
}

/** Versa Director: session and token against forgery, Analytics behind them; pages by `from-count`. */
export const versa: ControllerContract = {
  id: 'versa',
  credentials: { username: 'vigie', password: 'versa-secret' },
  options: { tenants: ['RGT'], analytics: 'https://analytics:8443' },
  answer(request, { memory, data, pageRows }) {
    const { path, method, query, headers, body } = request
    const form = new URLSearchParams(body)
    const html = { headers: { 'content-type': 'text/html' }, body: '<html>login</html>' }
    if (path === '/versa/analytics/auth/user')
      return { headers: { 'set-cookie': [`VD-CSRF-TOKEN=c${memory.next()}; Path=/`] } }
    if (path === '/versa/j_spring_security_check') {
      if (headers['x-csrf-token'] !== cookieOf(request, 'VD-CSRF-TOKEN')) return refused(403)
      if (form.get('j_username') !== 'vigie' || form.get('j_password') !== 'versa-secret') return html
      const [session, token] = [`j${memory.next()}`, `c${memory.next()}`]
      memory.sessions.set(session, { token, analytics: false })
      return {
        headers: { 'set-cookie': [`JSESSIONID=${session}; Path=/versa`, `VD-CSRF-TOKEN=${token}; Path=/`] },
      }
    }
    const known = memory.sessions.get(cookieOf(request, 'JSESSIONID') ?? '') as
      | { token: string; analytics: boolean }
      | undefined
    if (known === undefined || headers['x-csrf-token'] !== known.token) return html
    if (path === '/versa/analytics/login' && method === 'POST' && form.has('endpoint')) {
      known.analytics = true
      return { body: {} }
    }
    if (path !== '/versa/analytics/v1.0.0/data/provider/tenants/RGT/features/SDWAN/' || !known.analytics)
      return refused(404)
    const report = /^(slam|linkusage|linkstatus)\(/.exec(query.get('q') ?? '')?.[1]
    const [from, to] = [Number(query.get('start-date')), Number(query.get('end-date'))]
    if (report === undefined || !(from < to) || query.get('qt') !== 'tableData') return refused(400)
    const all = data.rows(report, from, to + 1)
    const at = Number(query.get('from-count'))
    // A page that is not full is the last: the server keeps to the count that it was asked for.
    const count = Number(query.get('count'))
    return { body: { qTime: 1, aaData: all.slice(at, at + Math.max(count, pageRows)) } }
  },
}

/** EdgeConnect Orchestrator: cookie and token against forgery; a series needs the tunnel's name. */
export const hpeEdgeconnect: ControllerContract = {
  id: 'hpe-edgeconnect',
  credentials: { username: 'vigie', password: 'orch-secret' },
  options: { tunnels: ['to_hub_inet'] },
  answer(request, { memory, data }) {
    const { path, query, headers } = request
    if (path === '/gms/rest/authentication/login') {
      const { user, password } = jsonOf(request)
      if (user !== 'vigie' || password !== 'orch-secret') return refused(401)
      const [session, token] = [`o${memory.next()}`, `x${memory.next()}`]
      memory.sessions.set(session, token)
      return {
        headers: { 'set-cookie': [`gmsSessionID=${session}; Path=/`, `orchCsrfToken=${token}; Path=/`] },
      }
    }
    const token = memory.sessions.get(cookieOf(request, 'gmsSessionID') ?? '')
    if (token === undefined || headers['x-xsrf-token'] !== token) return refused(401)
    if (path === '/gms/rest/appliance')
      return { body: [{ nePk: '1.NE', hostName: 'ec-1' }, { nePk: '2.NE' }] }
    const nePk = /^\/gms\/rest\/stats\/timeseries\/tunnel\/([12]\.NE)$/.exec(path)?.[1]
    if (nePk === undefined) return refused(404)
    const [from, to] = [Number(query.get('startTime')) * 1000, Number(query.get('endTime')) * 1000]
    if (!(from < to) || query.get('granularity') !== 'minute' || !query.has('tunnelName')) return refused(400)
    return {
      body: { column_def: ['timestamp', 'bytes_wtx', 'bytes_wrx'], data: data.rows(nePk, from, to + 1000) },
    }
  },
}

/** Mist: the place of the next page in `next`. */
export const juniperMist: ControllerContract = {
  id: 'juniper-mist',
  credentials: { token: 'mist-secret' },
  options: { organization: 'org-1' },
  answer(request, { data, nowMs, pageRows }) {
    if (tokenOf(request, 'Token') !== 'mist-secret') return refused(401)
    const { path, query } = request
    if (path !== '/api/v1/orgs/org-1/stats/vpn_peers/search') return refused(404)
    const all = data.present('peers', nowMs())
    const limit = Math.min(Number(query.get('limit') ?? 100), pageRows)
    const at = Number(query.get('search_after') ?? 0)
    const next = at + limit
    return {
      body: {
        limit,
        total: all.length,
        results: all.slice(at, next),
        ...(next < all.length && { next: `${path}?limit=${limit}&search_after=${next}` }),
      },
    }
  },
}

/** Session Smart Conductor: a login for a token, then GraphQL. */
export const juniperSsr: ControllerContract = {
  id: 'juniper-ssr',
  credentials: { username: 'vigie', password: 'ssr-secret' },
  options: {},
  answer(request, { memory, data, nowMs }) {
    const body = jsonOf(request)
    if (request.path === '/api/v1/login') {
      if (body.username !== 'vigie' || body.password !== 'ssr-secret') return refused(401)
      const token = `ssr${memory.next()}`
      memory.sessions.set(token, true)
      return { body: { token } }
    }
    if (!memory.sessions.has(tokenOf(request))) return refused(401)
    if (request.path !== '/api/v1/graphql' || !/allRouters/.test(String(body.query))) return refused(400)
    return { body: { data: data.present('graph', nowMs())[0] } }
  },
}

/** Cato: an API key; faults and limits with status 200. */
export const cato: ControllerContract = {
  id: 'cato',
  credentials: { api_key: 'cato-secret' },
  options: { account: '1234' },
  answer(request, { data, memory }) {
    if (request.headers['x-api-key'] !== 'cato-secret') return refused(401)
    if (request.path !== '/api/v1/graphql2' || request.method !== 'POST') return refused(404)
    const { query, variables } = jsonOf(request) as { query?: string; variables?: Record<string, unknown> }
    // Now and then too many ask.
    if (memory.next() % 4 === 0)
      return { body: { errors: [{ message: 'rate limit for operation: accountMetrics' }] } }
    const frame = /^utc\.(\d{4}-\d\d-\d\d)\/\{(\d\d:\d\d:\d\d)--(\d\d:\d\d:\d\d)\}$/.exec(
      String(variables?.timeFrame),
    )
    if (!/accountMetrics/.test(query ?? '') || variables?.accountID !== '1234' || frame === null)
      return { body: { errors: [{ message: 'bad argument' }] } }
    const [from, to] = [Date.parse(`${frame[1]}T${frame[2]}Z`), Date.parse(`${frame[1]}T${frame[3]}Z`) + 1000]
    return {
      body: {
        data: {
          accountMetrics: {
            id: '1234',
            from: new Date(from).toISOString(),
            to: new Date(to).toISOString(),
            granularity: 60,
            sites: data.rows('sites', from, to),
          },
        },
      },
    }
  },
}

/** NITRO of an SD-WAN appliance: a login for a cookie. */
export const citrix: ControllerContract = {
  id: 'citrix',
  credentials: { username: 'vigie', password: 'nitro-secret' },
  options: {},
  answer(request, { memory, data, nowMs }) {
    if (request.path === '/sdwan/nitro/v1/config/login') {
      const { login } = jsonOf(request) as { login?: { username?: string; password?: string } }
      if (login?.username !== 'vigie' || login.password !== 'nitro-secret') return refused(401)
      const session = `n${memory.next()}`
      memory.sessions.set(session, true)
      return { headers: { 'set-cookie': [`APNConfigEditorSession=${session}; Path=/`] } }
    }
    if (!memory.sessions.has(cookieOf(request, 'APNConfigEditorSession') ?? '')) return refused(401)
    if (request.path !== '/sdwan/nitro/v1/monitor/paths_detailed') return refused(404)
    return { body: { paths_detailed: data.present('paths', nowMs()) } }
  },
}

/** A Peplink router: a client's token in the query; `stat: fail` with status 200. */
export const peplink: ControllerContract = {
  id: 'peplink',
  credentials: { client_id: 'cid', client_secret: 'peplink-secret' },
  options: { device: '2931-ABCD-0001' },
  answer(request, { memory, data, nowMs }) {
    const { path, query } = request
    if (path === '/api/auth.token.grant') {
      const { clientId, clientSecret, scope } = jsonOf(request)
      if (clientId !== 'cid' || clientSecret !== 'peplink-secret' || scope !== 'api.read-only')
        return { body: { stat: 'fail', code: 401, message: 'Unauthorized' } }
      const token = `tok${memory.next()}`
      memory.sessions.set(token, true)
      return {
        body: { stat: 'ok', response: { accessToken: token, expiresIn: 172800, tokenType: 'bearer' } },
      }
    }
    if (!memory.sessions.has(query.get('accessToken') ?? ''))
      return { body: { stat: 'fail', code: 401, message: 'Unauthorized' } }
    const report = /^\/api\/status\.(wan\.connection|pepvpn|traffic)$/.exec(path)?.[1]
    if (report === undefined) return refused(404)
    return { body: { stat: 'ok', response: data.present(report, nowMs())[0] } }
  },
}

/** ThousandEyes v7: the address of the next page under `_links`. */
export const thousandeyes: ControllerContract = {
  id: 'thousandeyes',
  credentials: { token: 'te-secret' },
  options: {},
  answer(request, { data, pageRows }) {
    if (tokenOf(request) !== 'te-secret') return refused(401)
    const { path, query, headers } = request
    if (path === '/v7/tests')
      return {
        body: {
          tests: [
            { testId: '7', type: 'agent-to-server', enabled: true },
            { testId: '8', type: 'dns-trace', enabled: true },
          ],
        },
      }
    if (path !== '/v7/test-results/7/network') return refused(404)
    const [from, to] = [Date.parse(query.get('startDate') ?? ''), Date.parse(query.get('endDate') ?? '')]
    if (!(from < to)) return refused(400)
    const all = data.rows('results', from, to + 1000)
    const at = Number(query.get('cursor') ?? 0)
    const following = new URLSearchParams(query)
    following.set('cursor', String(at + pageRows))
    const next =
      at + pageRows < all.length ? { next: { href: `http://${headers.host}${path}?${following}` } } : {}
    return {
      body: {
        test: { testId: '7', testName: 'hub', interval: 60, type: 'agent-to-server' },
        results: all.slice(at, at + pageRows),
        _links: { self: { href: path }, ...next },
      },
    }
  },
}

/** Any controller: a key in a header of its own, a fixed path. */
export const rest: ControllerContract = {
  id: 'rest',
  credentials: { token: 'rest-secret' },
  options: { paths: ['/status'], header: 'X-Api-Key', device: 'edge-9' },
  answer(request, { data, nowMs }) {
    if (request.headers['x-api-key'] !== 'rest-secret') return refused(401)
    return request.path === '/status' ? { body: data.present('status', nowMs())[0] } : refused(404)
  },
}
