import { formatNumber } from '../shared/format.js'
import { type Line, type Lines, linesOf } from '../shared/frames.js'
import type { PanelAnswer } from '../shared/protocol.js'
import { isoLocal, offsetMs } from '../shared/zone.js'
import { brush } from './brush.js'
import { h } from './dom.js'
import { chartLibrary } from './echarts.js'
import { legend } from './legend.js'
import { markSeries, marksAt } from './marks.js'
import type { Page } from './page.js'
import type { Draw, Drawing } from './panel_view.js'
import { type SeriesStyle, stylesOf } from './series_style.js'
import { drawTable } from './table.js'

/** Lines or bars over time, a legend with figures below, a range chosen by dragging. */
export const drawChart: Draw = (drawing) => {
  const library = chartLibrary()
  if (library === undefined) return drawTable(drawing)
  const { page, panel, answer, frames, body, marks } = drawing
  const parts = frames.map((frame) => linesOf(frame, answer.interval_s, answer))
  const data: Lines = { times: parts[0]?.times ?? [], lines: parts[0]?.lines ?? [] }
  const styles = stylesOf(page, panel, data.lines)
  const canvas = h('div', {
    class: 'canvas',
    role: 'img',
    'aria-label': `${panel.title} – ${panel.description}`,
  })
  body.append(canvas)
  const hidden = new Set<number>()
  const foot = legend(page, panel, data, styles, hidden, () => paint())
  body.append(foot)
  const chart = library.init(canvas, null, { renderer: 'canvas', locale: 'EN' })
  const paint = (): void =>
    chart.setOption(
      {
        ...optionOf(page, answer, styles),
        tooltip: tooltip(drawing, data, styles, hidden),
        series: [...seriesList(answer, data, styles, hidden), ...markSeries(page, panel, answer, marks)],
      },
      { notMerge: true },
    )
  paint()
  const stopBrush = brush(chart, canvas, page, answer)
  const observer = new ResizeObserver(() => chart.resize())
  observer.observe(canvas)
  return () => {
    observer.disconnect()
    stopBrush()
    chart.dispose()
  }
}

/** ECharts cuts its ticks in UTC or in the browser's zone; moments moved by the offset are cut in ours. */
export const shifted = (ms: number): number => ms + offsetMs(ms)

/** Letters in a chart grow with those of the page, which are larger on a wall. */
const letters = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.86

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function optionOf(page: Page, answer: PanelAnswer, styles: readonly SeriesStyle[]): object {
  const text = css('--muted')
  const rule = css('--rule')
  const right = styles.some((style) => style.right)
  return {
    useUTC: true,
    animation: false,
    textStyle: { fontFamily: css('--font'), fontSize: letters() },
    aria: { enabled: false },
    grid: { left: 6, right: right ? 6 : 12, top: 12, bottom: 4, containLabel: true },
    xAxis: {
      type: 'time',
      min: shifted(answer.from),
      max: shifted(answer.to),
      axisLine: { lineStyle: { color: rule } },
      axisTick: { show: false },
      axisLabel: {
        color: text,
        fontSize: letters(),
        hideOverlap: true,
        formatter: tick(answer.to - answer.from),
      },
      splitLine: { show: false },
    },
    yAxis: (right ? [false, true] : [false]).map((second) => valueAxis(page, styles, second, text, rule)),
  }
}

const seriesList = (
  answer: PanelAnswer,
  data: Lines,
  styles: readonly SeriesStyle[],
  hidden: ReadonlySet<number>,
): object[] =>
  data.lines.map((line, i) => ({
    ...seriesOf(styles[i]!, line.values),
    data: hidden.has(i)
      ? []
      : line.values.map((value, at) => [
          shifted(data.times[at]!) + (styles[i]!.bars ? answer.interval_s * 500 : 0),
          value === null ? null : styles[i]!.negative ? -value : value,
        ]),
  }))

/** `14:05` within a day, `11-21` at its start. */
export const tick =
  (rangeMs: number) =>
  (value: number): string => {
    const t = new Date(value)
    const two = (n: number): string => String(n).padStart(2, '0')
    const midnight = t.getUTCHours() === 0 && t.getUTCMinutes() === 0
    if (midnight || rangeMs > 4 * 86_400_000) return `${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())}`
    const seconds = rangeMs < 300_000 ? `:${two(t.getUTCSeconds())}` : ''
    return `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}${seconds}`
  }

