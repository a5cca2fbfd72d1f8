import { Writable } from 'node:stream'
import { createClient } from '@clickhouse/client'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findingsCommand } from '../../app/findings_command.js'
import { UsageError } from '../../app/io.js'
import { serveMarks } from '../../app/marks_service.js'
import { Catalogue } from '../../detect/catalogue.js'
import { FlowEngine } from '../../detect/flow_engine.js'
import { SERVICES } from '../../detect/services/index.js'
import type { Bus } from '../../ingest/bus/bus.js'
import { NatsFindingFeedback } from '../../ingest/bus/finding_feedback.js'
import { FindingStream } from '../../ingest/bus/finding_stream.js'
import type { FindingAction, FindingMark } from '../../model/finding.js'
import type { Component } from '../../model/ports.js'
import { ActionWriter } from '../../sinks/clickhouse/action_writer.js'
import { FindingWriter } from '../../sinks/clickhouse/finding_writer.js'
import { migrate } from '../../sinks/clickhouse/migrate.js'
import { ClickHouseWriter } from '../../sinks/clickhouse/writer.js'
import { NatsFixture, until } from '../ingest/bus/nats_fixture.js'
import { startStore, type TestStore, temporaryDir } from '../sinks/clickhouse/start_store.js'
import { finding } from '../sinks/itsm/lifecycle_fixture.js'

/** `vigie findings` against a real NATS and the real store, with the writers that fill it. */
const command = suite('vigie findings')
const nats = new NatsFixture()
let store: TestStore
let bus: Bus
let writer: ClickHouseWriter
const parts: Component[] = []
const HOUR_MS = 3_600_000
const T = Date.now() - HOUR_MS
const A = 'aa11000000000000000000000000ffff'
const B = 'aa22000000000000000000000000ffff'
const C = 'bb33000000000000000000000000ffff'

command.before(async () => {
  await nats.start()
  store = await startStore({ data_dir: temporaryDir() })
  const client = createClient({ url: store.url })
  await migrate(client, { flows_days: 15, rollup_days: 400 }, nats.log)
  await client.close()
  bus = await nats.bus()
  const findings = new FindingStream({ bus, logger: nats.log })
  const feedback = new NatsFindingFeedback({ bus, logger: nats.log })
  writer = new ClickHouseWriter({ url: store.url })
  const deps = { store: writer, logger: nats.log, metrics: new Registry() }
  parts.push(new FindingWriter({ ...deps, open: () => findings.consume('clickhouse') }))
  parts.push(new ActionWriter({ ...deps, open: () => feedback.consume('clickhouse') }))
  for (const part of parts) await part.start()
  await findings.publish([
    finding(A, { time: T, evidence: { contacts: 40, sql: 'SELECT * FROM vigie.flows', related: [C] } }),
    finding(B, { time: T, service: 'scan', severity_id: 2, src: ['10.9.0.9'], dst: [], org: 'org2' }),
    finding(C, { time: T, service: 'beacon', severity_id: 5, src: ['10.8.0.8'], dst: [] }),
    finding(C, { time: T + 1000, service: 'beacon', severity_id: 5, activity: 'close', src: ['10.8.0.8'] }),
  ])
  await until(async () => (await store.rows('SELECT count() FROM vigie.findings')) === '4', 'they are stored')
})
command.after(async () => {
  for (const part of parts) await part.stop()
  await writer.close()
  await nats.stop()
  await store.stop()
})

