import type { Bilingual } from '../model/finding.js'

/** Languages that dashboards are built in; French is the first of the two. */
export const LANGUAGES = ['fr', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

/** A text of the catalogue, its two languages side by side so that none is forgotten. */
export const both = (fr: string, en: string): Bilingual => ({ fr, en })

/** Proper names and words that are the same in both languages. */
export const same = (text: string): Bilingual => ({ fr: text, en: text })
