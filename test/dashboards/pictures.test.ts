import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { gathered, type Place, project } from '../../dashboards/viewer/browser/pictures/map_places.js'
import { layOut, type Way } from '../../dashboards/viewer/browser/pictures/sankey_layout.js'
import { linesOf } from '../../dashboards/viewer/shared/frames.js'
import { marksOf } from '../../dashboards/viewer/shared/marks.js'
import { waysAsRows } from '../../dashboards/viewer/shared/rows.js'

const pictures = suite('viewer: pictures')

const BOX = { width: 600, height: 300, nodeWidth: 10, gap: 6 }
const WAYS: Way[] = [
  { source: 'a', target: 'm', value: 30 },
  { source: 'b', target: 'm', value: 10 },
  { source: 'b', target: 'n', value: 20 },
  { source: 'm', target: 'x', value: 35 },
  { source: 'm', target: 'y', value: 5 },
  { source: 'n', target: 'y', value: 20 },
]

pictures('a Sankey diagram has a column for each step, in the box, without overlap', () => {
  const { nodes, layers } = layOut(WAYS, BOX)
  assert.is(layers, 3)
  for (let layer = 0; layer < layers; layer++) {
    const column = nodes.filter((node) => node.layer === layer).sort((a, b) => a.y - b.y)
    for (const [i, node] of column.entries()) {
      assert.ok(node.y >= -0.01 && node.y + node.height <= BOX.height + 0.01, `${node.id} ${node.y}`)
      const next = column[i + 1]
      if (next) assert.ok(node.y + node.height <= next.y + 0.01, `${node.id} covers ${next.id}`)
    }
  }
})

pictures('ribbons fill both ends of their nodes and no more', () => {
  const { nodes, ribbons } = layOut(WAYS, BOX)
  for (const node of nodes) {
    for (const side of ['from', 'to'] as const) {
      const mine = ribbons.filter((ribbon) => ribbon[side] === node)
      const thick = mine.reduce((n, ribbon) => n + ribbon.thick, 0)
      assert.ok(thick <= node.height + 0.01, `${node.id} ${side}`)
      for (const ribbon of mine) {
        const y = side === 'from' ? ribbon.y0 : ribbon.y1
        assert.ok(y >= node.y - 0.01 && y + ribbon.thick <= node.y + node.height + 0.01)
      }
    }
  }
})

pictures('nothing, one way and a ring are drawn as well', () => {
  assert.is(layOut([], BOX).nodes.length, 0)
  assert.is(layOut([{ source: 'a', target: 'b', value: 1 }], BOX).ribbons.length, 1)
  const ring = layOut(
    [
      { source: 'a', target: 'b', value: 1 },
      { source: 'b', target: 'a', value: 2 },
    ],
    BOX,
  )
  for (const { y, x } of ring.nodes) assert.ok(Number.isFinite(x) && Number.isFinite(y))
})

const place = (name: string, lon: number, size: number): Place => ({
  frame: { columns: [], rows: [], truncated: false },
  row: [],
  name,
  region: '',
  lat: 46,
  lon,
  size,
  parts: [],
  rows: 1,
})

pictures('places are gathered when their marks would cover one another, and none is lost', () => {
  const places = [place('large', -73, 50), place('near', -73.01, 3), place('far', -65, 2)]
  const spots = gathered(places, ({ lon, lat }) => {
    const [x, y] = project(lon, lat)
    return [x * 20, y * 20]
  })
  assert.equal(
    spots.map(({ name, size, rows }) => [name, size, rows]),
    [
      ['large', 53, 2],
      ['far', 2, 1],
    ],
  )
  const close = gathered(places, ({ lon, lat }) => {
    const [x, y] = project(lon, lat)
    return [x * 20_000, y * 20_000]
  })
  assert.is(close.length, 3)
})

pictures('the north is drawn smaller, and stays above the south', () => {
  const [south, edge, north] = [46, 50.5, 55].map((lat) => project(-73, lat)[1])
  assert.ok(north! < edge! && edge! < south!)
  assert.ok(edge! - north! < south! - edge!)
})

pictures('a state that was not told is unknown, a count that was not told is nothing', () => {
  const frame = {
    columns: [
      { name: 't', kind: 'time' as const },
      { name: 'name', kind: 'string' as const },
      { name: 'state', kind: 'number' as const },
    ],
    rows: [
      [0, 'a', 1],
      [0, 'b', 2],
      [60_000, 'a', 1],
    ],
    truncated: false,
  }
  const extent = { from: 0, to: 60_000 }
  const b = (absent: 0 | null): unknown => linesOf(frame, 60, extent, absent).lines[1]!.values
  assert.equal(b(null), [2, null])
  assert.equal(b(0), [2, 0])
})

pictures('marks without an end are moments, ways read by the names of their ends', () => {
  const columns = ['time', 'timeEnd', 'title', 'text'].map((name) => ({ name, kind: 'time' as const }))
  const marks = marksOf(
    {
      columns,
      rows: [
        [5, null, 'x', ''],
        [null, 1, 'y', ''],
      ],
      truncated: false,
    },
    'k',
    '#fff',
  )
  assert.equal(
    marks.map(({ from, to, title }) => [from, to, title]),
    [[5, 5, 'x']],
  )
  const named = (names: string[], rows: (string | number)[][]) => ({
    columns: names.map((name) => ({ name, kind: 'string' as const })),
    rows,
    truncated: false,
  })
  const rows = waysAsRows(
    [
      named(
        ['id', 'title', 'mainstat'],
        [
          ['1 a', 'A', 3],
          ['2 b', 'B', 3],
        ],
      ),
      named(['id', 'source', 'target', 'mainstat'], [['-', '1 a', '2 b', 3]]),
    ],
    ['De', 'Vers', 'Volume'],
  )
  assert.equal(rows.rows, [['A', 'B', 3]])
})

pictures.run()
