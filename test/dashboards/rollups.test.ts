import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Expansion, expandSql } from '../../dashboards/macros.js'
import { IN_BUCKETS, IN_RANGE, paths } from '../../dashboards/queries/edges.js'
import { exportersOf } from '../../dashboards/queries/exporters.js'
import { flowsOf, minutes, minutesTotal } from '../../dashboards/queries/flows.js'
import { LEDGER } from '../../dashboards/queries/ledger.js'
import { voiceScores } from '../../dashboards/queries/voice.js'
import { clickHouseRows, type RowSource } from '../../dashboards/row_source.js'
import { type DemoStore, startDemoStore } from './demo_store.js'

/** What long ranges read from rollups is what the minutes say. */
const rollups = suite('dashboards: rollups')
let store: DemoStore
let rows: RowSource

const ROLLS = ['flow_mix_5m_roll', 'flow_mix_1h_roll', 'exporter_1h_roll', 'voice_1h_roll']

rollups.before(async () => {
  // The middle of an hour: its first half is in no rollup, whatever the moment of the test is.
  const hour = 3_600_000
  store = await startDemoStore(Math.floor(Date.now() / hour) * hour - 29 * 60_000 - 7000)
  rows = clickHouseRows(store.url, 4)
  const run = async (sql: string): Promise<void> => {
    const answer = await fetch(store.url, { method: 'POST', body: sql })
    assert.ok(answer.ok, await answer.text())
  }
  for (const view of [...ROLLS, ...ROLLS]) {
    await run(`SYSTEM REFRESH VIEW vigie.${view}`)
    await run(`SYSTEM WAIT VIEW vigie.${view}`)
  }
})
rollups.after(async () => {
  await rows.close()
  await store.stop()
})

/** A range that ends at the store's moment. */
const range = (hours: number, intervalS: number): Expansion => ({
  fromMs: store.nowMs - hours * 3_600_000,
  toMs: store.nowMs,
  intervalS,
  variables: {},
})

async function cells(sql: string, expansion: Expansion): Promise<readonly (readonly unknown[])[]> {
  const frame = await rows.query(expandSql(sql, expansion), { rowsMax: 20_000, secondsMax: 20 })
  return frame.rows
}

/** Numbers of sketches and means differ in their last digits by the order of additions. */
const rounded = (table: readonly (readonly unknown[])[]): unknown[][] =>
  table.map((row) => row.map((cell) => (typeof cell === 'number' ? Number(cell.toPrecision(9)) : cell)))

/** Both queries give the same rows, and some. */
async function same(quick: string, plain: string, expansion: Expansion): Promise<void> {
  const [a, b] = [await cells(quick, expansion), await cells(plain, expansion)]
  assert.ok(b.length > 0, 'the plain query gives rows')
  assert.equal(rounded(a), rounded(b))
}

const count = async (table: string): Promise<number> =>
  Number((await cells(`SELECT count() FROM vigie.${table}`, range(1, 60)))[0]![0])

rollups('are there', async () => {
  for (const table of ['flow_mix_5m', 'flow_mix_1h', 'flow_rolls', 'exporter_1h', 'voice_1h', 'ledger_1m'])
    assert.ok((await count(table)) > 0, table)
})

const GROUPED =
  'SELECT app_rule_id, src_site_id, ip_proto, service_port, sum(flows), sum(bytes_est), sum(packets_est)'
const BY = 'GROUP BY ALL ORDER BY ALL'

rollups('give the totals of minutes, to the minute at both ends', async () => {
  for (const hours of [5, 7, 19.3, 23])
    await same(
      `${GROUPED} ${minutesTotal([])} ${BY}`,
      `${GROUPED} FROM vigie.flows_1m WHERE $__timeFilter(minute) AND counted = 1 ${BY}`,
      range(hours, 60),
    )
})

rollups('give the buckets of minutes, in any width', async () => {
  const bucketed = 'SELECT $__timeInterval(minute) AS t, locality, sum(bytes_est), sum(flows)'
  for (const width of [60, 300, 900, 3600, 10_800])
    await same(
      `${bucketed} ${minutes([])} ${BY}`,
      `${bucketed} FROM vigie.flows_1m WHERE minute >= toStartOfInterval($__fromTime, INTERVAL $__interval_s second)
         AND minute <= $__toTime AND counted = 1 ${BY}`,
      range(20, width),
    )
})

