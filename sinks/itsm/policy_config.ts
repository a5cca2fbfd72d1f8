import { z } from 'zod'
import { CATEGORIES } from '../../model/incident.js'

const seconds = (value: number) => z.int().min(0).default(value)
const optionalSeconds = z.int().min(0).optional()
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'letters, digits, _ and -, 64 at most')
const names = z.array(z.string()).min(1)
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day: 08:30')
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'a day: 2026-06-24')
const moment = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/,
    'a day or a moment with its offset',
  )
const level = z.union([z.literal(1), z.literal(2), z.literal(3)])

/** What findings of one incident have in common. */
export const GROUP_LABELS = [
  'organization',
  'site',
  'region',
  'supplier',
  'link',
  'service',
  'category',
  'finding',
] as const
export type GroupLabel = (typeof GROUP_LABELS)[number]

/** Which findings a rule is for; what is left out fits all. */
const match = z.strictObject({
  organizations: names.optional(),
  sites: names.optional(),
  regions: names.optional(),
  suppliers: names.optional(),
  services: z.array(z.string()).min(1).optional(),
  categories: z.array(z.enum(CATEGORIES)).min(1).optional(),
  severity_min: z.int().min(0).max(6).optional(),
  severity_max: z.int().min(0).max(6).optional(),
  /** Words of `evidence.kind`. */
  kinds: names.optional(),
})

/** What a rule decides. A key that is left out stays as rules before it said. */
const decision = {
  incident: z.boolean().optional().describe('false: findings are recorded, nobody is told'),
  group_by: z
    .array(z.enum(GROUP_LABELS))
    .min(1)
    .optional()
    .describe('what the findings of one incident share'),
  wait_s: optionalSeconds.describe('how long a new group gathers before its incident is opened'),
  interval_s: optionalSeconds.describe('at least so long between two updates'),
  repeat_s: optionalSeconds.describe('an incident that nobody took is told again after so long; 0: never'),
  resolve_after_s: optionalSeconds.describe('how long all findings must be over'),
  reopen_within_s: optionalSeconds.describe('what comes back within so long is the same incident'),
  impact: level.optional(),
  urgency: level.optional(),
  assignment_group: z.string().min(1).optional(),
  escalation: name.optional().describe('name of a chain'),
  targets: z.array(name).optional().describe('names of targets; left out: all'),
}
export const ruleSchema = z.strictObject({ name, match: match.prefault({}), ...decision })
export type Rule = z.infer<typeof ruleSchema>

const escalationStep = z.strictObject({
  after_s: z.int().min(0).describe('from the opening, while nobody took charge'),
  notify: names.describe('`group`, `on_call:CALENDAR`, or the name of a person or group'),
  priority_max: z.int().min(1).max(5).default(5).describe('only for this priority and those above it'),
})

const onCall = z.strictObject({
  time_zone: z.string().default('America/Toronto'),
  people: names,
  start: day.describe('first day of the first person'),
  every_days: z.int().min(1).default(7),
  handover: clockTime.default('08:00'),
  hours: z
    .strictObject({
      weekdays: z.array(z.int().min(0).max(6)).default([1, 2, 3, 4, 5]).describe('0 is Sunday'),
      from: clockTime.default('08:00'),
      to: clockTime.default('17:00'),
      holidays: z.enum(['quebec', 'none']).default('quebec'),
      outside: z.boolean().default(false).describe('true: on call outside these hours instead'),
    })
    .optional()
    .describe('left out: at all hours'),
  overrides: z.array(z.strictObject({ from: day, to: day, person: z.string() })).default([]),
})
export type OnCall = z.infer<typeof onCall>

const change = z.strictObject({
  id: z.string().min(1).describe('number of the change'),
  start: moment,
  end: moment,
  reason: z.string().optional(),
  organizations: names.optional(),
  sites: names.optional(),
  links: names.optional(),
  suppliers: names.optional(),
})

const times = (notify: number, acknowledge: number, resolve: number) =>
  z
    .strictObject({
      notify_s: seconds(notify),
      acknowledge_s: seconds(acknowledge),
      resolve_s: seconds(resolve),
    })
    .prefault({})

/** How findings become incidents. Every key has a default that works. */
export const policySchema = z.strictObject({
  rules: z
    .array(ruleSchema)
    .default([])
    .describe('all that match are applied in order: a later one overrides'),
  chains: z
    .record(name, z.array(escalationStep))
    .default({
      default: [
        { after_s: 900, notify: ['group'], priority_max: 1 },
        { after_s: 1800, notify: ['group'], priority_max: 2 },
      ],
    })
    .describe('escalation chains by name; `default` is for what names none'),
  on_call: z.record(name, onCall).default({}).describe('calendars by name'),
  changes: z
    .array(change)
    .default([])
    .describe('approved changes: what they touch opens no incident meanwhile'),
  default_group: z.string().default('NOC').describe('assignment group of what has none'),
  security_group: z.string().default('SOC').describe('and of security incidents'),
  levels: z
    .strictObject({
      p1: times(300, 900, 4 * 3600),
      p2: times(600, 1800, 8 * 3600),
      p3: times(1800, 4 * 3600, 24 * 3600),
      p4: times(3600, 8 * 3600, 72 * 3600),
      p5: times(7200, 24 * 3600, 120 * 3600),
    })
    .prefault({})
    .describe('service level: time to notify, acknowledge and resolve, by priority'),
  inhibit: z
    .strictObject({
      services: z
        .array(z.string())
        .default(['sla', 'saturation', 'telemetry', 'baseline'])
        .describe('services whose findings a site that is down, or a carrier outage, explains'),
      site_down_kinds: z
        .array(z.string())
        .default(['site_down', 'site_silent', 'site'])
        .describe('words of `evidence.kind` that say a site is down'),
      carrier_sites_min: z
        .int()
        .min(2)
        .default(4)
        .describe('sites of one supplier that make a carrier outage'),
      carrier_sites_ratio: z.number().min(0).max(1).default(0.02).describe('and what share of all its sites'),
      carrier_window_s: seconds(900).describe('begun within so long of one another'),
    })
    .prefault({}),
  flap: z
    .strictObject({
      changes: z.int().min(2).default(3).describe('openings of one incident that make it unstable'),
      window_s: seconds(3600),
      quiet_s: seconds(1800).describe('how long an unstable one must be quiet before it is resolved'),
    })
    .prefault({}),
  problem: z
    .strictObject({
      incidents: z.int().min(2).default(3).describe('incidents of one kind at one place that make a problem'),
      window_s: seconds(7 * 86_400),
    })
    .prefault({}),
  stale_after_s: seconds(6 * 3600).describe(
    'a finding that comes so late opens nothing: replays of the past, streams of before the first start',
  ),
  still_open_s: seconds(3600).describe(
    'resolved by people, and its findings go on for so long: opened again',
  ),
  false_positive_quiet_s: seconds(86_400).describe(
    'after a false positive the same group is quiet for so long',
  ),
  close_after_s: seconds(3 * 86_400).describe('a resolved incident is closed after so long'),
})
export type PolicyConfig = z.infer<typeof policySchema>
