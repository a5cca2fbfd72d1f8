import { type Field, fieldOf } from '../shared/fields.js'
import type { Line } from '../shared/frames.js'
import type { Panel } from '../shared/protocol.js'
import type { Page } from './page.js'

/** Colours of lines that the dashboard gives none: Okabe and Ito's, in their dark form. */
export const SERIES = [
  '#56B4E9',
  '#E69F00',
  '#2BC48F',
  '#D98BB9',
  '#E8752E',
  '#A6D5F2',
  '#F0E442',
  '#A3A3E0',
] as const

/** How a line is drawn: Grafana's custom settings of its field. */
export interface SeriesStyle {
  readonly field: Field
  readonly title: string
  readonly colour: string
  readonly bars: boolean
  readonly fill: number
  readonly stacked: boolean
  readonly dashed: boolean
  readonly right: boolean
  readonly negative: boolean
}

/** Styles of all lines of a panel; colours without an owner are given out in order. */
export function stylesOf(page: Page, panel: Panel, lines: readonly Line[]): SeriesStyle[] {
  let next = 0
  return lines.map((line) => {
    const field = fieldOf(panel, { name: line.name, kind: 'number' }, 0)
    const custom = field.custom as {
      drawStyle?: string
      fillOpacity?: number
      stacking?: { mode?: string }
      lineStyle?: { fill?: string }
      axisPlacement?: string
      transform?: string
    }
    const fixed = field.color?.mode === 'fixed' ? field.color.fixedColor : undefined
    return {
      field,
      title: line.label ? line.name : field.title,
      colour: page.colour(fixed ?? SERIES[next++ % SERIES.length]!),
      bars: custom.drawStyle === 'bars',
      fill: (custom.fillOpacity ?? 0) / 100,
      stacked: custom.stacking?.mode === 'normal',
      dashed: custom.lineStyle?.fill === 'dash',
      right: custom.axisPlacement === 'right',
      negative: custom.transform === 'negative-Y',
    }
  })
}
