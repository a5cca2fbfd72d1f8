import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Catalogue } from '../../detect/catalogue.js'
import { detectorSchema } from '../../detect/config.js'
import { FlowEngine } from '../../detect/flow_engine.js'
import { SERVICES } from '../../detect/services/index.js'
import { ShardedObserver } from '../../detect/sharded_observer.js'
import type { Finding } from '../../model/finding.js'
import { FlowBlock } from '../../model/flow_block.js'
import { addFlow, outsideAddress, seeded, T0, type TestFlow } from './flows.js'

const test = suite('detect/shards')
const FRAME_MS = 250
const BLOCK_ROWS = 512
const ORGS = [1, 2, 3, 4, 5]
const catalogue = new Catalogue({ services: SERVICES })

/** Ten minutes of five organisations: each is flooded, has a host that scans, and ordinary answers. */
function flows(): TestFlow[] {
  const random = seeded(7)
  const all: TestFlow[] = []
  for (const org of ORGS) {
    const from = T0 + 100_000 + org * 3000
    const host = (n: number): string => `10.${org}.0.${n}`
    for (let i = 0; i < 2000; i++) {
      const answer = { src: outsideAddress(9000 + Math.floor(random() * 300)), dst: host(1 + (i % 30)) }
      all.push({ ...answer, srcPort: 443, packets: 20, startMs: T0 + i * 100, org })
    }
    for (let i = 0; i < 2000; i++) {
      const flood = { src: outsideAddress(org * 500 + (i % 300)), dst: host(5), proto: 17, dstPort: 9000 }
      all.push({ ...flood, packets: 500, bytes: 250_000, startMs: from + i * 10, org })
    }
    for (let i = 0; i < 200; i++) {
      const scan = { src: host(11), dst: outsideAddress(20_000 + org * 300 + i), dstPort: 23, flags: 2 }
      all.push({ ...scan, startMs: from + i * 120, org, locality: 'outbound' })
    }
  }
  return all.sort((a, b) => a.startMs - b.startMs)
}

/** What detectors of so many shards find, each of its own. */
function found(shards: number): Finding[][] {
  const observer = new ShardedObserver(catalogue.observed(), shards, BLOCK_ROWS)
  const engines = Array.from(
    { length: shards },
    (_, shard) =>
      new FlowEngine({
        catalogue,
        orgName: (id) => (id === 0 ? undefined : String(id)),
        shard: { shard, shards },
      }),
  )
  const findings = engines.map((): Finding[] => [])
  const block = new FlowBlock(BLOCK_ROWS)
  const flush = (): void => {
    observer.observe(block)
    block.reset()
  }
  let sequence = 0
  let window = -1
  const close = (): void => {
    flush()
    const partials = observer.take((window + 1) * FRAME_MS)
    assert.is(partials.length, shards)
    sequence++
    engines.forEach((engine, shard) => {
      findings[shard]!.push(...engine.apply(sequence, partials[shard]!))
    })
  }
  for (const flow of flows()) {
    const w = Math.floor(flow.startMs / FRAME_MS)
    if (window >= 0 && w !== window) close()
    window = w
    if (block.rows === BLOCK_ROWS) flush()
    addFlow(block, flow)
  }
  close()
  engines.forEach((engine, shard) => {
    findings[shard]!.push(...engine.advance(engine.nowMs + 48 * 3_600_000))
    assert.is(engine.counts.partials, sequence, 'a detector hears of every frame, so that time goes on')
  })
  return findings
}

const incidents = (findings: readonly Finding[]): string[] =>
  findings.filter((f) => f.activity === 'create').map((f) => `${f.uid} ${f.service} ${f.org}`)

test('several detectors find together what one finds, each of its own organisations', () => {
  const whole = incidents(found(1)[0]!)
  assert.ok(whole.length >= 2 * ORGS.length, `${whole.length} incidents`)
  for (const shards of [2, 3]) {
    const parts = found(shards)
    for (const [shard, findings] of parts.entries()) {
      for (const { org } of findings) assert.is(Number(org) % shards, shard)
    }
    assert.equal(parts.flatMap(incidents).sort(), [...whole].sort())
  }
})

test('what happens between organisations of two shards is told once, by the one it is about', () => {
  const observer = new ShardedObserver(catalogue.observed(), 2, BLOCK_ROWS)
  const engines = [0, 1].map(
    (shard) => new FlowEngine({ catalogue, orgName: String, shard: { shard, shards: 2 } }),
  )
  const findings: Finding[] = []
  for (let frame = 0; frame < 240; frame++) {
    const block = new FlowBlock(BLOCK_ROWS)
    const probe = { src: '10.1.0.7', dst: `10.2.0.${frame}`, dstPort: 445, flags: 2 }
    addFlow(block, { ...probe, startMs: T0 + frame * FRAME_MS, locality: 'internal', org: 1, dstOrg: 2 })
    observer.observe(block)
    const partials = observer.take(T0 + (frame + 1) * FRAME_MS)
    engines.forEach((engine, shard) => {
      findings.push(...engine.apply(frame + 1, partials[shard]!))
    })
  }
  const scans = findings.filter((f) => f.activity === 'create' && f.service === 'scan')
  assert.equal(
    scans.map((f) => [f.org, f.src]),
    [['1', ['10.1.0.7']]],
  )
})

test('a shard that there is not is a mistake of the configuration', () => {
  assert.equal(detectorSchema.parse({ shards: 4, run_shards: [0, 3] }).run_shards, [0, 3])
  const { error } = detectorSchema.safeParse({ shards: 2, run_shards: [0, 2] })
  assert.match(error!.message, /there is no shard 2: of 2, the last is 1/)
})

test.run()
