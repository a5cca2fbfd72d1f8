import { textOf } from '../answer.js'
import { type Feed, optionOf, type PollVendor } from '../poll_vendor.js'
import { rowsAt } from './common.js'

const peers: Feed = {
  id: 'peers',
  everyS: 60,
  requests: (_round, context) => [
    {
      key: 'peers',
      path: `/api/v1/orgs/${optionOf(context, 'organization')}/stats/vpn_peers/search`,
      query: { limit: 1000 },
    },
  ],
  next: (answer, request) => {
    const path = textOf(answer.object.next)
    return path === undefined ? undefined : { key: request.key, path }
  },
  rows: rowsAt('results'),
}

/** Juniper Mist WAN Assurance: paths between peers, with the place of the next page in the answer. */
export const juniperMistPoll: PollVendor = {
  id: 'juniper-mist',
  adapter: 'juniper-mist',
  credentials: [['token']],
  options: { organization: { required: true, help: 'id of the organisation' } },
  // 5,000 an hour for each token.
  requestsPerS: 1,
  requestsAtOnce: 1,
  feeds: [peers],
  login: ({ credentials }) => ({ headers: { authorization: `Token ${credentials.token}` } }),
  documentation: 'https://www.juniper.net/documentation/us/en/software/mist/automation-integration/',
}
