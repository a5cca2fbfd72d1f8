import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Catalogue } from '../../detect/catalogue.js'
import { FindingBook, type FindingReport } from '../../detect/finding_book.js'
import { FlowEngine } from '../../detect/flow_engine.js'
import { MarkMemory } from '../../detect/mark_memory.js'
import { toOcsf } from '../../detect/ocsf.js'
import { anyService } from '../../detect/service.js'
import { SERVICES } from '../../detect/services/index.js'
import { scan } from '../../detect/services/scan.js'
import type { Finding, FindingMark } from '../../model/finding.js'
import { network, T0, type TestFlow } from './flows.js'

const test = suite('detect/marks')
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

const mark = (
  finding: string,
  verdict: FindingMark['verdict'],
  time: number,
  more: Partial<FindingMark> = {},
) => ({
  finding,
  verdict,
  by: 'operator:anne',
  time,
  ...more,
})

/** A book of one service with the memory that it shares with its engine. */
function bookOf(publicUid?: (uid: string) => string) {
  const marks = new MarkMemory({ holdMs: 30 * DAY_MS, ...(publicUid && { publicUid }) })
  const book = new FindingBook({
    service: 'scan',
    capacity: 100,
    orgName: (id) => `org-${id}`,
    siteName: () => undefined,
    marks,
  })
  const give = (m: FindingMark, nowMs: number, sequence?: number): void => {
    const closed = marks.give(m, nowMs, sequence)
    if (closed !== undefined) book.mark(closed.key, m, nowMs)
  }
  return { marks, book, give }
}

const report = (firstSeenMs: number, more: Partial<FindingReport> = {}): FindingReport => ({
  key: 'in|10.0.0.9|1',
  severity: 3,
  score: 70,
  orgId: 1,
  siteId: 0,
  src: ['10.0.0.9'],
  dst: [],
  firstSeenMs,
  lastSeenMs: firstSeenMs,
  technique: 'T1046',
  evidence: { contacts: 40 },
  title: { fr: 'Balayage', en: 'Scan' },
  magnitude: 40,
  quietMs: HOUR_MS,
  ...more,
})

const activities = (findings: readonly Finding[]): string[] => findings.map(({ activity }) => activity)

test('a false positive closes its finding, which says so, and its like is counted and not told', () => {
  const { book, give } = bookOf()
  book.report(report(T0), T0, false)
  const [created] = book.take()
  give(mark(created!.uid, 'false_positive', T0 + 1000), T0 + 2000)
  const [closed, ...more] = book.take()
  assert.equal(more, [])
  assert.equal(
    [closed!.uid, closed!.activity, closed!.evidence],
    [created!.uid, 'close', { contacts: 40, marked: 'false_positive', marked_by: 'operator:anne' }],
  )
  assert.is(toOcsf(closed!, { services: SERVICES, productVersion: '1', lang: 'en' }).status, 'Suppressed')
  book.report(report(T0, { lastSeenMs: T0 + HOUR_MS }), T0 + HOUR_MS, false)
  book.expire(T0 + 3 * HOUR_MS)
  book.report(report(T0 + 4 * HOUR_MS), T0 + 4 * HOUR_MS, false)
  book.expire(T0 + 9 * HOUR_MS)
  book.report(report(T0 + 10 * HOUR_MS, { key: 'in|10.0.0.10|1' }), T0 + 10 * HOUR_MS, false)
  assert.equal(activities(book.take()), ['create'], 'another host is another matter')
  assert.is(book.counts.suppressed_by_mark, 1)
  assert.is(book.counts.closed, 1)
})

for (const [what, grown] of [
  ['more severe', { severity: 4 }],
  ['ten times as big', { magnitude: 400 }],
  ['of another technique', { technique: 'T1595' }],
  ['of another organisation', { orgId: 2 }],
] as const) {
  test(`a mark is no blind spot: what is ${what} is told`, () => {
    const { book, give, marks } = bookOf()
    book.report(report(T0), T0, false)
    const { uid } = book.take()[0]!
    give(mark(uid, 'expected', T0), T0)
    book.take()
    book.expire(T0 + 2 * HOUR_MS)
    const later = T0 + 3 * HOUR_MS
    book.report(report(later), later, false)
    assert.equal(book.take(), [])
    book.report(report(later, { lastSeenMs: later + 60_000, ...grown }), later + 60_000, false)
    const [told, ...more] = book.take()
    assert.equal(more, [])
    assert.is(told!.activity, 'create')
    if (what !== 'of another organisation')
      assert.equal((told!.evidence.outgrew_mark as Record<string, unknown>).finding, uid)
    book.expire(later + 3 * HOUR_MS)
    assert.equal(activities(book.take()), ['close'], 'and goes on like the others')
    assert.is(marks.view(later)[0]!.suppressed, 1)
  })
}

test('a little bigger is still like it', () => {
  const { book, give } = bookOf()
  book.report(report(T0), T0, false)
  give(mark(book.take()[0]!.uid, 'expected', T0), T0)
  book.take()
  book.report(report(T0, { magnitude: 399, lastSeenMs: T0 + 1 }), T0 + 60_000, false)
  assert.equal(book.take(), [])
})

