import { type Answer, listOf, objectOf, textOf } from '../answer.js'
import { PollFault } from '../fault.js'
import {
  type Feed,
  listOption,
  optionOf,
  type PayloadPart,
  type PollRequest,
  type PollVendor,
  type Session,
} from '../poll_vendor.js'
import { bearer } from './common.js'

const rpc = (key: string, method: string, params: unknown): PollRequest => ({
  key,
  method: 'POST',
  path: '/jsonrpc',
  json: { id: 1, method, params: [params] },
})

const resultOf = (answer: Answer) => objectOf(listOf(answer.object.result)[0])

/** The answers of the firewalls that one proxy request went to. */
function parts(answer: Answer): readonly PayloadPart[] {
  return listOf(resultOf(answer).data).flatMap((item): PayloadPart[] => {
    const { response, target } = objectOf(item)
    const serial = textOf(objectOf(response).serial)
    const key = serial ?? textOf(target)
    if (key === undefined || typeof response !== 'object' || response === null) return []
    return [
      { key, bytes: Buffer.from(JSON.stringify(response)), ...(serial !== undefined && { device: serial }) },
    ]
  })
}

const health: Feed = {
  id: 'health',
  everyS: 60,
  async requests(_round, context, ask) {
    const adom = optionOf(context, 'adom') || 'root'
    const wanted = listOption(context, 'devices')
    const names =
      wanted.length > 0
        ? wanted
        : listOf(
            resultOf(
              await ask(rpc('devices', 'get', { url: `/dvmdb/adom/${adom}/device`, fields: ['name'] })),
            ).data,
          ).flatMap((device) => textOf(objectOf(device).name) ?? [])
    return names.map((name) =>
      rpc(name, 'exec', {
        url: '/sys/proxy/json',
        data: {
          target: [`adom/${adom}/device/${name}`],
          action: 'get',
          resource: '/api/v2/monitor/virtual-wan/health-check?vdom=*',
        },
      }),
    )
  },
  parts,
}

/** FortiManager: asks the firewalls that it manages, by its proxy. */
export const fortimanagerPoll: PollVendor = {
  id: 'fortimanager',
  adapter: 'fortinet',
  credentials: [['token'], ['username', 'password']],
  options: {
    adom: { help: 'administrative domain; left out: root' },
    devices: { help: 'names of devices; left out: all of the domain' },
  },
  requestsPerS: 10,
  requestsAtOnce: 4,
  feeds: [health],
  async login({ credentials }, ask): Promise<Session> {
    if (credentials.token !== undefined) return bearer(credentials.token)
    const { username, password } = credentials
    const answer = await ask(
      rpc('login', 'exec', { url: '/sys/login/user', data: { user: username, passwd: password } }),
    )
    const session = textOf(answer.object.session)
    if (session === undefined) throw new PollFault('login', `${answer.of}: refused: check the credentials`)
    return { headers: {}, json: { session } }
  },
  // −11: no permission for the resource, which is also what an expired session gets.
  verdict: (answer) => {
    const code = Number(objectOf(resultOf(answer).status).code ?? 0)
    return code === 0 ? undefined : code === -11 ? 'expired' : 'refused'
  },
  documentation: 'https://fndn.fortinet.net/index.php?/fortiapi/5-fortimanager/',
}
