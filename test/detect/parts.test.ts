import { deserialize, serialize } from 'node:v8'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { addressKey, addressOfKey, addressText, parseAddress } from '../../detect/address.js'
import { BoundedMap } from '../../detect/bounded_map.js'
import { ByteReader, ByteWriter } from '../../detect/bytes.js'
import { Catalogue, CatalogueError } from '../../detect/catalogue.js'
import { FindingBook, type FindingReport } from '../../detect/finding_book.js'
import { flowsSql } from '../../detect/flow_query.js'
import { mix } from '../../detect/hash.js'
import { KeyTable } from '../../detect/key_table.js'
import { toOcsf } from '../../detect/ocsf.js'
import { pack, unpack } from '../../detect/pack.js'
import { Prevalence } from '../../detect/prevalence.js'
import { Reorder } from '../../detect/reorder.js'
import { SERVICES } from '../../detect/services/index.js'
import { StepGate } from '../../detect/step_gate.js'
import { seeded, T0 } from './flows.js'

const test = suite('detect/parts')

test('addresses are read and written as RFC 5952 wants them', () => {
  const words = new Uint32Array(8)
  for (const [text, written] of [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ] as const) {
    assert.ok(parseAddress(text, words, 4), text)
    assert.is(addressText(words, 4), written)
    const key = addressKey(words, 4)
    assert.is(addressOfKey(`xyz${key}`, 3, key.length), written)
  }
  for (const bad of [
    '',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    'x',
    '1::2::3',
    ':::',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
  ]) {
    assert.not.ok(parseAddress(bad, words, 0), bad)
  }
})

test('numbers and addresses come back as they were written', () => {
  const writer = new ByteWriter(4)
  const numbers = [0, 1, 127, 128, 16_384, 268_435_455, 268_435_456, 4_294_967_296, 2 ** 53 - 1]
  const addresses = new Uint32Array(8)
  parseAddress('203.0.113.9', addresses, 0)
  parseAddress('2001:db8::9', addresses, 4)
  for (const n of numbers) writer.varint(n)
  writer.address(addresses, 0)
  writer.address(addresses, 4)
  const bytes = writer.take()
  assert.is(writer.length, 0)
  const reader = new ByteReader(bytes)
  assert.equal(
    numbers.map(() => reader.varint()),
    numbers,
  )
  const back = new Uint32Array(8)
  reader.address(back, 0)
  reader.address(back, 4)
  assert.equal(back, addresses)
  assert.is(reader.left, 0)
  assert.throws(() => reader.u8(), /early/)
})

test('the table finds what it was given, forgets it when cleared, and counts what finds no room', () => {
  const table = new KeyTable(100)
  const words = new Uint32Array(4 * 300)
  for (let i = 0; i < 300; i++) parseAddress(`10.0.${i >> 8}.${i & 255}`, words, i * 4)
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 300; i++) table.add(words, i * 4, 7, Math.imul(i, 2654435761) >>> 0)
    assert.is(table.size, 100)
    assert.is(table.overflow, 200)
    assert.is(table.find(words, 20, 7, Math.imul(5, 2654435761) >>> 0), 5)
    assert.is(table.find(words, 20, 8, Math.imul(5, 2654435761) >>> 0), -1)
    table.clear()
    assert.is(table.find(words, 20, 7, Math.imul(5, 2654435761) >>> 0), -1)
  }
})

test('keys chosen to collide cost counted overflow, never time', () => {
  const table = new KeyTable(4096)
  const words = new Uint32Array(4 * 4096)
  for (let i = 0; i < 4096; i++) words[i * 4 + 3] = i
  for (let i = 0; i < 4096; i++) table.add(words, i * 4, 0, 42)
  assert.ok(table.overflow > 4000)
})

const SHAPE = { numbers: ['credit', 'n'], flags: [], lists: [], others: [] } as const

test('a bounded map keeps what is worth more, and what must stay', () => {
  const map = new BoundedMap<{ credit: number; n: number }>(100, SHAPE, ({ n }) =>
    n === 0 ? Number.POSITIVE_INFINITY : n % 10 === 0 ? 5 : 0,
  )
  for (let n = 0; n < 1000; n++) map.set(`k${n}`, { credit: -1, n })
  assert.is(map.size, 100)
  assert.is(map.evicted, 900)
  assert.ok(map.get('k0'))
  const tens = [...map.values()].filter(({ n }) => n % 10 === 0).length
  assert.ok(tens > 30, `${tens} of 100 are worth something`)
  const again = new BoundedMap<{ credit: number; n: number }>(100, SHAPE, () => 0)
  again.restore(map.snapshot())
  assert.equal([...again.values()], [...map.values()])
})

