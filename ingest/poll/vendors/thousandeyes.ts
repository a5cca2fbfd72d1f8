import { type Answer, listOf, objectOf, textOf } from '../answer.js'
import {
  type Feed,
  listOption,
  optionOf,
  type PollRequest,
  type PollVendor,
  type VendorContext,
} from '../poll_vendor.js'
import { bearer, isoSeconds, rowsAt } from './common.js'

/** Tests whose results have a network layer. */
const WITH_NETWORK = new Set(['agent-to-server', 'agent-to-agent', 'http-server', 'page-load'])

const next = (answer: Answer, request: PollRequest): PollRequest | undefined => {
  const path = textOf(objectOf(objectOf(answer.object._links).next).href)
  return path === undefined ? undefined : { key: request.key, path }
}

const group = (context: VendorContext): { readonly aid?: string } => {
  const aid = optionOf(context, 'account_group')
  return aid === '' ? {} : { aid }
}

const network: Feed = {
  id: 'network',
  everyS: 300,
  history: { lagS: 300, lookbackS: 86_400 },
  async requests({ fromMs, toMs }, context, ask) {
    const wanted = listOption(context, 'tests')
    const tests =
      wanted.length > 0
        ? wanted
        : listOf((await ask({ key: 'tests', path: '/v7/tests', query: group(context) })).object.tests)
            .map(objectOf)
            .filter((test) => WITH_NETWORK.has(textOf(test.type) ?? '') && test.enabled !== false)
            .flatMap((test) => textOf(test.testId) ?? [])
    return tests.map((id) => ({
      key: id,
      path: `/v7/test-results/${encodeURIComponent(id)}/network`,
      query: { startDate: isoSeconds(fromMs), endDate: isoSeconds(toMs - 1000), ...group(context) },
    }))
  },
  next,
  rows: rowsAt('results'),
}

/** Cisco ThousandEyes: API v7, results of network tests. */
export const thousandeyesPoll: PollVendor = {
  id: 'thousandeyes',
  adapter: 'thousandeyes',
  credentials: [['token']],
  options: {
    tests: { help: 'ids of tests; left out: all that have a network layer' },
    account_group: { help: 'id of the account group; left out: the default one' },
  },
  // 240 a minute for each organisation.
  requestsPerS: 2,
  requestsAtOnce: 2,
  feeds: [network],
  login: ({ credentials }) => bearer(credentials.token!),
  hosts: /(^|\.)thousandeyes\.com$/,
  documentation: 'https://developer.cisco.com/docs/thousandeyes/',
}
