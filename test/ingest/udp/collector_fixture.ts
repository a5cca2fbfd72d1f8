import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import type { Bus } from '../../../ingest/bus/bus.js'
import { framePublisherSchema } from '../../../ingest/bus/config.js'
import { NatsDeadLetters } from '../../../ingest/bus/dead_letters.js'
import { decodeFrame, FrameWriter } from '../../../ingest/bus/frame.js'
import { FramePublisher } from '../../../ingest/bus/frame_publisher.js'
import { NatsStateStore } from '../../../ingest/bus/state_store.js'
import { DecodeReport } from '../../../ingest/flow/decode_report.js'
import { FrameDecoder } from '../../../ingest/flow/frame_decoder.js'
import { FlowLearner } from '../../../ingest/flow/learner.js'
import type { IpfixStreams } from '../../../ingest/tcp/ipfix_streams.js'
import { Collector } from '../../../ingest/udp/collector.js'
import { type CollectorConfig, collectorSchema } from '../../../ingest/udp/config.js'
import { FlowBlock, readU64 } from '../../../model/flow_block.js'
import { COL } from '../../../model/flow_columns.js'
import type { Frame } from '../../../model/frame.js'
import { LogBook, type NatsFixture } from '../bus/nats_fixture.js'

/** A collector on the real bus, and a socket to send to it. */
export class CollectorFixture {
  readonly bus: Bus
  readonly log = new LogBook()
  readonly metrics = new Registry()
  readonly store: NatsStateStore
  readonly deadLetters: NatsDeadLetters
  readonly publisher: FramePublisher
  readonly collector: Collector
  readonly config: CollectorConfig
  readonly #sockets: Socket[] = []

  readonly streams: IpfixStreams | undefined

  constructor(
    nats: NatsFixture,
    bus: Bus,
    config: Partial<CollectorConfig> = {},
    spool: object = {},
    streams?: (logger: LogBook) => IpfixStreams,
  ) {
    this.streams = streams?.(this.log)
    this.bus = bus
    this.config = collectorSchema.parse({ hosts: ['127.0.0.1'], ports: [0], frame_age_ms: 20, ...config })
    this.store = new NatsStateStore(bus)
    this.deadLetters = new NatsDeadLetters(bus)
    const { name, frame_bytes } = this.config
    const publishing = { spool_dir: join(nats.dir, `spool-${name}`), ack_timeout_ms: 500, ...spool }
    this.publisher = new FramePublisher(framePublisherSchema.parse(publishing), {
      bus,
      logger: this.log,
      metrics: new Registry(),
    })
    this.collector = new Collector(this.config, {
      learner: new FlowLearner(),
      ...(this.streams && { streams: this.streams }),
      packer: new FrameWriter(frame_bytes),
      sink: this.publisher,
      lastFrame: async (collector) => {
        const bytes = await this.publisher.lastFrame(collector)
        return bytes && decodeFrame(bytes)
      },
      store: this.store,
      deadLetters: this.deadLetters,
      clock: { nowMs: () => Date.now() },
      logger: this.log,
      metrics: this.metrics,
    })
  }

  async start(): Promise<this> {
    await this.publisher.start()
    await this.collector.start()
    return this
  }

  async stop(): Promise<void> {
    await this.collector.stop()
    await this.publisher.stop()
    for (const socket of this.#sockets.splice(0)) socket.close()
  }

  get port(): number {
    return this.collector.listeners[0]!.port
  }

  /** A socket that sends from a port, and perhaps an address, of its own. */
  async sender(address = '127.0.0.1'): Promise<Sender> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.bind(0, address)
    await once(socket, 'listening')
    this.#sockets.push(socket)
    return new Sender(socket, address.includes(':') ? '::1' : '127.0.0.1')
  }
}

export class Sender {
  readonly socket: Socket
  readonly #to: string

  constructor(socket: Socket, to: string) {
    this.socket = socket
    this.#to = to
  }

  /** Sends in order; resolves when the kernel has all of them. */
  async send(port: number, ...datagrams: readonly Uint8Array[]): Promise<void> {
    await Promise.all(
      datagrams.map(
        (datagram) =>
          new Promise<void>((resolve, reject) => {
            this.socket.send(datagram, port, this.#to, (error) => (error ? reject(error) : resolve()))
          }),
      ),
    )
  }
}

/** All frames of a collector that are in the stream, in the order of the stream. */
export async function framesOf(bus: Bus, collector: string): Promise<Frame[]> {
  const { state } = await bus.jsm.streams.info('FRAMES')
  const frames: Frame[] = []
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
    const message = await bus.jsm.direct.getMessage('FRAMES', { seq })
    if (message === null) continue
    const frame = decodeFrame(message.data)
    if (frame.collector === collector) frames.push(frame)
  }
  return frames
}

export interface DecodedFlow {
  readonly srcPort: number
  readonly bytes: number
  readonly packets: number
}

/** The flows of frames, each decoded by itself as any worker would, and the rejects by code. */
export function decodeFrames(frames: readonly Frame[]): {
  flows: DecodedFlow[]
  rejects: Record<string, number>
} {
  const flows: DecodedFlow[] = []
  const rejects: Record<string, number> = {}
  const block = new FlowBlock(4096)
  for (const frame of frames) {
    const report = new DecodeReport()
    new FrameDecoder().decode(frame, block, (rows) => flows.push(...rowsOf(rows)), report)
    for (const { code, count } of report.rejects) rejects[code] = (rejects[code] ?? 0) + count
  }
  return { flows, rejects }
}

function rowsOf(block: FlowBlock): DecodedFlow[] {
  const u64 = (column: string, row: number): number => readU64(block.words[COL[column]!] as Uint32Array, row)
  return Array.from({ length: block.rows }, (_, row) => ({
    srcPort: block.words[COL.src_port!]![row]!,
    bytes: u64('bytes', row),
    packets: u64('packets', row),
  }))
}
