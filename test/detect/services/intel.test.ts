import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { intel } from '../../../detect/services/intel.js'
import type { Finding } from '../../../model/finding.js'
import { network, outsideAddress, T0, type TestFlow } from '../flows.js'

const test = suite('detect/services/intel')
const services = [anyService(intel)]
const threats = {
  7: {
    number: 7,
    feed: 'lab',
    value: '203.0.113.0/24',
    id: '',
    name: 'loader',
    severity_id: 5,
    confidence: 90,
  },
  8: { number: 8, feed: 'lab', value: '198.51.100.1', id: '', name: '', severity_id: 3, confidence: 10 },
}
const out: TestFlow = {
  src: '10.1.0.66',
  dst: '203.0.113.20',
  srcPort: 50_000,
  dstPort: 443,
  packets: 9,
  startMs: T0,
  endMs: T0 + 400,
  locality: 'outbound',
  threat: 7,
}
const run = (flows: readonly TestFlow[]): Finding[] => network({ services, threats }).run(flows)
const find = (flows: readonly TestFlow[]): Finding[] => run(flows).filter((f) => f.activity === 'create')
const back = (f: TestFlow): TestFlow => ({
  ...f,
  src: f.dst,
  dst: f.src,
  srcPort: f.dstPort!,
  dstPort: f.srcPort!,
  locality: f.locality === 'outbound' ? 'inbound' : 'outbound',
  threatEnd: f.locality === 'outbound' ? 'src' : 'dst',
})

test('what we called and what answered comes first, with what the feed says of it', () => {
  const [finding, ...more] = find([out, back(out)])
  assert.is(more.length, 0)
  assert.equal([finding!.src, finding!.dst, finding!.severity_id], [['10.1.0.66'], ['203.0.113.20'], 5])
  assert.equal(
    [finding!.evidence.kind, finding!.evidence.indicator, finding!.evidence.feed],
    ['contacted', '203.0.113.0/24', 'lab'],
  )
})

test('calls of one host to one indicator are one finding, in both directions of their records', () => {
  const flows = Array.from({ length: 50 }, (_, i) => ({
    ...out,
    startMs: T0 + i * 2000,
    endMs: T0 + i * 2000 + 300,
    dst: `203.0.113.${1 + (i % 9)}`,
  }))
  assert.is(find(flows.flatMap((f) => [f, back(f)])).length, 1)
})

test('calls that nobody answers are told after some, less gravely', () => {
  const call = (i: number): TestFlow => ({
    ...out,
    flags: 2,
    packets: 1,
    startMs: T0 + i * 3000,
    endMs: T0 + i * 3000,
  })
  assert.is(find([0, 1].map(call)).length, 0)
  const [finding] = find([0, 1, 2, 3].map(call))
  assert.equal([finding!.evidence.kind, finding!.severity_id], ['attempted', 3])
})

test('probes from outside are one informational finding of the organisation, an answered one its own', () => {
  const probes = Array.from(
    { length: 60 },
    (_, i): TestFlow => ({
      src: `203.0.113.${i + 1}`,
      dst: '10.1.0.5',
      srcPort: 50_000,
      dstPort: 22,
      flags: 2,
      packets: 1,
      startMs: T0 + i * 1000,
      locality: 'inbound',
      threat: 7,
      threatEnd: 'src',
    }),
  )
  const [folded, ...more] = find(probes)
  assert.is(more.length, 0)
  assert.equal([folded!.evidence.kind, folded!.severity_id], ['probed', 1])
  const session: TestFlow = { ...probes[0]!, flags: 0x1b, packets: 30 }
  const [admitted] = find([session, { ...back(session), packets: 30 }])
  assert.equal([admitted!.evidence.kind, admitted!.severity_id, admitted!.dst], ['admitted', 2, ['10.1.0.5']])
})

test('an indicator of little confidence is not told, and a flow without any costs nothing', () => {
  assert.is(find([{ ...out, threat: 8, dst: '198.51.100.1' }]).length, 0)
  const { threat, ...plain } = out
  assert.is(threat, 7)
  assert.is(find([{ ...plain, dst: outsideAddress(4) }]).length, 0)
})

test('it stays one incident while it goes on', () => {
  const flows = Array.from({ length: 200 }, (_, i) => ({
    ...out,
    startMs: T0 + i * 60_000,
    endMs: T0 + i * 60_000 + 300,
  }))
  const findings = run(flows)
  assert.is(new Set(findings.map((f) => f.uid)).size, 1)
})

test.run()
