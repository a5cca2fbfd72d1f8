import { createHash } from 'node:crypto'
import { serialize } from 'node:v8'
import { deflateRawSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Catalogue } from '../../detect/catalogue.js'
import { FlowEngine } from '../../detect/flow_engine.js'
import { SERVICES } from '../../detect/services/index.js'
import { SnapshotStore } from '../../detect/snapshot_store.js'
import { NatsStateStore } from '../../ingest/bus/state_store.js'
import { NatsFixture } from '../ingest/bus/nats_fixture.js'

const test = suite('detect/snapshot_store')
const nats = new NatsFixture()
let state: NatsStateStore

test.before(async () => {
  await nats.start()
  state = new NatsStateStore(await nats.bus())
})
test.after(() => nats.stop())

/** Bytes that do not pack. */
function noise(length: number, seed: number): Uint8Array {
  const parts: Buffer[] = []
  for (let i = 0; i * 32 < length; i++) parts.push(createHash('sha256').update(`${seed} ${i}`).digest())
  return Buffer.concat(parts).subarray(0, length)
}

const bytesOf = (parts: Iterable<Uint8Array>): string[] =>
  [...parts].map((p) => Buffer.from(p).toString('base64'))

test('parts come back as they were, also larger than a piece, smaller ones after them, and none', async () => {
  for (const sizes of [[10, 1_300_000, 0, 524_288], [5], []]) {
    const parts = sizes.map((size, i) => noise(size, i))
    const bytes = await new SnapshotStore(state, 'sizes').save({ parts, resumeAt: sizes.length })
    assert.is(
      bytes,
      sizes.reduce((a, b) => a + b, 0),
    )
    const saved = await new SnapshotStore(state, 'sizes').load()
    assert.is(saved!.resumeAt, sizes.length)
    assert.equal(bytesOf(saved!.parts), bytesOf(parts))
  }
})

test('a part is asked for when the one before it is packed', async () => {
  let made = 0
  function* parts(): IterableIterator<Uint8Array> {
    for (; made < 3; made++) yield noise(600_000, made)
  }
  const seen: number[] = []
  const watching = new NatsStateStore(await nats.bus())
  const put = watching.put.bind(watching)
  watching.put = (key, value) => {
    seen.push(made)
    return put(key, value)
  }
  await new SnapshotStore(watching, 'lazy').save({ parts: parts(), resumeAt: 1 })
  assert.equal(seen, [0, 1, 2, 3, 3])
})

test('a piece that is not what was written is told', async () => {
  const store = new SnapshotStore(state, 'torn')
  await store.save({ parts: [noise(1000, 1)], resumeAt: 1 })
  await state.put('torn.1.0', noise(1000, 2))
  try {
    await new SnapshotStore(state, 'torn').load()
    assert.unreachable()
  } catch (error) {
    assert.match((error as Error).message, /is not what was written/)
  }
})

test('the state of version 0.2 is read: one part, services inside', async () => {
  const catalogue = new Catalogue({ services: SERVICES })
  const now = new FlowEngine({ catalogue })
  const fresh = [...now.snapshot()]
  const counts = { ...now.counts, partials: 7, services: {} }
  const old = { version: 1, sequence: 41, nowMs: 9000, evaluatedS: 9, counts, services: {} }
  const bytes = serialize(old)
  const packed = deflateRawSync(bytes)
  const sha256 = createHash('sha256').update(packed).digest('hex')
  await state.put('old.0.0', packed)
  const head = { generation: 0, chunks: 1, bytes: bytes.length, sha256, resumeAt: 42 }
  await state.put('old.head', Buffer.from(JSON.stringify(head)))
  const saved = await new SnapshotStore(state, 'old').load()
  now.restore(saved!.parts)
  assert.equal([saved!.resumeAt, now.sequence, now.nowMs, now.counts.partials], [42, 41, 9000, 7])
  now.restore(fresh)
  assert.equal([now.sequence, now.counts.partials], [0, 0])
})

test.run()
