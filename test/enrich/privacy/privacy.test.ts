import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { randomWords } from '../../../bench/naive_table.js'
import { privacySchema } from '../../../enrich/privacy/config.js'
import { CryptoPan } from '../../../enrich/privacy/crypto_pan.js'
import { loadKeys, type PrivacyKey, PrivacyKeyError } from '../../../enrich/privacy/keys.js'
import { Pseudonyms } from '../../../enrich/privacy/pseudonyms.js'
import { isSealed, SealError, Sealer } from '../../../enrich/privacy/seal.js'
import { Shield } from '../../../enrich/privacy/shield.js'
import { Enricher } from '../../../enrich/stages/enricher.js'
import { buildTables } from '../../../enrich/tables/build_tables.js'
import { type Prefix, parsePrefix } from '../../../enrich/tables/prefix.js'
import { swap } from '../../../enrich/tables/prefix_table.js'
import { prefixText, v4Text, v6Text } from '../../../enrich/tables/prefix_text.js'
import type { SharedTables } from '../../../enrich/tables/shared_tables.js'
import type { Finding } from '../../../model/finding.js'
import { type FlowBlock, V4_MAPPED_WORD } from '../../../model/flow_block.js'
import { COL } from '../../../model/flow_columns.js'
import type { RegistryInput } from '../../../model/registry.js'
import { blockOf, columnOf, snapshotOf, type TestFlow } from '../stages/block_fixture.js'

const test = suite('privacy')

const image4 = (pan: CryptoPan, text: string): string => v4Text(pan.map4((parsePrefix(text) as Prefix).w3))
function image6(pan: CryptoPan, text: string): string {
  const { w0, w1, w2, w3 } = parsePrefix(text) as Prefix
  const words = Uint32Array.of(w0, w1, w2, w3)
  pan.map6(words)
  return v6Text([...words])
}

/** The key and the first addresses of the sample trace that Crypto-PAn 1.0 was published with. */
const PUBLISHED_KEY = Uint8Array.of(
  ...[21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16],
  ...[216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2],
)
const PUBLISHED = [
  ['128.11.68.132', '135.242.180.132'],
  ['129.118.74.4', '134.136.186.123'],
  ['130.132.252.244', '133.68.164.234'],
  ['141.223.7.43', '141.167.8.160'],
  ['141.233.145.108', '141.129.237.235'],
  ['152.163.225.39', '151.140.114.167'],
  ['156.29.3.236', '147.225.12.42'],
  ['165.247.96.84', '162.9.99.234'],
  ['166.107.77.190', '160.132.178.185'],
  ['192.102.249.13', '252.138.62.131'],
] as const

test('maps addresses as the published Crypto-PAn does', () => {
  const pan = new CryptoPan(PUBLISHED_KEY)
  for (const [from, to] of PUBLISHED) assert.is(image4(pan, from), to)
  // IPv6, and the second key, as yacryptopan 1.0.2 maps them.
  const other = new CryptoPan(Buffer.from('boojahyoo3vaeToong0Eijee7Ahz3yee'))
  assert.is(image4(other, '192.0.2.1'), '206.2.124.120')
  assert.is(image6(other, '2001:db8::1'), '3041:e87:cfc0:1800:187f:e4d0:7f1c:701')
  assert.is(image6(other, 'fe80::1'), 'fabc:f846:11e3:fe00:3b80:fb1f:7800:70c1')
  assert.is(image6(other, '2001:db8:ffff:1::2'), '3041:e87:7c00:ffe1:2040:e52f:f802:7703')
})

const sharedBits = (a: number, b: number): number => Math.clz32(a ^ b)

