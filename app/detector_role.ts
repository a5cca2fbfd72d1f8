import { Catalogue } from '../detect/catalogue.js'
import type { DetectorConfig } from '../detect/config.js'
import { Detector } from '../detect/detector.js'
import { placesOf } from '../detect/places.js'
import { SampleDetector } from '../detect/sample_detector.js'
import { SERVICES } from '../detect/services/index.js'
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
import { FindingStream } from '../ingest/bus/finding_stream.js'
import { PartialStream } from '../ingest/bus/partial_stream.js'
import { SampleStream } from '../ingest/bus/sample_stream.js'
import { NatsStateStore } from '../ingest/bus/state_store.js'
import type { Component } from '../model/ports.js'
import type { RegistrySnapshot } from '../model/registry.js'
import { FindingWriter } from '../sinks/clickhouse/finding_writer.js'
import { ClickHouseWriter } from '../sinks/clickhouse/writer.js'
import { type KeepersConfig, startKeepers } from './keepers.js'
import type { RoleIo } from './role.js'

export interface DetectorRoleConfig extends KeepersConfig {
  readonly detector: DetectorConfig
  readonly privacy: PrivacyConfig
  readonly bus: BusConfig
  readonly clickhouse_url: string
}

/** The catalogue of services that a registry's organisations subscribe to. @throws CatalogueError */
export function catalogueOf(config: DetectorConfig, snapshot: RegistrySnapshot): Catalogue {
  const { registry, ids } = snapshot
  return new Catalogue({
    services: SERVICES.filter((s) => config.services?.includes(s.id) ?? true),
    defaults: config.defaults,
    organizations: registry.organizations.map((o) => ({
      id: ids.organizations[o.id]!,
      services: o.services,
    })),
    places: placesOf(snapshot),
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

/** Partials and samples to findings: the detectors on the real bus, and the writer that takes findings to the store. */
export async function runDetector(config: DetectorRoleConfig, io: RoleIo): Promise<Component> {
  const { logger, metrics } = io
  const bus = new Bus(config.bus, { logger, metrics, name: 'vigie-detector' })
  await bus.start()
  const state = new NatsStateStore(bus)
  const findings = new FindingStream({ bus, logger })
  const registry = new RegistryWatch(registryWatchSchema.parse({}), { state, logger, metrics })
  const names = new Names()
  const keys = loadKeys(config.privacy, process.env)
  const sealer = new Sealer(keys)
  const shield = new Shield(keys)
  const started: Component[] = [bus]
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).reverse()) await part.stop()
  }
  try {
    await registry.start()
    started.push(registry)
    const threats = new ThreatWatch(config.threats, { state, logger, metrics })
    await threats.start()
    started.push(threats)
    names.use(registry.current.snapshot)
    shield.use(registry.current.tables)
    const partials = new PartialStream({ bus, logger })
    const shared = {
      findings: shieldedFindings(findings, shield),
      state: sealedState(state, sealer),
      catalogue: catalogueOf(config.detector, registry.current.snapshot),
      orgName: (id: number) => names.org(id),
      siteName: (id: number) => names.site(id),
      clock: { nowMs: () => Date.now() },
      logger,
      metrics,
    }
    const detector = new Detector(config.detector, {
      ...shared,
      partials: {
        read: async (from) => {
          const { partials: sealed, stop: end } = await partials.read(from)
          return { partials: openedPartials(sealed, sealer), stop: end }
        },
      },
      threat: (number) => threats.current?.nameOf(number),
    })
    const links = new SampleDetector(config.detector, {
      ...shared,
      samples: new SampleStream({ bus, logger }),
    })
    registry.onChange((view: RegistryView) => {
      shield.use(view.tables)
      try {
        const catalogue = catalogueOf(config.detector, view.snapshot)
        detector.use(catalogue)
        links.use(catalogue)
        names.use(view.snapshot)
      } catch (error) {
        logger.error(
          { error },
          'the subscriptions of this registry cannot be used; those before stay in force',
        )
      }
    })
    const store = new ClickHouseWriter({ url: config.clickhouse_url })
    started.push({ start: async () => undefined, stop: () => store.close() })
    const writer = new FindingWriter({ store, logger, metrics, open: () => findings.consume('clickhouse') })
    await writer.start()
    started.push(writer)
    await detector.start()
    started.push(detector)
    await links.start()
    started.push(links)
    started.push(...(await startKeepers(config, { registry, state, store: store.client, io })))
  } catch (error) {
    await stop()
    throw error
  }
  return { start: async () => undefined, stop }
}
