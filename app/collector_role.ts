import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import type { PrivacyConfig } from '../enrich/privacy/config.js'
import { loadKeys } from '../enrich/privacy/keys.js'
import { Sealer } from '../enrich/privacy/seal.js'
import { sealedDeadLetters } from '../enrich/privacy/sealed.js'
import { Bus } from '../ingest/bus/bus.js'
import type { BusConfig, FramePublisherConfig } from '../ingest/bus/config.js'
import { NatsDeadLetters } from '../ingest/bus/dead_letters.js'
import { decodeFrame, FrameWriter } from '../ingest/bus/frame.js'
import { FramePublisher } from '../ingest/bus/frame_publisher.js'
import { NatsStateStore } from '../ingest/bus/state_store.js'
import { FlowLearner } from '../ingest/flow/learner.js'
import type { IpfixStreamsConfig } from '../ingest/tcp/config.js'
import { IpfixStreams } from '../ingest/tcp/ipfix_streams.js'
import { Collector } from '../ingest/udp/collector.js'
import type { CollectorConfig } from '../ingest/udp/config.js'
import type { LastFrame } from '../ingest/udp/ports.js'
import type { Component } from '../model/ports.js'
import type { RoleIo } from './role.js'
import { streamPorts } from './stream_ports.js'

export interface CollectorRoleConfig {
  readonly collector: CollectorConfig
  /** Left out: no TCP. */
  readonly ipfix_streams?: IpfixStreamsConfig
  readonly bus: BusConfig
  readonly publisher: FramePublisherConfig
  /** Left out: dead letters are kept as they are. */
  readonly privacy?: PrivacyConfig
}

/** UDP to frames: the collector on the real bus. Reports `listeners`, the addresses and ports it listens on. */
export async function runCollector(config: CollectorRoleConfig, io: RoleIo): Promise<Component> {
  const { logger, metrics } = io
  raisePriority(io)
  const bus = new Bus(config.bus, { logger, metrics, name: `vigie-collector-${config.collector.name}` })
  const publisher = new FramePublisher(config.publisher, { bus, logger, metrics })
  const streams = streamsOf(config, io)
  const collector = new Collector(config.collector, {
    learner: new FlowLearner(),
    ...(streams && { streams }),
    packer: new FrameWriter(config.collector.frame_bytes),
    sink: publisher,
    lastFrame: (name) => lastFrame(publisher, name),
    store: new NatsStateStore(bus),
    deadLetters: sealedDeadLetters(
      new NatsDeadLetters(bus),
      new Sealer(config.privacy ? loadKeys(config.privacy, process.env) : []),
    ),
    clock: { nowMs: () => Date.now() },
    logger,
    metrics,
  })
  const parts: readonly Component[] = [bus, publisher, collector]
  const stop = async (): Promise<void> => {
    for (const part of [...parts].reverse()) await part.stop()
  }
  try {
    for (const part of parts) await part.start()
  } catch (error) {
    await stop()
    throw error
  }
  io.report({ listeners: collector.listeners, streams: streams?.listeners ?? [] })
  return { start: async () => undefined, stop }
}

function streamsOf({ ipfix_streams, collector }: CollectorRoleConfig, { logger, metrics }: RoleIo) {
  if (ipfix_streams === undefined) return undefined
  const ports = streamPorts(ipfix_streams, collector)
  return new IpfixStreams({ ...ipfix_streams, ports }, { logger, metrics })
}

async function lastFrame(publisher: FramePublisher, name: string): Promise<LastFrame | undefined> {
  const bytes = await publisher.lastFrame(name)
  if (bytes === undefined) return undefined
  const { number, totals } = decodeFrame(bytes)
  return { number, totals }
}

/**
 * The kernel's buffer holds a tenth of a second: the collector goes before whoever else is busy, where it may. Linux
 * keeps a priority for each thread, and this thread waits for those of V8.
 */
function raisePriority({ logger }: RoleIo): void {
  try {
    const threads = process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number) : [process.pid]
    for (const thread of threads) setPriority(thread, -10)
  } catch (error) {
    logger.debug({ error: (error as Error).message }, 'the priority of the collector stays as it is')
  }
}
