import { z } from 'zod'
import { APP_CLASSES, type AppClass, ORGANIZATION_KINDS, SITE_KINDS, TECHNOLOGIES } from './registry_words.js'

/**
 * The registry: what the operators write about their network, in YAML or CSV. Organisations, sites and their
 * prefixes are the least of it; the rest is optional. A key that is not listed here is a mistake, which
 * `vigie registry check` tells.
 *
 * The third argument of a rule is the key of its message in `enrich/registry/messages.ts`, where it is said
 * in two languages.
 */

export {
  APP_CLASSES,
  type AppClass,
  ORGANIZATION_KINDS,
  REGIONS,
  SITE_KINDS,
  TECHNOLOGIES,
} from './registry_words.js'

/** Text that names an entry for ever: letters, digits, `.`, `_` and `-`, 64 at most. */
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'id_format')
const text = z.string().min(1, 'text_empty')
const bilingual = z.strictObject({ fr: text, en: text })
/** A proper name is the same in both languages: a plain text stands for both. */
const properName = z.preprocess((v) => (typeof v === 'string' ? { fr: v, en: v } : v), bilingual)
/** A day or a moment: 2026-05-01, 2026-05-01T22:00:00-04:00. A day begins at 00:00 UTC. */
const moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/, 'moment_format')
const region = z.string().regex(/^(0[1-9]|1[0-7])$/, 'region_code')
const bps = z.number().positive('positive')
/** `10.1.0.0/16`, `2001:db8::/32` or one address; checked by `enrich/tables/prefix.ts`. */
const prefixText = z.string()
/** A prefix in the global table, or in a VRF: the same addresses in two VRFs are two places. */
const prefix = z.preprocess(
  (v) => (typeof v === 'string' ? { prefix: v } : v),
  z.strictObject({ prefix: prefixText, vrf: id.optional() }),
)

/**
 * What is stored of the host addresses of an organisation or site. `pseudonym`: a keyed image that keeps prefixes
 * (Crypto-PAn); `mask`: their first bits only; `none`: as they are, for a site of an organisation that says otherwise.
 */
const privacy = z.strictObject({
  mode: z.enum(['pseudonym', 'mask', 'none']),
  /** Bits that a mask leaves; left out: 24 and 48. */
  ipv4_bits: z.int().min(0, 'address_bits').max(32, 'address_bits').optional(),
  ipv6_bits: z.int().min(0, 'address_bits').max(128, 'address_bits').optional(),
})

/** By the id of a security service, what is to hold: `mode` and parameters. Which services there are, detection knows. */
const subscriptions = z.record(z.string(), z.record(z.string(), z.unknown()))

const organization = z.strictObject({
  id,
  name: bilingual,
  kind: z.enum(ORGANIZATION_KINDS).optional(),
  /** Security services subscribed, with parameters; left out: all, with defaults. */
  services: subscriptions.optional(),
  /** Assignment group of its tickets. */
  itsm_group: text.optional(),
  /** Language of its tickets and reports. */
  language: z.enum(['fr', 'en']).optional(),
  /** Addresses of the organisation that belong to no site. */
  prefixes: z.array(prefix).optional(),
  privacy: privacy.optional(),
})

const site = z.strictObject({
  id,
  organization: id,
  name: properName.optional(),
  region: region.optional(),
  kind: z.enum(SITE_KINDS).optional(),
  coordinates: z
    .strictObject({
      lat: z.number().min(-90, 'latitude').max(90, 'latitude'),
      lon: z.number().min(-180, 'longitude').max(180, 'longitude'),
    })
    .optional(),
  municipality: text.optional(),
  /** The network it is on today, and when it moves. */
  network: z.enum(['ritm', 'rgt']).optional(),
  migration: z
    .strictObject({ wave: z.int().positive('positive').optional(), date: moment.optional() })
    .optional(),
  prefixes: z.array(prefix).optional(),
  /** What holds of security services here and not elsewhere: their mode, and parameters of those that judge a site by itself. */
  services: subscriptions.optional(),
  /** Left out: as its organisation says. */
  privacy: privacy.optional(),
  /** What held earlier, each until a moment: a site that moved or changed hands. What is left out held as it does after. */
  before: z
    .array(
      z.strictObject({
        until: moment,
        organization: id.optional(),
        region: region.optional(),
        network: z.enum(['ritm', 'rgt']).optional(),
      }),
    )
    .optional(),
})

/** A routing table. `numbers` are the ids that exporters give it (ingressVRFID 234, egressVRFID 235). */
const vrf = z.strictObject({
  id,
  name: properName.optional(),
  numbers: z.array(z.int().min(1, 'positive').max(4294967295, 'u32')).optional(),
})

const supplier = z.strictObject({ id, name: properName, contact: text.optional() })

