import type * as cog from '@grafana/grafana-foundation-sdk/cog'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import type { Bilingual } from '../../model/finding.js'
import { COMMON } from '../i18n/common.js'
import type { Language } from '../language.js'
import type { Destination } from '../pages.js'
import { STATES } from './palette.js'
import { DATA_SOURCE, type Shape, TargetBuilder } from './target.js'
import { steps, type ThresholdName } from './thresholds.js'
import { type UnitName, unitIn } from './units.js'

export type Override = { id: string; value?: unknown }

/** What a column or series shows, beside its number. */
export interface Field {
  /** Column of the query. */
  readonly name: string
  /** Its header; left out, the column is for links and colours only and is hidden. */
  readonly title?: Bilingual
  readonly unit?: UnitName
  readonly decimals?: number
  /** Fixed colour, in its dark form. */
  readonly colour?: string
  readonly thresholds?: ThresholdName
  /** Values that are shown as words. */
  readonly words?: readonly Word[]
  readonly link?: LinkTo
  /** Cell drawn as a coloured word, as a bar, or on a ground that is the stronger the larger its number. */
  readonly cell?: 'colour' | 'bar' | 'wrap' | 'heat'
  readonly width?: number
  /** Drawn as a line where the others are bars; or on the second axis; or below zero. */
  readonly draw?: 'line' | 'dashed' | 'right' | 'negative'
}

export interface Word {
  readonly value: string | number
  readonly text: Bilingual
  readonly colour?: string
}

/** Where a click leads: a page, what is set there, what goes along (all that both pages have, unless told otherwise). */
export interface LinkTo extends Destination {
  readonly title: Bilingual
}
/** The address of a link on the page being built. */
export type AddressOf = (link: LinkTo) => string

/** What a panel is built for. */
export interface Setting {
  readonly lang: Language
  readonly addressOf: AddressOf
}

/** What every panel says of itself. */
export interface PanelSpec {
  /** Number in its dashboard; never given twice, so that links to a panel last. */
  readonly id: number
  readonly title: Bilingual
  /** What it counts, over what, and what to do about it: the text behind the « i ». */
  readonly about: Bilingual
  readonly sql: string | readonly string[]
  /** Names of the queries, where the panel reads them; left out: A, B … */
  readonly refIds?: readonly string[]
  readonly shape?: Shape
  readonly unit?: UnitName
  readonly decimals?: number
  readonly thresholds?: ThresholdName
  readonly fields?: readonly Field[]
  /** Said where the query gives no row: nothing found may be good news. */
  readonly nothing?: Bilingual
  /** Where the whole panel leads; rows and numbers have links of their own. */
  readonly link?: LinkTo
  /** Range of its own (`1h`), where the page's would be too long. */
  readonly timeFrom?: string
  /** Least width of a bucket, `1m`: the grain of the table it reads. */
  readonly interval?: string
  /** Grafana transformations, by id. */
  readonly transformations?: readonly { readonly id: string; readonly options: object }[]
}

/** The methods that the SDK's panel builders share. */
export interface AnyPanelBuilder extends cog.Builder<dashboard.Panel> {
  id(id: number): unknown
  title(title: string): unknown
  description(description: string): unknown
  datasource(ref: { type?: string; uid?: string }): unknown
  withTarget(target: cog.Builder<cog.Dataquery>): unknown
  unit(unit: string): unknown
  decimals(decimals: number): unknown
  mappings(mappings: dashboard.ValueMapping[]): unknown
  noValue(text: string): unknown
  thresholds(thresholds: cog.Builder<dashboard.ThresholdsConfig>): unknown
  overrideByName(name: string, properties: { id: string }[]): unknown
  links(links: cog.Builder<dashboard.DashboardLink>[]): unknown
  timeFrom(timeFrom: string): unknown
  interval(interval: string): unknown
  withTransformation(transformation: dashboard.DataTransformerConfig): unknown
}

export const thresholdsOf = (name: ThresholdName): dashboard.ThresholdsConfigBuilder =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(steps(name) as dashboard.Threshold[])

/** Unknown is not zero: no value is said in a word, in grey. */
const unknownMapping = (lang: Language): dashboard.ValueMapping => ({
  type: dashboard.MappingType.SpecialValue,
  options: {
    match: dashboard.SpecialValueMatch.NullAndNan,
    result: { text: COMMON.unknown_value[lang], color: STATES.unknown.dark, index: 0 },
  },
})

const wordMapping = (words: readonly Word[], lang: Language): dashboard.ValueMapping => ({
  type: dashboard.MappingType.ValueToText,
  options: Object.fromEntries(
    words.map((word, index) => [
      String(word.value),
      {
        text: word.text[lang],
        ...(word.colour === undefined ? {} : { color: word.colour }),
        index: index + 1,
      },
    ]),
  ),
})