function valueAxis(
  page: Page,
  styles: readonly SeriesStyle[],
  second: boolean,
  text: string,
  rule: string,
): object {
  const field = styles.find((style) => style.right === second)?.field
  const unit = field?.unit ?? 'none'
  return {
    type: 'value',
    position: second ? 'right' : 'left',
    splitNumber: 4,
    axisLabel: {
      color: text,
      fontSize: letters(),
      formatter: (value: number) => formatNumber(Math.abs(value), unit, page.data.lang),
    },
    splitLine: { show: !second, lineStyle: { color: rule } },
    minInterval: unit === 'locale' ? 1 : 0,
    // An axis that the dashboard does not pin to zero stands near its values.
    max: field?.max,
    scale: field !== undefined && field.min === undefined && !styles.some(({ negative }) => negative),
  }
}

function seriesOf(style: SeriesStyle, values: Line['values']): object {
  const common = {
    name: style.title,
    yAxisIndex: style.right ? 1 : 0,
    ...(style.stacked ? { stack: style.negative ? 'below' : 'above', stackStrategy: 'samesign' } : {}),
    itemStyle: { color: style.colour },
    emphasis: { disabled: true },
  }
  if (style.bars) {
    return { ...common, type: 'bar', barMaxWidth: 28, barCategoryGap: '15%', large: false }
  }
  const alone = (at: number): boolean =>
    (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null
  return {
    ...common,
    type: 'line',
    connectNulls: false,
    // A point between two gaps has no line to show it.
    showSymbol: true,
    showAllSymbol: true,
    symbol: 'circle',
    symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) => (alone(dataIndex) ? 5 : 0),
    lineStyle: { width: 1.5, color: style.colour, type: style.dashed ? 'dashed' : 'solid' },
    ...(style.fill > 0 ? { areaStyle: { opacity: style.fill, color: style.colour } } : {}),
  }
}

/** All lines at one moment, largest first. Built of elements, not of HTML text: names come from outside. */
function tooltip(
  { page, marks, answer }: Drawing,
  data: Lines,
  styles: readonly SeriesStyle[],
  hidden: ReadonlySet<number>,
): object {
  return {
    trigger: 'axis',
    confine: true,
    transitionDuration: 0,
    backgroundColor: css('--raised'),
    borderColor: css('--rule'),
    textStyle: { color: css('--text'), fontSize: letters() },
    axisPointer: { type: 'line', lineStyle: { color: css('--muted'), type: 'dashed' } },
    formatter: (points: readonly { dataIndex: number }[]) => {
      const at = points[0]?.dataIndex ?? 0
      const rows = data.lines
        .map((line, i) => ({ value: line.values[at] ?? null, style: styles[i]!, i }))
        .filter(({ i, value }) => !hidden.has(i) && value !== null)
        .sort((a, b) => Number(b.value) - Number(a.value))
        .slice(0, 12)
      return h(
        'div',
        { class: 'tip' },
        h('p', {}, `${isoLocal(data.times[at] ?? 0)}`),
        ...rows.map(({ value, style }) =>
          h(
            'p',
            {},
            swatch(style),
            h('span', { class: 'name' }, style.title),
            h(
              'b',
              {},
              formatNumber(value ?? 0, style.field.unit ?? 'none', page.data.lang, style.field.decimals),
            ),
          ),
        ),
        ...marksAt(marks, data.times[at] ?? 0, answer.interval_s * 500)
          .slice(0, 4)
          .map(({ kind, title, colour }) => {
            const flag = h('i', { class: 'swatch flag', 'aria-hidden': 'true' })
            flag.style.color = page.colour(colour)
            return h('p', {}, flag, h('span', { class: 'name' }, `${kind} – ${title}`))
          }),
      )
    },
  }
}

export function swatch(style: SeriesStyle): HTMLElement {
  const mark = h('i', { class: style.dashed ? 'swatch dashed' : 'swatch', 'aria-hidden': 'true' })
  mark.style.color = style.colour
  return mark
}
