import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { randomWords } from '../../../bench/naive_table.js'
import type { ServiceCheck } from '../../../enrich/registry/check_rules.js'
import { loadRegistry } from '../../../enrich/registry/load.js'
import { mistakeText } from '../../../enrich/registry/messages.js'
import { type Loose, type LooseRegistry, makeRegistry, toYaml } from './registry_fixture.js'

const test = suite('mistakes of a registry')

const CHECK: ServiceCheck = {
  ids: ['ddos', 'scan'],
  faults: (_, parameters, whose) =>
    whose === 'sites'
      ? ['not by site']
      : (parameters as Loose).mode === 'loud'
        ? ['mode must be shadow']
        : [],
}

/**
 * Section, code that is expected, and how to make the mistake. `other` is another entry of the section, left
 * whole.
 */
type Maker = readonly [section: string, code: string, make: (entry: Loose, other: Loose) => void]

const set =
  (key: string, value: unknown) =>
  (entry: Loose): void => {
    const path = key.split('.')
    let at = entry
    for (const step of path.slice(0, -1)) at = at[step] as Loose
    if (value === undefined) delete at[path[path.length - 1]!]
    else at[path[path.length - 1]!] = value
  }

const MAKERS: readonly Maker[] = [
  ['organizations', 'missing', set('name.en', undefined)],
  ['organizations', 'not_one_of', set('kind', 'minstry')],
  ['organizations', 'key_unknown', set('services', { dos: {} })],
  ['organizations', 'wrong_type', set('services', ['ddos'])],
  ['organizations', 'text_empty', set('name.fr', '')],
  ['organizations', 'not_one_of', set('language', 'es')],
  ['organizations', 'key_unknown', set('colour', 'blue')],
  ['sites', 'duplicate_id', (entry, other) => set('id', other.id)(entry)],
  ['sites', 'reference', set('organization', 'nobody')],
  ['sites', 'region_code', set('region', '18')],
  ['sites', 'wrong_type', set('region', 6)],
  ['sites', 'wrong_type', set('prefixes', '10.7.0.0/16')],
  ['sites', 'prefix_length', set('prefixes', ['172.16.0.0/33'])],
  ['sites', 'prefix_address', set('prefixes', ['300.1.2.0/24'])],
  ['sites', 'prefix_host_bits', set('prefixes', ['172.16.1.2/24'])],
  ['sites', 'prefix_taken', (entry, other) => set('prefixes', [(other.prefixes as string[])[0]])(entry)],
  ['sites', 'prefix_twice', set('prefixes', ['172.17.0.0/16', '2001:db8:ffff::/48', '172.17.0.0/16'])],
  ['sites', 'reference', set('prefixes', [{ prefix: '172.18.0.0/16', vrf: 'voise' }])],
  ['sites', 'missing', set('prefixes', [{ vrf: 'voice' }])],
  ['sites', 'latitude', set('coordinates.lat', 97)],
  ['sites', 'moment_format', set('migration.date', '1 May')],
  ['sites', 'positive', set('migration.wave', 0)],
  ['sites', 'not_one_of', set('network', 'rtss')],
  ['links', 'reference', set('site', 'site-none')],
  ['links', 'contract_supplier', set('contract', 'lot-2')],
  ['links', 'burst_below', set('burst_bps', 5)],
  ['links', 'not_negative', set('billing.price_per_mbps_cad', -1)],
  ['links', 'interface_taken', (entry, other) => set('interfaces', other.interfaces)(entry)],
  ['links', 'reference', set('interfaces', [{ exporter: '198.51.100.9', index: 1 }])],
  ['exporters', 'exporter_address', set('address', '192.0.2')],
  ['exporters', 'exporter_twice', (entry, other) => set('address', other.address)(entry)],
  ['maintenance', 'end_before_start', set('end', '2026-05-01T10:00:00-04:00')],
  ['maintenance', 'maintenance_nothing', set('sites', undefined)],
  ['maintenance', 'maintenance_overlap', (entry, other) => set('sites', other.sites)(entry)],
  ['consolidation', 'consolidation_self', (entry) => set('into', entry.room)(entry)],
  ['consolidation', 'consolidation_twice', (entry, other) => set('room', other.room)(entry)],
  ['applications', 'port_format', set('ports', ['tcp/70000'])],
  ['applications', 'port_taken', (entry, other) => set('ports', other.ports)(entry)],
  ['applications', 'app_id_format', set('app_ids', ['nbar'])],
  ['feeds', 'refresh', set('refresh_s', 5)],
]

