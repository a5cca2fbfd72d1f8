import type { Answer } from '../answer.js'
import {
  type Feed,
  optionOf,
  type PollRequest,
  type PollVendor,
  type Round,
  type VendorContext,
} from '../poll_vendor.js'
import { bearer, isoSeconds, rowsAt } from './common.js'

const rows = rowsAt()

const next = (answer: Answer, request: PollRequest): PollRequest | undefined =>
  answer.linkNext === undefined ? undefined : { key: request.key, path: answer.linkNext }

const report =
  (name: string, query: (round: Round) => NonNullable<PollRequest['query']>) =>
  (round: Round, context: VendorContext): readonly PollRequest[] => [
    {
      key: name,
      path: `/api/v1/organizations/${optionOf(context, 'organization')}/${name}`,
      query: query(round),
    },
  ]

const interval = ({ fromMs, toMs }: Round) => ({ t0: isoSeconds(fromMs), t1: isoSeconds(toMs) })

const loss: Feed = {
  id: 'loss',
  everyS: 300,
  // t1 must be two minutes back, t1 − t0 at most five minutes.
  history: { lagS: 180, lookbackS: 86_400 },
  requests: report('devices/uplinksLossAndLatency', interval),
  rows,
}

const vpn: Feed = {
  id: 'vpn',
  everyS: 300,
  history: { lagS: 180, lookbackS: 86_400 },
  requests: report('appliance/vpn/stats', (round) => ({ ...interval(round), perPage: 300 })),
  next,
  rows,
}

const uplinks: Feed = {
  id: 'uplinks',
  everyS: 60,
  requests: report('appliance/uplink/statuses', () => ({ perPage: 1000 })),
  next,
  rows,
}

const usage: Feed = {
  id: 'usage',
  everyS: 300,
  history: { lagS: 180, lookbackS: 86_400 },
  requests: report('appliance/uplinks/usage/byNetwork', interval),
  optional: true,
  rows,
}

/** Cisco Meraki: Dashboard API v1, reports of a whole organisation. Its answers send on to a shard of api.meraki.com. */
export const ciscoMerakiPoll: PollVendor = {
  id: 'cisco-meraki',
  adapter: 'cisco-meraki',
  credentials: [['api_key']],
  options: { organization: { required: true, help: 'id of the organisation' } },
  // Ten a second for each organisation, shared with all other programs.
  requestsPerS: 5,
  requestsAtOnce: 2,
  feeds: [loss, vpn, uplinks, usage],
  login: ({ credentials }) => bearer(credentials.api_key!),
  hosts: /(^|\.)meraki\.(com|cn|ca)$/,
  documentation: 'https://developer.cisco.com/meraki/api-v1/',
}
