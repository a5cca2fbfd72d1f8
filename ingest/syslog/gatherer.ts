import { Counter, Gauge, type Registry } from 'prom-client'
import type { EdgeOrigin } from '../../model/edge_payload.js'
import type { Clock, DeadLetters, EdgePayloadSink, Logger } from '../../model/ports.js'
import type { SyslogConfig } from './config.js'
import { senderOf } from './header.js'

export type SyslogTransport = 'udp' | 'tcp' | 'tls'

export interface GathererDeps {
  /** Keeps what it is given on the disk while the stream is away. */
  readonly sink: EdgePayloadSink
  readonly dead: DeadLetters
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Registry
}

interface Group {
  readonly vendor: string
  readonly origin: EdgeOrigin
  readonly lines: Buffer[]
  bytes: number
  readonly timer: NodeJS.Timeout
}

const LF = 10
const LINE_END = Buffer.from('\n')

/**
 * Messages of one sender and program within a moment make one payload, a line each: a tenth of a thousand messages a second
 * would else be as many messages of the stream. A message of several lines stands alone.
 */
export class Gatherer {
  readonly #config: SyslogConfig
  readonly #deps: GathererDeps
  /** Bounded by `waiting_max_bytes`: each holds bytes. */
  readonly #groups = new Map<string, Group>()
  readonly #underWay = new Set<Promise<void>>()
  #bytes = 0
  readonly #messages: Counter
  readonly #lost: Counter
  readonly #tooLong: Counter
  /** Called when there is room again. */
  onRoom: () => void = () => undefined

  constructor(config: SyslogConfig, deps: GathererDeps) {
    this.#config = config
    this.#deps = deps
    const registers = [deps.metrics]
    const counter = (name: string, help: string): Counter =>
      new Counter({ name: `vigie_syslog_${name}_total`, help, labelNames: ['transport'], registers })
    this.#messages = counter('messages', 'Syslog messages that were taken.')
    this.#lost = counter('lost_messages', 'Syslog messages that neither the stream nor the full spool took.')
    this.#tooLong = counter('too_long_messages', 'Syslog messages beyond the bound.')
    const bytes = () => this.#bytes
    new Gauge({
      name: 'vigie_syslog_waiting_bytes',
      help: 'Bytes of syslog that are gathered and under way to the stream.',
      registers,
      collect() {
        this.set(bytes())
      },
    })
  }

  /** Whether as much waits as may: streams are not read on. */
  get full(): boolean {
    return this.#bytes >= this.#config.waiting_max_bytes
  }

  /** A message that is this call's own. */
  take(message: Buffer, address: string, transport: SyslogTransport): void {
    // UDP cannot be asked to wait.
    if (this.full && transport === 'udp') {
      this.#lost.inc({ transport })
      return
    }
    this.#messages.inc({ transport })
    const { host, app = '' } = senderOf(message)
    const { vendor, vendors } = this.#config
    const origin: EdgeOrigin = {
      way: 'syslog',
      source: transport,
      address,
      ...(host !== undefined && { device: host }),
    }
    const key = `${transport}\u0000${address}\u0000${host ?? ''}\u0000${app}`
    this.#bytes += message.length
    if (message.includes(LF)) {
      this.#publish({ vendor: vendors[address] ?? vendor, origin }, [message], message.length)
      return
    }
    let group = this.#groups.get(key)
    if (group === undefined) {
      const timer = setTimeout(() => this.#flush(key), this.#config.gather_ms)
      group = { vendor: vendors[address] ?? vendor, origin, lines: [], bytes: 0, timer }
      this.#groups.set(key, group)
    }
    group.lines.push(message)
    group.bytes += message.length
    if (group.bytes >= this.#config.gather_bytes) this.#flush(key)
  }

  /** The beginning of a message beyond the bound. */
  tooLong(beginning: Buffer, address: string, transport: SyslogTransport): void {
    const { dead, clock, logger } = this.#deps
    this.#tooLong.inc({ transport })
    dead
      .keep({
        code: 'message_too_long',
        message: `a syslog message of ${address} has more than ${this.#config.message_max_bytes} bytes: its beginning is kept`,
        count: 1,
        receivedUs: clock.nowMs() * 1000,
        bytes: Buffer.from(beginning),
        vendor: this.#config.vendors[address] ?? this.#config.vendor,
        origin: { way: 'syslog', source: transport, address },
        stored: 0,
      })
      .catch((error: Error) => logger.warn({ error: error.message }, 'a dead letter was not kept'))
  }

  /** Publishes what is gathered; resolves when all is durable or lost. */
  async drain(): Promise<void> {
    for (const key of [...this.#groups.keys()]) this.#flush(key)
    await Promise.allSettled([...this.#underWay])
  }

  #flush(key: string): void {
    const group = this.#groups.get(key)
    if (group === undefined) return
    this.#groups.delete(key)
    clearTimeout(group.timer)
    this.#publish(group, group.lines, group.bytes)
  }

  #publish(of: Pick<Group, 'vendor' | 'origin'>, lines: readonly Buffer[], size: number): void {
    const { sink, clock, logger } = this.#deps
    const bytes = lines.length === 1 ? lines[0]! : Buffer.concat(lines.flatMap((line) => [line, LINE_END]))
    const { vendor, origin } = of
    const published = sink
      .publish({ vendor, origin, receivedMs: clock.nowMs(), bytes })
      .catch((error: Error) => {
        this.#lost.inc({ transport: origin.source }, lines.length)
        logger.warn({ error: error.message, messages: lines.length }, 'syslog is lost')
      })
    const done = published.finally(() => {
      this.#underWay.delete(done)
      const wasFull = this.full
      this.#bytes -= size
      if (wasFull && !this.full) this.onRoom()
    })
    this.#underWay.add(done)
  }
}
