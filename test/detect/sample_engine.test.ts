import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type LinkRun, payloadsOf, sampleEngineOf, simulatedNetwork, worldOf } from '../../bench/link_run.js'
import { SERVICES } from '../../detect/services/index.js'
import type { Finding } from '../../model/finding.js'
import type { JoinedPayload } from '../../model/joined_record.js'

/** The simulated edges through the engine: the same payloads give the same findings, however they are handed over. */
const test = suite('detect/sample_engine')

const RUN: LinkRun = {
  seed: 7,
  sites: 60,
  seconds: 600,
  startMs: Date.parse('2026-03-02T14:00:00Z'),
  everyS: 10,
  calmS: 150,
  troubleEveryS: 10,
  troubles: { lastsS: [60, 200], intensity: [1, 1] },
  services: SERVICES.filter((service) => service.samples !== undefined),
}
const simulated = simulatedNetwork(RUN.seed, RUN.sites)
const payloads: readonly JoinedPayload[] = [...payloadsOf(RUN, simulated, worldOf(RUN, simulated.network))]
const text = (findings: readonly Finding[]): string => findings.map((f) => JSON.stringify(f)).join('\n')
const engine = () => sampleEngineOf(RUN, simulated.snapshot)

function whole(): string {
  const one = engine()
  return text(payloads.flatMap((payload) => one.apply(payload)))
}

test('the same payloads give the same findings, byte for byte, also when some come again', () => {
  const first = whole()
  assert.ok(first.split('\n').length > 20)
  assert.ok(new Set([...first.matchAll(/"kind":"(\w+)"/g)].map(([, kind]) => kind)).size >= 4)
  const again = engine()
  const repeated = payloads.flatMap((payload, i) => [
    ...again.apply(payload),
    ...payloads.slice(Math.max(0, i - 3), i + 1).flatMap((one) => again.apply(one)),
  ])
  assert.is(text(repeated), first)
})

test('a state that is saved anywhere and taken up by another engine goes on as if nothing had been', () => {
  const first = whole()
  let running = engine()
  const findings: Finding[] = []
  for (const [i, payload] of payloads.entries()) {
    if (i % 701 === 700) {
      const other = engine()
      other.restore(running.snapshot())
      running = other
    }
    findings.push(...running.apply(payload))
  }
  assert.is(text(findings), first)
})

test('as they are carried by the stream, in JSON, they say the same', () => {
  const one = engine()
  const carried = payloads.map((payload) => JSON.parse(JSON.stringify(payload)) as JoinedPayload)
  assert.is(text(carried.flatMap((payload) => one.apply(payload))), whole())
})

test.run()
