/** What the viewer's server and its browser side say to each other. Nothing here knows of the DOM or of Node. */

import type { Rights } from './triage.js'

export type Cell = number | string | null

export interface FrameColumn {
  readonly name: string
  /** `time`: ms since 1970 UTC. */
  readonly kind: 'time' | 'number' | 'string'
}

/** Rows of one query. */
export interface Frame {
  readonly columns: readonly FrameColumn[]
  readonly rows: readonly (readonly Cell[])[]
  /** There were more rows than the server gives. */
  readonly truncated: boolean
}

/** Answer of `GET /api/v1/dashboards/{uid}/panels/{id}`. */
export interface PanelAnswer {
  /** The range that was asked for, resolved: ms since 1970. */
  readonly from: number
  readonly to: number
  /** Width of a bucket, seconds. */
  readonly interval_s: number
  readonly frames: readonly Frame[]
}

/** Answer of `GET /api/v1/dashboards/{uid}/annotations`: what happened meanwhile, to be marked on charts. */
export interface MarksAnswer {
  readonly marks: readonly Mark[]
}

export interface Mark {
  /** ms since 1970; the end is the beginning where it was a moment. */
  readonly from: number
  readonly to: number
  /** What sort of thing it is: `Incident`. */
  readonly kind: string
  readonly title: string
  readonly text: string
  /** Dark form. */
  readonly colour: string
}

/** Answer of `GET /api/v1/dashboards/{uid}/variables/{name}`. */
export interface VariableAnswer {
  readonly options: readonly Option[]
}

export interface Option {
  readonly value: string
  readonly text: string
}

/** Said with every status that is not 200: what happened, in the page's language. */
export interface Fault {
  readonly error: string
}

/** The part of Grafana's classic dashboard JSON that the viewer reads. */
export interface Board {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly refresh: string
  readonly time: { readonly from: string; readonly to: string }
  readonly panels: readonly Panel[]
  readonly variables: readonly Variable[]
  /** Kinds of marks on its charts. */
  readonly annotations: readonly string[]
}

export interface Variable {
  readonly name: string
  readonly label: string
  readonly type: 'query' | 'custom' | 'textbox'
  readonly multi: boolean
  readonly includeAll: boolean
  /** Options that do not need a query. */
  readonly options: readonly Option[]
  /** What stands when the address says nothing. */
  readonly initial: readonly string[]
  /** Variables that narrow its options. */
  readonly dependsOn: readonly string[]
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig: FieldConfig
  readonly options: Readonly<Record<string, unknown>>
  readonly transformations: readonly {
    readonly id: string
    readonly options: Readonly<Record<string, unknown>>
  }[]
  readonly timeFrom?: string
  /** Where the whole panel leads. */
  readonly links: readonly DataLink[]
}

export interface FieldConfig {
  readonly defaults: Properties
  readonly overrides: readonly {
    readonly matcher: { readonly id: string; readonly options: string }
    readonly properties: readonly { readonly id: string; readonly value?: unknown }[]
  }[]
}

export interface Properties {
  readonly unit?: string
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
  readonly displayName?: string
  readonly noValue?: string
  readonly color?: { readonly mode: string; readonly fixedColor?: string }
  readonly thresholds?: {
    readonly steps: readonly { readonly value: number | null; readonly color: string }[]
  }
  readonly mappings?: readonly Mapping[]
  readonly links?: readonly DataLink[]
  readonly custom?: Readonly<Record<string, unknown>>
}

export interface DataLink {
  readonly title: string
  readonly url: string
}

export interface MappingResult {
  readonly text?: string
  readonly color?: string
}

export type Mapping =
  | { readonly type: 'value'; readonly options: Readonly<Record<string, MappingResult>> }
  | { readonly type: 'special'; readonly options: { readonly match: string; readonly result: MappingResult } }

export interface ColourForms {
  readonly light: string
  readonly lightInk?: string
  readonly darkInk?: string
}

/** What a page is given with its HTML. */
export interface PageData {
  readonly lang: 'fr' | 'en'
  readonly board: Board
  readonly pages: readonly { readonly uid: string; readonly title: string }[]
  /** The same page in the other language. */
  readonly otherLanguage: { readonly uid: string; readonly name: string; readonly lang: string }
  /** Other forms of each colour, by its dark one: on light ground, and for letters. */
  readonly colours: Readonly<Record<string, ColourForms>>
  readonly texts: Readonly<Record<string, string>>
  readonly chartLibrary: string
  readonly rights: Rights
  /** Who is logged in; left out where nobody has to be. */
  readonly user?: string
}
