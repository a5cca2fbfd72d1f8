import type { Answer } from '../answer.js'
import { listOf, objectOf, textOf } from '../answer.js'
import { type Feed, listOption, optionOf, type PollVendor, type Verdict } from '../poll_vendor.js'

const LABELS = [
  'rtt',
  'jitterUpstream',
  'jitterDownstream',
  'lostUpstreamPcnt',
  'lostDownstreamPcnt',
  'bytesUpstream',
  'bytesDownstream',
]
const QUERY = `query accountMetrics($accountID: ID!, $timeFrame: TimeFrame!, $labels: [TimeseriesMetricType!], $sites: [ID!]) {
  accountMetrics(accountID: $accountID, timeFrame: $timeFrame, groupInterfaces: false) {
    id from to granularity
    sites(siteIDs: $sites) {
      id name
      interfaces {
        name
        interfaceInfo { id name upstreamBandwidth downstreamBandwidth }
        socketInfo { serial }
        timeseries(labels: $labels, buckets: 5) { label units data(perSecond: false) }
      }
    }
  }
}`

/** `utc.2026-01-01/{00:00:00--00:05:00}`; an interval over midnight names both days. */
export function timeFrame(fromMs: number, toMs: number): string {
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs - 1000).toISOString()]
  const [day, last] = [from.slice(0, 10), to.slice(0, 10)]
  const [start, end] = [from.slice(11, 19), to.slice(11, 19)]
  return day === last ? `utc.${day}/{${start}--${end}}` : `utc.{${day}/${start}--${last}/${end}}`
}

const metrics: Feed = {
  id: 'metrics',
  everyS: 300,
  history: { lagS: 420, lookbackS: 86_400 },
  requests: ({ fromMs, toMs }, context) => {
    const sites = listOption(context, 'sites')
    return [
      {
        key: 'metrics',
        method: 'POST',
        path: '/api/v1/graphql2',
        json: {
          operationName: 'accountMetrics',
          query: QUERY,
          variables: {
            accountID: optionOf(context, 'account'),
            timeFrame: timeFrame(fromMs, toMs),
            labels: LABELS,
            ...(sites.length > 0 && { sites }),
          },
        },
      },
    ]
  },
}

/** Errors come with status 200. */
function verdict(answer: Answer): Verdict | undefined {
  const messages = listOf(objectOf(answer.json).errors).map((error) => textOf(objectOf(error).message) ?? '')
  if (messages.length === 0) return undefined
  if (messages.some((message) => /rate.?limit|too many/i.test(message))) return 'throttled'
  return messages.some((message) => /permission|denied|not authorized|argument|syntax/i.test(message))
    ? 'refused'
    : 'server_error'
}

/** Cato Networks: GraphQL `accountMetrics`. */
export const catoPoll: PollVendor = {
  id: 'cato',
  adapter: 'cato',
  credentials: [['api_key']],
  options: {
    account: { required: true, help: 'id of the account' },
    sites: { help: 'ids of sites; left out: all' },
  },
  // accountMetrics is held to 15 a minute.
  requestsPerS: 0.25,
  requestsAtOnce: 1,
  feeds: [metrics],
  login: ({ credentials }) => ({ headers: { 'x-api-key': credentials.api_key! } }),
  verdict,
  documentation: 'https://api.catonetworks.com/documentation/',
}
