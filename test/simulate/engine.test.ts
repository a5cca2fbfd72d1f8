import { createHash } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { simulatorSchema } from '../../simulate/config.js'
import { Engine, type EngineOptions, STEP_MS } from '../../simulate/engine.js'
import type { Exporter } from '../../simulate/exporter.js'
import type { TruthRecord } from '../../simulate/incidents/incident.js'
import { INCIDENT_KINDS } from '../../simulate/incidents/schedule.js'
import { buildNetwork, type Network } from '../../simulate/network.js'

const network: Network = buildNetwork(4, 400)
const KINDS = simulatorSchema.parse({}).incidents.kinds
const startMs = Date.UTC(2026, 4, 13, 14)
const OPTIONS: EngineOptions = {
  seed: 4,
  startMs,
  flowsPerSecond: 1000,
  weekly: false,
  datagramBytes: 1400,
  templateRefreshMs: 30_000,
  sharedAddress: false,
}

interface Run {
  readonly hash: string
  readonly datagrams: number
  readonly flows: number
  readonly truth: TruthRecord[]
  readonly exporters: readonly Exporter[]
}

function run(
  seconds: number,
  options: Partial<EngineOptions> = {},
  on?: (d: Uint8Array, x: Exporter) => void,
): Run {
  const hash = createHash('sha256')
  const truth: TruthRecord[] = []
  let datagrams = 0
  let flows = 0
  const engine = new Engine(
    network,
    { ...OPTIONS, ...options },
    {
      datagram(exporter, datagram, records) {
        hash.update(datagram)
        datagrams++
        flows += records
        on?.(datagram, exporter)
      },
      truth: (record) => truth.push(record),
    },
  )
  for (let ms = 0; ms < seconds * 1000; ms += STEP_MS) engine.step()
  engine.flush()
  return { hash: hash.digest('hex'), datagrams, flows, truth, exporters: engine.exporters }
}

const test = suite('the engine')

test('sends the same datagrams for the same seed, others for another', () => {
  const incidents = { kinds: KINDS, everyS: 30, intensity: 1 }
  const once = run(12, { incidents })
  assert.is(run(12, { incidents }).hash, once.hash)
  assert.is.not(run(12, { incidents, seed: 5 }).hash, once.hash)
})

test('keeps the rate through exporters, sampling and datagrams', () => {
  const { flows, exporters } = run(40)
  assert.ok(Math.abs(flows - 40_000) < 400, `${flows}`)
  const sum = exporters.reduce((n, x) => n + x.sent.records, 0)
  assert.is(sum, flows)
})

test('lets every exporter speak, with templates before data and again in time', () => {
  const seen = new Map<number, number>()
  run(70, {}, (datagram, exporter) => {
    const view = new DataView(datagram.buffer, datagram.byteOffset)
    const version = view.getUint16(0)
    if (version !== 9 && version !== 10) return
    const isTemplate = version === 9 ? view.getUint16(20) === 0 : view.getUint16(16) === 2
    const before = seen.get(exporter.site.index)
    assert.ok(before !== undefined || isTemplate, 'data before its template')
    if (isTemplate) seen.set(exporter.site.index, (before ?? 0) + 1)
  })
  const templated = network.sites.filter((s) => !['legacy_v5', 'switch_sflow'].includes(s.edge.model.id))
  assert.is(seen.size, templated.length)
  assert.ok(
    [...seen.values()].every((n) => n === 3),
    'at the start, after 30 s and after 60 s',
  )
})

test('spreads datagrams over the second', () => {
  const perStep = new Map<number, number>()
  let steps = 0
  const counted = run(20, { flowsPerSecond: 4000 }, () => perStep.set(steps++, 1))
  assert.ok(counted.datagrams > 20 * 400, 'each exporter about once a second')
})

test('counts datagrams by the sequence numbers of NetFlow v9, records by those of v5', () => {
  const next = new Map<number, number>()
  let checked = 0
  run(5, {}, (d, exporter) => {
    const view = new DataView(d.buffer, d.byteOffset)
    const version = view.getUint16(0)
    if (version !== 9 && version !== 5) return
    const sequence = view.getUint32(version === 9 ? 12 : 16)
    const { index } = exporter.site
    if (next.has(index)) assert.is(sequence, next.get(index))
    next.set(index, sequence + (version === 9 ? 1 : view.getUint16(2)))
    checked++
  })
  assert.ok(checked > 500)
})

test('gives exporters behind one address a domain each', () => {
  const domains = new Set<number>()
  run(3, { sharedAddress: true }, (d) => {
    const view = new DataView(d.buffer, d.byteOffset)
    if (view.getUint16(0) === 9) domains.add(view.getUint32(16))
    if (view.getUint16(0) === 10) domains.add(view.getUint32(12))
  })
  assert.ok(domains.size > 330, `${domains.size}`)
})

test('shows two kinds of floods and two of scans within 35 s of a minute', () => {
  const { truth } = run(60, { incidents: { kinds: KINDS, everyS: 30, intensity: 1, durationS: 60 } })
  const early = truth.filter((t) => t.start_ms < startMs + 35_000)
  assert.ok(new Set(early.filter((t) => t.service === 'ddos').map((t) => t.kind)).size >= 2)
  assert.ok(new Set(early.filter((t) => t.service === 'scan').map((t) => t.kind)).size >= 2)
  assert.ok(
    truth.every((t) => t.start_ms <= startMs + 35_000),
    'none begins too late to be found',
  )
  for (const t of truth) {
    assert.ok(t.src.length <= 16 && t.src_count >= t.src.length)
    assert.ok(t.dst.length === 1 && t.end_ms > t.start_ms)
    assert.ok(network.sites.some((s) => s.id === t.site))
  }
})

test('leaves a victim in peace for half an hour, so that what is done twice is one incident', () => {
  const incidents = { kinds: ['carpet_bombing'], everyS: 5, intensity: 1 }
  const { truth } = run(120, { flowsPerSecond: 1, incidents })
  // Two data centres have a public /24 that can be bombed.
  assert.is(truth.length, 2)
  assert.is.not(truth[0]!.dst[0], truth[1]!.dst[0])
})

for (const kind of INCIDENT_KINDS)
  test(`has incidents of kind ${kind.id} at the rate they are planned at`, () => {
    const quiet = run(3, { flowsPerSecond: 1 })
    const incidents = { kinds: [kind.id], everyS: 1e9, intensity: 1 }
    const { truth, flows } = run(60, { flowsPerSecond: 1, incidents })
    assert.ok(truth.length >= 1, 'begins after the opening at the latest')
    assert.is(truth[0]!.service, kind.service)
    assert.ok(flows > quiet.flows)
  })

test.run()
