import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { detectCommand } from '../../../app/detect_command.js'
import type { Finding } from '../../../model/finding.js'

const test = suite('detect/offline')
const dir = mkdtempSync(join(tmpdir(), 'vigie-detect-'))
test.after(() => rmSync(dir, { recursive: true, force: true }))

const T0 = Date.UTC(2026, 10, 21, 12)

async function detect(args: string[]): Promise<{ status: number; out: string; err: string }> {
  const texts = ['', '']
  const into = (i: number): NodeJS.WritableStream =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[i] += String(chunk)
        done()
      },
    })
  const status = await detectCommand(args, { stdout: into(0), stderr: into(1), env: { VIGIE_LANG: 'en' } })
  return { status, out: texts[0]!, err: texts[1]! }
}

const findingsOf = (out: string): Finding[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Finding)
const file = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

const HEADER =
  'ts_start_ms,ts_end_ms,src,sport,dst,dport,proto,flags_src,flags_dst,pkts_src,bytes_src,pkts_dst,bytes_dst,label'
const scanRow = (i: number): string =>
  `${T0 + i * 100},${T0 + i * 100},10.0.0.9,${40_000 + i},10.0.0.7,${1000 + i},6,2,4,1,44,1,40,1`
const scanCsv = `${HEADER}\n${Array.from({ length: 60 }, (_, i) => scanRow(i)).join('\n')}\n`

/** The same scan as records of one direction, as `vigie decode` prints them. */
const scanJsonl = Array.from({ length: 60 }, (_, i) =>
  JSON.stringify({
    time_received: new Date(T0 + i * 100 + 5).toISOString(),
    flow_start: new Date(T0 + i * 100).toISOString(),
    flow_end: new Date(T0 + i * 100).toISOString(),
    export_protocol: 'netflow9',
    exporter_addr: '192.0.2.1',
    src_addr: '10.0.0.9',
    dst_addr: '10.0.0.7',
    src_port: 40_000 + i,
    dst_port: 1000 + i,
    ip_proto: 6,
    tcp_flags: 2,
    bytes: 44,
    packets: 1,
  }),
).join('\n')

test('finds a scan in biflows, plain or zipped, and in canonical flows', async () => {
  for (const path of [
    file('scan.csv', scanCsv),
    file('scan.csv.gz', gzipSync(scanCsv)),
    file('scan.jsonl', scanJsonl),
  ]) {
    const { status, out, err } = await detect(['--brief', path])
    assert.equal([status, err], [0, ''], path)
    const created = findingsOf(out).filter((f) => f.activity === 'create')
    assert.equal(
      created.map((f) => [f.service, f.src, f.dst]),
      [['scan', ['10.0.0.9'], ['10.0.0.7']]],
      path,
    )
  }
})

test('the order of the lines does not matter', async () => {
  const rows = scanCsv.trim().split('\n')
  const shuffled = [rows[0], ...rows.slice(1).reverse()].join('\n')
  const straight = await detect(['--brief', file('a.csv', scanCsv)])
  assert.is((await detect(['--brief', file('b.csv', shuffled)])).out, straight.out)
})

test('without --brief findings are OCSF', async () => {
  const { out } = await detect([file('scan.csv', scanCsv)])
  assert.is((JSON.parse(out.split('\n')[0]!) as { type_uid: number }).type_uid, 200_401)
})

test('a registry says who is inside, and names the place', async () => {
  const registry = file(
    'registry.yaml',
    'organizations:\n  - { id: lab, name: { fr: L, en: L } }\nsites:\n  - { id: lab-1, organization: lab, prefixes: ["10.0.0.0/24"] }\n',
  )
  const { out } = await detect(['--brief', '--registry', registry, file('scan.csv', scanCsv)])
  assert.equal(findingsOf(out).map((f) => [f.org, f.site])[0], ['lab', 'lab-1'])
  const bad = file('bad.yaml', 'organizations: 7\n')
  await detect(['--registry', bad, file('scan.csv', scanCsv)]).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /bad\.yaml/),
  )
})

test('a registry brings its threat feeds that are files; others are told and left out', async () => {
  file('bad.txt', '203.0.113.0/24\n')
  const registry = file(
    'threats.yaml',
    `organizations: [{ id: lab, name: { fr: Laboratoire, en: Laboratory } }]
sites: [{ id: lab-1, organization: lab, prefixes: ["10.0.0.0/24"] }]
feeds:
  - { id: bad, format: cidr, source: bad.txt, severity_id: 5 }
  - { id: web, format: cidr, source: "https://feeds.example/list" }
`,
  )
  const call = `${T0},${T0 + 300},10.0.0.9,50000,203.0.113.7,443,6,27,27,9,900,8,4000,1`
  const { out, err, status } = await detect([
    '--brief',
    '--registry',
    registry,
    file('call.csv', `${HEADER}\n${call}\n`),
  ])
  const [finding] = findingsOf(out)
  assert.equal([finding!.service, finding!.severity_id, finding!.site], ['intel', 5, 'lab-1'])
  assert.equal([finding!.evidence.feed, finding!.evidence.indicator], ['bad', '203.0.113.0/24'])
  assert.match(err, /threat feed web: not a file/)
  assert.is(status, 0)
})

test('a line that cannot be read is left out and told; the status says so', async () => {
  const broken = scanCsv.replace(scanRow(7), 'nonsense,1,2')
  const { status, out, err } = await detect(['--brief', file('broken.csv', broken)])
  assert.is(status, 1)
  assert.match(err, /line 9: cannot be read/)
  assert.is(findingsOf(out).filter((f) => f.activity === 'create').length, 1)
  const other = `${scanJsonl}\n${JSON.stringify({ kind: 'counters' })}\n{"src_addr":"x","dst_addr":"y"}\nnot json\n`
  const mixed = await detect(['--brief', file('other.jsonl', other)])
  assert.equal([mixed.status, mixed.err.split('\n').length], [1, 4])
})

