import { execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../../ingest/bus/bus.js'
import { type DatagramToWrite, pcapOf } from '../../../ingest/flow/capture/pcap_writer.js'
import { ipfixStreamsSchema } from '../../../ingest/tcp/config.js'
import { IpfixStreams } from '../../../ingest/tcp/ipfix_streams.js'
import { addressBytes } from '../../../ingest/udp/address.js'
import { parseUdpSockets } from '../../../ingest/udp/kernel_drops.js'
import { NatsFixture, until } from '../bus/nats_fixture.js'
import { CollectorFixture, decodeFrames, framesOf } from './collector_fixture.js'

/** Exporters that we did not write send to the real collector; what comes out of the stream is what they say they sent. */
const nats = new NatsFixture()
let bus: Bus
const run = promisify(execFile)

const onPath = (tool: string): boolean =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].some((dir) => existsSync(join(dir, tool)))

const tests = suite('real exporters')

/** A test that needs tools of other packages: skipped where they are missing, but not in CI. */
function withTools(name: string, tools: readonly string[], test: () => Promise<void>): void {
  const missing = tools.filter((tool) => !onPath(tool))
  if (missing.length === 0 || process.env.CI) tests(name, test)
  else {
    process.stderr.write(
      `skipped '${name}': ${missing.join(', ')} not installed (apt-get install softflowd nfdump)\n`,
    )
    tests.skip(name, test)
  }
}

interface Traffic {
  readonly file: string
  readonly packets: number
  readonly flows: number
}

/** Conversations of a few datagrams each, with an answer for every third. */
function writeTraffic(file: string, conversations: number, v6: boolean): Traffic {
  const packets: DatagramToWrite[] = []
  const start = 1_790_000_000_000_000
  let flows = 0
  const add = (from: Uint8Array, fromPort: number, to: Uint8Array, toPort: number, bytes: number): void => {
    const timeUs = start + packets.length * 100
    const payload = Buffer.alloc(bytes, packets.length)
    packets.push({
      source: from,
      sourcePort: fromPort,
      destination: to,
      destinationPort: toPort,
      timeUs,
      payload,
    })
  }
  for (let n = 0; n < conversations; n++) {
    const six = v6 && n % 4 === 3
    const client = addressBytes(six ? `2001:db8::${n.toString(16)}` : `10.0.${n >> 8}.${n & 255}`)
    const server = addressBytes(six ? '2001:db8:1::53' : '10.9.0.53')
    for (let i = 0; i <= n % 5; i++) add(client, 20_000 + n, server, 53, 40 + (n % 700))
    flows++
    if (n % 3 !== 0) continue
    add(server, 53, client, 20_000 + n, 300 + (n % 900))
    flows++
  }
  writeFileSync(file, pcapOf(packets))
  return { file, packets: packets.length, flows }
}

interface Statement {
  readonly records: number
  readonly datagrams: number
  readonly packets: number
  readonly bytes: number
}

/** Reads the capture with softflowd, which exports it, and gives what it says it has sent. */
async function softflowd(file: string, port: number, version: string, transport = 'udp'): Promise<Statement> {
  const to = ['-n', `127.0.0.1:${port}`, '-v', version, '-P', transport, '-r', file, '-6', '-d']
  const pid = join(nats.dir, `softflowd-${version}.pid`)
  const { stdout } = await run('softflowd', [...to, '-c', 'none', '-p', pid], {
    env: { ...process.env, PATH: `${process.env.PATH}${delimiter}/usr/sbin` },
  })
  const exported = /\((\d+) records\) in (\d+) packets \(0 failures\)/.exec(stdout)!
  const udp = /udp \(17\):\s+(\d+)\s+(\d+)/.exec(stdout)!
  return {
    records: Number(exported[1]),
    datagrams: Number(exported[2]),
    bytes: Number(udp[1]),
    packets: Number(udp[2]),
  }
}

const summed = (
  flows: readonly { packets: number; bytes: number }[],
): { packets: number; bytes: number } => ({
  packets: flows.reduce((sum, f) => sum + f.packets, 0),
  bytes: flows.reduce((sum, f) => sum + f.bytes, 0),
})

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(() => nats.stop())

