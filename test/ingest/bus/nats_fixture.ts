import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { Bus } from '../../../ingest/bus/bus.js'
import { type BusConfig, busSchema, natsServerSchema } from '../../../ingest/bus/config.js'
import { NatsServer } from '../../../ingest/bus/nats_server.js'
import type { Logger } from '../../../model/ports.js'

/** Collects what was logged, for tests that want to see it. */
export class LogBook implements Logger {
  readonly lines: { level: string; message: string; fields: object }[] = []
  debug(fields: object, message: string): void {
    this.lines.push({ level: 'debug', message, fields })
  }
  info(fields: object, message: string): void {
    this.lines.push({ level: 'info', message, fields })
  }
  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', message, fields })
  }
  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', message, fields })
  }
  said(message: string): boolean {
    return this.lines.some((line) => line.message.includes(message))
  }
}

/** A real nats-server in a temporary folder on a free port, and buses on it. */
export class NatsFixture {
  readonly dir = mkdtempSync(join(tmpdir(), 'vigie-nats-'))
  readonly log = new LogBook()
  readonly server = new NatsServer(natsServerSchema.parse({ data_dir: join(this.dir, 'nats'), port: 0 }), {
    logger: this.log,
  })
  readonly #buses: Bus[] = []

  async start(): Promise<void> {
    await this.server.start()
  }

  /** A connected bus, by default with small streams. */
  async bus(config: Partial<BusConfig> = {}): Promise<Bus> {
    const bus = new Bus(busSchema.parse({ url: this.server.url, ...config }), {
      logger: this.log,
      metrics: new Registry(),
      name: 'test',
    })
    await bus.start()
    this.#buses.push(bus)
    return bus
  }

  async stop(): Promise<void> {
    for (const bus of this.#buses) await bus.stop()
    await this.server.stop()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** Resolves when the condition holds, looking every few milliseconds; fails loudly when it never does. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 30_000,
): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
