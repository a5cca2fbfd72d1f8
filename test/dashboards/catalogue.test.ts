import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SERVICE_TITLES } from '../../app/service_titles.js'
import { BOARDS } from '../../dashboards/boards/index.js'
import { builtIn } from '../../dashboards/build.js'
import { CATALOGUE } from '../../dashboards/i18n/index.js'
import { typographyFaults } from '../../dashboards/i18n/typography.js'
import { textsOf } from '../../dashboards/lint.js'
import { PAGES } from '../../dashboards/pages.js'
import type { Bilingual } from '../../model/finding.js'

const catalogue = suite('dashboards: catalogue')

/** Every text of the catalogue with the path that leads to it. */
function texts(node: unknown, path: string): [string, Bilingual][] {
  if (typeof node !== 'object' || node === null) return []
  const { fr, en } = node as Partial<Bilingual>
  if (typeof fr === 'string' && typeof en === 'string') return [[path, { fr, en }]]
  return Object.entries(node).flatMap(([key, child]) => texts(child, `${path}.${key}`))
}
const all = texts({ ...CATALOGUE, SERVICE_TITLES }, 'catalogue')

/** Words that are the same in both languages: names, and what French and English share. */
const SHARED =
  /^(Vigie|Site|Sites|Variation|Variation, p95|Utilisation|Message|RITM|RGT|Minutes|Source|Sources|Destination|Application|Applications|Conversations|Transit|Volume|Total|Score|Description|Internet|Technique|Ports|Contacts|Tables|Table|Maximum|Minimum|Latitude|Longitude|Incidents?|—)$/

catalogue('holds hundreds of texts, none empty', () => {
  assert.ok(all.length > 200, `${all.length}`)
  for (const [path, { fr, en }] of all) assert.ok(fr.trim() !== '' && en.trim() !== '', path)
})

catalogue('says nothing twice the same in both languages but shared words', () => {
  const untranslated = all
    .filter(([, { fr, en }]) => fr === en && !SHARED.test(fr))
    .map(([path, { fr }]) => `${path}: ${fr}`)
  assert.equal(untranslated, [])
})

catalogue('keeps the typography of both languages', () => {
  const faults = all.flatMap(([path, text]) =>
    (['fr', 'en'] as const).flatMap((lang) =>
      typographyFaults(text[lang], lang).map((fault) => `${path} ${lang} « ${text[lang]} »: ${fault}`),
    ),
  )
  assert.equal(faults, [])
})

catalogue('fills the same blanks in both languages', () => {
  const blanks = (text: string): string => [...text.matchAll(/\{\w+\}/g)].map(String).sort().join()
  for (const [path, { fr, en }] of all) assert.is(blanks(fr), blanks(en), path)
})

catalogue('sees what breaks the typography', () => {
  const wrong: [string, 'fr' | 'en'][] = [
    ['Constats : liste', 'fr'],
    ['Constats: liste', 'fr'],
    ['Vraiment ?', 'fr'],
    ['Fini !', 'fr'],
    ['« Autres »', 'fr'],
    ["l'hôte", 'fr'],
    ['99,95 %', 'fr'],
    ['12 Mbit/s', 'fr'],
    ['12 500 flux', 'fr'],
    ['Sévérité', 'fr'],
    ['e\u0301tat', 'fr'],
    ['Findings : list', 'en'],
    ["the host's", 'en'],
    ['Wait...', 'en'],
  ]
  for (const [text, lang] of wrong) assert.is.not(typographyFaults(text, lang).length, 0, text)
  for (const text of [
    'Constats\u00a0: liste',
    'Vraiment? Oui; voilà.',
    '«\u00a0Autres\u00a0»',
    '99,95\u00a0%',
    'à 14:05:30',
  ])
    assert.equal(typographyFaults(text, 'fr'), [], text)
})

catalogue('is all that a dashboard shows: no text of one language stands in the other’s build', () => {
  for (const lang of ['fr', 'en'] as const) {
    const mine = new Set(all.map(([, text]) => text[lang]))
    const numbers = /^\d+$/
    for (const board of builtIn(lang, SERVICE_TITLES)) {
      const strangers = textsOf(board).filter((text) => !mine.has(text) && !numbers.test(text))
      assert.equal(strangers, [], `${board.uid}`)
    }
  }
})

catalogue('has a dashboard for every page of the menu', () => {
  assert.equal(BOARDS.map(({ page }) => page).sort(), Object.keys(PAGES).sort())
})

catalogue.run()
