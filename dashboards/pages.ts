import type { Language } from './language.js'

/** Variables of pages: what a reader narrows a page down to. */
export const VARIABLES = [
  'org',
  'site',
  'region',
  'service',
  'severity',
  'uid',
  'dimension',
  'top',
  'exporter',
  'supplier',
  'sla_class',
] as const
export type VariableName = (typeof VARIABLES)[number]

/**
 * All pages: what other pages need to know to lead there. Ids are for ever: they are in bookmarks, tickets and walls.
 * The order is that of menus.
 */
export const PAGES = {
  soc_overview: { slug: 'soc-overview', variables: ['org', 'region', 'severity'] },
  findings: { slug: 'findings', variables: ['org', 'site', 'region', 'service', 'severity'] },
  finding: { slug: 'finding', variables: ['uid'] },
  traffic: { slug: 'traffic', variables: ['org', 'site', 'region', 'dimension', 'top'] },
  ddos: { slug: 'ddos', variables: ['org', 'site'] },
  site: { slug: 'site', variables: ['org', 'site'] },
  regions: { slug: 'regions', variables: ['region', 'supplier'] },
  links: { slug: 'links', variables: ['org', 'site', 'supplier', 'sla_class'] },
  voice: { slug: 'voice', variables: ['org', 'site', 'supplier'] },
  service_levels: { slug: 'service-levels', variables: ['org', 'supplier', 'sla_class'] },
  billing: { slug: 'billing', variables: ['org', 'supplier'] },
  capacity: { slug: 'capacity', variables: ['org', 'region', 'supplier'] },
  migration: { slug: 'migration', variables: ['org', 'region'] },
  itsm: { slug: 'itsm', variables: ['org', 'supplier'] },
  pipeline: { slug: 'pipeline', variables: ['exporter'] },
} as const satisfies Record<string, { slug: string; variables: readonly VariableName[] }>
export type PageId = keyof typeof PAGES

export const pageUid = (page: PageId, lang: Language): string => `vigie-${lang}-${PAGES[page].slug}`

export interface Destination {
  readonly page: PageId
  /** Variables set by the link: a text, or a field of the row (`${__data.fields.uid}`). */
  readonly set?: Readonly<Partial<Record<VariableName, string>>>
  /** Variables of this page that go along; those that the other page does not have are left out. */
  readonly keep?: readonly VariableName[]
  /** Another range than this page's, ms since 1970 or a field of the row. */
  readonly range?: { readonly from: string; readonly to: string }
}

/** The address of another page, as Grafana and the viewer fill it in at the click. */
export function pageUrl({ page, set = {}, keep = [], range }: Destination, lang: Language): string {
  const known: readonly VariableName[] = PAGES[page].variables
  const query = [
    range === undefined ? `\${__url_time_range}` : `from=${range.from}&to=${range.to}`,
    ...Object.entries(set).map(([name, value]) => `var-${name}=${value}`),
    ...keep.filter((name) => known.includes(name) && !(name in set)).map((name) => `\${${name}:queryparam}`),
  ]
  return `/d/${pageUid(page, lang)}?${query.join('&')}`
}
