// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Grafana’s placeholders
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fieldOf, linkUrl, show } from '../../dashboards/viewer/shared/fields.js'
import { formatDuration, formatNumber } from '../../dashboards/viewer/shared/format.js'
import { csvCell, linesOf, transformed } from '../../dashboards/viewer/shared/frames.js'
import type { Frame, Panel } from '../../dashboards/viewer/shared/protocol.js'
import { bucketSeconds, durationMs, momentMs } from '../../dashboards/viewer/shared/range.js'
import { isoLocal, offsetMs, parseLocal } from '../../dashboards/viewer/shared/zone.js'

const N = '\u00a0'
const viewer = suite('viewer: figures, times, frames')

viewer('writes French figures with a comma and no-break spaces', () => {
  assert.is(formatNumber(12_300_000, 'si:bit/s', 'fr'), `12,3${N}Mbit/s`)
  assert.is(formatNumber(999.6, 'si:bit/s', 'fr'), `1${N}kbit/s`)
  assert.is(formatNumber(7_500_000_000, 'si:o', 'fr'), `7,5${N}Go`)
  assert.is(formatNumber(12_500, 'locale', 'fr'), `12${N}500`)
  assert.is(formatNumber(99.95, 'suffix:%', 'fr', 2), `99,95${N}%`)
  assert.is(formatNumber(1200, 'suffix:paquets/s', 'fr'), `1${N}200${N}paquets/s`)
  assert.is(formatNumber(0, 'si:bit/s', 'fr'), `0${N}bit/s`)
})

viewer('writes English figures', () => {
  assert.is(formatNumber(12_300_000, 'bps', 'en'), `12.3${N}Mbit/s`)
  assert.is(formatNumber(7_500_000_000, 'decbytes', 'en'), `7.5${N}GB`)
  assert.is(formatNumber(12_500, 'locale', 'en'), '12,500')
  assert.is(formatNumber(99.95, 'percent', 'en', 2), '99.95%')
})

viewer('writes durations by their two largest parts', () => {
  assert.is(formatDuration(0, 'fr'), `0${N}s`)
  assert.is(formatDuration(0.25, 'fr'), `250${N}ms`)
  assert.is(formatDuration(1.44, 'fr'), `1,4${N}s`)
  assert.is(formatDuration(200, 'fr'), `3${N}min 20${N}s`)
  assert.is(formatDuration(2 * 86_400 + 4 * 3600 + 59, 'fr'), `2${N}j 4${N}h`)
  assert.is(formatDuration(90_000, 'en'), `1${N}d 1${N}h`)
})

viewer('shows times in the zone of the network, through both changes of summer time', () => {
  assert.is(isoLocal(Date.UTC(2026, 10, 21, 19, 5, 30)), '2026-11-21 14:05:30')
  assert.is(isoLocal(Date.UTC(2026, 6, 1, 4, 0, 0)), '2026-07-01 00:00:00')
  assert.is(offsetMs(Date.UTC(2026, 6, 1)), -4 * 3_600_000)
  for (const text of [
    '2026-11-21 14:05:00',
    '2026-07-01 00:00:00',
    '2026-03-08 03:30:00',
    '2026-11-01 00:30:00',
  ])
    assert.is(isoLocal(parseLocal(text)!), text)
  for (const text of ['2026-02-30 10:00', '2026-11-21 25:00', 'yesterday', '21/11/2026'])
    assert.is(parseLocal(text), undefined, text)
  assert.is(isoLocal(parseLocal('2026-11-21')!), '2026-11-21 00:00:00')
})

viewer('reads ranges as the address bar has them', () => {
  assert.is(momentMs('now-6h', 100 * 3_600_000), 94 * 3_600_000)
  assert.is(momentMs('now', 5), 5)
  assert.is(momentMs('1795302858987', 0), 1_795_302_858_987)
  for (const text of ['now+1h', '-5', 'now-1y', '', 'now-99999999h'])
    assert.is(momentMs(text, 0), undefined, text)
  assert.is(durationMs('1m'), 60_000)
  assert.is(bucketSeconds(86_400_000, 300, 60), 300)
  assert.is(bucketSeconds(3_600_000, 600, 60), 60)
})

const frame = (columns: Frame['columns'], rows: Frame['rows']): Frame => ({ columns, rows, truncated: false })

