import type { Registry } from 'prom-client'
import type { Bilingual } from '../../model/finding.js'
import type { Incident } from '../../model/incident.js'
import type { Clock, Component, DeadLetters, Logger, OutboxQueue, StateStore } from '../../model/ports.js'
import type { ItsmConfig, TargetConfig } from './config.js'
import { LaneMetrics } from './lane_metrics.js'
import type { Notification } from './lifecycle_state.js'
import type { NetworkView } from './network.js'
import { OutboxLane } from './outbox_lane.js'
import { Secrets } from './secrets.js'
import type { AnyTargetKind, Target } from './target.js'
import { TARGET_KINDS } from './targets/index.js'
import { ticketText } from './ticket_text.js'
import { ToldRecords } from './told_records.js'

export interface OutboxDeps {
  readonly queue: OutboxQueue
  readonly state: StateStore
  readonly deadLetters: DeadLetters
  /** The registry as it is now. */
  network(): NetworkView
  readonly serviceTitle?: ServiceTitle
  report(notification: Notification): Promise<void>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  random(): number
  readonly logger: Logger
  readonly metrics: Registry
  /** Kinds of targets; Vigie's own unless told otherwise. */
  readonly kinds?: readonly AnyTargetKind[]
}

/** A configured target at work, with its secrets. */
export interface OpenTarget {
  readonly name: string
  readonly config: TargetConfig
  readonly kind: AnyTargetKind
  readonly target: Target
  conceal(text: string): string
}

type TargetMakerDeps = Pick<OutboxDeps, 'env' | 'clock' | 'logger' | 'metrics' | 'kinds'>

/** Makes a target of its configuration; nothing is connected. @throws Error when there is no such kind */
export function openTarget(name: string, config: TargetConfig, deps: TargetMakerDeps): OpenTarget {
  const kind = (deps.kinds ?? TARGET_KINDS).find(({ id }) => id === config.type)
  if (kind === undefined) throw new Error(`no kind of target is called '${config.type}'`)
  const secrets = new Secrets(deps.env)
  const target = kind.create(config.settings, {
    secret: (reference) => secrets.read(reference),
    logger: deps.logger,
    metrics: deps.metrics,
    clock: deps.clock,
  })
  return { name, config, kind, target, conceal: (text) => secrets.conceal(text) }
}

/** What people call a security service; undefined where it is not known. */
export type ServiceTitle = (id: string) => Bilingual | undefined

/** Words of a ticket, with the names of the registry and of services, and links. */
export const ticketWords =
  (
    config: Pick<ItsmConfig, 'dashboards_url' | 'time_zone'>,
    network: () => NetworkView,
    serviceTitle?: ServiceTitle,
  ) =>
  (incident: Incident, transitions: Incident['history']) =>
    ticketText(incident, transitions, {
      name: (kind, id, lang) => {
        if (kind === 'service') return serviceTitle?.(id)?.[lang]
        const view = network()
        if (kind === 'org') return view.organization(id)?.name[lang]
        if (kind === 'site') return view.site(id)?.name[lang]
        return kind === 'supplier' ? view.supplierName(id)?.[lang] : undefined
      },
      dashboardsUrl: config.dashboards_url,
      timeZone: config.time_zone,
    })

/** One lane a target: what is told to one never waits for another. */
export class Outbox implements Component {
  readonly targets: readonly OpenTarget[]
  readonly #lanes: readonly OutboxLane[]

  constructor(config: ItsmConfig, deps: OutboxDeps) {
    const metrics = new LaneMetrics(deps.metrics)
    this.targets = Object.entries(config.targets).map(([name, target]) => openTarget(name, target, deps))
    this.#lanes = this.targets.map(
      ({ name, config: own, kind, target, conceal }) =>
        new OutboxLane(name, own.outbox, {
          queue: deps.queue,
          records: new ToldRecords(deps.state, name),
          target,
          kind,
          deadLetters: deps.deadLetters,
          text: ticketWords(config, () => deps.network(), deps.serviceTitle),
          report: (notification) => deps.report(notification),
          conceal,
          clock: deps.clock,
          random: () => deps.random(),
          logger: deps.logger,
          metrics,
        }),
    )
  }

  async start(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.start()))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.stop()))
  }
}
