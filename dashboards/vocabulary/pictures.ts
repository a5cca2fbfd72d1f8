import type * as cog from '@grafana/grafana-foundation-sdk/cog'
import * as common from '@grafana/grafana-foundation-sdk/common'
import * as geomap from '@grafana/grafana-foundation-sdk/geomap'
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap'
import * as nodegraph from '@grafana/grafana-foundation-sdk/nodegraph'
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline'
import * as statushistory from '@grafana/grafana-foundation-sdk/statushistory'
import type { Language } from '../language.js'
import { SERIES } from './palette.js'
import { type AddressOf, dress, type PanelSpec, type Word, wordMappings } from './panel.js'
import type { Tile } from './panels.js'

/** Pictures that are neither numbers, lines, bars nor tables: densities, states over time, a map, ways through the network. */

const made = <T>(value: T): cog.Builder<T> => ({ build: () => value })

const LEGEND = made<common.VizLegendOptions>({
  showLegend: true,
  displayMode: common.LegendDisplayMode.List,
  placement: common.LegendPlacement.Bottom,
  calcs: [],
})

export interface HeatmapOptions {
  /** Dark form of the colour of the fullest cell. */
  readonly colour?: string
}

/**
 * How often something was so: time from left to right, the columns of the query from below, the fuller the stronger the
 * colour.
 */
export function heat(width: number, spec: PanelSpec, options: HeatmapOptions = {}): Tile {
  const build = (lang: Language, addressOf: AddressOf): heatmap.PanelBuilder =>
    dress(new heatmap.PanelBuilder(), { ...spec, shape: 'time_series' }, { lang, addressOf }, [])
      .calculate(false)
      .color(
        made<heatmap.HeatmapColorOptions>({
          mode: heatmap.HeatmapColorMode.Opacity,
          fill: options.colour ?? SERIES[0]!.dark,
          scale: heatmap.HeatmapColorScale.Exponential,
          // The root lets the one bad minute be seen beside thousands of good ones.
          exponent: 0.5,
          scheme: 'Blues',
          steps: 64,
          reverse: false,
        }),
      )
      .cellGap(1)
      .showValue(common.VisibilityMode.Never)
      .showLegend()
  return { id: spec.id, width, build }
}

export interface StatesOptions {
  /** The column of the query that names the rows. */
  readonly by: string
  /** Values as words and colours; left out, the thresholds colour them. */
  readonly words?: readonly Word[]
}

/** What state each of several things was in: a band a thing, from left to right. */
export function states(width: number, spec: PanelSpec, options: StatesOptions): Tile {
  const build = (lang: Language, addressOf: AddressOf): statetimeline.PanelBuilder =>
    dress(new statetimeline.PanelBuilder(), { ...spec, shape: 'time_series' }, { lang, addressOf }, [])
      .displayName(`\${__field.labels.${options.by}}`)
      .mappings(wordMappings(options.words ?? [], lang))
      .mergeValues(true)
      .rowHeight(0.85)
      .lineWidth(0)
      .fillOpacity(85)
      .showValue(common.VisibilityMode.Never)
      .legend(LEGEND)
      .perPage(20)
  return { id: spec.id, width, build }
}

/** A figure of each of several things in each stretch of time, coloured by thresholds: days from left to right. */
export function history(width: number, spec: PanelSpec, options: StatesOptions): Tile {
  const build = (lang: Language, addressOf: AddressOf): statushistory.PanelBuilder =>
    dress(new statushistory.PanelBuilder(), { ...spec, shape: 'time_series' }, { lang, addressOf }, [])
      .displayName(`\${__field.labels.${options.by}}`)
      .rowHeight(0.9)
      .colWidth(0.9)
      .lineWidth(0)
      .fillOpacity(85)
      .showValue(common.VisibilityMode.Never)
      .legend(LEGEND)
      .perPage(20)
  return { id: spec.id, width, build }
}

/** A transparent point: a ground for maps that asks nobody for tiles. */
const NO_TILES = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'

export interface PlacesOptions {
  /** Column whose mapped colour a place has, and the one that makes it large. */
  readonly state: string
  readonly size: string
}

/**
 * Places by their columns `lat` and `lon`. Grafana draws them over the outlines of countries that it brings with it; the
 * viewer over a sketch of its own. Neither loads tiles.
 */
export function places(width: number, spec: PanelSpec, options: PlacesOptions): Tile {
  const layers: common.MapLayerOptions[] = [
    {
      type: 'geojson',
      name: 'outlines',
      config: {
        src: 'public/maps/countries.geojson',
        rules: [],
        style: { color: { fixed: '#7B828C' }, opacity: 0.15, lineWidth: 1 },
      },
    },
    {
      type: 'markers',
      name: 'places',
      location: {
        mode: common.FrameGeometrySourceMode.Coords,
        latitude: 'lat',
        longitude: 'lon',
      },
      config: {
        showLegend: false,
        style: {
          color: { field: options.state, fixed: '#7B828C' },
          size: { field: options.size, fixed: 8, min: 6, max: 26 },
          opacity: 0.75,
          symbol: { mode: 'fixed', fixed: 'img/icons/marker/circle.svg' },
        },
      },
      tooltip: true,
    },
  ]
  const build = (lang: Language, addressOf: AddressOf): geomap.PanelBuilder =>
    dress(new geomap.PanelBuilder(), spec, { lang, addressOf }, [
      { id: 'custom.hideFrom', value: { viz: true, legend: true, tooltip: true } },
    ])
      .basemap(made({ type: 'xyz', name: 'ground', config: { url: NO_TILES, attribution: '' } }))
      .layers(layers.map(made))
      .view(made({ id: geomap.MapCenterID.Fit, padding: 8, allLayers: false, layer: 'places', zoom: 9 }))
      .controls(made({ showZoom: true, mouseWheelZoom: false, showAttribution: false }))
      .tooltip(made({ mode: geomap.TooltipMode.Details }))
  return { id: spec.id, width, build }
}

export interface WaysSpec extends Omit<PanelSpec, 'sql' | 'refIds' | 'shape'> {
  /** Columns `id`, `title`, `mainstat`. */
  readonly nodes: string
  /** Columns `id`, `source`, `target`, `mainstat`; every source is a node of the column left of its target. */
  readonly edges: string
}

/** Who sends to whom through what. Grafana has no Sankey diagram of its own and draws the same rows as a graph of nodes. */
export function ways(width: number, spec: WaysSpec): Tile {
  const { nodes, edges, ...rest } = spec
  const build = (lang: Language, addressOf: AddressOf): nodegraph.PanelBuilder => {
    const dressed: PanelSpec = { ...rest, sql: [nodes, edges], refIds: ['nodes', 'edges'] }
    return dress(new nodegraph.PanelBuilder(), dressed, { lang, addressOf }, []).zoomMode(
      nodegraph.ZoomMode.Cooperative,
    )
  }
  return { id: spec.id, width, build }
}
