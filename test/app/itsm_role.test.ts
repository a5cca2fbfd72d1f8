import { Writable } from 'node:stream'
import { createClient } from '@clickhouse/client'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deadCommand } from '../../app/dead_command.js'
import { findingDesk } from '../../app/finding_desk.js'
import { incidentsCommand } from '../../app/incidents_command.js'
import type { CommandIo } from '../../app/io.js'
import { itsmCommand } from '../../app/itsm_command.js'
import { runItsm } from '../../app/itsm_role.js'
import { LazyBus } from '../../app/lazy_bus.js'
import type { Bus } from '../../ingest/bus/bus.js'
import { busSchema } from '../../ingest/bus/config.js'
import { NatsFindingFeedback } from '../../ingest/bus/finding_feedback.js'
import { FindingStream } from '../../ingest/bus/finding_stream.js'
import type { FindingMark } from '../../model/finding.js'
import type { Component } from '../../model/ports.js'
import { FindingWriter } from '../../sinks/clickhouse/finding_writer.js'
import { migrate } from '../../sinks/clickhouse/migrate.js'
import { ClickHouseWriter } from '../../sinks/clickhouse/writer.js'
import { itsmSchema } from '../../sinks/itsm/config.js'
import { NatsFixture, until } from '../ingest/bus/nats_fixture.js'
import { startStore, type TestStore, temporaryDir } from '../sinks/clickhouse/start_store.js'
import { finding } from '../sinks/itsm/lifecycle_fixture.js'

/** The role itsm on a real NATS and the real store, with the built-in ticketing tool, and the commands that talk to it. */
const role = suite('role itsm')
const nats = new NatsFixture()
let store: TestStore
let bus: Bus
let findings: FindingStream
let itsm: Component
let findingRows: Component
let writer: ClickHouseWriter
const CONFIG = {
  tick_ms: 50,
  targets: { outil: { type: 'demo', acknowledge_after_ms: 0 } },
  policy: {
    rules: [{ name: 'each', match: { severity_min: 3 }, group_by: ['finding'], resolve_after_s: 0 }],
  },
}

const startRole = (): Promise<Component> =>
  runItsm(
    {
      itsm: itsmSchema.parse(CONFIG),
      bus: busSchema.parse({ url: nats.server.url }),
      lang: 'fr',
      clickhouse_url: store.url,
    },
    {
      logger: { ...logger, fatal: logger.error } as never,
      metrics: new Registry(),
      report: () => undefined,
      survey: async () => [],
    },
  )
const logger = {
  debug: (fields: object, message: string) => nats.log.debug(fields, message),
  info: (fields: object, message: string) => nats.log.info(fields, message),
  warn: (fields: object, message: string) => nats.log.warn(fields, message),
  error: (fields: object, message: string) => nats.log.error(fields, message),
}

role.before(async () => {
  await nats.start()
  store = await startStore({ data_dir: temporaryDir() })
  const client = createClient({ url: store.url })
  await migrate(client, { flows_days: 15, rollup_days: 400 }, nats.log)
  await client.close()
  bus = await nats.bus()
  findings = new FindingStream({ bus, logger: nats.log })
  writer = new ClickHouseWriter({ url: store.url })
  findingRows = new FindingWriter({
    store: writer,
    logger: nats.log,
    metrics: new Registry(),
    open: () => findings.consume('clickhouse'),
  })
  await findingRows.start()
  itsm = await startRole()
})
role.after(async () => {
  await itsm.stop()
  await findingRows.stop()
  await writer.close()
  await nats.stop()
  await store.stop()
})

