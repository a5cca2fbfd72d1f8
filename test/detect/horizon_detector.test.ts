import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Catalogue } from '../../detect/catalogue.js'
import { detectorSchema } from '../../detect/config.js'
import { HorizonDetector } from '../../detect/horizon_detector.js'
import type { Bus } from '../../ingest/bus/bus.js'
import { FindingStream } from '../../ingest/bus/finding_stream.js'
import { NatsStateStore } from '../../ingest/bus/state_store.js'
import type { Finding } from '../../model/finding.js'
import type { StoreQuestions } from '../../model/ports.js'
import { QuestionError } from '../../model/question_error.js'
import { NatsFixture, until } from '../ingest/bus/nats_fixture.js'
import { toyHorizon, toyService } from './horizons.js'

const test = suite('detect/horizon_detector')
let nats: NatsFixture
let bus: Bus
test.before.each(async () => {
  nats = new NatsFixture()
  await nats.start()
  bus = await nats.bus()
})
test.after.each(() => nats.stop())

async function published(): Promise<Finding[]> {
  const { messages, first_seq } = (await bus.jsm.streams.info('FINDINGS')).state
  const found: Finding[] = []
  for (let seq = first_seq; found.length < messages; seq++) {
    const message = await bus.jsm.streams.getMessage('FINDINGS', { seq })
    if (message !== null) found.push(message.json<Finding>())
  }
  return found
}

/** Lets a process write `steps` pieces of its state, then kills it. */
async function runAndKill(steps: number, fromMs: number): Promise<void> {
  const script = fileURLToPath(new URL('./horizon_process.js', import.meta.url))
  const child = spawn(process.execPath, [script, nats.server.url, String(fromMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = 0
  for await (const text of child.stdout) {
    said += String(text).split('step').length - 1
    if (said >= steps) break
  }
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

test('killed anywhere between question and saved state, each slot is told once, by one answer', async () => {
  const fromMs = Date.UTC(2026, 10, 21)
  // Each process finds its clock a day further on, with slots to catch up on.
  let day = 0
  for (const steps of [4, 7, 9, 14, 30]) await runAndKill(steps, fromMs + 86_400_000 * day++)
  const created = (await published()).filter((f) => f.activity === 'create')
  assert.ok(created.length > 8, String(created.length))
  const slots = created.map((f) => Number(f.evidence.slot))
  slots.forEach((slot, i) => {
    if (i > 0) assert.is(slot, slots[i - 1]! + 300_000)
  })
  created.forEach((f, i) => {
    assert.is(f.evidence.seen, i + 1)
  })
})

/** A detector in this process, on a clock that a test moves. */
function detectorOf(
  store: StoreQuestions,
  nowMs: () => number,
): { detector: HorizonDetector; metrics: Registry } {
  const metrics = new Registry()
  const horizons = [toyHorizon('five', 300, { patienceS: 3600 })]
  const detector = new HorizonDetector(detectorSchema.parse({ store_retry_s: 0.01 }), {
    store,
    findings: new FindingStream({ bus, logger: nats.log }),
    state: new NatsStateStore(bus),
    catalogue: new Catalogue({ services: [toyService(horizons)] }),
    clock: { nowMs },
    logger: nats.log,
    metrics,
  })
  return { detector, metrics }
}

test('waits for a store that comes late and for rows that are not in yet; a question that is cut costs its slot', async () => {
  const T0 = Date.UTC(2026, 10, 21, 12)
  let nowMs = T0
  let asked = 0
  const store: StoreQuestions = {
    ask: async ({ params }) => {
      asked++
      if (asked < 3) throw new Error('connection refused')
      if (asked < 6) return []
      if (params.slot === T0 / 1000) throw new QuestionError('cut', 'too slow')
      return [[1]]
    },
  }
  const { detector, metrics } = detectorOf(store, () => nowMs)
  await detector.start()
  await until(async () => (await published()).length === 1, 'the first slot')
  assert.ok(nats.log.said('the store is away; long horizons wait for it'))
  await detector.stop()
  nowMs += 600_000
  const again = detectorOf(store, () => nowMs)
  await again.detector.start()
  await until(async () => (await published()).length === 2, 'the slot behind the one that was cut')
  await again.detector.stop()
  assert.match(await again.metrics.metrics(), /vigie_detect_horizons_slots_total\{outcome="cut"\} 1\b/)
  assert.match(await metrics.metrics(), /vigie_detect_horizons_slots_total\{outcome="answered"\} 1\b/)
})

test.run()
