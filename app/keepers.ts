import { isIP } from 'node:net'
import type { ClickHouseClient } from '@clickhouse/client'
import type { DevicesConfig } from '../enrich/devices/config.js'
import { type DeviceAgent, DevicePoller } from '../enrich/devices/device_poller.js'
import type { RegistryWatch } from '../enrich/registry/registry_watch.js'
import type { ThreatsConfig } from '../enrich/threat/config.js'
import { ThreatKeeper } from '../enrich/threat/threat_keeper.js'
import { readCredentials } from '../ingest/poll/credentials.js'
import { AgentSession } from '../ingest/poll/snmp/agent_session.js'
import type { SnmpConfig } from '../ingest/poll/snmp/config.js'
import type { Component, StateStore } from '../model/ports.js'
import { ClickHouseInterfaces } from '../sinks/clickhouse/interface_writer.js'
import { ClickHouseThreats } from '../sinks/clickhouse/threat_store.js'
import type { RoleIo } from './role.js'

export interface KeepersConfig {
  readonly threats: ThreatsConfig
  readonly devices: DevicesConfig
  /** Agents that tell what their interfaces are called. */
  readonly agents: readonly SnmpConfig[]
}

export interface KeepersDeps {
  readonly registry: RegistryWatch
  readonly state: StateStore
  readonly store: ClickHouseClient
  readonly io: RoleIo
}

/**
 * What an installation does once, beside the flow: fetching threat feeds, asking what interfaces are called. It runs
 * with the detector, of which there is one.
 */
export async function startKeepers(config: KeepersConfig, deps: KeepersDeps): Promise<Component[]> {
  const { registry, state, store, io } = deps
  const { logger, metrics } = io
  const clock = { nowMs: () => Date.now() }
  const threats = new ThreatKeeper(config.threats, {
    feeds: () => registry.current.snapshot.registry.feeds,
    state,
    store: new ClickHouseThreats(store),
    env: process.env,
    clock,
    logger,
    metrics,
  })
  await threats.start()
  registry.onChange(() => threats.look())
  const devices = new DevicePoller(config.devices, {
    // An agent that is known by a name says nothing of the address of its flows: `devices.exporters` does.
    agents: config.agents
      .map((agent) => deviceAgent(agent, config.devices))
      .filter(({ exporter }) => isIP(exporter) !== 0),
    state,
    store: new ClickHouseInterfaces(store),
    clock,
    logger,
    metrics,
  })
  await devices.start()
  return [threats, devices]
}

const CREDENTIALS = { '2c': [['community']], '3': [['user', 'auth_key', 'priv_key']] } as const

/** An agent of the configuration, asked on a session of its own each time. */
export function deviceAgent(agent: SnmpConfig, { exporters }: DevicesConfig): DeviceAgent {
  const { id, host, version, credentials_file, credentials_env } = agent
  return {
    id,
    exporter: exporters[id] ?? host,
    async ask(columns) {
      const sources = { file: credentials_file, env: credentials_env }
      const session = new AgentSession(
        agent,
        await readCredentials(sources, process.env, CREDENTIALS[version]),
      )
      try {
        return await session.cells(columns)
      } finally {
        session.close()
      }
    },
  }
}
