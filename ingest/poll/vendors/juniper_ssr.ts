import { listOf, objectOf } from '../answer.js'
import type { Feed, PollVendor, Session } from '../poll_vendor.js'
import { loginField } from './common.js'

const QUERY = `{ allRouters { nodes { name peers { nodes { name paths {
  node status deviceInterface networkInterface adjacentAddress adjacentHostname
} } } } } }`

const paths: Feed = {
  id: 'paths',
  everyS: 60,
  requests: () => [{ key: 'paths', method: 'POST', path: '/api/v1/graphql', json: { query: QUERY } }],
}

/** Juniper Session Smart Router: states of paths by the conductor's GraphQL. Metrics come by the monitoring agent. */
export const juniperSsrPoll: PollVendor = {
  id: 'juniper-ssr',
  adapter: 'juniper-ssr',
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
      path: '/api/v1/login',
      json: { username, password },
    })
    return { headers: { authorization: `Bearer ${loginField(answer, 'token')}` } }
  },
  // GraphQL tells faults with status 200.
  verdict: (answer) =>
    answer.of.endsWith('/graphql') && listOf(objectOf(answer.json).errors).length > 0
      ? 'server_error'
      : undefined,
  documentation: 'https://www.juniper.net/documentation/us/en/software/session-smart-router/',
}
