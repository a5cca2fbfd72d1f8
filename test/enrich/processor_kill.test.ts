import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Bus } from '../../ingest/bus/bus.js'
import { framePublisherSchema } from '../../ingest/bus/config.js'
import { FramePublisher } from '../../ingest/bus/frame_publisher.js'
import type { LedgerRow } from '../../model/ledger.js'
import { NatsFixture, until } from '../ingest/bus/nats_fixture.js'
import { TokenStore } from './token_store.js'
import { v5Frame } from './v5_frames.js'

const KILLS = 10
const DATAGRAMS = 20
const RECORDS = 30
/** A killed processor's work is with the next one within this time. */
const RECOVERY_MS = 10_000

const nats = new NatsFixture()
const store = new TokenStore()
let bus: Bus

/** Marsaglia's xorshift in 32 bits: the moments of the kills are the same in every run. */
let state = 2463534242
const random = (below: number): number => {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % below
}

const ledger = (): LedgerRow[] =>
  store
    .inserts('vigie.ledger')
    .flatMap((insert) => insert.text.split('\n').map((line) => JSON.parse(line) as LedgerRow))
const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0)

async function startChild(): Promise<ChildProcess> {
  const child = fork(new URL('./processor_child.js', import.meta.url), [nats.server.url, store.url], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr!.on('data', (text) => {
    said = `${said}${text}`.slice(-4_000)
  })
  const failed = once(child, 'exit').then(() => {
    throw new Error(`the processor ended: ${said}`)
  })
  await Promise.race([once(child, 'message'), failed])
  failed.catch(() => {})
  return child
}

/** Kills the child a moment after the store has seen some more requests, most often in the middle of one. */
async function killInWork(child: ChildProcess): Promise<void> {
  let left = 1 + random(6)
  const moment = random(3) === 0 ? 0 : random(60)
  await new Promise<void>((resolve) => {
    store.onInsert = () => {
      if (--left === 0) setTimeout(resolve, moment)
    }
  })
  store.onInsert = undefined
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

const tests = suite('processor, killed')

tests.before(async () => {
  await nats.start()
  await store.start()
  bus = await nats.bus()
})
tests.after(async () => {
  await store.stop()
  await nats.stop()
})

tests(
  'ten kills under load lose no flow and store none twice, and another processor works beside',
  async () => {
    const config = framePublisherSchema.parse({ spool_dir: join(nats.dir, 'spool') })
    const publisher = new FramePublisher(config, { bus, logger: nats.log, metrics: new Registry() })
    await publisher.start()
    let number = 0
    let publishing = true
    const load = (async () => {
      while (publishing) {
        number++
        await publisher.publish(v5Frame(number, DATAGRAMS, RECORDS), { collector: 'c', number })
        // About 60 frames a second: enough that work is always under way.
        await new Promise((resolve) => setTimeout(resolve, 15))
      }
    })()
    for (let kill = 0; kill < KILLS - 3; kill++) await killInWork(await startChild())
    const beside = await startChild()
    for (let kill = 0; kill < 3; kill++) await killInWork(await startChild())
    const last = await startChild()
    publishing = false
    await load
    await until(() => ledger().length >= number, `all ${number} frames in the ledger`, RECOVERY_MS)
    const rows = ledger()
    assert.ok(store.folded > 0, 'kills between an insert and its answer were among them')
    assert.is(new Set(rows.map((row) => row.number)).size, number, 'every frame is in the ledger')
    assert.is(rows.length, number, 'no frame is in the ledger twice')
    const flows = store.inserts('vigie.flows')
    assert.is(
      sum(flows.map((insert) => insert.rows)),
      number * DATAGRAMS * RECORDS,
      'every flow is stored once',
    )
    assert.is(
      sum(flows.map((insert) => insert.nativeRows)),
      number * DATAGRAMS * RECORDS,
      'so say the blocks themselves',
    )
    assert.is(sum(rows.map((row) => row.stored)), number * DATAGRAMS * RECORDS, 'and so says the ledger')
    await until(async () => {
      const info = await bus.jsm.consumers.info('FRAMES', 'processor')
      return info.num_ack_pending === 0 && info.num_pending === 0
    }, 'every frame is acknowledged')
    const { state: partials } = await bus.jsm.streams.info('PARTIALS')
    assert.ok(partials.messages >= number, 'every frame has its partial')
    for (const child of [beside, last]) {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      assert.equal(await exited, [0, null])
    }
    await publisher.stop()
  },
)

tests.run()
