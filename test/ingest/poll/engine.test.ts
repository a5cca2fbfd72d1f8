import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ControllerData, Mishap } from '../../../simulate/edges/controller.js'
import { ciscoCatalystController } from '../../../simulate/edges/controllers/cisco_catalyst.js'
import { PollFixture } from './poll_fixture.js'

/** The engine against SD-WAN Manager, whose pages can only be read onward, and whatever may go wrong with it. */
const tests = suite('poll engine')

const START = Date.parse('2026-03-01T10:00:00Z')
const MINUTE = 60_000
/** Three tunnels, a row a minute each. */
const data: ControllerData = {
  rows: (report, fromMs, toMs) => {
    const rows: object[] = []
    for (let t = Math.ceil(fromMs / MINUTE) * MINUTE; t < toMs; t += MINUTE)
      for (const color of ['mpls', 'lte', 'biz-internet'])
        rows.push({ report, entry_time: t, local_color: color, latency: 10 })
    return rows
  },
  present: () => [],
}
const POLLER = { feeds: ['approute'], every_s: 300, lag_s: 60, lookback_s: 7200 }

const fixture = (pageRows = 4): PollFixture =>
  new PollFixture(ciscoCatalystController, data, { startMs: START, pageRows })

interface Row {
  readonly entry_time: number
  readonly local_color: string
}
const keyOf = ({ entry_time, local_color }: Row): string => `${entry_time} ${local_color}`

/** Rows of all payloads, each as often as it was published. */
const publishedRows = ({ sink }: PollFixture): string[] =>
  sink.texts.flatMap((text) => (JSON.parse(text) as { data: Row[] }).data.map(keyOf)).sort()

const expectedRows = (fromMs: number, toMs: number): string[] =>
  (data.rows('approutestatsstatistics', fromMs, toMs) as Row[]).map(keyOf).sort()

/** Every expected row once and nothing else; says what is missing and what came more than once. */
function sameRows(f: PollFixture, expected: readonly string[], of = ''): void {
  const times = new Map<string, number>()
  for (const row of publishedRows(f)) times.set(row, (times.get(row) ?? 0) + 1)
  const missing = expected.filter((row) => !times.has(row))
  const twice = [...times].filter(([row, n]) => n > 1 || !expected.includes(row)).map(([row]) => row)
  const told = `${of}: ${missing.length} missing (${missing.slice(0, 4)}), ${twice.length} too many (${twice.slice(0, 4)})`
  assert.ok(missing.length === 0 && twice.length === 0, `${told}\n${f.log.lines.slice(0, 12).join('\n')}`)
}

/** Runs half an hour with a mishap of each request's number, and expects every row of the time once. */
async function survives(
  mishap: (n: number, f: PollFixture) => Mishap | undefined,
  more: object = {},
): Promise<PollFixture> {
  const f = fixture()
  await f.controller.start()
  let n = 0
  f.controller.mishap = () => mishap(++n, f)
  await f.start({ ...POLLER, ...more })
  await f.clock.runTo(START + 40 * MINUTE)
  await f.stop()
  sameRows(f, expectedRows(START - 5 * MINUTE - 5 * MINUTE, START + 35 * MINUTE))
  return f
}

tests('publishes every row once, page by page', async () => {
  const f = await survives(() => undefined)
  assert.is(await f.counted('rounds', { result: 'failed' }), 0)
  assert.is(f.sink.repeats, 0)
  await f.close()
})

tests('a payload says where it is from, and for which interval', async () => {
  const f = await survives(() => undefined)
  const first = [...f.sink.payloads.values()][0]!
  assert.is(first.vendor, 'cisco-catalyst')
  assert.equal(first.origin, {
    way: 'poll',
    source: 'p1',
    controller: '127.0.0.1',
    fromMs: START - 10 * MINUTE,
    toMs: START - 5 * MINUTE,
  })
  await f.close()
})

