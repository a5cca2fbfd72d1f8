import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../app/io.js'
import { reportCommand } from '../../app/report_command.js'
import { REPORTS } from '../../sinks/clickhouse/planning/reports.js'
import { PlanningStore } from '../sinks/clickhouse/planning/planning_store.js'
import { temporaryDir } from '../sinks/clickhouse/start_store.js'

const report = suite('vigie report')
let store: PlanningStore

report.before(async () => {
  store = await PlanningStore.start()
  await store.apply({
    organizations: [
      { id: 'hop', name: { fr: 'Hôpital <1>', en: 'Hospital <1>' } },
      { id: 'min', name: { fr: 'Ministère', en: 'Ministry' } },
    ],
    suppliers: [{ id: 'alpha', name: 'Alpha' }],
    sla_classes: [{ id: 'gold', availability_ratio: 0.999 }],
    sites: [
      { id: 'h1', organization: 'hop', region: '06' },
      { id: 'm1', organization: 'min', region: '03' },
    ],
    links: ['h1', 'm1'].map((site) => ({
      id: `l-${site}`,
      site,
      supplier: 'alpha',
      sla_class: 'gold',
      committed_bps: 10e6,
      billing: { rule: 'percentile_95', price_per_month_cad: 1234.5, price_per_mbps_cad: 2 },
    })),
  })
  const month = { every: 300, tx_bps: '12e6', rx_bps: '1e6', latency_ms: '20', latency_kind: 'one_way' }
  await store.tellLink(
    'l-h1',
    'h1',
    { from: '2025-11-01T04:00:00Z', to: '2025-11-20T00:00:00Z', state: 'up', ...month },
    { from: '2025-11-20T00:00:00Z', to: '2025-11-20T02:00:00Z', state: 'down' },
    { from: '2025-11-20T02:00:00Z', to: '2025-12-01T05:00:00Z', state: 'up', ...month },
  )
  await store.rollDays()
})
report.after(() => store.stop())

interface Told {
  readonly out: string
  readonly err: string
  readonly status: number
}

/** Runs the command in a pipe. */
async function run(...args: string[]): Promise<Told> {
  const told = { out: '', err: '' }
  const sink = (key: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        told[key] += chunk
        done()
      },
    })
  const io = {
    stdout: sink('out'),
    stderr: sink('err'),
    env: { CLICKHOUSE_URL: store.url, VIGIE_LANG: 'en' },
  }
  const status = await reportCommand(['--month', '2025-11', ...args], io)
  return { ...told, status }
}

const jsonOf = ({ out }: Told): Record<string, unknown>[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

report('reckons a month that nobody reckoned yet, and writes the main table to a pipe', async () => {
  const told = await run('sla')
  assert.match(told.err, /2025-11 was reckoned anew/)
  // 120 min down of 43,260: 0.999 allows 43.26.
  const [link] = jsonOf(told)
  assert.equal([link!.id, link!.down_minutes, link!.breach_minutes], ['l-h1', 120, 76.74])
  assert.is((await run('sla')).err, '')
})

report('keeps to an organisation', async () => {
  assert.equal(
    jsonOf(await run('billing', '--org', 'hop')).map((row) => [row.link, row.item, row.amount_cad]),
    [
      ['l-h1', 'base', 1234.5],
      ['l-h1', 'burst', 4],
    ],
  )
})

report('writes CSV with the store’s names and plain figures', async () => {
  const { out } = await run('sla', '--section', 'suppliers', '--format', 'csv')
  const [header, row] = out.trim().split('\n')
  assert.match(header!, /^id,availability_ratio,availability_objective_ratio,down_minutes/)
  assert.match(row!, /^alpha,0\.99\d+,0\.999,120,/)
})

report('shows tables in the language that is asked for', async () => {
  const { out } = await run('billing', '--format', 'table', '--lang', 'fr')
  assert.match(out, /^Sommaire\n/)
  assert.match(out, /Dépassement/)
  assert.match(out, /1\u00a0234,50\u00a0\$/)
  assert.match((await run('billing', '--format', 'table')).out, /\$1,234\.50/)
})

report('makes a page to print in which nothing of the data is markup', async () => {
  const { out } = await run('sla', '--format', 'html', '--lang', 'fr')
  assert.match(out, /^<!DOCTYPE html>\n<html lang="fr-CA">/)
  assert.match(out, /@page \{ size: letter landscape/)
  assert.match(out, /<h1>Niveaux de service · 2025-11<\/h1>/)
  assert.match(out, /définitif/)
  assert.match(out, /<td>l-h1<\/td>/)
  assert.not.match(out, /Hôpital <1>/)
})

report('writes every section of every report', async () => {
  for (const [i, id] of Object.keys(REPORTS).entries()) {
    const lang = i % 2 === 0 ? 'fr' : 'en'
    const { out, status } = await run(id, '--format', 'html', '--lang', lang, '--supplier', 'alpha')
    assert.is(status, 0)
    for (const { title } of REPORTS[id]!.sections)
      assert.ok(out.includes(`<h2>${title[lang]}</h2>`), `${id} ${title.en}`)
  }
})

report('lays a supplier’s invoice beside ours', async () => {
  const path = join(temporaryDir(), 'invoice.csv')
  const period = '2025-11-01T04:00:00Z,2025-12-01T05:00:00Z'
  const line = (link: string, item: string, rest: string): string => `F1,${link},${item},${period},${rest}`
  writeFileSync(
    path,
    [
      'invoice,link,item,from,to,quantity,unit_price_cad,amount_cad',
      line('l-h1', 'base', '1,1234.50,1234.50'),
      line('l-h1', 'burst', '3,2,6.00'),
      line('l-m1', 'base', '1,1234.50,1234.50'),
    ].join('\n'),
  )
  const told = await run('billing', '--supplier', 'alpha', '--reconcile', path)
  assert.match(told.err, /3 lines read/)
  assert.equal(
    jsonOf(told).map((row) => [row.link, row.item, row.cause, row.difference_cad]),
    [['l-h1', 'burst', 'wrong_quantity', 2]],
  )
})

report('says what cannot be read in a supplier’s invoice, and loads none of it', async () => {
  const path = join(temporaryDir(), 'bad.csv')
  writeFileSync(path, 'invoice,link,item,from,to,quantity,unit_price_cad,amount_cad\nF1,l,gift,x,y,1,1,1\n')
  const told = await run('billing', '--supplier', 'alpha', '--reconcile', path)
  assert.is(told.status, 1)
  assert.match(told.err, /bad\.csv:2: item: "gift" is not one/)
})

report('takes months, sections, formats and reports that it knows', async () => {
  const thrown = async (...args: string[]): Promise<unknown> => run(...args).catch((error: unknown) => error)
  assert.instance(await thrown('weather'), UsageError)
  assert.instance(await thrown('sla', '--month', '2025-13'), UsageError)
  assert.instance(await thrown('sla', '--section', 'nothing'), UsageError)
  assert.instance(await thrown('sla', '--format', 'xml'), UsageError)
  assert.instance(await thrown('billing', '--reconcile', 'x.csv'), UsageError)
})

report.run()