rollups('are read for the most of a long range', async () => {
  const [[quick = 0] = []] = await cells(`SELECT count() ${minutesTotal([])}`, range(20, 60))
  const [[plain = 0] = []] = await cells(
    'SELECT count() FROM vigie.flows_1m WHERE $__timeFilter(minute) AND counted = 1',
    range(20, 60),
  )
  assert.ok(Number(quick) > 0 && Number(quick) < Number(plain) / 5, `${quick} of ${plain} rows`)
})

rollups('leave to the minutes what was not rolled', async () => {
  const [[last] = []] = await cells(
    `SELECT max(minute) ${flowsOf({ from: '$__fromTime', to: '$__toTime', step: '300' }, [])}`,
    range(1, 60),
  )
  assert.is(last, Math.floor(store.nowMs / 60_000) * 60_000)
})

rollups('know exporters as the minutes do', async () => {
  const told = 'SELECT exporter_addr, sum(told), max(e.last), uniqExactArray(e.sites)'
  await same(
    `${told} FROM ${exportersOf({ from: '$__fromTime', to: '$__toTime' })} AS e GROUP BY exporter_addr ORDER BY exporter_addr`,
    `SELECT exporter_addr, sum(flows), max(minute), uniqExact(src_site_id) FROM vigie.flows_1m
     WHERE $__timeFilter(minute) GROUP BY exporter_addr ORDER BY exporter_addr`,
    range(9.4, 60),
  )
})

const METRICS = `sum(samples), sum(latency_ms_sum), sum(latency_ms_count), sum(loss_ratio_sum), sum(jitter_ms_count), sum(state_down),
  sum(state_degraded), round(quantilesTDigestMerge(0.5, 0.95, 0.99)(latency_ms_quantiles)[1], 1)`

rollups('give the sums and states of links and tunnels', async () => {
  const minutesOf = (table: string): string =>
    `SELECT site_id, minute, ${METRICS} FROM vigie.${table}_samples_1m`
  for (const table of ['link', 'tunnel'])
    await same(
      `SELECT site_id, ${METRICS} FROM ${paths([], IN_RANGE)} WHERE parts.1 = ${table === 'link'} GROUP BY site_id ORDER BY site_id`,
      `${minutesOf(table).replace(' minute,', '')} WHERE minute >= $__fromTime AND minute <= $__toTime GROUP BY site_id ORDER BY site_id`,
      range(12.6, 300),
    )
})

rollups('give a long range by the day what the minutes give', async () => {
  await same(
    `SELECT site_id, ${METRICS} FROM ${paths([], IN_RANGE)} WHERE parts.1 GROUP BY site_id ORDER BY site_id`,
    `SELECT site_id, ${METRICS} FROM vigie.link_samples_1m GROUP BY site_id ORDER BY site_id`,
    range(80, 300),
  )
})

rollups('count paths over hours and minutes alike', async () => {
  for (const hours of [1, 13])
    await same(
      `SELECT uniqExact(path) FROM ${paths([], IN_BUCKETS)}`,
      'SELECT (SELECT uniqExact(link_id) FROM vigie.link_samples_1m) + (SELECT uniqExact(site_id) FROM vigie.tunnel_samples_1m)',
      range(hours, 300),
    )
})

rollups('count the minutes of telephony by score', async () => {
  const bands = `SELECT sum(s.bad), sum(s.poor), sum(s.fair), sum(s.good), sum(s.dreadful), sum(s.excellent), min(s.lowest), uniqExactArray(s.found), uniqExactIf(s.site, bad > 0)`
  const hours = range(14, 300)
  await same(
    `${bands} FROM ${voiceScores([], IN_RANGE)} AS s`,
    `${bands} FROM ${voiceScores([], { ...IN_RANGE, hours: '0', days: '0' })} AS s`,
    hours,
  )
})

rollups('balance the ledger by frame and by minute', async () => {
  const sums = 'SELECT sum(datagrams), sum(records), sum(stored), sum(rejected), max(last_lost), max(lag_max)'
  for (const width of [15, 60])
    await same(
      `${sums} ${LEDGER}`,
      `SELECT sum(datagrams), sum(records), sum(stored), sum(rejected), max(sequence_lost), max(dateDiff('millisecond', closed, written) / 1000)
       FROM vigie.ledger WHERE closed >= toStartOfInterval($__fromTime,
       INTERVAL $__interval_s second) AND closed <= toStartOfMinute($__toTime) + 59.999`,
      { ...range(2, width), toMs: Math.floor(store.nowMs / 60_000) * 60_000 - 1000 },
    )
})

rollups.run()
