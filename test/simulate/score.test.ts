import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Finding } from '../../model/finding.js'
import type { TruthRecord } from '../../simulate/incidents/incident.js'
import { covers } from '../../simulate/overlap.js'
import { scoreFindings, scoreRows } from '../../simulate/score.js'

const flood: TruthRecord = {
  service: 'ddos',
  kind: 'udp_flood',
  src: ['198.19.1.1', '198.19.2.2'],
  src_count: 300,
  dst: ['203.0.113.9'],
  ip_proto: 17,
  start_ms: 10_000,
  end_ms: 35_000,
  intensity: 1,
  org: 'a',
  site: 'a-1',
}
const scan: TruthRecord = {
  ...flood,
  service: 'scan',
  kind: 'vertical_scan',
  src: ['10.1.2.3'],
  src_count: 1,
}
const finding: Finding = {
  time: 20_000,
  service: 'ddos',
  activity: 'create',
  uid: 'f1',
  severity_id: 4,
  src: [],
  dst: ['203.0.113.9'],
  first_seen: 11_000,
  last_seen: 20_000,
  score: 90,
  evidence: {},
  title: { fr: '', en: '' },
}

const test = suite('the score')

test('finds an incident by service, entity and time, and says how long it took', () => {
  const score = scoreFindings([flood, scan], [finding])
  assert.is(score.found, 1)
  assert.is(score.missed, 1)
  assert.is(score.incidents[0]!.timeToDetectMs, 10_000)
  assert.is(score.falseFindings.length, 0)
})

test('takes a prefix for its addresses, either way', () => {
  const carpet = { ...flood, kind: 'carpet_bombing', dst: ['203.0.113.0/24'] }
  assert.is(scoreFindings([carpet], [finding]).found, 1)
  assert.is(scoreFindings([flood], [{ ...finding, dst: ['203.0.112.0/20'] }]).found, 1)
  assert.ok(covers('2001:db8::/32', '2001:db8:1::7') && !covers('2001:db8::/32', '2001:db9::1'))
  assert.not.ok(covers('10.0.0.0/8', 'not an address'))
})

test('knows a scan by its source, not by whom it met', () => {
  const found = { ...finding, service: 'scan' as const, src: ['10.1.2.3'], dst: [] }
  assert.is(scoreFindings([scan], [found]).found, 1)
  assert.is(scoreFindings([scan], [{ ...found, src: ['10.9.9.9'], dst: scan.dst }]).found, 0)
})

test('counts what nothing explains as false, and a second finding as a duplicate', () => {
  const second = { ...finding, uid: 'f2', time: 30_000 }
  const other = { ...finding, uid: 'f3', dst: ['192.0.2.1'] }
  const late = { ...finding, uid: 'f4', time: 35_000 + 300_001 }
  const score = scoreFindings([flood], [finding, { ...finding, activity: 'update' }, second, other, late])
  assert.is(score.incidents[0]!.duplicates, 1)
  assert.equal(
    score.falseFindings.map((f) => f.uid),
    ['f3', 'f4'],
  )
  assert.equal(
    scoreRows(score).map((r) => r.result),
    ['found', 'false', 'false'],
  )
})

test('does not call a finding for information a false alarm', () => {
  const aside = { ...finding, severity_id: 1, dst: ['192.0.2.1'] }
  assert.is(scoreFindings([flood], [aside]).falseFindings.length, 0)
})

test('leaves out incidents of services that were off', () => {
  assert.is(scoreFindings([flood, scan], [finding], { services: ['ddos'] }).missed, 0)
})

test.run()
