import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Bus } from '../../../ingest/bus/bus.js'
import { busSchema } from '../../../ingest/bus/config.js'
import { FrameInbox } from '../../../ingest/bus/frame_inbox.js'
import { FrameMemoryPool } from '../../../ingest/bus/frame_memory.js'
import type { InboxMessage } from '../../../ingest/bus/inbox.js'
import { LogBook, NatsFixture, until } from './nats_fixture.js'

const nats = new NatsFixture()
const log = new LogBook()
const memory = new FrameMemoryPool(1e7)

/** A bus that says it is connected to `port`, for servers that only this file's inbox talks to. */
const busOn = (port: number, config = busSchema.parse({})): Bus =>
  ({ config, connection: { getServer: () => `127.0.0.1:${port}` } }) as unknown as Bus

/** A server that answers the greeting and then sends `bytes` in pieces of `step`. */
async function serverSending(
  bytes: Buffer,
  step: number,
): Promise<{ server: Server; port: number; heard: () => string }> {
  let heard = ''
  const server = createServer((socket: Socket) => {
    socket.setNoDelay(true)
    // Who closes while this server still writes resets the connection: an end like any other here.
    socket.on('error', () => {})
    socket.write('INFO {"server_id":"x","headers":true}\r\n')
    socket.on('data', (text) => {
      heard += text.toString()
      if (!text.includes('PING\r\n')) return
      socket.write('PONG\r\n')
      let at = 0
      const next = (): void => {
        if (at >= bytes.length) return
        socket.write(bytes.subarray(at, at + step), () => setImmediate(next))
        at += step
      }
      next()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port, heard: () => heard }
}

const tests = suite('frame inbox')

tests.before(() => nats.start())
tests.after(() => nats.stop())

tests('messages come whole however the connection cuts them', async () => {
  const large = Buffer.alloc(5_000, 'x')
  const header = 'NATS/1.0\r\nVigie-Frame: 12\r\n\r\n'
  const status = 'NATS/1.0 409 Message Size Exceeds MaxBytes\r\nNats-Pending-Messages: 1\r\n\r\n'
  const protocol = Buffer.concat([
    Buffer.from(`MSG vigie.frames.c 1 $JS.ACK.x 5\r\nhello\r\nPING\r\nMSG a 1 0\r\n\r\n`),
    Buffer.from(
      `HMSG vigie.frames.c 1 $JS.ACK.y ${header.length} ${header.length + large.length}\r\n${header}`,
    ),
    large,
    Buffer.from(`\r\n+OK\r\nHMSG _INBOX.1 1 ${status.length} ${status.length}\r\n${status}\r\n`),
  ])
  for (const step of [1, 2, 3, 7, 64, 1000, protocol.length]) {
    const { server, port, heard } = await serverSending(protocol, step)
    const got: InboxMessage[] = []
    const inbox = new FrameInbox({ bus: busOn(port), memory, logger: log })
    await inbox.open(
      'inbox.*',
      (message) => got.push(message),
      () => {},
    )
    await until(() => got.length === 4 && heard().includes('PONG'), `four messages in steps of ${step}`)
    assert.equal(
      got.map((m) => [m.subject, m.reply, m.code, m.data.length, m.owned]),
      [
        ['vigie.frames.c', '$JS.ACK.x', 0, 5, false],
        ['a', '', 0, 0, false],
        ['vigie.frames.c', '$JS.ACK.y', 0, 5_000, true],
        ['_INBOX.1', '', 409, 0, false],
      ],
    )
    assert.is(Buffer.from(got[0]!.data).toString(), 'hello')
    assert.ok(Buffer.from(got[2]!.data).equals(large))
    assert.is(got[2]!.header('Vigie-Frame'), '12')
    assert.is(got[2]!.header('Other'), '')
    assert.is(got[3]!.description, 'Message Size Exceeds MaxBytes')
    assert.match(heard(), /^CONNECT \{.*\}\r\nSUB inbox\.\* 1\r\nPING\r\n/)
    inbox.close()
    server.close()
  }
})

tests('a connection that talks nonsense is closed, and said to be lost', async () => {
  for (const nonsense of [
    'MSG a 1 x\r\n',
    'HMSG a 1 9 5\r\n',
    "-ERR 'Authorization Violation'\r\n",
    'x'.repeat(300_000),
  ]) {
    const { server, port } = await serverSending(Buffer.from(nonsense), 100_000)
    const inbox = new FrameInbox({ bus: busOn(port), memory, logger: log })
    await new Promise<void>((lost) => inbox.open('i', () => {}, lost).catch(() => lost()))
    inbox.close()
    server.close()
  }
})

tests('an inbox that was lost can be opened again', async () => {
  const bus = await nats.bus()
  const inbox = new FrameInbox({ bus, memory, logger: log })
  const got: string[] = []
  let lost = 0
  const open = () =>
    inbox.open(
      'again.*',
      (m) => got.push(m.subject),
      () => lost++,
    )
  await open()
  await nats.server.stop()
  await until(() => lost === 1, 'the inbox is lost')
  await nats.server.start()
  await until(() => bus.connected, 'the connection is back')
  await open()
  bus.connection.publish('again.1', 'x')
  await until(() => got.length === 1, 'a message')
  inbox.close()
  assert.is(lost, 1, 'closing is no loss')
})

tests('user and password, and tokens, come from the URL', async () => {
  for (const [flags, user] of [
    [['--user', 'u', '--pass', 'p@ss'], 'u:p%40ss'],
    [['--auth', 's3cret'], 's3cret'],
  ] as const) {
    const { child, port } = await serverWith(flags)
    const parse = (who: string) =>
      busSchema.parse({ url: `nats://${who}127.0.0.1:${port}`, connect_timeout_ms: 300 })
    const bus = new Bus(parse(`${user}@`), { logger: log, metrics: new Registry(), name: 'test' })
    await bus.start()
    const inbox = new FrameInbox({ bus, memory, logger: log })
    await inbox.open(
      'x',
      () => {},
      () => {},
    )
    inbox.close()
    await bus.stop()
    const stranger = new Bus(parse(''), { logger: log, metrics: new Registry(), name: 'stranger' })
    const refused = await stranger.start().then(
      () => '',
      (error: Error) => error.message,
    )
    assert.match(refused, /no NATS at/)
    child.kill()
  }
})

tests(
  'frame memory is used again, keeps within its bound, and takes back nothing that was moved away',
  () => {
    const pool = new FrameMemoryPool(200_000)
    const first = pool.take(100_000)
    assert.is(first.byteLength, 131_072)
    pool.give(first)
    assert.is(pool.take(70_000), first)
    const others = [pool.take(1), pool.take(1), pool.take(1), pool.take(1)]
    for (const other of others) pool.give(other)
    assert.is(pool.spareBytes, 3 * 65_536)
    structuredClone(first, { transfer: [first] })
    pool.give(first)
    assert.is(pool.spareBytes, 3 * 65_536)
  },
)

/** A nats-server with flags of its own on a free port; it says where it listens on its log. */
async function serverWith(flags: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const dir = `${nats.dir}/${flags[0]!.slice(2)}`
  const child = spawn('nats-server', ['-js', '-sd', dir, '-a', '127.0.0.1', '-p', '-1', ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const listening = /Listening for client connections on 127\.0\.0\.1:(\d+)[\s\S]*Server is ready/
  await until(() => listening.test(said), 'the server is ready')
  return { child, port: Number(listening.exec(said)![1]) }
}

tests.run()
