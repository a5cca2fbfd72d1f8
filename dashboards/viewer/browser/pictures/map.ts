import { show } from '../../shared/fields.js'
import { formatNumber } from '../../shared/format.js'
import type { DataLink } from '../../shared/protocol.js'
import { h } from '../dom.js'
import { rowLink } from '../links.js'
import type { Draw, Drawing } from '../panel_view.js'
import { gathered, NORTH, type Place, placesOf, project, type Spot } from './map_places.js'
import { LIMIT, RIVER, WATER } from './sketch.js'
import { svg } from './svg.js'

const ZOOM_MOST = 40

/** What part of the map is seen: how much it is drawn larger than the whole, and the middle, 0 to 1. */
interface View {
  readonly zoom: number
  readonly x: number
  readonly y: number
}
const WHOLE: View = { zoom: 1, x: 0.5, y: 0.5 }

/** Places with the states of their sites as a ring; those too near each other are gathered until one zooms in. */
export const drawMap: Draw = (drawing) => {
  const { page, panel, frames, body } = drawing
  const places = frames.flatMap((frame) => placesOf(panel, frame))
  const holder = h('div', { class: 'map' })
  let view: View = body.dataset.view === undefined ? WHOLE : (JSON.parse(body.dataset.view) as View)
  const look = (next: View): void => {
    const half = 0.5 / next.zoom
    const within = (n: number): number => Math.min(1 - half, Math.max(half, n))
    view = { zoom: next.zoom, x: within(next.x), y: within(next.y) }
    body.dataset.view = JSON.stringify(view)
    paint()
  }
  const button = (sign: string, text: string, next: () => View): HTMLElement =>
    h(
      'button',
      { type: 'button', 'aria-label': page.text(text), title: page.text(text), onclick: () => look(next()) },
      sign,
    )
  const controls = h(
    'div',
    { class: 'zoom' },
    button('+', 'zoom_in', () => ({ ...view, zoom: Math.min(ZOOM_MOST, view.zoom * 1.8) })),
    button('−', 'zoom_out', () => ({ ...view, zoom: Math.max(1, view.zoom / 1.8) })),
    button('⤢', 'zoom_all', () => WHOLE),
  )
  body.append(h('div', { class: 'map-frame' }, holder, controls), legend(drawing, places))
  const paint = (): void => {
    const [width, height] = [holder.clientWidth, holder.clientHeight]
    if (width > 20 && height > 20) holder.replaceChildren(picture(drawing, places, view, width, height))
  }
  paint()
  const stopDrag = drag(holder, (dx, dy) =>
    look({
      ...view,
      x: view.x - dx / holder.clientWidth / view.zoom,
      y: view.y - dy / holder.clientHeight / view.zoom,
    }),
  )
  const observer = new ResizeObserver(paint)
  observer.observe(holder)
  return () => {
    observer.disconnect()
    stopDrag()
  }
}

/** Turns projected places into px: all of them fit at first, with room for their marks. */
function scaler(places: readonly Place[], view: View, width: number, height: number) {
  const points = places.map(({ lon, lat }) => project(lon, lat))
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [left, right] = [Math.min(...xs), Math.max(...xs)]
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)]
  const margin = 36
  const whole = Math.min(
    (width - 2 * margin) / Math.max(0.5, right - left),
    (height - 2 * margin) / Math.max(0.5, bottom - top),
  )
  const [cx, cy] = [(left + right) / 2, (top + bottom) / 2]
  const middle = [cx + ((view.x - 0.5) * width) / whole, cy + ((view.y - 0.5) * height) / whole] as const
  const scale = whole * view.zoom
  return ([x, y]: readonly [number, number]): readonly [number, number] => [
    width / 2 + (x - middle[0]) * scale,
    height / 2 + (y - middle[1]) * scale,
  ]
}

