import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { stringify } from 'yaml'
import { loadRegistry } from '../../../enrich/registry/load.js'
import { readNetbox } from '../../../enrich/registry/netbox.js'

const test = suite('registry from NetBox')

const tenant = { url: 'https://netbox/api/tenancy/tenants/1/', name: 'Hôpital du Nord', slug: 'hopital-nord' }
const site = {
  url: 'https://netbox/api/dcim/sites/5/',
  name: 'Pavillon A',
  slug: 'pavillon-a',
  tenant,
  region: { name: 'Saguenay–Lac-Saint-Jean', slug: 'saguenay-lac-saint-jean' },
  latitude: '48.420000',
  longitude: -71.06,
}
const vrf = { url: 'https://netbox/api/ipam/vrfs/2/', name: 'Téléphonie', rd: '65000:2' }
const provider = { name: 'Télécom X', slug: 'telecom-x' }

const FILES = [
  {
    name: 'prefixes.json',
    text: JSON.stringify({
      count: 5,
      results: [
        { prefix: '10.1.0.0/16', site: { slug: 'pavillon-a' }, vrf: null },
        {
          prefix: '10.1.0.0/16',
          scope_type: 'dcim.site',
          scope: { name: 'Pavillon A', slug: 'pavillon-a' },
          vrf,
        },
        { prefix: '2001:db8::/32', tenant },
        { prefix: '10.9.0.0/16' },
      ],
    }),
  },
  {
    name: 'all.json',
    text: JSON.stringify({
      tenants: [tenant],
      sites: [site, { slug: 'siege', name: 'Siège', region: { name: '06 - Montréal' }, tenant: null }],
      circuits: [
        { cid: 'CX 100/7', provider, commit_rate: 100_000, termination_a: { site: { slug: 'pavillon-a' } } },
      ],
      racks: [{ url: 'https://netbox/api/dcim/racks/1/', name: 'R1' }],
    }),
  },
]

test('takes tenants, sites, regions, prefixes, VRFs, providers and circuits, in any order', () => {
  const { registry, mistakes, skipped } = readNetbox(FILES)
  assert.equal(mistakes, [])
  assert.is(skipped, 2)
  assert.equal(registry.sites, [
    {
      id: 'pavillon-a',
      organization: 'hopital-nord',
      name: 'Pavillon A',
      region: '02',
      coordinates: { lat: 48.42, lon: -71.06 },
      prefixes: ['10.1.0.0/16', { prefix: '10.1.0.0/16', vrf: 'Telephonie' }],
    },
    { id: 'siege', organization: 'netbox', name: 'Siège', region: '06', prefixes: [] },
  ])
  assert.equal(registry.links, [
    { id: 'CX-100-7', site: 'pavillon-a', supplier: 'telecom-x', committed_bps: 100e6 },
  ])
  assert.equal(registry.organizations?.[0]?.prefixes, ['2001:db8::/32'])
})

test('gives what passes the check', () => {
  const text = stringify(readNetbox(FILES).registry)
  assert.equal(loadRegistry([{ name: 'netbox.yaml', text }]).mistakes, [])
})

test('tells a file that is not JSON', () => {
  assert.is(readNetbox([{ name: 'x.json', text: '{' }]).mistakes[0]?.file, 'x.json')
})

test('takes regions by municipality from a list with ISQ codes', () => {
  const sites = [
    { url: '/dcim/sites/1/', slug: 'a', name: 'A', region: { name: 'Val-d’Or' } },
    {
      url: '/dcim/sites/2/',
      slug: 'b',
      name: 'B',
      region: null,
      physical_address: '1 rue X, Saint-Hyacinthe, QC',
    },
    { url: '/dcim/sites/3/', slug: 'c', name: 'C', region: { name: '06 Montréal' } },
    { url: '/dcim/sites/4/', slug: 'd', name: 'D', region: { name: 'Ailleurs' } },
  ]
  const list =
    'mcode;munnom;regadm\n89008;Val-d\'Or;"Abitibi-Témiscamingue (08)"\n54048;Saint-Hyacinthe;Montérégie (16)\n'
  const { registry, mistakes } = readNetbox([
    { name: 'netbox.json', text: JSON.stringify(sites) },
    { name: 'municipalites.csv', text: list },
  ])
  assert.equal(mistakes, [])
  assert.equal(
    registry.sites?.map(({ region, municipality }) => [region, municipality]),
    [
      ['08', 'Val-d’Or'],
      ['16', 'Saint-Hyacinthe'],
      ['06', undefined],
      [undefined, undefined],
    ],
  )
  const isq = 'Code;Municipalité;Code de la région administrative\n1;Gaspé;11\n'
  assert.equal(readNetbox([{ name: 'isq.csv', text: isq }]).mistakes, [])
  assert.is(readNetbox([{ name: 'x.csv', text: 'a,b\n1,2\n' }]).mistakes[0]?.code, 'isq_columns')
})

test.run()
