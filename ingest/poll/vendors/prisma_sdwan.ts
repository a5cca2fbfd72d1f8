import { listOf, objectOf, textOf } from '../answer.js'
import {
  type Feed,
  listOption,
  optionOf,
  type PollVendor,
  type Session,
  type VendorContext,
} from '../poll_vendor.js'
import { basic, lifeOf, loginField, rowsAt } from './common.js'

const TOKEN_URL = 'https://auth.apps.paloaltonetworks.com/oauth2/access_token'
const rows = rowsAt('metrics')

const METRICS = [
  ['LqmLatencyPointMetric', 'milliseconds'],
  ['LqmMosPointMetric', 'count'],
  ['LqmPktLossPointMetric', 'percentage'],
  ['LqmJitterPointMetric', 'milliseconds'],
] as const

/** Sites of the tenant, or those that are named. */
async function siteIds(
  context: VendorContext,
  ask: Parameters<Feed['requests']>[2],
): Promise<readonly string[]> {
  const wanted = listOption(context, 'sites')
  if (wanted.length > 0) return wanted
  const answer = await ask({ key: 'sites', path: '/sdwan/v4.7/api/sites' })
  return listOf(answer.object.items).flatMap((site) => textOf(objectOf(site).id) ?? [])
}

const quality: Feed = {
  id: 'quality',
  everyS: 300,
  history: { lagS: 420, lookbackS: 86_400 },
  async requests({ fromMs, toMs }, context, ask) {
    const sites = await siteIds(context, ask)
    return sites.map((site) => ({
      key: site,
      method: 'POST' as const,
      path: '/sdwan/monitor/v2.0/api/monitor/lqm_point_metrics',
      json: {
        start_time: new Date(fromMs).toISOString(),
        end_time: new Date(toMs - 1).toISOString(),
        interval: '5min',
        filter: { site: [site] },
        metrics: METRICS.map(([name, unit]) => ({ name, statistics: ['average'], unit })),
      },
    }))
  },
  rows,
}

/** Palo Alto Prisma SD-WAN: unified SASE API. After each token the profile must be asked for, else all else is 403. */
export const prismaSdwanPoll: PollVendor = {
  id: 'prisma-sdwan',
  adapter: 'prisma-sdwan',
  credentials: [['client_id', 'client_secret']],
  options: {
    tsg: { required: true, help: 'id of the tenant service group' },
    sites: { help: 'ids of sites; left out: all' },
    token_url: { help: `address that gives tokens; left out: ${TOKEN_URL}` },
  },
  requestsPerS: 5,
  requestsAtOnce: 2,
  feeds: [quality],
  async login(context, ask): Promise<Session> {
    const { client_id, client_secret } = context.credentials as { client_id: string; client_secret: string }
    const answer = await ask({
      key: 'token',
      method: 'POST',
      path: optionOf(context, 'token_url') || TOKEN_URL,
      form: { grant_type: 'client_credentials', scope: `tsg_id:${optionOf(context, 'tsg')}` },
      headers: basic(client_id, client_secret),
    })
    const headers = { authorization: `Bearer ${loginField(answer, 'access_token')}` }
    await ask({ key: 'profile', path: '/sdwan/v2.1/api/profile', headers })
    return { headers, ...lifeOf(answer.object.expires_in) }
  },
  hosts: /(^|\.)paloaltonetworks\.com$/,
  documentation: 'https://pan.dev/sdwan/api/',
}
