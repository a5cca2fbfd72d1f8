import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RegistryInput } from '../../../../model/registry.js'
import { countOf, PlanningStore, type Told } from './planning_store.js'

/**
 * November 2025 in Toronto, made by hand: 30 days, one of 25 hours, so 721 h = 2,595,600 s, from 04:00 UTC on the 1st to
 * 05:00 UTC on December 1st. Every figure below is reckoned in the sentence above it.
 */
const month = suite('a hand-made month of service levels')

const MONTH_S = 721 * 3600
const START = '2025-11-01T04:00:00Z'
const END = '2025-12-01T05:00:00Z'
const nov = (day: number, time: string): string => `2025-11-${String(day).padStart(2, '0')}T${time}:00Z`

const REGISTRY: RegistryInput = {
  organizations: [
    { id: 'hop', name: { fr: 'Hôpital', en: 'Hospital' } },
    { id: 'min', name: { fr: 'Ministère', en: 'Ministry' } },
  ],
  suppliers: [
    { id: 'alpha', name: 'Alpha' },
    { id: 'beta', name: 'Bêta' },
  ],
  sla_classes: [
    { id: 'gold', availability_ratio: 0.9995, round_trip_delay_ms: 30, time_to_restore_h: 1 },
    { id: 'silver', availability_ratio: 0.999 },
  ],
  contracts: [
    {
      id: 'k-alpha',
      supplier: 'alpha',
      sla_class: 'gold',
      service_credits: [
        { availability_below_ratio: 0.9995, credit_ratio: 0.05 },
        { availability_below_ratio: 0.998, credit_ratio: 0.1 },
        { availability_below_ratio: 0.99, credit_ratio: 0.25 },
      ],
    },
    { id: 'k-beta', supplier: 'beta', sla_class: 'silver' },
  ],
  sites: [
    { id: 'h1', organization: 'hop', region: '06' },
    // The clinic went from the hospital to the ministry, and from region 03 to 17, at midnight of the 16th.
    {
      id: 'm1',
      organization: 'min',
      region: '17',
      before: [{ until: '2025-11-16T00:00:00-05:00', organization: 'hop', region: '03' }],
    },
  ],
  links: [
    link('l1', 'h1', 'alpha', 'k-alpha', 1000),
    link('l2', 'h1', 'beta', 'k-beta', 400),
    {
      ...link('l3', 'm1', 'alpha', 'k-alpha', 800),
      committed_bps: 200e6,
      before: [
        {
          until: '2025-11-11T00:00:00-05:00',
          committed_bps: 100e6,
          billing: { rule: 'flat', price_per_month_cad: 500 },
        },
      ],
    },
    link('l4', 'm1', 'beta', 'k-beta', 300),
  ],
  maintenance: [
    { id: 'w-link', start: nov(10, '06:00'), end: nov(10, '08:00'), links: ['l2'] },
    { id: 'w-site', start: nov(10, '07:00'), end: nov(10, '08:00'), sites: ['h1'] },
  ],
}

function link(id: string, site: string, supplier: string, contract: string, price: number) {
  return {
    id,
    site,
    supplier,
    contract,
    lot: `lot-${supplier}`,
    billing: { rule: 'flat' as const, price_per_month_cad: price },
  }
}

/** States of a link by minute: what is not named is up. */
function timeline(...marks: readonly [from: string, to: string, state: string | undefined][]): Told[] {
  const told: Told[] = []
  let at = START
  for (const [from, to, state] of marks) {
    told.push({ from: at, to: from, state: 'up', latency_ms: '20', latency_kind: 'round_trip' })
    if (state !== undefined) told.push({ from, to, state })
    at = to
  }
  return [...told, { from: at, to: END, state: 'up', latency_ms: '20', latency_kind: 'round_trip' }]
}

/** 23:50 to 00:31 across midnight of the 2nd, 41 min; 01:30 EDT to 01:30 EST across the end of summer time, 60 min. */
const L1 = timeline([nov(2, '03:50'), nov(2, '04:31'), 'down'], [nov(2, '05:30'), nov(2, '06:30'), 'down'])

interface Row {
  readonly name: string
  readonly [column: string]: unknown
}
let store: PlanningStore

const SECONDS = 'total_s, maintenance_s, up_s, standby_s, degraded_s, down_s, disabled_s, unknown_s, outages'

