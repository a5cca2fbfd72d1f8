import { writeFile } from 'node:fs/promises'
import type { Component } from '../model/ports.js'
import type { SimulatorConfig } from '../simulate/config.js'
import { type EdgeCounters, EdgeSimulator } from '../simulate/edges/edge_simulator.js'
import type { EdgeTruthRecord } from '../simulate/edges/troubles.js'
import type { TruthRecord } from '../simulate/incidents/incident.js'
import { buildNetwork } from '../simulate/network.js'
import { registryJson, registryYaml } from '../simulate/registry_file.js'
import { Simulator, type SimulatorCounters } from '../simulate/simulator.js'
import type { RoleIo } from './role.js'

/** What the simulator reports when it falls silent. */
export interface Silence {
  readonly done: true
  readonly counters: SimulatorCounters
  readonly truth: readonly TruthRecord[]
  readonly edges: EdgeCounters
  readonly edgeTruth: readonly EdgeTruthRecord[]
}

/**
 * Starts the simulated reference network and its edges. When `duration_s` is over, or it is told to stop, it falls silent
 * and reports the counters and the truth of what it provoked, against which findings are scored.
 */
export async function runSimulator(config: SimulatorConfig, io: RoleIo): Promise<Component> {
  const clock = { nowMs: () => Date.now() }
  const { logger, metrics } = io
  const simulator = new Simulator(config, { clock, logger, metrics })
  const edges = new EdgeSimulator(config.edges, { network: simulator.network, clock, logger, metrics })
  await edges.start()
  await simulator.start()
  const silent = simulator.done
    .then(() => edges.silence())
    .then(() => {
      const { counters, truth } = simulator
      const silence: Silence = { done: true, counters, truth, edges: edges.counters, edgeTruth: edges.truth }
      io.report({ ...silence })
    })
  const stop = async (): Promise<void> => {
    await simulator.stop()
    await silent
    await edges.stop()
  }
  return { start: async () => undefined, stop }
}

/**
 * Writes the registry of the network that `config` simulates, as JSON where the path ends so, else as YAML:
 * apply it before the first flow.
 */
export async function writeReferenceRegistry(
  config: Pick<SimulatorConfig, 'seed' | 'sites'>,
  path: string,
): Promise<void> {
  const network = buildNetwork(config.seed, config.sites)
  await writeFile(path, path.endsWith('.json') ? registryJson(network) : registryYaml(network))
}
