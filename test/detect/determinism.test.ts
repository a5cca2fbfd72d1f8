import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Catalogue } from '../../detect/catalogue.js'
import type { EngineConfig } from '../../detect/engine_core.js'
import { FlowEngine } from '../../detect/flow_engine.js'
import { Observer } from '../../detect/observer.js'
import { SERVICES } from '../../detect/services/index.js'
import type { Finding } from '../../model/finding.js'
import { FlowBlock } from '../../model/flow_block.js'
import { addFlow, outsideAddress, seeded, T0, type TestFlow } from './flows.js'

const test = suite('detect/determinism')
const FRAME_MS = 250

/** Services that flows alone make speak. */
const OF_FLOWS = [
  'ddos',
  'scan',
  'bruteforce',
  'beacon',
  'dnstunnel',
  'exfil',
  'intel',
  'segmentation',
  'p2p',
  'lateral',
]

const back = (f: TestFlow): TestFlow => ({
  ...f,
  src: f.dst,
  dst: f.src,
  srcPort: f.dstPort!,
  dstPort: f.srcPort!,
  locality: f.locality === 'outbound' ? 'inbound' : f.locality!,
})

/** Half an hour in which there is something for every service to find. */
function everything(seed: number): TestFlow[] {
  const random = seeded(seed)
  const flows: TestFlow[] = []
  const at = (i: number, everyMs: number, lastsMs: number): { startMs: number; endMs: number } => {
    const startMs = T0 + 60_000 + Math.floor(i * everyMs + random() * 20)
    return { startMs, endMs: startMs + lastsMs }
  }
  const out = (host: number): { src: string; srcPort: number; locality: 'outbound' } => {
    return { src: `10.1.0.${host}`, srcPort: 49_152 + Math.floor(random() * 16_000), locality: 'outbound' }
  }
  for (let i = 0; i < 4000; i++) {
    const client = { ...out(100 + (i % 90)), dst: outsideAddress(Math.floor(random() * 900)), dstPort: 443 }
    const flow = { ...client, packets: 5 + Math.floor(random() * 40), ...at(i, 400, random() * 9000) }
    flows.push(flow, back(flow))
  }
  for (let i = 0; i < 1500; i++) {
    const flood = { src: outsideAddress(5000 + (i % 300)), dst: '10.1.0.5', srcPort: 123, dstPort: 4000 }
    flows.push({ ...flood, proto: 17, packets: 900, bytes: 9e5, ...at(i, 25, 0) })
  }
  for (let i = 0; i < 300; i++) {
    flows.push({ ...out(11), dst: outsideAddress(i), dstPort: 23, flags: 2, ...at(i, 90, 0) })
    const guess = { src: '203.0.113.8', dst: '10.1.0.9', srcPort: 20_000 + i, dstPort: 22 }
    flows.push({ ...guess, packets: 14, bytes: 2100, ...at(i, 900, 1800) })
    flows.push({
      ...out(12),
      dst: '203.0.113.12',
      dstPort: 443,
      packets: 9,
      bytes: 1200,
      ...at(i, 5000, 300),
    })
    const query = { ...out(13), dst: '203.0.113.53', dstPort: 53, proto: 17, packets: 1, bytes: 200 }
    const question = { ...query, ...at(i, 700, 30) }
    flows.push(question, back(question))
    const peer = { ...out(14), dst: outsideAddress(7e5 + i * 9001), dstPort: 12_000 + i, proto: 17 }
    const asked = { ...peer, packets: 2, bytes: 250, ...at(i, 1500, 200) }
    flows.push(asked, ...(i % 2 === 0 ? [back(asked)] : []))
  }
  for (let i = 0; i < 40; i++) {
    const upload = { ...out(15), dst: '203.0.113.15', dstPort: 443, packets: 9000, bytes: 12e6 }
    flows.push({ ...upload, ...at(i, 8000, 7000) })
    const call = { ...out(16), dst: '203.0.113.66', dstPort: 443, threat: 7 }
    flows.push({ ...call, packets: 8, ...at(i, 9000, 400) })
    const move = { ...out(17), dst: `10.2.0.${i + 1}`, dstPort: 3389, locality: 'internal' as const }
    flows.push({ ...move, packets: 60, bytes: 20_000, ...at(i, 20_000, 5000) })
    const breach = { ...out(18), dst: '10.3.0.4', dstPort: 1433, locality: 'internal' as const }
    flows.push({ ...breach, packets: 20, ...at(i, 30_000, 500) })
  }
  return flows.sort((a, b) => a.endMs! - b.endMs!)
}

