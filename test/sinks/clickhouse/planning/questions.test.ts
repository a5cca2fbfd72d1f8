import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runPlanning, TEST_SIZE } from '../../../../bench/planning.js'
import { questionsOf } from '../../../../bench/questions.js'
import { dictionaryPage, parametersOf } from '../../../../sinks/clickhouse/planning/dictionary.js'
import { REPORTS } from '../../../../sinks/clickhouse/planning/reports.js'
import { PlanningStore } from './planning_store.js'

const questions = suite('questions and dictionary')
const ROOT = new URL('../../../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')
let store: PlanningStore

questions.before(async () => {
  store = await PlanningStore.start()
})
questions.after(() => store.stop())

questions('has a page of the dictionary that says what the engine says', async () => {
  const page = await dictionaryPage((sql) => store.rows(sql))
  assert.is(
    read('docs/planning/dictionary.md'),
    page,
    'write it again: npx vigie report dictionary > docs/planning/dictionary.md',
  )
})

questions('gives every view a comment', async () => {
  const bare = await store.rows(
    "SELECT name FROM system.tables WHERE database = 'vigie' AND name LIKE 'v\\_%' AND comment = ''",
  )
  assert.equal(bare, [])
})

questions('finds the parameters of a view, not those its comment names', () => {
  assert.equal(
    parametersOf("CREATE VIEW v AS SELECT {month:Date}, {a:String}, {month:Date} COMMENT 'of {b:Date}'"),
    [
      ['month', 'Date'],
      ['a', 'String'],
    ],
  )
})

questions('answers the twenty questions of the page, and the bench asks all of them', async () => {
  assert.equal(
    questionsOf('2026-10-01').map(({ number }) => number),
    Array.from({ length: 20 }, (_, i) => i + 1),
  )
  const figures = await runPlanning(TEST_SIZE, store.url, () => undefined)
  assert.is(Object.keys(figures.questions).length, 20)
  const sections = Object.values(REPORTS).flatMap(({ sections }) =>
    sections.filter(({ needs }) => needs === undefined),
  )
  assert.is(Object.keys(figures.reports).length, sections.length)
})

questions('writes a role for planners that ClickHouse can read', async () => {
  const statements = read('sinks/clickhouse/planning/planner_role.sql')
    .replace(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((sql) => sql.trim())
    .filter((sql) => sql !== '')
  assert.is(statements.length, 8)
  for (const sql of statements) await store.run(`EXPLAIN AST ${sql}`)
})

questions.run()
