import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runForecastBench, TEST_SIZE } from '../../../../bench/forecast.js'
import type { RegistryInput } from '../../../../model/registry.js'
import { PlanningStore } from './planning_store.js'

/** Capacity over November 2025 in Toronto, and the programme over the same month. */
const capacity = suite('capacity and programme')

const START = '2025-11-01T04:00:00Z'
const END = '2025-12-01T05:00:00Z'

const REGISTRY: RegistryInput = {
  organizations: [
    { id: 'hop', name: { fr: 'Hôpital', en: 'Hospital' } },
    { id: 'min', name: { fr: 'Ministère', en: 'Ministry' } },
  ],
  suppliers: [{ id: 'alpha', name: 'Alpha' }],
  sites: [
    {
      id: 'h1',
      organization: 'hop',
      region: '06',
      kind: 'hospital',
      network: 'rgt',
      migration: { wave: 1, date: '2025-11-16' },
      before: [{ until: '2025-11-16T00:00:00-05:00', network: 'ritm' }],
    },
    {
      id: 'm1',
      organization: 'min',
      region: '03',
      network: 'ritm',
      migration: { wave: 2, date: '2025-12-15' },
    },
    { id: 'room', organization: 'min', region: '03', kind: 'server_room' },
    { id: 'centre', organization: 'min', region: '03', kind: 'data_centre' },
    { id: 'sky', organization: 'min', kind: 'cloud' },
  ],
  links: [
    { id: 'l1', site: 'h1', supplier: 'alpha', committed_bps: 200e6 },
    { id: 'l2', site: 'm1', supplier: 'alpha', committed_bps: 50e6, burst_bps: 100e6 },
  ],
  consolidation: [{ room: 'room', into: 'centre', date: '2026-03-01', status: 'moving' }],
}

let store: PlanningStore
const month = "month = '2025-11-01'"

capacity.before(async () => {
  store = await PlanningStore.start()
  await store.apply(REGISTRY)
  // l1 from 1 to 100 Mbit/s again and again; l2 at 20 Mbit/s, and 80 between 14:00 and 15:00 in Toronto (19:00 UTC in winter).
  await store.tellLink('l1', 'h1', {
    from: START,
    to: END,
    every: 300,
    state: 'up',
    tx_bps: '(1 + number % 100) * 1e6',
    rx_bps: '5e6',
    latency_ms: 'if(number < 4332, 40, 20)',
    latency_kind: 'round_trip',
    mos: 'if(number < 4332, 3.5, 4.2)',
    loss_ratio: '0.01',
  })
  await store.tellLink('l2', 'm1', {
    from: '2025-11-03T05:00:00Z',
    to: END,
    every: 300,
    state: 'up',
    tx_bps: 'if(intDiv(number, 12) % 24 = 14, 80e6, 20e6)',
    rx_bps: '1e6',
  })
  await tellFlows()
  await store.rollDays()
  for (const view of [
    'capacity_weeks_roll',
    'capacity_months_roll',
    'migration_quality_roll',
    'flows_1h_roll',
    'flows_1d_roll',
  ])
    await store.roll(view)
  await store.run(`INSERT INTO vigie.sla_months SELECT * FROM vigie.sla_changes(${month})`)
})
capacity.after(() => store.stop())

/** Flows straight into the minutes, and the frames that brought them into the ledger: one conversation an hour for two days. */
async function tellFlows(): Promise<void> {
  const { sites, organizations, links } = store.ids
  const row = (from: string, to: string, org: string, cls: number, bytes: number): string =>
    `SELECT toDateTime('2025-11-15 05:00:00', 'UTC') + 3600 * number, ${organizations[org]}, ${sites[from]}, ${sites[to]}, ${links.l1}, ${cls}, 1, 1, ${bytes}, 1 FROM numbers(48)`
  await store.run(
    `INSERT INTO vigie.flows_1m (minute, src_org_id, src_site_id, dst_site_id, link_id, app_class_id, counted, flows, bytes_est, packets_est)
     ${row('h1', 'centre', 'hop', 1, 1000)} UNION ALL ${row('h1', 'sky', 'hop', 6, 3000)}
     UNION ALL ${row('m1', 'room', 'min', 3, 500)} UNION ALL ${row('m1', 'centre', 'min', 9, 500)}`,
  )
  await store.run(
    `INSERT INTO vigie.ledger (number, closed) SELECT number, toDateTime('2025-11-15 05:30:00', 'UTC') + 3600 * number FROM numbers(48)`,
  )
}

const near = (value: unknown, wanted: number): void =>
  assert.ok(Math.abs(Number(value) - wanted) <= 0.01 * wanted, `${String(value)} is not near ${wanted}`)

capacity('says how full a link was, by sketches within a hundredth', async () => {
  const rows = await store.rows(
    `SELECT link, direction, capacity_bps, p50_bps, p95_bps, p99_bps, peak_bps, utilisation_p95_ratio, busy_hour, volume_bytes FROM vigie.v_capacity(${month}) WHERE direction = 'tx' ORDER BY link`,
  )
  const [l1, l2] = rows
  near(l1!.p50_bps, 50e6)
  near(l1!.p95_bps, 95e6)
  near(l1!.p99_bps, 99e6)
  near(l1!.utilisation_p95_ratio, 0.475)
  assert.is(l1!.peak_bps, 100e6)
  // Burst is what it can carry; one hour of 24 is above 20 Mbit/s, which is less than 5 %.
  assert.is(l2!.capacity_bps, 100e6)
  near(l2!.p95_bps, 20e6)
  assert.is(l2!.peak_bps, 80e6)
  assert.is(l2!.busy_hour, 14)
  // 28 days at 20 Mbit/s with an hour at 80: (23 × 20 + 80) × 3600 × 28 / 8 megabytes.
  assert.is(l2!.volume_bytes, ((23 * 20 + 80) * 3600 * 28 * 1e6) / 8)
})

