import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { withBus } from '../app/connect_bus.js'
import { drawEdgeBalance } from '../app/edge_conservation.js'
import type { Bus } from '../ingest/bus/bus.js'
import { edgePublisherSchema } from '../ingest/bus/config.js'
import { EdgePublisher } from '../ingest/bus/edge_publisher.js'
import { normalisePayload } from '../ingest/edge/normalise.js'
import { Bed } from './bed.js'
import { insist } from './insist.js'
import { mutated, PAYLOADS, randomOf } from './mutate_payload.js'

export interface EdgeMutationsRequest {
  readonly payloads: number
  readonly seed: number
  say(line: string): void
}

/** Expected, by reading each payload here as well, and what the pipeline made of them. All `…_missing` are 0 where it holds. */
export interface EdgeMutationsResult {
  readonly payloads: number
  readonly seconds: number
  readonly records: number
  readonly rows: number
  readonly merged: number
  readonly absent: number
  readonly waiting: number
  readonly letters: number
  /** Read, and with nothing to tell: an empty list, say. */
  readonly silent: number
  readonly payloads_missing: number
  readonly records_missing: number
  readonly letters_missing: number
  readonly rows_missing: number
  readonly balanced: boolean
}

interface Expected {
  records: number
  letters: number
  silent: number
}

/** Larger samples only cost time. */
const SAMPLE_BYTES_MAX = 3000
const AT_ONCE = 256
const SETTLE_MS = 120_000

/** Own payloads, and the samples of vendors where they are (VIGIE_SHARED). */
function samples(): string[] {
  const shared = join(process.env.VIGIE_SHARED ?? '../shared', 'sdwan')
  if (!existsSync(shared)) return [...PAYLOADS]
  const folders = readdirSync(shared, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const texts = folders.flatMap(({ name }) =>
    readdirSync(join(shared, name))
      .filter((file) => !file.endsWith('.dat'))
      .map((file) => readFileSync(join(shared, name, file), 'utf8')),
  )
  return [...PAYLOADS, ...texts.filter((text) => text.length <= SAMPLE_BYTES_MAX)]
}

function expect(text: string, receivedMs: number, expected: Expected): void {
  const { records, rejects } = normalisePayload(text, { vendor: 'auto', receivedMs, origin: {} })
  expected.records += records.length
  if (rejects.length > 0) expected.letters++
  else if (records.length === 0) expected.silent++
}

async function publishAll(bus: Bus, { payloads, seed, say }: EdgeMutationsRequest): Promise<Expected> {
  const publisher = new EdgePublisher(edgePublisherSchema.parse({}), { bus, metrics: new Registry() })
  const random = randomOf(seed)
  const texts = samples()
  const expected: Expected = { records: 0, letters: 0, silent: 0 }
  const receivedMs = Date.now()
  for (let sent = 0; sent < payloads; ) {
    const group: Promise<void>[] = []
    for (; group.length < AT_ONCE && sent < payloads; sent++) {
      // What is no UTF-8 any more is read as the pipeline reads it: from its bytes.
      const bytes = Buffer.from(mutated(texts[Math.floor(random() * texts.length)]!, random))
      expect(bytes.toString('utf8'), receivedMs, expected)
      const origin = { way: 'nats', source: 'bench' } as const
      const id = `mutation-${sent}`
      group.push(insist(() => publisher.publish({ vendor: 'auto', origin, receivedMs, bytes }, id)))
    }
    await Promise.all(group)
    if (sent % (AT_ONCE * 100) === 0) say(`${sent} of ${payloads} published`)
  }
  return expected
}

/**
 * Mutated payloads through the real pipeline: no crash, and each is in the store, in the dead letters, or has nothing to tell.
 */
export async function runEdgeMutations(request: EdgeMutationsRequest): Promise<EdgeMutationsResult> {
  const GIB = 1024 ** 3
  const bed = await Bed.make(['edge', 'store'], {
    'bus.edge_max_bytes': 8 * GIB,
    'bus.edge_history_bytes': 0,
    'bus.dead_max_bytes': 8 * GIB,
    'bus.samples_max_bytes': GIB,
  })
  const from = performance.now()
  try {
    return await withBus(bed.config.bus, 'bench', async (bus) => {
      const expected = await publishAll(bus, request)
      const balanceOf = () => insist(async () => (await drawEdgeBalance(bus, bed.store, Date.now()))!)
      let balance = await balanceOf()
      for (let stored = -1, idleMs = 0; idleMs < SETTLE_MS; idleMs += 250) {
        if (balance.payloads.in_flight === 0 && balance.records.waiting === 0) break
        if (balance.payloads.stored !== stored) idleMs = 0
        stored = balance.payloads.stored
        await delay(250)
        balance = await balanceOf()
      }
      const letters = (await insist(() => bus.jsm.streams.info('DEAD'))).state.messages
      const { records } = balance
      const [{ n: rows } = { n: 0 }] = await bed.store.rows<{ n: number }>(
        `SELECT (SELECT count() FROM vigie.link_samples) + (SELECT count() FROM vigie.tunnel_samples)
           + (SELECT count() FROM vigie.edge_events) + (SELECT count() FROM vigie.if_counters) AS n`,
      )
      return {
        payloads: request.payloads,
        seconds: Math.round((performance.now() - from) / 1000),
        records: expected.records,
        rows,
        merged: records.merged,
        absent: records.absent,
        waiting: records.waiting,
        letters,
        silent: expected.silent,
        payloads_missing: request.payloads - balance.payloads.stored,
        records_missing: expected.records - records.read,
        letters_missing: expected.letters - letters,
        rows_missing: expected.records + records.absent - records.merged - records.waiting - rows,
        balanced: balance.balanced,
      }
    })
  } finally {
    await bed.end()
  }
}
