import { type Feed, optionOf, type PollVendor } from '../poll_vendor.js'
import { bearer } from './common.js'

const health: Feed = {
  id: 'health',
  everyS: 60,
  requests: (_round, context) => [
    {
      key: 'health',
      path: '/api/v2/monitor/virtual-wan/health-check',
      query: { vdom: optionOf(context, 'vdom') || '*' },
    },
  ],
}

/** Fortinet FortiGate: the monitor API of one firewall. For many of them there is FortiManager. */
export const fortinetPoll: PollVendor = {
  id: 'fortinet',
  adapter: 'fortinet',
  credentials: [['token']],
  options: { vdom: { help: 'virtual domain; left out: all' } },
  requestsPerS: 5,
  requestsAtOnce: 1,
  feeds: [health],
  login: ({ credentials }) => bearer(credentials.token!),
  documentation: 'https://docs.fortinet.com/document/fortigate/7.4.0/administration-guide/940602',
}
