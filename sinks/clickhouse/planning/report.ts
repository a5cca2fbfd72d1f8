/** How a figure is shown to people; CSV and JSON have it as it is, in the unit of the column's name. */
export type CellKind =
  | 'text'
  | 'count'
  | 'minutes'
  | 'ms'
  | 'percent'
  | 'percent_fine'
  | 'number'
  | 'cad'
  | 'bps'
  | 'bytes'
  | 'day'
  | 'moment'
  | 'yes_no'

export interface Bilingual {
  readonly fr: string
  readonly en: string
}

export interface ReportColumn {
  /** As in the store. */
  readonly name: string
  readonly title: Bilingual
  readonly kind: CellKind
}

export interface ReportSection {
  readonly id: string
  readonly title: Bilingual
  /** Parameters: `month` Date, `org`, `supplier` String ('' for all), `tolerance` Float64. */
  readonly sql: string
  readonly columns: readonly ReportColumn[]
  /** Left out where the parameter is not given. */
  readonly needs?: 'supplier'
}

export interface Report {
  readonly id: string
  readonly title: Bilingual
  /** Section that is written where only one can be. */
  readonly main: string
  readonly sections: readonly ReportSection[]
  /** What a reader must know to read the figures. */
  readonly rules: readonly Bilingual[]
  /** Statements that reckon the month anew. */
  readonly restate: readonly string[]
  /** Rows that there are of the month; 0: it was never reckoned. */
  readonly reckoned?: string
}

export const column = (name: string, fr: string, en: string, kind: CellKind = 'text'): ReportColumn => ({
  name,
  title: { fr, en },
  kind,
})

/** `SELECT` of the columns, so that a section names each once. */
export const section = (
  id: string,
  fr: string,
  en: string,
  columns: readonly ReportColumn[],
  from: string,
  needs?: 'supplier',
): ReportSection => ({
  id,
  title: { fr, en },
  columns,
  sql: `SELECT ${columns.map(({ name }) => name).join(', ')} FROM ${from}`,
  ...(needs !== undefined && { needs }),
})

/** Conditions on rows that name their organisation or supplier. */
export const BY_ORG = "({org:String} = '' OR organization = {org:String})"
export const BY_SUPPLIER = "({supplier:String} = '' OR supplier = {supplier:String})"
