import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../../ingest/bus/bus.js'
import type { CollectorConfig } from '../../../ingest/udp/config.js'
import { NatsFixture, until } from '../bus/nats_fixture.js'
import {
  bytes,
  decodeFrame,
  type Field,
  ipfix,
  optionsTemplate,
  set,
  template,
  v9,
} from '../flow/datagrams.js'
import { CollectorFixture, framesOf } from './collector_fixture.js'
import { data5 } from './netflow9.js'

const nats = new NatsFixture()
let bus: Bus
const running: CollectorFixture[] = []

async function start(name: string, config: Partial<CollectorConfig> = {}): Promise<CollectorFixture> {
  const fixture = await new CollectorFixture(nats, bus, { name, ...config }).start()
  running.push(fixture)
  return fixture
}
const received = (fixture: CollectorFixture, n: number) =>
  until(() => fixture.collector.totals.received >= n, `${n} datagrams are received`)

const tests = suite('learned state over a restart')

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(() => nats.stop())
tests.after.each(async () => {
  for (const fixture of running.splice(0)) await fixture.stop()
})

const EXPORTERS = 60
const DOMAINS = 3

/** Each exporter has its own order of fields, its own sampler, and domains that differ. */
function fieldsOf(n: number, domain: number): Field[] {
  const fields: Field[] = [
    [7, 2],
    [11, 2],
    [48, 1],
    [1, 4],
  ]
  const turn = (n + domain) % fields.length
  return [...fields.slice(turn), ...fields.slice(0, turn)]
}

function dataOf(n: number, domain: number): Buffer {
  const values: Record<number, Buffer> = {
    7: bytes([1000 + n, 2]),
    11: bytes([domain, 2]),
    48: bytes([n % 5, 1]),
    1: bytes([70_000 + n, 4]),
  }
  return Buffer.concat(fieldsOf(n, domain).map(([id]) => values[id]!))
}

function teaching(n: number, domain: number): Buffer {
  const rates = set(300, bytes([0, 4], [n % 5, 1], [10 * (n + 1) + domain, 4]))
  if (n % 2 === 0) {
    const options = set(
      1,
      optionsTemplate(
        9,
        300,
        [[1, 4]],
        [
          [48, 1],
          [50, 4],
        ],
      ),
    )
    return v9({ domain }, set(0, template(256, fieldsOf(n, domain))), options, rates)
  }
  const options = set(
    3,
    optionsTemplate(
      10,
      300,
      [[144, 4]],
      [
        [48, 1],
        [50, 4],
      ],
    ),
  )
  return ipfix({ domain }, set(2, template(256, fieldsOf(n, domain))), options, rates)
}

const flowOf = (n: number, domain: number): Buffer =>
  n % 2 === 0 ? v9({ domain }, set(256, dataOf(n, domain))) : ipfix({ domain }, set(256, dataOf(n, domain)))

tests('templates and rates of every exporter and domain are right for the first datagram', async () => {
  const every = Array.from({ length: EXPORTERS }, (_, n) => n)
  const first = await start('full')
  for (const n of every) {
    const sender = await first.sender(`127.0.3.${n + 1}`)
    for (let domain = 0; domain < DOMAINS; domain++) await sender.send(first.port, teaching(n, domain))
  }
  await received(first, EXPORTERS * DOMAINS)
  await first.stop()
  const second = await start('full')
  for (const n of every) {
    const sender = await second.sender(`127.0.3.${n + 1}`)
    for (let domain = 0; domain < DOMAINS; domain++) await sender.send(second.port, flowOf(n, domain))
  }
  await received(second, 2 * EXPORTERS * DOMAINS)
  assert.is(second.collector.totals.waiting, 0)
  await second.stop()
  const rows = (await framesOf(bus, 'full')).flatMap((frame) => decodeFrame(frame).rows)
  assert.is(rows.length, EXPORTERS * DOMAINS)
  for (const row of rows) {
    const n = Number(row.src_port) - 1000
    const domain = Number(row.observation_domain)
    assert.equal([row.exporter_addr, row.dst_port, row.bytes], [`127.0.3.${n + 1}`, domain, 70_000 + n])
    assert.equal(
      [row.sampling_rate, row.sampling_source],
      [10 * (n + 1) + domain, 'options'],
      `exporter ${n}`,
    )
  }
})

tests('an exporter known beforehand has its own address and rate, before and after a restart', async () => {
  const exporters = [
    { from: '127.0.4.1', address: '10.7.7.7' },
    { from: '127.0.4.0/24', sampling_rate: 500 },
  ]
  for (let run = 0; run < 2; run++) {
    const fixture = await start('known', { exporters })
    for (const address of ['127.0.4.1', '127.0.4.2', '127.0.5.1'])
      await (await fixture.sender(address)).send(fixture.port, data5(run, 1))
    await received(fixture, 3 * (run + 1))
    await fixture.stop()
  }
  const rows = (await framesOf(bus, 'known')).flatMap((frame) => decodeFrame(frame).rows)
  const seen = rows.map((r) => `${r.exporter_addr} ${r.sampling_rate ?? '-'} ${r.sampling_source ?? '-'}`)
  assert.equal(
    [...new Set(seen)].sort(),
    ['10.7.7.7 - -', '127.0.4.2 500 config', '127.0.5.1 - -'],
    seen.join(', '),
  )
  assert.is(rows.length, 6)
})

tests.run()
