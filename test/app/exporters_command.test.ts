import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { createClient } from '@clickhouse/client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { exportersCommand } from '../../app/exporters_command.js'
import type { Bus } from '../../ingest/bus/bus.js'
import { migrate } from '../../sinks/clickhouse/migrate.js'
import { NatsFixture, until } from '../ingest/bus/nats_fixture.js'
import { bytes, layout, optionsTemplate, set, template, v9 } from '../ingest/flow/datagrams.js'
import { CollectorFixture } from '../ingest/udp/collector_fixture.js'
import { startStore, type TestStore, temporaryDir } from '../sinks/clickhouse/start_store.js'

const command = suite('vigie exporters')
const nats = new NatsFixture()
let bus: Bus
let store: TestStore

/** One exporter with options, a template with elements nobody knows, and a gap in its numbers. */
async function seen(): Promise<void> {
  const exporters = [{ from: '127.0.0.9', address: '10.1.1.1', sampling_rate: 256 }]
  const fixture = await new CollectorFixture(nats, bus, { name: 'one', exporters }).start()
  const fields = layout('8:4 12:4 1:4 12356.7:2').map(
    ([id, length]) => [id === 7 ? 60_001 : id, length] as const,
  )
  const options = set(1, optionsTemplate(9, 300, layout('1:4'), layout('48:1 50:4')))
  const rates = set(300, bytes([0, 4], '01', [100, 4]), bytes([0, 4], '02', [200, 4]))
  const templates = v9({ sequence: 0 }, options, rates, set(0, template(256, fields)))
  const flow = (sequence: number) => v9({ sequence }, set(256, bytes('0a000001 0a000002', [9, 4], '0000')))
  const sender = await fixture.sender('127.0.0.8')
  await sender.send(fixture.port, templates, flow(1), ...Array.from({ length: 70 }, (_, i) => flow(5 + i)))
  await (await fixture.sender('127.0.0.9')).send(fixture.port, templates)
  await until(() => fixture.collector.totals.received >= 73, 'all datagrams are received')
  await fixture.stop()
}

command.before(async () => {
  await nats.start()
  bus = await nats.bus()
  store = await startStore({ data_dir: temporaryDir() })
  const client = createClient({ url: store.url })
  await migrate(client, { flows_days: 15, rollup_days: 400 }, nats.log)
  await client.close()
  await seen()
  await store.rows(
    "INSERT INTO vigie.exporter_names VALUES (toIPv6('127.0.0.8'), 'interface', 7, 'ge-0/0/7', now64(3))",
  )
  await store.rows(
    `INSERT INTO vigie.flows (time_received, exporter_addr, sampling_source)
     SELECT now64(3), toIPv6('127.0.0.8'), 'options' FROM numbers(3)`,
  )
})
command.after(async () => {
  await store.stop()
  await nats.stop()
})

async function run(args: string[], terminal = false, lang = 'en', url = store.url) {
  const said = { out: '', err: '' }
  const writable = (key: 'out' | 'err') =>
    Object.assign(
      new Writable({
        write(chunk, _encoding, done) {
          said[key] += chunk
          done()
        },
      }),
      { isTTY: terminal },
    )
  const env = { CLICKHOUSE_URL: url, NATS_URL: nats.server.url, VIGIE_LANG: lang }
  assert.is(await exportersCommand(args, { stdout: writable('out'), stderr: writable('err'), env }), 0)
  return said
}

type Row = Record<string, unknown>
const jsonOf = (text: string): Row[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)

command(
  'tells protocols, templates, rates, loss, clock, interfaces and elements without a name',
  async () => {
    const [row] = jsonOf((await run(['127.0.0.8'])).out)
    assert.is(row?.address, '127.0.0.8')
    assert.is(row?.collector, 'one')
    assert.equal(row?.protocols, ['netflow9'])
    assert.equal([row?.templates, row?.domains, row?.datagrams, row?.sequence_lost], [2, 1, 72, 3])
    assert.equal(row?.sampling, [
      { protocol: 'netflow9', domain: 1, sampler: 1, rate: 100 },
      { protocol: 'netflow9', domain: 1, sampler: 2, rate: 200 },
    ])
    assert.equal(row?.sampling_sources, { options: 3 })
    assert.equal(row?.interfaces, { 7: 'ge-0/0/7' })
    assert.equal(row?.unnamed, ['0.60001'])
    assert.type(row?.clock_skew_ms, 'number')
  },
)

command('an exporter known by another address is found by both', async () => {
  for (const address of ['127.0.0.9', '10.1.1.1']) {
    const rows = jsonOf((await run([address])).out)
    assert.is(rows.length, 1)
    assert.equal(
      [rows[0]?.address, rows[0]?.known_as, rows[0]?.configured_rate],
      ['127.0.0.9', '10.1.1.1', 256],
    )
  }
})

command('a table has a line an exporter, with titles in the language', async () => {
  const { out } = await run([], true)
  assert.match(out, /exporter +protocols +templates/)
  assert.match(out, /127\.0\.0\.8 +netflow9 +2 +#1 1:100 #2 1:200 +options +3 /)
  assert.match((await run(['--format', 'table'], false, 'fr')).out, /exportateur +protocoles +modèles/)
  assert.is((await run(['--format', 'csv'])).out.trim().split('\n').length, 3)
})

command('elements that the user names have a name', async () => {
  const file = join(nats.dir, 'elements.yaml')
  writeFileSync(file, '0.60001: ourOwnThing, unsigned16\n')
  const [row] = jsonOf((await run(['--elements', file, '127.0.0.8'])).out)
  assert.equal(row?.unnamed, [])
})

command('without the store it tells what the collectors know, and says so', async () => {
  const { out, err } = await run(['127.0.0.8'], false, 'en', 'http://127.0.0.1:1')
  assert.match(err, /the store does not answer/)
  assert.is(jsonOf(out)[0]?.sampling_sources, undefined)
})

command.run()