test('many objects are packed into few arrays and come back', () => {
  const shape = { numbers: ['a'], flags: ['yes'], lists: ['l'], others: ['o'] } as const
  const map = new Map([
    ['x', { a: 1.5, yes: true, l: [1, 2, 3], o: 'text' }],
    ['\ud800', { a: -1, yes: false, l: [], o: undefined }],
  ])
  const back = unpack<{ a: number; yes: boolean; l: number[]; o: string | undefined }>(
    deserialize(serialize(pack(map, shape))),
    shape,
  )
  assert.equal([...back], [...map])
})

test('prevalence tells few sources from many', () => {
  const prevalence = new Prevalence()
  for (let source = 0; source < 200; source++) prevalence.note(1, source * 7919, T0)
  for (let i = 0; i < 200; i++) prevalence.note(2, 5, T0)
  for (let source = 0; source < 20; source++) prevalence.note(3, source * 104_729, T0)
  assert.ok(prevalence.sources(1) > 100)
  assert.ok(Math.round(prevalence.sources(2)) === 1)
  assert.ok(Math.abs(prevalence.sources(3) - 20) < 6)
  prevalence.note(9, 9, T0 + 3 * 86_400_000)
  assert.is(prevalence.sources(1), 0)
})

test('the gate adds up by key, and half of it fades with each step', () => {
  const gate = new StepGate()
  assert.is(gate.add(5, 100, 2), 2)
  assert.is(gate.add(5, 100, 3), 5)
  assert.is(gate.add(6, 100, 1), 1)
  assert.is(gate.add(5, 101, 1), 3.5)
  assert.is(gate.add(5, 100, 1), 4.5, 'what comes late counts now')
  assert.ok(gate.add(5, 200, 1) - 1 < 1e-9)
})

test('the gate lets few keys pass that are small, however many they are', () => {
  const gate = new StepGate()
  let passed = 0
  for (let key = 0; key < 500_000; key++) if (gate.add(mix(key), 7, 0.1) >= 1) passed++
  assert.ok(passed < 500, `${passed} of 500,000 passed`)
})

test('partials come in order; a gap is waited for, then given up', () => {
  const reorder = new Reorder(0, { maxBytes: 1000, waitMs: 50 })
  const add = (n: number): boolean =>
    reorder.add({ streamSequence: n + 100, frameSequence: n, bytes: new Uint8Array(10) })
  const taken = (nowMs: number): unknown => {
    const next = reorder.take(nowMs)
    return next === undefined ? undefined : 'skip' in next ? { skip: next.skip } : next.frameSequence
  }
  add(2)
  assert.is(taken(0), undefined)
  add(1)
  assert.equal([taken(1), taken(1), taken(1)], [1, 2, undefined])
  assert.not.ok(add(1))
  add(5)
  assert.is(taken(10), undefined)
  assert.is(reorder.resumeAt(105), 105)
  assert.is(taken(59), undefined)
  assert.equal([taken(60), taken(60)], [{ skip: [3, 4] }, 5])
  for (let n = 7; n < 120; n++) add(n)
  assert.equal(taken(61), { skip: [6] }, 'too many bytes wait')
})

const REPORT: FindingReport = {
  key: 'a',
  severity: 3,
  score: 70,
  orgId: 1,
  siteId: 2,
  src: ['203.0.113.9'],
  dst: ['10.0.0.1'],
  firstSeenMs: T0,
  lastSeenMs: T0,
  technique: 'T1498.002',
  evidence: { attempts: 3 },
  title: { fr: 'Titre', en: 'Title' },
  magnitude: 10,
  quietMs: 60_000,
}
const book = (capacity = 10): FindingBook =>
  new FindingBook({ service: 'scan', capacity, orgName: (id) => `org-${id}`, siteName: () => undefined })

