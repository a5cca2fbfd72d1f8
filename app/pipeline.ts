import { setTimeout as delay } from 'node:timers/promises'
import { PROCESSOR_NODE_FLAGS } from '../enrich/node_flags.js'
import { NatsServer } from '../ingest/bus/nats_server.js'
import { COLLECTOR_NODE_FLAGS } from '../ingest/udp/node_flags.js'
import type { Component, Logger } from '../model/ports.js'
import { poolThreads, STORE_NODE_FLAGS } from '../sinks/clickhouse/embedded/threads.js'
import { applyRegistry } from './apply_registry.js'
import type { VigieConfig } from './config/vigie_schema.js'
import { type Port, waitForPorts } from './free_ports.js'
import { ROLE_NAMES, type RoleName } from './roles.js'
import { openStreamPorts } from './stream_ports.js'
import { type SupervisedRole, Supervisor } from './supervisor.js'

export interface PipelineDeps {
  readonly logger: Logger
  onReport?(role: string, fields: Readonly<Record<string, unknown>>): void
}

export interface PipelineOptions {
  /** The roles to run; all unless told otherwise. */
  readonly roles?: readonly RoleName[]
  /** One log file a role in this folder; stderr without it. */
  readonly logDir?: string
  /** Called when the bus is there, and before the roles are. */
  beforeRoles?(): Promise<void>
}

const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 30_000
const NATS_RESTART_MS = 1000

/** What must be said when the process of a role starts: V8 and libuv read it once. */
function needs(name: RoleName, { store }: VigieConfig): Pick<SupervisedRole, 'nodeFlags' | 'env'> {
  if (name === 'collector') return { nodeFlags: COLLECTOR_NODE_FLAGS }
  if (name === 'processor') return { nodeFlags: PROCESSOR_NODE_FLAGS }
  if (name === 'store')
    return { nodeFlags: STORE_NODE_FLAGS, env: { UV_THREADPOOL_SIZE: String(poolThreads(store)) } }
  return {}
}

/** What each role is told; the supervisor hands it over as it is. */
function roleConfig(name: RoleName, config: VigieConfig): SupervisedRole {
  const { bus, publisher, source, collector, ipfix_streams, edges, processor, detector } = config
  const { threats, geo, privacy, itsm, store, web } = config
  const url = config.clickhouse_url
  const parts: Readonly<Record<RoleName, unknown>> = {
    store,
    collector: { collector, ipfix_streams, bus, publisher, privacy },
    edge: { edges, privacy, bus, clickhouse_url: url },
    processor: { processor, detector, threats, geo, privacy, bus, source, clickhouse_url: url },
    detector: {
      detector,
      threats,
      privacy,
      devices: config.devices,
      agents: edges.snmp,
      bus,
      clickhouse_url: url,
    },
    itsm: { itsm, bus, lang: config.lang, clickhouse_url: url },
    web: {
      ...web,
      viewer: { ...web.viewer, lang: config.lang === 'en' ? 'en' : web.viewer.lang },
      store_url: url,
      edges,
      bus,
    },
  }
  const { nodeFlags = [], env = {} } = needs(name, config)
  return { name, config: parts[name], logLevel: config.log_level, nodeFlags, env }
}

/** A role's processes: the detector has one for each shard that runs on this machine. */
function processesOf(name: RoleName, config: VigieConfig): SupervisedRole[] {
  const role = roleConfig(name, config)
  if (name !== 'detector') return [role]
  const { shards, run_shards = Array.from({ length: shards }, (_, shard) => shard) } = config.detector
  return run_shards.map((shard) => ({
    ...role,
    name: shard === 0 ? name : `${name}-${shard}`,
    role: name,
    config: { ...(role.config as object), shard },
  }))
}

/** The roles that a configuration runs on this machine: a real server in place of the embedded one is not started. */
export function rolesOf(config: VigieConfig, wanted: readonly RoleName[] = ROLE_NAMES): RoleName[] {
  return ROLE_NAMES.filter((name) => wanted.includes(name) && (name !== 'store' || config.embedded_store))
}

