import { randomUUID } from 'node:crypto'
import { EdgeProcessor } from '../enrich/edge/edge_processor.js'
import { EdgePlaces } from '../enrich/edge/place.js'
import type { PrivacyConfig } from '../enrich/privacy/config.js'
import { loadKeys } from '../enrich/privacy/keys.js'
import { Sealer } from '../enrich/privacy/seal.js'
import { sealedDeadLetters, sealedState } from '../enrich/privacy/sealed.js'
import { Shield } from '../enrich/privacy/shield.js'
import { registryWatchSchema } from '../enrich/registry/config.js'
import { RegistryWatch } from '../enrich/registry/registry_watch.js'
import { Bus } from '../ingest/bus/bus.js'
import type { BusConfig } from '../ingest/bus/config.js'
import { NatsDeadLetters } from '../ingest/bus/dead_letters.js'
import { EdgePublisher } from '../ingest/bus/edge_publisher.js'
import { EdgeSource } from '../ingest/bus/edge_source.js'
import { EdgeSpool } from '../ingest/bus/edge_spool.js'
import { NatsJournal } from '../ingest/bus/journal.js'
import { NatsPresence } from '../ingest/bus/presence.js'
import { SampleStream } from '../ingest/bus/sample_stream.js'
import { NatsStateStore } from '../ingest/bus/state_store.js'
import { AdapterReader } from '../ingest/edge/edge_reader.js'
import { PollerSet } from '../ingest/poll/poller_set.js'
import { WALL_CLOCK } from '../ingest/poll/ports.js'
import { SyslogListener } from '../ingest/syslog/syslog_listener.js'
import type { Component, DeadLetters, EdgePayloadSink, StateStore } from '../model/ports.js'
import { encodeEdgeLedger, encodeEdgeRows } from '../sinks/clickhouse/edge_rows.js'
import { ClickHouseWriter } from '../sinks/clickhouse/writer.js'
import type { EdgesConfig } from './config/edges_schema.js'
import { mappedVendors } from './mapped_vendors.js'
import type { RoleIo } from './role.js'

export interface EdgeRoleConfig {
  readonly edges: EdgesConfig
  readonly privacy?: PrivacyConfig
  readonly bus: BusConfig
  readonly clickhouse_url: string
}

/** Controllers and agents that are asked, where the configuration names any. */
function pollersOf(
  edges: EdgesConfig,
  { state, sink }: { readonly state: StateStore; readonly sink: EdgePayloadSink },
  { logger, metrics }: RoleIo,
): Component {
  if (edges.pollers.length + edges.snmp.length === 0)
    return { start: async () => undefined, stop: async () => undefined }
  return new PollerSet(edges, {
    sink,
    state,
    clock: WALL_CLOCK,
    logger,
    metrics,
    random: Math.random,
    env: process.env,
  })
}

/** Syslog, by way of a spool: who sends it cannot be asked to send again. */
async function beginSyslog(
  { publisher, syslog }: EdgesConfig,
  parts: { sink: EdgePayloadSink; dead: DeadLetters; begin(part: Component): Promise<void> },
  { logger, metrics, report }: RoleIo,
): Promise<void> {
  const spool = new EdgeSpool(publisher, { sink: parts.sink, logger, metrics })
  await parts.begin(spool)
  const clock = { nowMs: () => Date.now() }
  const listener = new SyslogListener(syslog, { sink: spool, dead: parts.dead, clock, logger, metrics })
  await parts.begin(listener)
  report({ syslog_port: listener.port })
}

/** Payloads of SD-WAN edges to rows: the edge processor on the real bus and store. */
export async function runEdge(config: EdgeRoleConfig, io: RoleIo): Promise<Component> {
  const { logger, metrics } = io
  const { edges } = config
  const reader = new AdapterReader(mappedVendors(edges.mappings))
  const id = randomUUID()
  const bus = new Bus(config.bus, { logger, metrics, name: `vigie-edge-${id.slice(0, 8)}` })
  const keys = config.privacy ? loadKeys(config.privacy, process.env) : []
  const sealer = new Sealer(keys)
  const shield = new Shield(keys)
  const dead = sealedDeadLetters(new NatsDeadLetters(bus), sealer, shield)
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
    const state = new NatsStateStore(bus)
    const registry = new RegistryWatch(registryWatchSchema.parse({}), { state, logger, metrics })
    await begin(registry)
    let places = new EdgePlaces(registry.current.snapshot)
    shield.use(registry.current.tables)
    registry.onChange((view) => {
      places = new EdgePlaces(view.snapshot)
      shield.use(view.tables)
    })
    await begin(
      new EdgeProcessor(edges.processor, {
        id,
        input: new EdgeSource(edges.source, { bus, logger, metrics }),
        reader,
        journal: new NatsJournal(bus, 'edgeBatches'),
        presence: new NatsPresence(bus),
        state: sealedState(state, sealer),
        store,
        samples: new SampleStream({ bus, logger }),
        dead,
        encode: { rows: encodeEdgeRows, ledger: encodeEdgeLedger },
        clock: { nowMs: () => Date.now() },
        logger,
        metrics,
        places: () => places,
        protect: (record, atMs) => shield.edgeRecord(record, atMs),
      }),
    )
    const publisher = new EdgePublisher(edges.publisher, { bus, metrics })
    // A second role with the same pollers asks twice, but under the same ids: the stream has each page once.
    await begin(pollersOf(edges, { state, sink: publisher }, io))
    if (edges.syslog.enabled) await beginSyslog(edges, { sink: publisher, dead, begin }, io)
  } catch (error) {
    await stop()
    throw error
  }
  return { start: async () => undefined, stop }
}
