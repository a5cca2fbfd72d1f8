import { Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../app/io.js'
import { sqlCommand } from '../../app/sql_command.js'
import { startStore, type TestStore, temporaryDir } from '../sinks/clickhouse/start_store.js'

const command = suite('vigie sql')
let store: TestStore

command.before(async () => {
  store = await startStore({ data_dir: temporaryDir() })
})
command.after(() => store.stop())

/** Runs the command; on a terminal or in a pipe. */
async function run(args: string[], terminal = false, url = store.url): Promise<string> {
  let said = ''
  const stdout = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        said += chunk
        done()
      },
    }),
    { isTTY: terminal },
  )
  assert.is(await sqlCommand(args, { stdout, stderr: stdout, env: { CLICKHOUSE_URL: url } }), 0)
  return said
}

const thrown = (running: Promise<unknown>): Promise<Error> =>
  running.then(
    () => assert.unreachable() as never,
    (error: Error) => error,
  )

command('prints JSON lines in a pipe', async () => {
  assert.is(
    await run(["SELECT number AS a, if(a = 1, 'é', '') AS b FROM numbers(2)"]),
    '{"a":0,"b":""}\n{"a":1,"b":"é"}\n',
  )
})

command('prints a table on a terminal', async () => {
  assert.match(await run(['SELECT 1 AS a'], true), /┌─a─┐\n.*│ 1 │\n\s*└───┘/)
})

command('prints the format that is asked for', async () => {
  assert.is(await run(['--format', 'csv', 'SELECT 1 AS a']), '"a"\n1\n')
  assert.match(await run(['--format', 'table', 'SELECT 1 AS a']), /┌─a─┐/)
  assert.is(await run(['--format', 'jsonl', 'SELECT 1 AS a'], true), '{"a":1}\n')
  assert.is(await run(['SELECT 1 AS a FORMAT TSV']), '1\n')
})

command('says what ClickHouse says', async () => {
  assert.match((await thrown(run(['SELECT * FROM nowhere']))).message, /nowhere/)
})

command('says when there is no store', async () => {
  assert.match(
    (await thrown(run(['SELECT 1'], false, 'http://127.0.0.1:1'))).message,
    /no store at http:\/\/127\.0\.0\.1:1/,
  )
})

command('takes one query and the formats it knows', async () => {
  assert.instance(await thrown(run([])), UsageError)
  assert.instance(await thrown(run(['SELECT 1', 'SELECT 2'])), UsageError)
  assert.instance(await thrown(run(['--format', 'xml', 'SELECT 1'])), UsageError)
})

command.run()