function portsOf(config: VigieConfig, roles: readonly RoleName[]): Port[] {
  const { nats, store, web, collector, ipfix_streams, edges, itsm } = config
  const { syslog } = edges
  const tcp = (port: number, host: string): Port => ({ protocol: 'TCP', host, port })
  return [
    ...(config.embedded_nats ? [tcp(nats.port, nats.host)] : []),
    ...(roles.includes('store') ? [tcp(store.port, store.host)] : []),
    ...(roles.includes('web') ? [tcp(web.port, web.address)] : []),
    ...(roles.includes('itsm') ? [tcp(itsm.receive.port ?? 0, itsm.receive.address)] : []),
    ...(roles.includes('collector')
      ? collector.hosts.flatMap((host) => [
          ...collector.ports.map((port): Port => ({ protocol: 'UDP', host, port })),
          ...openStreamPorts(ipfix_streams, collector).map((port) => tcp(port, host)),
        ])
      : []),
    ...(roles.includes('edge') && syslog.enabled
      ? syslog.hosts.flatMap((host): Port[] => [
          tcp(syslog.port, host),
          { protocol: 'UDP', host, port: syslog.port },
        ])
      : []),
  ].filter(({ port }) => port > 0)
}

/** The whole pipeline of one machine: NATS and the store where none is given, then one process a role. */
export class Pipeline implements Component {
  readonly #nats: NatsServer | undefined
  readonly #supervisor: Supervisor
  readonly #logger: Logger
  readonly #ports: readonly Port[]
  readonly #roles: readonly SupervisedRole[]
  readonly #beforeRoles: () => Promise<void>
  #stopping = false

  constructor(config: VigieConfig, options: PipelineOptions, deps: PipelineDeps) {
    this.#logger = deps.logger
    this.#ports = portsOf(config, rolesOf(config, options.roles))
    this.#roles = rolesOf(config, options.roles).flatMap((name) => processesOf(name, config))
    this.#beforeRoles = async () => {
      if (config.registry_files.length > 0) await applyRegistry(config.registry_files, config.bus)
      await options.beforeRoles?.()
    }
    if (config.embedded_nats)
      this.#nats = new NatsServer(config.nats, {
        logger: deps.logger,
        onExit: (how) => this.#restartNats(how),
      })
    this.#supervisor = new Supervisor(
      {
        roles: [],
        readyTimeoutMs: READY_TIMEOUT_MS,
        stopTimeoutMs: STOP_TIMEOUT_MS,
        ...(options.logDir !== undefined && { logDir: options.logDir }),
      },
      { logger: deps.logger, ...(deps.onReport && { onReport: deps.onReport }) },
    )
  }

  get supervisor(): Supervisor {
    return this.#supervisor
  }

  get nats(): NatsServer | undefined {
    return this.#nats
  }

  /**
   * The store comes last: until then nobody is told that Vigie is there, and what arrives before is queued. The processor
   * and the detector wait for it.
   */
  async start(): Promise<void> {
    await waitForPorts(this.#ports, this.#logger)
    await this.#nats?.start()
    await this.#beforeRoles()
    const store = this.#roles.filter(({ name }) => name === 'store')
    const others = this.#roles.filter(({ name }) => name !== 'store')
    for (const roles of [others, store]) {
      if (this.#stopping) return
      await Promise.all(roles.map((role) => this.#supervisor.add(role)))
    }
  }

  /**
   * `drain` stops from the front to the back, so that what was received is stored before the store goes. `fast` stops all
   * roles at once: what is under way lies in JetStream or the spool, and is stored after the next start.
   */
  async stop(how: 'drain' | 'fast' = 'drain'): Promise<void> {
    this.#stopping = true
    await this.#supervisor.stop(how)
    await this.#nats?.stop()
  }

  #restartNats(how: string): void {
    if (this.#stopping) return
    this.#logger.warn({ how }, 'nats-server died; starting it again')
    delay(NATS_RESTART_MS)
      .then(() => (this.#stopping ? undefined : this.#nats?.start()))
      .catch((error: Error) => this.#restartNats(error.message))
  }
}
