import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Expansion, expandSql } from '../../dashboards/macros.js'
import { FLOWS_OF_FINDING, WITH_FINDING } from '../../dashboards/queries/flows_of_finding.js'
import { startStore, type TestStore, temporaryDir } from '../sinks/clickhouse/start_store.js'

const test = suite('dashboards: flows of a finding')
/** A recent hour: old flows are dropped. */
const FROM_MS = Math.floor(Date.now() / 3_600_000 - 1) * 3_600_000
const HOUR = new Date(FROM_MS).toISOString().slice(0, 13).replace('T', ' ')
let store: TestStore

/** Ports tell the flows apart. */
const FLOWS = [
  ['198.51.100.7', '10.1.2.3', 1],
  ['10.1.2.3', '198.51.100.7', 2],
  ['198.51.100.7', '10.9.9.9', 3],
  ['192.0.2.1', '10.1.2.255', 4],
  ['192.0.2.2', '10.1.3.0', 5],
  ['192.0.2.3', '2001:db8:1::9', 6],
  ['192.0.2.4', '2001:db8:2::9', 7],
] as const

const FINDINGS = {
  host: { src: ['198.51.100.7'], dst: ['10.1.2.3'] },
  fan: { src: ['198.51.100.7'], dst: ['10.1.2.3', '10.1.2.4'] },
  prefix: { src: [], dst: ['10.1.2.0/24'] },
  prefix6: { src: [], dst: ['2001:db8:1::/48'] },
  nobody: { src: [], dst: [] },
}

const list = (texts: readonly string[]): string => `[${texts.map((t) => `'${t}'`).join(', ')}]`

test.before(async () => {
  store = await startStore({ data_dir: temporaryDir(), schema: true })
  const flows = FLOWS.map(([src, dst, port]) => `('${HOUR}:05:00', '${src}', '${dst}', ${port})`)
  await store.rows(
    `INSERT INTO vigie.flows (time_received, src_addr, dst_addr, dst_port) VALUES ${flows.join(', ')}`,
  )
  const rows = Object.entries(FINDINGS).map(
    ([uid, { src, dst }]) =>
      `('${uid}', '${HOUR}:04:00', '${HOUR}:04:00', '${HOUR}:06:00', ${list(src)}, ${list(dst)})`,
  )
  await store.rows(
    `INSERT INTO vigie.findings (uid, time, first_seen, last_seen, src, dst) VALUES ${rows.join(', ')}`,
  )
})
test.after(() => store.stop())

async function portsOf(uid: string): Promise<string> {
  const expansion: Expansion = {
    fromMs: FROM_MS,
    toMs: FROM_MS + 3_600_000,
    intervalS: 60,
    variables: { uid: [uid] },
  }
  const sql = `WITH ${WITH_FINDING} SELECT arrayStringConcat(arraySort(groupArray(dst_port)), ' ') FROM ${FLOWS_OF_FINDING}`
  return store.rows(expandSql(sql, expansion))
}

test('both ways between a source and a target', async () => {
  assert.is(await portsOf('host'), '1 2')
})

test('all that the one source did, where the finding names only some of its targets', async () => {
  assert.is(await portsOf('fan'), '1 2 3')
})

test('whoever is within a prefix, IPv4 or IPv6, and nobody beside it', async () => {
  assert.is(await portsOf('prefix'), '1 2 4')
  assert.is(await portsOf('prefix6'), '6')
})

test('nothing where the finding names nobody', async () => {
  assert.is(await portsOf('nobody'), '')
})

test.run()
