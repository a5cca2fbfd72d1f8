import { type Answer, objectOf, textOf } from '../answer.js'
import { type Feed, optionOf, type PollRequest, type PollVendor, type Session } from '../poll_vendor.js'
import { epochS, loginField, rowsAt } from './common.js'

const PAGE_ROWS = 1000
const rows = rowsAt('data')

/** Pages by number until `total` rows came. */
function next(answer: Answer, request: PollRequest): PollRequest | undefined {
  const { total, totalRecords, pageSize } = answer.object
  const page = Number(request.query?.pageIndex ?? 1)
  // The controller may hold its pages smaller than it was asked to.
  const size = Number(pageSize) > 0 ? Number(pageSize) : PAGE_ROWS
  if (page * size >= Number(total ?? totalRecords ?? 0)) return undefined
  return { ...request, query: { ...request.query, pageIndex: page + 1 } }
}

/** The northbound paths differ by release, so the configuration names them. */
function report(id: string, option: string, time: (ms: number) => number): Feed {
  return {
    id,
    everyS: 300,
    history: { lagS: 420, lookbackS: 86_400 },
    requests: ({ fromMs, toMs }, context) => {
      const path = optionOf(context, option)
      if (path === '') return []
      return [
        {
          key: option,
          path,
          query: { startTime: time(fromMs), endTime: time(toMs - 1000), pageIndex: 1, pageSize: PAGE_ROWS },
        },
      ]
    },
    next,
    rows,
  }
}

/** Huawei iMaster NCE-Campus: northbound interface, with a token in a header of its own. */
export const huaweiPoll: PollVendor = {
  id: 'huawei',
  adapter: 'huawei',
  credentials: [['username', 'password']],
  options: {
    quality_path: { help: 'path of the WAN link quality query, from the API guide of the release' },
    switches_path: { help: 'path of the path switch records query' },
  },
  requestsPerS: 2,
  requestsAtOnce: 1,
  // Link quality counts in seconds, path switches in milliseconds.
  feeds: [report('quality', 'quality_path', epochS), report('switches', 'switches_path', (ms) => ms)],
  async login({ credentials }, ask): Promise<Session> {
    const { username, password } = credentials
    const answer = await ask({
      key: 'login',
      method: 'POST',
      path: '/controller/v2/tokens',
      json: { userName: username, password },
    })
    return { headers: { 'x-access-token': loginField(answer, 'data', 'token_id') }, expiresInS: 1500 }
  },
  verdict: (answer) => {
    const code = textOf(objectOf(answer.json).errcode)
    return code === undefined || code === '0' ? undefined : 'server_error'
  },
  documentation:
    'https://support.huawei.com/enterprise/en/network-management-control/imaster-nce-campus-pid-250852419',
}