test('an incident is opened once, updated when it doubles, and closed after quiet', () => {
  const b = book()
  b.report(REPORT, T0, false)
  b.report({ ...REPORT, magnitude: 11, lastSeenMs: T0 + 20_000 }, T0 + 20_000, false)
  b.report({ ...REPORT, magnitude: 25, lastSeenMs: T0 + 30_000, severity: 2 }, T0 + 30_000, false)
  b.expire(T0 + 89_000)
  assert.ok(b.isOpen('a'))
  b.expire(T0 + 90_000)
  const findings = b.take()
  assert.equal(
    findings.map((f) => f.activity),
    ['create', 'update', 'close'],
  )
  assert.is(new Set(findings.map((f) => f.uid)).size, 1)
  assert.is(findings[1]!.severity_id, 3, 'severity never falls')
  assert.equal([findings[2]!.org, findings[2]!.last_seen], ['org-1', T0 + 30_000])
  b.report({ ...REPORT, firstSeenMs: T0 + 200_000, lastSeenMs: T0 + 200_000 }, T0 + 200_000, false)
  assert.is.not(b.take()[0]!.uid, findings[0]!.uid)
})

test('a full book closes what was quiet for longest', () => {
  const b = book(2)
  for (const [i, key] of ['a', 'b', 'c'].entries()) {
    b.report({ ...REPORT, key, lastSeenMs: T0 + i }, T0 + i, false)
  }
  assert.equal(
    b.take().map((f) => f.activity),
    ['create', 'create', 'close', 'create'],
  )
  assert.is(b.counts.evicted, 1)
})

test('subscriptions: an organisation without any has all, one with some has those', () => {
  const catalogue = new Catalogue({
    services: SERVICES,
    defaults: { scan: { ports: 20 } },
    organizations: [{ id: 1 }, { id: 2, services: { scan: { hosts: 50, mode: 'shadow' } } }],
  })
  assert.is(catalogue.effective('ddos', 1).mode, 'active')
  assert.is(catalogue.effective('ddos', 2).mode, 'off')
  const scan = catalogue.effective('scan', 2)
  assert.equal([scan.mode, scan.parameters.hosts, scan.parameters.ports], ['shadow', 50, 20])
  assert.equal(
    [scan.origins.hosts, scan.origins.ports, scan.origins.window_s],
    ['organization', 'installation', 'default'],
  )
  assert.equal([scan.origins.mode, catalogue.effective('ddos', 1).origins.mode], ['organization', 'default'])
  assert.is(catalogue.effective('scan', 99).mode, 'active')
})

test('a site says what holds there; of services that do not judge by site, the mode', () => {
  const of = (services: Record<string, Record<string, unknown>>): Catalogue =>
    new Catalogue({
      services: SERVICES,
      organizations: [{ id: 1, services: { p2p: { networks: 60, quiet_s: 60 }, scan: {} } }],
      sites: [{ id: 7, organization: 1, services }],
    })
  const catalogue = of({
    p2p: { networks: 90, mode: 'shadow' },
    scan: { mode: 'off' },
    ddos: { mode: 'active' },
  })
  const p2p = catalogue.effective('p2p', 1, 7)
  assert.equal([p2p.mode, p2p.parameters.networks, p2p.parameters.quiet_s], ['shadow', 90, 60])
  assert.equal([p2p.origins.networks, p2p.origins.quiet_s], ['site', 'organization'])
  assert.is(catalogue.effective('p2p', 1, 8).parameters.networks, 60)
  assert.is(catalogue.effective('p2p', 2, 7).origins.networks, 'default', 'of whom the site no longer is')
  assert.equal(
    [catalogue.effective('scan', 1, 7).mode, catalogue.effective('scan', 1).mode],
    ['off', 'active'],
  )
  assert.equal(
    [catalogue.effective('ddos', 1, 7).mode, catalogue.effective('ddos', 1).mode],
    ['active', 'off'],
  )
  assert.throws(
    () => of({ scan: { hosts: 3 } }),
    /scan of site 7: hosts: this service has the same parameters/,
  )
})

test('workers look for what the most watchful organisation asks', () => {
  const catalogue = new Catalogue({
    services: SERVICES,
    organizations: [
      { id: 1, services: { ddos: { packets_per_s: 500 } } },
      { id: 2, services: { ddos: { mode: 'off', packets_per_s: 1 } } },
    ],
  })
  const ddos = catalogue.observed().find(({ service }) => service.id === 'ddos')!
  assert.is((ddos.parameters as { packets_per_s: number }).packets_per_s, 500)
})

