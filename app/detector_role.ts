import type { Registry } from 'prom-client'
import { Catalogue } from '../detect/catalogue.js'
import type { DetectorConfig } from '../detect/config.js'
import { Detector } from '../detect/detector.js'
import type { EngineKeeperDeps } from '../detect/engine_keeper.js'
import { HorizonDetector } from '../detect/horizon_detector.js'
import type { MarkNames, MarkView } from '../detect/mark_memory.js'
import { SampleDetector } from '../detect/sample_detector.js'
import { SERVICES } from '../detect/services/index.js'
import { subscribersOf } from '../detect/subscribers.js'
import type { PrivacyConfig } from '../enrich/privacy/config.js'
import { loadKeys } from '../enrich/privacy/keys.js'
import { Sealer } from '../enrich/privacy/seal.js'
import { openedPartials, sealedState, shieldedFindings } from '../enrich/privacy/sealed.js'
import { Shield } from '../enrich/privacy/shield.js'
import { registryWatchSchema } from '../enrich/registry/config.js'
import type { RegistryView } from '../enrich/registry/registry_view.js'
import { RegistryWatch } from '../enrich/registry/registry_watch.js'
import { ThreatWatch } from '../enrich/threat/threat_watch.js'
import { Bus } from '../ingest/bus/bus.js'
import type { BusConfig } from '../ingest/bus/config.js'
import { NatsFindingFeedback } from '../ingest/bus/finding_feedback.js'
import { FindingStream } from '../ingest/bus/finding_stream.js'
import { PartialStream } from '../ingest/bus/partial_stream.js'
import { SampleStream } from '../ingest/bus/sample_stream.js'
import { NatsStateStore } from '../ingest/bus/state_store.js'
import type { Component, Logger } from '../model/ports.js'
import type { RegistrySnapshot } from '../model/registry.js'
import { ActionWriter } from '../sinks/clickhouse/action_writer.js'
import { FindingWriter } from '../sinks/clickhouse/finding_writer.js'
import { ClickHouseQuestions } from '../sinks/clickhouse/questions.js'
import { ClickHouseWriter } from '../sinks/clickhouse/writer.js'
import { type KeepersConfig, startKeepers } from './keepers.js'
import { serveMarks } from './marks_service.js'
import type { RoleIo } from './role.js'

export interface DetectorRoleConfig extends KeepersConfig {
  readonly detector: DetectorConfig
  readonly privacy: PrivacyConfig
  readonly bus: BusConfig
  readonly clickhouse_url: string
  /** The shard of flows that this process looks at, from 0. */
  readonly shard: number
}

/** The catalogue of services that a registry's organisations subscribe to. @throws CatalogueError */
export function catalogueOf(config: DetectorConfig, snapshot: RegistrySnapshot): Catalogue {
  return new Catalogue({
    services: SERVICES.filter((s) => config.services?.includes(s.id) ?? true),
    defaults: config.defaults,
    ...subscribersOf(snapshot),
  })
}

/** Registry ids by number, of the version in force. */
class Names {
  #orgs = new Map<number, string>()
  #sites = new Map<number, string>()

  use({ ids }: RegistrySnapshot): void {
    this.#orgs = new Map(Object.entries(ids.organizations).map(([id, number]) => [number, id]))
    this.#sites = new Map(Object.entries(ids.sites).map(([id, number]) => [number, id]))
  }

  org(id: number): string | undefined {
    return this.#orgs.get(id)
  }

  site(id: number): string | undefined {
    return this.#sites.get(id)
  }
}

/** What the detectors of a process share. */
interface Shared extends EngineKeeperDeps, MarkNames {
  readonly catalogue: Catalogue
  readonly orgName: (id: number) => string | undefined
  readonly siteName: (id: number) => string | undefined
  readonly metrics: Registry
}

/** A detector that follows the registry. */
type Following = Component & { readonly marks: readonly MarkView[]; use(catalogue: Catalogue): void }