/** A registry with all mistakes, each in an entry of its own, chosen by the seed. */
function spoil(seed: number): { text: string; expected: { line: number; code: string; section: string }[] } {
  const random = randomWords(seed)
  const registry = makeRegistry(seed, 300) as unknown as LooseRegistry
  const taken = new Set<Loose>()
  const choose = (section: string): Loose => {
    const entries = registry[section]!
    for (;;) {
      const entry = entries[random() % entries.length]!
      if (taken.has(entry)) continue
      taken.add(entry)
      return entry
    }
  }
  const spoiled = MAKERS.map(([section, code, make]) => {
    const entry = newcomer(registry, code) ?? choose(section)
    taken.add(entry)
    const other = MAKERS_WITH_OTHER.has(code) ? choose(section) : entry
    make(entry, other)
    return { entry, other, code, section }
  })
  const { text, lineOf } = toYaml(registry)
  // Of two entries that clash, the later one is told.
  const expected = spoiled.map(({ entry, other, code, section }) => {
    return { line: Math.max(lineOf.get(entry)!, lineOf.get(other)!), code, section }
  })
  return { text, expected }
}

const MAKERS_WITH_OTHER = new Set([
  'duplicate_id',
  'prefix_taken',
  'interface_taken',
  'exporter_twice',
  'maintenance_overlap',
  'consolidation_twice',
  'port_taken',
])

/** For mistakes in the name of an entry: a new one, that no other names. */
function newcomer(registry: LooseRegistry, code: string): Loose | undefined {
  if (code === 'duplicate_id') registry.sites!.push({ id: 'new', organization: 'org-0' })
  else if (code.startsWith('exporter_')) registry.exporters!.push({ address: '198.51.100.1', site: 'site-0' })
  else return undefined
  return registry[code === 'duplicate_id' ? 'sites' : 'exporters']!.at(-1)
}

test('forty, one of each kind, are all told in one run, each on its line, and nothing else', () => {
  assert.is(MAKERS.length, 40)
  for (let seed = 1; seed <= 8; seed++) {
    const { text, expected } = spoil(seed)
    const { registry, mistakes } = loadRegistry([{ name: 'r.yaml', text }], CHECK)
    assert.is(registry, undefined)
    const found = mistakes.map(({ line, code, section }) => `${line} ${section} ${code}`).sort()
    const wanted = expected.map(({ line, code, section }) => `${line} ${section} ${code}`).sort()
    assert.equal(found, wanted, `seed ${seed}`)
  }
})

test('of feeds and privacy are told, too', () => {
  const text = `
organizations:
  - { id: a, name: { fr: A, en: A }, privacy: { mode: pseudonim } }
  - { id: b, name: { fr: B, en: B }, privacy: { mode: mask, ipv4_bits: 33 } }
feeds:
  - { id: f, format: taxii, source: /etc/feed.json }
  - { id: g, format: misp, source: "https://misp.example/", auth: { header: "X Key" } }
  - { id: h, format: cidr, source: list.txt, confidence: 101 }
`
  const { mistakes } = loadRegistry([{ name: 'r.yaml', text }])
  assert.equal(
    mistakes.map(({ line, code }) => `${line} ${code}`),
    ['3 not_one_of', '4 address_bits', '6 feed_address', '7 feed_secret', '7 header_name', '8 percent'],
  )
})

test('of JSON are told as those of YAML, and what is good is read alike', () => {
  const good = JSON.stringify(makeRegistry(5, 50), undefined, 1)
  const registries = ['r.json', 'r.yaml'].map((name) => loadRegistry([{ name, text: good }]).registry)
  assert.ok(registries[0])
  assert.equal(registries[0], registries[1])
  for (const bad of [
    good.replace('"region": "', '"region": "9'),
    good.replace('"sites"', '"stes"'),
    good.slice(9),
    '[]',
  ]) {
    const [json, yaml] = ['r.json', 'r.yaml'].map((name) => loadRegistry([{ name, text: bad }]).mistakes)
    assert.ok(json!.length > 0)
    assert.equal(
      json!.map((m) => ({ ...m, file: 'r.yaml' })),
      yaml,
    )
  }
})