/** Values as words, and the word for what is unknown. */
export const wordMappings = (words: readonly Word[], lang: Language): dashboard.ValueMapping[] =>
  words.length === 0 ? [unknownMapping(lang)] : [wordMapping(words, lang), unknownMapping(lang)]

/** A data link as JSON: only what Grafana reads there. */
const linkJson = (link: LinkTo, { lang, addressOf }: Setting): dashboard.DashboardLink =>
  ({ title: link.title[lang], url: addressOf(link), targetBlank: false }) as dashboard.DashboardLink

const DRAWS: Readonly<Record<NonNullable<Field['draw']>, readonly Override[]>> = {
  line: [
    { id: 'custom.drawStyle', value: 'line' },
    { id: 'custom.fillOpacity', value: 0 },
    { id: 'custom.stacking', value: { mode: 'none' } },
  ],
  dashed: [
    { id: 'custom.drawStyle', value: 'line' },
    { id: 'custom.fillOpacity', value: 0 },
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: [6, 4] } },
    { id: 'custom.stacking', value: { mode: 'none' } },
  ],
  right: [{ id: 'custom.axisPlacement', value: 'right' }],
  negative: [{ id: 'custom.transform', value: 'negative-Y' }],
}

const CELLS: Readonly<Record<NonNullable<Field['cell']>, object>> = {
  colour: { type: 'color-text' },
  bar: { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' },
  wrap: { type: 'auto', wrapText: true },
  heat: { type: 'color-background', mode: 'basic' },
}
/** Grafana's ground of a heat cell: from nothing to the colour itself. */
export const shades = (colour: string): object => ({ mode: 'shades', fixedColor: colour })

function overridesOf(field: Field, setting: Setting, hidden: readonly Override[]): Override[] {
  const { lang } = setting
  if (field.title === undefined) return [...hidden]
  const list: Override[] = [{ id: 'displayName', value: field.title[lang] }]
  if (field.unit !== undefined) list.push({ id: 'unit', value: unitIn(field.unit, lang) })
  if (field.decimals !== undefined) list.push({ id: 'decimals', value: field.decimals })
  if (field.colour !== undefined)
    list.push({
      id: 'color',
      value: field.cell === 'heat' ? shades(field.colour) : { mode: 'fixed', fixedColor: field.colour },
    })
  if (field.thresholds !== undefined) {
    list.push({ id: 'thresholds', value: { mode: 'absolute', steps: steps(field.thresholds) } })
    list.push({ id: 'color', value: { mode: 'thresholds' } })
  }
  if (field.words !== undefined) {
    list.push({ id: 'mappings', value: wordMappings(field.words, lang) })
  }
  if (field.link !== undefined) list.push({ id: 'links', value: [linkJson(field.link, setting)] })
  // A figure that is judged is written in the colour of the judgement.
  const cell = field.cell ?? (field.thresholds === undefined ? undefined : 'colour')
  if (cell !== undefined) list.push({ id: 'custom.cellOptions', value: CELLS[cell] })
  if (field.width !== undefined) list.push({ id: 'custom.width', value: field.width })
  if (field.draw !== undefined) list.push(...DRAWS[field.draw])
  return list
}

/** Gives a builder all that panels have in common. `hidden`: how this type of panel hides a column. */
export function dress<B extends AnyPanelBuilder>(
  builder: B,
  spec: PanelSpec,
  setting: Setting,
  hidden: readonly Override[],
): B {
  const { lang } = setting
  builder.id(spec.id)
  builder.title(spec.title[lang])
  builder.description(spec.about[lang])
  builder.datasource(DATA_SOURCE)
  const queries = typeof spec.sql === 'string' ? [spec.sql] : spec.sql
  for (const [i, sql] of queries.entries()) {
    builder.withTarget(
      new TargetBuilder(sql, spec.shape ?? 'table', spec.refIds?.[i] ?? String.fromCharCode(65 + i)),
    )
  }
  builder.unit(unitIn(spec.unit ?? 'count', lang))
  if (spec.decimals !== undefined) builder.decimals(spec.decimals)
  builder.mappings([unknownMapping(lang)])
  builder.noValue((spec.nothing ?? COMMON.no_data)[lang])
  builder.thresholds(thresholdsOf(spec.thresholds ?? 'none'))
  if (spec.link !== undefined) builder.links([{ build: () => linkJson(spec.link!, setting) }])
  if (spec.timeFrom !== undefined) builder.timeFrom(spec.timeFrom)
  if (spec.interval !== undefined) builder.interval(spec.interval)
  for (const step of spec.transformations ?? []) builder.withTransformation(step)
  for (const field of spec.fields ?? []) {
    builder.overrideByName(field.name, overridesOf(field, setting, hidden) as { id: string }[])
  }
  return builder
}
