import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../app/io.js'
import { replayCommand } from '../../app/replay_command.js'
import { backlogBytes } from '../../app/replay_pace.js'
import { loopbackOf } from '../../app/replay_sources.js'
import { pcapOf } from '../../ingest/flow/capture/pcap_writer.js'

const test = suite('vigie replay')
const folder = mkdtempSync(join(tmpdir(), 'vigie-replay-'))
let files = 0
test.after(() => rmSync(folder, { recursive: true }))

function fileOf(bytes: Uint8Array): string {
  const path = join(folder, `${files++}.pcap`)
  writeFileSync(path, bytes)
  return path
}

const v4 = (...bytes: number[]) => Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes])
const RECORDED_US = 1_400_000_000_000_000

const datagramOf = (payload: Uint8Array, more: object = {}) => ({
  source: v4(10, 1, 2, 3),
  sourcePort: 50_000,
  destination: v4(10, 0, 0, 1),
  destinationPort: 9,
  timeUs: RECORDED_US,
  payload,
  ...more,
})

/** A socket of its own port, with what it received. */
async function listen() {
  const socket: Socket = createSocket('udp4')
  const received: { bytes: Buffer; from: RemoteInfo }[] = []
  socket.on('message', (bytes, from) => received.push({ bytes, from }))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address() as AddressInfo
  return { socket, received, port, to: `udp://127.0.0.1:${port}` }
}

async function run(args: string[]) {
  const stderr = new PassThrough()
  const said: Buffer[] = []
  stderr.on('data', (part: Buffer) => said.push(part))
  const status = await replayCommand(args, { stdout: new PassThrough(), stderr, env: { VIGIE_LANG: 'en' } })
  const lines = Buffer.concat(said).toString().trim().split('\n')
  return { status, lines, summary: JSON.parse(lines.at(-1)!) }
}

test('sends every datagram of several captures, in order, and counts them', async () => {
  const receiver = await listen()
  const payloads = Array.from({ length: 2000 }, (_, i) => Buffer.alloc(200 + (i % 1000), i))
  const half = payloads.length / 2
  const paths = [payloads.slice(0, half), payloads.slice(half)].map((part) =>
    fileOf(pcapOf(part.map((payload) => datagramOf(payload)))),
  )
  const { status, summary } = await run([...paths, '--to', receiver.to, '--speed', 'max'])
  while (receiver.received.length < payloads.length) await once(receiver.socket, 'message')
  receiver.socket.close()
  assert.is(status, 0)
  assert.is(summary.datagrams, payloads.length)
  assert.is(
    summary.bytes,
    payloads.reduce((sum, payload) => sum + payload.length, 0),
  )
  payloads.forEach((payload, i) => {
    assert.is(Buffer.compare(receiver.received[i]!.bytes, payload), 0)
  })
})

test('each exporter sends from a loopback address of its own', async () => {
  const receiver = await listen()
  const exporters = [v4(10, 1, 2, 3), v4(11, 1, 2, 3), Uint8Array.from({ length: 16 }, (_, i) => i + 32)]
  const path = fileOf(pcapOf(exporters.map((source, i) => datagramOf(Buffer.from([i]), { source }))))
  const { summary } = await run([path, '--to', receiver.to])
  while (receiver.received.length < 3) await once(receiver.socket, 'message')
  receiver.socket.close()
  assert.is(summary.exporters, 3)
  const sources = receiver.received.map(({ from }) => from.address)
  assert.is(sources[0], '127.1.2.3')
  assert.is(new Set(sources).size, 3)
})

test('loopback addresses are in 127/8, the same for the same exporter, and never its ends', () => {
  assert.is(loopbackOf(v4(192, 0, 2, 7), 0), '127.0.2.7')
  assert.is(loopbackOf(v4(10, 0, 0, 0), 0), '127.0.0.1')
  assert.is(loopbackOf(v4(10, 255, 255, 255), 0), '127.255.255.254')
  assert.is.not(loopbackOf(v4(192, 0, 2, 7), 1), '127.0.2.7')
})

