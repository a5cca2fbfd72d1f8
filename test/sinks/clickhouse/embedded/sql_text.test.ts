import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readStatement } from '../../../../sinks/clickhouse/embedded/sql_text.js'

const sql = suite('sql_text')

const kinds: Readonly<Record<string, string>> = {
  'SELECT 1': 'rows',
  '-- a word\n/* and /* another */ SELECT 1': 'rows',
  '# said\nWITH 1 AS a SELECT a': 'rows',
  '(SELECT 1) UNION ALL (SELECT 2)': 'rows',
  'FROM t SELECT a': 'rows',
  'show tables': 'rows',
  'DESCRIBE TABLE t': 'rows',
  'EXPLAIN SELECT 1': 'rows',
  'KILL QUERY WHERE 1': 'rows',
  'CREATE TABLE t (a UInt8) ENGINE = Memory': 'other',
  'SET max_threads = 1': 'other',
  'INSERT INTO t SELECT 1': 'other',
  'INSERT INTO t SELECT a FROM input() FORMAT CSV': 'other',
  'INSERT INTO t VALUES (1)': 'data',
  'insert into t (a, b) format JSONEachRow {"a":1}': 'data',
  "INSERT INTO FUNCTION file('x', 'CSV') FORMAT CSV 1": 'data',
  'INSERT INTO t SETTINGS async_insert = 0 FORMAT Native': 'data',
  'INSERT INTO `values` VALUES (1)': 'data',
  'INSERT INTO t': 'other',
  '': 'other',
}
for (const [text, kind] of Object.entries(kinds))
  sql(`knows what '${text.replaceAll('\n', ' ')}' is`, () => {
    assert.is(readStatement(text).kind, kind)
  })

sql('finds the format that is named, and not what only looks like one', () => {
  const named: Readonly<Record<string, string | undefined>> = {
    'SELECT 1 FORMAT JSON': 'JSON',
    'SELECT 1 format TSVWithNames;': 'TSVWithNames',
    'SELECT 1 FORMAT CSV SETTINGS max_threads = 1': 'CSV',
    'SELECT 1 SETTINGS max_threads = 1 FORMAT CSV': 'CSV',
    "SELECT 'FORMAT CSV'": undefined,
    'SELECT 1 -- FORMAT CSV': undefined,
    'SELECT format FROM t': undefined,
    "SELECT format('{}', a) FROM t": undefined,
    'SELECT * FROM (SELECT 1 FORMAT CSV)': undefined,
    'SELECT a AS format': undefined,
    'SELECT $heredoc$ FORMAT CSV $heredoc$': undefined,
  }
  for (const [text, format] of Object.entries(named)) assert.is(readStatement(text).format, format, text)
})

sql('finds where the data of an insert begins, whatever the data are', () => {
  const data: Readonly<Record<string, string>> = {
    'INSERT INTO t FORMAT CSV\n1,2\n': '1,2\n',
    'INSERT INTO t FORMAT CSV 1,2\n': '1,2\n',
    'INSERT INTO t FORMAT CSV \r\n1,2': '1,2',
    'INSERT INTO t FORMAT CSV\n\n1': '\n1',
    'INSERT INTO t VALUES (1),(2)': '(1),(2)',
    'INSERT INTO t (a) VALUES\n(1); SELECT 1': '(1); SELECT 1',
    "INSERT INTO t FORMAT Native\n\x00'\xff(": "\x00'\xff(",
    'INSERT INTO t (format) FORMAT TSV\n1': '1',
  }
  for (const [text, wanted] of Object.entries(data)) {
    const { kind, dataAt } = readStatement(text)
    assert.is(kind, 'data', text)
    assert.is(text.slice(dataAt), wanted, text)
  }
})

sql('finds where a clause for a file goes', () => {
  const at = (text: string): string => {
    const { fileAt } = readStatement(text)
    return `${text.slice(0, fileAt)}|${text.slice(fileAt)}`
  }
  assert.is(at('SELECT 1 FORMAT CSV'), 'SELECT 1 |FORMAT CSV')
  assert.is(at('SELECT 1 ; '), 'SELECT 1| ; ')
  assert.is(at('SELECT 1 -- so\n'), 'SELECT 1| -- so\n')
  assert.is(
    at('INSERT INTO t (a) SETTINGS x = 1 FORMAT CSV\n'),
    'INSERT INTO t (a) |SETTINGS x = 1 FORMAT CSV\n',
  )
  assert.is(at('INSERT INTO t VALUES (1)'), 'INSERT INTO t |VALUES (1)')
})

sql('tells a second statement and files of the machine', () => {
  assert.is(readStatement('SELECT 1; SELECT 2').secondAt, 10)
  assert.is(readStatement('SELECT 1;; -- end').secondAt, undefined)
  assert.is(readStatement("SELECT ';'").secondAt, undefined)
  assert.is(readStatement("SELECT 1 INTO OUTFILE 'x'").file, 'INTO OUTFILE')
  assert.is(readStatement("INSERT INTO t FROM INFILE 'x' FORMAT CSV").file, 'FROM INFILE')
  assert.is(readStatement("INSERT INTO t FROM INFILE 'x'").file, 'FROM INFILE')
  assert.is(readStatement("SELECT 'INTO OUTFILE'").file, undefined)
})

sql('reads a text that ends in the middle of anything', () => {
  for (const text of [
    "SELECT 'a",
    'SELECT `a',
    'SELECT /* a',
    'SELECT $a$ b',
    'SELECT (',
    'INSERT INTO t (a',
    ')',
    "'",
  ])
    readStatement(text)
})

sql.run()
