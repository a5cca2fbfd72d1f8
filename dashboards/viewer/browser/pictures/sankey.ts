import { formatNumber } from '../../shared/format.js'
import type { Frame } from '../../shared/protocol.js'
import { h } from '../dom.js'
import type { Draw, Drawing } from '../panel_view.js'
import { SERIES } from '../series_style.js'
import { type Layout, layOut, type PlacedNode, type Way } from './sankey_layout.js'
import { svg } from './svg.js'

const NODE_PX = 10
const LABEL_PX = 15

/** Who sends to whom through what: ribbons as thick as what they carry. */
export const drawSankey: Draw = (drawing) => {
  const { panel, body, frames } = drawing
  const titles = titlesOf(frames[0])
  const ways = waysOf(frames[1])
  const holder = h('div', { class: 'ways' })
  body.append(holder)
  const paint = (): void => {
    const [width, height] = [holder.clientWidth, holder.clientHeight]
    if (width < 10 || height < 10) return
    const margin = 4
    const layout = layOut(ways, {
      width: width - 2 * margin,
      height: height - 2 * margin,
      nodeWidth: NODE_PX,
      gap: Math.max(3, Math.min(12, height / 40)),
    })
    holder.replaceChildren(
      svg(
        'svg',
        { width, height, role: 'img', 'aria-label': `${panel.title} – ${panel.description}` },
        svg(
          'g',
          { transform: `translate(${margin} ${margin})` },
          ...ribbons(drawing, layout, titles),
          ...layout.nodes.flatMap((node) => nodeOf(drawing, layout, node, titles, width)),
        ),
      ),
    )
  }
  paint()
  const observer = new ResizeObserver(paint)
  observer.observe(holder)
  return () => observer.disconnect()
}

const columnOf = (frame: Frame | undefined, name: string): ((row: readonly unknown[]) => string) => {
  const at = frame?.columns.findIndex((column) => column.name === name) ?? -1
  return (row) => String(row[at] ?? '')
}

const titlesOf = (frame: Frame | undefined): ReadonlyMap<string, string> => {
  const [id, title] = [columnOf(frame, 'id'), columnOf(frame, 'title')]
  return new Map((frame?.rows ?? []).map((row) => [id(row), title(row)]))
}

function waysOf(frame: Frame | undefined): Way[] {
  const [source, target, value] = ['source', 'target', 'mainstat'].map((name) => columnOf(frame, name))
  return (frame?.rows ?? []).map((row) => ({
    source: source!(row),
    target: target!(row),
    value: Number(value!(row)),
  }))
}

/** The colour of a node is that of its place in its column. */
function colourOf({ page }: Drawing, { nodes }: Layout, node: PlacedNode): string {
  const column = nodes.filter(({ layer }) => layer === node.layer).sort((a, b) => b.value - a.value)
  return page.colour(SERIES[(column.indexOf(node) + node.layer * 3) % SERIES.length]!)
}

const figure = ({ page, panel }: Drawing, value: number): string =>
  formatNumber(value, panel.fieldConfig.defaults.unit ?? 'none', page.data.lang)

function ribbons(drawing: Drawing, layout: Layout, titles: ReadonlyMap<string, string>): SVGElement[] {
  return layout.ribbons.map(({ way, from, to, y0, y1, thick }) => {
    const [x0, x1] = [from.x + NODE_PX, to.x]
    const bend = (x0 + x1) / 2
    const [top, end] = [y0 + thick / 2, y1 + thick / 2]
    const says = `${titles.get(way.source) ?? way.source} → ${titles.get(way.target) ?? way.target}\n${figure(drawing, way.value)}`
    return svg(
      'path',
      {
        class: 'ribbon',
        d: `M${x0} ${top}C${bend} ${top} ${bend} ${end} ${x1} ${end}`,
        // The first column colours what it sends, the others what they lead to: a hub would make all of one colour.
        stroke: colourOf(drawing, layout, from.layer === 0 ? from : to),
        'stroke-width': thick,
        fill: 'none',
      },
      svg('title', {}, says),
    )
  })
}

/** The node and its name, on the side where there is room: right of it, left of those of the last column. */
function nodeOf(
  drawing: Drawing,
  layout: Layout,
  node: PlacedNode,
  titles: ReadonlyMap<string, string>,
  width: number,
): SVGElement[] {
  const title = titles.get(node.id) ?? node.id
  const last = node.layer > 0 && node.layer === layout.layers - 1
  const box = svg(
    'rect',
    {
      x: node.x,
      y: node.y,
      width: NODE_PX,
      height: node.height,
      rx: 2,
      fill: colourOf(drawing, layout, node),
    },
    svg('title', {}, `${title}\n${figure(drawing, node.value)}`),
  )
  if (node.height < LABEL_PX * 0.6) return [box]
  const room = width / Math.max(1, layout.layers - 1) / (layout.layers > 2 ? 2 : 1.2)
  const letters = Math.max(6, Math.floor(room / 7))
  const short = title.length > letters ? `${title.slice(0, letters - 1)}…` : title
  const middle = node.y + node.height / 2
  const at = { x: last ? node.x - 6 : node.x + NODE_PX + 6, 'text-anchor': last ? 'end' : 'start' }
  const both = node.height >= 2 * LABEL_PX
  const name = svg('text', { class: 'name', ...at, y: both ? middle - 7 : middle, dy: '0.35em' }, short)
  name.append(svg('title', {}, title))
  if (!both) return [box, name]
  return [
    box,
    name,
    svg('text', { class: 'figure', ...at, y: middle + 8, dy: '0.35em' }, figure(drawing, node.value)),
  ]
}
