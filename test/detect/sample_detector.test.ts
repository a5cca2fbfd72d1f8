import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SERVICES } from '../../detect/services/index.js'
import type { Bus } from '../../ingest/bus/bus.js'
import { SampleStream } from '../../ingest/bus/sample_stream.js'
import type { Finding } from '../../model/finding.js'
import { NatsFixture, until } from '../ingest/bus/nats_fixture.js'
import { joined, Line, linkRecord } from './samples.js'

const test = suite('detect/sample_detector')
let nats: NatsFixture
let bus: Bus

test.before.each(async () => {
  nats = new NatsFixture()
  await nats.start()
  bus = await nats.bus()
})
test.after.each(() => nats.stop())

/** A brown-out, a link that goes down, a device that falls silent, and nothing but time in the end. */
function incidents(): Line {
  const line = new Line(SERVICES)
  const of = (device: string, more: object) => linkRecord(device, { latency_ms: 20, state: 'up', ...more })
  line.run(30, (step, ms) => ['a', 'b', 'c'].map((d) => joined(of(d, { latency_ms: 20 + (step % 3) }), ms)))
  line.run(40, (_, ms) => [
    joined(of('a', { latency_ms: 220, loss_ratio: 0.1 }), ms),
    joined(of('b', { state: 'down' }), ms),
  ])
  return line.run(60, () => [])
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
  const script = fileURLToPath(new URL('./sample_detector_process.js', import.meta.url))
  return spawn(process.execPath, [script, nats.server.url], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('killed in the middle of incidents, it says each finding once and goes on with it', async () => {
  const { payloads, findings } = incidents()
  assert.ok(findings.filter((f) => f.activity === 'create').length >= 3)
  const stream = new SampleStream({ bus, logger: nats.log })
  const pieces = 4
  let at = 0
  for (let piece = 0; piece < pieces; piece++) {
    const child = startProcess()
    let saved = 0
    child.stdout!.on('data', (text) => {
      if (String(text).includes('saved')) saved++
    })
    const end = piece === pieces - 1 ? payloads.length : Math.floor((payloads.length * (piece + 1)) / pieces)
    for (; at < end; at += 5) await stream.publish(payloads.slice(at, Math.min(end, at + 5)))
    at = end
    await until(() => saved > 0, 'a save')
    if (piece === pieces - 1)
      await until(async () => (await published()).length >= findings.length, 'all findings')
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  assert.equal(await published(), JSON.parse(JSON.stringify(findings)))
})

test.run()