const slaClass = z.strictObject({
  id,
  name: properName.optional(),
  one_way_delay_ms: z.number().positive('positive').optional(),
  round_trip_delay_ms: z.number().positive('positive').optional(),
  delay_variation_ms: z.number().positive('positive').optional(),
  loss_ratio: z.number().min(0, 'ratio').max(1, 'ratio').optional(),
  availability_ratio: z.number().min(0, 'ratio').max(1, 'ratio').optional(),
  /** Mean opinion score, at least. */
  mos: z.number().min(1, 'positive').max(5, 'positive').optional(),
  time_to_restore_h: z.number().positive('positive').optional(),
})

const contract = z.strictObject({
  id,
  supplier: id,
  sla_class: id.optional(),
  start: moment.optional(),
  end: moment.optional(),
  /** Share of a link's monthly price that is given back below an availability; of several, the lowest bound holds. */
  service_credits: z
    .array(
      z.strictObject({
        availability_below_ratio: z.number().min(0, 'ratio').max(1, 'ratio'),
        credit_ratio: z.number().min(0, 'ratio').max(1, 'ratio'),
      }),
    )
    .optional(),
})

const billing = z.strictObject({
  rule: z.enum(['flat', 'percentile_95', 'volume']),
  /** How the two directions become one rate or volume; left out: `max`. */
  directions: z.enum(['max', 'sum']).optional(),
  price_per_month_cad: z.number().nonnegative('not_negative').optional(),
  /** Of each Mbit/s of the 95th percentile above `committed_bps`. */
  price_per_mbps_cad: z.number().nonnegative('not_negative').optional(),
  /** Of each gigabyte (10⁹ bytes) above `included_gb`. */
  price_per_gb_cad: z.number().nonnegative('not_negative').optional(),
  included_gb: z.number().nonnegative('not_negative').optional(),
})

const link = z.strictObject({
  id,
  site: id,
  supplier: id,
  contract: id.optional(),
  lot: text.optional(),
  technology: z.enum(TECHNOLOGIES).optional(),
  committed_bps: bps.optional(),
  burst_bps: bps.optional(),
  billing: billing.optional(),
  /** In service from and until; left out: for as long as anyone remembers. */
  start: moment.optional(),
  end: moment.optional(),
  sla_class: id.optional(),
  /** Interfaces (ifIndex) of registered exporters that are this link. */
  interfaces: z
    .array(
      z.strictObject({
        exporter: text,
        index: z.int().min(0, 'u32').max(4294967295, 'u32'),
        /** What it is called, where neither the exporter nor its agent says so. */
        name: text.optional(),
        alias: text.optional(),
        speed_bps: bps.optional(),
      }),
    )
    .optional(),
  /** Terms that held earlier, each until a moment. What is left out held as it does after. */
  before: z
    .array(
      z.strictObject({
        until: moment,
        site: id.optional(),
        supplier: id.optional(),
        contract: id.optional(),
        lot: text.optional(),
        technology: z.enum(TECHNOLOGIES).optional(),
        committed_bps: bps.optional(),
        burst_bps: bps.optional(),
        billing: billing.optional(),
        sla_class: id.optional(),
      }),
    )
    .optional(),
})

const exporter = z.strictObject({
  /** Source address of its datagrams. */
  address: text,
  site: id,
  name: text.optional(),
  /** `edge`: stands between its site and the network, so that totals use what it saw. Left out: edge. */
  role: z.enum(['edge', 'core']).optional(),
  /**
   * Which of its records totals use: one that meters each flow both on the way in and out says `ingress`.
   * Left out: all.
   */
  count: z.enum(['all', 'ingress', 'egress']).optional(),
  /** VRF of flows that carry none. */
  vrf: id.optional(),
})

/** An SD-WAN edge: whose telemetry it is. */
const edge = z.strictObject({
  id,
  site: id,
  name: properName.optional(),
  /** Id of its vendor's adapter (`vigie vendors`). */
  vendor: text.optional(),
  /** What payloads call it: serial number, system address, MAC address, node name, id of its site. Without case. */
  identities: z.array(text).optional(),
  /** What payloads call its underlay links: interface, colour, circuit. */
  links: z.array(z.strictObject({ link: id, name: text })).optional(),
})

const maintenance = z.strictObject({
  id,
  start: moment,
  end: moment,
  reason: properName.optional(),
  organizations: z.array(id).optional(),
  sites: z.array(id).optional(),
  links: z.array(id).optional(),
  suppliers: z.array(id).optional(),
})

/** A server room that moves into one of the consolidation sites. */
const consolidation = z.strictObject({
  room: id,
  into: id,
  date: moment.optional(),
  status: z.enum(['planned', 'moving', 'done']).optional(),
})

const application = z.strictObject({
  id,
  name: properName,
  class: z.enum(Object.keys(APP_CLASSES) as [AppClass, ...AppClass[]]),
  /** Ids that exporters give it, `engine:selector` (RFC 6759). */
  app_ids: z.array(z.string().regex(/^\d{1,3}:\d{1,17}$/, 'app_id_format')).optional(),
  /** Servers, or a cloud's published ranges. With `ports` too, both must fit. */
  prefixes: z.array(prefixText).optional(),
  /** Server ports: `tcp/443`, `udp/5060-5061`, or a protocol alone: `esp`, `proto/50`. */
  ports: z.array(text).optional(),
})

