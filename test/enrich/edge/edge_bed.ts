import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Registry } from 'prom-client'
import { RegistryStore } from '../../../enrich/registry/registry_store.js'
import type { Bus } from '../../../ingest/bus/bus.js'
import { edgePublisherSchema } from '../../../ingest/bus/config.js'
import { EdgePublisher } from '../../../ingest/bus/edge_publisher.js'
import { NatsStateStore } from '../../../ingest/bus/state_store.js'
import type { EdgePayload } from '../../../model/edge_payload.js'
import { type RegistryInput, registrySchema } from '../../../model/registry.js'
import { NatsFixture, until } from '../../ingest/bus/nats_fixture.js'
import { startStore, type TestStore, temporaryDir } from '../../sinks/clickhouse/start_store.js'

/** A real bus, a real store, and edge roles in processes of their own. */
export class EdgeBed {
  readonly nats = new NatsFixture()
  bus!: Bus
  store!: TestStore
  publisher!: EdgePublisher
  readonly #children = new Set<ChildProcess>()

  async start(): Promise<void> {
    await this.nats.start()
    this.bus = await this.nats.bus()
    this.store = await startStore({ data_dir: temporaryDir(), schema: true })
    const config = edgePublisherSchema.parse({})
    this.publisher = new EdgePublisher(config, { bus: this.bus, metrics: new Registry() })
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await this.nats.stop()
    await this.store.stop()
  }

  apply(registry: RegistryInput): Promise<unknown> {
    return new RegistryStore(new NatsStateStore(this.bus)).apply(registrySchema.parse(registry))
  }

  /** An edge role, ready. */
  async role(processor: object = {}): Promise<ChildProcess> {
    const settings = JSON.stringify({
      syslog: { enabled: false },
      processor: { batch_max_ms: 100, checkpoint_ms: 200, standby_poll_ms: 100, ...processor },
    })
    const args = [this.nats.server.url, this.store.url, settings]
    const child = fork(new URL('./edge_child.js', import.meta.url), args)
    this.#children.add(child)
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the edge role ended')))
    await Promise.race([once(child, 'message'), ended])
    ended.catch(() => {})
    return child
  }

  async publish(vendor: string, body: string | object, more: Partial<EdgePayload> = {}): Promise<void> {
    await this.publisher.publish({
      vendor,
      origin: { way: 'http', source: 'test' },
      receivedMs: Date.now(),
      bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      ...more,
    })
  }

  /** Waits until all that was published is stored. */
  async settled(): Promise<void> {
    const { state } = await this.bus.jsm.streams.info('EDGE')
    await until(
      async () => (await this.number('max(last_sequence)', 'edge_ledger')) >= state.last_seq,
      'stored',
    )
  }

  async number(what: string, table: string): Promise<number> {
    return Number(await this.store.rows(`SELECT ${what} FROM vigie.${table}`))
  }
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
