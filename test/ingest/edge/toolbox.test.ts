import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { csvRows } from '../../../ingest/edge/csv.js'
import { type EdgeDraft, finishDraft } from '../../../ingest/edge/draft.js'
import { computedMos } from '../../../ingest/edge/emodel.js'
import { parseJson, textOf } from '../../../ingest/edge/json.js'
import { commaKeyValuesOf, keyValuesOf } from '../../../ingest/edge/key_values.js'
import { MergeWindow } from '../../../ingest/edge/merge_window.js'
import { readPayload } from '../../../ingest/edge/payload.js'
import { stateOf } from '../../../ingest/edge/states.js'
import { epochMs, isoMs } from '../../../ingest/edge/times.js'
import { bitRateOf, millisecondsOf, numberOf, percentOf } from '../../../ingest/edge/units.js'

const test = suite('toolbox of the edges')

test('integers beyond 2^53 stay whole, and texts and fractions are left alone', () => {
  assert.equal(
    parseJson('{"a":1700000000123456789,"b":"1700000000123456789","c":0.1250000000000000000,"d":[12]}'),
    {
      a: '1700000000123456789',
      b: '1700000000123456789',
      c: 0.125,
      d: [12],
    },
  )
  assert.equal(parseJson('["\\"1234567890123456", 1234567890123456e2]'), [
    '"1234567890123456',
    123456789012345600,
  ])
})

test('an epoch tells its unit by its magnitude, and 0 is no time', () => {
  const want = Date.UTC(2023, 10, 14, 22, 13, 20)
  for (const text of [
    '1700000000',
    '1700000000000',
    '1700000000000000',
    '1700000000000000000',
    '1700000000.0',
  ])
    assert.is(epochMs(text), want, text)
  for (const nothing of [0, '0', -1, 3600, 'soon', null, 1e30]) assert.is(epochMs(nothing), undefined)
})

test('ISO times with zones, spaces and fractions', () => {
  assert.is(isoMs('2024-01-01T01:00:00.5+01:00'), Date.UTC(2024, 0, 1, 0, 0, 0, 500))
  assert.is(isoMs('2024-01-01 00:00:00'), Date.UTC(2024, 0, 1))
  assert.is(isoMs('2024-01-01T00: 6:15.274'), Date.UTC(2024, 0, 1, 0, 6, 15, 274))
  for (const nothing of ['2024-13-01T00:00:00Z', '2024-02-31T00:00:00Z', '022-06-14T00:24:33+0000', ''])
    assert.is(isoMs(nothing), undefined, nothing)
})

test('numbers that are strings, and strings that are none', () => {
  assert.is(numberOf(' 12.5 '), 12.5)
  for (const nothing of ['', '-', 'Null', 'NaN', '0x10', '18446744073709551615', 2 ** 64, Infinity, true, {}])
    assert.is(numberOf(nothing), undefined, String(nothing))
  assert.is(percentOf('2.5 %'), 0.025)
  assert.is(percentOf(101), undefined)
  assert.is(bitRateOf('10.00Gbps'), 1e10)
  assert.is(millisecondsOf('576us'), 0.576)
  assert.is(textOf('"Null"'.replaceAll('"', '')), undefined)
})

test('words of state are read without case, and unknown ones are kept', () => {
  assert.equal(stateOf('HOTSTANDBY'), { state: 'standby', state_raw: 'HOTSTANDBY' })
  assert.equal(stateOf('quiet'), { state: 'unknown', state_raw: 'quiet' })
  assert.equal(stateOf(null), {})
})

test('the E-model gives the scores that vendors report', () => {
  for (const [latency, jitter, loss, mos] of [
    [101, 0, 0, 4.35],
    [207, 0, 0.08, 3.28],
    [207, 0, 0.02, 3.97],
    [8.178, 2.085, 0, 4.398],
    [2.674, 0.021, 0, 4.403],
  ] as const)
    assert.ok(Math.abs(computedMos(latency, jitter, loss) - mos) < 0.01, `${latency} ms`)
  assert.is(computedMos(5000, 500, 1), 1)
})

test('a record leaves out what cannot be, and words without their value', () => {
  const draft: EdgeDraft = {
    kind: 'link',
    latency_ms: -1,
    latency_kind: 'one_way',
    loss_ratio: 1.5,
    mos: 9,
    mos_scale_max: 5,
    tx_bps: Number.NaN,
    state: 'up',
    device: '  ',
  }
  assert.equal(finishDraft(draft, { vendor: 'v' }), {
    kind: 'link',
    vendor: 'v',
    observed_at_source: 'received',
    state: 'up',
  })
  assert.is(finishDraft({ kind: 'link', device: 'd', latency_kind: 'one_way' }, { vendor: 'v' }), undefined)
})

test('the origin fills what the payload does not say, and the receipt dates it', () => {
  const receipt = { vendor: 'v', receivedMs: 1_700_000_000_000, origin: { device: 'from origin', site: 's' } }
  const record = finishDraft({ kind: 'link', device: 'own', state: 'up' }, receipt)
  assert.is(record?.device, 'own')
  assert.is(record?.site, 's')
  assert.is(record?.observed_at, '2023-11-14T22:13:20.000Z')
  assert.is(record?.observed_at_source, 'received')
})

test('key=value lines with quotes, escapes and commas', () => {
  assert.equal(
    [...keyValuesOf('<1>a=1 b="x \\"y\\" z" c= d=e')],
    [
      ['a', '1'],
      ['b', 'x "y" z'],
      ['c', ''],
      ['d', 'e'],
    ],
  )
  assert.equal(
    [...commaKeyValuesOf('a=1, b="x, y", c=')],
    [
      ['a', '1'],
      ['b', 'x, y'],
      ['c', ''],
    ],
  )
})

test('CSV with quotes and line ends inside them', () => {
  assert.equal(csvRows('a,b\r\n"x ""1""","y\nz"\r\n3,\r\n'), [
    { a: 'x "1"', b: 'y\nz' },
    { a: '3', b: '' },
  ])
})

test('comments before JSON, lines of JSON behind a syslog header, and torn JSON', () => {
  assert.equal(readPayload('# from\n// there\n{"data":[{"a":1}]}').rows, [
    { value: { a: 1 }, place: 'row 1' },
  ])
  const lines = readPayload('<14>Jan 1 00:00:00 host agent: {"a":1}\ntorn\n')
  assert.equal(lines.documents, [{ value: { a: 1 }, place: 'line 1' }])
  assert.equal(lines.lines, [{ value: 'torn', place: 'line 2' }])
  assert.ok(readPayload('{"a":').broken)
})

test('a merge puts a key and a time together, and lets go when event time has moved on', () => {
  const merge = new MergeWindow({ windowMs: 10, groupsMax: 3 })
  merge.add('k', 100, { kind: 'tunnel', latency_ms: 1 })
  merge.add('k', 100, { kind: 'tunnel', loss_ratio: 0, latency_ms: 2 })
  merge.add('k', 105, { kind: 'tunnel', latency_ms: 3 })
  assert.equal(merge.takeClosed(), [])
  merge.add('k', 111, { kind: 'tunnel', latency_ms: 4 })
  assert.equal(merge.takeClosed(), [{ kind: 'tunnel', loss_ratio: 0, latency_ms: 1 }])
  assert.is(merge.open, 2)
  for (const key of ['a', 'b']) merge.add(key, 111, { kind: 'tunnel', latency_ms: 5 })
  assert.equal(merge.takeClosed(), [{ kind: 'tunnel', latency_ms: 3 }])
  assert.is(merge.evicted, 1)
  assert.is(merge.takeAll().length, 3)
})

test.run()
