import type { ControllerContract, ControllerRequest, ControllerWorld, Reply } from '../controller.js'
import { refused } from '../controller.js'

const credentials = { api_key: 'meraki-secret-2' }
const PREFIX = '/api/v1/organizations/1/'
/** Reports by path: what they are called here, whether they take an interval, how long it may be. */
const REPORTS: Readonly<Record<string, { report: string; intervalS?: number; pages: boolean }>> = {
  'devices/uplinksLossAndLatency': { report: 'loss', intervalS: 300, pages: false },
  'appliance/vpn/stats': { report: 'vpn', intervalS: 31 * 86_400, pages: true },
  'appliance/uplink/statuses': { report: 'uplinks', pages: true },
  'appliance/uplinks/usage/byNetwork': { report: 'usage', intervalS: 14 * 86_400, pages: false },
}
/** The newest that loss and latency may be asked for. */
const NEWEST_MS = 120_000

function interval(query: URLSearchParams, maxS: number): readonly [number, number] | undefined {
  const [from, to] = [Date.parse(query.get('t0') ?? ''), Date.parse(query.get('t1') ?? '')]
  return from < to && to - from <= maxS * 1000 ? [from, to] : undefined
}

/** Rows, or what is wrong with the request. */
function rowsOf(
  { report, intervalS }: (typeof REPORTS)[string],
  query: URLSearchParams,
  { data, nowMs }: ControllerWorld,
): readonly object[] | string {
  if (intervalS === undefined) return data.present(report, nowMs())
  const asked = interval(query, intervalS)
  if (asked === undefined) return 't0 and t1'
  if (report === 'loss' && asked[1] > nowMs() - NEWEST_MS) return 't1 must be at least 2 minutes in the past'
  return data.rows(report, ...asked)
}

function answer(request: ControllerRequest, world: ControllerWorld): Reply {
  const { headers, path, query, method } = request
  if (headers.authorization !== `Bearer ${credentials.api_key}`)
    return refused(401, { errors: ['Invalid API key'] })
  const known = path.startsWith(PREFIX) ? REPORTS[path.slice(PREFIX.length)] : undefined
  if (known === undefined || method !== 'GET') return refused(404, { errors: ['Not found'] })
  const all = rowsOf(known, query, world)
  if (typeof all === 'string') return refused(400, { errors: [all] })
  if (!known.pages) return { body: all }
  const size = Math.min(Number(query.get('perPage') ?? 10), world.pageRows)
  const at = Number(query.get('startingAfter') ?? 0)
  const next = at + size
  if (next >= all.length) return { body: all.slice(at) }
  const following = new URLSearchParams(query)
  following.set('startingAfter', String(next))
  const link = `<http://${headers.host}${path}?${following}>; rel=next`
  return {
    body: all.slice(at, next),
    headers: { link: `<http://${headers.host}${path}>; rel=first, ${link}` },
  }
}

/** Cisco Meraki Dashboard API v1, by https://developer.cisco.com/meraki/api-v1/. */
export const ciscoMerakiController: ControllerContract = {
  id: 'cisco-meraki',
  credentials,
  options: { organization: '1' },
  answer,
}
