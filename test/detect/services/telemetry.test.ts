import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAddress } from '../../../detect/address.js'
import { Catalogue } from '../../../detect/catalogue.js'
import { FlowEngine } from '../../../detect/flow_engine.js'
import { Observer } from '../../../detect/observer.js'
import { placesOf } from '../../../detect/places.js'
import { anyService, type FrameNotes } from '../../../detect/service.js'
import { telemetry } from '../../../detect/services/telemetry.js'
import type { Finding } from '../../../model/finding.js'
import { FlowBlock } from '../../../model/flow_block.js'
import { COL } from '../../../model/flow_columns.js'
import type { ExporterNote } from '../../../model/frame.js'
import { addFlow } from '../flows.js'
import { joined, Line, linkRecord, registryOf, T0 } from '../samples.js'

const test = suite('detect/services/telemetry')
const services = [anyService(telemetry)]

const told = (ms: number, devices: readonly string[], vendor = 'acme') =>
  devices.map((device) => joined({ ...linkRecord(device, { state: 'up' }), vendor }, ms))

test('a device that falls silent is told; one that speaks seldom is waited for', () => {
  const line = new Line(services)
  const some = ['a', 'b', 'c', 'd']
  line.run(120, (step, ms) => told(ms, step % 30 === 0 ? [...some, 'seldom'] : some))
  line.run(25, (_, ms) => told(ms, ['a', 'b', 'c']))
  assert.equal(
    line.created().map((f) => [f.evidence.kind, f.evidence.device]),
    [['edge_silent', 'd']],
  )
  line.run(60, (_, ms) => told(ms, some))
  assert.ok(line.findings.some((f) => f.activity === 'close'))
})

test('all devices of a vendor are one finding, a site of its own is the site', () => {
  const line = new Line(services, registryOf(4))
  const feed = ['a', 'b', 'c', 'd']
  const others = [0, 1, 2, 3]
  const sites = (ms: number, of: readonly number[]) =>
    of.map((site) => joined({ ...linkRecord(`e${site}`, { state: 'up' }), vendor: 'other' }, ms, site))
  line.run(60, (_, ms) => [...told(ms, feed), ...sites(ms, others)])
  line.run(20, (_, ms) => sites(ms, [0, 1, 2]))
  assert.equal(
    line
      .created()
      .map((f) => [f.evidence.kind, f.evidence.vendor, f.site])
      .sort(),
    [
      ['feed_silent', 'acme', undefined],
      ['site_silent', 'other', 's3'],
    ],
  )
})

test('time that is told, and nothing else, shows silence', () => {
  const line = new Line(services)
  line.run(60, (_, ms) => told(ms, ['a', 'b', 'c', 'd']))
  line.run(20, () => [])
  assert.equal(
    line.created().map((f) => f.evidence.kind),
    ['feed_silent'],
  )
})

test('a clock that is wrong is compared with others of its vendor, whose controller is late with all', () => {
  const line = new Line(services)
  const late = 120_000
  line.run(40, (_, ms) =>
    ['a', 'b', 'c', 'd'].map((device) =>
      joined(linkRecord(device, { state: 'up' }), ms - late + (device === 'c' ? 75_000 : 0)),
    ),
  )
  const [finding, ...others] = line.created()
  assert.equal(others, [])
  assert.equal(
    [finding!.evidence.kind, finding!.evidence.device, finding!.evidence.skew_s, finding!.severity_id],
    ['edge_clock', 'c', 75, 2],
  )
})

test('of two devices of a vendor the one that is late is told; both together, or one by itself, are not', () => {
  const line = new Line(services)
  const said = (ms: number, vendor: string, lates: readonly number[]) =>
    lates.map((late, i) =>
      joined({ ...linkRecord(`${vendor}${i}`, { state: 'up' }), vendor }, ms - 1000 * late),
    )
  line.run(40, (_, ms) => [
    ...said(ms, 'pair', [2, 85]),
    ...said(ms, 'slow', [85, 80]),
    ...said(ms, 'single', [85]),
    ...said(ms, 'early', [-50, 85]),
  ])
  assert.equal(
    line
      .created()
      .map((f) => [f.evidence.device, f.evidence.skew_s])
      .sort(),
    [
      ['early0', 50],
      ['early1', -85],
      ['pair1', -83],
    ],
  )
})

/** Frames of ten seconds with notes, and rows where there are some. */
class Frames {
  readonly findings: Finding[] = []
  readonly partials: Uint8Array[] = []
  nowMs = T0
  readonly #observer: Observer
  readonly #engine: FlowEngine
  #sequence = 0
  readonly #totals = new Map<string, Omit<ExporterNote, 'address'>>()