function flowDetector(
  { detector, shard }: DetectorRoleConfig,
  { bus, sealer, threats }: { bus: Bus; sealer: Sealer; threats: ThreatWatch },
  shared: Shared,
): Following {
  const { shards } = detector
  const stream = new PartialStream({ bus, logger: shared.logger, shards })
  return new Detector(detector, {
    ...shared,
    partials: {
      read: async (from) => {
        const { partials, stop } = await stream.read(from, shard)
        return { partials: openedPartials(partials, sealer), stop }
      },
    },
    threat: (number) => threats.current?.nameOf(number),
    shard: { shard, shards },
  })
}

/** Puts each version of the registry in force; of one whose subscriptions are wrong, nothing. */
function follow(
  registry: RegistryWatch,
  detectors: readonly Following[],
  { config, names, shield, logger }: { config: DetectorConfig; names: Names; shield: Shield; logger: Logger },
): void {
  registry.onChange((view: RegistryView) => {
    shield.use(view.tables)
    try {
      const catalogue = catalogueOf(config, view.snapshot)
      for (const detector of detectors) detector.use(catalogue)
      names.use(view.snapshot)
    } catch (error) {
      logger.error({ error }, 'the subscriptions of this registry cannot be used; those before stay in force')
    }
  })
}

/**
 * Partials, samples and the store's answers to findings: the detectors on the real bus, and the writer that takes findings to
 * the store. What is not of flows is done by the first shard's process, whatever the number of shards.
 */
export async function runDetector(config: DetectorRoleConfig, io: RoleIo): Promise<Component> {
  const { logger, metrics } = io
  const bus = new Bus(config.bus, { logger, metrics, name: 'vigie-detector' })
  const state = new NatsStateStore(bus)
  const findings = new FindingStream({ bus, logger })
  const registry = new RegistryWatch(registryWatchSchema.parse({}), { state, logger, metrics })
  const threats = new ThreatWatch(config.threats, { state, logger, metrics })
  const names = new Names()
  const keys = loadKeys(config.privacy, process.env)
  const sealer = new Sealer(keys)
  const shield = new Shield(keys)
  const started: Component[] = []
  const begin = async (part: Component): Promise<void> => {
    await part.start()
    started.push(part)
  }
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).reverse()) await part.stop()
  }
  try {
    for (const part of [bus, registry, threats]) await begin(part)
    names.use(registry.current.snapshot)
    shield.use(registry.current.tables)
    const feedback = new NatsFindingFeedback({ bus, logger })
    const shared: Shared = {
      marks: feedback,
      publicUid: (uid: string) => shield.uid(uid),
      findings: shieldedFindings(findings, shield),
      state: sealedState(state, sealer),
      catalogue: catalogueOf(config.detector, registry.current.snapshot),
      orgName: (id) => names.org(id),
      siteName: (id) => names.site(id),
      clock: { nowMs: () => Date.now() },
      logger,
      metrics,
    }
    const first = config.shard === 0
    const detectors: Following[] = [flowDetector(config, { bus, sealer, threats }, shared)]
    if (first) {
      const samples = new SampleStream({ bus, logger })
      detectors.push(new SampleDetector(config.detector, { ...shared, samples }))
      const questions = new ClickHouseQuestions({ url: config.clickhouse_url })
      started.push({ start: async () => undefined, stop: () => questions.close() })
      detectors.push(new HorizonDetector(config.detector, { ...shared, store: questions }))
    }
    follow(registry, detectors, { config: config.detector, names, shield, logger })
    await begin(serveMarks(bus, () => detectors.flatMap(({ marks }) => marks)))
    if (!first) for (const detector of detectors) await begin(detector)
    else {
      const store = new ClickHouseWriter({ url: config.clickhouse_url })
      started.push({ start: async () => undefined, stop: () => store.close() })
      const open = () => findings.consume('clickhouse')
      const record = () => feedback.consume('clickhouse')
      const writers = [
        new FindingWriter({ store, logger, metrics, open }),
        new ActionWriter({ store, logger, metrics, open: record }),
      ]
      for (const part of [...writers, ...detectors]) await begin(part)
      started.push(...(await startKeepers(config, { registry, state, store: store.client, io })))
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { start: async () => undefined, stop }
}
