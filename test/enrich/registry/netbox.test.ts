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

test.run()
