import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RegistryInput } from '../../../../model/registry.js'
import { readSupplierFile, SUPPLIER_COLUMNS } from '../../../../sinks/clickhouse/planning/supplier_invoice.js'
import { PlanningStore } from './planning_store.js'

/** November 2025 in Toronto: 721 h = 2,595,600 s, 8,652 intervals of 5 minutes. */
const billing = suite('billing')

const START = '2025-11-01T04:00:00Z'
const CHANGE = '2025-11-11T05:00:00Z'
const END = '2025-12-01T05:00:00Z'

type Link = NonNullable<RegistryInput['links']>[number]
const PLAIN = 40
const plain: Link[] = Array.from({ length: PLAIN }, (_, i) => ({
  id: `b${i}`,
  site: i % 2 === 0 ? 'h1' : 'm1',
  supplier: 'beta',
  billing: { rule: 'flat', price_per_month_cad: 100 + i },
}))

const REGISTRY: RegistryInput = {
  organizations: [
    { id: 'hop', name: { fr: 'Hôpital', en: 'Hospital' } },
    { id: 'min', name: { fr: 'Ministère', en: 'Ministry' } },
  ],
  suppliers: [
    { id: 'alpha', name: 'Alpha' },
    { id: 'beta', name: 'Bêta' },
  ],
  sites: [
    { id: 'h1', organization: 'hop' },
    { id: 'm1', organization: 'min' },
  ],
  links: [
    {
      id: 'burst',
      site: 'h1',
      supplier: 'alpha',
      committed_bps: 60e6,
      billing: { rule: 'percentile_95', price_per_month_cad: 500, price_per_mbps_cad: 2 },
    },
    {
      id: 'both',
      site: 'h1',
      supplier: 'alpha',
      committed_bps: 60e6,
      billing: {
        rule: 'percentile_95',
        directions: 'sum',
        price_per_month_cad: 500,
        price_per_mbps_cad: 2,
      },
    },
    {
      id: 'grew',
      site: 'h1',
      supplier: 'alpha',
      committed_bps: 80e6,
      billing: { rule: 'percentile_95', price_per_month_cad: 800, price_per_mbps_cad: 3 },
      before: [
        {
          until: CHANGE,
          committed_bps: 40e6,
          billing: { rule: 'percentile_95', price_per_month_cad: 500, price_per_mbps_cad: 3 },
        },
      ],
    },
    {
      id: 'volume',
      site: 'm1',
      supplier: 'alpha',
      billing: { rule: 'volume', price_per_month_cad: 50, price_per_gb_cad: 0.1, included_gb: 1000 },
    },
    ...plain,
  ],
}

/** Mbit/s from 1 to 100, each interval one more, again and again. */
const SAW = '(1 + number % 100) * 1e6'
let store: PlanningStore

billing.before(async () => {
  store = await PlanningStore.start()
  await store.apply(REGISTRY)
  const month = { from: START, to: END, every: 300, state: 'up' }
  await store.tellLink('burst', 'h1', { ...month, tx_bps: SAW, rx_bps: '10e6' })
  await store.tellLink('both', 'h1', { ...month, tx_bps: SAW, rx_bps: '10e6' })
  await store.tellLink(
    'grew',
    'h1',
    { ...month, to: CHANGE, tx_bps: '10e6', rx_bps: SAW },
    { ...month, from: CHANGE, tx_bps: '10e6', rx_bps: SAW },
  )
  await store.tellLink('volume', 'm1', { ...month, tx_bps: '8e6', rx_bps: '1e6' })
  await store.rollDays()
  await store.run(`INSERT INTO vigie.sla_months SELECT * FROM vigie.sla_changes(month = '2025-11-01')`)
  await store.run(
    `INSERT INTO vigie.billing_months SELECT * FROM vigie.billing_changes(month = '2025-11-01')`,
  )
})
billing.after(() => store.stop())

