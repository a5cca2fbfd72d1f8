import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cusumThreshold, falseAlarmSamples } from '../../detect/cusum.js'
import { networkFactsOf } from '../../detect/network_facts.js'
import { wilsonLower } from '../../detect/wilson.js'
import { registryOf, T0 } from './samples.js'

const test = suite('detect/maintenance_calendar')

const at = (minutes: number): string => new Date(T0 + minutes * 60_000).toISOString()

test('covers organisations, sites, links and suppliers, from its start until before its end', () => {
  const { maintenance } = networkFactsOf(
    registryOf(2, {
      maintenance: [
        { id: 'late', start: at(120), end: at(180), organizations: ['lab'] },
        { id: 'link', start: at(0), end: at(60), links: ['s0-a'] },
        { id: 'south', start: at(30), end: at(60), suppliers: ['south'] },
      ],
    }),
  )
  const covering = (place: object, minutes: number) => maintenance.covering(place, T0 + minutes * 60_000)
  const link = { orgId: 1, siteId: 1, linkId: 1, supplierId: 1 }
  assert.equal(
    [-1, 0, 59, 60, 119, 120, 180].map((minutes) => covering(link, minutes)),
    [undefined, 'link', 'link', undefined, undefined, 'late', undefined],
  )
  // Its site, and the other link of it, are not covered by the maintenance of one link.
  assert.is(covering({ orgId: 1, siteId: 1 }, 10), undefined)
  assert.is(covering({ ...link, linkId: 2, supplierId: 2 }, 10), undefined)
  assert.is(covering({ ...link, linkId: 2, supplierId: 2 }, 40), 'south')
  assert.is(covering({ siteId: 0, linkId: 0 }, 10), undefined)
})

test('facts of the registry by number: objectives by the link or its contract', () => {
  const facts = networkFactsOf(
    registryOf(1, {
      links: [
        { id: 'x', site: 's0', supplier: 'south', contract: 'k' },
        { id: 'y', site: 's0', supplier: 'north' },
      ],
      contracts: [{ id: 'k', supplier: 'south', sla_class: 'gold' }],
    }),
  )
  assert.equal(facts.links.get(1), {
    name: 'x',
    siteId: 1,
    supplierId: 2,
    objectives: { slaClass: 'gold', oneWayMs: 40, roundTripMs: 80, jitterMs: 30, lossRatio: 0.01 },
  })
  assert.equal(facts.links.get(2), { name: 'y', siteId: 1, supplierId: 1 })
  assert.equal(facts.linksOf.get(1), [1, 2])
  assert.equal(
    [facts.regions.get(1), facts.organizationOf.get(1), facts.suppliers.get(2)],
    ['06', 1, 'south'],
  )
})

test("Wilson's lower bound, and the threshold of a CUSUM from its budget of false alarms", () => {
  // 10 of 100: 5.52 % (Newcombe 1998, table I form).
  assert.ok(Math.abs(wilsonLower(0.1, 100) - 0.0552) < 0.0001)
  assert.is(wilsonLower(0, 50), 0)
  assert.is(wilsonLower(0.5, 0), 0)
  // k = 0.5, h = 5: 930 samples one-sided (Montgomery, table of ARL0: 465 two-sided).
  assert.ok(Math.abs(falseAlarmSamples(0.5, 5) - 938) < 10)
  const h = cusumThreshold(0.5, 1e7)
  assert.ok(Math.abs(falseAlarmSamples(0.5, h) / 1e7 - 1) < 1e-6)
})

test.run()
