import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Catalogue } from '../../detect/catalogue.js'
import { FlowEngine } from '../../detect/flow_engine.js'
import { SERVICES } from '../../detect/services/index.js'
import type { Finding } from '../../model/finding.js'
import { network, outsideAddress, seeded, T0, type TestFlow } from './flows.js'

const test = suite('detect/flow_engine')

/** Ten minutes of everything: ordinary traffic, a flood, a scan. */
function mixture(seed: number): TestFlow[] {
  const random = seeded(seed)
  const flows: TestFlow[] = []
  for (let i = 0; i < 6000; i++) {
    const startMs = T0 + Math.floor(random() * 300_000)
    flows.push({
      src: outsideAddress(Math.floor(random() * 300)),
      dst: `10.1.0.${Math.floor(random() * 40)}`,
      packets: 1 + Math.floor(random() * 30),
      startMs,
      endMs: startMs + Math.floor(random() * 40_000),
      dstSite: 1,
    })
  }
  for (let i = 0; i < 4000; i++) {
    const src = outsideAddress(1000 + (i % 300))
    flows.push({
      src,
      dst: '10.1.0.5',
      proto: 17,
      dstPort: 53,
      packets: 400,
      bytes: 200_000,
      startMs: T0 + 120_000 + i * 8,
    })
  }
  for (let i = 0; i < 300; i++) {
    flows.push({
      src: '203.0.113.5',
      dst: `10.1.${i % 4}.${i % 250}`,
      dstPort: 22,
      flags: 2,
      startMs: T0 + 60_000 + i * 50,
    })
  }
  return flows
}

const bytesOf = (findings: readonly Finding[]): string => findings.map((f) => JSON.stringify(f)).join('\n')

test('the same frames give the same findings, however rows are split into blocks', () => {
  const flows = mixture(1)
  const runs = [4096, 113, 1].map((blockRows) => {
    const net = network({ services: SERVICES, blockRows })
    return { findings: bytesOf(net.run(flows)), partials: Buffer.concat(net.partials).toString('hex') }
  })
  assert.ok(runs[0]!.findings.length > 500, 'there is something to compare')
  for (const run of runs) {
    assert.ok(run.findings === runs[0]!.findings)
    assert.ok(run.partials === runs[0]!.partials)
  }
})

test('a partial depends on its frame alone, whichever worker makes it', () => {
  const alone = network({ services: SERVICES })
  const findings = bytesOf(alone.run(mixture(2)))
  const other = new FlowEngine({
    catalogue: new Catalogue({ services: SERVICES }),
    orgName: (id) => (id === 0 ? undefined : `org-${id}`),
    siteName: (id) => (id === 0 ? undefined : `site-${id}`),
  })
  const again = alone.partials.flatMap((partial, i) => other.apply(i + 1, partial))
  assert.is(bytesOf(again), findings)
})

test('a restart from any snapshot goes on as if nothing had happened', () => {
  const net = network({ services: SERVICES })
  const findings = bytesOf(net.run(mixture(3)))
  const make = (): FlowEngine =>
    new FlowEngine({
      catalogue: new Catalogue({ services: SERVICES }),
      orgName: (id) => (id === 0 ? undefined : `org-${id}`),
      siteName: (id) => (id === 0 ? undefined : `site-${id}`),
    })
  let engine = make()
  const again: Finding[] = []
  net.partials.forEach((partial, i) => {
    again.push(...engine.apply(i + 1, partial))
    if (i % 97 !== 0) return
    const snapshot = engine.snapshot()
    engine = make()
    engine.restore(snapshot)
    // What was applied before the snapshot and comes again changes nothing.
    assert.equal(engine.apply(i + 1, partial), [])
  })
  assert.is(bytesOf(again), findings)
})

test('a partial that does not read is counted, and the next one applies', () => {
  const net = network({ services: SERVICES })
  net.run(mixture(4).slice(0, 500))
  const engine = new FlowEngine({ catalogue: new Catalogue({ services: SERVICES }) })
  const whole = net.partials[0]!
  engine.apply(1, whole.subarray(0, whole.length - 3))
  engine.apply(2, new Uint8Array([1, 2, 3]))
  engine.apply(3, new Uint8Array(0))
  engine.skip(4, 'missing')
  engine.apply(5, whole)
  assert.equal([engine.counts.skipped.corrupt, engine.counts.skipped.empty], [2, 1])
  assert.is(engine.counts.skipped.missing, 1)
  assert.is(engine.counts.partials, 1)
  assert.is(engine.sequence, 5)
})

test('no bytes make the engine throw or hang', () => {
  const random = seeded(9)
  const net = network({ services: SERVICES })
  net.run(mixture(5).slice(0, 800))
  const engine = new FlowEngine({ catalogue: new Catalogue({ services: SERVICES }) })
  let sequence = 0
  for (let i = 0; i < 3000; i++) {
    const bytes = net.partials[i % net.partials.length]!.slice()
    for (let n = 0; n < 4; n++)
      bytes[3 + Math.floor(random() * (bytes.length - 3))] = Math.floor(random() * 256)
    engine.apply(++sequence, bytes)
  }
  assert.is(engine.sequence, 3000)
})

test.run()
