import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import type { Bilingual } from '../model/finding.js'
import { COMMON, PAGE_TITLES } from './i18n/common.js'
import type { Language } from './language.js'
import { PAGES, type PageId, pageUid, pageUrl } from './pages.js'
import { variablesOf } from './variables.js'
import type { Annotation } from './vocabulary/annotations.js'
import type { LinkTo } from './vocabulary/panel.js'
import type { Tile } from './vocabulary/panels.js'
import { TIME_ZONE } from './vocabulary/target.js'

/** What people call a security service: which there are, only detection knows, and who builds the dashboards says it. */
export interface ServiceName {
  /** Its id. */
  readonly value: string
  readonly text: Bilingual
}

/** A dashboard as its file writes it: what it is for, what range it opens with, and its rows of panels. */
export interface BoardSpec {
  readonly page: PageId
  /** Who asks what here, in a sentence. */
  readonly about: Bilingual
  readonly from: string
  /** `now` unless the page is about one moment. */
  readonly to?: string
  readonly refresh: string
  /** What is marked on the charts of the page. */
  readonly annotations?: readonly Annotation[]
  /** Answer, trend, breakdown, detail. Each row is a height in cells of 30 pixels and its panels from left to right. */
  rows(
    lang: Language,
    services: readonly ServiceName[],
  ): readonly { readonly height: number; readonly tiles: readonly Tile[] }[]
}

/** The menu of all pages in this language, range and variables kept. */
const menu = (lang: Language): dashboard.DashboardLinkBuilder =>
  new dashboard.DashboardLinkBuilder(COMMON.pages_menu[lang])
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags([`vigie-${lang}`])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true)

/** Where a link of this page leads. */
export const linkFrom =
  (page: PageId, lang: Language) =>
  (link: LinkTo): string =>
    pageUrl({ keep: PAGES[page].variables, ...link }, lang)

/** Classic JSON (schema 42) of a dashboard in one language. */
export function buildBoard(
  spec: BoardSpec,
  lang: Language,
  services: readonly ServiceName[],
): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(PAGE_TITLES[spec.page][lang])
    .uid(pageUid(spec.page, lang))
    .description(spec.about[lang])
    .tags(['vigie', `vigie-${lang}`])
    .timezone(TIME_ZONE)
    .weekStart('monday')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: spec.from, to: spec.to ?? 'now' })
    .timepicker(new dashboard.TimePickerBuilder().refreshIntervals(['5s', '10s', '30s', '1m', '5m', '15m']))
    .refresh(spec.refresh)
    .readonly()
    .version(1)
    .variables(variablesOf(PAGES[spec.page].variables, lang, services))
    .link(menu(lang))
    .annotations((spec.annotations ?? []).map((annotation) => annotation(lang)))
  let y = 0
  for (const { height, tiles } of spec.rows(lang, services)) {
    let x = 0
    for (const tile of tiles) {
      const panel = tile.build(lang, linkFrom(spec.page, lang))
      panel.gridPos({ x, y, w: tile.width, h: height })
      builder.withPanel(panel)
      x += tile.width
    }
    y += height
  }
  return builder.build()
}
