import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { BlastDatagrams } from '../simulate/blast_datagrams.js'
import { BlastProcess } from '../simulate/blast_process.js'
import { Engine, STEP_MS } from '../simulate/engine.js'
import { buildNetwork } from '../simulate/network.js'

/**
 * What the simulator costs: writing the datagrams of the high-rate source, sending them from its process,
 * and a record of the reference network through traffic, exporter and encoder. Not measured: whoever
 * receives. No goal: a figure that holds on another machine.
 */
export interface GeneratorBenchSize {
  readonly datagrams: number
  readonly sendS: number
  readonly sendFlowsPerSecond: number
  readonly networkS: number
  readonly sites: number
  readonly seed: number
}

export const FULL_SIZE: GeneratorBenchSize = {
  datagrams: 400_000,
  sendS: 8,
  sendFlowsPerSecond: 400_000,
  networkS: 60,
  sites: 1650,
  seed: 1,
}
export const TEST_SIZE: GeneratorBenchSize = {
  datagrams: 64,
  sendS: 0.2,
  sendFlowsPerSecond: 25_000,
  networkS: 2,
  sites: 60,
  seed: 1,
}

export interface GeneratorBenchResult {
  readonly recordsPerDatagram: number
  readonly writeNsPerRecord: number
  /** First 16 digits of the SHA-256 of the first 64 datagrams, and of the network's first seconds. */
  readonly writeHash: string
  readonly networkHash: string
  readonly sentFlowsPerSecond: number
  readonly sendCpuShare: number
  readonly sendCpuUsPerDatagram: number
  readonly networkUsPerRecord: number
}

const START_MS = Date.UTC(2026, 4, 13, 14)
const HASHED = 64

function write(size: GeneratorBenchSize): { perDatagram: number; ns: number; hash: string } {
  const network = buildNetwork(size.seed, size.sites)
  const datagrams = new BlastDatagrams({ network, seed: size.seed, datagramBytes: 1400, domains: 16 })
  const hash = createHash('sha256')
  const buffer = Buffer.alloc(datagrams.datagramBytes)
  const started = process.hrtime.bigint()
  for (let i = 0; i < size.datagrams; i++) {
    datagrams.next(buffer, START_MS)
    if (i < HASHED) hash.update(buffer)
  }
  const ns = Number(process.hrtime.bigint() - started)
  return { perDatagram: datagrams.recordsPerDatagram, ns, hash: hash.digest('hex').slice(0, 16) }
}

function simulate(size: GeneratorBenchSize): { us: number; hash: string } {
  const hash = createHash('sha256')
  let records = 0
  let hashing = true
  const engine = new Engine(
    buildNetwork(size.seed, size.sites),
    {
      seed: size.seed,
      startMs: START_MS,
      flowsPerSecond: 2000,
      weekly: false,
      datagramBytes: 1400,
      templateRefreshMs: 60_000,
      sharedAddress: false,
    },
    {
      datagram(_, datagram, flowRecords) {
        records += flowRecords
        if (hashing) hash.update(datagram)
      },
      truth() {},
    },
  )
  const started = process.hrtime.bigint()
  for (let ms = 0; ms < size.networkS * 1000; ms += STEP_MS) {
    engine.step()
    hashing = ms < TEST_SIZE.networkS * 1000
  }
  const us = Number(process.hrtime.bigint() - started) / 1000 / records
  return { us, hash: hash.digest('hex').slice(0, 16) }
}

export async function runGeneratorBench(size: GeneratorBenchSize): Promise<GeneratorBenchResult> {
  const written = write(size)
  const network = simulate(size)
  const sink = createSocket('udp4').bind(0, '127.0.0.1')
  await once(sink, 'listening')
  const blast = new BlastProcess({
    port: sink.address().port,
    flowsPerSecond: size.sendFlowsPerSecond,
    durationS: size.sendS,
    seed: size.seed,
    sites: size.sites,
  })
  const report = await blast.report
  sink.close()
  return {
    recordsPerDatagram: written.perDatagram,
    writeNsPerRecord: Math.round(written.ns / size.datagrams / written.perDatagram),
    writeHash: written.hash,
    networkHash: network.hash,
    sentFlowsPerSecond: Math.round(report.flowsPerSecond),
    sendCpuShare: Math.round(report.cpuShare * 1000) / 1000,
    sendCpuUsPerDatagram: Math.round(report.cpuUsPerDatagram * 10) / 10,
    networkUsPerRecord: Math.round(network.us * 10) / 10,
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(await runGeneratorBench(FULL_SIZE))}\n`)
}