viewer('draws a gap where a bucket has no row, zero where only one group has none', () => {
  const long = frame(
    [
      { name: 't', kind: 'time' },
      { name: 'app', kind: 'string' },
      { name: 'v', kind: 'number' },
    ],
    [
      [0, 'a', 1],
      [0, 'b', 2],
      [60_000, 'a', 3],
      [180_000, 'b', 4],
    ],
  )
  const { times, lines } = linesOf(long, 60, { from: 0, to: 240_000 })
  assert.equal(times, [0, 60_000, 120_000, 180_000, 240_000])
  assert.equal(
    lines.map(({ name, values }) => [name, values]),
    [
      ['a', [1, 3, null, 0, null]],
      ['b', [2, 0, null, 4, null]],
    ],
  )
})

viewer('takes one line a numeric column', () => {
  const wide = frame(
    [
      { name: 't', kind: 'time' },
      { name: 'in', kind: 'number' },
      { name: 'out', kind: 'number' },
    ],
    [[0, 1, null]],
  )
  assert.equal(
    linesOf(wide, 60, { from: 0, to: 30_000 }).lines.map(({ name, values }) => [name, values]),
    [
      ['in', [1]],
      ['out', [null]],
    ],
  )
})

const panel = (properties: { id: string; value: unknown }[], more: Partial<Panel> = {}): Panel =>
  ({
    id: 1,
    type: 'table',
    title: '',
    description: '',
    gridPos: { x: 0, y: 0, w: 1, h: 1 },
    options: {},
    links: [],
    transformations: [],
    fieldConfig: {
      defaults: { unit: 'locale' },
      overrides: [{ matcher: { id: 'byName', options: 'v' }, properties }],
    },
    ...more,
  }) as Panel

viewer('says unknown in a word, never as zero', () => {
  const mapping = [
    { type: 'special', options: { match: 'null+nan', result: { text: '— inconnu', color: '#777777' } } },
  ]
  const field = fieldOf(panel([{ id: 'mappings', value: mapping }]), { name: 'v', kind: 'number' }, 0)
  assert.equal(show(field, null, 'fr'), { text: '— inconnu', colour: '#777777', unknown: true })
  assert.is(show(field, 0, 'fr').text, '0')
})

viewer('colours by the step that is reached, and by words', () => {
  const steps = [
    { value: null, color: 'good' },
    { value: 60, color: 'bad' },
  ]
  const field = fieldOf(panel([{ id: 'thresholds', value: { steps } }]), { name: 'v', kind: 'number' }, 0)
  assert.is(show(field, 59, 'fr').colour, 'good')
  assert.is(show(field, 60, 'fr').colour, 'bad')
  const words = [{ type: 'value', options: { '5': { text: 'Critique', color: 'red' } } }]
  const worded = fieldOf(panel([{ id: 'mappings', value: words }]), { name: 'v', kind: 'number' }, 0)
  assert.equal(show(worded, 5, 'fr'), { text: 'Critique', colour: 'red', unknown: false })
})

viewer('turns rows into a matrix where the dashboard asks for it', () => {
  const rows = frame(
    [
      { name: 'org', kind: 'string' },
      { name: 'service', kind: 'string' },
      { name: 'n', kind: 'number' },
    ],
    [
      ['A', 'scan', 2],
      ['B', 'ddos', 1],
    ],
  )
  const options = { columnField: 'service', rowField: 'org', valueField: 'n', emptyValue: 'zero' }
  const matrix = transformed(panel([], { transformations: [{ id: 'groupingToMatrix', options }] }), rows)
  assert.equal(
    matrix.columns.map(({ name }) => name),
    ['org\\service', 'scan', 'ddos'],
  )
  assert.equal(matrix.rows, [
    ['A', 2, 0],
    ['B', 0, 1],
  ])
})

viewer(
  'fills in links with range, variables and the row, escaped; a row that lacks the field has no link',
  () => {
    const link = { title: '', url: '/d/x?${__url_time_range}&var-uid=${__data.fields.uid}&${org:queryparam}' }
    const scope = (uid: string | null) => ({
      range: 'from=1&to=2',
      variable: () => '',
      value: () => uid,
    })
    assert.is(linkUrl(link, scope('a&b=c/é')), '/d/x?from=1&to=2&var-uid=a%26b%3Dc%2F%C3%A9')
    assert.is(linkUrl(link, scope(null)), undefined)
  },
)

viewer('makes CSV that a spreadsheet does not run', () => {
  assert.is(csvCell('=1+1'), "'=1+1")
  assert.is(csvCell('-5,2'), '"-5,2"')
  assert.is(csvCell('a "b"'), '"a ""b"""')
  assert.is(csvCell('plain'), 'plain')
})

viewer.run()