async function run(args: string[], { terminal = false, lang = 'fr' } = {}) {
  const said = { out: '', err: '' }
  const writing = (to: 'out' | 'err') =>
    Object.assign(
      new Writable({
        write(chunk, _encoding, done) {
          said[to] += chunk
          done()
        },
      }),
      { isTTY: terminal },
    )
  const env = { NATS_URL: nats.server.url, CLICKHOUSE_URL: store.url, VIGIE_LANG: lang }
  const status = await findingsCommand(args, { stdout: writing('out'), stderr: writing('err'), env })
  return { status, ...said }
}
const rowsOf = (out: string): Record<string, unknown>[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
const uids = async (...args: string[]): Promise<unknown[]> =>
  rowsOf((await run(['list', ...args])).out).map(({ uid }) => uid)
const thrown = (running: Promise<unknown>): Promise<Error> =>
  running.then(
    () => assert.unreachable() as never,
    (error: Error) => error,
  )

command('lists findings, open ones and the weightiest first, by what is asked for', async () => {
  assert.equal(await uids(), [A, B, C])
  assert.equal(await uids('--open'), [A, B])
  assert.equal(await uids('--service', 'scan'), [B])
  assert.equal(await uids('--org', 'org1'), [A, C])
  assert.equal(await uids('--since', '30m'), [])
  assert.equal(await uids('--since', '2h', '--limit', '1'), [A])
  const cut = await run(['list', '--limit', '1', '--format', 'table'])
  assert.match(cut.err, /Les 1 premiers seulement/)
  const english = await run(['list', '--format', 'csv'], { lang: 'en' })
  assert.match(english.out, /Volumetric denial-of-service attack to a host at site s1/)
  assert.match((await run(['list', '--org', 'nobody'])).err, /Aucun constat/)
})

command('shows a finding by the beginning of its uid, with evidence, query and what is related', async () => {
  const [file] = rowsOf((await run(['show', 'aa11'])).out) as [
    { finding: { uid: string }; status: string; related: { uid: string }[] },
  ]
  assert.equal([file.finding.uid, file.status, file.related.map(({ uid }) => uid)], [A, 'open', [C]])
  const { out } = await run(['show', A], { terminal: true })
  assert.match(out, /Constat +Attaque par déni de service/)
  assert.match(out, /contacts +40/)
  assert.match(out, /Requête des flux\n {2}SELECT \* FROM vigie\.flows/)
  assert.match(out, new RegExp(`Constats liés\n  ${C}`))
})

command('a mark goes to detection and into the record, with who, when and from where', async () => {
  const heard: FindingMark[] = []
  const end = await new NatsFindingFeedback({ bus, logger: nats.log }).watch((mark) => heard.push(mark))
  const said = await run([
    'mark',
    'aa11',
    'false-positive',
    '--comment',
    'sauvegarde',
    '--until',
    '7d',
    '--by',
    'anne',
  ])
  assert.match(said.out, new RegExp(`^${A} : faux positif, jusqu’au \\d{4}-\\d\\d-\\d\\d\\.\n$`))
  await until(() => heard.length === 1, 'detection hears it')
  const { until: endMs, time, ...mark } = heard[0]!
  assert.is(endMs! - time, 7 * 24 * HOUR_MS)
  assert.equal(mark, {
    finding: A,
    verdict: 'false_positive',
    by: 'operator:anne',
    org: 'org1',
    origin: 'console',
    comment: 'sauvegarde',
  })
  end()
  await until(
    async () => (await store.rows('SELECT count() FROM vigie.finding_marks')) === '1',
    'and the store has it',
  )
  const [listed] = rowsOf((await run(['list', '--org', 'org1'])).out)
  assert.is(listed!.verdict, 'false_positive')
  const [file] = rowsOf((await run(['show', A])).out) as [{ actions: FindingAction[] }]
  assert.equal(
    file.actions.map(({ action, verdict, by, origin, comment }) => [action, verdict, by, origin, comment]),
    [['mark', 'false_positive', 'operator:anne', 'console', 'sauvegarde']],
  )
  assert.match(
    (await run(['show', A], { terminal: true })).out,
    /faux positif {2}operator:anne {2}console {2}sauvegarde/,
  )
})

command(
  'marks are those of the detector with what they kept quiet; without it, those of the store',
  async () => {
    const away = await run(['marks'])
    assert.match(away.err, /La détection ne répond pas/)
    assert.equal(
      rowsOf(away.out).map(({ finding: uid, verdict, service }) => [uid, verdict, service]),
      [[A, 'false_positive', 'ddos']],
    )
    const engine = new FlowEngine({ catalogue: new Catalogue({ services: SERVICES }) })
    const view = {
      finding: A,
      service: 'ddos' as const,
      verdict: 'false_positive' as const,
      by: 'operator:anne',
      marked: T,
      until: T + HOUR_MS,
      suppressed: 3,
      last_suppressed: T + 1000,
    }
    const service = serveMarks(bus, () => [...engine.marks, view])
    await service.start()
    const there = await run(['marks'])
    assert.is(there.err, '')
    assert.equal(
      rowsOf(there.out).map(({ finding: uid, suppressed, time }) => [uid, suppressed, time]),
      [[A, 3, new Date(T).toISOString()]],
    )
    await service.stop()
  },
)

command('a mark is taken back', async () => {
  assert.match((await run(['unmark', A], { lang: 'en' })).out, /the mark is lifted/)
  await until(async () => (await store.rows('SELECT count() FROM vigie.finding_marks')) === '0', 'it is gone')
  assert.is(await store.rows('SELECT count() FROM vigie.finding_actions'), '2', 'the record keeps both')
})

command('says what is wrong with a command line, and changes nothing', async () => {
  for (const [args, said] of [
    [['look'], /doit être list, show, mark, unmark, marks/],
    [['mark'], /prend l’identifiant/],
    [['mark', A], /dites ce que c’était : true-positive, false-positive, expected/],
    [['mark', A, 'maybe'], /maybe : doit être/],
    [['mark', A, 'expected', '--until', 'soon'], /--until soon : une durée/],
    [['mark', A, 'expected', '--until', '2020-01-01'], /ce moment est passé/],
    [['mark', 'zz', 'expected'], /aucun constat zz/],
    [['show', 'aa'], /commence plusieurs identifiants/],
    [['show', "x' OR 1"], /aucun constat/],
    [['list', '--service', 'magic'], /--service magic : doit être ddos/],
    [['list', '--since', 'never'], /--since never/],
    [['list', '--limit', '0'], /--limit 0/],
  ] as const) {
    const error = await thrown(run([...args]))
    assert.instance(error, UsageError, args.join(' '))
    assert.match(error.message, said)
  }
  assert.is(await store.rows('SELECT count() FROM vigie.finding_actions'), '2')
})

command.run()
