import { randomUUID } from 'node:crypto'
import type { Catalogue } from '../detect/catalogue.js'
import type { DetectorConfig } from '../detect/config.js'
import type { BuiltGeo } from '../enrich/geo/build_geo.js'
import type { GeoConfig } from '../enrich/geo/config.js'
import { GeoWatch } from '../enrich/geo/geo_watch.js'
import type { WorkerSetup } from '../enrich/pool.js'
import type { PrivacyConfig } from '../enrich/privacy/config.js'
import { loadKeys, type PrivacyKey } from '../enrich/privacy/keys.js'
import { Sealer } from '../enrich/privacy/seal.js'
import { sealedDeadLetters, sealedPartials } from '../enrich/privacy/sealed.js'
import { Processor } from '../enrich/processor.js'
import type { ProcessorConfig } from '../enrich/processor_config.js'
import { registryWatchSchema } from '../enrich/registry/config.js'
import { interfaceRows } from '../enrich/registry/interface_rows.js'
import { nameRows } from '../enrich/registry/name_rows.js'
import type { RegistryView } from '../enrich/registry/registry_view.js'
import { RegistryWatch } from '../enrich/registry/registry_watch.js'
import type { SharedTables } from '../enrich/tables/shared_tables.js'
import type { ThreatsConfig } from '../enrich/threat/config.js'
import { ThreatWatch } from '../enrich/threat/threat_watch.js'
import { Bus } from '../ingest/bus/bus.js'
import { type BusConfig, edgePublisherSchema, type FrameSourceConfig } from '../ingest/bus/config.js'
import { NatsDeadLetters } from '../ingest/bus/dead_letters.js'
import { EdgePublisher } from '../ingest/bus/edge_publisher.js'
import { frameIdentity } from '../ingest/bus/frame.js'
import { FrameMemoryPool } from '../ingest/bus/frame_memory.js'
import { FrameSource } from '../ingest/bus/frame_source.js'
import { NatsJournal } from '../ingest/bus/journal.js'
import { PartialStream } from '../ingest/bus/partial_stream.js'
import { NatsPresence } from '../ingest/bus/presence.js'
import { NatsStateStore } from '../ingest/bus/state_store.js'
import type { Component, Logger } from '../model/ports.js'
import { ClickHouseAsNames } from '../sinks/clickhouse/as_name_writer.js'
import { encodeExporterNames } from '../sinks/clickhouse/exporter_name_rows.js'
import { ClickHouseInterfaces } from '../sinks/clickhouse/interface_writer.js'
import { encodeLedger } from '../sinks/clickhouse/ledger_rows.js'
import { ClickHouseNames } from '../sinks/clickhouse/name_writer.js'
import { ClickHouseWriter } from '../sinks/clickhouse/writer.js'
import { catalogueOf } from './detector_role.js'
import type { RoleIo } from './role.js'

export interface ProcessorRoleConfig {
  readonly processor: ProcessorConfig
  readonly detector: DetectorConfig
  readonly threats: ThreatsConfig
  readonly geo: GeoConfig
  readonly privacy: PrivacyConfig
  readonly bus: BusConfig
  readonly source: FrameSourceConfig
  readonly clickhouse_url: string
}

/** Services as workers are told of them: by id, for functions do not cross threads. */
const observedOf = (catalogue: Catalogue): WorkerSetup['observed'] =>
  catalogue.observed().map(({ service, parameters }) => ({ id: service.id, parameters }))

/** What the workers look for; of subscriptions that are wrong, the services' defaults. */
function observedIn(
  config: DetectorConfig,
  { snapshot }: RegistryView,
  logger: Logger,
): WorkerSetup['observed'] {
  try {
    return observedOf(catalogueOf(config, snapshot))
  } catch (error) {
    logger.error(
      { error: (error as Error).message },
      'the subscriptions of this registry cannot be used; services run with their defaults',
    )
    const sites = snapshot.registry.sites.map((site) => ({ ...site, services: undefined }))
    const without = { ...snapshot, registry: { ...snapshot.registry, organizations: [], sites } }
    return observedOf(catalogueOf(config, without))
  }
}

interface Watches {
  readonly registry: RegistryWatch
  readonly threats: ThreatWatch
  readonly geo: GeoWatch
  readonly keys: readonly PrivacyKey[]
}

/** Follows all that workers are set up with: each change of any of it is a new setup, whole. */
class Setups {
  #version = 0
  #observed: WorkerSetup['observed'] = []
  #current: WorkerSetup | undefined

