import { writeFile } from 'node:fs/promises'
import type { SimulatorConfig } from '../simulate/config.js'
import { buildNetwork } from '../simulate/network.js'
import { registryJson, registryYaml } from '../simulate/registry_file.js'
import { Simulator } from '../simulate/simulator.js'
import type { RoleIo } from './role.js'

/**
 * Starts the simulated reference network; its `done` resolves when `duration_s` is over, and is reported
 * with the counters and the truth of the incidents, against which findings are scored.
 */
export async function runSimulator(config: SimulatorConfig, io: RoleIo): Promise<Simulator> {
  const simulator = new Simulator(config, {
    clock: { nowMs: () => Date.now() },
    logger: io.logger,
    metrics: io.metrics,
  })
  await simulator.start()
  simulator.done.then(() => io.report({ done: true, counters: simulator.counters, truth: simulator.truth }))
  return simulator
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
