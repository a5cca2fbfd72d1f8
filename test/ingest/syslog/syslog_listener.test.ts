import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { edgePublisherSchema } from '../../../ingest/bus/config.js'
import { EdgeSpool } from '../../../ingest/bus/edge_spool.js'
import { type SyslogConfig, syslogSchema } from '../../../ingest/syslog/config.js'
import { SyslogFramer } from '../../../ingest/syslog/framer.js'
import { senderOf } from '../../../ingest/syslog/header.js'
import { SyslogListener } from '../../../ingest/syslog/syslog_listener.js'
import type { EdgePayload } from '../../../model/edge_payload.js'
import type { Reject } from '../../../model/reject.js'
import { temporaryDir } from '../../sinks/clickhouse/start_store.js'
import { LogBook, until } from '../bus/nats_fixture.js'
import { closed } from '../closed.js'

/** Real sockets; what takes the payloads keeps them in memory. */
const syslog = suite('syslog')
const dir = temporaryDir()
const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')]

interface Bed {
  readonly listener: SyslogListener
  readonly payloads: EdgePayload[]
  readonly letters: Reject[]
  readonly metrics: Registry
}
let hasTls = true
const running: Bed[] = []
const open: Socket[] = []

async function listen(settings: Partial<SyslogConfig> = {}, publish?: () => Promise<void>): Promise<Bed> {
  const [payloads, letters, metrics]: [EdgePayload[], Reject[], Registry] = [[], [], new Registry()]
  const listener = new SyslogListener(syslogSchema.parse({ port: 0, gather_ms: 20, ...settings }), {
    sink: {
      publish: async (payload) => {
        await publish?.()
        payloads.push(payload)
      },
    },
    dead: { keep: async (reject) => void letters.push(reject) },
    clock: { nowMs: () => 1000 },
    logger: new LogBook(),
    metrics,
  })
  await listener.start()
  const bed = { listener, payloads, letters, metrics }
  running.push(bed)
  return bed
}
syslog.before(() => {
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = ['-subj', '/CN=localhost', '-days', '2', '-keyout', key, '-out', cert]
  try {
    execFileSync('openssl', [...request, ...names], { stdio: 'ignore' })
  } catch (error) {
    if (process.env.CI === 'true' || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    process.stdout.write('without TLS: openssl is not installed (apt-get install openssl)\n')
    hasTls = false
  }
})
syslog.after.each(async () => {
  for (const socket of open.splice(0)) socket.destroy()
  for (const { listener } of running.splice(0)) await listener.stop()
})

async function tcp({ listener }: Bed): Promise<Socket> {
  const socket = connect(listener.port, '127.0.0.1')
  open.push(socket)
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
const linesOf = ({ payloads }: Bed): string[] =>
  payloads.flatMap(({ bytes }) => Buffer.from(bytes).toString().split('\n')).filter((line) => line !== '')
const value = async ({ metrics }: Bed, name: string): Promise<number> =>
  ((await metrics.getSingleMetric(name)!.get()).values as { value: number }[]).reduce(
    (n, v) => n + v.value,
    0,
  )

function framed(chunks: readonly string[], max = 100): { messages: string[]; long: string[] } {
  const [messages, long]: [string[], string[]] = [[], []]
  const framer = new SyslogFramer(max, {
    message: (bytes) => messages.push(bytes.toString()),
    tooLong: (bytes) => long.push(bytes.toString()),
  })
  for (const chunk of chunks) framer.push(Buffer.from(chunk))
  framer.end()
  return { messages, long }
}

syslog('is cut by count and by trailer, wherever the stream is cut', () => {
  const text = '5 <1>a\n<2>b\r\n7 <3>c\nde<4>f\u00008 <5> 12 gplain line\n<6>last'
  const whole = framed([text]).messages
  assert.equal(whole, ['<1>a', '<2>b', '<3>c\nde', '<4>f', '<5> 12 g', 'plain line', '<6>last'])
  for (let cut = 1; cut < text.length; cut++)
    assert.equal(framed([text.slice(0, cut), text.slice(cut)]).messages, whole, `cut at ${cut}`)
  assert.equal(framed([...text]).messages, whole, 'byte by byte')
  assert.equal(framed(['2024-01-01 x\n0 y\n1234567890 z\n']).messages, [
    '2024-01-01 x',
    '0 y',
    '1234567890 z',
  ])
})

syslog('holds no more than a message of the bound', () => {
  const long = 'x'.repeat(250)
  assert.equal(framed([`<1>${long}\n<2>b\n`]).messages, ['<2>b'])
  assert.is(framed([`<1>${long}\n<2>b\n`]).long[0]!.length, 100)
  assert.equal(framed([`253 <1>${long}4 <2>b`]).messages, ['<2>b'])
  assert.equal(framed([...`253 <1>${long}4 <2>b`]).messages, ['<2>b'])
  assert.equal(framed([...`<1>${long}\n<2>b\n`]).long.length, 1)
})

syslog('tells host and program of both forms of header', () => {
  const of = (text: string): unknown => senderOf(Buffer.from(text))
  assert.equal(of('<34>1 2003-10-11T22:14:15.003Z edge-1 su - ID47 - x'), { host: 'edge-1', app: 'su' })
  assert.equal(of('<34>1 - - - - - - x'), {})
  assert.equal(of('<34>Oct 11 22:14:15 edge-2 slamd[12]: x'), { host: 'edge-2', app: 'slamd' })
  assert.equal(of('<189>date=2024-01-01 devname="f"'), {})
})

syslog('comes by UDP, TCP and TLS on one port; messages of one sender make one payload', async () => {
  if (!hasTls) return
  const bed = await listen({ certificate_file: cert, key_file: key, vendors: { '127.0.0.1': 'fortinet' } })
  const udp = createSocket('udp4')
  for (const text of [
    '<1>Oct 11 22:14:15 h1 a: one\n',
    '<1>Oct 11 22:14:15 h1 a: two',
    '<1>Oct 11 22:14:15 h2 a: x',
  ])
    await new Promise((sent) => udp.send(text, bed.listener.port, '127.0.0.1', sent))
  udp.close()
  const plain = await tcp(bed)
  plain.write('<2>first\n9 <2>second')
  const secure = connectTls({ port: bed.listener.port, host: '127.0.0.1', rejectUnauthorized: false })
  open.push(secure)
  await once(secure, 'secureConnect')
  secure.write('<3>hidden\n')
  await until(() => linesOf(bed).length === 6, 'all six')
  const byUdp = bed.payloads.filter(({ origin }) => origin.source === 'udp')
  assert.equal(byUdp.map(({ origin }) => origin.device).sort(), ['h1', 'h2'])
  assert.equal(
    linesOf({ ...bed, payloads: byUdp.filter(({ origin }) => origin.device === 'h1') }).map((l) =>
      l.slice(-3),
    ),
    ['one', 'two'],
  )
  const [hidden] = bed.payloads.filter(({ origin }) => origin.source === 'tls')
  assert.equal(hidden!.origin, { way: 'syslog', source: 'tls', address: '127.0.0.1' })
  assert.is(hidden!.vendor, 'fortinet')
})

syslog('keeps the beginning of what is too long', async () => {
  const bed = await listen({ message_max_bytes: 480 })
  const socket = await tcp(bed)
  socket.write(`<1>${'x'.repeat(2000)}\n<2>fits\n`)
  await until(() => bed.letters.length === 1 && linesOf(bed).length === 1, 'both')
  assert.is(bed.letters[0]!.code, 'message_too_long')
  assert.is(bed.letters[0]!.bytes!.length, 480)
})

syslog('closes who is slow, who is too many, and who may not send', async () => {
  const bed = await listen({ message_s_max: 1, address_connections_max: 2 })
  const [slow, idle] = [await tcp(bed), await tcp(bed)]
  slow.write('<1>never en')
  idle.write('<1>whole\n')
  const third = await tcp(bed)
  await Promise.all([closed(third), closed(slow)])
  assert.not(idle.destroyed, 'who has sent whole messages may rest')
  const strict = await listen({ allow: ['10.0.0.1'] })
  await closed(await tcp(strict))
  if (!hasTls) return
  const onlyTls = await listen({ tls_only: true, certificate_file: cert, key_file: key })
  const plain = await tcp(onlyTls)
  plain.write('<1>plain\n')
  await closed(plain)
})

syslog('makes streams wait while the stream is slow, and loses nothing of them', async () => {
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const bed = await listen({ waiting_max_bytes: 1024 * 1024 }, () => gate)
  const socket = await tcp(bed)
  const line = `<1>${'y'.repeat(997)}\n`
  const COUNT = 20_000
  let written = 0
  socket.write(line.repeat(COUNT), () => {
    written = COUNT
  })
  await until(async () => (await value(bed, 'vigie_syslog_waiting_bytes')) >= 1024 * 1024, 'full')
  assert.ok((await value(bed, 'vigie_syslog_waiting_bytes')) < 2 * 1024 * 1024)
  assert.is(written, 0, 'the sender waits')
  release()
  await until(() => linesOf(bed).length === COUNT, 'all of it')
  assert.is(await value(bed, 'vigie_syslog_lost_messages_total'), 0)
})

syslog('goes to the disk while the stream is away, also over a restart', async () => {
  const config = edgePublisherSchema.parse({ spool_dir: join(dir, 'spool') })
  const taken = new Map<string | undefined, string>()
  let away = true
  const spoolOf = (): EdgeSpool =>
    new EdgeSpool(config, {
      sink: {
        publish: async (payload, id) => {
          if (away) throw new Error('NATS is away')
          taken.set(id, Buffer.from(payload.bytes).toString())
        },
      },
      logger: new LogBook(),
      metrics: new Registry(),
    })
  const payload = (text: string): EdgePayload => ({
    vendor: 'auto',
    origin: { way: 'syslog', source: 'udp', address: '::1' },
    receivedMs: 5,
    bytes: Buffer.from(text),
  })
  const first = spoolOf()
  await first.start()
  await first.publish(payload('one'))
  await first.publish(payload('two\nlines'))
  await first.stop()
  const second = spoolOf()
  await second.start()
  await second.publish(payload('three'))
  away = false
  await until(() => taken.size === 3, 'the spool is sent')
  await second.publish(payload('four'))
  // Behind what the spool still holds it waits there too.
  await until(() => taken.size === 4, 'the last one is sent')
  assert.equal([...taken.values()], ['one', 'two\nlines', 'three', 'four'])
  await second.stop()
})

syslog.run()