test('are told with file, line, column, what is wrong and what to do, in both languages', () => {
  const { mistakes } = loadRegistry([{ name: 'r.yaml', text: spoil(7).text }])
  for (const mistake of mistakes) {
    for (const lang of ['fr', 'en'] as const) {
      const text = mistakeText(mistake, lang)
      assert.match(text, /^r\.yaml:\d+:\d+: ./)
      assert.not.match(text, /undefined|\[object/)
    }
    assert.not.equal(mistakeText(mistake, 'fr'), mistakeText(mistake, 'en'))
  }
})

test('point at the value itself', () => {
  const text = 'sites:\n  - id: s1\n    organisation: a\n    region: 6\n'
  const { mistakes } = loadRegistry([{ name: 'r.yaml', text }])
  assert.equal(
    mistakes.map((m) => mistakeText(m, 'en')),
    [
      'r.yaml:2:5: site s1: "organization" is missing; add it',
      'r.yaml:3:5: site s1: there is no key "organisation" here; write "organization"; else remove it',
      'r.yaml:4:13: site s1: "region" must be a text, not 6; write "06"',
    ],
  )
})

test('of syntax end the file they are in, and not the others', () => {
  const { mistakes } = loadRegistry([
    { name: 'a.yaml', text: 'sites:\n  - { id: s1\n' },
    {
      name: 'b.yaml',
      text: 'organizations:\n  - { id: a, id: b, name: { fr: A, en: A } }\nsite: []\nvrfs: 3\n',
    },
    { name: 'c.yaml', text: '- 1\n' },
    { name: 'd.yaml', text: '' },
  ])
  const codes = mistakes.map(({ file, line, code }) => `${file}:${line} ${code}`)
  assert.is(codes.filter((c) => c.startsWith('a.yaml')).length > 0, true)
  assert.ok(codes.filter((c) => c.startsWith('a.yaml')).every((c) => c.endsWith(' yaml')))
  assert.equal(
    codes.filter((c) => !c.startsWith('a.yaml')),
    ['b.yaml:2 yaml', 'b.yaml:3 section_unknown', 'b.yaml:4 section_not_list', 'c.yaml:1 not_a_map'],
  )
})

test('between files are told with the file of the first', () => {
  const { mistakes } = loadRegistry([
    { name: 'a.yaml', text: 'organizations:\n  - { id: a, name: { fr: A, en: A } }\n' },
    { name: 'b.yaml', text: 'organizations:\n  - { id: a, name: { fr: A, en: A } }\n' },
  ])
  assert.equal(
    mistakes.map((m) => mistakeText(m, 'en')),
    [
      'b.yaml:2:11: organization a: the id "a" is taken (a.yaml:2:11); choose another one or remove this entry',
    ],
  )
})

test('are none where prefixes nest, or are equal in two VRFs', () => {
  const text = `
organizations: [{ id: a, name: { fr: A, en: A }, prefixes: [10.0.0.0/8] }]
vrfs: [{ id: voice }]
sites:
  - { id: s1, organization: a, prefixes: [10.1.0.0/16, "::ffff:10.2.0.0/112"] }
  - { id: s2, organization: a, prefixes: [10.1.7.0/24, { prefix: 10.1.0.0/16, vrf: voice }] }
`
  assert.equal(loadRegistry([{ name: 'r.yaml', text }]).mistakes, [])
})

test('of equal prefixes are found however they are written', () => {
  const text = `
organizations: [{ id: a, name: { fr: A, en: A } }]
sites:
  - { id: s1, organization: a, prefixes: [10.2.0.0/16, "2001:DB8:0:0::/48"] }
  - { id: s2, organization: a, prefixes: ["::ffff:10.2.0.0/112", "2001:db8::/48"] }
`
  const { mistakes } = loadRegistry([{ name: 'r.yaml', text }])
  assert.equal(
    mistakes.map(({ code, line }) => [code, line]),
    [
      ['prefix_taken', 5],
      ['prefix_taken', 5],
    ],
  )
})

test('of a service are what the service says', () => {
  const text = 'organizations:\n  - { id: a, name: { fr: A, en: A }, services: { scan: { mode: loud } } }\n'
  const { mistakes } = loadRegistry([{ name: 'r.yaml', text }], CHECK)
  assert.is(mistakeText(mistakes[0]!, 'en'), 'r.yaml:2:56: organization a: service scan: mode must be shadow')
})

test('a service that is none, and what it may have meant', () => {
  const text = `
organizations: [{ id: a, name: { fr: A, en: A }, services: { scam: {} } }]
sites: [{ id: s, organization: a, services: { scan: { hosts: 9 } } }]
`
  const { mistakes } = loadRegistry([{ name: 'r.yaml', text }], CHECK)
  assert.equal(
    mistakes.map((m) => [m.code, m.line, m.params.near ?? m.params.detail]),
    [
      ['key_unknown', 2, 'scan'],
      ['service_parameters', 3, 'not by site'],
    ],
  )
})

test.run()
