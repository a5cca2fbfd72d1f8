import { createSocket } from 'node:dgram'
import { rmSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withBus } from '../../app/connect_bus.js'
import { drawBalance } from '../../app/conservation.js'
import { Bed } from '../../bench/bed.js'
import { bytes, EXPORT_S, ipfix, layout, set, template } from '../ingest/flow/datagrams.js'
import { temporaryDir } from '../sinks/clickhouse/start_store.js'
import { until } from './until.js'

/** The real pipeline, one process a role: a push, syslog, a NATS subject and IPFIX in, rows out. */
const edges = suite('edges end to end')
const dir = temporaryDir()
let bed: Bed
let web = ''

edges.before(async () => {
  writeFileSync(`${dir}/token`, 'open sesame'.replace(' ', '-'))
  bed = await Bed.make(undefined, {
    'edges.http.sources': [{ id: 'hq', token_file: `${dir}/token` }],
  })
  web = `http://${bed.config.web.address}:${bed.config.web.port}`
})
edges.after(async () => {
  await bed.end()
  rmSync(dir, { recursive: true, force: true })
})

const rows = async (sql: string): Promise<number> => (await bed.store.rows<{ n: number }>(sql))[0]?.n ?? 0
const tunnels = (where: string): Promise<number> =>
  rows(`SELECT count() AS n FROM vigie.tunnel_samples WHERE ${where}`)

function send(port: number, message: Uint8Array): Promise<void> {
  const socket = createSocket('udp4')
  return new Promise((resolve, reject) => {
    socket.send(message, port, '127.0.0.1', (error) => {
      socket.close()
      if (error) reject(error)
      else resolve()
    })
  })
}

edges('whatever the way, a sample is stored once and the balance holds', async () => {
  const body = JSON.stringify({
    kind: 'tunnel',
    vendor: 'acme',
    device: 'pushed',
    latency_ms: 5,
    state: 'up',
  })
  const push = (token: string): Promise<Response> =>
    fetch(`${web}/api/v1/telemetry/generic`, {
      method: 'POST',
      body,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': '1',
      },
    })
  assert.is((await push('wrong')).status, 401)
  assert.equal([(await push('open-sesame')).status, (await push('open-sesame')).status], [202, 202])
  const line =
    `<14>bwMonLog, applianceName=SYSLOGGED, tenantName=T, generateTime=${EXPORT_S}, siteName=S, accCkt=W, ` +
    'sentOctets=1000, recvdOctets=1000, duration=1000'
  await send(bed.syslogPort, Buffer.from(line))
  const fields = layout('12:4 45346.12240:16 45346.12292:4 45346.12295:4')
  const record = bytes('c0000263', '00000001ac4847a081a780c8c320f486', [14, 4], [12, 4])
  await send(bed.port, ipfix({}, set(2, template(258, fields)), set(258, record)))
  await withBus(bed.config.bus, 'test', async (bus) => {
    bus.connection.publish('vigie.in.generic.agent', body.replace('pushed', 'published'))
    await bus.connection.flush()
    await until(
      async () => (await tunnels("device = 'pushed' AND way = 'http' AND source = 'hq'")) === 1,
      'the push',
    )
    await until(async () => (await tunnels("device = 'published' AND way = 'nats'")) === 1, 'the publication')
    await until(async () => (await tunnels("vendor = 'velocloud' AND way = 'flow'")) === 2, 'the tunnel')
    const links = "SELECT count() AS n FROM vigie.link_samples WHERE way = 'syslog' AND device = 'SYSLOGGED'"
    const counters = links.replace('link_samples', 'if_counters')
    await until(async () => (await rows(links)) + (await rows(counters)) > 0, 'the message')
    const balance = await drawBalance(bus, bed.store, bed.config.source.durable, Date.now())
    assert.is(balance.edges?.payloads.unexplained, 0)
    assert.is(balance.edges?.payloads.received, 4)
  })
})

edges.run()