test('keeps the recorded pace, N times faster', async () => {
  const receiver = await listen()
  const at = (ms: number) => datagramOf(Buffer.from(`${ms}`), { timeUs: RECORDED_US + ms * 1000 })
  const path = fileOf(pcapOf([at(0), at(4000), at(3000), at(8000)]))
  const { summary } = await run([path, '--to', receiver.to, '--speed', '100'])
  while (receiver.received.length < 4) await once(receiver.socket, 'message')
  receiver.socket.close()
  assert.ok(summary.seconds >= 0.079, `${summary.seconds} s for 8 s at a hundred times the speed`)
})

test('moves export times to now', async () => {
  const receiver = await listen()
  const v5 = Buffer.alloc(24)
  v5.writeUInt16BE(5, 0)
  const v9 = Buffer.alloc(20)
  v9.writeUInt16BE(9, 0)
  const ipfix = Buffer.alloc(16)
  ipfix.writeUInt16BE(10, 0)
  const seconds = RECORDED_US / 1_000_000
  v5.writeUInt32BE(seconds, 8)
  v5.writeUInt32BE(5_000_000, 12)
  v9.writeUInt32BE(seconds - 10, 8)
  ipfix.writeUInt32BE(seconds, 4)
  const sflow = Buffer.from([0, 0, 0, 5, ...Buffer.alloc(24)])
  const path = fileOf(pcapOf([v5, v9, ipfix, sflow].map((payload) => datagramOf(payload))))
  const beforeS = Math.floor(Date.now() / 1000)
  await run([path, '--to', receiver.to, '--rewrite-time'])
  while (receiver.received.length < 4) await once(receiver.socket, 'message')
  receiver.socket.close()
  const [got5, got9, got10, gotSflow] = receiver.received.map(({ bytes }) => bytes)
  const near = (got: number, ageS: number) => assert.ok(Math.abs(got + ageS - beforeS) < 30, `${got}`)
  near(got5!.readUInt32BE(8), 0)
  near(got9!.readUInt32BE(8), 10)
  near(got10!.readUInt32BE(4), 0)
  assert.ok(got5!.readUInt32BE(12) < 1_000_000_000)
  assert.is(Buffer.compare(gotSflow!, sflow), 0)
})

test('says where a capture breaks off, after sending what was before', async () => {
  const receiver = await listen()
  const whole = pcapOf([datagramOf(Buffer.from('a')), datagramOf(Buffer.from('b'))])
  const { status, lines, summary } = await run([
    fileOf(whole.subarray(0, whole.length - 1)),
    join(folder, 'missing.pcap'),
    '--to',
    receiver.to,
  ])
  if (receiver.received.length < 1) await once(receiver.socket, 'message')
  receiver.socket.close()
  assert.is(status, 1)
  assert.is(summary.datagrams, 1)
  assert.equal(summary.errors, { capture_truncated: 1, ENOENT: 1 })
  assert.match(lines[0]!, /ends inside a packet/)
})

test('a receiver that does not read holds the sender back', async () => {
  const receiver = await listen()
  const before = backlogBytes(receiver.port)
  assert.is(before, 0)
  // No turn of the event loop is given to the receiver between the sends and the look.
  const sender = createSocket('udp4')
  await new Promise<void>((resolve) => {
    sender.send(Buffer.alloc(1000), receiver.port, '127.0.0.1', () => resolve())
  })
  if (process.platform === 'linux' && receiver.received.length === 0) {
    assert.ok(backlogBytes(receiver.port) >= 1000)
  }
  sender.close()
  receiver.socket.close()
})

test('refuses a command line that makes no sense', async () => {
  const lines = [
    [],
    ['a.pcap'],
    ['a.pcap', '--to', 'tcp://127.0.0.1:1'],
    ['a.pcap', '--to', 'udp://127.0.0.1'],
    ['a.pcap', '--to', 'nonsense'],
    ['a.pcap', '--to', 'udp://127.0.0.1:1', '--speed', '0'],
    ['a.pcap', '--to', 'udp://127.0.0.1:1', '--speed', 'fast'],
  ]
  for (const args of lines) {
    const error = await run(args).catch((thrown: unknown) => thrown)
    assert.instance(error, UsageError, args.join(' '))
  }
})

test.run()
