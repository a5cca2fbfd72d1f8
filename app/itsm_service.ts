import type { Msg } from '@nats-io/transport-node'
import type { Bus } from '../ingest/bus/bus.js'
import type { Finding } from '../model/finding.js'
import type { Incident, RemoteEvent } from '../model/incident.js'
import type { Clock, Component, Logger } from '../model/ports.js'
import type { Silence } from '../sinks/itsm/lifecycle_state.js'
import type { Policy } from '../sinks/itsm/policy.js'
import type { ServiceDesk } from '../sinks/itsm/service_desk.js'

/** What `vigie incidents` and `vigie itsm` ask the role over the bus. */
export const ITSM_SUBJECT = 'vigie.itsm.ask'

export type ItsmQuestion =
  | {
      readonly ask: 'list'
      readonly states?: readonly string[]
      readonly org?: string
      readonly limit: number
    }
  /** By uid, or by number. */
  | { readonly ask: 'show'; readonly incident: string }
  | { readonly ask: 'event'; readonly by: string; readonly event: RemoteEvent }
  | { readonly ask: 'silence'; readonly silence: Silence }
  | { readonly ask: 'silences' }
  | { readonly ask: 'explain'; readonly finding: Finding }

export type ItsmAnswer =
  | { readonly ok: true; readonly incidents: readonly Incident[]; readonly more: number }
  | { readonly ok: true; readonly explanation: Explanation }
  | { readonly ok: true; readonly silences: readonly Silence[] }
  | { readonly ok: true }
  | { readonly ok: false; readonly error: string }

/** Which rule did what to a finding. */
export interface Explanation {
  readonly rules: readonly { readonly rule: string; readonly says: Readonly<Record<string, unknown>> }[]
  readonly incident: boolean
  readonly category: string
  readonly group_by: readonly string[]
  readonly key: string
  /** The case that it belongs to is another than its own group: what explains it. */
  readonly explained_by?: string
  readonly muted?: string
  readonly assignment_group: string
  readonly chain: string
  readonly targets?: readonly string[]
  readonly phase?: string
  readonly number?: string
}

interface ServiceDeps {
  policy(): Policy
  readonly clock: Clock
  readonly logger: Logger
}

/** An answer stays below the message size that any NATS server takes. */
const ANSWER_BYTES_MAX = 900_000

/** Answers the console's questions. */
export function serveIncidents(bus: Bus, desk: ServiceDesk, deps: ServiceDeps): Component {
  let subscription: { unsubscribe(): void } | undefined
  return {
    async start() {
      subscription = bus.connection.subscribe(ITSM_SUBJECT, {
        callback: (error, message) => {
          if (error !== null) return
          answer(desk, deps, message)
            .catch((failed: Error): ItsmAnswer => ({ ok: false, error: failed.message }))
            .then((said) => message.respond(JSON.stringify(said)))
            .catch((failed: Error) =>
              deps.logger.warn({ error: failed.message }, 'a question was not answered'),
            )
        },
      })
    },
    async stop() {
      subscription?.unsubscribe()
    },
  }
}

async function answer(desk: ServiceDesk, deps: ServiceDeps, message: Msg): Promise<ItsmAnswer> {
  const question = message.json<ItsmQuestion>()
  if (question.ask === 'list') return list(desk, question)
  if (question.ask === 'show') {
    const found = desk
      .incidents()
      .filter((i) => i.uid === question.incident || i.number === question.incident)
    return { ok: true, incidents: found.slice(0, 1), more: 0 }
  }
  if (question.ask === 'explain') return { ok: true, explanation: explain(desk, deps, question.finding) }
  if (question.ask === 'silences') {
    const now = deps.clock.nowMs()
    return { ok: true, silences: desk.lifecycle.book.silences.filter(({ untilMs }) => untilMs > now) }
  }
  if (question.ask === 'silence') await desk.give({ type: 'silence', silence: question.silence })
  else await desk.give({ type: 'event', by: question.by, event: question.event })
  return { ok: true }
}

function list(desk: ServiceDesk, { states, org, limit }: Extract<ItsmQuestion, { ask: 'list' }>): ItsmAnswer {
  const fitting = desk
    .incidents()
    .filter((i) => (states?.includes(i.state) ?? true) && (org === undefined || i.org === org))
    .sort((a, b) => a.priority - b.priority || b.opened - a.opened)
  const incidents: Incident[] = []
  let bytes = 0
  for (const incident of fitting.slice(0, limit)) {
    // A list shows neither evidence nor history.
    const brief = { ...incident, evidence: [], history: [] }
    bytes += JSON.stringify(brief).length
    if (bytes > ANSWER_BYTES_MAX) break
    incidents.push(brief)
  }
  return { ok: true, incidents, more: fitting.length - incidents.length }
}

function explain(desk: ServiceDesk, { policy, clock }: ServiceDeps, finding: Finding): Explanation {
  const { decision, muted, key, case: c } = desk.lifecycle.explain(finding, clock.nowMs())
  return {
    rules: decision.trace,
    incident: decision.incident,
    category: policy().subject(finding).category,
    group_by: decision.groupBy,
    key,
    ...(key !== decision.key && { explained_by: key }),
    ...(muted !== undefined && { muted }),
    assignment_group: decision.group,
    chain: decision.chain,
    ...(decision.targets && { targets: decision.targets }),
    ...(c && { phase: c.phase }),
    ...(c?.incident && { number: c.incident.number }),
  }
}
