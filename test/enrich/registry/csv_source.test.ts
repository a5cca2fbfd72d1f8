import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CSV_COLUMNS } from '../../../enrich/registry/csv_columns.js'
import { loadRegistry, type RegistryFile } from '../../../enrich/registry/load.js'
import { mistakeText } from '../../../enrich/registry/messages.js'

const test = suite('registry from CSV')

const FILES: readonly RegistryFile[] = [
  {
    name: 'x/organizations.csv',
    text:
      '\ufeffid,name.fr,name.en,services,itsm_group\r\n' +
      'lab,"Laboratoire, ""le grand""",Laboratory,ddos scan,SOC\r\nhop,Hôpital,Hospital,,\r\n',
  },
  {
    name: 'x/sites-sante.csv',
    text:
      'id;organization;name;region;coordinates.lat;coordinates.lon;migration.wave;prefixes\n' +
      'lab-1;lab;Labo 1;06;45.5;-73.6;2;10.1.0.0/16 2001:db8:1::/48\nhop-1;hop;;17;;;;\n',
  },
  {
    name: 'x/prefixes.csv',
    text: 'site,organization,prefix,vrf\nhop-1,,10.2.0.0/16,\nhop-1,,10.1.0.0/16,voice\n,lab,198.51.100.0/24,\n',
  },
  { name: 'x/vrfs.csv', text: 'id,name,numbers\nvoice,Voix,100|101\n' },
  { name: 'x/fournisseurs.csv', text: 'id,name.fr,name.en\nsup,Fournisseur,Supplier\n' },
  { name: 'x/exporters.csv', text: 'address,site,role\n192.0.2.1,hop-1,edge\n' },
  {
    name: 'x/liens.csv',
    text:
      'id,site,supplier,technology,committed_bps,billing.rule,interfaces\n' +
      'l1,hop-1,sup,fibre,100e6,flat,192.0.2.1#3 192.0.2.1#4\n',
  },
]

test('of several files is one registry', () => {
  const { registry, mistakes } = loadRegistry(FILES)
  assert.equal(mistakes, [])
  assert.equal(registry?.organizations, [
    {
      id: 'lab',
      name: { fr: 'Laboratoire, "le grand"', en: 'Laboratory' },
      services: { ddos: {}, scan: {} },
      itsm_group: 'SOC',
      prefixes: [{ prefix: '198.51.100.0/24' }],
    },
    { id: 'hop', name: { fr: 'Hôpital', en: 'Hospital' } },
  ])
  assert.equal(registry?.sites, [
    {
      id: 'lab-1',
      organization: 'lab',
      name: { fr: 'Labo 1', en: 'Labo 1' },
      region: '06',
      coordinates: { lat: 45.5, lon: -73.6 },
      migration: { wave: 2 },
      prefixes: [{ prefix: '10.1.0.0/16' }, { prefix: '2001:db8:1::/48' }],
    },
    {
      id: 'hop-1',
      organization: 'hop',
      region: '17',
      prefixes: [{ prefix: '10.2.0.0/16' }, { prefix: '10.1.0.0/16', vrf: 'voice' }],
    },
  ])
  assert.equal(registry?.vrfs, [{ id: 'voice', name: { fr: 'Voix', en: 'Voix' }, numbers: [100, 101] }])
  assert.equal(registry?.links[0]?.interfaces, [
    { exporter: '192.0.2.1', index: 3 },
    { exporter: '192.0.2.1', index: 4 },
  ])
  assert.is(registry?.links[0]?.committed_bps, 100e6)
})

test('tells mistakes by the cell they are in', () => {
  const { mistakes } = loadRegistry([
    { name: 'organizations.csv', text: 'id,name.fr,name.en\na,A,A\n' },
    {
      name: 'sites.csv',
      text: 'id,organization,regoin,coordinates.lat,prefixes\n"s\n1",a,06,north,10.0.0.0/8\ns2,b,06,45,10.0.0.0/8\ns3,a\n',
    },
    { name: 'prefixes.csv', text: 'site,organization,prefix,vrf\ns9,,10.9.0.0/16,\n,,10.8.0.0/16,\ns2,,,\n' },
    { name: 'vrfs.csv', text: 'id,numbers\nv,1 x\nw,"2' },
    { name: 'things.csv', text: 'id\n1\n' },
  ])
  assert.equal(
    mistakes.map(({ file, line, column, code }) => `${file}:${line}:${column} ${code}`),
    [
      'sites.csv:1:17 csv_column',
      'sites.csv:2:1 id_format',
      'sites.csv:3:9 csv_number',
      'sites.csv:4:1 missing',
      'sites.csv:4:4 reference',
      'sites.csv:4:12 prefix_taken',
      'sites.csv:5:1 csv_cells',
      'prefixes.csv:2:1 reference',
      'prefixes.csv:3:1 csv_owner',
      'prefixes.csv:4:5 missing',
      'vrfs.csv:2:3 csv_number',
      'vrfs.csv:3:3 csv_quote',
      'things.csv:1:1 csv_section',
    ],
  )
  assert.match(mistakeText(mistakes[1]!, 'en'), /^sites.csv:2:1: site s 1: "s 1" is not an id/)
})

test('has a column for every key of the schema', () => {
  const columns = [...CSV_COLUMNS.sites!.keys()]
  for (const column of ['id', 'name', 'name.fr', 'region', 'coordinates.lat', 'migration.date', 'prefixes']) {
    assert.ok(columns.includes(column), column)
  }
  assert.is(CSV_COLUMNS.links?.get('billing.price_per_mbps_cad')?.kind, 'number')
  assert.is(CSV_COLUMNS.links?.get('interfaces')?.kind, 'pairs')
  assert.is(CSV_COLUMNS.organizations?.get('services')?.kind, 'keys')
})

test.run()
