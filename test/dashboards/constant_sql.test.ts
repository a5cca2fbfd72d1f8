import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { builtIn } from '../../dashboards/build.js'
import { constant, onlyIf, settle } from '../../dashboards/constant_sql.js'
import { ALL, chosen, type Expansion, expandSql } from '../../dashboards/macros.js'
import { startStore, temporaryDir } from '../sinks/clickhouse/start_store.js'

const test = suite('dashboards: constant parts of queries')

test('what is constant becomes its value, what is not stays', () => {
  assert.is(settle(`a >= ${constant('toDateTime(100) + 59')}`), 'a >= toDateTime(159)')
  assert.is(
    settle(constant(`greatest(5, ${constant('toUnixTimestamp(toDateTime(9)) - 2')}) >= 7 AND 1`)),
    '1',
  )
  assert.is(settle(constant('toStartOfInterval(toDateTime(3700), INTERVAL 3600 second)')), 'toDateTime(3600)')
  for (const sql of ['now()', 'least(1, (SELECT 2))', '1 +', 'constructor(1)', "'text'"])
    assert.is(settle(constant(sql)), sql)
})

test('a part whose condition is false is left out, also within another', () => {
  const both = onlyIf('1 = 1', `x${onlyIf('NOT 1 >= 0', 'y')}z`)
  assert.is(settle(`a ${both} b`), 'a xz b')
  assert.is(settle(onlyIf('0', both)), '')
  assert.is(settle(onlyIf(constant('2 > 3'), 'x')), '')
  assert.is(settle(onlyIf('unknown(1)', 'x')), 'x', 'what is not understood is asked')
})

test('a value that looks like a mark is a value', () => {
  const expansion: Expansion = {
    fromMs: 0,
    toMs: 1000,
    intervalS: 1,
    variables: { org: ['/*[*/1 + 1/*]*/', '/*? 0 {*/'], site: ALL },
  }
  assert.is(expandSql(`org IN (${chosen('org')})`, expansion), "org IN ('/*[*/1 + 1/*]*/','/*? 0 {*/')")
})

/** Marked expressions of the dashboards, innermost included, for one range. */
function expressions(expansion: Expansion): string[] {
  const found = new Set<string>()
  for (const board of builtIn('fr'))
    for (const { rawSql } of board.panels.flatMap((panel) => panel.targets))
      for (const [, text] of rawSql.matchAll(/\/\*\[\*\/((?:(?!\/\*[[\]]\*\/)[\s\S])*)\/\*\]\*\//g))
        found.add(expandSql(text!, expansion))
  return [...found]
}

test('the engine reckons the same', async () => {
  const store = await startStore({ data_dir: temporaryDir() })
  try {
    for (const hours of [1, 11, 13, 71, 74, 800]) {
      const fromMs = 1_795_953_617_000
      const expansion = {
        fromMs,
        toMs: fromMs + hours * 3_600_000,
        intervalS: Math.max(1, hours * 12),
        variables: {},
      }
      const texts = expressions(expansion)
      assert.ok(texts.length >= 5, `${texts.length} expressions`)
      for (const text of texts) {
        const settled = settle(constant(text))
        assert.match(settled, /^(?:\d+|toDateTime\(\d+\))$/, text)
        const same = await store.rows(
          `SELECT toInt64(${text}) = toInt64(${settled}), (toTypeName(${text}) LIKE 'DateTime%') = (toTypeName(${settled}) LIKE 'DateTime%')`,
        )
        assert.is(same, '1\t1', text)
      }
    }
  } finally {
    await store.stop()
  }
})

test.run()
