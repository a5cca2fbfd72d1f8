import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Reader, type Response } from 'mmdb-lib'
import { Registry as Metrics } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { randomWords } from '../../../bench/naive_table.js'
import { buildGeo } from '../../../enrich/geo/build_geo.js'
import { GeoWatch } from '../../../enrich/geo/geo_watch.js'
import { MmdbError, readMmdb } from '../../../enrich/geo/mmdb_ranges.js'
import { Enricher } from '../../../enrich/stages/enricher.js'
import { buildTables } from '../../../enrich/tables/build_tables.js'
import { PrefixTable } from '../../../enrich/tables/prefix_table.js'
import { v4Text, v6Text } from '../../../enrich/tables/prefix_text.js'
import { COL } from '../../../model/flow_columns.js'
import { LogBook, until } from '../../ingest/bus/nats_fixture.js'
import { temporaryDir } from '../../sinks/clickhouse/start_store.js'
import { blockOf, columnOf, snapshotOf } from '../stages/block_fixture.js'
import { MmdbWriter } from './mmdb_writer.js'

const test = suite('countries and autonomous systems')

const code = (letters: string): number => letters.charCodeAt(0) * 256 + letters.charCodeAt(1)

/** A file of countries, and one of autonomous systems. */
function makeFiles(): [countries: Buffer, systems: Buffer] {
  const countries = new MmdbWriter(24)
  countries.add('198.51.100.0/24', { country: { iso_code: 'CA' } })
  countries.add('203.0.113.0/25', { registered_country: { iso_code: 'FR' } })
  countries.add('2001:db8::/32', { country: { iso_code: 'DE' } })
  countries.add('10.1.0.0/16', { country: { iso_code: 'US' } })
  countries.addAliases()
  const systems = new MmdbWriter(28)
  systems.add('198.51.100.128/25', { autonomous_system_number: 64_500, autonomous_system_organization: 'Un' })
  systems.add('203.0.113.0/24', { autonomous_system_number: 64_501, autonomous_system_organization: 'Deux' })
  systems.add('2001:db8:1::/48', {
    autonomous_system_number: 4_200_000_000,
    autonomous_system_organization: 'Trois',
  })
  return [countries.finish('GeoLite2-Country'), systems.finish('GeoLite2-ASN')]
}

test('are told of the ends outside, and leave what the exporter told', () => {
  const built = buildGeo(1, makeFiles())
  const tables = buildTables(
    snapshotOf({
      organizations: [{ id: 'lab', name: { fr: 'L', en: 'L' } }],
      sites: [{ id: 'l1', organization: 'lab', prefixes: ['10.1.0.0/16'] }],
    }),
  )
  const block = blockOf([
    { src_addr: '10.1.0.1', dst_addr: '198.51.100.1', src_as: 7, dst_as: 0 },
    { src_addr: '198.51.100.200', dst_addr: '203.0.113.7', src_as: 7, dst_as: 0 },
    { src_addr: '203.0.113.200', dst_addr: '2001:db8:1::1', src_as: 0, dst_as: 0 },
    { src_addr: '2001:db8:2::1', dst_addr: '192.0.2.1', src_as: 0, dst_as: 9 },
  ])
  new Enricher({ ...tables, geo: built.tables }).enrich(block)
  assert.equal(columnOf(block, 'src_country_code'), [0, code('CA'), 0, code('DE')])
  assert.equal(columnOf(block, 'dst_country_code'), [code('CA'), code('FR'), code('DE'), 0])
  assert.equal(columnOf(block, 'src_as'), [7, 7, 64_501, 0])
  assert.equal(columnOf(block, 'dst_as'), [0, 64_501, 4_200_000_000, 9])
  assert.equal(
    [...built.asNames].sort((a, b) => a.number - b.number),
    [
      { number: 64_500, name: 'Un' },
      { number: 64_501, name: 'Deux' },
      { number: 4_200_000_000, name: 'Trois' },
    ],
  )
})

