import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Related } from '../../detect/related.js'
import { Suspects } from '../../detect/suspects.js'
import type { Finding } from '../../model/finding.js'
import { T0 } from './flows.js'

const test = suite('detect/related')
const HOUR_MS = 3_600_000

const finding = (uid: string, more: Partial<Finding> = {}): Finding => ({
  time: T0,
  service: 'beacon',
  activity: 'create',
  uid,
  severity_id: 4,
  src: ['10.1.0.7'],
  dst: ['203.0.113.5'],
  first_seen: T0,
  last_seen: T0,
  score: 80,
  evidence: {},
  title: { fr: 'Balise', en: 'Beacon' },
  ...more,
})

test('findings of one host within a day name one another, the newest first', () => {
  const related = new Related()
  assert.equal(related.link(finding('a')).evidence, {})
  const b = finding('b', { service: 'scan', dst: [], time: T0 + HOUR_MS })
  assert.equal(related.link(b).evidence.related, ['a'])
  const c = finding('c', { service: 'exfil', dst: ['198.51.100.1'], time: T0 + 2 * HOUR_MS })
  assert.equal(related.link(c).evidence.related, ['b', 'a'])
  assert.equal(
    related.link({ ...finding('a'), activity: 'close', time: T0 + 3 * HOUR_MS }).evidence.related,
    ['c', 'b'],
  )
  assert.equal(
    related.link(finding('d', { time: T0 + 40 * HOUR_MS })).evidence,
    {},
    'a day later it is another story',
  )
})

test('a host that stands in a long list is no link, a link of the network is one', () => {
  const related = new Related()
  const many = Array.from({ length: 9 }, (_, i) => `10.1.0.${i}`)
  related.link(finding('a', { src: ['203.0.113.9'], dst: many }))
  assert.equal(related.link(finding('b')).evidence, {})
  related.link(finding('c', { src: [], dst: [], evidence: { link: 'l-1' } }))
  assert.equal(related.link(finding('d', { src: [], dst: [], evidence: { link: 'l-1' } })).evidence.related, [
    'c',
  ])
})

test('what is remembered survives a snapshot', () => {
  const before = new Related()
  before.link(finding('a'))
  const after = new Related()
  after.restore(structuredClone(before.snapshot()))
  assert.equal(after.link(finding('b')).evidence.related, ['a'])
})

test('a host is suspected no longer when the finding that said so was nothing', () => {
  const suspects = new Suspects()
  suspects.note(finding('a'), ['10.1.0.7'])
  assert.is(suspects.of('10.1.0.7', T0)!.uid, 'a')
  suspects.forget('b')
  assert.is(suspects.of('10.1.0.7', T0)!.uid, 'a')
  suspects.forget('a')
  assert.is(suspects.of('10.1.0.7', T0), undefined)
})

test.run()
