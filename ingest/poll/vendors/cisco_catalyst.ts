import { type Answer, objectOf, textOf } from '../answer.js'
import { PollFault } from '../fault.js'
import type { Feed, PollRequest, PollVendor, Round, Session } from '../poll_vendor.js'
import { loginField, rowsAt } from './common.js'

const PAGE_ROWS = 2000
const isTrue = (value: unknown): boolean => value === true || value === 'true'
const rows = rowsAt('data')
/** Bulk times are in UTC as told by `timeZone`, without a zone of their own, both ends included. */
const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 19)

/** Statistics by time of measurement; further pages are scrolled to, so one that was lost cannot be asked for again. */
function statistics(id: string, type: string, everyS: number): Feed {
  return {
    id,
    everyS,
    // Devices hand their statistics in every 30 minutes unless the Manager's settings say otherwise.
    history: { lagS: 2100, lookbackS: 86_400 },
    pages: 'onward',
    requests: ({ fromMs, toMs }: Round) => [
      {
        key: type,
        path: `/dataservice/data/device/statistics/${type}`,
        query: { startDate: stamp(fromMs), endDate: stamp(toMs - 1000), timeZone: 'UTC', count: PAGE_ROWS },
      },
    ],
    next: (answer, request) => {
      const info = objectOf(answer.object.pageInfo)
      const scrollId = textOf(info.scrollId)
      if (!isTrue(info.hasMoreData) || scrollId === undefined) return undefined
      return { ...request, query: { scrollId, count: PAGE_ROWS } }
    },
    rows,
  }
}

const sessions: Feed = {
  id: 'bfd',
  everyS: 60,
  requests: () => [
    { key: 'bfd', path: '/dataservice/data/device/state/BFDSessions', query: { count: PAGE_ROWS } },
  ],
  next: (answer, request) => {
    const info = objectOf(answer.object.pageInfo)
    const startId = textOf(info.endId)
    if (!isTrue(info.moreEntries) || startId === undefined) return undefined
    return { ...request, query: { count: PAGE_ROWS, startId } }
  },
  rows,
}

const alarms: Feed = {
  id: 'alarms',
  everyS: 60,
  history: { lagS: 60, lookbackS: 86_400 },
  requests: ({ fromMs, toMs }) => [
    {
      key: 'alarms',
      method: 'POST',
      path: '/dataservice/alarms',
      json: {
        size: 10_000,
        query: {
          condition: 'AND',
          rules: [
            {
              field: 'entry_time',
              type: 'date',
              operator: 'between',
              value: [`${stamp(fromMs)} UTC`, `${stamp(toMs - 1000)} UTC`],
            },
          ],
        },
      },
    },
  ],
  rows,
}

const form = (path: string, fields: Readonly<Record<string, string>>): PollRequest => ({
  key: 'login',
  method: 'POST',
  path,
  form: fields,
})

/** Cisco Catalyst SD-WAN Manager (vManage): bulk statistics, BFD sessions, alarms. */
export const ciscoCatalystPoll: PollVendor = {
  id: 'cisco-catalyst',
  adapter: 'cisco-catalyst',
  credentials: [['username', 'password']],
  options: { login: { help: '`jwt` from 20.18 on; `session` (the default) for all' } },
  // 48 bulk requests a minute, two at once.
  requestsPerS: 0.8,
  requestsAtOnce: 2,
  feeds: [
    statistics('approute', 'approutestatsstatistics', 300),
    sessions,
    statistics('interfaces', 'interfacestatistics', 300),
    alarms,
  ],
  async login({ credentials, options }, ask): Promise<Session> {
    const { username, password } = credentials as { username: string; password: string }
    if (options.login === 'jwt') {
      const answer = await ask({
        key: 'login',
        method: 'POST',
        path: '/jwt/login',
        json: { username, password, duration: 1800 },
      })
      const csrf = textOf(answer.object.csrf)
      return {
        headers: {
          authorization: `Bearer ${loginField(answer, 'token')}`,
          ...(csrf !== undefined && { 'x-xsrf-token': csrf }),
        },
        expiresInS: 1800,
      }
    }
    const logged = await ask(form('/j_security_check', { j_username: username, j_password: password }))
    // A login that is refused answers 200 with the page of the form.
    if (logged.isHtml || logged.bytes.length > 0)
      throw new PollFault('login', `${logged.of}: refused: check the credentials`)
    const cookie = logged.cookies
    const token = await ask({ key: 'token', path: '/dataservice/client/token', headers: { cookie } })
    return { headers: { cookie, ...(!token.isHtml && { 'x-xsrf-token': token.text.trim() }) } }
  },
  // A session that ended answers 200 with the page of the form.
  verdict: (answer: Answer) =>
    answer.isHtml && !answer.of.endsWith('/j_security_check') ? 'expired' : undefined,
  documentation: 'https://developer.cisco.com/docs/sdwan/bulk-api/',
}
