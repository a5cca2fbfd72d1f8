import { listOf, objectOf } from '../answer.js'
import { PollFault } from '../fault.js'
import { type Feed, listOption, optionOf, type PollVendor, type Session } from '../poll_vendor.js'
import { nextOffset, rowsAt } from './common.js'

const PAGE_ROWS = 2000
const rows = rowsAt('aaData')

/** A table of Analytics: positional rows, the key columns first, then the metrics in the order they are asked for. */
function table(id: string, q: string, metrics: readonly string[]): Feed {
  return {
    id,
    everyS: 300,
    history: { lagS: 420, lookbackS: 86_400 },
    requests: ({ fromMs, toMs }, context) =>
      listOption(context, 'tenants').map((tenant) => ({
        key: tenant,
        path: `/versa/analytics/v1.0.0/data/provider/tenants/${encodeURIComponent(tenant)}/features/SDWAN/`,
        query: {
          qt: 'tableData',
          q,
          metrics,
          'start-date': fromMs,
          'end-date': toMs - 1,
          ds: 'aggregate',
          count: PAGE_ROWS,
          'from-count': 0,
        },
      })),
    next: (answer, request) =>
      nextOffset(request, rows(answer).length, { offset: 'from-count', limit: 'count' }),
    rows,
  }
}

const sla = table('sla', 'slam(localsite,remotesite,localaccckt,remoteaccckt,fc)', [
  'delay',
  'fwdDelayVar',
  'revDelayVar',
  'fwdLossRatio',
  'revLossRatio',
  'pduLossRatio',
])
const usage = table(
  'usage',
  'linkusage(site,accckt,accckt.uplinkBW,accckt.downlinkBW,accckt.type,accckt.media,accckt.ip,accckt.isp)',
  ['volume-tx', 'volume-rx', 'bw-tx', 'bw-rx'],
)
const status = table('status', 'linkstatus(site,accckt)', ['availability'])

/** Versa Analytics, asked by way of the Director: its session and its token against forgery. */
export const versaPoll: PollVendor = {
  id: 'versa',
  adapter: 'versa',
  credentials: [['username', 'password']],
  options: {
    tenants: { required: true, help: 'names of tenants' },
    analytics: { required: true, help: 'address of the Analytics node, as the Director knows it' },
  },
  requestsPerS: 2,
  requestsAtOnce: 1,
  feeds: [sla, usage, status],
  async login(context, ask): Promise<Session> {
    const { username, password } = context.credentials as { username: string; password: string }
    const first = await ask({ key: 'token', path: '/versa/analytics/auth/user' })
    const form = { j_username: username, j_password: password }
    const logged = await ask({
      key: 'login',
      method: 'POST',
      path: '/versa/j_spring_security_check',
      form,
      headers: { cookie: first.cookies, 'x-csrf-token': first.cookie('VD-CSRF-TOKEN') ?? '' },
    })
    const token = logged.cookie('VD-CSRF-TOKEN')
    if (token === undefined) throw new PollFault('login', `${logged.of}: refused: check the credentials`)
    const headers = { cookie: logged.cookies, 'x-csrf-token': token }
    await ask({
      key: 'analytics',
      method: 'POST',
      path: '/versa/analytics/login',
      form: { endpoint: optionOf(context, 'analytics') },
      headers,
    })
    return { headers, expiresInS: 900 }
  },
  // A session that ended answers 200 with the page of the form.
  verdict: (answer) =>
    answer.of.includes('/tenants/') && (answer.isHtml || listOf(objectOf(answer.json).errors).length > 0)
      ? 'expired'
      : undefined,
  documentation: 'https://docs.versa-networks.com/Management_and_Orchestration/Versa_Analytics',
}
