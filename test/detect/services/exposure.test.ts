import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { exposure } from '../../../detect/services/exposure.js'
import type { Finding } from '../../../model/finding.js'
import { type NetworkOptions, network, outsideAddress, T0, type TestFlow } from '../flows.js'

const test = suite('detect/services/exposure')
const services = [anyService(exposure)]
const HOST = '10.1.0.9'
const PEER = '203.0.113.8'

/** Somebody outside calls a host inside. */
const call = (dstPort: number, more: Partial<TestFlow> = {}): TestFlow => ({
  src: PEER,
  dst: HOST,
  srcPort: 50_111,
  dstPort,
  packets: 6,
  bytes: 400,
  startMs: T0,
  endMs: T0 + 100,
  dstSite: 3,
  ...more,
})
/** The other direction of a record. */
const back = (f: TestFlow, more: Partial<TestFlow> = {}): TestFlow => ({
  ...f,
  src: f.dst,
  dst: f.src,
  srcPort: f.dstPort!,
  dstPort: f.srcPort!,
  srcSite: f.dstSite ?? 0,
  dstSite: f.srcSite ?? 0,
  locality: f.locality === 'outbound' ? 'inbound' : 'outbound',
  ...more,
})
const udp = { proto: 17, flags: 0 }

const run = (flows: readonly TestFlow[], more: Partial<NetworkOptions> = {}): Finding[] =>
  network({ services, subscriptions: { exposure: {} }, ...more }).run(flows)
const find = (flows: readonly TestFlow[], more: Partial<NetworkOptions> = {}): Finding[] =>
  run(flows, more).filter((f) => f.activity === 'create')

test('counts and does not tell, until somebody asks for it', () => {
  assert.equal(find([call(3389), back(call(3389))], { subscriptions: {} }), [])
})

test('finds a host that answers somebody outside at a remote access, in records of either form', () => {
  const one = call(3389)
  const biflow = call(3389, { answerPackets: 6, answerBytes: 900 })
  for (const flows of [[one, back(one, { bytes: 900 })], [biflow]]) {
    const [finding, ...more] = find(flows)
    assert.is(more.length, 0)
    assert.equal(
      [finding!.src, finding!.dst, finding!.dst_port, finding!.ip_proto, finding!.technique],
      [[PEER], [HOST], 3389, 6, 'T1133'],
    )
    assert.equal([finding!.org, finding!.site, finding!.severity_id], ['org-1', 'site-3', 4])
    const { kind, service, sources_estimated, bytes_out, bytes_in, two_way } = finding!.evidence
    assert.equal(
      [kind, service, sources_estimated, bytes_out, bytes_in, two_way],
      ['remote', 'RDP', 1, 900, 400, true],
    )
    assert.is(finding!.first_seen, T0)
    assert.is(finding!.title.en, 'Sensitive service open to the Internet (RDP) on a host at site site-3')
  }
})

test('the answer alone is enough, and less certain', () => {
  const [finding] = find([back(call(3306))])
  assert.equal(
    [finding!.technique, finding!.evidence.two_way, finding!.score, finding!.evidence.bytes_out],
    ['T1190', false, 75, 400],
  )
  assert.is(find([back(call(3306, { flags: 0x12, packets: 1 }))]).length, 1, 'a port scan met an open port')
})

test('one finding a host and port, kept while it goes on, whoever calls', () => {
  const flows = Array.from({ length: 40 }, (_, i) => {
    const at = { startMs: T0 + i * 600_000, endMs: T0 + i * 600_000 + 100 }
    const one = call(445, { src: outsideAddress(i), ...at })
    const other = call(5432, { src: outsideAddress(i), ...at })
    return [one, back(one), other, back(other)]
  }).flat()
  const n = network({ services, subscriptions: { exposure: {} } })
  const findings = n.run(flows)
  const created = findings.filter((f) => f.activity === 'create')
  assert.equal(created.map((f) => f.dst_port).sort(), [445, 5432])
  const last = findings.filter((f) => f.dst_port === 445).at(-1)!
  assert.is(last.activity, 'update')
  assert.ok(Number(last.evidence.sources_estimated) >= 16, String(last.evidence.sources_estimated))
  assert.ok(last.src.length <= 8)
  const closed = n.pass(T0 + 40 * 600_000 + 86_400_000)
  assert.equal(
    closed.map((f) => f.activity),
    ['close', 'close'],
  )
})