/** Parts of a month of links, by id and start. */
const parts = (columns: string): Promise<Row[]> =>
  store.rows<Row>(
    `SELECT dictGet('vigie.links_names', 'id', subject) AS name, ${columns} FROM vigie.sla_months FINAL WHERE month = '2025-11-01' AND kind = 'link' ORDER BY name, part_from`,
  )

const reckon = (): Promise<string> =>
  store.run(`INSERT INTO vigie.sla_months SELECT * FROM vigie.sla_changes(month = '2025-11-01')`)

month.before(async () => {
  store = await PlanningStore.start()
  await store.apply(REGISTRY)
  await store.tellLink('l1', 'h1', ...L1)
  // An outage of 75 min, of which the first 30 lie in maintenance.
  await store.tellLink('l2', 'h1', ...timeline([nov(10, '07:30'), nov(10, '08:45'), 'down']))
  // 6 h without a sample, 30 min told as unknown; all samples of the 5th came twice.
  const l3 = timeline(
    [nov(20, '00:00'), nov(20, '06:00'), undefined],
    [nov(25, '12:00'), nov(25, '12:30'), 'unknown'],
  )
  await store.tellLink('l3', 'm1', ...l3, { from: nov(5, '05:00'), to: nov(6, '05:00'), state: 'up' })
  await store.tellLink(
    'l4',
    'm1',
    ...timeline(
      [nov(3, '10:00'), nov(3, '12:00'), 'disabled'],
      [nov(4, '10:00'), nov(4, '11:00'), 'degraded'],
      [nov(6, '10:00'), nov(6, '10:30'), 'standby'],
    ),
  )
  await store.rollDays()
  await reckon()
})
month.after(() => store.stop())

month('counts each second of a link once', async () => {
  const rows = await parts(SECONDS)
  const up = (s: number): number => s
  assert.equal(
    rows.filter(({ name }) => name !== 'l3'),
    [
      // The window on the site covers l1 for an hour while it is up: 3600 s. Down 41 + 60 = 101 min = 6060 s, two outages.
      {
        name: 'l1',
        ...seconds({ maintenance: 3600, up: up(MONTH_S - 3600 - 6060), down: 6060, outages: 2 }),
      },
      // The two windows together cover 06:00 to 08:00: 7200 s. Down 08:00 to 08:45: 2700 s.
      { name: 'l2', ...seconds({ maintenance: 7200, up: MONTH_S - 7200 - 2700, down: 2700, outages: 1 }) },
      // l4 lay at a site that changed hands: 15 days and an hour, then 15 days.
      {
        name: 'l4',
        ...seconds({
          total: 15 * 86_400 + 3600,
          up: 15 * 86_400 + 3600 - 7200 - 3600 - 1800,
          disabled: 7200,
          degraded: 3600,
          standby: 1800,
        }),
      },
      { name: 'l4', ...seconds({ total: 15 * 86_400, up: 15 * 86_400 }) },
    ],
  )
})

function seconds(s: Record<string, number>): Record<string, number> {
  return {
    total_s: s.total ?? MONTH_S,
    maintenance_s: s.maintenance ?? 0,
    up_s: s.up ?? 0,
    standby_s: s.standby ?? 0,
    degraded_s: s.degraded ?? 0,
    down_s: s.down ?? 0,
    disabled_s: s.disabled ?? 0,
    unknown_s: s.unknown ?? 0,
    outages: s.outages ?? 0,
  }
}

month('cuts a month where terms change', async () => {
  const rows = await parts(`part_from, committed, organization, ${SECONDS}`.replace('committed, ', ''))
  assert.equal(
    rows.filter(({ name }) => name === 'l3'),
    [
      // Until the 11th at the old price: 10 days and the hour of the clocks.
      {
        name: 'l3',
        part_from: '2025-11-01 04:00:00',
        organization: store.ids.organizations.hop,
        ...seconds({ total: 10 * 86_400 + 3600, up: 10 * 86_400 + 3600 }),
      },
      {
        name: 'l3',
        part_from: '2025-11-11 05:00:00',
        organization: store.ids.organizations.hop,
        ...seconds({ total: 5 * 86_400, up: 5 * 86_400 }),
      },
      // 6 h without samples and 30 min told as unknown: 23,400 s.
      {
        name: 'l3',
        part_from: '2025-11-16 05:00:00',
        organization: store.ids.organizations.min,
        ...seconds({ total: 15 * 86_400, up: 15 * 86_400 - 23_400, unknown: 23_400 }),
      },
    ],
  )
})