test('keeps prefixes: two images share as many bits as their addresses, also out of the cache', () => {
  const pan = new CryptoPan(PUBLISHED_KEY)
  const cached = new Pseudonyms(PUBLISHED_KEY, 1024)
  const random = randomWords(3)
  for (let i = 0; i < 2000; i++) {
    const a = random()
    const b = (a ^ (random() >>> (random() % 32))) >>> 0
    assert.is(sharedBits(pan.map4(a), pan.map4(b)), sharedBits(a, b))
    assert.is(cached.map4(a), pan.map4(a))
    const words = Uint32Array.of(0x20010db8, random() & 3, 0, random() & 255)
    const [w0, w1, w2, w3] = words as unknown as [number, number, number, number]
    const image = [...cached.map6(w0, w1, w2, w3)]
    pan.map6(words)
    assert.equal(image, [...words])
  }
  const before = cached.misses
  for (let i = 0; i < 1000; i++) cached.map4(0x0a000001 + (i & 7))
  assert.ok(cached.misses - before <= 8)
})

const DAY = Date.parse('2026-11-20T00:00:00Z')
const keyOf = (id: number, sinceMs: number): PrivacyKey => ({
  id,
  sinceMs,
  bytes: new Uint8Array(32).fill(id),
})
const KEYS = [keyOf(1, 0), keyOf(2, DAY)]
const REGISTRY: RegistryInput = {
  organizations: [
    { id: 'hop', name: { fr: 'H', en: 'H' }, privacy: { mode: 'pseudonym' } },
    { id: 'min', name: { fr: 'M', en: 'M' }, privacy: { mode: 'mask', ipv4_bits: 20 } },
    { id: 'open', name: { fr: 'O', en: 'O' }, prefixes: ['10.4.0.0/16'] },
  ],
  vrfs: [{ id: 'voice', numbers: [100] }],
  sites: [
    { id: 'h1', organization: 'hop', prefixes: ['10.1.0.0/16', '2001:db8:1::/48'] },
    { id: 'h2', organization: 'hop', prefixes: ['10.2.0.0/16'], privacy: { mode: 'none' } },
    { id: 'h3', organization: 'hop', prefixes: [{ prefix: '10.5.0.0/16', vrf: 'voice' }] },
    { id: 'm1', organization: 'min', prefixes: ['10.3.0.0/16', '2001:db8:3::/48'] },
  ],
}
const tablesWith = (keys: readonly PrivacyKey[]): SharedTables => ({
  ...buildTables(snapshotOf(REGISTRY)),
  privacyKeys: { keys, cacheEntries: 1024 },
})

function protect(flows: readonly TestFlow[], keys: readonly PrivacyKey[] = KEYS): FlowBlock {
  const block = blockOf(flows.map((flow) => ({ time_received: BigInt(DAY + 1000), ...flow })))
  const enricher = new Enricher(tablesWith(keys))
  enricher.enrich(block)
  enricher.protect(block)
  return block
}

function addressesOf(block: FlowBlock, name: string): string[] {
  const words = block.words[COL[name]!]!
  return Array.from({ length: block.rows }, (_, row) => {
    const [w0, w1, w2, w3] = [0, 1, 2, 3].map((i) => words[4 * row + i]!) as [number, number, number, number]
    if (w0 === 0 && w1 === 0 && w2 === V4_MAPPED_WORD) return v4Text(swap(w3))
    return prefixText({ family: 6, length: 128, w0: swap(w0), w1: swap(w1), w2: swap(w2), w3: swap(w3) })
  })
}

