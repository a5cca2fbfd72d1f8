import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../../ingest/bus/bus.js'
import { type IpfixStreamsConfig, ipfixStreamsSchema } from '../../../ingest/tcp/config.js'
import { IpfixStreams } from '../../../ingest/tcp/ipfix_streams.js'
import type { CollectorConfig } from '../../../ingest/udp/config.js'
import { NatsFixture, until } from '../bus/nats_fixture.js'
import { closed } from '../closed.js'
import { bytes, ipfix, layout, set, template } from '../flow/datagrams.js'
import { CollectorFixture, decodeFrames, framesOf } from '../udp/collector_fixture.js'

const nats = new NatsFixture()
let bus: Bus
const running: CollectorFixture[] = []
const sockets: Socket[] = []

const tests = suite('IPFIX over TCP and TLS')

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(() => nats.stop())
tests.after.each(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const fixture of running.splice(0)) await fixture.stop()
})

async function start(
  name: string,
  streams: Partial<IpfixStreamsConfig> = {},
  config: Partial<CollectorConfig> = {},
): Promise<CollectorFixture & { readonly streams: IpfixStreams; readonly registry: Registry }> {
  const registry = new Registry()
  const made = (logger: CollectorFixture['log']) =>
    new IpfixStreams(
      { ...ipfixStreamsSchema.parse({ tls_ports: [0], ...streams }), ports: [0] },
      { logger, metrics: registry },
    )
  const fixture = new CollectorFixture(nats, bus, { name, ...config }, {}, made)
  await fixture.start()
  running.push(fixture)
  return Object.assign(fixture, { streams: fixture.streams!, registry })
}