const sla = (level: string, id: string, columns: string): Promise<Record<string, unknown>[]> =>
  store.rows(
    `SELECT ${columns} FROM vigie.v_sla WHERE month = '2025-11-01' AND level = '${level}' AND id = '${id}'`,
  )

month('says what the objective allows, what is left of it and what is owed', async () => {
  const figures =
    'down_minutes, availability_ratio, budget_minutes, budget_left_minutes, breach_minutes, burn_rate, is_breached, mttr_minutes, outages, credit_cad'
  // l1, gold, 99.95 %: 0.0005 × (2,595,600 − 3,600) s = 1,296 s = 21.6 min allowed, 101 min down, 79.4 min too many.
  // Availability 2,585,940 / 2,592,000 = 0.99766: below 0.998 and not below 0.99, so 10 % of 1,000 $. Two outages: 50.5 min each.
  assert.equal(await sla('link', 'l1', figures), [
    {
      down_minutes: 101,
      availability_ratio: 2_585_940 / 2_592_000,
      budget_minutes: 21.6,
      budget_left_minutes: -79.4,
      breach_minutes: 79.4,
      burn_rate: 4.6759,
      is_breached: true,
      mttr_minutes: 50.5,
      outages: 2,
      credit_cad: 100,
    },
  ])
  // l2, silver, 99.9 %: 0.001 × (2,595,600 − 7,200) s = 43.14 min allowed, 45 min down; its contract gives nothing back.
  assert.equal(await sla('link', 'l2', 'budget_minutes, breach_minutes, is_breached, credit_cad'), [
    { budget_minutes: 43.14, breach_minutes: 1.86, is_breached: true, credit_cad: 0 },
  ])
  // l3 was never down: 23,400 s unknown of 2,595,600 leave 99.0985 % measured, and availability is 1 of what is known.
  assert.equal(await sla('link', 'l3', 'availability_ratio, measured_ratio, unknown_minutes, credit_cad'), [
    { availability_ratio: 1, measured_ratio: 1 - 23_400 / 2_595_600, unknown_minutes: 390, credit_cad: 0 },
  ])
})

month('adds links up by supplier, class and organisation at the time', async () => {
  // Alpha has l1 and l3: 101 min down; 0.0005 × (2,592,000 + 2,595,600) s = 43.23 min allowed.
  assert.equal(await sla('supplier', 'alpha', 'down_minutes, budget_minutes, outages, credit_cad'), [
    { down_minutes: 101, budget_minutes: 43.23, outages: 2, credit_cad: 100 },
  ])
  // The ministry has l3 and l4 for 15 days each.
  assert.equal(await sla('organization', 'min', 'total_minutes, unknown_minutes'), [
    { total_minutes: 2 * 15 * 1440, unknown_minutes: 390 },
  ])
})

month('takes a site to be up while one of its links is', async () => {
  // l1 was down on the 2nd while l2 was up, and l2 on the 10th while l1 was: the site never was. The window on it is 60 min.
  assert.equal(
    await sla('site', 'h1', 'down_minutes, unknown_minutes, maintenance_minutes, availability_ratio'),
    [{ down_minutes: 0, unknown_minutes: 0, maintenance_minutes: 60, availability_ratio: 1 }],
  )
})

month('keeps delay in sketches within a hundredth of the value', async () => {
  const [row] = await sla(
    'link',
    'l1',
    'round_trip_delay_p50_ms, round_trip_delay_p95_ms, one_way_delay_p95_ms, samples',
  )
  assert.ok(Math.abs(Number(row!.round_trip_delay_p50_ms) - 20) < 0.2)
  assert.ok(Math.abs(Number(row!.round_trip_delay_p95_ms) - 20) < 0.2)
  assert.is(row!.one_way_delay_p95_ms, null)
  // Delay was told while it was up.
  const told = L1.filter((t) => t.latency_ms !== undefined).reduce((sum, t) => sum + countOf(t), 0)
  assert.is(row!.samples, told)
})