/** How a feed is signed in to. The secret stays outside of the registry: in an environment variable or a file. */
const feedAuth = z.strictObject({
  /** With a user: HTTP Basic. Without: `Bearer`, or the header's whole value where `header` names one. */
  user: text.optional(),
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'header_name')
    .optional(),
  secret_env: text.optional(),
  secret_file: text.optional(),
})

const feed = z.strictObject({
  id,
  name: properName.optional(),
  format: z.enum(['cidr', 'stix', 'misp', 'taxii']),
  /** A file path or an address; TAXII: the collection's address. */
  source: text,
  refresh_s: z.int().min(60, 'refresh').optional(),
  /** Severity of its indicators, where the feed does not tell. Left out: 4, high. */
  severity_id: z.int().min(1, 'severity').max(6, 'severity').optional(),
  /** Confidence of its indicators, where the feed does not tell. */
  confidence: z.int().min(0, 'percent').max(100, 'percent').optional(),
  /** Days after it was last seen (or written) that an indicator without an end holds. Left out: for ever. */
  expires_days: z.int().positive('positive').optional(),
  auth: feedAuth.optional(),
})

/** Sections of the registry, in the order they are written; every one may be left out. */
export const REGISTRY_SECTIONS = {
  organizations: organization,
  sites: site,
  vrfs: vrf,
  suppliers: supplier,
  sla_classes: slaClass,
  contracts: contract,
  links: link,
  exporters: exporter,
  edges: edge,
  maintenance,
  consolidation,
  applications: application,
  feeds: feed,
} as const
export type RegistrySection = keyof typeof REGISTRY_SECTIONS

/** One registry, several files merged. */
export const registrySchema = z.strictObject({
  organizations: z.array(organization).default([]),
  sites: z.array(site).default([]),
  vrfs: z.array(vrf).default([]),
  suppliers: z.array(supplier).default([]),
  sla_classes: z.array(slaClass).default([]),
  contracts: z.array(contract).default([]),
  links: z.array(link).default([]),
  exporters: z.array(exporter).default([]),
  edges: z.array(edge).default([]),
  maintenance: z.array(maintenance).default([]),
  consolidation: z.array(consolidation).default([]),
  applications: z.array(application).default([]),
  feeds: z.array(feed).default([]),
})

export type Registry = z.output<typeof registrySchema>
/** As it is written in a file. */
export type RegistryInput = z.input<typeof registrySchema>
export type Organization = Registry['organizations'][number]
export type Site = Registry['sites'][number]
export type RegistryLink = Registry['links'][number]
export type RegistryExporter = Registry['exporters'][number]
export type RegistryEdge = Registry['edges'][number]
export type Application = Registry['applications'][number]
export type Maintenance = Registry['maintenance'][number]
export type PrivacyPolicy = NonNullable<Site['privacy']>
export type ThreatFeed = Registry['feeds'][number]

/** Sections whose entries have a number that rows store. */
export const NUMBERED_SECTIONS = ['organizations', 'sites', 'suppliers', 'links', 'applications'] as const
export type NumberedSection = (typeof NUMBERED_SECTIONS)[number]

/** Numbers of the catalogue of well-known applications end here; the registry's begin after. */
export const CATALOGUE_APPLICATIONS_MAX = 1000

/**
 * Number of each entry by its text id, from 1 (applications from 1001). A number is given once for ever: an
 * entry that goes keeps it (retired), one that comes back gets it back.
 */
export type RegistryIds = Readonly<Record<NumberedSection, Readonly<Record<string, number>>>>

/** A registry as it is applied: its version counts up from 1; 0 is the empty registry. */
export interface RegistrySnapshot {
  readonly version: number
  readonly registry: Registry
  readonly ids: RegistryIds
}

/** What holds while no registry was applied: everything unknown, private addresses inside. */
export const EMPTY_SNAPSHOT: RegistrySnapshot = {
  version: 0,
  registry: registrySchema.parse({}),
  ids: { organizations: {}, sites: {}, suppliers: {}, links: {}, applications: {} },
}

/**
 * Numbers for all entries of `registry`: those of `before` are kept, new ones follow in the order of the
 * file.
 */
export function assignIds(registry: Registry, before: RegistryIds = EMPTY_SNAPSHOT.ids): RegistryIds {
  const assign = (section: NumberedSection): Record<string, number> => {
    const numbers: Record<string, number> = Object.assign(Object.create(null), before[section])
    let last = section === 'applications' ? CATALOGUE_APPLICATIONS_MAX : 0
    for (const number of Object.values(numbers)) if (number > last) last = number
    for (const entry of registry[section]) numbers[entry.id] ??= ++last
    return numbers
  }
  return {
    organizations: assign('organizations'),
    sites: assign('sites'),
    suppliers: assign('suppliers'),
    links: assign('links'),
    applications: assign('applications'),
  }
}
