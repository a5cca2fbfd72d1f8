import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SERVICE_TITLES } from '../../app/service_titles.js'
import { builtInAll } from '../../dashboards/build.js'
import { planPanel, planVariable } from '../../dashboards/viewer/server/panel_query.js'
import { type DemoStore, startDemoStore } from './demo_store.js'

/**
 * Grafana's ClickHouse plugin asks with clickhouse-go, over HTTP, in Native and compressed: the same library runs every query
 * of every dashboard against the embedded store here.
 */
const plugin = suite('dashboards: through the library of Grafana’s plugin')
const SOURCE = fileURLToPath(new URL('../../../test/dashboards/plugin', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'vigie-plugin-'))
const program = join(folder, 'plugin_queries')
let store: DemoStore | undefined

const found = spawnSync('go', ['version']).status === 0
if (!found && process.env.CI === 'true')
  throw new Error('CI lacks Go, which the library of Grafana’s plugin needs')
if (!found) process.stdout.write('skipped: Go is not here, which the library of Grafana’s plugin needs\n')

plugin.before(async () => {
  if (!found) return
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: SOURCE, encoding: 'utf8' })
  assert.is(built.status, 0, built.stderr)
  store = await startDemoStore()
})
plugin.after(async () => {
  await store?.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly name: string
  readonly rows: number
  readonly error?: string
}

async function ask(queries: readonly { name: string; sql: string }[]): Promise<Answer[]> {
  const child = spawn(program, [new URL(store!.url).host], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(queries.map((query) => `${JSON.stringify(query)}\n`).join(''))
  const [said] = await Promise.all([text(child.stdout), once(child, 'close')])
  return said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer)
}

const test = found ? plugin : plugin.skip

test('every query of every dashboard gives the rows it gives elsewhere', async () => {
  const { nowMs } = store!
  const queries = builtInAll(SERVICE_TITLES).flatMap((board) => [
    ...board.panels.flatMap(({ id }) =>
      (planPanel(board, id, {}, nowMs)?.statements ?? []).map((sql, i) => ({
        name: `${board.uid} ${id} ${i}`,
        sql,
      })),
    ),
    ...board.templating.list.flatMap(({ name }) => {
      const sql = planVariable(board, name, {}, nowMs)
      return sql === undefined ? [] : [{ name: `${board.uid} $${name}`, sql }]
    }),
  ])
  const answers = await ask(queries)
  assert.is(answers.length, queries.length)
  assert.equal(
    answers.filter(({ error }) => error !== undefined),
    [],
  )
  // The finding's own page opens without a finding.
  const empty = answers.filter(({ name, rows }) => rows === 0 && !/-finding /.test(name))
  assert.equal(empty, [])
  assert.ok(queries.length > 200, `${queries.length}`)
})

test('an error of the engine arrives in its own words', async () => {
  const [answer] = await ask([{ name: 'wrong', sql: 'SELECT nothing FROM vigie.flows' }])
  assert.match(answer!.error ?? '', /nothing/)
})

plugin.run()
