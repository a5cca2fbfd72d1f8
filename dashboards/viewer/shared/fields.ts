import { formatCell, type Lang } from './format.js'
import type {
  Cell,
  DataLink,
  FieldConfig,
  FrameColumn,
  MappingResult,
  Panel,
  Properties,
} from './protocol.js'

/** A column with what its panel says of it: Grafana's defaults, then the overrides that name it, in order. */
export interface Field extends Properties {
  readonly column: FrameColumn
  readonly index: number
  readonly title: string
  readonly custom: Readonly<Record<string, unknown>>
  readonly hidden: boolean
}

function merged(config: FieldConfig, name: string): Properties & { custom: Record<string, unknown> } {
  const { custom, ...defaults } = config.defaults
  const found: Record<string, unknown> = { ...defaults, displayName: undefined }
  const own: Record<string, unknown> = { ...custom }
  for (const { matcher, properties } of config.overrides) {
    if (matcher.id !== 'byName' || matcher.options !== name) continue
    for (const { id, value } of properties) {
      if (id.startsWith('custom.')) own[id.slice('custom.'.length)] = value
      else found[id] = value
    }
  }
  return { ...found, custom: own }
}

export function fieldOf(panel: Panel, column: FrameColumn, index: number): Field {
  const found: Properties & { custom: Record<string, unknown> } = merged(panel.fieldConfig, column.name)
  const hideFrom = found.custom.hideFrom as { viz?: boolean } | undefined
  return {
    ...found,
    column,
    index,
    title: found.displayName ?? column.name,
    hidden: found.custom.hidden === true || hideFrom?.viz === true,
  }
}

export const fieldsOf = (panel: Panel, columns: readonly FrameColumn[]): Field[] =>
  columns.map((column, index) => fieldOf(panel, column, index))

/** The word and colour that a mapping gives a value. */
function mapped(field: Properties, value: Cell): MappingResult | undefined {
  for (const mapping of field.mappings ?? []) {
    if (mapping.type === 'value' && value !== null && Object.hasOwn(mapping.options, String(value))) {
      return mapping.options[String(value)]
    }
    if (mapping.type === 'special' && value === null) return mapping.options.result
  }
  return undefined
}

/** Colour of the step that a value has reached. */
export function thresholdColour(field: Properties, value: number): string | undefined {
  let colour: string | undefined
  for (const step of field.thresholds?.steps ?? []) {
    if (step.value === null || value >= step.value) colour = step.color
  }
  return colour
}

export interface Shown {
  readonly text: string
  readonly colour?: string
  /** There was no value: said in a word, and not to be read as zero. */
  readonly unknown: boolean
}

/** A value as a reader sees it: its word or its figure, and the colour that goes with it. */
export function show(field: Field, value: Cell, lang: Lang): Shown {
  const word = mapped(field, value)
  const text = word?.text ?? formatCell(value, field.column.kind, field.unit ?? 'none', lang, field.decimals)
  const colour =
    word?.color ??
    (field.color?.mode === 'fixed'
      ? field.color.fixedColor
      : typeof value === 'number'
        ? thresholdColour(field, value)
        : undefined)
  return { text, unknown: value === null, ...(colour === undefined ? {} : { colour }) }
}

/** What a link's address may speak of. */
export interface LinkScope {
  /** `from=…&to=…` of the page. */
  readonly range: string
  /** `var-org=a&var-org=b`, or nothing for all. */
  variable(name: string): string
  /** A field of the row. */
  value(name: string): Cell | undefined
}

/** Fills in an address as Grafana does; undefined where it speaks of a field that the row does not know. */
export function linkUrl(link: DataLink, scope: LinkScope): string | undefined {
  let known = true
  const url = link.url.replace(/\$\{([\w.:]+)\}/g, (_, expression: string) => {
    if (expression === '__url_time_range') return scope.range
    if (expression.endsWith(':queryparam')) return scope.variable(expression.slice(0, -':queryparam'.length))
    const name = /^__data\.fields\.(\w+)$/.exec(expression)?.[1]
    const value = name === undefined ? undefined : scope.value(name)
    if (value === undefined || value === null || value === '') known = false
    return encodeURIComponent(String(value ?? ''))
  })
  return known ? url.replaceAll(/&+/g, '&').replace(/&$/, '') : undefined
}
