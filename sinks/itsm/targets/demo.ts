import { Gauge } from 'prom-client'
import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
import type { IncidentState, RemoteEvent, TransitionKind } from '../../../model/incident.js'
import {
  type Delivery,
  type DeliveryContext,
  type DeliveryReceipt,
  type OpenTicket,
  type PollResult,
  RefusedError,
  type Target,
  type TargetDeps,
  type TargetKind,
} from '../target.js'

/**
 * A ticketing tool inside Vigie, for the demo and for trying policies: strict about order, with a service desk that takes
 * charge of what is opened. It forgets everything with its process.
 */
const config = z.strictObject({
  /** Tickets that it remembers; the oldest go first. */
  tickets_max: z.number().int().min(1).default(10_000),
  /** How long after its opening the service desk takes charge of a ticket; 0: never. */
  acknowledge_after_ms: z.number().int().min(0).default(20_000),
  /** Of 100 tickets, how many the service desk closes as false positives, which ones by their uid. */
  false_positives_percent: z.number().int().min(0).max(100).default(0),
})
export type DemoConfig = z.infer<typeof config>

const DESK = 'Centre de services (simulation)'

interface DemoTicket {
  readonly number: string
  readonly openedMs: number
  state: IncidentState
  title: string
  version: number
  notes: number
  /** What the service desk has done and a poll has told. */
  told: 'nothing' | 'taken' | 'closed'
}

const STATES: Partial<Record<TransitionKind, IncidentState>> = {
  acknowledge: 'in_progress',
  assign: 'in_progress',
  hold: 'on_hold',
  resolve: 'resolved',
  reopen: 'in_progress',
  close: 'closed',
}

class DemoTarget implements Target {
  readonly #config: DemoConfig
  readonly #deps: TargetDeps
  readonly #tickets = new Map<string, DemoTicket>()
  #made = 0

  constructor(config: DemoConfig, deps: TargetDeps) {
    this.#config = config
    this.#deps = deps
    const name = 'vigie_itsm_demo_tickets'
    const tickets = this.#tickets
    deps.metrics.getSingleMetric(name) ??
      new Gauge({
        name,
        help: 'Tickets of the built-in ticketing tool, by state.',
        labelNames: ['state'],
        registers: [deps.metrics],
        collect() {
          this.reset()
          for (const { state } of tickets.values()) this.inc({ state })
        },
      })
  }

  async deliver({ incident, kind, transition, text }: Delivery): Promise<DeliveryReceipt> {
    const known = this.#tickets.get(incident.uid)
    if (known === undefined) return this.#open(incident.uid, incident.state, transition.version, text.title)
    if (transition.version < known.version)
      throw new RefusedError(
        `${known.number} is at version ${known.version}, version ${transition.version} came after it`,
      )
    if (transition.version === known.version || kind === 'open') return this.#receipt(known, 'existing')
    known.version = transition.version
    known.title = text.title
    known.notes++
    known.state = STATES[kind] ?? known.state
    return this.#receipt(known, 'updated')
  }

  async poll(
    _cursor: string | undefined,
    open: readonly OpenTicket[],
    _context: DeliveryContext,
  ): Promise<PollResult> {
    const now = this.#deps.clock.nowMs()
    const { acknowledge_after_ms: after, false_positives_percent: percent } = this.#config
    const events: RemoteEvent[] = []
    for (const { incident } of open) {
      const ticket = this.#tickets.get(incident)
      if (after === 0 || ticket === undefined) continue
      const event = { incident, remoteId: ticket.number, by: DESK }
      if (ticket.told === 'nothing' && now >= ticket.openedMs + after) {
        ticket.told = 'taken'
        if (ticket.state === 'new') ticket.state = 'in_progress'
        const time = ticket.openedMs + after
        events.push({ ...event, id: `demo:${incident}:taken`, time, acknowledged: true, assignee: DESK })
      }
      const wrong = Number.parseInt(incident.slice(0, 8), 16) % 100 < percent
      if (wrong && ticket.told === 'taken' && now >= ticket.openedMs + 2 * after) {
        ticket.told = 'closed'
        ticket.state = 'closed'
        const time = ticket.openedMs + 2 * after
        events.push({
          ...event,
          id: `demo:${incident}:closed`,
          time,
          state: 'closed',
          closing: 'false_positive',
        })
      }
    }
    return { events, cursor: '' }
  }

  async check(): Promise<Bilingual> {
    const { size } = this.#tickets
    return {
      fr: `L’outil de billetterie intégré est prêt; billets\u00a0: ${size}.`,
      en: `The built-in ticketing tool is ready; tickets: ${size}.`,
    }
  }

  #open(uid: string, state: IncidentState, version: number, title: string): DeliveryReceipt {
    const number = `DEMO-${String(++this.#made).padStart(5, '0')}`
    const openedMs = this.#deps.clock.nowMs()
    const ticket: DemoTicket = { number, openedMs, state, title, version, notes: 0, told: 'nothing' }
    this.#tickets.set(uid, ticket)
    if (this.#tickets.size > this.#config.tickets_max)
      this.#tickets.delete(this.#tickets.keys().next().value as string)
    return this.#receipt(ticket, 'created')
  }

  #receipt({ number }: DemoTicket, outcome: DeliveryReceipt['outcome']): DeliveryReceipt {
    return { id: number, number, outcome }
  }
}

export const demo: TargetKind<DemoConfig> = {
  id: 'demo',
  title: { fr: 'Outil de billetterie intégré (démonstration)', en: 'Built-in ticketing tool (demo)' },
  config,
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'assign', 'hold', 'resolve', 'reopen', 'close'],
    problems: false,
    identity: 'key',
    wayBack: 'poll',
  },
  create: (config, deps) => new DemoTarget(config, deps),
}
