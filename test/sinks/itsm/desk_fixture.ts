import { Registry } from 'prom-client'
import { serviceCategory } from '../../../app/service_titles.js'
import { SnapshotStore } from '../../../detect/snapshot_store.js'
import type { Bus } from '../../../ingest/bus/bus.js'
import { NatsDeadLetters } from '../../../ingest/bus/dead_letters.js'
import { NatsFindingFeedback } from '../../../ingest/bus/finding_feedback.js'
import { FindingStream } from '../../../ingest/bus/finding_stream.js'
import { NatsJournal } from '../../../ingest/bus/journal.js'
import { OutboxStream } from '../../../ingest/bus/outbox_stream.js'
import { NatsStateStore } from '../../../ingest/bus/state_store.js'
import type { Clock, Logger } from '../../../model/ports.js'
import type { Registry as NetworkRegistry } from '../../../model/registry.js'
import { type ItsmConfig, itsmSchema, outboxSchema } from '../../../sinks/itsm/config.js'
import { networkOf } from '../../../sinks/itsm/network.js'
import { Outbox } from '../../../sinks/itsm/outbox.js'
import { Policy } from '../../../sinks/itsm/policy.js'
import { ServiceDesk } from '../../../sinks/itsm/service_desk.js'
import type { AnyTargetKind } from '../../../sinks/itsm/target.js'
import { registryOf } from './lifecycle_fixture.js'

export interface DeskOptions {
  readonly kinds: readonly AnyTargetKind[]
  readonly logger: Logger
  readonly policy?: Record<string, unknown>
  readonly outbox?: Record<string, unknown>
  readonly registry?: NetworkRegistry
  readonly clock?: Clock
  readonly env?: Readonly<Record<string, string>>
}

/** Desk and outbox on a real bus, as the role wires them, with one target named `tool`. */
export async function openDesk(bus: Bus, options: DeskOptions) {
  const { logger, kinds } = options
  const config: ItsmConfig = {
    ...itsmSchema.parse({ policy: options.policy ?? {}, tick_ms: 20 }),
    targets: {
      tool: {
        type: kinds[0]!.id,
        outbox: outboxSchema.parse({
          idle_ms: 50,
          backoff_first_ms: 20,
          backoff_max_ms: 200,
          ...options.outbox,
        }),
        poll_interval_ms: 1000,
        settings: {},
      },
    },
  }
  const network = networkOf({ registry: options.registry ?? registryOf(20) })
  const metrics = new Registry()
  const state = new NatsStateStore(bus)
  const queue = new OutboxStream({ bus, logger })
  const clock = options.clock ?? { nowMs: () => Date.now() }
  const lifecycle = {
    policy: new Policy(config.policy, network, serviceCategory),
    network,
    targets: ['tool'],
    lang: 'fr' as const,
  }
  const findings = new FindingStream({ bus, logger })
  const desk = new ServiceDesk(config, {
    open: () => findings.consume('itsm'),
    journal: new NatsJournal(bus, 'incidents'),
    snapshots: new SnapshotStore(state, 'itsm'),
    outbox: queue,
    feedback: new NatsFindingFeedback({ bus, logger }),
    lifecycle,
    clock,
    logger,
    metrics,
  })
  const outbox = new Outbox(config, {
    queue,
    state,
    deadLetters: new NatsDeadLetters(bus),
    network: () => network,
    report: (notification) => desk.give({ type: 'notification', notification }),
    env: options.env ?? {},
    clock,
    random: () => Math.random(),
    logger,
    metrics,
    kinds,
  })
  return {
    desk,
    outbox,
    queue,
    findings,
    metrics,
    state,
    async start() {
      await desk.start()
      await outbox.start()
    },
    async stop() {
      await outbox.stop()
      await desk.stop()
    },
  }
}
