import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Flow } from '../../simulate/flow.js'
import { buildNetwork, type Network } from '../../simulate/network.js'
import { Traffic } from '../../simulate/traffic.js'

const network: Network = buildNetwork(3, 300)
const STEP_MS = 20
/** A Wednesday, 10:00 in Québec, and the Sunday before, 03:00. */
const BUSY_MS = Date.UTC(2026, 4, 13, 14)
const QUIET_MS = Date.UTC(2026, 4, 10, 7)

function run(startMs: number, seconds: number, options: { weekly: boolean; rate?: number }): Flow[] {
  const traffic = new Traffic(network, {
    seed: 5,
    flowsPerSecond: options.rate ?? 1000,
    weekly: options.weekly,
    stepMs: STEP_MS,
  })
  const flows: Flow[] = []
  for (let ms = 0; ms < seconds * 1000; ms += STEP_MS)
    traffic.step(startMs + ms, (_, flow) => {
      flows.push(flow)
      return flow.reversePackets > 0 ? 2 : 1
    })
  return flows
}

const records = (flows: readonly Flow[]): number =>
  flows.reduce((n, f) => n + (f.reversePackets > 0 ? 2 : 1), 0)

const test = suite('traffic')

test('keeps the rate it was given', () => {
  const n = records(run(BUSY_MS, 90, { weekly: false }))
  assert.ok(Math.abs(n - 90_000) < 200, `${n} records in 90 s`)
})

test('follows the week where it is told to', () => {
  const busy = records(run(BUSY_MS, 20, { weekly: true }))
  const quiet = records(run(QUIET_MS, 20, { weekly: true }))
  assert.ok(busy > 24_000 && busy < 40_000, `${busy} at ten on a Wednesday`)
  assert.ok(quiet > 8_000 && quiet < 16_000, `${quiet} at three on a Sunday`)
})

test('has flows that could be: times in order, bytes that fit the packets', () => {
  for (const f of run(BUSY_MS, 30, { weekly: false })) {
    assert.ok(f.endMs >= f.startMs && f.endMs - f.startMs <= 60_000)
    assert.ok(f.packets >= 1 && f.bytes >= 28 * f.packets && f.bytes <= 1500 * f.packets, JSON.stringify(f))
    assert.ok(f.reverseBytes <= 1500 * f.reversePackets)
    if (f.proto !== 6) assert.is(f.tcpFlags, 0)
    if (f.reversePackets === 0) assert.is(f.reverseBytes, 0)
  }
})

test('cuts long conversations at the active timeout without a gap', () => {
  const pieces = new Map<string, Flow[]>()
  for (const f of run(BUSY_MS, 150, { weekly: false, rate: 400 })) {
    if (f.service?.id !== 'visio') continue
    const key = `${f.src} ${f.dst} ${f.srcPort}`
    pieces.set(key, [...(pieces.get(key) ?? []), f])
  }
  const long = [...pieces.values()].filter((list) => list.length > 1)
  assert.ok(long.length > 5)
  for (const list of long)
    for (let i = 1; i < list.length; i++) assert.is(list[i]!.startMs, list[i - 1]!.endMs)
})

test('fails as seldom as a sound network does', () => {
  const flows = run(BUSY_MS, 60, { weekly: false }).filter((f) => f.proto === 6)
  const failed = flows.filter((f) => f.tcpFlags === 2).length / flows.length
  assert.ok(failed > 0.002 && failed < 0.02, `${failed}`)
})

test('speaks of every application, over both IP versions, from every site', () => {
  const flows = run(BUSY_MS, 60, { weekly: false, rate: 2000 })
  assert.ok(new Set(flows.map((f) => f.service!.id)).size >= 30)
  const six = flows.filter((f) => typeof f.src !== 'number').length / flows.length
  assert.ok(six > 0.02 && six < 0.2, `${six}`)
})

test.run()