const catalogue = new Catalogue({
  services: SERVICES,
  defaults: {
    lateral: { learning_days: 0 },
    segmentation: { rules: [{ from: ['*'], to: ['*'], action: 'deny', ports: ['tcp/1433'] }] },
  },
})
const config: EngineConfig = {
  catalogue,
  threat: (number) => ({ number, feed: 'lab', value: '203.0.113.66', id: '', name: '', severity_id: 4 }),
}

/** Frames as a collector cuts them, each observed by one of some workers, in blocks of some rows. */
function partialsOf(flows: readonly TestFlow[], workers: number, blockRows: number): Uint8Array[] {
  const observers = Array.from({ length: workers }, () => new Observer(catalogue.observed(), blockRows))
  const frames: TestFlow[][] = []
  let window = -1
  for (const flow of flows) {
    const w = Math.floor(flow.endMs! / FRAME_MS)
    if (w !== window) frames.push([])
    window = w
    frames.at(-1)!.push(flow)
  }
  return frames.map((frame, n) => {
    const observer = observers[n % workers]!
    const block = new FlowBlock(blockRows)
    frame.forEach((flow, i) => {
      addFlow(block, flow)
      if (block.rows < blockRows && i < frame.length - 1) return
      observer.observe(block)
      block.reset()
    })
    return observer.take((Math.floor(frame[0]!.endMs! / FRAME_MS) + 1) * FRAME_MS)
  })
}

/** The findings as bytes; the engine starts anew from its own snapshot every so many frames. */
function findingsOf(partials: readonly Uint8Array[], restartEvery = Number.POSITIVE_INFINITY): string {
  let engine = new FlowEngine(config)
  const findings: Finding[] = []
  partials.forEach((partial, i) => {
    findings.push(...engine.apply(i + 1, partial))
    if ((i + 1) % restartEvery !== 0) return
    const snapshot = engine.snapshot()
    engine = new FlowEngine(config)
    engine.restore(snapshot)
  })
  findings.push(...engine.advance(engine.nowMs + 48 * 3_600_000))
  return findings.map((f) => JSON.stringify(f)).join('\n')
}

test('all services give the same bytes, whatever the blocks, the workers and the restarts', () => {
  const flows = everything(1)
  const first = partialsOf(flows, 1, 4096)
  const findings = findingsOf(first)
  const spoke = new Set(findings.split('\n').map((line) => (JSON.parse(line) as Finding).service))
  assert.equal(
    OF_FLOWS.filter((id) => !spoke.has(id as Finding['service'])),
    [],
    'each service has something to say',
  )
  for (const [workers, blockRows] of [
    [2, 1],
    [3, 7],
    [5, 1024],
  ] as const) {
    const partials = partialsOf(flows, workers, blockRows)
    const different = partials.findIndex((p, i) => Buffer.compare(p, first[i]!) !== 0)
    assert.is(different, -1, `frame ${different} of ${workers} workers, blocks of ${blockRows} rows`)
  }
  assert.ok(findingsOf(first, 1500) === findings, 'restarts change nothing')
})

test('a frame that comes again, and a stream that is read again from before, change nothing', () => {
  const partials = partialsOf(everything(2), 1, 4096).slice(0, 1500)
  const engine = new FlowEngine(config)
  const findings: string[] = []
  partials.forEach((partial, i) => {
    for (const f of engine.apply(i + 1, partial)) findings.push(JSON.stringify(f))
    assert.is(engine.apply(i + 1, partial).length, 0)
    if (i > 3) assert.is(engine.apply(i - 2, partials[i - 3]!).length, 0)
  })
  for (const f of engine.advance(engine.nowMs + 48 * 3_600_000)) findings.push(JSON.stringify(f))
  assert.ok(findings.join('\n') === findingsOf(partials))
})

test.run()
