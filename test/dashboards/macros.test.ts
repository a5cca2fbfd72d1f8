// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Grafana’s placeholders
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ALL, type Expansion, ExpansionError, expandSql, quote } from '../../dashboards/macros.js'

const macros = suite('dashboards: macros')

const expansion: Expansion = {
  fromMs: 1_000_000,
  toMs: 4_600_500,
  intervalS: 60,
  variables: { org: ['a', "b'c"], site: ALL, uid: ['x'] },
}
const expand = (sql: string): string => expandSql(sql, expansion)

macros('expand as the plugin for ClickHouse does', () => {
  assert.is(expand('$__timeFilter(t)'), 't >= toDateTime(1000) AND t <= toDateTime(4600)')
  assert.is(
    expand('$__timeFilter_ms(t)'),
    't >= fromUnixTimestamp64Milli(1000000) AND t <= fromUnixTimestamp64Milli(4600500)',
  )
  assert.is(expand('$__timeInterval(a.t)'), 'toStartOfInterval(toDateTime(a.t), INTERVAL 60 second)')
  assert.is(expand('$__fromTime, $__toTime, $__interval_s'), 'toDateTime(1000), toDateTime(4600), 60')
})

macros('nest, and know strings from parentheses', () => {
  assert.is(
    expand("$__timeFilter(if(a = ')', b, $__fromTime))"),
    "if(a = ')', b, toDateTime(1000)) >= toDateTime(1000) AND if(a = ')', b, toDateTime(1000)) <= toDateTime(4600)",
  )
})

macros('drop a condition where everything is meant', () => {
  assert.is(expand('$__conditionalAll(site IN (${site:singlequote}), $site)'), '1=1')
  assert.is(expand('$__conditionalAll(org IN (${org:singlequote}), $org)'), "org IN ('a','b\\'c')")
})

macros('put values in as quoted literals and in no other way', () => {
  assert.is(quote("a\\'b"), "'a\\\\\\'b'")
  assert.is(expand('${uid:singlequote}'), "'x'")
  const evil = { ...expansion, variables: { uid: ["') OR 1=1 --", '${org:singlequote}', '$__fromTime'] } }
  assert.is(
    expandSql('IN (${uid:singlequote})', evil),
    "IN ('\\') OR 1=1 --','${org:singlequote}','$__fromTime')",
  )
})

macros('refuse what they do not know', () => {
  const wrong = [
    '$__unknown(x)',
    '$__timeFilter',
    '$__timeFilter(x',
    '${uid}',
    '${uid:raw}',
    '$uid',
    '${nobody:singlequote}',
    '${site:singlequote}',
    '$__conditionalAll(x)',
    '$__constructor(x)',
  ]
  for (const sql of wrong)
    assert.throws(
      () => expand(sql),
      (error: unknown) => error instanceof ExpansionError,
      sql,
    )
})

macros.run()