for (const [version, v6] of [
  ['5', false],
  ['9', true],
  ['10', true],
] as const) {
  withTools(
    `softflowd, version ${version}: every record, packet and byte it counts is in the stream`,
    ['softflowd'],
    async () => {
      const name = `softflowd${version}`
      const traffic = writeTraffic(join(nats.dir, `${name}.pcap`), 3000, v6)
      const fixture = await new CollectorFixture(nats, bus, { name }).start()
      const said = await softflowd(traffic.file, fixture.port, version)
      await until(
        () => fixture.collector.totals.received >= said.datagrams,
        `${said.datagrams} datagrams are received`,
      )
      await fixture.stop()
      const { totals } = fixture.collector
      assert.equal([totals.framed, totals.sequenceLost, totals.rejected], [said.datagrams, 0, {}])
      const { flows, rejects } = decodeFrames(await framesOf(bus, name))
      assert.equal(rejects, {})
      assert.is(said.records, traffic.flows)
      assert.is(flows.length, said.records)
      assert.equal(summed(flows), { packets: said.packets, bytes: said.bytes })
    },
  )
}

withTools(
  'softflowd over TCP: every record, packet and byte it counts is in the stream',
  ['softflowd'],
  async () => {
    const traffic = writeTraffic(join(nats.dir, 'tcp.pcap'), 3000, true)
    const fixture = new CollectorFixture(nats, bus, { name: 'softflowdtcp' }, {}, (logger) => {
      return new IpfixStreams(
        { ...ipfixStreamsSchema.parse({}), ports: [0] },
        { logger, metrics: new Registry() },
      )
    })
    await fixture.start()
    const said = await softflowd(traffic.file, fixture.streams!.listeners[0]!.port, '10', 'tcp')
    await until(
      () => fixture.collector.totals.received >= said.datagrams,
      `${said.datagrams} messages are received`,
    )
    await fixture.stop()
    const { totals } = fixture.collector
    assert.equal([totals.framed, totals.sequenceLost, totals.rejected], [said.datagrams, 0, {}])
    const { flows, rejects } = decodeFrames(await framesOf(bus, 'softflowdtcp'))
    assert.equal(rejects, {})
    assert.is(flows.length, said.records)
    assert.equal(summed(flows), { packets: said.packets, bytes: said.bytes })
  },
)

withTools(
  'what nfcapd has recorded and nfreplay sends again is in the stream',
  ['softflowd', 'nfcapd', 'nfreplay'],
  async () => {
    const traffic = writeTraffic(join(nats.dir, 'nfdump.pcap'), 2000, true)
    const recorded = await record(traffic)
    for (const version of ['5', '9']) {
      const name = `nfreplay${version}`
      const fixture = await new CollectorFixture(nats, bus, { name }).start()
      // nfreplay's version 5 has no room for IPv6.
      const filter = version === '5' ? ['ipv4'] : []
      await run('nfreplay', [
        '-r',
        recorded,
        '-H',
        '127.0.0.1',
        '-p',
        String(fixture.port),
        '-v',
        version,
        ...filter,
      ])
      const { stdout } = await run('nfdump', ['-r', recorded, '-q', '-o', 'fmt:%pkt,%byt', '-N', ...filter])
      const due = stdout
        .trim()
        .split('\n')
        .map((line) => line.split(',').map(Number))
      await until(
        async () => decodeFrames(await framesOf(bus, name)).flows.length >= due.length,
        'all is decoded',
      )
      await fixture.stop()
      const { flows, rejects } = decodeFrames(await framesOf(bus, name))
      assert.equal(rejects, {})
      assert.is(flows.length, due.length)
      assert.equal(summed(flows), summed(due.map(([packets = 0, bytes = 0]) => ({ packets, bytes }))))
    }
  },
)

/** Has nfcapd record what softflowd exports; gives the file. */
async function record(traffic: Traffic): Promise<string> {
  const dir = join(nats.dir, 'nfcapd')
  mkdirSync(dir)
  const port = await freePort()
  const nfcapd = spawn('nfcapd', ['-b', '127.0.0.1', '-p', String(port), '-l', dir, '-t', '3600'])
  let log = ''
  for (const stream of [nfcapd.stdout, nfcapd.stderr])
    stream.on('data', (text) => {
      log += text
    })
  await until(() => log.includes('Startup'), 'nfcapd listens')
  await until(() => waitingOn(port) === 0, 'nfcapd has its port')
  await softflowd(traffic.file, port, '9')
  await until(() => waitingOn(port) === 0, 'nfcapd has read all')
  nfcapd.kill('SIGTERM')
  await once(nfcapd, 'exit')
  const [file] = readdirSync(dir).filter((name) => /^nfcapd\.\d+$/.test(name))
  assert.ok(file, log)
  return join(dir, file!)
}

/** Bytes that wait for the reader of a port; undefined when nobody reads it. */
function waitingOn(port: number): number | undefined {
  const rows = parseUdpSockets(readFileSync('/proc/net/udp', 'latin1'))
  return rows.find((row) => row.port === port)?.waitingBytes
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

tests.run()