test('only the services that were asked for run; unknown ones are told', async () => {
  assert.is((await detect(['--brief', '--services', 'ddos', file('scan.csv', scanCsv)])).out, '')
  await detect(['--services', 'magic', 'x']).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /unknown service 'magic'/),
  )
  await detect([]).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /no file/),
  )
})

/** Six minutes of a link, the last three of them slow; the order of the lines is a little off. */
const linkJsonl = Array.from({ length: 36 }, (_, i) =>
  JSON.stringify({
    kind: 'link',
    vendor: 'acme',
    observed_at: new Date(T0 + i * 10_000).toISOString(),
    device: 'edge-1',
    link: 'wan1',
    latency_ms: i < 18 ? 20 + (i % 3) : 180,
    latency_kind: 'round_trip',
    loss_ratio: i < 18 ? 0 : 0.1,
  }),
)
const shuffled = linkJsonl.map((_, i) => linkJsonl[i ^ 1]!)

test('link samples go through the services of links, also beside flows in one file', async () => {
  const args = ['--brief', '--services', 'scan,sla,telemetry']
  const alone = await detect([...args, file('links.jsonl', linkJsonl.join('\n'))])
  assert.is(alone.status, 0, alone.err)
  const [finding, ...others] = findingsOf(alone.out).filter((f) => f.activity === 'create')
  assert.equal(others, [])
  assert.equal(
    [finding!.service, finding!.evidence.kind, finding!.evidence.device],
    ['sla', 'brownout', 'edge-1'],
  )
  const again = await detect([...args, file('off.jsonl', shuffled.join('\n'))])
  assert.is(again.out, alone.out)
  const mixed = await detect([...args, file('mixed.jsonl', [...linkJsonl, scanJsonl].join('\n'))])
  const services = findingsOf(mixed.out).map((f) => f.service)
  assert.is(mixed.status, 0, mixed.err)
  assert.ok(services.includes('scan') && services.includes('sla'))
  const wrong = await detect([...args, file('wrong.jsonl', '{"kind":"link","vendor":"acme","latency":7}\n')])
  assert.is(wrong.status, 1)
  assert.match(wrong.err, /line 1: cannot be read/)
})

test('the registry places samples as it does live, and its maintenance holds', async () => {
  const registry = {
    organizations: [{ id: 'lab', name: { fr: 'Laboratoire', en: 'Laboratory' } }],
    sites: [{ id: 'lab-1', organization: 'lab' }],
    suppliers: [{ id: 'north', name: 'North' }],
    links: [{ id: 'lab-1-a', site: 'lab-1', supplier: 'north' }],
    edges: [{ id: 'e1', site: 'lab-1', identities: ['edge-1'], links: [{ link: 'lab-1-a', name: 'wan1' }] }],
  }
  const samples = file('placed.jsonl', linkJsonl.join('\n'))
  const run = (more: object) =>
    detect([
      '--brief',
      '--services',
      'sla',
      '--registry',
      file('r.json', JSON.stringify({ ...registry, ...more })),
      samples,
    ])
  const [finding] = findingsOf((await run({})).out)
  assert.equal(
    [finding!.org, finding!.site, finding!.evidence.link, finding!.evidence.supplier],
    ['lab', 'lab-1', 'lab-1-a', 'north'],
  )
  const window = { start: new Date(T0).toISOString(), end: new Date(T0 + 3_600_000).toISOString() }
  assert.is((await run({ maintenance: [{ id: 'm', ...window, links: ['lab-1-a'] }] })).out, '')
})

test('marks of a file keep quiet what they are about, from when they were given', async () => {
  const flows = file('marked.csv', scanCsv)
  const plain = findingsOf((await detect(['--brief', flows])).out)
  const [{ uid }] = plain.filter(({ service }) => service === 'scan') as [Finding]
  const before = file('before.jsonl', `${JSON.stringify({ finding: uid, verdict: 'expected' })}\n`)
  const quiet = findingsOf((await detect(['--brief', '--marks', before, flows])).out)
  assert.equal(
    quiet,
    plain.filter((f) => f.uid !== uid),
    'it was never told',
  )
  const time = new Date(T0 + 3000).toISOString()
  const during = file(
    'during.jsonl',
    `${JSON.stringify({ finding: uid, verdict: 'false_positive', time, by: 'a' })}\n`,
  )
  const told = findingsOf((await detect(['--brief', '--marks', during, flows])).out).filter(
    (f) => f.uid === uid,
  )
  assert.equal(
    told.map(({ activity, evidence }) => [activity, evidence.marked]),
    [
      ['create', undefined],
      ['close', 'false_positive'],
    ],
  )
  const none = file('none.jsonl', '')
  assert.is((await detect(['--brief', '--marks', none, flows])).out, (await detect(['--brief', flows])).out)
})

test('a line of marks that cannot be read is named', async () => {
  const flows = file('marked.csv', scanCsv)
  const wrong = file(
    'wrong.jsonl',
    '{"finding":"a","verdict":"expected"}\n{"finding":"b","verdict":"maybe"}\n',
  )
  const said = await detect(['--marks', wrong, flows]).catch((error: Error) => error.message)
  assert.match(String(said), /wrong\.jsonl: 2: verdict:/)
})

test.run()
