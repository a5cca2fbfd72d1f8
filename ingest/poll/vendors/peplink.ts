import { objectOf, textOf } from '../answer.js'
import { PollFault } from '../fault.js'
import { type Feed, optionOf, type PollVendor, type Session } from '../poll_vendor.js'
import { loginField } from './common.js'

const status = (id: string, path: string): Feed => ({
  id,
  everyS: 60,
  requests: (_round, context) => {
    const device = optionOf(context, 'device')
    return [{ key: id, path: `/api/${path}`, ...(device !== '' && { device }) }]
  },
})

/** Peplink (SpeedFusion): the local API of a router, by its account or by a client that may only read. */
export const peplinkPoll: PollVendor = {
  id: 'peplink',
  adapter: 'peplink',
  credentials: [
    ['client_id', 'client_secret'],
    ['username', 'password'],
  ],
  options: { device: { help: 'serial number of the router: its answers do not say it' } },
  requestsPerS: 2,
  requestsAtOnce: 1,
  feeds: [
    status('wans', 'status.wan.connection'),
    status('tunnels', 'status.pepvpn'),
    status('traffic', 'status.traffic'),
  ],
  async login({ credentials }, ask): Promise<Session> {
    const { client_id, client_secret, username, password } = credentials
    if (client_id !== undefined) {
      const answer = await ask({
        key: 'login',
        method: 'POST',
        path: '/api/auth.token.grant',
        json: { clientId: client_id, clientSecret: client_secret, scope: 'api.read-only' },
      })
      const life = Number(objectOf(answer.object.response).expiresIn)
      return {
        headers: {},
        query: { accessToken: loginField(answer, 'response', 'accessToken') },
        ...(life > 0 && { expiresInS: life }),
      }
    }
    const answer = await ask({
      key: 'login',
      method: 'POST',
      path: '/api/login',
      json: { username, password },
    })
    if (answer.object.stat !== 'ok')
      throw new PollFault('login', `${answer.of}: refused: check the credentials`)
    return { headers: { cookie: answer.cookies } }
  },
  // `stat: fail` with status 200; 401 is the code of a session that ended.
  verdict: (answer) => {
    const { stat, code } = objectOf(answer.json)
    if (stat !== 'fail' || /\/api\/(login|auth\.token\.grant)$/.test(answer.of)) return undefined
    return textOf(code) === '401' ? 'expired' : 'refused'
  },
  documentation: 'https://www.peplink.com/support/downloads/',
}