test('replaces, cuts or leaves addresses as the registry says of their place, in all columns that hold them', () => {
  const pan = new CryptoPan(KEYS[1]!.bytes)
  const nat = { post_nat_src_addr: '198.51.100.9', post_nat_dst_addr: '10.1.9.9', next_hop: '10.1.0.254' }
  const block = protect([
    {
      src_addr: '10.1.2.3',
      dst_addr: '203.0.113.7',
      src_mac_u48: 0x112233445566n,
      dst_mac_u48: 5n,
      in_vrf: 0,
      ...nat,
    },
    { src_addr: '10.2.2.3', dst_addr: '10.3.31.7', src_mac_u48: 6n, dst_mac_u48: 7n, in_vrf: 0, ...nat },
    { src_addr: '10.5.1.1', dst_addr: '10.4.0.1', src_mac_u48: 8n, dst_mac_u48: 9n, in_vrf: 100, ...nat },
    { src_addr: '10.5.1.1', dst_addr: '10.4.0.1', src_mac_u48: 8n, dst_mac_u48: 9n, in_vrf: 0, ...nat },
  ])
  assert.equal(addressesOf(block, 'src_addr'), [
    image4(pan, '10.1.2.3'),
    '10.2.2.3',
    image4(pan, '10.5.1.1'),
    '10.5.1.1',
  ])
  assert.equal(addressesOf(block, 'dst_addr'), ['203.0.113.7', '10.3.16.0', '10.4.0.1', '10.4.0.1'])
  assert.equal(addressesOf(block, 'post_nat_src_addr')[0], image4(pan, '198.51.100.9'))
  assert.is(addressesOf(block, 'post_nat_src_addr')[1], '198.51.100.9')
  assert.is(addressesOf(block, 'post_nat_dst_addr')[0], image4(pan, '10.1.9.9'))
  assert.is(addressesOf(block, 'next_hop')[3], image4(pan, '10.1.0.254'))
  assert.equal(columnOf(block, 'privacy_key'), [2, 2, 2, 2])
  assert.equal([...block.words[COL.src_mac_u48!]!.subarray(0, 8)], [0, 0, 6, 0, 0, 0, 8, 0])
  // Who and where stays what the true address said.
  assert.equal(columnOf(block, 'src_site_id'), [1, 2, 3, 0])
})

test('replaces and cuts IPv6, and leaves what is no address', () => {
  const pan = new CryptoPan(KEYS[1]!.bytes)
  const block = protect([
    { src_addr: '2001:db8:1::77', dst_addr: '2001:db8:3:4::5' },
    { src_addr: '::', dst_addr: '2001:db8:4::5' },
  ])
  assert.equal(addressesOf(block, 'src_addr'), [image6(pan, '2001:db8:1::77'), '::'])
  assert.equal(addressesOf(block, 'dst_addr'), ['2001:db8:3::', '2001:db8:4::5'])
})

test('takes the key of the moment at which a flow was received, and blots out what has none', () => {
  const at = (ms: number): TestFlow => ({
    src_addr: '10.1.2.3',
    dst_addr: '203.0.113.7',
    time_received: BigInt(ms),
  })
  const block = protect([at(DAY - 1), at(DAY)])
  const [old, young] = KEYS.map(({ bytes }) => image4(new CryptoPan(bytes), '10.1.2.3'))
  assert.equal(addressesOf(block, 'src_addr'), [old, young])
  assert.equal(columnOf(block, 'privacy_key'), [1, 2])
  for (const keys of [[], [keyOf(3, DAY + 1)]])
    assert.equal(addressesOf(protect([at(DAY)], keys), 'src_addr'), ['0.0.0.0'])
})

test('does nothing where the registry protects nobody', () => {
  const tables = buildTables(snapshotOf({ sites: [], organizations: REGISTRY.organizations!.slice(2) }))
  assert.is(tables.privacy, undefined)
})

const FINDING: Finding = {
  time: DAY + 5000,
  service: 'scan',
  activity: 'create',
  uid: '0123456789abcdef0123456789abcdef',
  severity_id: 4,
  src: ['10.1.2.3', '2001:db8:1::77'],
  dst: ['10.3.31.0/24', '203.0.113.7'],
  first_seen: DAY,
  last_seen: DAY,
  score: 90,
  evidence: {
    query: "SELECT * FROM vigie.flows WHERE src_addr = toIPv6('10.1.2.3') AND dst_port = 445 -- 10.1.2.3.",
    talkers: { '10.1.2.3': 5, '10.4.0.1': 1 },
    at: '2026-11-20T12:34:56Z',
    version: '1.2.3',
  },
  title: { fr: 'Balayage depuis 10.1.2.3', en: 'Scan from 10.1.2.3:445, tcp:10.1.2.3, [2001:db8:1::77]:443' },
}

