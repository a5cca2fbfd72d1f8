import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BatchLog } from '../../enrich/batch_log.js'
import { RejectGate } from '../../enrich/processor_rejects.js'
import type { Bus } from '../../ingest/bus/bus.js'
import { NatsJournal } from '../../ingest/bus/journal.js'
import type { Journal } from '../../model/ports.js'
import { NatsFixture } from '../ingest/bus/nats_fixture.js'

const nats = new NatsFixture()
let bus: Bus
let nowMs = 0
const { signal } = new AbortController()
const tokenOf = (sequences: readonly number[]): string => sequences.join('-')

async function logOf(owner: string, journal: Journal = new NatsJournal(bus)): Promise<BatchLog> {
  const log = new BatchLog({ owner, keepMs: 1000 }, { journal, logger: nats.log, nowMs: () => nowMs })
  await log.start()
  return log
}

const tests = suite('batch log')

tests.before(async () => {
  await nats.start()
  bus = await nats.bus()
})
tests.after(() => nats.stop())
tests.before.each(async () => {
  await bus.jsm.streams.purge('BATCHES')
})

tests('of two processors that hold the same frame the first to write has it', async () => {
  const a = await logOf('a')
  const b = await logOf('b')
  const [first, second] = await Promise.all([
    a.claim([1, 2, 3], tokenOf, signal),
    b.claim([3, 4], tokenOf, signal),
  ])
  const all = [...first!.sequences, ...second!.sequences].sort()
  assert.equal(all, [1, 2, 3, 4])
  assert.is(await b.claim([1, 2], tokenOf, signal), undefined)
})

tests('a hundred batches of two processors at once share no frame', async () => {
  const logs = [await logOf('a'), await logOf('b')]
  const claims = Array.from({ length: 100 }, (_, i) =>
    logs[i % 2]!.claim(
      [i, i + 1, i + 2].map((n) => n + 1),
      tokenOf,
      signal,
    ),
  )
  const all = (await Promise.all(claims)).flatMap((batch) => batch?.sequences ?? [])
  assert.is(new Set(all).size, all.length)
  assert.is(all.length, 102)
})

tests('a batch stays open until it is finished, for whoever reads', async () => {
  const a = await logOf('a')
  const batch = (await a.claim([5, 6], tokenOf, signal))!
  const b = await logOf('b')
  assert.equal(
    b.open().map((o) => [o.owner, o.token, o.sequences]),
    [['a', '5-6', [5, 6]]],
  )
  await a.finish(batch, signal)
  await b.refresh()
  assert.equal(b.open(), [])
  assert.is(b.batchOf(6)?.done, true)
})

tests('a claim whose answer is lost is found again, not claimed a second time', async () => {
  const real = new NatsJournal(bus)
  let lose = 0
  const lossy: Journal = {
    read: (after) => real.read(after),
    trim: (below) => real.trim(below),
    append: async (bytes, after) => {
      const sequence = await real.append(bytes, after)
      if (after !== undefined && lose-- > 0) throw new Error('no answer')
      return sequence
    },
  }
  const other = await logOf('other')
  await other.claim([2], tokenOf, signal)
  const log = await logOf('a', lossy)
  lose = 2
  const batch = await log.claim([1, 2, 3], tokenOf, signal)
  assert.equal(batch?.sequences, [1, 3])
  assert.is(batch?.owner, 'a')
  await other.refresh()
  assert.is(other.open().length, 2)
})

tests('finished batches are forgotten when they are old and acknowledged, open ones never', async () => {
  nowMs = 0
  const log = await logOf('a')
  const done = (await log.claim([1, 2], tokenOf, signal))!
  await log.finish(done, signal)
  const open = (await log.claim([3], tokenOf, signal))!
  nowMs = 500
  await log.trim(10)
  assert.ok(log.batchOf(1), 'too young')
  nowMs = 5000
  await log.trim(1)
  assert.ok(log.batchOf(1), 'not acknowledged')
  await log.trim(10)
  assert.is(log.batchOf(1), undefined)
  assert.ok(log.batchOf(3), 'open')
  const fresh = await logOf('b')
  assert.is(fresh.batchOf(1), undefined)
  assert.is(fresh.batchOf(3)?.token, open.token)
  await log.finish(open, signal)
  await log.trim(10)
  await fresh.refresh()
  assert.equal(fresh.open(), [])
})

tests('the gate keeps the first rejects of each kind in a second, and has a bound on kinds', () => {
  const gate = new RejectGate(2)
  const reject = (exporter: string) => ({ code: 'header_invalid', message: '', count: 1, exporter }) as const
  assert.equal(
    [0, 1, 2].map((n) => gate.keeps(reject('x'), n)),
    [true, true, false],
  )
  assert.is(gate.keeps(reject('y'), 3), true)
  assert.is(gate.keeps(reject('x'), 1000), true)
  let kept = 0
  for (let i = 0; i < 100_000; i++) if (gate.keeps(reject(`e${i}`), 1001)) kept++
  assert.ok(kept <= 1026, `${kept} kept`)
})

tests.run()