test('are left out where no file was named', () => {
  const block = blockOf([{ src_addr: '198.51.100.1', dst_addr: '203.0.113.1' }])
  new Enricher(buildTables(snapshotOf({}))).enrich(block)
  assert.is(block.touched[COL.src_country_code!], 0)
})

test('are those that the reader of the format finds', () => {
  for (const bits of [24, 28, 32] as const) {
    const random = randomWords(bits)
    const writer = new MmdbWriter(bits)
    for (let i = 0; i < 300; i++) {
      const letters = String.fromCharCode(65 + (random() % 26), 65 + (random() % 26))
      const data = { country: { iso_code: letters }, autonomous_system_number: 1 + (random() % 50) }
      // One of its own for each, so that none lies within another.
      if (i % 2 === 0) writer.add(`${v4Text(((i * 3 + 1) << 22) >>> 0)}/${10 + (random() % 23)}`, data)
      else
        writer.add(
          `${v6Text([0x20000000 + i * 0x10000, random() & 0xff, 0, 0])}/${[64, 96, 128][i % 3]}`,
          data,
        )
    }
    writer.addAliases()
    const file = writer.finish('Test')
    const reader = new Reader<Response>(file)
    const { tables } = buildGeo(1, [file])
    const table = new PrefixTable(tables.addresses)
    const facts = new Uint32Array(tables.facts)
    for (let i = 0; i < 5000; i++) {
      const n = random() % 300
      const v4 = random() % 2 === 0
      const words = [0x20000000 + n * 0x10000, random() & 0xff, random() % 2 === 0 ? 0 : random(), random()]
      const near = (((n * 3 + 1) << 22) | (random() & (random() % 2 === 0 ? 0xff : 0x3fffff))) >>> 0
      const found = v4 ? table.lookup4(near) : table.lookup6(words[0]!, words[1]!, words[2]!, words[3]!)
      const text = v4 ? v4Text(near) : v6Text(words)
      const said = reader.get(text) as {
        country: { iso_code: string }
        autonomous_system_number: number
      } | null
      const expected = said === null ? [0, 0] : [said.autonomous_system_number, code(said.country.iso_code)]
      assert.equal([...facts.subarray(2 * found, 2 * found + 2)], expected, `${bits} bits, ${text}`)
    }
  }
})

test('are refused by name where a file is none, is cut off, or comes back on itself', () => {
  const [good] = makeFiles()
  const loop = Buffer.from(good)
  loop.fill(0, 0, 60)
  for (const bad of [Buffer.from('hello'), Buffer.alloc(0), good.subarray(good.length - 120), loop]) {
    assert.throws(
      () => readMmdb(bad),
      (e: unknown) => e instanceof MmdbError,
    )
  }
})

test('follow the files: a new one is taken, a bad one is told and changes nothing', async () => {
  const dir = temporaryDir()
  const files = ['country.mmdb', 'asn.mmdb'].map((name) => join(dir, name))
  for (const [i, bytes] of makeFiles().entries()) writeFileSync(files[i]!, bytes)
  const logger = new LogBook()
  const watch = new GeoWatch({ files, poll_interval_ms: 10 }, { logger, metrics: new Metrics() })
  await watch.start()
  assert.is(watch.current?.tables.version, 1)
  const put = (bytes: Buffer): void => {
    writeFileSync(join(dir, 'new'), bytes)
    renameSync(join(dir, 'new'), files[1]!)
  }
  put(Buffer.from('no file'))
  await until(() => logger.said('cannot be read; those in use stay'), 'the bad file is told')
  assert.is(watch.current?.tables.version, 1)
  const other = new MmdbWriter()
  other.add('192.0.2.0/24', { asn: 'AS64499', as_name: 'Autre' })
  put(other.finish('ipinfo asn'))
  await until(() => watch.current?.asNames[0]?.name === 'Autre', 'the new file is in use')
  await watch.stop()
})

test.run()
