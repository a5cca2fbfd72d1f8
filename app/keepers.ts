import type { ClickHouseClient } from '@clickhouse/client'
import type { RegistryWatch } from '../enrich/registry/registry_watch.js'
import type { ThreatsConfig } from '../enrich/threat/config.js'
import { ThreatKeeper } from '../enrich/threat/threat_keeper.js'
import type { Component, StateStore } from '../model/ports.js'
import { ClickHouseThreats } from '../sinks/clickhouse/threat_store.js'
import type { RoleIo } from './role.js'

export interface KeepersConfig {
  readonly threats: ThreatsConfig
}

export interface KeepersDeps {
  readonly registry: RegistryWatch
  readonly state: StateStore
  readonly store: ClickHouseClient
  readonly io: RoleIo
}

/**
 * What an installation does once, beside the flow: fetching threat feeds. It runs with the detector, of which there
 * is one.
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
  return [threats]
}