async function session(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  sockets.push(socket)
  socket.resume()
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

const received = (fixture: CollectorFixture, n: number) =>
  until(() => fixture.collector.totals.received >= n, `${n} messages are received`)
const closedFor = async (registry: Registry, why: string): Promise<number> => {
  const metric = (await registry.getMetricsAsJSON()).find(
    (m) => m.name === 'vigie_collector_stream_closed_total',
  )
  return metric?.values.find(({ labels }) => (labels as { why?: string }).why === why)?.value ?? 0
}

const PORTS = layout('7:2 11:2')
const SWAPPED = layout('11:2 7:2')
const definition = (fields: typeof PORTS) => ipfix({}, set(2, template(256, fields)))
const data = (sequence: number, ...ports: number[]) =>
  ipfix({ sequence }, set(256, ...ports.map((p) => bytes([p, 2], [9, 2]))))
const sortedPorts = (fixture: { srcPort: number }[]) => fixture.map((f) => f.srcPort).sort((a, b) => a - b)

tests('messages in any cut become frames like datagrams, with the accounts balanced', async () => {
  const fixture = await start('tcp')
  const socket = await session(fixture.streams.listeners[0]!.port)
  const stream = Buffer.concat([definition(PORTS), data(0, 1, 2), data(2, 3)])
  const port = socket.localPort
  let from = 0
  for (const to of [3, 20, 41, stream.length]) {
    await new Promise((done) => socket.write(stream.subarray(from, to), done))
    from = to
  }
  socket.end()
  await received(fixture, 3)
  await fixture.stop()
  const { totals } = fixture.collector
  assert.equal([totals.received, totals.framed, totals.waiting, totals.sequenceLost], [3, 3, 0, 0])
  const frames = await framesOf(bus, 'tcp')
  assert.equal(sortedPorts(decodeFrames(frames).flows), [1, 2, 3])
  assert.is(frames[0]!.entries[0]!.exporterPort, port)
})

tests('two connections of one exporter mean different things by one template, and so does UDP', async () => {
  const fixture = await start('scopes')
  const { port } = fixture.streams.listeners[0]!
  const one = await session(port)
  const other = await session(port)
  const udp = await fixture.sender()
  one.write(definition(PORTS))
  await received(fixture, 1)
  other.write(definition(SWAPPED))
  await received(fixture, 2)
  for (let i = 0; i < 3; i++) {
    one.write(data(i, 1))
    other.write(data(i, 2))
    await received(fixture, 4 + 2 * i)
  }
  // What was said over connections holds for them alone.
  await udp.send(fixture.port, data(0, 77))
  await received(fixture, 9)
  assert.is(fixture.collector.totals.waiting, 1)
  await fixture.stop()
  const frames = await framesOf(bus, 'scopes')
  const { flows, rejects } = decodeFrames(frames)
  assert.equal(sortedPorts(flows), [1, 1, 1, 9, 9, 9])
  assert.equal(rejects, { template_missing: 1 })
})

tests('a template ends with its connection, and can be withdrawn within it', async () => {
  const fixture = await start('ends')
  const { port } = fixture.streams.listeners[0]!
  const first = await session(port)
  const withdrawal = ipfix({ sequence: 1 }, set(2, bytes([256, 2], [0, 2])))
  first.write(Buffer.concat([definition(PORTS), data(0, 1), withdrawal, data(1, 2)]))
  await received(fixture, 4)
  first.destroy()
  const second = await session(port)
  second.write(data(0, 3))
  await received(fixture, 5)
  await fixture.stop()
  const { flows, rejects } = decodeFrames(await framesOf(bus, 'ends'))
  assert.equal(sortedPorts(flows), [1])
  assert.equal(rejects, { template_missing: 2 })
  assert.equal([...(await fixture.store.keys('collector.ends.learned.'))], [])
})

tests('what is no IPFIX is rejected and kept, and its connection closed', async () => {
  const fixture = await start('rubbish')
  const socket = await session(fixture.streams.listeners[0]!.port)
  socket.write(Buffer.concat([definition(PORTS), Buffer.from('GET / HTTP/1.1\r\n\r\n')]))
  await closed(socket)
  const { totals } = fixture.collector
  assert.equal([totals.received, totals.framed, totals.rejected.header_invalid], [2, 1, 1])
  assert.is(await closedFor(fixture.registry, 'invalid'), 1)
})

tests('connections are bounded, in all and by address, and the allow-list holds', async () => {
  const bounds = { exporter_connections_max: 2, connections_max: 3 }
  const fixture = await start('bounded', bounds, { allow: ['127.0.0.1', '127.0.0.2'] })
  const { port } = fixture.streams.listeners[0]!
  await session(port)
  await session(port)
  await closed(await session(port))
  await closed(await session(port, '127.0.0.3'))
  await session(port, '127.0.0.2')
  await closed(await session(port, '127.0.0.2'))
  assert.equal(
    [await closedFor(fixture.registry, 'refused'), await closedFor(fixture.registry, 'limit')],
    [1, 2],
  )
})

tests('who sends a byte now and then, or nothing, is closed', async () => {
  const fixture = await start('slow', { idle_s: 2, message_s_max: 1 })
  const { port } = fixture.streams.listeners[0]!
  const slow = await session(port)
  const idle = await session(port)
  const drip = setInterval(() => slow.write(Buffer.of(0)), 100)
  slow.write(definition(PORTS).subarray(0, 8))
  // Either may be the first to end.
  await Promise.all([closed(slow), closed(idle)])
  clearInterval(drip)
  assert.equal([await closedFor(fixture.registry, 'slow'), await closedFor(fixture.registry, 'idle')], [1, 1])
})

function certificates():
  | { ca: string; cert: string; key: string; clientCert: string; clientKey: string }
  | undefined {
  const path = (name: string) => join(nats.dir, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  try {
    openssl(
      ...request,
      '-x509',
      '-days',
      '1',
      '-subj',
      '/CN=test',
      '-keyout',
      path('ca.key'),
      '-out',
      path('ca.pem'),
    )
    for (const name of ['server', 'client']) {
      openssl(...request, '-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.csr`))
      const signing = [
        'x509',
        '-req',
        '-days',
        '1',
        '-CA',
        path('ca.pem'),
        '-CAkey',
        path('ca.key'),
        '-CAcreateserial',
      ]
      openssl(...signing, '-in', path(`${name}.csr`), '-out', path(`${name}.pem`))
    }
  } catch (error) {
    if (process.env.CI === 'true') throw error
    return undefined
  }
  const [cert, key, clientCert, clientKey] = ['server.pem', 'server.key', 'client.pem', 'client.key'].map(
    path,
  )
  return { ca: path('ca.pem'), cert: cert!, key: key!, clientCert: clientCert!, clientKey: clientKey! }
}

tests('TLS: exporters with a certificate of the authority are heard, others are not', async () => {
  const made = certificates()
  if (made === undefined) {
    process.stdout.write('skipped: no openssl\n')
    return
  }
  const files = { certificate_file: made.cert, key_file: made.key, client_ca_file: made.ca }
  const fixture = await start('tls', files)
  const listener = fixture.streams.listeners.find(({ tls }) => tls)!
  const secure = (...client: string[]): TLSSocket => {
    const [cert, key] = client.map((file) => readFileSync(file))
    const socket = connectTls({
      port: listener.port,
      host: '127.0.0.1',
      ca: readFileSync(made.ca),
      servername: 'server',
      checkServerIdentity: () => undefined,
      ...(cert && key && { cert, key }),
    })
    socket.on('error', () => undefined)
    socket.resume()
    sockets.push(socket)
    return socket
  }
  await new Promise((resolve) => secure().on('close', resolve))
  const exporter = secure(made.clientCert, made.clientKey)
  await once(exporter, 'secureConnect')
  exporter.write(Buffer.concat([definition(PORTS), data(0, 1, 2)]))
  await received(fixture, 2)
  await fixture.stop()
  assert.equal(sortedPorts(decodeFrames(await framesOf(bus, 'tls')).flows), [1, 2])
  assert.is(await closedFor(fixture.registry, 'error'), 1)
})

tests(
  'a certificate without its key is a mistake of the configuration, one that is not there of the start',
  async () => {
    assert.throws(() => ipfixStreamsSchema.parse({ certificate_file: 'server.pem' }), /go together/)
    const missing = {
      certificate_file: join(nats.dir, 'nowhere.pem'),
      key_file: join(nats.dir, 'nowhere.key'),
    }
    let message = ''
    await start('missing', missing).catch((error: Error) => {
      message = error.message
    })
    assert.match(message, /nowhere\.pem/)
  },
)

tests.run()