/** A generator of numbers in [0, 1) (mulberry32). */
function random(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

billing(
  'takes the 95th percentile of 10,000 series as the reference does: the top 5 % are thrown away',
  async () => {
    const next = random(95)
    const series = Array.from({ length: 10_000 }, (_, i) => {
      const length = i < 4 ? 8640 + i : 1 + Math.floor(next() * 200)
      return Array.from({ length }, () => Math.floor(next() ** 3 * (i % 7 === 0 ? 10 : 1e10)))
    })
    const reference = series.map((values) => {
      const falling = [...values].sort((a, b) => b - a)
      return falling[Math.floor(falling.length * 0.05 + 1e-9)]!
    })
    await store.run('CREATE TABLE series (n UInt32, s Array(UInt64)) ENGINE = Memory')
    for (let at = 0; at < series.length; at += 1000)
      await store.run(
        `INSERT INTO series FORMAT JSONCompactEachRow ${series
          .slice(at, at + 1000)
          .map((s, i) => JSON.stringify([at + i, s]))
          .join('\n')}`,
      )
    const rows = await store.rows<{ p: number }>('SELECT vigie_percentile_95(s) AS p FROM series ORDER BY n')
    assert.equal(
      rows.map(({ p }) => p),
      reference,
    )
  },
)

const usage = (link: string): Promise<Record<string, unknown>[]> =>
  store.rows(
    `SELECT committed_bps, tx_p95_bps, rx_p95_bps, billed_p95_bps, measured_ratio FROM vigie.v_usage WHERE link = '${link}' ORDER BY part_from`,
  )

billing('bills the higher direction, or the two together, by contract', async () => {
  // 8,652 intervals: the saw goes 86 times to 100 and then to 52. Rank ⌈0.95 × 8,652⌉ = 8,220; up to 94 lie
  // 86 × 94 + 52 = 8,136 of them, up to 95 lie 8,222: 95 Mbit/s.
  assert.equal(await usage('burst'), [
    { committed_bps: 60e6, tx_p95_bps: 95e6, rx_p95_bps: 10e6, billed_p95_bps: 95e6, measured_ratio: 1 },
  ])
  assert.equal(await usage('both'), [
    { committed_bps: 60e6, tx_p95_bps: 95e6, rx_p95_bps: 10e6, billed_p95_bps: 105e6, measured_ratio: 1 },
  ])
})

const lines = (link: string): Promise<Record<string, unknown>[]> =>
  store.rows(
    `SELECT item, quantity, unit_price_cad, amount_cad FROM vigie.v_invoice_lines WHERE link = '${link}' ORDER BY part_from, item`,
  )

billing('writes invoice lines, pro rata where terms changed', async () => {
  // 35 Mbit/s above 60 at 2 $; 45 for the sum.
  assert.equal(await lines('burst'), [
    { item: 'base', quantity: 1, unit_price_cad: 500, amount_cad: 500 },
    { item: 'burst', quantity: 35, unit_price_cad: 2, amount_cad: 70 },
  ])
  assert.equal((await lines('both'))[1], { item: 'burst', quantity: 45, unit_price_cad: 2, amount_cad: 90 })
  // First 10 days and an hour, 867,600 s of 2,595,600: 2,892 intervals, 28 saws and up to 92; rank 2,748 (⌈2,747.4⌉);
  // up to 94: 28 × 94 + 92 = 2,724, up to 95: 2,752, so 95 Mbit/s, 55 above 40.
  // 500 × 0.334258… = 167.13, 55 × 3 × 0.334258… = 55.15. Then 1,728,000 s: 5,760 intervals, 57 saws and up to 60; rank 5,472; up to 94:
  // 5,418, up to 95: 5,475: 15 above 80. 800 × 0.665742… = 532.59, 15 × 3 × 0.665742… = 29.96.
  assert.equal(await lines('grew'), [
    { item: 'base', quantity: 1, unit_price_cad: 500, amount_cad: 167.13 },
    { item: 'burst', quantity: 55, unit_price_cad: 3, amount_cad: 55.15 },
    { item: 'base', quantity: 1, unit_price_cad: 800, amount_cad: 532.59 },
    { item: 'burst', quantity: 15, unit_price_cad: 3, amount_cad: 29.96 },
  ])
  // 8 Mbit/s over 2,595,600 s are 2,595.6 GB, of which 1,000 are included: 1,595.6 × 0.10 $ = 159.56 $.
  assert.equal(await lines('volume'), [
    { item: 'base', quantity: 1, unit_price_cad: 50, amount_cad: 50 },
    { item: 'volume', quantity: 1595.6, unit_price_cad: 0.1, amount_cad: 159.56 },
  ])
})

billing('consolidates by organisation over all suppliers', async () => {
  // Even links of Beta are the hospital's: 20 × 100 + (0 + 2 + … + 38) = 2,380; odd ones the ministry's: 2,400.
  // Alpha, hospital: 500 + 70 + 500 + 90 + 167.13 + 55.15 + 532.59 + 29.96; ministry: 50 + 159.56.
  assert.equal(
    await store.rows(
      `SELECT organization, supplier, links, total_cad FROM vigie.v_invoice WHERE month = '2025-11-01' ORDER BY 1, 2`,
    ),
    [
      { organization: 'hop', supplier: 'alpha', links: 3, total_cad: 1944.83 },
      { organization: 'hop', supplier: 'beta', links: 20, total_cad: 2380 },
      { organization: 'min', supplier: 'alpha', links: 1, total_cad: 209.56 },
      { organization: 'min', supplier: 'beta', links: 20, total_cad: 2400 },
    ],
  )
})

interface Line {
  link: string
  item: string
  from: string
  to: string
  quantity: string
  unit_price_cad: string
  amount_cad: string
}

/** Our lines as a supplier would send them. */
async function theirLines(supplier: string): Promise<Line[]> {
  return store.rows(
    `SELECT link, item, formatDateTime(part_from, '%Y-%m-%dT%H:%i:%SZ') AS from, formatDateTime(part_to, '%Y-%m-%dT%H:%i:%SZ') AS to,
       toString(quantity) AS quantity, toString(unit_price_cad) AS unit_price_cad, toString(amount_cad) AS amount_cad
     FROM vigie.v_invoice_lines WHERE month = '2025-11-01' AND supplier = '${supplier}' ORDER BY link, part_from, item`,
  )
}

async function load(supplier: string, theirs: readonly Line[]): Promise<void> {
  const csv = [
    SUPPLIER_COLUMNS.join(','),
    ...theirs.map((l) =>
      [`F-${supplier}`, l.link, l.item, l.from, l.to, l.quantity, l.unit_price_cad, l.amount_cad].join(','),
    ),
  ].join('\n')
  const file = readSupplierFile(csv, '2025-11-01', supplier)
  assert.equal(file.mistakes, [])
  await store.run(`TRUNCATE TABLE vigie.supplier_invoice_lines`)
  await store.run(
    `INSERT INTO vigie.supplier_invoice_lines FORMAT JSONEachRow ${file.lines.map((line) => JSON.stringify(line)).join('\n')}`,
  )
}

const found = (supplier: string): Promise<{ link: string; item: string; cause: string }[]> =>
  store.rows(
    `SELECT link, item, cause FROM vigie.v_reconciliation(month = '2025-11-01', supplier = '${supplier}', tolerance = 0) ORDER BY link, item, cause`,
  )

billing('finds no difference in an invoice that says what ours does', async () => {
  for (const supplier of ['alpha', 'beta']) {
    await load(supplier, await theirLines(supplier))
    assert.equal(await found(supplier), [])
  }
})

billing('finds thirty seeded differences, says why, and nothing else', async () => {
  const next = random(30)
  const good = await theirLines('beta')
  const order = good.map((_, i) => i).sort(() => next() - 0.5)
  const theirs: Line[] = []
  const seeded: { link: string; item: string; cause: string }[] = []
  for (const [place, i] of order.entries()) {
    const line = good[i]!
    const seed = (cause: string, ...lines: Line[]): void => {
      theirs.push(...lines)
      seeded.push({ link: lines.at(-1)?.link ?? line.link, item: lines.at(-1)?.item ?? line.item, cause })
    }
    const kind = place < 30 ? place % 8 : -1
    if (kind === 0) seed('not_billed')
    else if (kind === 1) seed('billed_twice', line, line)
    else if (kind === 2) seed('unknown_link', line, { ...line, link: `ghost-${i}` })
    else if (kind === 3)
      seed('not_in_service', line, { ...line, link: ['burst', 'both', 'grew', 'volume'][place >> 3]! })
    else if (kind === 4) seed('item_not_due', line, { ...line, item: 'burst' })
    else if (kind === 5) seed('wrong_period', { ...line, to: '2025-12-02T05:00:00Z' })
    else if (kind === 6) seed('wrong_price', { ...line, unit_price_cad: '999', amount_cad: '999' })
    else if (kind === 7)
      seed('wrong_amount', { ...line, amount_cad: (Number(line.amount_cad) + 0.02 + next()).toFixed(2) })
    else theirs.push(line)
  }
  await load(
    'beta',
    theirs.sort(() => next() - 0.5),
  )
  const key = (d: { link: string; item: string; cause: string }): string => `${d.link} ${d.item} ${d.cause}`
  assert.is(seeded.length, 30)
  assert.equal((await found('beta')).map(key).sort(), seeded.map(key).sort())
})

billing('sees a quantity that differs, and lets pass what may differ', async () => {
  const lines = await theirLines('alpha')
  await load(
    'alpha',
    lines.map((l) =>
      l.link === 'burst' && l.item === 'burst' ? { ...l, quantity: '35.5', amount_cad: '71.00' } : l,
    ),
  )
  assert.equal(await found('alpha'), [{ link: 'burst', item: 'burst', cause: 'wrong_quantity' }])
  assert.equal(
    await store.rows(
      `SELECT link FROM vigie.v_reconciliation(month = '2025-11-01', supplier = 'alpha', tolerance = 0.02)`,
    ),
    [],
  )
})

billing('tells what cannot be read in a supplier’s file', () => {
  assert.equal(
    readSupplierFile('invoice;link\n', '2025-11-01', 'x').mistakes.map(({ column }) => column),
    ['item', 'from', 'to', 'quantity', 'unit_price_cad', 'amount_cad'],
  )
  const text = `${SUPPLIER_COLUMNS.join(';')}\n"F;1";l1;base;2025-11-01T00:00:00-04:00;2025-12-01;1;12,50;12.50\n`
  const { lines, mistakes } = readSupplierFile(text, '2025-11-01', 'x')
  assert.equal(lines, [])
  assert.equal(mistakes, [
    { line: 2, column: 'to', found: '2025-12-01' },
    { line: 2, column: 'unit_price_cad', found: '12,50' },
  ])
})

billing.run()
