import { isIP } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SERVICES } from '../../../detect/services/index.js'
import * as titles from '../../../detect/titles.js'
import type { Bilingual } from '../../../model/finding.js'
import { itsmSchema } from '../../../sinks/itsm/config.js'
import { networkOf } from '../../../sinks/itsm/network.js'
import { ticketWords } from '../../../sinks/itsm/outbox.js'
import { Bench, finding, registryOf } from './lifecycle_fixture.js'

/** Titles travel further than tickets: no address of a host stands in one, whatever a service wrote. */
const test = suite('titles of incidents')

const ADDRESSES = [
  '10.1.2.3',
  '203.0.113.77',
  '2001:db8::7',
  'fe80::1',
  '2001:db8:1:2:3:4:5:6',
  '::ffff:10.0.0.1',
]
const words = (text: string): string[] =>
  text.split(/[^0-9A-Za-z.:%]+/).map((word) => word.replace(/[.:]+$/, ''))
const addresses = (text: string): string[] => words(text).filter((word) => isIP(word) !== 0)

const BASELINE_LEVELS: readonly titles.BaselineLevel[] = [
  'site',
  'link',
  'class',
  'organization',
  'supplier',
  'fleet',
]

/** All titles that the services' catalogue of words can make, at a site and at none. */
function allTitles(): Bilingual[] {
  type Maker = (place: { site: string | undefined; what?: string; outside: boolean }) => Bilingual
  const { BASELINE_TITLES, ...ofPlaces } = titles
  const makers = Object.entries(ofPlaces)
    .filter(([name]) => name.endsWith('_TITLES'))
    .flatMap(([, table]) => Object.values(table as unknown as Record<string, Maker>))
  const moved = BASELINE_LEVELS.flatMap((level) =>
    Object.values(BASELINE_TITLES).flatMap((make) => [
      make(level, undefined),
      make(level, 'hop-06-0001'),
      make(level, ADDRESSES[0]!),
    ]),
  )
  const placed = makers.flatMap((make) => [
    make({ site: 'hop-06-0001', what: 'memcached', outside: false }),
    make({ site: undefined, outside: true }),
    make({ site: 'hop-06-0001', what: ADDRESSES[0]!, outside: true }),
  ])
  return [...moved, ...placed]
}

const REGISTRY = registryOf(5)
const NETWORK = networkOf({ registry: REGISTRY })
const POLICY = { rules: [{ name: 'all', group_by: ['finding'], wait_s: 0 }] }
const ticket = ticketWords(itsmSchema.parse({}), () => NETWORK)

function ticketOf(bench: Bench): { title: string; note: string } {
  const incident = [...bench.incidents.values()].at(-1)!
  return ticket(incident, incident.history)
}

test('every title of every service, and every service with a title full of addresses', () => {
  const all = allTitles()
  assert.ok(all.length >= 50, `${all.length} titles`)
  let n = 0
  for (const [i, service] of SERVICES.map(({ id }) => id).entries()) {
    for (const title of all.filter((_, k) => k % SERVICES.length === i)) {
      const bench = new Bench(POLICY, REGISTRY)
      bench.findings(finding(`f${n++}`, { service, title }))
      const { title: told } = ticketOf(bench)
      assert.equal(addresses(told), [], told)
    }
    for (const address of ADDRESSES) {
      const bench = new Bench(POLICY, REGISTRY)
      const title = { fr: `Attaque de ${address} (${address}:443)`, en: `Attack of ${address}, [${address}]` }
      bench.findings(finding(`f${n++}`, { service, title }))
      const { fr, en } = [...bench.incidents.values()].at(-1)!.title
      assert.equal(addresses(`${fr} ${en}`), [], fr)
      const told = ticketOf(bench)
      assert.equal(addresses(told.title), [], told.title)
      assert.equal(addresses(told.note), [], told.note)
    }
  }
})

test('an operator’s remark with an address stays without it; times of day stay', () => {
  const bench = new Bench()
  bench.findings(finding('a'))
  const event = {
    id: 'e',
    incident: bench.single().uid,
    time: bench.now,
    comment: 'vu à 12:30:45 sur 10.1.2.3 et 2001:db8::7',
  }
  bench.give([{ type: 'event', by: 'operator:anne', event }])
  const { note } = bench.single().history.at(-1)!
  assert.equal(addresses(note.fr), [])
  assert.match(note.fr, '12:30:45')
})

test.run()