test('what is not answered, or refused, is a scan', () => {
  const syn = call(3389, { flags: 2, packets: 2 })
  assert.is(find([syn]).length, 0)
  assert.is(find([syn, back(syn, { flags: 0x14, packets: 2 })]).length, 0, 'reset')
  assert.is(find([call(3389, { flags: 2, packets: 1, answerPackets: 1 })]).length, 0, 'reset, in one record')
  assert.is(find([call(3389, { flags: 0x10, packets: 1, answerPackets: 1 })]).length, 0, 'a scan by ACK')
  assert.is(find([call(161, udp)]).length, 0)
  const none = call(3389, { flags: 0, packets: 1 })
  assert.is(find([none, back(none)]).length, 0, 'one packet, of which no flags are known')
})

test('what we call ourselves is no exposure, nor is its answer', () => {
  const out = call(3389, { src: HOST, dst: PEER, locality: 'outbound' })
  assert.is(find([out, back(out)]).length, 0)
  const ntp = { src: HOST, dst: PEER, srcPort: 123, locality: 'outbound' as const, ...udp }
  const ask = call(123, { ...ntp, bytes: 48, packets: 1 })
  assert.is(find([ask, back(ask, { bytes: 480 })]).length, 0, 'from the port of the service itself')
  const inside = call(3389, { src: '10.2.0.4', locality: 'internal' })
  assert.is(find([inside, back(inside, { locality: 'internal' })]).length, 0)
})

test('who is in no registry is not told', () => {
  const one = call(3389, { org: 0 })
  assert.is(find([one, back(one)]).length, 0)
})

test('amplifiers are told; time and names that are served to everybody only where they amplify', () => {
  const served = (port: number, bytes: number): Finding[] => {
    const one = call(port, { ...udp, packets: 1, bytes: 60 })
    return find([one, back(one, { bytes })])
  }
  const [snmp] = served(161, 60)
  assert.equal([snmp!.evidence.kind, snmp!.severity_id, snmp!.technique], ['amplifier', 3, 'T1190'])
  assert.is(served(123, 60).length, 0)
  assert.equal([served(123, 480)[0]!.severity_id, served(123, 480)[0]!.evidence.amplification], [2, 8])
  assert.is(served(53, 300).length, 1)
  assert.is(served(443, 300).length, 0)
})

test('an organisation says which ports and hosts, a site of it otherwise', () => {
  const flows = [call(8443), call(3389)].flatMap((f) => [f, back(f)])
  const ports = (of: Partial<NetworkOptions>): unknown[] => find(flows, of).map((f) => f.dst_port)
  const own = (parameters: object): Partial<NetworkOptions> => ({
    organizations: [{ id: 1, services: { exposure: { ...parameters } } }],
  })
  assert.equal(ports(own({ ports: ['tcp/8443'] })), [8443])
  assert.equal(ports(own({ allow: [HOST] })), [])
  assert.equal(ports(own({ allow: [PEER] })), [])
  assert.equal(ports(own({ peers: 2 })), [])
  const site = (id: number) => ({ id, organization: 1, services: { exposure: { ports: ['tcp/8443'] } } })
  assert.equal([ports({ sites: [site(3)] }), ports({ sites: [site(4)] })], [[8443], [3389]])
})

test('a port is told apart from what looks like one', () => {
  for (const text of ['tcp/0', 'tcp/65536', 'icmp/8', '3389'])
    assert.not.ok(exposure.parameters.safeParse({ ports: [text] }).success, text)
  assert.ok(exposure.parameters.safeParse({ ports: ['udp/65535', 'tcp/1'] }).success)
})

test('goes on from a snapshot', () => {
  const [first, second] = [0, 1].map((i) => {
    const one = call(3389, { src: outsideAddress(i), startMs: T0 + i * 60_000, endMs: T0 + i * 60_000 })
    return [one, back(one)]
  }) as [TestFlow[], TestFlow[]]
  const options = { services, organizations: [{ id: 1, services: { exposure: { peers: 2 } } }] }
  const [before, after] = [network(options), network(options)]
  assert.is(before.run(first).length, 0)
  after.engine.restore([...before.engine.snapshot()])
  // The sequence goes on too: the first frames are known.
  after.run(first)
  assert.is(after.run(second)[0]!.evidence.sources_estimated, 2)
})

test.run()