function picture(
  drawing: Drawing,
  places: readonly Place[],
  view: View,
  width: number,
  height: number,
): SVGElement {
  const { page, panel } = drawing
  const px = scaler(places, view, width, height)
  const line = (points: readonly (readonly [number, number])[]): string =>
    points
      .map((point) =>
        px(project(...point))
          .map((n) => n.toFixed(1))
          .join(' '),
      )
      .join('L')
  const spots = gathered(places, ({ lon, lat }) => px(project(lon, lat))).filter(
    ({ x, y, radius }) => x > -radius && y > -radius && x < width + radius && y < height + radius,
  )
  const [, north] = px(project(0, NORTH))
  const scaled = north > 14 && north < height && places.some(({ lat }) => lat > NORTH)
  return svg(
    'svg',
    { width, height, role: 'group', 'aria-label': `${panel.title} – ${panel.description}` },
    svg('path', { class: 'water', d: `M${line(WATER)}Z` }),
    svg('path', { class: 'river', d: `M${line(RIVER)}` }),
    svg('path', { class: 'limit', d: `M${line(LIMIT)}` }),
    ...(scaled
      ? [
          svg('path', { class: 'north', d: `M0 ${north}H${width}` }),
          svg('text', { class: 'north', x: 8, y: north - 5 }, page.text('north_scale')),
        ]
      : []),
    ...regionNames(places, spots, (place) => px(project(place.lon, place.lat)), width, height),
    ...[...spots].sort((a, b) => b.radius - a.radius).map((spot) => mark(drawing, spot)),
  )
}

/** Names of regions near the middle of their sites, as far as they cover neither one another nor a mark. */
function regionNames(
  places: readonly Place[],
  spots: readonly Spot[],
  at: (place: Place) => readonly [number, number],
  width: number,
  height: number,
): SVGElement[] {
  const sums = new Map<string, { x: number; y: number; n: number; low: number }>()
  for (const place of places) {
    const [x, y] = at(place)
    const sum = sums.get(place.region) ?? { x: 0, y: 0, n: 0, low: y }
    sums.set(place.region, {
      x: sum.x + x * place.size,
      y: sum.y + y * place.size,
      n: sum.n + place.size,
      low: Math.max(sum.low, y),
    })
  }
  const taken = spots.map(({ x, y, radius }) => ({
    left: x - radius,
    right: x + radius,
    top: y - radius,
    bottom: y + radius,
  }))
  const names: SVGElement[] = []
  for (const [name, { x, y, n }] of [...sums].sort((a, b) => b[1].n - a[1].n)) {
    if (name === '' || n === 0) continue
    const [half, cx] = [name.length * 3.3 + 4, x / n]
    for (const cy of [y / n - 34, y / n + 38, y / n - 52, y / n + 56]) {
      const box = { left: cx - half, right: cx + half, top: cy - 9, bottom: cy + 5 }
      const clear = taken.every(
        (other) =>
          box.right < other.left ||
          box.left > other.right ||
          box.bottom < other.top ||
          box.top > other.bottom,
      )
      if (!clear || box.left < 2 || box.right > width - 2 || box.top < 2 || box.bottom > height - 2) continue
      taken.push(box)
      names.push(svg('text', { class: 'region', x: cx, y: cy, 'text-anchor': 'middle' }, name))
      break
    }
  }
  return names
}

