/**
 * Colours, by what they say. Blue is good, red means action; none stands alone: a word, a sign or a place says the same.
 * The pairs are those of DASHBOARDS: at least 3:1 on white and on #181B1F, told apart under simulated protan-, deuteran-
 * and tritanopia. Grafana's JSON holds one colour for both themes: the dark one; the viewer shows the other on light.
 */
export interface Colour {
  readonly light: string
  readonly dark: string
  /** Where letters are written in it: at least 4.5:1 (WCAG 1.4.3). Left out, the colour itself is enough. */
  readonly lightInk?: string
  readonly darkInk?: string
}

export const STATES = {
  good: { light: '#3B8EEA', dark: '#6CC5F0', lightInk: '#1F6BB8' },
  warning: { light: '#C98500', dark: '#F0C400', lightInk: '#8A5B00' },
  critical: { light: '#9B1C00', dark: '#E8452C', darkInk: '#F26A55' },
  unknown: { light: '#8E8E8E', dark: '#7B828C', lightInk: '#5F6872', darkInk: '#98A3B0' },
  maintenance: { light: '#4A148C', dark: '#A352CC', darkInk: '#BE85DE' },
  neutral: { light: '#3A4350', dark: '#C9D1DA' },
} as const satisfies Record<string, Colour>
export type StateColour = keyof typeof STATES

/** OCSF severities 0 to 6: an order from calm to alarming, red kept for those that ask for action. */
export const SEVERITY_COLOURS: readonly Colour[] = [
  STATES.unknown,
  { light: '#6B7C8D', dark: '#93A4B4', lightInk: '#5B6B7B' },
  STATES.good,
  STATES.warning,
  { light: '#C2540A', dark: '#F58231', lightInk: '#B84E06' },
  STATES.critical,
  { light: '#6A0F49', dark: '#F0529C' },
]

/** Okabe and Ito's series colours, yellow darkened on light ground. */
export const SERIES: readonly Colour[] = [
  { light: '#0072B2', dark: '#56B4E9' },
  { light: '#B87700', dark: '#E69F00' },
  { light: '#007A5A', dark: '#2BC48F' },
  { light: '#A8467F', dark: '#D98BB9' },
  { light: '#B34A00', dark: '#E8752E' },
  { light: '#3A86B8', dark: '#A6D5F2' },
  { light: '#8A7D00', dark: '#F0E442' },
  { light: '#5B5BA8', dark: '#A3A3E0' },
]

/** The other forms of every colour, by its dark form, which is how dashboards write it. */
export function colourForms(): Readonly<Record<string, Omit<Colour, 'dark'>>> {
  const all: readonly Colour[] = [...Object.values(STATES), ...SEVERITY_COLOURS, ...SERIES]
  return Object.fromEntries(all.map(({ dark, ...forms }) => [dark, forms]))
}
