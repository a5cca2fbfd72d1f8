import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NatsStateStore } from '../../../ingest/bus/state_store.js'
import { FlowLearner } from '../../../ingest/flow/learner.js'
import { addressBytes } from '../../../ingest/udp/address.js'
import { LearnedState } from '../../../ingest/udp/learned_state.js'
import { StoredBlob } from '../../../ingest/udp/stored_blob.js'
import type { StateStore } from '../../../model/ports.js'
import { LogBook, NatsFixture, until } from '../bus/nats_fixture.js'
import { template9 } from './netflow9.js'

const nats = new NatsFixture()
let store: NatsStateStore
const exporterAt = (address: string) => ({ address, bytes16: addressBytes(address) })
const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 16) & 255)

const tests = suite('learned state')

tests.before(async () => {
  await nats.start()
  store = new NatsStateStore(await nats.bus())
})
tests.after(() => nats.stop())

tests('a value of any size comes back as it was, and leaves nothing behind when it changes', async () => {
  const blob = new StoredBlob(store, 'blob.a')
  for (const length of [0, 100, 3_000_000, 600_000, 5]) {
    const value = bytes(length, length)
    await blob.save(value)
    const loaded = await new StoredBlob(store, 'blob.a').load()
    assert.equal(Buffer.from(loaded!), Buffer.from(value))
    assert.is((await store.keys('blob.a')).length, 1 + (length > 524_288 ? Math.ceil(length / 524_288) : 0))
  }
  await blob.delete()
  assert.equal(await store.keys('blob.a'), [])
  assert.is(await blob.load(), undefined)
})

tests('a save that is interrupted anywhere leaves the value before it, whole', async () => {
  const before = bytes(1_200_000, 1)
  await new StoredBlob(store, 'blob.b').save(before)
  for (let puts = 0; puts < 3; puts++) {
    let left = puts
    const dying: StateStore = {
      get: (key) => store.get(key),
      put: (key, value) => (left-- > 0 ? store.put(key, value) : Promise.reject(new Error('killed'))),
      delete: (key) => store.delete(key),
      keys: (prefix) => store.keys(prefix),
    }
    const blob = new StoredBlob(dying, 'blob.b')
    await blob.load()
    const failed = await blob.save(bytes(1_100_000, 2)).then(
      () => false,
      () => true,
    )
    assert.ok(failed)
    const after = await new StoredBlob(store, 'blob.b').load()
    assert.equal(Buffer.from(after!), Buffer.from(before), `after ${puts} writes`)
  }
})

tests('what does not read is told and left out; the rest is restored', async () => {
  const learner = new FlowLearner()
  const log = new LogBook()
  const state = new LearnedState('learned.a.', { store, learner, logger: log })
  for (const n of [1, 2, 3]) {
    const exporter = exporterAt(`10.0.0.${n}`)
    learner.learn(exporter.bytes16, template9(0), 1)
    state.changed(exporter)
  }
  assert.ok(await state.flush(5000))
  const [key] = await store.keys('learned.a.')
  const value = (await store.get(key!))!
  await store.put(
    key!,
    value.map((byte, i) => (i === value.length - 1 ? byte ^ 1 : byte)),
  )
  const again = new FlowLearner()
  const restored = await new LearnedState('learned.a.', { store, learner: again, logger: log }).restore(100)
  assert.equal(restored, { exporters: 2, faulty: 1 })
  assert.is(again.size.exporters, 2)
  assert.ok(log.said('learned state does not read'))
})

tests('a change is on its way to the store in the turn in which it was learned', async () => {
  const learner = new FlowLearner()
  const puts: string[] = []
  const watched: StateStore = {
    get: (key) => store.get(key),
    put: (key, value) => {
      puts.push(key)
      return store.put(key, value)
    },
    delete: (key) => store.delete(key),
    keys: (prefix) => store.keys(prefix),
  }
  const state = new LearnedState('learned.b.', { store: watched, learner, logger: new LogBook() })
  const exporter = exporterAt('10.0.0.1')
  learner.learn(exporter.bytes16, template9(0), 1)
  state.changed(exporter)
  assert.is(puts.length, 1)
  assert.ok(await state.flush(5000))
})

tests(
  'an exporter that changes without end is saved at a bounded rate, and its last word is kept',
  async () => {
    const learner = new FlowLearner()
    const state = new LearnedState('learned.c.', { store, learner, logger: new LogBook() })
    const exporter = exporterAt('10.0.0.1')
    for (let id = 256; id < 2256; id++) {
      learner.learn(exporter.bytes16, template9(0, id), 1)
      state.changed(exporter)
      if (id % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await until(() => state.pending === 0, 'all is saved')
    assert.ok(state.saves < 100, `${state.saves} saves for 2,000 changes`)
    const again = new FlowLearner()
    await new LearnedState('learned.c.', { store, learner: again, logger: new LogBook() }).restore(100)
    assert.is(again.templatesOf(exporter.bytes16), 2000)
  },
)

tests('what cannot be saved is tried again until it is', async () => {
  const learner = new FlowLearner()
  let away = true
  const flaky: StateStore = {
    get: (key) => store.get(key),
    put: (key, value) => (away ? Promise.reject(new Error('away')) : store.put(key, value)),
    delete: (key) => store.delete(key),
    keys: (prefix) => store.keys(prefix),
  }
  const state = new LearnedState('learned.d.', { store: flaky, learner, logger: new LogBook() })
  const exporter = exporterAt('10.0.0.1')
  learner.learn(exporter.bytes16, template9(0), 1)
  state.changed(exporter)
  await until(() => state.failures > 0, 'the save fails')
  assert.is(state.pending, 1)
  away = false
  await until(() => state.pending === 0, 'it is saved')
  assert.is((await store.keys('learned.d.')).length, 1)
})

tests.run()