type Run = { status: number; out: string; err: string }
async function run(
  command: (args: string[], io: CommandIo) => Promise<number>,
  args: string[],
  terminal = false,
): Promise<Run> {
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
  const env = {
    NATS_URL: nats.server.url,
    CLICKHOUSE_URL: store.url,
    VIGIE_LANG: 'fr',
    VIGIE_ITSM_TARGETS: JSON.stringify(CONFIG.targets),
    VIGIE_ITSM_POLICY_RULES: JSON.stringify(CONFIG.policy.rules),
  }
  const status = await command(args, { stdout: writing('out'), stderr: writing('err'), env })
  return { status, ...said }
}
const now = () => ({ time: Date.now(), first_seen: Date.now(), last_seen: Date.now() })
const count = async (sql: string): Promise<number> => Number(await store.rows(sql))

role(
  'incidents, transitions, notifications and links are in the store once, over a restart of the role',
  async () => {
    const uids = Array.from({ length: 30 }, (_, i) => `a${i}`)
    await findings.publish(uids.map((uid) => finding(uid, now())))
    await findings.publish([finding('minor', { ...now(), severity_id: 1 })])
    await until(
      async () => (await count('SELECT count() FROM vigie.notifications FINAL')) === 30,
      'all are told, and the store knows',
    )
    await itsm.stop()
    itsm = await startRole()
    await findings.publish(uids.slice(0, 10).map((uid) => finding(uid, { ...now(), activity: 'close' })))
    await until(
      async () => (await count('SELECT count() FROM vigie.notifications FINAL')) === 40,
      'and their end',
    )
    assert.is(await count('SELECT count() FROM vigie.incidents FINAL'), 30)
    assert.is(await count("SELECT count() FROM vigie.incidents FINAL WHERE state = 'resolved'"), 10)
    assert.is(await count('SELECT count() FROM vigie.incident_transitions'), 40)
    assert.is(await count('SELECT count() FROM vigie.notifications'), 40, 'and not once more')
    assert.is(await count("SELECT count() FROM vigie.incident_findings FINAL WHERE incident != ''"), 30)
    assert.is(
      await store.rows("SELECT rule FROM vigie.incident_findings FINAL WHERE finding = 'minor'"),
      'default_minor',
    )
    const [restored, told] = (
      await store.rows(
        'SELECT sum(incidents), countIf(mtt_notify_s >= 0) FROM vigie.incident_times_by_organization',
      )
    ).split('\t')
    assert.is(restored, '30')
    assert.is(told, '1')
    assert.is(await count('SELECT sum(incidents) FROM vigie.incident_times WHERE mttr_s >= 0'), 30)
  },
)

role(
  'the console lists, shows, acknowledges and resolves; a false positive goes back to detection',
  async () => {
    const listed = await run(incidentsCommand, ['list'])
    const rows = listed.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.is(rows.length, 20)
    assert.match(rows[0].tickets, /\S/)
    const { number } = rows[0]
    assert.match(
      (await run(incidentsCommand, ['ack', number, '--by', 'anne', '--comment', 'vu'])).out,
      number,
    )
    const shown = JSON.parse((await run(incidentsCommand, ['show', number])).out)
    assert.is(shown.state, 'in_progress')
    assert.is(shown.acknowledged_by, 'operator:anne')
    assert.equal(
      shown.history.map(({ kind }: { kind: string }) => kind),
      ['open', 'acknowledge', 'update'],
    )
    const marks: FindingMark[] = []
    const end = await new NatsFindingFeedback({ bus, logger: nats.log }).watch((mark) => marks.push(mark))
    await run(incidentsCommand, ['resolve', number, '--code', 'false_positive', '--by', 'anne'])
    await until(() => marks.length === 1, 'the mark is there')
    assert.is(marks[0]!.finding, shown.evidence[0].finding)
    assert.is(marks[0]!.by, 'operator:anne')
    end()
    const table = await run(incidentsCommand, ['list', '--limit', '5'], true)
    assert.is(table.out.trim().split('\n').length, 6)
    assert.match(table.err, '14 autres')
  },
)

