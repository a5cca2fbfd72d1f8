import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { normalisePayload } from '../../../ingest/edge/normalise.js'
import { edgeSimulatorSchema } from '../../../simulate/edges/config.js'
import { EdgeSimulator } from '../../../simulate/edges/edge_simulator.js'
import { buildNetwork } from '../../../simulate/network.js'
import { KeptLog } from '../../ingest/poll/poll_fixture.js'

/** Edges on real sockets: what they count as sent is what arrives, and it can be read. */
const tests = suite('the simulated edges')

interface Arrived {
  readonly pushed: { vendor: string; body: string; token: string | undefined }[]
  readonly udp: string[]
  tcp: string
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Messages with counted octets. */
function counted(text: string): string[] {
  const messages: string[] = []
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(' ', at)
    const length = Number(text.slice(at, space))
    messages.push(text.slice(space + 1, space + 1 + length))
    at = space + 1 + length
  }
  return messages
}

tests('push, syslog and controllers: all that was sent arrives, and is read', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-edges-'))
  const arrived: Arrived = { pushed: [], udp: [], tcp: '' }
  let busy = 3
  const http = createServer(async (request, response) => {
    const body = await bodyOf(request)
    if (busy-- > 0) return void response.writeHead(503, { 'retry-after': '1' }).end()
    const vendor = /\/telemetry\/([\w-]+)/.exec(request.url!)![1]!
    arrived.pushed.push({ vendor, body, token: request.headers.authorization })
    response.writeHead(202).end()
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const tcp = createTcp((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => {
      arrived.tcp += data.toString('utf8')
    })
  })
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4').on('message', (message) => arrived.udp.push(message.toString('utf8')))
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  udp.setRecvBufferSize(1_048_576)

  const token = join(dir, 'token')
  writeFileSync(token, 'simulated-token\n')
  // Time that goes as fast as the turns do: 20 s of the network in a moment.
  let nowMs = Date.parse('2026-03-01T10:00:00Z')
  const simulator = new EdgeSimulator(
    edgeSimulatorSchema.parse({
      every_s: 1,
      trouble_every_s: 0.5,
      push_url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
      push_token_file: token,
      syslog_port: port,
      truth_file: join(dir, 'truth.jsonl'),
    }),
    { network: buildNetwork(5, 150), clock: { nowMs: () => (nowMs += 900) }, logger: new KeptLog() },
  )
  await simulator.start()
  while (simulator.truth.length < 4) await new Promise((resolve) => setImmediate(resolve))
  await simulator.stop()
  const { counters } = simulator
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.is(arrived.pushed.length, counters.pushed)
  assert.is(counters.pushFailed + counters.syslogFailed, 0)
  assert.ok(arrived.pushed.every((one) => one.token === 'Bearer simulated-token'))
  const messages = [...arrived.udp, ...counted(arrived.tcp)]
  assert.is(messages.length, counters.syslog)
  const read = (text: string, vendor: string) => normalisePayload(text, { vendor, receivedMs: nowMs })
  const fromSyslog = messages.map((text) => read(text, 'auto'))
  assert.is(
    fromSyslog.reduce((sum, { records }) => sum + records.length, 0),
    counters.syslogRecords,
  )
  for (const { rejects } of [...fromSyslog, ...arrived.pushed.map(({ body, vendor }) => read(body, vendor))])
    assert.equal(rejects, [])
  const truth = readFileSync(join(dir, 'truth.jsonl'), 'utf8').trim().split('\n')
  assert.is(truth.length, simulator.truth.length)
  udp.close()
  tcp.close()
  http.close()
  rmSync(dir, { recursive: true, force: true })
})

tests.run()
