import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Answer } from '../../../ingest/poll/answer.js'
import { ControllerClock } from '../../../ingest/poll/controller_clock.js'
import { readCredentials } from '../../../ingest/poll/credentials.js'
import { faultOf } from '../../../ingest/poll/fault.js'
import { RateGate, Semaphore } from '../../../ingest/poll/gate.js'
import { timeFrame } from '../../../ingest/poll/vendors/cato.js'
import { ManualClock } from './poll_fixture.js'

const tests = suite('parts of pollers')
const dir = mkdtempSync(join(tmpdir(), 'vigie-poll-parts-'))
tests.after(() => rmSync(dir, { recursive: true, force: true }))
const START = Date.parse('2026-03-01T10:00:00Z')
const SIGNAL = new AbortController().signal

const fileOf = (name: string, text: string): string => {
  const file = join(dir, name)
  writeFileSync(file, text)
  return file
}
const faultOfReading = async (file: string, env: Readonly<Record<string, string>> = {}): Promise<string> => {
  try {
    await readCredentials({ file, env }, {}, [['token'], ['username', 'password']])
    return ''
  } catch (error) {
    return `${faultOf(error).code}: ${faultOf(error).message}`
  }
}

tests('credentials come from a file and from variables, which go before', async () => {
  const file = fileOf('good.yaml', 'username: reader\npassword: from-file\n')
  const sources = { file, env: { password: 'PASS' } }
  assert.equal(await readCredentials(sources, { PASS: 'from-env' }, [['username', 'password']]), {
    username: 'reader',
    password: 'from-env',
  })
})

tests('what is wrong with credentials is said without them', async () => {
  for (const [file, said] of [
    [fileOf('half.yaml', 'username: reader-secret\n'), /lack token, or username and password/],
    [fileOf('broken.yaml', 'password: "half-secret\n  : ['), /holds no 'field: value' lines/],
    [fileOf('list.yaml', '- list-secret\n'), /holds no 'field: value' lines/],
    [join(dir, 'none.yaml'), /cannot be read \(ENOENT\)/],
  ] as const) {
    const fault = await faultOfReading(file)
    assert.match(fault, /^login: /)
    assert.match(fault, said)
    assert.not.match(fault, /secret/)
  }
  assert.match(
    await faultOfReading(fileOf('empty.yaml', 'a: 1\n'), { token: 'NOT_SET' }),
    /variable NOT_SET is not set/,
  )
})

tests('a semaphore lets so many in, the others in their order', async () => {
  const places = new Semaphore(2)
  const order: number[] = []
  await places.enter()
  await places.enter()
  const waiting = [1, 2, 3].map((n) => places.enter().then(() => order.push(n)))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(order, [])
  for (let i = 0; i < 3; i++) places.leave()
  await Promise.all(waiting)
  assert.equal(order, [1, 2, 3])
})

tests('requests are kept apart, and held back as long as a controller asks', async () => {
  const clock = new ManualClock(START)
  const gate = new RateGate(clock, 2)
  const passed: number[] = []
  const pass = async (): Promise<void> => {
    await gate.pass(SIGNAL)
    passed.push(clock.nowMs() - START)
  }
  const three = (async () => {
    for (let i = 0; i < 3; i++) await pass()
  })()
  await new Promise((resolve) => setImmediate(resolve))
  await clock.runTo(START + 1000, 0)
  await three
  gate.hold(30_000)
  const held = pass()
  await new Promise((resolve) => setImmediate(resolve))
  await clock.runTo(START + 40_000, 0)
  await held
  assert.equal(passed, [0, 500, 1000, 31_000])
})

tests('the clock of a controller goes by its Date, unless that is absurd or out of a cache', () => {
  const clock = new ManualClock(START)
  const controller = new ControllerClock(clock)
  const answer = (date: number, headers: Readonly<Record<string, string>> = {}) =>
    new Answer({
      status: 200,
      headers: { date: new Date(date).toUTCString(), ...headers },
      bytes: new Uint8Array(0),
      receivedMs: START,
      of: 'GET',
    })
  controller.observe(answer(START + 120_000), START)
  assert.is(controller.nowMs() - START, 120_500)
  controller.observe(answer(START - 50_000, { age: '170' }), START)
  assert.is(controller.nowMs() - START, 120_500)
  controller.observe(answer(START + 86_400_000), START)
  assert.is(controller.nowMs(), START)
  assert.is(controller.absurd, 1)
})

tests("Cato's time frames name one day, or two", () => {
  assert.is(timeFrame(START, START + 300_000), 'utc.2026-03-01/{10:00:00--10:04:59}')
  const night = Date.parse('2026-03-01T23:58:00Z')
  assert.is(timeFrame(night, night + 300_000), 'utc.{2026-03-01/23:58:00--2026-03-02/00:02:59}')
})

tests.run()