role('what an analyst does in the viewer reaches the incident, and is written down', async () => {
  const lazy = new LazyBus(busSchema.parse({ url: nats.server.url }), nats.log, 'viewer')
  const desk = findingDesk(lazy, nats.log)
  const [{ number }] = (await run(incidentsCommand, ['list', '--state', 'new'])).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line)) as [{ number: string }]
  const { uid, evidence } = JSON.parse((await run(incidentsCommand, ['show', number])).out) as {
    uid: string
    evidence: { finding: string }[]
  }
  const act = {
    finding: evidence[0]!.finding,
    by: 'operator:chloe',
    origin: 'viewer 10.1.2.3',
    time: Date.now(),
    org: 'org1',
    comment: 'je regarde',
  }
  await desk.acknowledge({ ...act, incident: uid })
  await desk.silence({ ...act, service: 'scan', site: 's9', until: Date.now() + 3_600_000 })
  await desk.mark({ ...act, verdict: 'true_positive' })
  const shown = JSON.parse((await run(incidentsCommand, ['show', number])).out)
  assert.equal([shown.state, shown.acknowledged_by], ['in_progress', 'operator:chloe'])
  const silences = (await run(incidentsCommand, ['silences'])).out.trim().split('\n')
  const { id, by, site } = JSON.parse(silences.at(-1)!) as Record<string, string>
  assert.equal([by, site], ['operator:chloe', 's9'])
  await run(incidentsCommand, ['silence', '--end', id!])
  const { actions, stop } = await new NatsFindingFeedback({ bus, logger: nats.log }).consume('test')
  const said: unknown[] = []
  for await (const { action, ack } of actions) {
    ack()
    if (action.by === 'operator:chloe')
      said.push([action.action, action.finding, action.origin, action.incident])
    if (said.length === 3) stop()
  }
  assert.equal(said, [
    ['acknowledge', act.finding, act.origin, uid],
    ['silence', act.finding, act.origin, undefined],
    ['mark', act.finding, act.origin, undefined],
  ])
  await lazy.stop()
})

role('a silence and an explanation', async () => {
  const silent = await run(incidentsCommand, ['silence', '--for', '1h', '--site', 's7', '--comment', 'essai'])
  assert.match(silent.out, 'En sourdine')
  await findings.publish([finding('quiet', { ...now(), site: 's7' })])
  await until(
    async () => (await store.rows("SELECT count() FROM vigie.findings WHERE uid = 'quiet'")) === '1',
    'the finding is stored',
  )
  await until(
    async () =>
      (await store.rows("SELECT count() FROM vigie.incident_findings WHERE finding = 'quiet'")) === '1',
    'and what was decided of it',
  )
  const said = await run(itsmCommand, ['policy', 'explain', 'quiet'], true)
  assert.match(said.out, /En sourdine +silence:/)
  assert.match(said.out, /each/)
  const plain = JSON.parse((await run(itsmCommand, ['policy', 'explain', 'quiet'])).out)
  assert.equal(plain.group_by, ['finding'])
  assert.match(plain.decided.rule, 'silence:')
  const { id, site, comment } = JSON.parse((await run(incidentsCommand, ['silences'])).out)
  assert.equal([site, comment], ['s7', 'essai'])
  await run(incidentsCommand, ['silence', '--end', id])
  await until(
    async () =>
      (await store.rows(
        "SELECT incident != '' FROM vigie.incident_findings FINAL WHERE finding = 'quiet'",
      )) === '1',
    'it has an incident now',
  )
})

role('a target is tried with a marked incident that nothing else hears of', async () => {
  const before = await count('SELECT count() FROM vigie.incidents FINAL')
  const { status, out } = await run(itsmCommand, ['test', 'outil'])
  assert.is(status, 0, out)
  assert.match(out, 'Billet ouvert')
  assert.is(await count('SELECT count() FROM vigie.incidents FINAL'), before)
  const targets = JSON.parse((await run(itsmCommand, ['targets'])).out)
  assert.is(targets.name, 'outil')
  assert.is(targets.waiting, 0)
  assert.is((await run(deadCommand, ['list', '--code', 'ticket_refused'])).out, '')
})

role.run()