test('all mistakes of subscriptions are told at once', () => {
  const make = (): Catalogue =>
    new Catalogue({
      services: SERVICES,
      organizations: [
        { id: 1, services: { ddos: { packets_per_s: -1 }, scan: { mode: 'loud', nonsense: 1 } } },
      ],
    })
  assert.throws(make, (error: unknown) => {
    assert.instance(error, CatalogueError)
    return ['packets_per_s', 'mode is active, shadow or off', 'nonsense'].every((said) =>
      (error as Error).message.includes(said),
    )
  })
})

test('every service is described: titles, technique, needs, and the meaning of each parameter', () => {
  for (const service of SERVICES) {
    assert.match(service.id, /^[a-z][a-z0-9_]{1,31}$/)
    for (const technique of service.techniques) assert.match(technique, /^T\d{4}/)
    assert.ok(service.flows ?? service.samples ?? service.horizons, `${service.id} looks at something`)
    assert.ok(service.about.fr.length > 20 && service.about.en.length > 20 && service.needs.length > 3)
    for (const name of Object.keys(service.parameters.parse({}) as object))
      assert.ok(service.meaning(name), `${service.id}.${name}`)
  }
  const tags = SERVICES.flatMap(({ flows }) => (flows === undefined ? [] : [flows.tag]))
  assert.is(new Set(tags).size, tags.length)
  assert.is(new Set(SERVICES.map(({ id }) => id)).size, SERVICES.length)
})

test('a finding as an OCSF detection finding', () => {
  const b = book()
  b.report(REPORT, T0 + 5, false)
  b.report({ ...REPORT, key: 'p', dst: ['10.0.0.0/24'] }, T0 + 5, false)
  const [finding, prefix] = b.take()
  const ocsf = toOcsf(finding!, { services: SERVICES, productVersion: '1.2.3', lang: 'fr' })
  assert.equal([ocsf.class_uid, ocsf.category_uid, ocsf.activity_id, ocsf.type_uid], [2004, 2, 1, 200_401])
  assert.equal([ocsf.time, ocsf.severity_id, ocsf.severity, ocsf.status_id], [T0 + 5, 3, 'Medium', 1])
  const info = ocsf.finding_info as Record<string, unknown>
  assert.equal([info.uid, info.title], [finding!.uid, 'Titre'])
  assert.equal((info.attacks as object[])[0], {
    version: '17',
    tactic: { uid: 'TA0040', name: 'Impact' },
    technique: { uid: 'T1498', name: 'Network Denial of Service' },
    sub_technique: { uid: 'T1498.002', name: 'Reflection Amplification' },
  })
  assert.equal(ocsf.evidences, [{ src_endpoint: { ip: '203.0.113.9' }, dst_endpoint: { ip: '10.0.0.1' } }])
  const wide = toOcsf(prefix!, { services: SERVICES, productVersion: '1.2.3', lang: 'en' })
  assert.equal((wide.evidences as { dst_endpoint: object }[])[0]!.dst_endpoint, { name: '10.0.0.0/24' })
  const closed = toOcsf(
    { ...finding!, activity: 'close' },
    { services: SERVICES, productVersion: '1', lang: 'en' },
  )
  assert.equal([closed.type_uid, closed.status_id, closed.is_alert], [200_403, 4, false])
})

test('the SQL of a finding names addresses, prefixes and times', () => {
  const sql = flowsSql({
    src: '203.0.113.9',
    dst: '10.0.0.0/24',
    dstPort: 22,
    ipProto: 6,
    fromMs: T0,
    toMs: T0 + 1000,
  })
  assert.match(sql, /src_addr = toIPv6\('203\.0\.113\.9'\)/)
  assert.match(sql, /isIPAddressInRange\(toString\(dst_addr\), '::ffff:10\.0\.0\.0\/120'\)/)
  assert.match(sql, new RegExp(`fromUnixTimestamp64Milli\\(${T0 - 60_000}, 'UTC'\\)`))
})

test('random bytes make no reader hang', () => {
  const random = seeded(6)
  for (let i = 0; i < 500; i++) {
    const reader = new ByteReader(Uint8Array.from({ length: 30 }, () => Math.floor(random() * 256)))
    assert.throws(() => {
      for (;;) reader.varint()
    })
  }
})

test.run()