capacity('adds headroom up by region and supplier', async () => {
  const rows = await store.rows(
    `SELECT region_code, supplier, links, headroom_bps, links_over_80 FROM vigie.v_headroom(${month}) ORDER BY region_code`,
  )
  assert.equal(
    rows.map((row) => [row.region_code, row.supplier, row.links, row.links_over_80]),
    [
      [3, 'alpha', 1, 0],
      [6, 'alpha', 1, 0],
    ],
  )
  near(rows[0]!.headroom_bps, 80e6)
  near(rows[1]!.headroom_bps, 105e6)
})

capacity('follows sites from RITM to RGT and what became of their quality', async () => {
  assert.equal(
    await store.rows(
      `SELECT site, wave, network, status, migrated_on FROM vigie.v_site_migration WHERE site = 'h1'`,
    ),
    [{ site: 'h1', wave: 1, network: 'rgt', status: 'done', migrated_on: '2025-11-16' }],
  )
  const [row] = await store.rows(
    `SELECT site, round_trip_delay_p95_before_ms AS before, round_trip_delay_p95_after_ms AS after FROM vigie.v_before_after(days = 14)`,
  )
  near(row!.before, 40)
  near(row!.after, 20)
  const [kept] = await store.rows(
    'SELECT site, round_trip_delay_p95_before_ms AS before, round_trip_delay_p95_after_ms AS after FROM vigie.v_migration_quality',
  )
  near(kept!.before, 40)
  near(kept!.after, 20)
  assert.equal(
    await store.rows(
      `SELECT day, planned_sites, migrated_sites FROM vigie.v_migration_progress ORDER BY day`,
    ),
    [
      { day: '2025-11-16', planned_sites: 1, migrated_sites: 1 },
      { day: '2025-12-15', planned_sites: 2, migrated_sites: 1 },
    ],
  )
})

capacity('shares traffic between the networks, the cloud and legacy rooms', async () => {
  // The hospital sends 24 × 4,000 bytes a day, on RITM on the 15th and on RGT from the 16th; 3,000 of 4,000 go to the cloud.
  assert.equal(
    await store.rows(
      `SELECT day, ritm_bytes, rgt_bytes FROM vigie.v_network_share WHERE organization = 'hop' ORDER BY day`,
    ),
    [
      { day: '2025-11-15', ritm_bytes: 96_000, rgt_bytes: 0 },
      { day: '2025-11-16', ritm_bytes: 0, rgt_bytes: 96_000 },
    ],
  )
  assert.equal(
    await store.rows(
      `SELECT day, cloud_ratio FROM vigie.v_cloud_share WHERE organization = 'hop' ORDER BY day`,
    ),
    [
      { day: '2025-11-15', cloud_ratio: 0.75 },
      { day: '2025-11-16', cloud_ratio: 0.75 },
    ],
  )
  assert.equal(
    await store.rows(
      `SELECT room, moves_into, organization, volume_bytes, may_close FROM vigie.v_legacy_rooms(${month})`,
    ),
    [{ room: 'room', moves_into: 'centre', organization: 'min', volume_bytes: 24_000, may_close: false }],
  )
})

capacity('tells the quality of telephony, of the health record and of regions', async () => {
  const [voice] = await store.rows(
    `SELECT organization, sites, voice_bytes, mos_mean FROM vigie.v_telephony(${month}) WHERE organization = 'hop'`,
  )
  assert.equal([voice!.organization, voice!.sites, voice!.voice_bytes], ['hop', 1, 48_000])
  // Before the 4,332nd of 8,652 samples 3.5, then 4.2.
  near(voice!.mos_mean, (4332 * 3.5 + 4320 * 4.2) / 8652)
  assert.equal(
    await store.rows(
      `SELECT site, volume_bytes, availability_ratio FROM vigie.v_health_record(${month}) ORDER BY site`,
    ),
    [
      { site: 'm1', volume_bytes: 24_000, availability_ratio: 1 },
      { site: 'room', volume_bytes: 24_000, availability_ratio: null },
    ],
  )
  assert.equal(
    (
      await store.rows(
        `SELECT region_code, availability_ratio, measured_ratio FROM vigie.v_regional_equity(${month}) ORDER BY 1`,
      )
    ).map((row) => [row.region_code, row.availability_ratio]),
    [
      [3, 1],
      [6, 1],
    ],
  )
})

capacity('tells who fills a link with what', async () => {
  assert.equal(
    await store.rows(
      `SELECT organization, application_class, volume_bytes FROM vigie.v_top_contributors(${month}) WHERE link = 'l1' ORDER BY volume_bytes DESC, application_class LIMIT 2`,
    ),
    [
      { organization: 'hop', application_class: 'cloud', volume_bytes: 144_000 },
      { organization: 'hop', application_class: 'voice', volume_bytes: 48_000 },
    ],
  )
})

capacity('tells the day a link is full better than a line by least squares or last year does', async () => {
  const told = await runForecastBench(TEST_SIZE, (sql) => store.run(sql))
  assert.ok(told.coverage >= 0.9, `true day within the interval for ${told.coverage}`)
  assert.ok(told.theilSenDays < told.leastSquaresDays, JSON.stringify(told))
  assert.ok(told.theilSenDays < told.seasonalNaiveDays, JSON.stringify(told))
})

capacity.run()
