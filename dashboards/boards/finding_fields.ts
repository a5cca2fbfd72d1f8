import { COMMON } from '../i18n/common.js'
import { FINDING_COLUMNS, SEVERITIES } from '../i18n/findings_words.js'
import type { Language } from '../language.js'
import { AGE_S, ORG_NAME, OWN_RANGE, SEVERITY_COUNTS, SITE_NAME } from '../queries/findings.js'
import type { Field } from '../vocabulary/panel.js'

/** A column or line a severity, in its word and colour. */
export const severityFields = (more: (name: string, level: number) => Partial<Field> = () => ({})): Field[] =>
  SEVERITY_COUNTS.map(({ name, level }) => ({
    name,
    title: SEVERITIES[level]!.text,
    colour: SEVERITIES[level]!.colour,
    ...more(name, level),
  }))

/** Columns that lists of findings have in common, from `STANDING AS f` with `placeNames`. */
export const findingColumns = (lang: Language): string =>
  `f.severity_id AS severity, f.title_${lang} AS title, ${ORG_NAME} AS org, ${SITE_NAME} AS site,
  ${AGE_S} AS age_s, f.score AS score, f.uid AS uid, f.site AS site_id, ${OWN_RANGE}`

/** How these columns look and where they lead. */
export const FINDING_FIELDS: readonly Field[] = [
  { name: 'severity', title: FINDING_COLUMNS.severity, words: SEVERITIES, cell: 'colour', width: 105 },
  {
    name: 'title',
    title: FINDING_COLUMNS.title,
    link: {
      title: COMMON.see_finding,
      page: 'finding',
      set: { uid: `\${__data.fields.uid}` },
      range: { from: `\${__data.fields.from_ms}`, to: `\${__data.fields.to_ms}` },
    },
  },
  { name: 'org', title: FINDING_COLUMNS.org },
  {
    name: 'site',
    title: FINDING_COLUMNS.site,
    link: { title: COMMON.see_site, page: 'site', set: { site: `\${__data.fields.site_id}` } },
  },
  { name: 'age_s', title: FINDING_COLUMNS.duration, unit: 'duration_s', width: 110 },
  { name: 'score', title: FINDING_COLUMNS.score, unit: 'score', decimals: 0, width: 90 },
  { name: 'uid' },
  { name: 'site_id' },
  { name: 'from_ms' },
  { name: 'to_ms' },
]
