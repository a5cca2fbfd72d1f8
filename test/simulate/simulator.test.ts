import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Logger } from '../../model/ports.js'
import { BlastProcess } from '../../simulate/blast_process.js'
import { simulatorSchema } from '../../simulate/config.js'
import { Sender } from '../../simulate/sender.js'
import { Simulator } from '../../simulate/simulator.js'

const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** A socket that counts what it gets, until it got as much as was sent. */
class Receiver {
  datagrams = 0
  readonly sources = new Set<string>()
  readonly #socket: Socket
  #waiting: (() => void) | undefined
  #target = Number.POSITIVE_INFINITY

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (_: Buffer, from: RemoteInfo) => {
      this.datagrams++
      this.sources.add(from.address)
      if (this.datagrams >= this.#target) this.#waiting?.()
    })
  }

  static async open(): Promise<Receiver> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new Receiver(socket)
  }

  get port(): number {
    return this.#socket.address().port
  }

  async until(datagrams: number): Promise<void> {
    this.#target = datagrams
    if (this.datagrams < datagrams)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
  }

  close(): void {
    this.#socket.close()
  }
}

const test = suite('the simulator on real sockets')

test('counts exactly what a socket receives, by exporter', async () => {
  const [netflow, ipfix, sflow] = [await Receiver.open(), await Receiver.open(), await Receiver.open()]
  const dir = await mkdtemp(join(tmpdir(), 'vigie-simulate-'))
  const truthFile = join(dir, 'truth.jsonl')
  const config = simulatorSchema.parse({
    sites: 120,
    flows_per_s: 3000,
    weekly: false,
    netflow_port: netflow.port,
    ipfix_port: ipfix.port,
    sflow_port: sflow.port,
    duration_s: 12,
    truth_file: truthFile,
  })
  const metrics = new Registry()
  // A clock that runs ten times as fast: twelve seconds of network in little more than one.
  const started = Date.now()
  const clock = { nowMs: () => started + (Date.now() - started) * 10 }
  const simulator = new Simulator(config, { clock, logger: QUIET, metrics })
  await simulator.start()
  await simulator.done
  const { datagrams, flows, failed, byProtocol } = simulator.counters
  assert.is(failed, 0)
  await netflow.until(byProtocol.netflow5.datagrams + byProtocol.netflow9.datagrams)
  await ipfix.until(byProtocol.ipfix.datagrams)
  await sflow.until(byProtocol.sflow5.datagrams)
  assert.is(netflow.datagrams + ipfix.datagrams + sflow.datagrams, datagrams)
  assert.is(new Set([...netflow.sources, ...ipfix.sources, ...sflow.sources]).size, 120)
  assert.ok(flows > 1000, `${flows}`)
  assert.match(await metrics.metrics(), new RegExp(`vigie_simulate_flows_total ${flows}`))
  const truth = (await readFile(truthFile, 'utf8')).trim().split('\n')
  assert.equal(
    truth.map((line) => JSON.parse(line)),
    JSON.parse(JSON.stringify(simulator.truth)),
  )
  assert.is(truth.length, 1)
  await simulator.stop()
  for (const receiver of [netflow, ipfix, sflow]) receiver.close()
  await rm(dir, { recursive: true })
})

test('keeps to its bound of sockets and still sends from each address', async () => {
  const receiver = await Receiver.open()
  const sender = new Sender({ host: '127.0.0.1', distinct: true, socketsMax: 4 })
  for (let round = 0; round < 2; round++)
    for (let i = 1; i <= 20; i++)
      sender.send({ exporter: i, address: 0x7f140100 + i, port: receiver.port }, Buffer.from([round]), 1)
  await sender.drain()
  await receiver.until(40)
  assert.is(receiver.sources.size, 20)
  assert.is(sender.counters.closed, 36)
  assert.equal(sender.perExporter.get(7), { datagrams: 2, records: 2 })
  await sender.close()
  receiver.close()
})

test('stops in the middle, twice, without loss of count', async () => {
  const receiver = await Receiver.open()
  const { port } = receiver
  const ports = { netflow_port: port, ipfix_port: port, sflow_port: port }
  const config = simulatorSchema.parse({ sites: 20, flows_per_s: 500, ...ports })
  const simulator = new Simulator(config, { clock: { nowMs: () => Date.now() }, logger: QUIET })
  await simulator.start()
  await receiver.until(10)
  await Promise.all([simulator.stop(), simulator.stop()])
  await simulator.done
  await receiver.until(simulator.counters.datagrams)
  assert.is(receiver.datagrams, simulator.counters.datagrams)
  receiver.close()
})

test('the high-rate source says exactly what it sent', async () => {
  const receiver = await Receiver.open()
  const blast = new BlastProcess({
    port: receiver.port,
    flowsPerSecond: 20_000,
    durationS: 1,
    sites: 50,
    domains: 4,
  })
  await blast.ready
  const report = await blast.report
  assert.is(report.failed, 0)
  assert.is(report.records, report.datagrams * 25)
  assert.ok(report.records > 1000, `${report.records}`)
  // And one template a domain.
  await receiver.until(report.datagrams + 4)
  assert.is(receiver.datagrams, report.datagrams + 4)
  receiver.close()
})

test.run()
