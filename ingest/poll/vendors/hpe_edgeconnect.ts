import { type Answer, listOf, objectOf, textOf } from '../answer.js'
import { PollFault } from '../fault.js'
import { type Feed, listOption, type PollVendor, type Session } from '../poll_vendor.js'
import { epochS, rowsAt } from './common.js'

const MINUTES_MAX = 1000

/** Appliances of the Orchestrator: `nePk` by `GET /appliance`. */
const appliancesOf = (answer: Answer): string[] =>
  listOf(answer.json).flatMap((appliance) => {
    const { nePk, id } = objectOf(appliance)
    return textOf(nePk) ?? textOf(id) ?? []
  })

const tunnels: Feed = {
  id: 'tunnels',
  everyS: 300,
  history: { lagS: 300, lookbackS: 43_200 },
  async requests({ fromMs, toMs }, context, ask) {
    const wanted = listOption(context, 'tunnels')
    const listed = listOption(context, 'appliances')
    const appliances =
      listed.length > 0 ? listed : appliancesOf(await ask({ key: 'appliances', path: '/gms/rest/appliance' }))
    return appliances.flatMap((nePk) =>
      wanted.map((tunnelName) => ({
        key: `${nePk} ${tunnelName}`,
        path: `/gms/rest/stats/timeseries/tunnel/${encodeURIComponent(nePk)}`,
        query: {
          tunnelName,
          startTime: epochS(fromMs),
          endTime: epochS(toMs) - 1,
          granularity: 'minute',
          limit: MINUTES_MAX,
        },
        device: nePk,
      })),
    )
  },
  rows: rowsAt('data'),
}

/** HPE Aruba EdgeConnect Orchestrator: time series of tunnels, one appliance and tunnel a request. */
export const hpeEdgeconnectPoll: PollVendor = {
  id: 'hpe-edgeconnect',
  adapter: 'hpe-edgeconnect',
  credentials: [['token'], ['username', 'password']],
  options: {
    appliances: { help: 'keys of appliances (nePk); left out: all' },
    tunnels: { required: true, help: 'names of tunnels, as pass-through or to_site_overlay' },
  },
  requestsPerS: 10,
  requestsAtOnce: 4,
  feeds: [tunnels],
  async login({ credentials }, ask): Promise<Session> {
    const { token, username, password } = credentials
    if (token !== undefined) return { headers: { 'x-auth-token': token } }
    const answer = await ask({
      key: 'login',
      method: 'POST',
      path: '/gms/rest/authentication/login',
      json: { user: username, password },
    })
    const csrf = answer.cookie('orchCsrfToken')
    if (answer.cookies === '') throw new PollFault('login', `${answer.of}: refused: check the credentials`)
    return { headers: { cookie: answer.cookies, ...(csrf !== undefined && { 'x-xsrf-token': csrf }) } }
  },
  documentation: 'https://developer.arubanetworks.com/edgeconnect/',
}