  constructor() {
    const registry = registryOf(1, { exporters: [{ address: '192.0.2.1', site: 's0' }] })
    const catalogue = new Catalogue({ services, places: placesOf(registry) })
    this.#observer = new Observer(catalogue.observed(), 64)
    this.#engine = new FlowEngine({ catalogue, siteName: (id) => (id === 1 ? 's0' : undefined) })
  }

  /** @param more what an exporter's datagrams add to its totals */
  run(
    steps: number,
    exporters: readonly string[],
    more: Partial<ExporterNote> = {},
    { collector = 'c1', unreadable = [] as FrameNotes['unreadable'], sampling = 0 } = {},
  ): this {
    for (let step = 0; step < steps; step++) {
      this.nowMs += 8_000
      const notes = exporters.map((address) => this.#note(address, more))
      this.#observer.observeFrame({ collector, exporters: notes, unreadable })
      if (sampling > 0) this.#observer.observe(rowsOf(sampling, this.nowMs))
      const partial = this.#observer.take(this.nowMs)
      this.partials.push(partial)
      this.findings.push(...this.#engine.apply(++this.#sequence, partial))
    }
    return this
  }

  #note(address: string, more: Partial<ExporterNote>): ExporterNote {
    const before = this.#totals.get(address) ?? {
      lastSeenMs: 0,
      datagrams: 0,
      units: 0,
      lost: 0,
      restarts: 0,
    }
    const note = {
      lastSeenMs: this.nowMs,
      datagrams: before.datagrams + 10,
      units: before.units + 250,
      lost: before.lost + (more.lost ?? 0),
      restarts: before.restarts + (more.restarts ?? 0),
    }
    this.#totals.set(address, note)
    return { address, ...note, ...(more.skewMs !== undefined && { skewMs: more.skewMs }) }
  }

  get created(): [unknown, readonly string[], string | undefined, string | undefined][] {
    return this.findings
      .filter((f) => f.activity === 'create')
      .map((f) => [f.evidence.kind, f.src, f.site, f.technique])
  }
}

function rowsOf(sampling: number, nowMs: number): FlowBlock {
  const block = new FlowBlock(64)
  addFlow(block, { src: '10.0.0.1', dst: '10.0.0.2', sampling, startMs: nowMs - 10, receivedMs: nowMs })
  block.touch(COL.exporter_addr!)
  parseAddress('192.0.2.1', block.words[COL.exporter_addr!] as Uint32Array, 0)
  return block
}

const ALL = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']

test('an exporter that falls silent is told, with its site; all of them are one', () => {
  const one = new Frames().run(30, ALL).run(20, ALL.slice(1))
  assert.equal(one.created, [['exporter_silent', ['192.0.2.1'], 's0', 'T1562.006']])
  const all = new Frames().run(30, ALL).run(20, [])
  assert.equal(
    all.created.map(([kind]) => kind),
    ['exporters_silent'],
  )
})

test('a collector that stopped says nothing of its exporters', () => {
  const frames = new Frames().run(20, ALL)
  for (let i = 0; i < 30; i++) frames.run(1, ['198.51.100.9'], {}, { collector: 'c2' })
  assert.equal(
    frames.created.map(([kind]) => kind),
    ['collector_silent'],
  )
})

test('lost units, restarts, a wrong clock, missing templates, another sampling rate', () => {
  assert.equal(
    new Frames().run(20, ALL.slice(0, 1), { lost: 30 }).created.map(([kind]) => kind),
    ['sequence_loss'],
  )
  assert.equal(new Frames().run(40, ALL, { lost: 1 }).created, [])
  assert.equal(
    new Frames().run(4, ALL.slice(1, 2), { restarts: 1 }).created.map(([kind]) => kind),
    ['exporter_restarts'],
  )
  assert.equal(
    new Frames().run(9, ALL.slice(0, 1), { skewMs: -90_000 }).created.map(([kind]) => kind),
    ['exporter_clock'],
  )
  const unreadable = [{ address: '192.0.2.2', sets: 4 }]
  assert.equal(
    new Frames().run(30, ALL, {}, { unreadable }).created.map(([kind, src]) => [kind, src]),
    [['template_missing', ['192.0.2.2']]],
  )
  const sampled = new Frames().run(9, ALL, {}, { sampling: 100 }).run(9, ALL, {}, { sampling: 1000 })
  assert.equal(
    sampled.created.map(([kind, src]) => [kind, src]),
    [['sampling_changed', ['192.0.2.1']]],
  )
})

test('flows without notes of their exporters, as of recordings, say nothing', () => {
  const frames = new Frames()
  frames.run(20, [], {}, { collector: '', sampling: 10 }).run(20, [], {}, { collector: '', sampling: 999 })
  assert.equal(frames.findings, [])
})

test.run()
