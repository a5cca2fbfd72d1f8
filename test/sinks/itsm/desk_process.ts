import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Registry } from 'prom-client'
import { Bus } from '../../../ingest/bus/bus.js'
import { busSchema } from '../../../ingest/bus/config.js'
import { LogBook } from '../../ingest/bus/nats_fixture.js'
import { openDesk } from './desk_fixture.js'
import { strictHttpKind } from './strict_server.js'

/** What the process is told. */
export interface DeskProcessConfig {
  readonly nats: string
  readonly tool: string
  readonly policy: Record<string, unknown>
  readonly outbox?: Record<string, unknown>
}

const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Desk and outbox in a process of their own, to be killed. Its clock can be put forward. */
export class DeskProcess {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(config: DeskProcessConfig): Promise<DeskProcess> {
    const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(config)])
    children.add(child)
    child.once('exit', () => children.delete(child))
    const [said] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => [`ended: ${code}`]),
    ])) as [string]
    if (said !== 'ready') throw new Error(said)
    return new DeskProcess(child)
  }

  advance(ms: number): void {
    this.#child.send({ advance: ms })
  }

  async kill(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exit
  }
}

async function run({ nats, tool, policy, outbox }: DeskProcessConfig): Promise<void> {
  const logger = new LogBook()
  const bus = new Bus(busSchema.parse({ url: nats }), { logger, metrics: new Registry(), name: 'desk' })
  await bus.start()
  let ahead = 0
  const parts = await openDesk(bus, {
    kinds: [strictHttpKind(tool)],
    logger,
    policy,
    ...(outbox && { outbox }),
    clock: { nowMs: () => Date.now() + ahead },
  })
  parts.desk.failed.catch((error: Error) => {
    process.send?.(error.message)
    process.exit(1)
  })
  await parts.start()
  process.on('message', ({ advance }: { advance: number }) => {
    ahead += advance
  })
  process.on('SIGTERM', () => {
    parts
      .stop()
      .then(() => bus.stop())
      .finally(() => process.exit(0))
  })
  process.on('disconnect', () => process.exit(1))
  process.send?.('ready')
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  run(JSON.parse(process.argv[2]!) as DeskProcessConfig).catch((error: Error) => {
    process.send?.(error.stack ?? error.message)
    process.exit(1)
  })
