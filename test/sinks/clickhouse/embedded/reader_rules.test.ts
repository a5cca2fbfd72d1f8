import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startStore, type TestStore, temporaryDir } from '../start_store.js'

/** A reader with filters sees its rows alone, by whatever words it asks. */
const test = suite('what a reader may ask of the embedded store')
const READER = { 'X-ClickHouse-User': 'reader', 'X-ClickHouse-Key': 'look' }
let store: TestStore

test.before(async () => {
  store = await startStore({
    data_dir: temporaryDir(),
    reader_password: 'look',
    reader_settings: { additional_table_filters: "{'default.t': 'a = 2'}" },
  })
  await store.rows('CREATE TABLE t (a UInt8, b String) ENGINE = MergeTree ORDER BY a')
  await store.rows("INSERT INTO t VALUES (1, 'theirs'), (2, 'ours')")
})
test.after(() => store.stop())

const asReader = (sql: string, words: Record<string, string> = {}) =>
  store.ask(sql, { headers: READER, words })

test('its own rows, however the table is read', async () => {
  for (const sql of [
    'SELECT b FROM t',
    'SELECT b FROM default.t',
    'SELECT b FROM (SELECT * FROM t)',
    'SELECT b FROM view(SELECT * FROM t)',
    'WITH x AS (SELECT * FROM t) SELECT b FROM x',
    'SELECT u.b FROM t JOIN t AS u ON t.a >= u.a OR 1',
    'FROM t SELECT b',
    "SELECT 'ours' WHERE 1 NOT IN (SELECT a FROM t)",
    "SELECT if((1, 'theirs') IN t, 'theirs', 'ours')",
    "SELECT arrayJoin(groupUniqArray(b)) FROM t AS merge WHERE b != 'merge(x)' -- merge('default', 't')",
  ]) {
    const { status, text } = await asReader(sql)
    assert.is(status, 200, `${sql}: ${text}`)
    assert.equal([...new Set(text.trim().split('\n'))], ['ours'], sql)
  }
})

test('nothing that goes around the filters, or reads files', async () => {
  for (const sql of [
    "SELECT b FROM merge('default', '^t$')",
    "SELECT b FROM /* quietly */ `merge` ('default', '^t$')",
    "SELECT b FROM `\\x6derge`('default', '^t$')",
    "SELECT b FROM \"merge\"('default', '^t$')",
    "SELECT * FROM (SELECT * FROM t UNION ALL SELECT * FROM MERGE('default', '^t$'))",
    "DESCRIBE TABLE merge('default', '^t$')",
    "SELECT * FROM mergeTreeIndex('default', 't')",
    "SELECT file('/etc/passwd')",
    "SELECT * FROM loop('default', 't')",
    'SELECT query FROM system.processes',
    'SELECT query FROM system . `processes`',
    'SHOW PROCESSLIST',
    'SELECT * FROM {t:Identifier}',
  ]) {
    const { status, text } = await asReader(sql, { param_t: 't' })
    assert.is(status, 403, `${sql}: ${text}`)
    assert.match(text, /^Code: 497\. .*ACCESS_DENIED/)
  }
  assert.is((await asReader('SELECT query FROM processes', { database: 'system' })).status, 403)
  assert.is((await store.ask("SELECT count() FROM merge('default', '^t$')")).status, 200, 'others may')
})

/** Table functions that make rows out of nothing, or of a query whose tables are filtered. */
const HARMLESS =
  'format fuzzJSON fuzzQuery generateRandom generateSeries generate_series input null numbers numbers_mt primes SQLStandardValues values view viewIfPermitted zeros zeros_mt'

test('each table function of the engine is harmless, or refused', async () => {
  const names = (await store.rows('SELECT name FROM system.table_functions')).trim().split('\n')
  assert.ok(names.length > 50)
  const harmless = HARMLESS.split(' ')
  for (const name of names.filter((n) => !harmless.includes(n))) {
    const { status, text } = await asReader(`SELECT * FROM ${name}('default', 't', 'b String', '^t$')`)
    assert.ok(status >= 400, `${name} answers ${text}`)
    assert.not.match(text, /ours|theirs/, name)
  }
})

test('what Grafana draws its lists from', async () => {
  for (const sql of [
    'SELECT name FROM system.databases',
    'SELECT name, database FROM system.tables',
    'SELECT name FROM system.columns',
    'SELECT table_name FROM information_schema.tables',
    'SHOW TABLES',
    'DESCRIBE TABLE t',
  ])
    assert.is((await asReader(sql)).status, 200, sql)
})

test.run()
