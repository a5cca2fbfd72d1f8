import type { Language } from '../language.js'

/**
 * What a text of the catalogue must look like. French follows the Office québécois de la langue française as GLOSSAIRE gives
 * it: a no-break space before the colon, the closing quotation mark, % and $; none before the semicolon, the exclamation and
 * the question mark.
 */
interface Rule {
  readonly wrong: RegExp
  readonly say: string
}

const NBSP = '\u00a0'

const BOTH: readonly Rule[] = [
  { wrong: /'/, say: 'a straight apostrophe: write ’' },
  { wrong: /"/, say: 'a straight quotation mark' },
  { wrong: / {2}|^\s|\s$/, say: 'a space too many' },
  { wrong: /\.\.\./, say: 'three points: write …' },
]

const FRENCH: readonly Rule[] = [
  { wrong: new RegExp(`[^${NBSP}]:(?=\\s|$)`), say: 'the colon wants a no-break space before it' },
  { wrong: /\s[;!?,.](?!\d)/, say: 'no space before ; ! ? , .' },
  { wrong: new RegExp(`«(?!${NBSP})`), say: 'the opening quotation mark wants a no-break space after it' },
  { wrong: new RegExp(`[^${NBSP}]»`), say: 'the closing quotation mark wants a no-break space before it' },
  { wrong: /\d[ ]?[%$]/, say: '% and $ want a no-break space before them' },
  {
    wrong: /\d ?(?:h|min|s|ms|j|Go|Mo|ko|[kMG]?bit\/s)(?![\p{L}’])/u,
    say: 'a unit wants a no-break space before it',
  },
  { wrong: /\d \d{3}(?!\d)/, say: 'thousands are parted by a no-break space' },
  { wrong: /\b(?:Ecran|Etat|Age|Elev)/, say: 'capital letters keep their accents' },
  {
    wrong:
      /sévérité|sévère|dashboard|monitoring|scan(?:ner|nage)|évidence|ticket|firewall|rafraîchir|localisation|percentile|template|mitiger|widget/i,
    say: 'a word to avoid (GLOSSAIRE)',
  },
]

const ENGLISH: readonly Rule[] = [
  { wrong: /[«»]/, say: 'French quotation marks' },
  { wrong: /\s[:;!?,](?!\d)/, say: 'a space before punctuation' },
]

/** What is wrong with a text, in words; nothing where it is right. */
export function typographyFaults(text: string, lang: Language): string[] {
  const rules = [...BOTH, ...(lang === 'fr' ? FRENCH : ENGLISH)]
  const faults = rules.filter(({ wrong }) => wrong.test(text)).map(({ say }) => say)
  return text.normalize('NFC') === text ? faults : [...faults, 'not in Unicode’s form C']
}
