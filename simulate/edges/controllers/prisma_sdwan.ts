import {
  type ControllerContract,
  type ControllerRequest,
  type ControllerWorld,
  jsonOf,
  type Reply,
  refused,
} from '../controller.js'

const credentials = { client_id: 'vigie@1.iam', client_secret: 'prisma-secret-4' }
const BASIC = `Basic ${Buffer.from(`${credentials.client_id}:${credentials.client_secret}`).toString('base64')}`
const LIFE_S = 899

function answer(request: ControllerRequest, world: ControllerWorld): Reply {
  const { method, path, headers, body } = request
  const { memory, data, nowMs } = world
  if (path === '/oauth2/access_token') {
    const form = new URLSearchParams(body)
    const right =
      form.get('grant_type') === 'client_credentials' && /^tsg_id:\d+$/.test(form.get('scope') ?? '')
    if (method !== 'POST' || headers.authorization !== BASIC || !right)
      return refused(401, { error: 'invalid_client' })
    const token = `prisma${memory.next()}`
    memory.sessions.set(token, { untilMs: nowMs() + LIFE_S * 1000, profile: false })
    return { body: { access_token: token, token_type: 'Bearer', expires_in: LIFE_S } }
  }
  const session = memory.sessions.get(/^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '') as
    | { untilMs: number; profile: boolean }
    | undefined
  if (session === undefined || nowMs() >= session.untilMs) return refused(401)
  if (path === '/sdwan/v2.1/api/profile') {
    session.profile = true
    return { body: { tenant_id: '1001' } }
  }
  // Without the profile nothing else is to be had.
  if (!session.profile) return refused(403)
  if (path === '/sdwan/v4.7/api/sites') return { body: { count: 1, items: data.present('sites', nowMs()) } }
  if (path !== '/sdwan/monitor/v2.0/api/monitor/lqm_point_metrics' || method !== 'POST') return refused(404)
  const asked = jsonOf(request) as {
    start_time?: string
    end_time?: string
    filter?: { site?: string[] }
    metrics?: unknown
  }
  const [from, to] = [Date.parse(asked.start_time ?? ''), Date.parse(asked.end_time ?? '')]
  const site = asked.filter?.site?.[0]
  if (!(from < to) || site === undefined || !Array.isArray(asked.metrics)) return refused(400)
  return { body: { metrics: data.rows(site, from, to + 1) } }
}

/** Palo Alto Prisma SD-WAN, by https://pan.dev/sdwan/api/. */
export const prismaSdwanController: ControllerContract = {
  id: 'prisma-sdwan',
  credentials,
  options: { tsg: '1234567890', token_url: '/oauth2/access_token' },
  answer,
}
