import { SnapshotStore } from '../detect/snapshot_store.js'
import { registryWatchSchema } from '../enrich/registry/config.js'
import type { RegistryView } from '../enrich/registry/registry_view.js'
import { RegistryWatch } from '../enrich/registry/registry_watch.js'
import { Bus } from '../ingest/bus/bus.js'
import type { BusConfig } from '../ingest/bus/config.js'
import { NatsDeadLetters } from '../ingest/bus/dead_letters.js'
import { NatsFindingFeedback } from '../ingest/bus/finding_feedback.js'
import { FindingStream } from '../ingest/bus/finding_stream.js'
import { NatsJournal } from '../ingest/bus/journal.js'
import { OutboxStream } from '../ingest/bus/outbox_stream.js'
import { NatsStateStore } from '../ingest/bus/state_store.js'
import { StepStream } from '../ingest/bus/step_stream.js'
import type { Component } from '../model/ports.js'
import type { RegistrySnapshot } from '../model/registry.js'
import { IncidentWriter } from '../sinks/clickhouse/incident_writer.js'
import { ClickHouseWriter } from '../sinks/clickhouse/writer.js'
import type { ItsmConfig } from '../sinks/itsm/config.js'
import type { LifecycleDeps } from '../sinks/itsm/lifecycle.js'
import { type NetworkView, networkOf } from '../sinks/itsm/network.js'
import { Outbox } from '../sinks/itsm/outbox.js'
import { Policy } from '../sinks/itsm/policy.js'
import { ServiceDesk } from '../sinks/itsm/service_desk.js'
import { WayBack } from '../sinks/itsm/way_back.js'
import { serveIncidents } from './itsm_service.js'
import type { RoleIo } from './role.js'
import { serviceCategory, serviceTitle } from './service_titles.js'

export interface ItsmRoleConfig {
  readonly itsm: ItsmConfig
  readonly bus: BusConfig
  readonly lang: 'fr' | 'en'
  readonly clickhouse_url: string
}

const CLOCK = { nowMs: () => Date.now() }

/** What the lifecycle goes by: the policy, and the registry of this moment. */
function lifecycleDeps(config: ItsmRoleConfig, snapshot: RegistrySnapshot): LifecycleDeps {
  const network = networkOf(snapshot, config.itsm.policy.changes)
  const targets = Object.keys(config.itsm.targets)
  return {
    policy: new Policy(config.itsm.policy, network, serviceCategory),
    network,
    targets,
    lang: config.lang,
  }
}

/** Findings to incidents, incidents to the ITSM and to the store, and what people did there back again. */
export async function runItsm(config: ItsmRoleConfig, io: RoleIo): Promise<Component> {
  const { logger, metrics } = io
  const bus = new Bus(config.bus, { logger, metrics, name: 'vigie-itsm' })
  await bus.start()
  const started: Component[] = [bus]
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).reverse()) await part.stop()
  }
  const start = async (part: Component): Promise<void> => {
    await part.start()
    started.push(part)
  }
  try {
    const state = new NatsStateStore(bus)
    const registry = new RegistryWatch(registryWatchSchema.parse({}), { state, logger, metrics })
    await start(registry)
    const store = new ClickHouseWriter({ url: config.clickhouse_url })
    started.push({ start: async () => undefined, stop: () => store.close() })
    const steps = new StepStream({ bus, logger })
    await start(new IncidentWriter({ store, logger, metrics, open: () => steps.consume('clickhouse') }))
    const queue = new OutboxStream({ bus, logger })
    const gone = await queue.keepOnly(Object.keys(config.itsm.targets))
    if (gone.length > 0)
      logger.warn({ targets: gone }, 'what waited for targets that are none any more is gone')
    let lifecycle = lifecycleDeps(config, registry.current.snapshot)
    const desk = new ServiceDesk(config.itsm, {
      open: () => new FindingStream({ bus, logger }).consume('itsm'),
      journal: new NatsJournal(bus, 'incidents'),
      snapshots: new SnapshotStore(state, 'itsm'),
      outbox: queue,
      feedback: new NatsFindingFeedback({ bus, logger }),
      lifecycle,
      clock: CLOCK,
      logger,
      metrics,
    })
    registry.onChange(({ snapshot }: RegistryView) => {
      lifecycle = lifecycleDeps(config, snapshot)
      desk.use(lifecycle)
    })
    const outbox = new Outbox(config.itsm, {
      queue,
      state,
      deadLetters: new NatsDeadLetters(bus),
      network: (): NetworkView => lifecycle.network,
      serviceTitle,
      report: (notification) => desk.give({ type: 'notification', notification }),
      env: process.env,
      clock: CLOCK,
      random: () => Math.random(),
      logger,
      metrics,
    })
    await start(desk)
    // What the role cannot mend ends its process; the supervisor starts another.
    desk.failed.catch((error: Error) => setImmediate(() => Promise.reject(error)))
    await start(outbox)
    await start(serveIncidents(bus, desk, { policy: () => lifecycle.policy, clock: CLOCK, logger }))
    const back = new WayBack(config.itsm, {
      targets: outbox.targets,
      state,
      incidents: () => desk.incidents(),
      give: (by, event) => desk.give({ type: 'event', by, event }),
      logger,
      metrics,
    })
    await start(back)
    if (back.port !== undefined) io.report({ receive_port: back.port })
  } catch (error) {
    await stop()
    throw error
  }
  return { start: async () => undefined, stop }
}