test('takes true addresses out of findings, wherever in them they stand', () => {
  const shield = new Shield(KEYS)
  shield.use(tablesWith(KEYS))
  const pan = new CryptoPan(KEYS[1]!.bytes)
  const host = image4(pan, '10.1.2.3')
  const shown = shield.finding(FINDING)
  assert.equal(shown.src, [host, image6(pan, '2001:db8:1::77')])
  assert.equal(shown.dst, ['10.3.16.0/24', '203.0.113.7'])
  assert.equal(shown.evidence, {
    query: `SELECT * FROM vigie.flows WHERE src_addr = toIPv6('${host}') AND dst_port = 445 -- ${host}.`,
    talkers: { [host]: 5, '10.4.0.1': 1 },
    at: '2026-11-20T12:34:56Z',
    version: '1.2.3',
  })
  assert.equal(shown.title, {
    fr: `Balayage depuis ${host}`,
    en: `Scan from ${host}:445, tcp:${host}, [${image6(pan, '2001:db8:1::77')}]:443`,
  })
  assert.is(shown.uid.length, 32)
  assert.is.not(shown.uid, FINDING.uid)
  // The next key changes pseudonyms, not the names of incidents.
  const later = new Shield([...KEYS, keyOf(3, DAY + 1)])
  later.use(tablesWith(KEYS))
  assert.is(later.finding(FINDING).uid, shown.uid)
  assert.not.ok(JSON.stringify(later.finding(FINDING)).includes(host))
  const without = new Shield([])
  without.use(buildTables(snapshotOf({})))
  assert.is(without.finding(FINDING), FINDING)
})

test('seals with the newest key, opens with any that is there, and takes what is plain as it is', () => {
  const plain = Buffer.from('partial with 10.1.2.3')
  const sealed = new Sealer([KEYS[0]!]).seal(plain)
  assert.ok(isSealed(sealed) && !Buffer.from(sealed).includes('10.1.2.3'))
  assert.equal(Buffer.from(new Sealer(KEYS).open(sealed)), plain)
  assert.is(new Sealer(KEYS).open(plain), plain)
  assert.is(new Sealer([]).seal(plain), plain)
  assert.throws(
    () => new Sealer([KEYS[1]!]).open(sealed),
    (e: unknown) => e instanceof SealError && /key 1/.test(e.message),
  )
  sealed[sealed.length - 20]! ^= 1
  assert.throws(
    () => new Sealer(KEYS).open(sealed),
    (e: unknown) => e instanceof SealError,
  )
})

test('reads keys from files and variables, and tells every one that is wrong, never what it holds', () => {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-keys-'))
  const file = join(dir, 'key')
  writeFileSync(file, `${'ab'.repeat(32)}\n`)
  const keys = [
    { id: 2, since: '2026-11-20T00:00:00Z', env: 'K2' },
    { id: 1, file },
  ]
  const loaded = loadKeys(privacySchema.parse({ keys }), { K2: 'cd'.repeat(32) })
  assert.equal(
    loaded.map(({ id, sinceMs, bytes }) => [id, sinceMs, bytes.length, bytes[0]]),
    [
      [1, 0, 32, 0xab],
      [2, DAY, 32, 0xcd],
    ],
  )
  const wrong = privacySchema.parse({
    keys: [...keys, { id: 3, file: join(dir, 'none') }, { id: 1, env: 'K4' }],
  })
  try {
    loadKeys(wrong, { K2: 'secret' })
    assert.unreachable()
  } catch (error) {
    assert.instance(error, PrivacyKeyError)
    const { message } = error as Error
    for (const said of ['privacy key 2', 'ENOENT', 'privacy key 3', 'id 1 is there twice', 'variable K4'])
      assert.ok(message.includes(said), said)
    assert.not.ok(message.includes('secret'))
  }
  assert.not.ok(privacySchema.safeParse({ keys: [{ id: 1, file, env: 'K' }] }).success)
  rmSync(dir, { recursive: true })
})

test.run()
