import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Registry } from 'prom-client'
import { runCollector } from '../app/collector_role.js'
import { busSchema, framePublisherSchema, natsServerSchema } from '../ingest/bus/config.js'
import { NatsServer } from '../ingest/bus/nats_server.js'
import { collectorSchema } from '../ingest/udp/config.js'
import { COLLECTOR_NODE_FLAGS } from '../ingest/udp/node_flags.js'
import type { Logger } from '../model/ports.js'

/**
 * What a datagram of 1,320 bytes costs the collector, from the socket to the acknowledged frame in a real JetStream on
 * files, beside a bare `dgram` socket that only counts, in the same run. The figure is CPU time of the process, all its
 * threads, so that a busy machine changes it less than it changes rates; `perCoreS` is what one core would carry.
 * The sender and nats-server are other processes and not in it. With gen9 or another sender at hand, point it at the
 * port of a running collector and look at the metrics instead.
 */
export interface CollectorBenchSize {
  readonly datagramsPerSecond: number
  readonly seconds: number
}

interface Cost {
  readonly received: number
  readonly cpuUsPerDatagram: number
  readonly perCoreS: number
}

export interface CollectorBenchResult extends CollectorBenchSize {
  readonly bare: Cost
  readonly collector: Cost & {
    readonly sent: number
    readonly framed: number
    /** Dropped by the kernel, because the machine was too busy for the rate. */
    readonly kernelDropped: number
    /** The longest time in which the socket was not read. */
    readonly longestTurnMs: number
  }
  /** CPU of the collector over that of the bare socket. */
  readonly ratio: number
}

export const FULL_SIZE: CollectorBenchSize = { datagramsPerSecond: 40_000, seconds: 5 }
export const TEST_SIZE: CollectorBenchSize = { datagramsPerSecond: 2_000, seconds: 0.3 }

const WARM_UP_S = 2
const SENDER = fileURLToPath(new URL('udp_sender.js', import.meta.url))
const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Sends from another process and gives how many datagrams it sent. */
async function send(port: number, perSecond: number, seconds: number): Promise<number> {
  const child = spawn(process.execPath, [SENDER, String(port), String(perSecond), String(seconds)])
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  await once(child, 'close')
  return Number(said)
}

async function measure(count: () => number | Promise<number>, work: () => Promise<void>): Promise<Cost> {
  const before = await count()
  const from = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(from)
  const received = (await count()) - before
  const cpuUsPerDatagram = (user + system) / received
  return {
    received,
    cpuUsPerDatagram: Number(cpuUsPerDatagram.toFixed(2)),
    perCoreS: Math.round(1e6 / cpuUsPerDatagram),
  }
}

async function benchBare({ datagramsPerSecond, seconds }: CollectorBenchSize): Promise<Cost> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 32 << 20 })
  let received = 0
  socket.on('message', () => {
    received++
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  await send(port, datagramsPerSecond, Math.min(WARM_UP_S, seconds))
  const work = async (): Promise<void> => void (await send(port, datagramsPerSecond, seconds))
  const cost = await measure(() => received, work)
  socket.close()
  return cost
}

async function metric(metrics: Registry, name: string): Promise<number> {
  const text = await metrics.getSingleMetricAsString(name)
  return Number(/^[^#\s]\S* (\S+)$/m.exec(text)?.[1] ?? 0)
}

async function benchCollector(size: CollectorBenchSize): Promise<CollectorBenchResult['collector']> {
  const { datagramsPerSecond, seconds } = size
  const dir = mkdtempSync(join(tmpdir(), 'vigie-bench-'))
  const server = natsServerSchema.parse({ data_dir: join(dir, 'nats'), port: 0 })
  const nats = new NatsServer(server, { logger: SILENT })
  await nats.start()
  const metrics = new Registry()
  let port = 0
  const config = {
    collector: collectorSchema.parse({ hosts: ['127.0.0.1'], ports: [0] }),
    bus: busSchema.parse({ url: nats.url }),
    publisher: framePublisherSchema.parse({ spool_dir: join(dir, 'spool') }),
  }
  const role = await runCollector(config, {
    logger: SILENT,
    metrics,
    report: ({ listeners }) => {
      port = (listeners as { port: number }[])[0]!.port
    },
    survey: async () => [],
  })
  const received = (): Promise<number> => metric(metrics, 'vigie_collector_received_datagrams_total')
  let sent = await send(port, datagramsPerSecond, Math.min(WARM_UP_S, seconds))
  const turns = monitorEventLoopDelay({ resolution: 1 })
  const cost = await measure(received, async () => {
    turns.enable()
    sent += await send(port, datagramsPerSecond, seconds)
    turns.disable()
    // The last frame is closed by its age.
    await delay(2 * config.collector.frame_age_ms)
  })
  await role.stop()
  const framed = await metric(metrics, 'vigie_collector_framed_datagrams_total')
  const kernelDropped = await metric(metrics, 'vigie_collector_kernel_dropped_datagrams_total')
  await nats.stop()
  rmSync(dir, { recursive: true, force: true })
  return { ...cost, sent, framed, kernelDropped, longestTurnMs: Number((turns.max / 1e6).toFixed(1)) }
}

export async function runCollectorBench(size: CollectorBenchSize): Promise<CollectorBenchResult> {
  const bare = await benchBare(size)
  const collector = await benchCollector(size)
  const ratio = Number((collector.cpuUsPerDatagram / bare.cpuUsPerDatagram).toFixed(2))
  return { ...size, bare, collector, ratio }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  // The flags of the collector's process count as much as its code: the bench runs itself again with them.
  if (
    COLLECTOR_NODE_FLAGS.every((flag) => process.execArgv.includes(flag)) ||
    process.argv.includes('--plain')
  ) {
    process.stdout.write(`${JSON.stringify(await runCollectorBench(FULL_SIZE))}\n`)
  } else {
    const args = [...COLLECTOR_NODE_FLAGS, ...process.argv.slice(1)]
    const child = spawn(process.execPath, args, { stdio: 'inherit' })
    child.on('exit', (code) => process.exit(code ?? 1))
  }
}