  constructor(config: ProcessorRoleConfig, { registry, threats, geo, keys }: Watches, logger: Logger) {
    const renew = (): void => {
      const tables: SharedTables = {
        ...registry.current.tables,
        ...(threats.current && { threats: threats.current.tables }),
        ...(geo.current && { geo: geo.current.tables }),
        ...(keys.length > 0 && { privacyKeys: { keys, cacheEntries: config.privacy.cache_entries } }),
      }
      const { shards } = config.detector
      this.#current = { version: ++this.#version, tables, observed: this.#observed, shards }
    }
    const observe = (view: RegistryView): void => {
      this.#observed = observedIn(config.detector, view, logger)
      renew()
    }
    registry.onChange(observe)
    threats.onChange(renew)
    geo.onChange(renew)
    observe(registry.current)
  }

  get current(): WorkerSetup {
    return this.#current!
  }
}

/** Keeps the names of the registry in the store, however long it takes. */
function followNames(
  registry: RegistryWatch,
  { names, interfaces }: { names: ClickHouseNames; interfaces: ClickHouseInterfaces },
  logger: Logger,
): void {
  const write = async ({ snapshot }: RegistryView): Promise<void> => {
    await names.write(nameRows(snapshot))
    await interfaces.write(interfaceRows(snapshot))
  }
  keepWritten(registry, write, (error) =>
    logger.warn({ error: error.message }, 'the names of the registry are not in the store yet'),
  )
}

/** Keeps the names of autonomous systems in the store. */
function followAsNames(geo: GeoWatch, names: ClickHouseAsNames, logger: Logger): void {
  keepWritten(
    geo,
    (built: BuiltGeo) => names.write(built.asNames),
    (error) =>
      logger.warn({ error: error.message }, 'the names of autonomous systems are not in the store yet'),
  )
}

const WRITE_AGAIN_MS = 2000

/** Writes what a watch has, now and at each change; what failed is tried again until another takes its place. */
function keepWritten<T>(
  watch: { readonly current: T | undefined; onChange(listener: (value: T) => void): unknown },
  write: (value: T) => Promise<unknown>,
  failed: (error: Error) => void,
): void {
  const put = (value: T): void => {
    write(value).catch((error: Error) => {
      failed(error)
      setTimeout(() => watch.current === value && put(value), WRITE_AGAIN_MS).unref()
    })
  }
  watch.onChange(put)
  if (watch.current !== undefined) put(watch.current)
}

/** Frames to rows: the processor on the real bus and store. */
export async function runProcessor(config: ProcessorRoleConfig, io: RoleIo): Promise<Component> {
  const { logger, metrics } = io
  const id = randomUUID()
  const keys = loadKeys(config.privacy, process.env)
  const sealer = new Sealer(keys)
  const bus = new Bus(config.bus, { logger, metrics, name: `vigie-processor-${id.slice(0, 8)}` })
  const started: Component[] = []
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).reverse()) await part.stop()
  }
  const begin = async (part: Component): Promise<void> => {
    await part.start()
    started.push(part)
  }
  try {
    await begin(bus)
    const store = new ClickHouseWriter({ url: config.clickhouse_url })
    started.push({ start: async () => undefined, stop: () => store.close() })
    const registry = new RegistryWatch(registryWatchSchema.parse({}), {
      state: new NatsStateStore(bus),
      logger,
      metrics,
    })
    await begin(registry)
    const threats = new ThreatWatch(config.threats, { state: new NatsStateStore(bus), logger, metrics })
    await begin(threats)
    const geo = new GeoWatch(config.geo, { logger, metrics })
    await begin(geo)
    const setups = new Setups(config, { registry, threats, geo, keys }, logger)
    followAsNames(geo, new ClickHouseAsNames(store.client), logger)
    const stores = {
      names: new ClickHouseNames(store.client),
      interfaces: new ClickHouseInterfaces(store.client),
    }
    followNames(registry, stores, logger)
    const memory = new FrameMemoryPool(config.source.max_queued_bytes + config.processor.max_decoding_bytes)
    const source = new FrameSource(config.source, { bus, memory, logger, metrics })
    await begin(source)
    await begin(
      new Processor(config.processor, {
        id,
        input: source,
        memory,
        edges: new EdgePublisher(edgePublisherSchema.parse({}), { bus, metrics }),
        partials: sealedPartials(new PartialStream({ bus, logger, shards: config.detector.shards }), sealer),
        dead: sealedDeadLetters(new NatsDeadLetters(bus), sealer),
        journal: new NatsJournal(bus),
        presence: new NatsPresence(bus),
        store,
        clock: { nowMs: () => Date.now() },
        logger,
        metrics,
        encodeLedger,
        encodeNames: encodeExporterNames,
        identify: (bytes) => {
          try {
            return frameIdentity(bytes)
          } catch {
            return undefined
          }
        },
        worker: new URL('./flow_worker.js', import.meta.url),
        setup: () => setups.current,
      }),
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { start: async () => undefined, stop }
}