tests('waits as long as a controller asks', async () => {
  let told = 0
  const f = await survives((n) => {
    if (n < 4 || n % 5 !== 0) return undefined
    told++
    return { status: 429, headers: { 'retry-after': '30' } }
  })
  assert.ok(told > 3)
  assert.is(await f.counted('requests', { outcome: 'throttled' }), told)
  await f.close()
})

tests('Retry-After as a date goes by the clock that wrote it', async () => {
  const f = fixture()
  f.controller.skewMs = -600_000
  await f.controller.start()
  const at: number[] = []
  f.controller.mishap = () => {
    at.push(f.clock.nowMs())
    const date = new Date(f.clock.nowMs() - 600_000 + 90_000).toUTCString()
    return at.length === 1 ? { status: 429, headers: { 'retry-after': date } } : undefined
  }
  await f.start(POLLER)
  await f.clock.runTo(START + 5 * MINUTE)
  assert.ok(at[1]! - at[0]! >= 89_000 && at[1]! - at[0]! < 120_000, `${at[1]! - at[0]!}`)
  await f.close()
})

tests('survives faults of the server, at every place', async () => {
  const f = await survives((n) => (n % 5 === 0 ? { status: 503, body: 'busy' } : undefined), {
    attempts_max: 8,
  })
  assert.ok((await f.counted('requests', { outcome: 'server_error' })) > 3)
  await f.close()
})

tests(
  'an answer that was cut in mid-list has moved the list on: it is read again from its first page',
  async () => {
    const f = await survives((n) => (n % 6 === 0 ? 'cut' : undefined))
    assert.ok((await f.counted('requests', { outcome: 'unreachable' })) > 3)
    await f.close()
  },
)

tests('a session that expires between two pages is renewed, and the list goes on', async () => {
  const f = await survives((n, { controller }) => {
    if (n % 4 === 0) controller.expire()
    return undefined
  })
  assert.ok((await f.counted('logins')) > 3)
  await f.close()
})

tests('a controller that restarts in mid-list forgets sessions and lists', async () => {
  const f = await survives((n, { controller }) => {
    if (n % 9 === 5) controller.restart()
    return undefined
  })
  assert.ok((await f.counted('requests', { outcome: 'refused' })) > 0)
  await f.close()
})

tests('a page that comes twice is no second page', async () => {
  let last: object | undefined
  const f = fixture()
  await f.controller.start()
  const { answer } = ciscoCatalystController
  let n = 0
  Object.defineProperty(f.controller, 'contract', {
    value: {
      ...ciscoCatalystController,
      answer: (...args: Parameters<typeof answer>) => {
        const scrolled = args[0].query.has('scrollId')
        // Every fourth page that is scrolled to is the page before, while the place has moved on.
        if (scrolled && ++n % 4 === 0 && last !== undefined) {
          const reply = answer(...args)
          return { body: { ...(reply.body as object), data: (last as { data: unknown }).data } }
        }
        const reply = answer(...args)
        last = reply.body as object
        return reply
      },
    },
  })
  await f.start(POLLER)
  await f.clock.runTo(START + 40 * MINUTE)
  await f.stop()
  sameRows(f, expectedRows(START - 10 * MINUTE, START + 35 * MINUTE))
  assert.ok((await f.counted('repeated_pages')) > 3)
  await f.close()
})

tests('a stop and a start, wherever they fall, leave no hole and repeat nothing', async () => {
  for (const stopAt of [1, 3, 4, 5, 6, 7, 9]) {
    const f = fixture()
    await f.controller.start()
    let n = 0
    let reached: () => void = () => undefined
    const stopped = new Promise<void>((resolve) => {
      reached = resolve
    })
    // The poller stops while this request is under way.
    f.controller.mishap = () => {
      if (++n !== stopAt) return undefined
      reached()
      return 'hang'
    }
    await f.start(POLLER)
    const running = f.clock.runTo(START + 10 * MINUTE)
    await stopped
    await f.stop()
    await f.start(POLLER)
    await running
    await f.clock.runTo(START + 40 * MINUTE)
    await f.stop()
    assert.equal(
      publishedRows(f),
      expectedRows(START - 10 * MINUTE, START + 35 * MINUTE),
      `request ${stopAt}`,
    )
    assert.is(f.sink.repeats, 0, `request ${stopAt}`)
    await f.close()
  }
})

