import { Writable } from 'node:stream'
import { createClient } from '@clickhouse/client'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { vigieSchema } from '../../app/config/vigie_schema.js'
import { runDetector } from '../../app/detector_role.js'
import { findingsCommand } from '../../app/findings_command.js'
import { SERVICES } from '../../detect/services/index.js'
import { PartialStream } from '../../ingest/bus/partial_stream.js'
import type { Component } from '../../model/ports.js'
import { migrate } from '../../sinks/clickhouse/migrate.js'
import { network, T0 } from '../detect/flows.js'
import { NatsFixture, until } from '../ingest/bus/nats_fixture.js'
import { startStore, type TestStore, temporaryDir } from '../sinks/clickhouse/start_store.js'

/** The role on a real NATS and the real store: from a partial to a finding, to a mark at the console, and back to detection. */
const role = suite('role detector')
const nats = new NatsFixture()
let store: TestStore
let detector: Component

role.before(async () => {
  await nats.start()
  store = await startStore({ data_dir: temporaryDir() })
  const client = createClient({ url: store.url })
  await migrate(client, { flows_days: 15, rollup_days: 400 }, nats.log)
  await client.close()
  const { detector: settings, threats, privacy, devices, edges, bus } = vigieSchema.parse({})
  const config = {
    detector: settings,
    threats,
    privacy,
    devices,
    agents: edges.snmp,
    bus: { ...bus, url: nats.server.url },
    clickhouse_url: store.url,
    shard: 0,
  }
  detector = await runDetector(config, {
    logger: {
      debug: (fields: object, message: string) => nats.log.debug(fields, message),
      info: (fields: object, message: string) => nats.log.info(fields, message),
      warn: (fields: object, message: string) => nats.log.warn(fields, message),
      error: (fields: object, message: string) => nats.log.error(fields, message),
      fatal: (fields: object, message: string) => nats.log.error(fields, message),
    } as never,
    metrics: new Registry(),
    report: () => undefined,
    survey: async () => [],
  })
})
role.after(async () => {
  await detector?.stop()
  await nats.stop()
  await store.stop()
})

async function run(args: string[]): Promise<string> {
  let said = ''
  const out = new Writable({
    write(chunk, _encoding, done) {
      said += chunk
      done()
    },
  })
  const env = { NATS_URL: nats.server.url, CLICKHOUSE_URL: store.url, VIGIE_LANG: 'en' }
  assert.is(await findingsCommand(args, { stdout: out, stderr: out, env }), 0)
  return said
}

role('a finding is marked at the console, closed by detection, and kept in the record', async () => {
  const net = network({ services: SERVICES })
  net.run(
    Array.from({ length: 40 }, (_, i) => ({
      src: '10.1.0.7',
      dst: `10.2.0.${i}`,
      dstPort: 445,
      flags: 2,
      locality: 'internal' as const,
      startMs: T0 + i * 200,
    })),
  )
  const stream = new PartialStream({ bus: await nats.bus(), logger: nats.log })
  for (const [i, partial] of net.partials.entries()) await stream.publish(i + 1, [partial])
  const states = (): Promise<string> =>
    store.rows(
      "SELECT arrayStringConcat(groupArray(status)) FROM vigie.findings_latest WHERE service = 'scan'",
    )
  await until(async () => (await states()) === 'open', 'the scan is told and stored', 120_000)
  const uid = await store.rows("SELECT uid FROM vigie.findings_latest WHERE service = 'scan'")
  await run(['mark', uid.slice(0, 8), 'expected', '--by', 'anne', '--comment', 'inventory'])
  await until(async () => (await states()) === 'closed', 'its finding is closed', 120_000)
  const [mark] = (await run(['marks']))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.equal(
    [mark!.finding, mark!.verdict, mark!.by, mark!.suppressed],
    [uid, 'expected', 'operator:anne', 0],
  )
  await until(
    async () => (await store.rows('SELECT count() FROM vigie.finding_actions')) === '1',
    'the record has it',
    120_000,
  )
  assert.match(await run(['show', uid]), /"marked":"expected","marked_by":"operator:anne"/)
})

role.run()
