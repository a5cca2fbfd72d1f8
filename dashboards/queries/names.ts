import type { Bilingual } from '../../model/finding.js'
import { COMMON } from '../i18n/common.js'
import type { Language } from '../language.js'
import { chosen, quote, unlessAll } from '../macros.js'
import { exportersOf } from './exporters.js'
import { TABLES } from './tables.js'

/** Words for numbers and ids, in SQL. Rows store numbers; dictionaries and short lists turn them into names at query time. */

/** A text of the catalogue as an SQL literal. */
export const literal = (text: Bilingual, lang: Language): string => quote(text[lang])

interface Coded {
  readonly value: string | number
  readonly text: Bilingual
}

/** Words of a closed list: `transform(x, [1, 2], ['a', 'b'], fallback)`. */
export function wordsOf(
  expression: string,
  words: readonly Coded[],
  lang: Language,
  fallback: string,
): string {
  const keys = words.map(({ value }) => (typeof value === 'number' ? String(value) : quote(value)))
  const texts = words.map(({ text }) => literal(text, lang))
  return `transform(${expression}, [${keys.join(', ')}], [${texts.join(', ')}], ${fallback})`
}

type Named = 'organizations' | 'sites' | 'suppliers' | 'applications' | 'app_classes' | 'regions'
type Numbered = Named | 'links'

/** Name of a number; `unknown` where the registry has none. */
export const nameOf = (
  table: Named,
  number: string,
  lang: Language,
  unknown: Bilingual = COMMON.unregistered,
): string =>
  `dictGetOrDefault('vigie.${table}_names', 'name_${lang}', toUInt64(${number}), ${literal(unknown, lang)})`

/** Registry id of a number, '' for none: what variables and links carry. */
export const idOf = (table: Numbered, number: string): string =>
  `dictGetOrDefault('vigie.${table}_names', 'id', toUInt64(${number}), '')`

/** Names of registry ids, to be joined where rows carry the text: columns `id` and `name`. */
export const namesById = (table: Named, lang: Language): string =>
  `(SELECT id, name_${lang} AS name FROM vigie.${table} FINAL)`

/** Numbers of the ids chosen in a variable, for a condition on a number column. */
export const numbersOf = (table: Named, variable: string): string =>
  `(SELECT number FROM vigie.${table} WHERE id IN (${chosen(variable)}))`

const ordered = (table: Named, lang: Language, where = ''): string =>
  `SELECT id AS __value, name_${lang} AS __text FROM vigie.${table} FINAL ${where}ORDER BY __text, __value LIMIT 5000`

export const organizationOptions = (lang: Language): string => ordered('organizations', lang)

/** Sites of the chosen organisations. */
export const siteOptions = (lang: Language): string =>
  ordered('sites', lang, `WHERE ${unlessAll('org', `organization IN ${numbersOf('organizations', 'org')}`)} `)

export const supplierOptions = (lang: Language): string => ordered('suppliers', lang)

/** Classes of service that samples were measured for. */
export const slaClassOptions = (): string =>
  `SELECT DISTINCT toString(sla_class) AS __value, __value AS __text
FROM (
  SELECT sla_class FROM ${TABLES.linkHours} WHERE hour >= $__toTime - 86400 AND hour <= $__toTime
  UNION ALL SELECT sla_class FROM ${TABLES.tunnelHours} WHERE hour >= $__toTime - 86400 AND hour <= $__toTime
)
WHERE sla_class != '' ORDER BY __value LIMIT 200`

export const regionOptions = (lang: Language): string => ordered('regions', lang)

/** An address as people write it: IPv4 without the prefix that maps it into IPv6. */
export const addressText = (column: string): string => `replaceOne(toString(${column}), '::ffff:', '')`

export const exporterOptions = (): string =>
  `SELECT ${addressText('exporter_addr')} AS __value, __value AS __text
FROM (SELECT DISTINCT exporter_addr FROM ${exportersOf({ from: '($__toTime - 86400)', to: '$__toTime' })})
ORDER BY __value LIMIT 5000`