/** A ring of the states of the sites of a place, how many they are, and a sign where some are in trouble. */
function mark(drawing: Drawing, spot: Spot): SVGElement {
  const { page } = drawing
  const { x, y, radius, parts, size, rows } = spot
  const lang = page.data.lang
  const says = [
    rows > 1 ? `${spot.name} + ${rows - 1}` : spot.name,
    ...parts.filter(({ value }) => value > 0).map(({ field, value }) => `${field.title}\u00a0: ${value}`),
  ]
  const total = parts.reduce((n, { value }) => n + value, 0)
  let turn = 0
  const ring = parts.flatMap(({ field, value }) => {
    if (value === 0) return []
    const start = turn
    turn += value / total
    const { colour } = show(field, value, lang)
    return [arc(radius - 2.5, start, turn, page.colour(colour ?? ''))]
  })
  const worst = parts.findIndex(({ value }) => value > 0)
  const sign = worst >= 0 && worst < SIGNS.length ? SIGNS[worst]! : ''
  const children = [
    svg('title', {}, says.join('\n')),
    svg('circle', { class: 'ground', r: radius }),
    ...ring,
    svg(
      'text',
      { class: 'count', 'text-anchor': 'middle', dy: '0.35em' },
      formatNumber(size, 'locale', lang),
    ),
  ]
  if (sign !== '') {
    const ink = page.ink(show(parts[worst]!.field, 1, lang).colour ?? '')
    const badge = svg('text', { class: 'sign', x: radius - 1, y: -radius + 5 }, sign)
    badge.style.fill = ink
    children.push(badge)
  }
  const url = leadOf(drawing, spot)
  const group = url === undefined ? svg('g', {}) : svg('a', { href: url })
  group.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`)
  group.setAttribute('class', 'place')
  group.append(...children)
  return group
}

/** Where a click leads: to the site, where there is one, else to its region. */
function leadOf({ page, panel }: Drawing, { frame, row, rows }: Spot): string | undefined {
  const links = panel.fieldConfig.overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === 'links').flatMap(({ value }) => value as DataLink[]),
  )
  return (rows > 1 ? links.slice(-1) : links)
    .map((link) => rowLink(page, frame, row, link))
    .find((url) => url !== undefined)
}

/** Beside the colour: down, degraded. */
const SIGNS = ['✕', '!'] as const

/** A piece of a ring, from and to in turns. */
function arc(radius: number, from: number, to: number, colour: string): SVGElement {
  const point = (turn: number): string =>
    `${(radius * Math.sin(2 * Math.PI * turn)).toFixed(2)} ${(-radius * Math.cos(2 * Math.PI * turn)).toFixed(2)}`
  const end = Math.min(to, from + 0.9999)
  const large = end - from > 0.5 ? 1 : 0
  return svg('path', {
    class: 'arc',
    d: `M${point(from)}A${radius} ${radius} 0 ${large} 1 ${point(end)}`,
    stroke: colour,
  })
}

function legend({ page }: Drawing, places: readonly Place[]): HTMLElement {
  const parts = places[0]?.parts ?? []
  return h(
    'ul',
    { class: 'legend boxes' },
    ...parts.map(({ field }, i) => {
      const box = h('i', { class: 'box', 'aria-hidden': 'true' })
      box.style.background = page.colour(show(field, 1, page.data.lang).colour ?? '')
      return h('li', {}, box, `${field.title}${SIGNS[i] === undefined ? '' : ` ${SIGNS[i]}`}`)
    }),
    h('li', { class: 'source' }, page.text('map_source')),
  )
}

/** Calls back with how far the pointer moved, px, while it holds the map. */
function drag(element: HTMLElement, moved: (dx: number, dy: number) => void): () => void {
  let last: { x: number; y: number } | undefined
  const down = (event: PointerEvent): void => {
    if (
      event.button !== 0 ||
      event.pointerType === 'touch' ||
      (event.target as Element).closest('a') !== null
    )
      return
    last = { x: event.clientX, y: event.clientY }
    element.setPointerCapture(event.pointerId)
  }
  const move = (event: PointerEvent): void => {
    if (last === undefined) return
    moved(event.clientX - last.x, event.clientY - last.y)
    last = { x: event.clientX, y: event.clientY }
  }
  const up = (): void => {
    last = undefined
  }
  element.addEventListener('pointerdown', down)
  element.addEventListener('pointermove', move)
  element.addEventListener('pointerup', up)
  return () => {
    element.removeEventListener('pointerdown', down)
    element.removeEventListener('pointermove', move)
    element.removeEventListener('pointerup', up)
  }
}
