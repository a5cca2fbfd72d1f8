import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Catalogue } from '../../detect/catalogue.js'
import { detectorSchema } from '../../detect/config.js'
import { Detector } from '../../detect/detector.js'
import { FlowEngine } from '../../detect/flow_engine.js'
import { SERVICES } from '../../detect/services/index.js'
import type { Bus } from '../../ingest/bus/bus.js'
import { NatsFindingFeedback } from '../../ingest/bus/finding_feedback.js'
import { FindingStream } from '../../ingest/bus/finding_stream.js'
import { PartialStream } from '../../ingest/bus/partial_stream.js'
import { NatsStateStore } from '../../ingest/bus/state_store.js'
import type { Finding } from '../../model/finding.js'
import { NatsFixture, until } from '../ingest/bus/nats_fixture.js'
import { network, outsideAddress, T0, type TestFlow } from './flows.js'

const test = suite('detect/detector')
let nats: NatsFixture
let bus: Bus

// A server of its own for each test: streams remember the ids of messages.
test.before.each(async () => {
  nats = new NatsFixture()
  await nats.start()
  bus = await nats.bus()
})
test.after.each(() => nats.stop())

/** Partials of two minutes with a flood and a scan in their middle, and of a quiet hour's end. */
function makePartials(): { partials: Uint8Array[]; findings: Finding[] } {
  const flows: TestFlow[] = []
  for (let i = 0; i < 480; i++) {
    flows.push({ src: outsideAddress(i % 40), dst: '10.1.0.4', packets: 10, startMs: T0 + i * 250 })
  }
  for (let i = 0; i < 4000; i++) {
    const startMs = T0 + 40_000 + i * 10
    flows.push({
      src: outsideAddress(500 + (i % 200)),
      dst: '10.1.0.5',
      proto: 17,
      packets: 500,
      bytes: 400_000,
      startMs,
    })
  }
  for (let i = 0; i < 200; i++) {
    flows.push({
      src: '10.2.0.7',
      dst: `10.3.0.${i}`,
      dstPort: 445,
      flags: 2,
      startMs: T0 + 50_000 + i * 100,
      locality: 'internal',
    })
  }
  const net = network({ services: SERVICES })
  net.run([...flows, { src: outsideAddress(1), dst: '10.1.0.4', startMs: T0 + 2 * 3_600_000 }])
  const engine = new FlowEngine({ catalogue: new Catalogue({ services: SERVICES }) })
  return { partials: net.partials, findings: net.partials.flatMap((p, i) => engine.apply(i + 1, p)) }
}

async function published(): Promise<Finding[]> {
  const { messages } = (await bus.jsm.streams.info('FINDINGS')).state
  const found: Finding[] = []
  for (let seq = 1; found.length < messages; seq++) {
    const message = await bus.jsm.streams.getMessage('FINDINGS', { seq })
    if (message !== null) found.push(message.json<Finding>())
  }
  return found
}

