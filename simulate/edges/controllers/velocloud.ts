import {
  type ControllerContract,
  type ControllerRequest,
  type ControllerWorld,
  cookieOf,
  jsonOf,
  type Reply,
  refused,
} from '../controller.js'

const credentials = { username: 'vigie@example.org', password: 'velo-secret-3' }
/** Faults come with status 200. */
const fault = (message: string): Reply => ({ body: { error: { code: -32000, message } } })

function answer(request: ControllerRequest, { memory, data, pageRows }: ControllerWorld): Reply {
  const { method, path } = request
  if (method !== 'POST' || !path.startsWith('/portal/rest/')) return refused(404)
  const body = jsonOf(request)
  if (path === '/portal/rest/login/enterpriseLogin') {
    if (body.username !== credentials.username || body.password !== credentials.password)
      return { headers: { 'set-cookie': ['velocloud.message=Invalid%20credentials; Path=/'] } }
    const session = `v${memory.next()}`
    memory.sessions.set(session, true)
    return {
      headers: {
        'set-cookie': [`velocloud.session=${session}; Path=/; HttpOnly`, 'velocloud.message=; Path=/'],
      },
    }
  }
  if (!memory.sessions.has(cookieOf(request, 'velocloud.session') ?? ''))
    return fault('tokenError [expired session cookie]')
  const { start, end } = (body.interval ?? {}) as { start?: number; end?: number }
  if (path === '/portal/rest/enterprise/getEnterpriseEdges') return { body: data.present('edges', 0) }
  if (typeof start !== 'number' || typeof end !== 'number') return fault('interval is required')
  if (path === '/portal/rest/monitoring/getAggregateEdgeLinkMetrics')
    return Array.isArray(body.metrics)
      ? { body: data.rows('links', start, end + 1) }
      : fault('metrics are required')
  if (path === '/portal/rest/metrics/getEdgeSDWANPeerPathMetrics')
    return typeof body.edgeId === 'number'
      ? { body: data.rows('paths', start, end + 1) }
      : fault('edgeId is required')
  if (path !== '/portal/rest/event/getEnterpriseEvents') return refused(404)
  const all = data.rows('events', start, end + 1)
  const at = Number(/^at=(\d+)$/.exec(String(body.nextPageLink ?? 'at=0'))?.[1])
  if (Number.isNaN(at)) return fault('nextPageLink')
  const { limit = 2048 } = (body.filter ?? {}) as { limit?: number }
  const next = at + Math.min(limit, pageRows)
  const more = next < all.length
  return {
    body: {
      metaData: { limit, more, ...(more && { nextPageLink: `at=${next}` }) },
      data: all.slice(at, next),
    },
  }
}

/** VeloCloud Orchestrator, by https://developer.broadcom.com/xapis/vmware-sd-wan-orchestrator-api/latest/. */
export const velocloudController: ControllerContract = { id: 'velocloud', credentials, options: {}, answer }
