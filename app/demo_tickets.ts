import { setTimeout as delay } from 'node:timers/promises'
import type { Bus } from '../ingest/bus/bus.js'
import { STREAMS } from '../ingest/bus/streams.js'
import { itsmSchema } from '../sinks/itsm/config.js'
import type { StoreReader } from './ask_store.js'
import type { VigieConfig } from './config/vigie_schema.js'
import { DEMO_WORDS } from './demo_words.js'
import { type Language, UsageError } from './io.js'

/** How long the tickets of the last findings may take. */
const WAIT_MS = 20_000
const POLL_MS = 250
const SHOWN_MAX = 8
/** The built-in tool's service desk is quick, so that a short demonstration shows the way back. */
const FAKE = { type: 'demo', acknowledge_after_ms: 8_000, poll_interval_ms: 2_000 }

/**
 * The targets of a demonstration: `fake` is the built-in ticketing tool, `none` none, another name a target of the
 * configuration. Not told: those of the configuration, or the built-in one where there are none.
 */
export function demoTargets(
  asked: string | undefined,
  config: VigieConfig,
  lang: Language,
): VigieConfig['itsm'] {
  const { targets } = config.itsm
  const known = Object.keys(targets)
  const itsm = { ...config.itsm, tick_ms: Math.min(config.itsm.tick_ms, 250) }
  if (asked === 'none') return { ...itsm, targets: {} }
  if (asked === 'fake' || (asked === undefined && known.length === 0))
    return { ...itsm, targets: itsmSchema.parse({ targets: { demo: FAKE } }).targets }
  if (asked === undefined) return itsm
  const target = targets[asked]
  if (target === undefined)
    throw new UsageError(DEMO_WORDS[lang].noTarget(asked, ['fake', 'none', ...known].join(', ')))
  return { ...itsm, targets: { [asked]: target } }
}

/** What a consumer has not finished; 0 when it is not there. */
async function unfinished(bus: Bus, stream: string, consumer: string): Promise<number> {
  const info = await bus.jsm.consumers.info(stream, consumer).catch(() => undefined)
  return info === undefined ? 0 : info.num_pending + info.num_ack_pending
}

/** Waits until all findings have their place, all tickets are told, and the store knows; or for as long as that may take. */
export async function ticketsAreTold(bus: Bus, targets: readonly string[]): Promise<void> {
  const until = performance.now() + WAIT_MS
  // A report of a delivery makes a step of its own: twice at rest is at rest.
  for (let atRest = 0; atRest < 2 && performance.now() < until; ) {
    const left = await Promise.all([
      unfinished(bus, STREAMS.findings, 'itsm'),
      unfinished(bus, STREAMS.incidents, 'clickhouse'),
      ...targets.map((target) => unfinished(bus, STREAMS.outbox, `outbox_${target}`)),
    ])
    atRest = left.every((n) => n === 0) ? atRest + 1 : 0
    await delay(POLL_MS)
  }
}

/** Findings, incidents and notifications since a moment, and the weightiest incidents with their tickets. */
export async function ticketsText(store: StoreReader, sinceMs: number, lang: Language): Promise<string> {
  const words = DEMO_WORDS[lang]
  const since = `fromUnixTimestamp64Milli(${Math.floor(sinceMs)})`
  const [counts] = await store.rows<{
    findings: number
    incidents: number
    taken: number
    resolved: number
    notifications: number
    seconds: number | null
  }>(`SELECT
    (SELECT uniqExact(uid) FROM vigie.findings WHERE time >= ${since}) AS findings,
    (SELECT count() FROM vigie.incidents FINAL WHERE opened >= ${since}) AS incidents,
    (SELECT count() FROM vigie.incidents FINAL WHERE opened >= ${since} AND acknowledged > toDateTime64(0, 3)) AS taken,
    (SELECT count() FROM vigie.incidents FINAL WHERE opened >= ${since} AND state IN ('resolved', 'closed')) AS resolved,
    (SELECT count() FROM vigie.notifications FINAL WHERE decided >= ${since} AND status = 'delivered') AS notifications,
    (SELECT quantileExact(0.99)(time_to_notify_s) FROM vigie.incidents_latest
      WHERE opened >= ${since} AND notified_at > toDateTime64(0, 3)) AS seconds`)
  const rows = await store.rows<{
    number: string
    priority: number
    tickets: string
    title: string
    state: string
  }>(
    `SELECT number, priority, arrayStringConcat(mapValues(remotes), ' ') AS tickets, title_${lang} AS title, state
     FROM vigie.incidents FINAL WHERE opened >= ${since} ORDER BY priority, opened LIMIT ${SHOWN_MAX}`,
  )
  if (counts === undefined) return ''
  return [
    words.tickets(counts.findings, counts.incidents, counts.notifications),
    words.ticketStates(
      counts.taken,
      counts.resolved,
      Number.isFinite(counts.seconds) ? Math.max(0.1, counts.seconds ?? 0) : null,
    ),
    ...rows.map(
      (r) => `  ${r.number}  P${r.priority}  ${r.tickets.padEnd(12)}${r.state.padEnd(13)}${r.title}`,
    ),
  ].join('\n')
}
