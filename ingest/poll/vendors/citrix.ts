import { PollFault } from '../fault.js'
import type { Feed, PollVendor, Session } from '../poll_vendor.js'
import { rowsAt } from './common.js'

const paths: Feed = {
  id: 'paths',
  everyS: 60,
  requests: () => [{ key: 'paths', path: '/sdwan/nitro/v1/monitor/paths_detailed' }],
  rows: rowsAt('paths_detailed'),
}

/** Citrix/NetScaler SD-WAN: NITRO of an appliance, usually the master control node, which sees all paths. */
export const citrixPoll: PollVendor = {
  id: 'citrix',
  adapter: 'citrix',
  credentials: [['username', 'password']],
  options: {},
  requestsPerS: 1,
  requestsAtOnce: 1,
  feeds: [paths],
  async login({ credentials }, ask): Promise<Session> {
    const { username, password } = credentials
    const answer = await ask({
      key: 'login',
      method: 'POST',
      path: '/sdwan/nitro/v1/config/login',
      json: { login: { username, password } },
    })
    if (answer.cookies === '') throw new PollFault('login', `${answer.of}: refused: check the credentials`)
    return { headers: { cookie: answer.cookies } }
  },
  documentation: 'https://developer-docs.netscaler.com/en-us/citrix-sd-wan',
}
