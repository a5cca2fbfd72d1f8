import { CLOSING_CODES, type ClosingCode, type IncidentState } from '../../../model/incident.js'
import { CLOSING_WORDS } from '../ticket_text_words.js'

/** A word without case, accents and what parts words. */
const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()

/** Words that products and people use, beside ours in both languages. */
const SYNONYMS: Readonly<Record<string, ClosingCode>> = {
  'false alarm': 'false_positive',
  'fausse alerte': 'false_positive',
  'fausse alarme': 'false_positive',
  'no trouble found': 'false_positive',
  'aucun probleme trouve': 'false_positive',
  'solved permanently': 'fixed',
  'solution provided': 'fixed',
  'resolu definitivement': 'fixed',
  done: 'fixed',
  'solved workaround': 'workaround',
  'workaround provided': 'workaround',
  'solution de contournement': 'workaround',
  'known error': 'workaround',
  'resolved by caller': 'fixed',
  'won t do': 'expected',
  'won t fix': 'expected',
  'as designed': 'expected',
}

const KNOWN: ReadonlyMap<string, ClosingCode> = new Map([
  ...Object.entries(SYNONYMS),
  ...CLOSING_CODES.flatMap((code): [string, ClosingCode][] => [
    [plain(code), code],
    [plain(CLOSING_WORDS[code].fr), code],
    [plain(CLOSING_WORDS[code].en), code],
  ]),
])

/**
 * A closing code of a product in our words: by the configuration's own words first, then by those of both languages;
 * `other` for what nobody knows, undefined for nothing.
 */
export function closingOf(
  text: string | undefined,
  own: Readonly<Record<string, ClosingCode>> = {},
): ClosingCode | undefined {
  if (text === undefined || text.trim() === '') return undefined
  return own[text] ?? KNOWN.get(plain(text)) ?? 'other'
}

/** Whether somebody looks at it: what moves an incident out of `new`. */
export const isTaken = (state: IncidentState | undefined): boolean =>
  state === 'in_progress' || state === 'on_hold'
