import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withBus } from '../../app/connect_bus.js'
import { drawBalance } from '../../app/conservation.js'
import { Bed } from '../../bench/bed.js'
import { until } from './until.js'

/** The real pipeline, one process a role, on free ports: NetFlow v9 in, rows out, and what is killed on the way. */
const test = suite('the pipeline')

let bed: Bed
const socket = createSocket('udp4')
let sequence = 0
let sent = 0

const FIELDS = [8, 4, 12, 4, 7, 2, 11, 2, 4, 1, 6, 1, 1, 4, 2, 4] as const
const RECORD_BYTES = 22
const RECORDS = 20

function datagram(set: Buffer, count: number): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt16BE(9, 0)
  header.writeUInt16BE(count, 2)
  header.writeUInt32BE(100_000, 4)
  header.writeUInt32BE(Math.floor(Date.now() / 1000), 8)
  header.writeUInt32BE(sequence++, 12)
  header.writeUInt32BE(7, 16)
  return Buffer.concat([header, set])
}

function template(): Buffer {
  const set = Buffer.alloc(8 + 2 * FIELDS.length)
  set.writeUInt16BE(set.length, 2)
  set.writeUInt16BE(256, 4)
  set.writeUInt16BE(FIELDS.length / 2, 6)
  FIELDS.forEach((n, i) => {
    set.writeUInt16BE(n, 8 + 2 * i)
  })
  return datagram(set, 1)
}

function data(): Buffer {
  const set = Buffer.alloc(4 + RECORDS * RECORD_BYTES)
  set.writeUInt16BE(256, 0)
  set.writeUInt16BE(set.length, 2)
  for (let i = 0; i < RECORDS; i++) {
    const at = 4 + i * RECORD_BYTES
    set.writeUInt32BE(0x0a000000 + sequence * RECORDS + i, at)
    set.writeUInt32BE(0xc0000201, at + 4)
    set.writeUInt16BE(40_000 + i, at + 8)
    set.writeUInt16BE(443, at + 10)
    set[at + 12] = 6
    set[at + 13] = 0x1b
    set.writeUInt32BE(1000, at + 14)
    set.writeUInt32BE(10, at + 18)
  }
  return datagram(set, RECORDS)
}

const send = (bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) =>
    socket.send(bytes, bed.port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
  )

async function sendData(datagrams: number): Promise<void> {
  for (let i = 0; i < datagrams; i++) await send(data())
  sent += datagrams * RECORDS
}

const pidOf = async (role: string): Promise<number> => {
  const found = (await bed.pipeline.supervisor.survey()).find(({ name, ready }) => name === role && ready)
  return found?.pid ?? 0
}

/** Kills a role and resolves when another process of it is ready. */
async function killRole(role: string): Promise<void> {
  const before = await pidOf(role)
  process.kill(before, 'SIGKILL')
  await until(async () => ![0, before].includes(await pidOf(role)), `${role} is there again`)
}

const allStored = (): Promise<void> =>
  until(async () => (await bed.count()) === sent, `all ${sent} flows are stored`)

test.before(async () => {
  bed = await Bed.make()
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
})

test.after(async () => {
  socket.close()
  await bed.end()
})

test('stores each flow of the socket once, with its columns', async () => {
  await send(template())
  await sendData(100)
  await allStored()
  const [row] = await bed.store.rows<Record<string, unknown>>(
    `SELECT count() AS n, uniqExact(src_addr) AS sources, sum(bytes) AS bytes, any(export_protocol) AS protocol, any(observation_domain) AS domain,
            any(toString(dst_addr)) AS dst, any(dst_port) AS port, any(tcp_flags) AS flags, any(locality) AS locality FROM vigie.flows`,
  )
  assert.equal(row, {
    n: 2000,
    sources: 2000,
    bytes: 2_000_000,
    protocol: 'netflow9',
    domain: 7,
    dst: '::ffff:192.0.2.1',
    port: 443,
    flags: 27,
    locality: 'outbound',
  })
})

test('a processor killed in the middle loses nothing and repeats nothing', async () => {
  await sendData(200)
  const killed = killRole('processor')
  await sendData(200)
  await killed
  await sendData(100)
  await allStored()
})

test('a store killed in the middle means lag', async () => {
  const killed = killRole('store')
  await sendData(200)
  await killed
  await allStored()
})

test('a collector that was killed decodes at once, without a new template', async () => {
  await killRole('collector')
  await sendData(50)
  await allStored()
})

test('NATS away means lag: what came meanwhile is spooled and stored', async () => {
  process.kill(bed.pipeline.nats!.pid!, 'SIGKILL')
  await sendData(200)
  await allStored()
})

test('garbage is counted under its code and kept, and the rest goes on', async () => {
  await send(Buffer.from('this is no flow'))
  await send(Buffer.from([0, 9, 0, 1, 0, 0]))
  await sendData(5)
  await allStored()
  const balance = () =>
    withBus(bed.config.bus, 'test', (bus) =>
      drawBalance(bus, bed.store, bed.config.source.durable, Date.now()),
    )
  await until(async () => {
    const { datagrams, balanced } = await balance()
    return balanced && datagrams.in_flight === 0 && datagrams.rejected === 2
  }, 'the books balance')
  const { rejected_by, flows } = await balance()
  assert.equal(rejected_by, { version_unknown: 1, datagram_truncated: 1 })
  assert.is(flows.stored, sent)
})

test.run()
