import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AbsenceWatch } from '../../../enrich/edge/absence_watch.js'
import { EdgePlaces } from '../../../enrich/edge/place.js'
import { RecordMerge, type Waiting } from '../../../enrich/edge/record_merge.js'
import type { EdgeRecord } from '../../../model/edge_record.js'
import { assignIds, registrySchema } from '../../../model/registry.js'
import { checkRegistry } from './registry_mistakes.js'

/** What the edge processor remembers, and how it places. */
const memory = suite('memory of edges')

const tunnel = (link: string, more: object = {}): EdgeRecord =>
  ({
    kind: 'tunnel',
    vendor: 'v',
    device: 'd',
    link,
    observed_at: '2026-01-01T00:00:00.000Z',
    ...more,
  }) as EdgeRecord

function absent(watch: AbsenceWatch<string>): (string | undefined)[] {
  const gone: (string | undefined)[] = []
  watch.takeAbsent(({ record }) => gone.push(`${record.link} ${record.state} ${record.observed_at}`))
  return gone
}

memory(
  'a tunnel is down that is silent while its device goes on telling, once; a silent device says nothing',
  () => {
    let watch = new AbsenceWatch<string>(4)
    const see = (link: string, s: number, device = 'd'): void =>
      watch.see(tunnel(link, { device }), s * 1000, 180_000, 'from')
    for (const link of ['a', 'b']) see(link, 0)
    see('a', 0, 'other')
    see('b', 0, 'other')
    see('c', 0)
    assert.is(watch.unwatched, 1)
    see('a', 120)
    see('a', 240)
    assert.equal(absent(watch), [], 'the rest of the report of 240 s may be on its way')
    const saved = JSON.parse(JSON.stringify(watch.save()))
    watch = new AbsenceWatch(4)
    watch.restore(saved)
    assert.is(watch.watched, 4)
    see('a', 300)
    assert.equal(absent(watch), ['b down 1970-01-01T00:05:00.000Z'])
    see('a', 360)
    assert.equal(absent(watch), [])
    see('b', 420)
    see('a', 700)
    see('a', 760)
    assert.equal(absent(watch), ['b down 1970-01-01T00:12:40.000Z'], 'it was back, and went again')
  },
)

memory('a poll whose pages tell one tunnel each makes none absent', () => {
  const watch = new AbsenceWatch<string>(10)
  for (let poll = 0; poll < 5; poll++)
    for (const link of ['a', 'b', 'c']) {
      watch.see(tunnel(link), poll * 300_000, 180_000, '')
      assert.equal(absent(watch), [])
    }
})

memory(
  'parts become one record when it is whole or its window has passed; what contradicts stays apart',
  () => {
    let merge = new RecordMerge<number>(3)
    const left: Waiting<number>[] = []
    const add = (record: EdgeRecord, clock = 0): string =>
      merge.add(record, 5, clock, clock, (one) => left.push(one))
    assert.is(add(tunnel('a', { latency_ms: 1 })), 'waits')
    assert.is(add(tunnel('a', { latency_ms: 1 })), 'merged')
    assert.is(add(tunnel('a', { latency_ms: 2 })), 'alone')
    assert.is(add(tunnel('a', { jitter_ms: 3, sla_met: { x: true } })), 'merged')
    const saved = JSON.parse(JSON.stringify(merge.save()))
    merge = new RecordMerge(3)
    merge.restore(saved)
    assert.is(add(tunnel('a', { loss_ratio: 0, sla_met: { x: true } })), 'merged')
    assert.is(merge.open, 0)
    assert.equal(
      left.map(({ record }) => (record as { loss_ratio?: number }).loss_ratio),
      [undefined, 0],
    )
    assert.is(add(tunnel('b', { latency_ms: 1, jitter_ms: 1, loss_ratio: 0 })), 'complete')
    assert.is(add(tunnel('c', { observed_at_source: 'received' })), 'alone')
    left.length = 0
    for (const [clock, link] of ['d', 'e', 'f', 'g'].entries()) add(tunnel(link), clock)
    merge.takeClosed(3, (one) => left.push(one))
    assert.equal(
      [left.map(({ record }) => record.link), merge.evicted],
      [['d'], 1],
      'the oldest, for there are too many',
    )
    merge.takeClosed(7, (one) => left.push(one))
    assert.equal(
      left.map(({ record }) => record.link),
      ['d', 'e', 'f'],
    )
  },
)

memory(
  'an edge is found by any of its names, of its vendor only; its link by name, or by carrier where one is theirs',
  () => {
    const registry = registrySchema.parse({
      organizations: [{ id: 'o', name: { fr: 'O', en: 'O' } }],
      sites: [
        { id: 's1', organization: 'o' },
        { id: 's2', organization: 'o' },
      ],
      suppliers: [{ id: 'acme', name: 'Acme Télécom' }],
      links: [
        { id: 'l1', site: 's1', supplier: 'acme' },
        { id: 'l2', site: 's2', supplier: 'acme' },
        { id: 'l3', site: 's2', supplier: 'acme' },
      ],
      edges: [
        {
          id: 'e1',
          site: 's1',
          vendor: 'v',
          identities: ['00:11:22:33:44:55', 'Hub'],
          links: [{ link: 'l1', name: 'biz-internet' }],
        },
        { id: 'e2', site: 's2', vendor: 'w', identities: ['10.0.0.2'] },
      ],
    })
    const places = new EdgePlaces({ version: 3, registry, ids: assignIds(registry) })
    const place = (more: object, origin: object = {}) =>
      places.placeOf(tunnel('x', { device: undefined, ...more }), { way: 'http', source: 's', ...origin })
    const brief = (more: object, origin?: object): unknown[] => {
      const { edge, orgId, siteId, linkId, supplierId, remoteSiteId } = place(more, origin)
      return [edge, orgId, siteId, linkId, supplierId, remoteSiteId]
    }
    assert.equal(brief({ device: '0011.2233.4455', local_color: 'BIZ-INTERNET' }), ['e1', 1, 1, 1, 1, 0])
    assert.equal(brief({ local: 'hub', carrier: 'acme télécom' }), ['e1', 1, 1, 1, 1, 0])
    assert.equal(brief({ device: '10.0.0.2' }), ['', 0, 0, 0, 0, 0], 'it is another vendor’s')
    assert.equal(brief({ vendor: 'w', device: '10.0.0.2', carrier: 'Acme' }), ['e2', 1, 2, 0, 1, 0])
    assert.equal(brief({ vendor: 'w', carrier: 'acme', remote: 'hub/10.1.1.1' }, { address: '10.0.0.2' }), [
      'e2',
      1,
      2,
      0,
      1,
      0,
    ])
    assert.equal(brief({ site: 'S1', remote: 'e1' }), ['', 1, 1, 0, 0, 1])
  },
)

memory('the registry tells a name that stands for two edges, and a link that is not there', () => {
  const base = 'organizations: [{ id: o, name: { fr: O, en: O } }]\nsites: [{ id: s, organization: o }]\n'
  const edges =
    'edges:\n  - { id: e1, site: s, identities: [X1], links: [{ link: nope, name: wan }] }\n  - { id: e2, site: s, identities: [x1] }\n'
  assert.equal(checkRegistry(base + edges), ['reference', 'edge_identity_taken'])
})

memory.run()
