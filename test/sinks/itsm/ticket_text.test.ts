import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { typographyFaults } from '../../../dashboards/i18n/typography.js'
import { pageUid } from '../../../dashboards/pages.js'
import { clip, ticketText, withoutAddresses } from '../../../sinks/itsm/ticket_text.js'
import * as words from '../../../sinks/itsm/ticket_text_words.js'
import { anIncident, aTransition, textOf } from './an_incident.js'

const tests = suite('ticket text')

tests('all words follow the typography of their language', () => {
  const faults: string[] = []
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    const { fr, en } = value as { fr?: unknown; en?: unknown }
    if (typeof fr === 'string' && typeof en === 'string') {
      for (const [text, lang] of [
        [fr, 'fr'],
        [en, 'en'],
      ] as const)
        faults.push(...typographyFaults(text, lang).map((fault) => `${path} ${lang}: ${text}: ${fault}`))
      return
    }
    for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`)
  }
  walk({ ...words }, 'words')
  assert.equal(faults, [])
})

tests('a French ticket says what, where, since when and where to look', () => {
  const incident = anIncident({ history: [aTransition('open')] })
  const text = textOf(incident, incident.history)
  assert.is(text.title, 'VIG-01234567 Attaque volumétrique vers un hôte du site hopital-1')
  for (const part of [
    'Organisme\u00a0: sante-06',
    'Région administrative\u00a0: 06 Montréal',
    'Gravité\u00a0: critique',
    'Priorité\u00a0: 2, élevée (incidence moyenne, urgence élevée)',
    'Début\u00a0: 2026-11-21 14:05:30 (HNE)',
    'pointe, paquets/s\u00a0: 123\u00a0456,5',
    'taux de perte\u00a0: 1,23\u00a0%',
    'dst\u00a0: 10.6.0.17',
    '2026-11-21 14:06:30 (HNE) Ouverture\u00a0: Note 1 de open',
    'Clé de corrélation\u00a0: 0123456789abcdef0123456789abcdef',
    `https://vigie.test/d/${pageUid('finding', 'fr')}?`,
  ])
    assert.ok(text.body.includes(part), `${part}\n\n${text.body}`)
  assert.ok(text.note.startsWith('2026-11-21 14:06:30 (HNE) Ouverture\u00a0: Note 1 de open\n'))
  assert.match(text.dashboardUrl!, /var-uid=f00d/)
  assert.match(text.query, /incident = '0123456789abcdef0123456789abcdef'/)
})

tests('an English ticket is English', () => {
  const { title, body } = textOf(anIncident({ lang: 'en', test: true }), [])
  assert.is(title, '[TEST] VIG-01234567 Volumetric attack to a host at site hopital-1')
  assert.ok(body.includes('Priority: 2, high (impact medium, urgency high)'), body)
  assert.ok(body.includes('peak, packets/s: 123,456.5'))
})

tests('several findings lead to the list of their place', () => {
  const { dashboardUrl } = textOf(anIncident({ findings: 7 }), [])
  assert.match(dashboardUrl!, /vigie-fr-findings\?.*var-org=sante-06&var-site=hopital-1/)
})

tests('no title holds the address of a host', () => {
  for (const address of ['10.1.2.3', '2001:db8::17', 'fe80::1%eth0', '::ffff:10.1.2.3', '192.0.2.1.'])
    assert.match(withoutAddresses(`Panne de ${address} ici`, 'fr'), /^Panne de \(adresse\)\.? ici$/)
  assert.is(withoutAddresses('Version 1.2.3 à 14:05, façade', 'fr'), 'Version 1.2.3 à 14:05, façade')
  const title = { fr: 'Attaque vers 10.1.2.3', en: 'Attack to 10.1.2.3' }
  assert.is(textOf(anIncident({ title }), []).title, 'VIG-01234567 Attaque vers (adresse)')
})

tests('texts are bounded, and cut between characters', () => {
  assert.is(clip('abcdef', 4), 'abc…')
  assert.is(clip('ab😀cd', 4), 'ab…')
  const evidence = anIncident().evidence[0]!
  const many = anIncident({
    title: { fr: 'x'.repeat(5000), en: 'x' },
    findings: 5000,
    evidence: Array.from({ length: 200 }, () => ({ ...evidence, evidence: { note: 'y'.repeat(9999) } })),
    history: Array.from({ length: 100 }, (_, i) => aTransition('update', i + 1)),
  })
  const text = ticketText(many, many.history, {})
  assert.ok(text.title.length <= 250 && text.body.length <= 16_000 && text.note.length <= 4_000)
  assert.ok(text.body.includes('… et 4\u00a0990 autres constats'))
  assert.is(text.dashboardUrl, undefined)
})

tests.run()