tests('a kill before the cursor was written repeats pages under their old ids', async () => {
  const f = fixture()
  await f.controller.start()
  await f.start(POLLER)
  await f.clock.runTo(START + 12 * MINUTE)
  const before = new Map(f.state.map)
  await f.clock.runTo(START + 22 * MINUTE)
  await f.stop()
  // The state of ten minutes ago, as a machine that lost its last writes would find it.
  f.state.map.clear()
  for (const [key, value] of before) f.state.map.set(key, value)
  await f.start(POLLER)
  await f.clock.runTo(START + 40 * MINUTE)
  sameRows(f, expectedRows(START - 10 * MINUTE, START + 35 * MINUTE))
  assert.ok(f.sink.repeats > 0)
  await f.close()
})

tests(
  'after a stop of an hour the missed intervals are asked for, as far back as they are kept',
  async () => {
    const f = fixture()
    await f.controller.start()
    await f.start(POLLER)
    await f.clock.runTo(START + 7 * MINUTE)
    await f.stop()
    await f.clock.runTo(START + 60 * MINUTE, 0)
    await f.start(POLLER)
    await f.clock.runTo(START + 70 * MINUTE)
    await f.stop()
    sameRows(f, expectedRows(START - 10 * MINUTE, START + 65 * MINUTE))
    await f.clock.runTo(START + 300 * MINUTE, 0)
    await f.start(POLLER)
    await f.clock.runTo(START + 301 * MINUTE)
    const missed = await f.counted('missed_seconds')
    assert.is(missed, (START + 185 * MINUTE - (START + 65 * MINUTE)) / 1000)
    await f.close()
  },
)

tests('the clock of the controller says when an interval is over', async () => {
  const f = fixture()
  f.controller.skewMs = -10 * MINUTE
  await f.controller.start()
  await f.start(POLLER)
  await f.clock.runTo(START + 40 * MINUTE)
  await f.stop()
  sameRows(f, expectedRows(START - 20 * MINUTE, START + 25 * MINUTE))
  await f.close()
})

tests('a stream that does not take a page gets it again', async () => {
  const f = fixture()
  f.sink.refuse = 3
  await f.controller.start()
  await f.start(POLLER)
  await f.clock.runTo(START + 40 * MINUTE)
  sameRows(f, expectedRows(START - 10 * MINUTE, START + 35 * MINUTE))
  await f.close()
})

tests('an answer beyond the bound is asked for in smaller intervals', async () => {
  const f = fixture(1000)
  await f.controller.start()
  await f.start({ ...POLLER, answer_bytes_max: 1024 })
  await f.clock.runTo(START + 40 * MINUTE)
  sameRows(f, expectedRows(START - 10 * MINUTE, START + 35 * MINUTE))
  assert.ok((await f.counted('requests', { outcome: 'too_large' })) > 0)
  await f.close()
})

tests('no secret is in a log, whatever fails', async () => {
  const f = fixture()
  await f.controller.start()
  const mishaps: Mishap[] = [
    { status: 401 },
    { status: 403 },
    'cut',
    { status: 500 },
    { status: 302, headers: { location: 'http://elsewhere.example/x?token=abc' } },
  ]
  let n = 0
  f.controller.mishap = () => mishaps[n++ % mishaps.length]
  await f.start(POLLER)
  await f.clock.runTo(START + 60 * MINUTE)
  await f.stop()
  const { password } = ciscoCatalystController.credentials
  const said = [
    ...f.log.lines,
    JSON.stringify([...f.sink.payloads.keys()]),
    ...[...f.state.map.values()].map(String),
  ]
  assert.ok(f.log.lines.length > 0)
  for (const line of said)
    assert.not.match(line, new RegExp(`${password}|JSESSIONID|T\\d+\\b.*xsrf|j_password|token=abc`, 'i'))
  await f.close()
})

tests.run()