test('a mark ends: at its own time, after thirty days, or when it is taken back', () => {
  for (const [m, endMs] of [
    [mark('', 'false_positive', T0, { until: T0 + DAY_MS }), T0 + DAY_MS],
    [mark('', 'false_positive', T0), T0 + 30 * DAY_MS],
  ] as const) {
    const { book, give } = bookOf()
    book.report(report(T0), T0, false)
    give({ ...m, finding: book.take()[0]!.uid }, T0)
    book.take()
    book.expire(T0 + 2 * HOUR_MS)
    book.report(report(endMs - 2 * HOUR_MS), endMs - 2 * HOUR_MS, false)
    book.expire(endMs)
    assert.equal(book.take(), [])
    book.report(report(endMs), endMs, false)
    assert.equal(activities(book.take()), ['create'])
  }
  for (const verdict of ['true_positive', 'none'] as const) {
    const { book, give, marks } = bookOf()
    book.report(report(T0), T0, false)
    const { uid } = book.take()[0]!
    give(mark(uid, 'false_positive', T0), T0)
    give(mark(uid, verdict, T0 + 1000), T0 + 1000)
    book.take()
    assert.equal(marks.view(T0 + 1000), [])
    book.report(report(T0, { lastSeenMs: T0 + 2000 }), T0 + 20_000, false)
    const [again] = book.take()
    assert.equal([again!.uid, again!.activity], [uid, 'create'], 'what still goes on is told again')
  }
})

test('an older word that comes again changes nothing', () => {
  const { book, give, marks } = bookOf()
  book.report(report(T0), T0, false)
  const { uid } = book.take()[0]!
  give(mark(uid, 'true_positive', T0 + 5000), T0 + 5000, 8)
  give(mark(uid, 'false_positive', T0 + 1000), T0 + 6000, 9)
  assert.equal(marks.view(T0), [])
  assert.is(marks.counts.repeated, 1)
  assert.is(marks.through, 9)
})

test('a mark on a finding that is closed covers the next one; by the name that people see', () => {
  const { book, give } = bookOf((uid) => `shown-${uid}`)
  book.report(report(T0), T0, false)
  const { uid } = book.take()[0]!
  book.expire(T0 + 2 * HOUR_MS)
  book.take()
  give(mark(uid, 'expected', T0 + 3 * HOUR_MS), T0 + 3 * HOUR_MS)
  give(mark(`shown-${uid}`, 'expected', T0 + 3 * HOUR_MS), T0 + 3 * HOUR_MS)
  book.report(report(T0 + 4 * HOUR_MS), T0 + 4 * HOUR_MS, false)
  assert.equal(book.take(), [])
})

test('memory is bounded, and what was forgotten is counted', () => {
  const { marks, book } = bookOf()
  for (let i = 0; i < 9000; i++) {
    const uid = `u${i}`
    marks.saw('scan', uid, report(T0, { key: `k${i}` }), T0)
    marks.give(mark(uid, 'expected', T0), T0)
  }
  for (let i = 0; i < 2000; i++) marks.give(mark(`nobody${i}`, 'expected', T0), T0)
  assert.is(marks.view(T0).length, 2048)
  assert.is(marks.counts.unknown, 2000)
  assert.ok(marks.counts.evicted >= 9000 - 2048 + (2000 - 1024))
  book.report(report(T0, { key: 'k0' }), T0, false)
  assert.equal(activities(book.take()), ['create'], 'the oldest mark made room')
})

/** A scan from inside that comes again every few hours. */
function scans(rounds: number): TestFlow[] {
  return Array.from({ length: rounds * 40 }, (_, i) => ({
    src: '10.1.0.7',
    dst: `10.2.0.${i % 40}`,
    dstPort: 445,
    flags: 2,
    packets: 1,
    bytes: 44,
    locality: 'internal' as const,
    srcSite: 3,
    startMs: T0 + Math.floor(i / 40) * 6 * HOUR_MS + (i % 40) * 200,
  }))
}

const engineOf = (): FlowEngine =>
  new FlowEngine({
    catalogue: new Catalogue({ services: [anyService(scan)] }),
    orgName: (id) => (id === 0 ? undefined : `org-${id}`),
    siteName: (id) => (id === 0 ? undefined : `site-${id}`),
  })

test('marks are part of the engine’s snapshot: a restart at any point finds the same, byte for byte', () => {
  const net = network({ services: [anyService(scan)] })
  const plain = net.run(scans(4))
  const first = plain.find(({ activity }) => activity === 'create')!
  assert.is(plain.filter(({ activity }) => activity === 'create').length, 4, 'it comes back each time')
  const at = net.partials.length >> 2
  const run = (restarts: boolean): { text: string; counts: unknown } => {
    let engine = engineOf()
    const found: Finding[] = []
    net.partials.forEach((partial, i) => {
      if (i === at + 3) found.push(...engine.mark(mark(first.uid, 'false_positive', engine.nowMs), 1))
      found.push(...engine.apply(i + 1, partial))
      if (!restarts || i % 7 !== 0) return
      const snapshot = engine.snapshot()
      engine = engineOf()
      engine.restore(snapshot)
    })
    assert.is(engine.marksThrough, 1)
    assert.is(engine.counts.services.scan!.suppressed_by_mark, 3)
    assert.is(engine.marks[0]!.suppressed, 3)
    return { text: found.map((f) => JSON.stringify(f)).join('\n'), counts: engine.counts.services }
  }
  const straight = run(false)
  assert.equal(run(true), straight)
  assert.equal(
    straight.text.split('\n').map((line) => (JSON.parse(line) as Finding).activity),
    ['create', 'close'],
  )
})

test('without marks nothing changes: an engine that hears none says what it said before', () => {
  const net = network({ services: [anyService(scan)] })
  const plain = net.run(scans(3))
  const engine = engineOf()
  const again = net.partials.flatMap((partial, i) => engine.apply(i + 1, partial))
  assert.is(JSON.stringify(again), JSON.stringify(plain))
  assert.ok(
    plain.every(({ evidence }) => evidence.marked === undefined && evidence.outgrew_mark === undefined),
  )
})

test.run()
