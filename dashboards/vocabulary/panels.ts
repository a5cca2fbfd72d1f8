import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge'
import type * as cog from '@grafana/grafana-foundation-sdk/cog'
import * as common from '@grafana/grafana-foundation-sdk/common'
import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import * as table from '@grafana/grafana-foundation-sdk/table'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import type { Bilingual } from '../../model/finding.js'
import type { Language } from '../language.js'
import { type AddressOf, dress, type Override, type PanelSpec, shades } from './panel.js'

/** A panel before the language is known; its width is in 24ths of the page. */
export interface Tile {
  readonly id: number
  readonly width: number
  build(
    lang: Language,
    addressOf: AddressOf,
  ): cog.Builder<dashboard.Panel> & { gridPos(pos: dashboard.GridPos): unknown }
}

const HIDDEN_COLUMN: readonly Override[] = [{ id: 'custom.hidden', value: true }]
const HIDDEN_SERIES: readonly Override[] = [
  { id: 'custom.hideFrom', value: { viz: true, legend: true, tooltip: true } },
]

/** Big numbers: one a numeric column of the only row. */
export function stats(width: number, spec: PanelSpec): Tile {
  return {
    id: spec.id,
    width,
    build: (lang, addressOf) =>
      dress(new stat.PanelBuilder(), spec, { lang, addressOf }, HIDDEN_SERIES)
        .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields(''))
        .colorMode(common.BigValueColorMode.Value)
        .graphMode(common.BigValueGraphMode.None)
        .justifyMode(common.BigValueJustifyMode.Auto)
        .orientation(common.VizOrientation.Auto)
        .textMode(common.BigValueTextMode.ValueAndName),
  }
}

export interface SeriesOptions {
  /** Sums are stacked; what is not a sum never is. */
  readonly stacked?: boolean
  readonly bars?: boolean
  /** The ground below a line is tinted, where there is one line or one on each side of zero. */
  readonly filled?: boolean
  /** The name of each line is a value of this column of the query (long form), not a column of its own. */
  readonly by?: string
  /** The axis begins near the least value, not at zero: for figures that are no volumes and stay far from it. */
  readonly floating?: boolean
  /** The axis ends here: nothing is above 100 %. */
  readonly most?: number
  /** Lines at the steps of the panel's thresholds. */
  readonly steps?: boolean
  /** Columns of the legend. */
  readonly legend?: readonly ('last' | 'min' | 'max' | 'mean' | 'sum')[]
}

const CALCS = { last: 'lastNotNull', min: 'min', max: 'max', mean: 'mean', sum: 'sum' } as const

/** Lines or bars over time. Gaps stay gaps; volumes start at zero. */
export function series(width: number, spec: PanelSpec, options: SeriesOptions = {}): Tile {
  const calcs = (options.legend ?? []).map((name) => CALCS[name])
  const build = (lang: Language, addressOf: AddressOf): timeseries.PanelBuilder => {
    const builder = dress(
      new timeseries.PanelBuilder(),
      { ...spec, shape: 'time_series' },
      { lang, addressOf },
      HIDDEN_SERIES,
    )
      .drawStyle(options.bars ? common.GraphDrawStyle.Bars : common.GraphDrawStyle.Line)
      .lineWidth(options.bars ? 0 : 1.5)
      .fillOpacity(options.bars ? 85 : options.stacked || options.filled ? 35 : 0)
      .showPoints(common.VisibilityMode.Auto)
      .spanNulls(false)
      .stacking(
        new common.StackingConfigBuilder()
          .mode(options.stacked ? common.StackingMode.Normal : common.StackingMode.None)
          .group('A'),
      )
      .legend(
        new common.VizLegendOptionsBuilder()
          .showLegend(true)
          .displayMode(calcs.length > 0 ? common.LegendDisplayMode.Table : common.LegendDisplayMode.List)
          .placement(common.LegendPlacement.Bottom)
          .calcs(calcs),
      )
      .tooltip(
        new common.VizTooltipOptionsBuilder()
          .mode(common.TooltipDisplayMode.Multi)
          .sort(common.SortOrder.Descending),
      )
    if (!options.floating && !spec.fields?.some((field) => field.draw === 'negative')) builder.min(0)
    if (options.by !== undefined) builder.displayName(`\${__field.labels.${options.by}}`)
    if (options.most !== undefined) builder.max(options.most)
    if (options.steps) {
      builder.thresholdsStyle(
        new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
      )
    }
    return builder
  }
  return { id: spec.id, width, build }
}

export interface TableOptions {
  /** All numbers on a ground of this colour, the stronger the larger; for tables whose columns the query makes. */
  readonly heat?: string
  /** Header by which rows are sorted at first; descending. */
  readonly sortBy?: Bilingual
}

/** Rows as a table with headers. */
export function rows(width: number, spec: PanelSpec, options: TableOptions = {}): Tile {
  const build = (lang: Language, addressOf: AddressOf): table.PanelBuilder => {
    const builder = dress(new table.PanelBuilder(), spec, { lang, addressOf }, HIDDEN_COLUMN)
      .showHeader(true)
      .cellHeight(common.TableCellHeight.Sm)
      .filterable(true)
    if (options.heat !== undefined) {
      const { heat } = options
      builder
        .cellOptions({
          type: common.TableCellDisplayMode.ColorBackground,
          mode: common.TableCellBackgroundDisplayMode.Basic,
        } as common.TableCellOptions)
        .colorScheme({ build: () => shades(heat) as dashboard.FieldColor })
    }
    if (options.sortBy !== undefined) {
      builder.sortBy([new common.TableSortByFieldStateBuilder().displayName(options.sortBy[lang]).desc(true)])
    }
    return builder
  }
  return { id: spec.id, width, build }
}

/** Horizontal bars, one a row: the first text column names it, the first number is its length. */
export function ranking(width: number, spec: PanelSpec): Tile {
  return {
    id: spec.id,
    width,
    build: (lang, addressOf) =>
      dress(new bargauge.PanelBuilder(), spec, { lang, addressOf }, HIDDEN_SERIES)
        .min(0)
        .reduceOptions(new common.ReduceDataOptionsBuilder().values(true).limit(12).calcs([]).fields('/.*/'))
        .displayMode(common.BarGaugeDisplayMode.Basic)
        .valueMode(common.BarGaugeValueMode.Text)
        .namePlacement(common.BarGaugeNamePlacement.Left)
        .orientation(common.VizOrientation.Horizontal)
        .showUnfilled(true),
  }
}
