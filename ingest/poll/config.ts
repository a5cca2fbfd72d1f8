import { z } from 'zod'
import type { SnmpConfig } from './snmp/config.js'
import { POLL_VENDORS } from './vendors/index.js'

const MIB = 1024 * 1024
const seconds = (min: number, max: number) => z.number().min(min).max(max)
const VENDOR_IDS = POLL_VENDORS.map(({ id }) => id) as [string, ...string[]]
const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/

const credentialsShape = {
  credentials_file: z
    .string()
    .optional()
    .describe("file with the credentials, YAML: 'username: …' lines; read anew at each login"),
  credentials_env: z
    .record(z.string(), z.string())
    .default({})
    .describe('credentials out of variables: field → name of the variable'),
} as const

const pollerShape = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, - and _, at most 64')
    .describe(
      'names the poller in metrics, in the origin of its payloads and in its cursor: never change it',
    ),
  vendor: z.enum(VENDOR_IDS).describe('kind of controller: see docs/edges'),
  url: z.url({ protocol: /^https?$/ }).describe('address of the controller, without the paths of its API'),
  ...credentialsShape,
  options: z
    .record(z.string(), z.union([z.string().min(1), z.array(z.string().min(1)).max(10_000)]))
    .default({})
    .describe("what the kind of controller asks for: 'organization', 'tenants' and the like"),
  feeds: z.array(z.string()).min(1).optional().describe('reports to ask for; left out: the usual ones'),
  every_s: seconds(1, 86_400)
    .optional()
    .describe('pace of all feeds; left out: that of each. Intervals lie on its multiples'),
  lag_s: seconds(0, 86_400)
    .optional()
    .describe('how long after its end an interval is asked for: until then the controller has all of it'),
  lookback_s: seconds(60, 31 * 86_400)
    .optional()
    .describe('how far back a poller that stood still catches up'),
  ca_file: z.string().optional().describe('certificate authorities trusted besides the usual ones, PEM'),
  tls_verify: z
    .boolean()
    .default(true)
    .describe('false: any certificate will do, and whoever stands between reads the password'),
  plain_http: z.boolean().default(false).describe('true: credentials may go over HTTP without TLS'),
  requests_per_s: z
    .number()
    .positive()
    .max(1000)
    .optional()
    .describe('left out: what the vendor allows, halved where others share it'),
  requests_at_once: z.number().int().min(1).max(64).optional().describe('left out: by vendor'),
  timeout_s: seconds(1, 600).default(60).describe('a slower answer is given up and asked for again'),
  answer_bytes_max: z
    .number()
    .int()
    .min(1024)
    .max(64 * MIB)
    .default(4 * MIB)
    .describe('largest page; not more than bus.edge_payload_max_bytes'),
  attempts_max: z.number().int().min(1).max(20).default(5).describe('tries of one request in a round'),
  pages_max: z.number().int().min(1).max(100_000).default(1000).describe('pages of one request'),
  requests_max: z.number().int().min(1).max(100_000).default(10_000).describe('requests of one round'),
})
export type PollerConfig = z.infer<typeof pollerShape>

/** What is wrong with a poller beyond its form, each with its place. */
function faultsOf(poller: PollerConfig): readonly (readonly [path: string, message: string])[] {
  const vendor = POLL_VENDORS.find(({ id }) => id === poller.vendor)!
  const faults: [string, string][] = []
  const { protocol, hostname, username } = new URL(poller.url)
  if (protocol === 'http:' && !poller.plain_http && !LOOPBACK.test(hostname))
    faults.push(['url', 'no TLS: write https, or allow it with plain_http'])
  if (username !== '') faults.push(['url', 'holds a name or a password: write them to credentials_file'])
  for (const [name, { required, help }] of Object.entries(vendor.options))
    if (required && poller.options[name] === undefined)
      faults.push([`options.${name}`, `is missing: ${help}`])
  for (const name of Object.keys(poller.options))
    if (vendor.options[name] === undefined)
      faults.push([
        `options.${name}`,
        `no option of ${vendor.id}: ${Object.keys(vendor.options).join(', ') || 'it has none'}`,
      ])
  const ids = vendor.feeds.map(({ id }) => id)
  for (const feed of poller.feeds ?? [])
    if (!ids.includes(feed)) faults.push(['feeds', `${vendor.id} has no feed '${feed}': ${ids.join(', ')}`])
  const given = Object.keys(poller.credentials_env)
  const enough = vendor.credentials.some((fields) => fields.every((field) => given.includes(field)))
  if (poller.credentials_file === undefined && !enough)
    faults.push([
      'credentials_file',
      `is missing: ${vendor.credentials.map((fields) => fields.join(' and ')).join(', or ')}`,
    ])
  return faults
}

const pollerSchema = pollerShape.superRefine((poller, context) => {
  for (const [path, message] of faultsOf(poller))
    context.addIssue({ code: 'custom', path: path.split('.'), message })
})

export const pollersSchema = z
  .array(pollerSchema)
  .max(5000)
  .default([])
  .superRefine((pollers, context) => {
    const seen = new Set<string>()
    pollers.forEach((poller, i) => {
      if (seen.has(poller.id))
        context.addIssue({
          code: 'custom',
          path: [i, 'id'],
          message: `'${poller.id}' names another poller too`,
        })
      seen.add(poller.id)
    })
  })
  .describe('controllers that are asked: one entry each; docs/edges has an example a vendor')

export const pollingSchema = z.strictObject({
  requests_at_once_max: z
    .number()
    .int()
    .min(1)
    .max(1024)
    .default(32)
    .describe('requests of all pollers together under way at one time'),
})

/** Everything that Vigie asks of edges and controllers. */
export interface PollerSetConfig {
  readonly pollers: readonly PollerConfig[]
  readonly snmp: readonly SnmpConfig[]
  readonly polling: z.infer<typeof pollingSchema>
}
