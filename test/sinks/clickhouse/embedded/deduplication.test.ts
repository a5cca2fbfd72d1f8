import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { mendDeduplication } from '../../../../sinks/clickhouse/embedded/deduplication.js'
import { startStore, temporaryDir } from '../start_store.js'

const mending = suite('deduplication log')

/** A data folder with one table, whose log has the given lines and which has the given parts. */
function table(lines: readonly string[], parts: readonly string[], logs = 1): { dir: string; log: string } {
  const dir = temporaryDir()
  const folder = join(dir, 'store', 'abc', 'abc-uuid')
  mkdirSync(join(folder, 'deduplication_logs'), { recursive: true })
  for (const part of parts) mkdirSync(join(folder, part))
  const log = join(folder, 'deduplication_logs', `deduplication_log_${logs}.txt`)
  writeFileSync(log, lines.map((line) => `${line}\n`).join(''))
  return { dir, log }
}

mending('takes back the newest token whose part is not there', async () => {
  const { dir, log } = table(
    ['1\t20260101_1_1_0\tone', '1\t20260101_2_2_0\ttwo'],
    ['20260101_1_1_0', 'tmp_insert_20260101_2_2_0'],
  )
  assert.equal(await mendDeduplication(dir), ['20260101_2_2_0'])
  assert.is(readFileSync(log, 'utf8').split('\n').at(-2), '2\t20260101_2_2_0\ttwo')
  assert.equal(await mendDeduplication(dir), [], 'and only once')
})

mending('leaves tokens whose part is there, was merged, or was dropped', async () => {
  const lines = ['1\t20260101_1_1_0\tone', '1\t20260101_7_7_0\tseven']
  for (const part of ['20260101_7_7_0', '20260101_3_9_2', '20260101_1_7_1_8'])
    assert.equal(await mendDeduplication(table(lines, [part]).dir), [], part)
  assert.equal(await mendDeduplication(table([...lines, '2\t20260101_7_7_0\tseven'], []).dir), [])
  assert.equal(
    await mendDeduplication(table(lines, ['20260102_7_7_0']).dir),
    ['20260101_7_7_0'],
    'another day',
  )
})

mending('looks at the newest log that has entries', async () => {
  const { dir, log } = table(['1\t20260101_2_2_0\ttwo'], [], 4)
  writeFileSync(log.replace('log_4', 'log_10'), '')
  assert.equal(await mendDeduplication(dir), ['20260101_2_2_0'])
})

mending('finds nothing to do in a folder that is new, or holds other things', async () => {
  assert.equal(await mendDeduplication(join(temporaryDir(), 'new')), [])
  const { dir } = table(['nonsense'], [])
  writeFileSync(join(dir, 'store', 'file'), '')
  assert.equal(await mendDeduplication(dir), [])
})

mending('lets rows in whose token was noted before the engine died', async () => {
  const dir = temporaryDir()
  let store = await startStore({ data_dir: dir })
  await store.rows(
    'CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100',
  )
  const insert = (token: string): Promise<string> =>
    store.rows('INSERT INTO t VALUES (1)', { words: { insert_deduplication_token: token } })
  await insert('first')
  await insert('second')
  const [path] = JSON.parse(
    await store.rows("SELECT data_paths[1] FROM system.tables WHERE name = 't' FORMAT JSONCompactEachRow"),
  )
  await store.kill()
  rmSync(join(path, 'all_2_2_0'), { recursive: true })
  store = await startStore({ data_dir: dir })
  await insert('first')
  await insert('second')
  assert.is(await store.rows('SELECT count() FROM t'), '2')
  await insert('second')
  assert.is(await store.rows('SELECT count() FROM t'), '2')
  await store.stop()
})

mending.run()
