import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Registry } from 'prom-client'
import { type CollectorRoleConfig, runCollector } from '../../../app/collector_role.js'
import type { Listener } from '../../../ingest/udp/sockets.js'
import { LogBook } from '../bus/nats_fixture.js'

/** The collector role in a process of its own, as the supervisor runs it: it can be killed. */
export class CollectorProcess {
  readonly #child: ChildProcess
  readonly port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(config: CollectorRoleConfig): Promise<CollectorProcess> {
    const child = fork(fileURLToPath(import.meta.url), [], { serialization: 'advanced' })
    child.send(config)
    const listeners = await new Promise<readonly Listener[]>((resolve, reject) => {
      child.once('message', (message) => resolve(message as readonly Listener[]))
      child.once('exit', (code) => reject(new Error(`the collector ended with ${code}`)))
    })
    return new CollectorProcess(child, listeners[0]!.port)
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#child.kill(signal)
    await gone
  }
}

async function body(config: CollectorRoleConfig): Promise<void> {
  const log = new LogBook()
  const role = await runCollector(config, {
    logger: log,
    metrics: new Registry(),
    report: ({ listeners }) => process.send?.(listeners),
    survey: async () => [],
  })
  process.once('SIGTERM', () => role.stop().then(() => process.exit(0)))
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (config) => void body(config as CollectorRoleConfig))
}