function startProcess(): ChildProcess {
  const script = fileURLToPath(new URL('./detector_process.js', import.meta.url))
  return spawn(process.execPath, [script, nats.server.url], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('killed in the middle of incidents, it says each finding once and goes on with it', async () => {
  const { partials, findings } = makePartials()
  assert.ok(findings.length >= 4)
  const stream = new PartialStream({ bus, logger: nats.log })
  const pieces = 5
  let sequence = 0
  for (let piece = 0; piece < pieces; piece++) {
    const child = startProcess()
    let saved = 0
    child.stdout!.on('data', (text) => {
      if (String(text).includes('saved')) saved++
    })
    const end = piece === pieces - 1 ? partials.length : Math.floor((partials.length * (piece + 1)) / pieces)
    for (; sequence < end; sequence++) await stream.publish(sequence + 1, [partials[sequence]!])
    await until(() => saved > 0, 'a save')
    if (piece === pieces - 1) {
      await until(async () => (await published()).length >= findings.length, 'all findings')
    }
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const said = await published()
  assert.equal(said, JSON.parse(JSON.stringify(findings)))
})

test('puts partials in order, waits for a missing one, and goes on without it', async () => {
  const { partials, findings } = makePartials()
  const stream = new PartialStream({ bus, logger: nats.log })
  let nowMs = 0
  const metrics = new Registry()
  const detector = new Detector(detectorSchema.parse({ gap_wait_s: 0.05 }), {
    partials: stream,
    findings: new FindingStream({ bus, logger: nats.log }),
    state: new NatsStateStore(bus),
    catalogue: new Catalogue({ services: SERVICES }),
    clock: { nowMs: () => nowMs++ },
    logger: nats.log,
    metrics,
  })
  await detector.start()
  // Pairs change places; the seventh never comes, and the eighth has no bytes.
  for (let i = 0; i < partials.length; i += 2) {
    if (i + 1 < partials.length) await stream.publish(i + 2, i === 6 ? [] : [partials[i + 1]!])
    if (i !== 6) await stream.publish(i + 1, [partials[i]!])
  }
  await until(async () => (await published()).length >= findings.length, 'all findings')
  await detector.stop()
  const text = await metrics.metrics()
  assert.match(text, /vigie_detect_skipped_total\{reason="missing"\} 1\b/)
  assert.match(text, /vigie_detect_skipped_total\{reason="empty"\} 1\b/)
  assert.ok(nats.log.said('goes on without them'))
  const uids = (list: readonly Finding[]): string[] => list.map((f) => `${f.uid} ${f.activity}`).sort()
  assert.equal(uids(await published()), uids(findings))
})

test('a mark is heard between two partials, closes its finding, and is remembered over a restart', async () => {
  const { partials, findings } = makePartials()
  const stream = new PartialStream({ bus, logger: nats.log })
  const feedback = new NatsFindingFeedback({ bus, logger: nats.log })
  const { uid } = findings.find(({ service, activity }) => service === 'scan' && activity === 'create')!
  const start = async (): Promise<Detector> => {
    const detector = new Detector(detectorSchema.parse({}), {
      partials: stream,
      findings: new FindingStream({ bus, logger: nats.log }),
      state: new NatsStateStore(bus),
      catalogue: new Catalogue({ services: SERVICES }),
      marks: feedback,
      publicUid: (own) => `shown-${own}`,
      clock: { nowMs: () => Date.now() },
      logger: nats.log,
      metrics: new Registry(),
    })
    await detector.start()
    return detector
  }
  let detector = await start()
  const half = Math.floor(partials.length / 2)
  for (let i = 0; i < half; i++) await stream.publish(i + 1, [partials[i]!])
  await until(async () => (await published()).some((f) => f.uid === uid), 'the scan is told')
  await feedback.give([
    {
      finding: `shown-${uid}`,
      verdict: 'expected',
      by: 'operator:anne',
      time: Date.now(),
      until: Date.now() + 3_600_000,
    },
  ])
  await until(
    async () => (await published()).some((f) => f.uid === uid && f.activity === 'close'),
    'its finding is closed',
  )
  const closed = (await published()).find((f) => f.uid === uid && f.activity === 'close')!
  assert.is(closed.evidence.marked, 'expected')
  await until(() => detector.marks.length === 1, 'the mark is in force')
  await detector.stop()
  detector = await start()
  assert.equal(
    detector.marks.map(({ finding, verdict, by }) => [finding, verdict, by]),
    [[`shown-${uid}`, 'expected', 'operator:anne']],
  )
  for (let i = half; i < partials.length; i++) await stream.publish(i + 1, [partials[i]!])
  const others = findings.filter((f) => f.uid !== uid).length
  await until(async () => (await published()).filter((f) => f.uid !== uid).length >= others, 'the others')
  await feedback.give([
    { finding: `shown-${uid}`, verdict: 'none', by: 'operator:anne', time: Date.now() + 1 },
  ])
  await until(() => detector.marks.length === 0, 'and is taken back')
  await detector.stop()
  assert.equal(
    (await published()).filter((f) => f.uid === uid && f.activity === 'close').length,
    1,
    'closed once',
  )
})

test('a stop saves, and the next start reads on from there', async () => {
  const { partials } = makePartials()
  const stream = new PartialStream({ bus, logger: nats.log })
  for (let i = 0; i < 10; i++) await stream.publish(i + 1, [partials[i]!])
  const positions: number[] = []
  const run = async (): Promise<void> => {
    const metrics = new Registry()
    const detector = new Detector(detectorSchema.parse({}), {
      partials: {
        read: (from) => {
          positions.push(from)
          return stream.read(from)
        },
      },
      findings: new FindingStream({ bus, logger: nats.log }),
      state: new NatsStateStore(bus),
      catalogue: new Catalogue({ services: SERVICES }),
      clock: { nowMs: () => 0 },
      logger: nats.log,
      metrics,
    })
    await detector.start()
    await until(
      async () => (await metrics.metrics()).includes('vigie_detect_partials_total 10'),
      'ten partials',
    )
    await detector.stop()
  }
  await run()
  await run()
  const { first_seq } = (await bus.jsm.streams.info('PARTIALS')).state
  assert.equal(positions, [1, first_seq + 10])
})

test.run()
