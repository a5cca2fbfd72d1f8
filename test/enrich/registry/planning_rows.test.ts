import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EVER_FROM, EVER_TO, planningRows } from '../../../enrich/registry/planning_rows.js'
import { assignIds, type RegistryInput, registrySchema } from '../../../model/registry.js'

const rows = suite('planning rows')

const at = (text: string): number => Date.parse(text) / 1000

const rowsOf = (input: RegistryInput) => {
  const registry = registrySchema.parse(input)
  return planningRows({ version: 3, registry, ids: assignIds(registry) })
}

const BASE: RegistryInput = {
  organizations: [
    { id: 'a', name: { fr: 'A', en: 'A' } },
    { id: 'b', name: { fr: 'B', en: 'B' } },
  ],
  suppliers: [{ id: 's', name: 'S' }],
  contracts: [{ id: 'k', supplier: 's', sla_class: 'gold' }],
  sites: [{ id: 'x', organization: 'b', region: '06', before: [{ until: '2026-10-10', organization: 'a' }] }],
}

rows('cuts the terms of a link where it changed and where its site did', () => {
  const { link_terms } = rowsOf({
    ...BASE,
    links: [
      {
        id: 'l',
        site: 'x',
        supplier: 's',
        contract: 'k',
        committed_bps: 200e6,
        start: '2026-01-01',
        before: [
          { until: '2026-06-01', committed_bps: 50e6, lot: 'old' },
          { until: '2026-10-20', committed_bps: 100e6 },
        ],
      },
    ],
  })
  assert.equal(
    link_terms.map((r) => [r.valid_from, r.valid_to, r.committed_bps, r.organization, r.lot, r.sla_class]),
    [
      [at('2026-01-01'), at('2026-06-01'), 50e6, 1, 'old', 'gold'],
      [at('2026-06-01'), at('2026-10-10'), 100e6, 1, '', 'gold'],
      [at('2026-10-10'), at('2026-10-20'), 100e6, 2, '', 'gold'],
      [at('2026-10-20'), EVER_TO, 200e6, 2, '', 'gold'],
    ],
  )
})

rows('lets what is left out of an earlier interval hold as in the one after it', () => {
  const { link_terms } = rowsOf({
    ...BASE,
    sites: [{ id: 'x', organization: 'a' }],
    links: [
      {
        id: 'l',
        site: 'x',
        supplier: 's',
        lot: 'new',
        committed_bps: 3,
        before: [
          { until: '2026-02-01', lot: 'old' },
          { until: '2026-03-01', committed_bps: 2 },
        ],
      },
    ],
  })
  assert.equal(
    link_terms.map((r) => [r.lot, r.committed_bps]),
    [
      ['old', 2],
      ['new', 2],
      ['new', 3],
    ],
  )
  assert.is(link_terms[0]!.valid_from, EVER_FROM)
})

rows('sorts the credits of a contract and says last that a version is whole', () => {
  const written = rowsOf({
    ...BASE,
    contracts: [
      {
        id: 'k',
        supplier: 's',
        service_credits: [
          { availability_below_ratio: 0.999, credit_ratio: 0.05 },
          { availability_below_ratio: 0.99, credit_ratio: 0.2 },
        ],
      },
    ],
  })
  assert.equal(written.contracts[0]!.credit_below_ratio, [0.99, 0.999])
  assert.equal(written.contracts[0]!.credit_ratio, [0.2, 0.05])
  assert.is(Object.keys(written).at(-1), 'registry_versions')
})

rows.run()
