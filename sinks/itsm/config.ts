import { z } from 'zod'
import { policySchema } from './policy_config.js'
import { TARGET_KINDS } from './targets/index.js'

const count = (min = 1) => z.number().int().min(min)

/** How a target is talked to. */
export const outboxSchema = z.strictObject({
  rate_per_s: z.number().positive().default(100).describe('deliveries per second at most'),
  concurrency: count().default(8).describe('deliveries at once at most'),
  timeout_ms: count(100).default(20_000).describe('after so long a delivery has failed'),
  backoff_first_ms: count(10).default(500).describe('wait after a failure; doubles, drawn at random'),
  backoff_max_ms: count(10).default(10_000).describe('and at most'),
  attempts_max: count()
    .default(10)
    .describe('failures of one ticket, while others succeed, until it is a dead letter'),
  stop_timeout_ms: count(0)
    .default(5_000)
    .describe('how long deliveries under way may take when the role stops'),
  idle_ms: count(10).default(1_000).describe('at least so often it is looked at what waits'),
})
export type OutboxConfig = z.infer<typeof outboxSchema>

/** A target as `vigie.yaml` names it: its kind, its own keys, and those of the outbox. */
export interface TargetConfig {
  readonly type: string
  readonly outbox: OutboxConfig
  readonly poll_interval_ms: number
  /** As the kind's own schema reads them. */
  readonly settings: unknown
}

const targetHead = z.looseObject({
  type: z.string(),
  outbox: outboxSchema.prefault({}),
  poll_interval_ms: count(500).default(15_000),
})

const targetSchema = targetHead.transform((value, context): TargetConfig => {
  const { type, outbox, poll_interval_ms, ...own } = value
  const kind = TARGET_KINDS.find(({ id }) => id === type)
  if (kind === undefined) {
    const known = TARGET_KINDS.map(({ id }) => id).join(', ')
    context.addIssue({ code: 'custom', path: ['type'], message: `${type}: no such kind of target: ${known}` })
    return z.NEVER
  }
  const read = kind.config.safeParse(own)
  for (const issue of read.error?.issues ?? []) {
    const { path, message, code } = issue
    const keys = code === 'unrecognized_keys' ? ` (${issue.keys.join(', ')})` : ''
    context.addIssue({ code: 'custom', path, message: `${message}${keys}` })
  }
  return { type, outbox, poll_interval_ms, settings: read.data }
})

const whole = z.strictObject({
  policy: policySchema.prefault({}),
  targets: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, 'letters, digits, _ and -, 32 at most'),
      targetSchema,
    )
    .default({})
    .describe('whom to tell, by a name of your own: { type, … }; docs/itsm/ has the kinds'),
  dashboards_url: z.string().optional().describe('address of Grafana or of the viewer, for links in tickets'),
  time_zone: z.string().default('America/Toronto').describe('of times in tickets'),
  tick_ms: count(10).default(250).describe('how often it is looked at what is due'),
  snapshot_interval_ms: count(1000).default(60_000).describe('how often the state is saved'),
  snapshot_steps: count().default(2_000).describe('and after so many steps'),
  receive: z
    .strictObject({
      address: z.string().default('127.0.0.1').describe('address to listen on for calls of targets'),
      port: z
        .int()
        .min(0)
        .max(65535)
        .optional()
        .describe('port; nothing listens without it. 0: any free one'),
      body_bytes_max: count(1024).default(262_144),
    })
    .prefault({}),
})
/** Names that one part uses and another must define. */
function checkNames({ policy, targets }: z.infer<typeof whole>, context: z.RefinementCtx): void {
  const say = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path: ['policy', ...path], message })
  policy.rules.forEach(({ escalation, targets: own = [] }, i) => {
    if (escalation !== undefined && !(escalation in policy.chains))
      say(['rules', i, 'escalation'], `${escalation}: no such chain; write it below chains`)
    for (const target of own)
      if (!(target in targets))
        say(['rules', i, 'targets'], `${target}: no such target; write it below targets`)
  })
  for (const [chain, steps] of Object.entries(policy.chains))
    for (const who of steps.flatMap(({ notify }) => notify))
      if (who.startsWith('on_call:') && !(who.slice('on_call:'.length) in policy.on_call))
        say(['chains', chain], `${who}: no such calendar; write it below on_call`)
}

/** What becomes of findings: incidents, and who is told of them. */
export const itsmSchema = whole.superRefine(checkNames)
export type ItsmConfig = z.infer<typeof itsmSchema>