month('gives evidence of every outage that counts', async () => {
  assert.equal(
    await store.rows(
      `SELECT level, id, started_at, ended_at, lasted_minutes, maintenance_minutes, counted_minutes, maintenance_windows
       FROM vigie.v_sla_evidence(month = '2025-11-01') WHERE metric = 'availability' ORDER BY started_at`,
    ),
    [
      evidence('l1', '2025-11-02 03:50:00', '2025-11-02 04:31:00', 41, 0, ['w-site']),
      evidence('l1', '2025-11-02 05:30:00', '2025-11-02 06:30:00', 60, 0, ['w-site']),
      evidence('l2', '2025-11-10 07:30:00', '2025-11-10 08:45:00', 75, 30, ['w-link', 'w-site']),
    ],
  )
})

const evidence = (id: string, from: string, to: string, lasted: number, off: number, windows: string[]) => ({
  level: 'link',
  id,
  started_at: from,
  ended_at: to,
  lasted_minutes: lasted,
  maintenance_minutes: off,
  counted_minutes: lasted - off,
  maintenance_windows: windows,
})

month('restates what late samples change and nothing else, and keeps what it said before', async () => {
  // The 6 h without samples turn out to have been 5 h up and 1 h down.
  await store.tellLink(
    'l3',
    'm1',
    { from: nov(20, '00:00'), to: nov(20, '05:00'), state: 'up' },
    { from: nov(20, '05:00'), to: nov(20, '06:00'), state: 'down' },
  )
  await store.rollDays()
  await reckon()
  assert.equal(await sla('link', 'l3', 'down_minutes, unknown_minutes, outages'), [
    { down_minutes: 60, unknown_minutes: 30, outages: 1 },
  ])
  const changed = `level, id, revision, down_minutes, down_change_minutes, unknown_change_minutes, credit_cad`
  // 3,600 s down of 2,593,800 known: 99.861 %, below 99.95 %, so 5 % of 800 $ × 1,296,000 / 2,595,600 s = 19.97 $; the
  // parts before owe as well: 500 $ × 867,600 / 2,595,600 and 800 $ × 432,000 / 2,595,600 at 5 %.
  assert.equal(
    await store.rows(
      `SELECT ${changed} FROM vigie.v_sla_restatements WHERE level = 'link' ORDER BY part_from`,
    ),
    [
      {
        level: 'link',
        id: 'l3',
        revision: 2,
        down_minutes: 0,
        down_change_minutes: 0,
        unknown_change_minutes: 0,
        credit_cad: 8.36,
      },
      {
        level: 'link',
        id: 'l3',
        revision: 2,
        down_minutes: 0,
        down_change_minutes: 0,
        unknown_change_minutes: 0,
        credit_cad: 6.66,
      },
      {
        level: 'link',
        id: 'l3',
        revision: 2,
        down_minutes: 60,
        down_change_minutes: 60,
        unknown_change_minutes: -360,
        credit_cad: 19.97,
      },
    ],
  )
})

month(
  'restates a month when the registry is corrected: a window of maintenance, and a part that never was',
  async () => {
    const [first, second] = REGISTRY.maintenance!
    await store.apply({
      ...REGISTRY,
      maintenance: [{ ...first!, end: nov(10, '08:30') }, second!],
      links: REGISTRY.links!.map((entry) => (entry.id === 'l3' ? { ...entry, before: [] } : entry)),
    })
    await reckon()
    // The window of l2 now ends at 08:30: 150 min of maintenance, 15 min down.
    assert.equal(await sla('link', 'l2', 'maintenance_minutes, down_minutes, registry_version'), [
      { maintenance_minutes: 150, down_minutes: 15, registry_version: 2 },
    ])
    assert.equal(
      await store.rows(
        `SELECT id, down_change_minutes, maintenance_change_minutes FROM vigie.v_sla_restatements WHERE registry_version = 2 AND id = 'l2'`,
      ),
      [{ id: 'l2', down_change_minutes: -30, maintenance_change_minutes: 30 }],
    )
    // Of the three parts of l3 two are left: its site still changed hands on the 16th.
    assert.equal(
      (await parts('total_s')).filter(({ name }) => name === 'l3').map((row) => row.total_s),
      [15 * 86_400 + 3600, 15 * 86_400],
    )
  },
)

month.run()
