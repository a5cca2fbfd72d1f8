import { type Answer, listOf, objectOf, textOf } from '../answer.js'
import { PollFault } from '../fault.js'
import {
  type Feed,
  listOption,
  optionOf,
  type PollRequest,
  type PollVendor,
  type Session,
  type VendorContext,
  type Verdict,
} from '../poll_vendor.js'
import { rowsAt } from './common.js'

const EVENTS_PAGE = 2048
const METRICS = [
  'bytesTx',
  'bytesRx',
  'packetsTx',
  'packetsRx',
  'bpsOfBestPathTx',
  'bpsOfBestPathRx',
  'bestLatencyMsTx',
  'bestLatencyMsRx',
  'bestJitterMsTx',
  'bestJitterMsRx',
  'bestLossPctTx',
  'bestLossPctRx',
  'scoreTx',
  'scoreRx',
] as const

const enterprise = (context: VendorContext): object => {
  const id = optionOf(context, 'enterprise')
  return id === '' ? {} : { enterpriseId: Number(id) }
}
const post = (key: string, method: string, json: object): PollRequest => ({
  key,
  method: 'POST',
  path: `/portal/rest/${method}`,
  json,
})

const links: Feed = {
  id: 'links',
  everyS: 300,
  // Edges report every five minutes.
  history: { lagS: 360, lookbackS: 86_400 },
  requests: ({ fromMs, toMs }, context) => [
    post('links', 'monitoring/getAggregateEdgeLinkMetrics', {
      ...enterprise(context),
      interval: { start: fromMs, end: toMs - 1 },
      metrics: METRICS,
    }),
  ],
  rows: rowsAt(),
}

const paths: Feed = {
  id: 'paths',
  everyS: 300,
  history: { lagS: 360, lookbackS: 86_400 },
  optional: true,
  async requests({ fromMs, toMs }, context, ask) {
    const wanted = listOption(context, 'edges').map(Number)
    const edges =
      wanted.length > 0
        ? wanted
        : edgeIds(await ask(post('edges', 'enterprise/getEnterpriseEdges', enterprise(context))))
    return edges.map((edgeId) =>
      post(`edge ${edgeId}`, 'metrics/getEdgeSDWANPeerPathMetrics', {
        ...enterprise(context),
        edgeId,
        interval: { start: fromMs, end: toMs - 1 },
        peerType: 'EDGE',
      }),
    )
  },
  rows: rowsAt(),
}

const edgeIds = (answer: Answer): number[] =>
  listOf(answer.json).flatMap((edge) => {
    const id = Number(textOf(objectOf(edge).id))
    return Number.isInteger(id) ? [id] : []
  })

const events: Feed = {
  id: 'events',
  everyS: 60,
  history: { lagS: 60, lookbackS: 86_400 },
  requests: ({ fromMs, toMs }, context) => [
    post('events', 'event/getEnterpriseEvents', {
      ...enterprise(context),
      interval: { start: fromMs, end: toMs - 1 },
      filter: { limit: EVENTS_PAGE },
    }),
  ],
  next: (answer, request) => {
    const link = textOf(objectOf(answer.object.metaData).nextPageLink)
    return link === undefined
      ? undefined
      : { ...request, json: { ...objectOf(request.json), nextPageLink: link } }
  },
  rows: rowsAt('data'),
}

/** Errors come with status 200 and words of their own. */
function verdict(answer: Answer): Verdict | undefined {
  if (answer.of.endsWith('Login')) return undefined
  const error = objectOf(objectOf(answer.json).error)
  const message = textOf(error.message)
  if (message === undefined && error.code === undefined) return undefined
  return /tokenError|session|not (authenticated|logged)/i.test(message ?? '') ? 'expired' : 'server_error'
}

/** VeloCloud Orchestrator (VMware, Broadcom): aggregates of links, paths between edges, events. */
export const velocloudPoll: PollVendor = {
  id: 'velocloud',
  adapter: 'velocloud',
  credentials: [['token'], ['username', 'password']],
  options: {
    enterprise: { help: 'id of the enterprise; left out: that of the account' },
    edges: { help: 'ids of edges whose paths are asked for; left out: all' },
    login: { help: '`operator` for accounts of the operator; else `enterprise`' },
  },
  requestsPerS: 2,
  requestsAtOnce: 2,
  feeds: [links, paths, events],
  async login({ credentials, options }, ask): Promise<Session> {
    const { token, username, password } = credentials
    if (token !== undefined) return { headers: { authorization: `Token ${token}` } }
    const role = options.login === 'operator' ? 'operatorLogin' : 'enterpriseLogin'
    const answer = await ask({
      key: 'login',
      method: 'POST',
      path: `/portal/rest/login/${role}`,
      json: { username, password },
    })
    const cookie = answer.cookies
    if (!cookie.includes('velocloud.session='))
      throw new PollFault('login', `${answer.of}: refused: check the credentials`)
    return { headers: { cookie } }
  },
  verdict,
  documentation: 'https://developer.broadcom.com/xapis/vmware-sd-wan-orchestrator-api/latest/',
}
