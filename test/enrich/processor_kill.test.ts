import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
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
const FLOWS = DATAGRAMS * RECORDS
/** Long enough for a slow machine to bring home what many kills left behind. */
const RECOVERY_MS = 90_000

type Kind = 'tokens' | 'clickhouse'

/** Marsaglia's xorshift in 32 bits: the moments of the kills are the same in every run. */
let state = 2463534242
const random = (below: number): number => {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % below
}
const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0)

let nats: NatsFixture
let bus: Bus
const children = new Set<ChildProcess>()

/** Starts a script beside this file and gives what it says when it is ready. */
async function start(script: string, ...args: string[]): Promise<{ child: ChildProcess; said: unknown }> {
  const child = fork(new URL(script, import.meta.url), args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  children.add(child)
  let log = ''
  child.stderr!.on('data', (text) => {
    log = `${log}${text}`.slice(-4_000)
  })
  const failed = once(child, 'exit').then(() => {
    throw new Error(`${script} ended: ${log}`)
  })
  const [said] = await Promise.race([once(child, 'message'), failed])
  failed.catch(() => {})
  return { child, said }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown[]> {
  const exited = once(child, 'exit')
  child.kill(signal)
  return exited
}

const processor = async (url: string, kind: Kind): Promise<ChildProcess> =>
  (await start('./processor_child.js', nats.server.url, url, kind)).child

/** Kills a processor a moment after some more batches were opened or finished, most often while one is being stored. */
async function killInWork(child: ChildProcess): Promise<void> {
  const entries = async () => (await bus.jsm.streams.info('BATCHES')).state.last_seq
  const goal = (await entries()) + 1 + random(6)
  const moment = random(3) === 0 ? 0 : random(60)
  await until(async () => (await entries()) >= goal, 'batches are written down')
  await new Promise((resolve) => setTimeout(resolve, moment))
  await end(child, 'SIGKILL')
}

/** Publishes about 60 frames a second, until it is stopped; then gives how many there were. */
async function load(): Promise<() => Promise<number>> {
  const config = framePublisherSchema.parse({ spool_dir: join(nats.dir, 'spool') })
  const publisher = new FramePublisher(config, { bus, logger: nats.log, metrics: new Registry() })
  await publisher.start()
  let number = 0
  let publishing = true
  const running = (async () => {
    while (publishing) {
      number++
      await publisher.publish(v5Frame(number, DATAGRAMS, RECORDS), { collector: 'c', number })
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
    await publisher.stop()
  })()
  return async () => {
    publishing = false
    await running
    return number
  }
}

/** Ten kills, the last three with another processor at work; ends with two that live, and says how many frames there were. */
async function killTenTimes(url: string, kind: Kind): Promise<{ frames: number; living: ChildProcess[] }> {
  const stopLoad = await load()
  for (let kill = 0; kill < KILLS - 3; kill++) await killInWork(await processor(url, kind))
  const beside = await processor(url, kind)
  for (let kill = 0; kill < 3; kill++) await killInWork(await processor(url, kind))
  const last = await processor(url, kind)
  return { frames: await stopLoad(), living: [beside, last] }
}

async function settle(frames: number, living: ChildProcess[]): Promise<void> {
  await until(
    async () => {
      const info = await bus.jsm.consumers.info('FRAMES', 'processor')
      return info.num_ack_pending === 0 && info.num_pending === 0
    },
    'every frame is acknowledged',
    RECOVERY_MS,
  )
  assert.ok((await bus.jsm.streams.info('PARTIALS')).state.messages >= frames, 'every frame has its partial')
  for (const child of living) assert.equal(await end(child, 'SIGTERM'), [0, null])
}

const tests = suite('processor, killed')

tests.before.each(async () => {
  nats = new NatsFixture()
  await nats.start()
  bus = await nats.bus()
})
tests.after.each(async () => {
  // A test that failed leaves processes behind, which would keep this one from ending.
  for (const child of children) child.kill('SIGKILL')
  children.clear()
  await nats.stop()
})

tests('ten kills under load: the store is asked twice for some batches, and has each once', async () => {
  const store = new TokenStore()
  await store.start()
  store.answerMs = 20
  const { frames, living } = await killTenTimes(store.url, 'tokens')
  const ledger = (): LedgerRow[] =>
    store
      .inserts('vigie.ledger')
      .flatMap((insert) => insert.text.split('\n').map((line) => JSON.parse(line) as LedgerRow))
  await until(() => ledger().length >= frames, `all ${frames} frames in the ledger`, RECOVERY_MS)
  assert.ok(store.folded > 0, 'kills between an insert and its answer were among them')
  assert.is(new Set(ledger().map((row) => row.number)).size, frames, 'every frame is in the ledger')
  assert.is(ledger().length, frames, 'no frame is in the ledger twice')
  const flows = store.inserts('vigie.flows')
  assert.is(sum(flows.map((insert) => insert.rows)), frames * FLOWS, 'every flow is stored once')
  assert.is(sum(flows.map((insert) => insert.nativeRows)), frames * FLOWS, 'so say the blocks themselves')
  assert.is(sum(ledger().map((row) => row.stored)), frames * FLOWS, 'and so says the ledger')
  await settle(frames, living)
  await store.stop()
})

tests('ten kills under load: the embedded store has every flow once, and so has its rollup', async () => {
  const store = await start('./store_child.js', join(nats.dir, 'store'))
  const { url } = store.said as { url: string }
  const client = createClient({ url })
  const one = async (query: string): Promise<Record<string, string>> => {
    const rows = await (await client.query({ query, format: 'JSONEachRow' })).json<Record<string, string>>()
    return rows[0]!
  }
  const { frames, living } = await killTenTimes(url, 'clickhouse')
  const ledger = () =>
    one('SELECT count() AS n, uniqExact(number) AS frames, sum(stored) AS stored FROM vigie.ledger')
  await until(
    async () => Number((await ledger()).n) >= frames,
    `all ${frames} frames in the ledger`,
    RECOVERY_MS,
  )
  const { n, frames: distinct, stored } = await ledger()
  assert.equal([n, distinct, stored].map(Number), [frames, frames, frames * FLOWS])
  assert.is(Number((await one('SELECT count() AS n FROM vigie.flows')).n), frames * FLOWS)
  assert.is(Number((await one('SELECT sum(flows) AS n FROM vigie.flows_1m')).n), frames * FLOWS)
  await settle(frames, living)
  await client.close()
  assert.equal(await end(store.child, 'SIGTERM'), [0, null])
})

tests.run()
