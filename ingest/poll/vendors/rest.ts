import { type Feed, listOption, optionOf, type PollVendor } from '../poll_vendor.js'
import { basic } from './common.js'

const paths: Feed = {
  id: 'paths',
  everyS: 60,
  requests: (_round, context) => {
    const device = optionOf(context, 'device')
    return listOption(context, 'paths').map((path) => ({ key: path, path, ...(device !== '' && { device }) }))
  },
}

/** Any controller that answers GET with JSON: fixed paths, a token or a name and a password. */
export const restPoll: PollVendor = {
  id: 'rest',
  adapter: 'auto',
  credentials: [['token'], ['username', 'password']],
  options: {
    paths: { required: true, help: 'paths that are asked for, from the slash on' },
    header: { help: 'header that carries the token; left out: Authorization, with Bearer' },
    device: { help: 'the device that the answers are about, where they do not say' },
  },
  requestsPerS: 1,
  requestsAtOnce: 1,
  feeds: [paths],
  login: (context) => {
    const { token, username, password } = context.credentials
    const header = optionOf(context, 'header').toLowerCase()
    if (token === undefined) return { headers: basic(username!, password!) }
    return { headers: header === '' ? { authorization: `Bearer ${token}` } : { [header]: token } }
  },
  documentation: 'https://datatracker.ietf.org/doc/html/rfc9110',
}
