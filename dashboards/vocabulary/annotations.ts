import type * as cog from '@grafana/grafana-foundation-sdk/cog'
import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import type { Bilingual } from '../../model/finding.js'
import { ANNOTATIONS } from '../i18n/annotations.js'
import type { Language } from '../language.js'
import { failoverMarks, findingMark, incidentMarks, maintenanceMarks } from '../queries/annotations.js'
import { STATES } from './palette.js'
import { DATA_SOURCE, TargetBuilder } from './target.js'

/** Marks on the charts of a page: what else happened at the time. */
export type Annotation = (lang: Language) => cog.Builder<dashboard.AnnotationQuery>

const annotation =
  (name: Bilingual, colour: string, sql: (lang: Language) => string): Annotation =>
  (lang) => ({
    build: () => ({
      name: name[lang],
      datasource: DATA_SOURCE,
      enable: true,
      hide: false,
      iconColor: colour,
      target: new TargetBuilder(sql(lang), 'table', 'marks').build(),
    }),
  })

type Scope = Parameters<typeof incidentMarks>[1]

/** Incidents and maintenance of what the page is narrowed down to. */
export const meanwhile = (scope: Scope): readonly Annotation[] => [
  annotation(ANNOTATIONS.incidents, STATES.critical.dark, (lang) => incidentMarks(lang, scope)),
  annotation(ANNOTATIONS.maintenance, STATES.maintenance.dark, (lang) => maintenanceMarks(lang, scope)),
]

export const failovers = (scope: Parameters<typeof failoverMarks>[1]): Annotation =>
  annotation(ANNOTATIONS.failovers, STATES.warning.dark, (lang) => failoverMarks(lang, scope))

export const windowOf = (finding: string): Annotation =>
  annotation(ANNOTATIONS.finding, STATES.critical.dark, (lang) => findingMark(lang, finding))
