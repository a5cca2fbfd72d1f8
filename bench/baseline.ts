import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Catalogue } from '../detect/catalogue.js'
import { HorizonEngine } from '../detect/horizon_engine.js'
import { anyService } from '../detect/service.js'
import { baseline, baselineParameters } from '../detect/services/baseline.js'
import type { Finding } from '../model/finding.js'
import { Random } from '../simulate/random.js'
import { ClickHouseQuestions } from '../sinks/clickhouse/questions.js'
import {
  type FleetEvents,
  type Injected,
  isNeeded,
  JUDGED_FROM_MS,
  type Row,
  type Shape,
  SimulatedNetwork,
  STEP_MS,
} from './baseline_network.js'
import { type BaselineResult, baselinePage, type Counted, intoBaselinePage } from './baseline_page.js'
import { Bed } from './bed.js'

/**
 * How well `baseline` finds traffic out of the ordinary, and how often it cries wolf: four weeks of rollups of simulated
 * sites in the real engine, then a judged span with surges, drops and silences of known strength, a holiday, an outage of a
 * supplier and a hole in the telemetry; the questions are the service's own, put in the order of its schedule. The figures
 * hang on the seeds alone. `node dist/bench/baseline.js` writes its section of docs/detection-quality.md.
 */
export interface BaselineSize {
  readonly seeds: number
  readonly sites: number
  /** Judged span; what is compared with it is the four weeks before. */
  readonly hours: number
  /** Incidents of each shape and intensity, a seed. */
  readonly incidents: number
  readonly intensities: readonly number[]
}

export const FULL_SIZE: BaselineSize = {
  seeds: 4,
  sites: 240,
  hours: 168,
  incidents: 8,
  intensities: [2, 3, 4, 6, 10],
}
export const TEST_SIZE: BaselineSize = { seeds: 1, sites: 36, hours: 9, incidents: 1, intensities: [10] }

const HOUR_MS = 3_600_000
const P = baselineParameters.parse({})
/** After its end an incident may still be told for so long: the settling of its last step. */
const GRACE_MS = 10 * 60_000

function eventsOf({ hours }: BaselineSize): FleetEvents {
  const at = (hour: number, lastsH: number): { startMs: number; endMs: number } => {
    const startMs = JUDGED_FROM_MS + hour * HOUR_MS
    return { startMs, endMs: startMs + lastsH * HOUR_MS }
  }
  if (hours < 100)
    return { gap: at(0.25, 0.25), outage: { ...at(8, 0.5), supplier: 2 }, holiday: at(hours + 9, 0) }
  return { gap: at(27, 1), outage: { ...at(50, 0.75), supplier: 2 }, holiday: at(65, 24) }
}

/** Incidents where they cross the absolute floors of the service, apart from one another and from what befalls all. */
function inject(
  network: SimulatedNetwork,
  size: BaselineSize,
  events: FleetEvents,
  random: Random,
): Injected[] {
  const found: Injected[] = []
  const kinds: [Shape, number][] = [['silence', 1]]
  for (const factor of size.intensities) kinds.push(['surge', factor], ['drop', factor])
  for (const [shape, factor] of kinds) {
    for (let n = 0, tries = 0; n < size.incidents; tries++) {
      if (tries > 10_000) throw new Error(`there is no room for ${size.incidents} incidents of ${shape}`)
      const site = random.pick(network.sites)
      const startMs = JUDGED_FROM_MS + random.int(size.hours * 12 - 24) * STEP_MS
      const incident = {
        site: site.number,
        shape,
        factor,
        startMs,
        endMs: startMs + random.between(8, 20) * STEP_MS,
      }
      const usual = (network.usual(site, startMs) * 8) / (STEP_MS / 1000)
      const off =
        shape === 'surge' ? usual * (factor - 1) : shape === 'drop' ? usual * (1 - 1 / factor) : usual
      const enough = off > 1.2 * (shape === 'surge' ? P.surge_bps : P.drop_bps)
      const clear = [
        events.gap,
        events.outage,
        events.holiday,
        ...found.filter((x) => x.site === site.number),
      ]
      const apart = clear.every(
        (x) => incident.endMs + HOUR_MS < x.startMs || incident.startMs - HOUR_MS > x.endMs,
      )
      if (!enough || !apart) continue
      found.push(incident)
      n++
    }
  }
  return found
}

/** Statements over HTTP, with a body of rows where there is one. */
const speaker =
  (url: string) =>
  async (sql: string, body?: Uint8Array): Promise<void> => {
    const init = body === undefined ? { body: sql } : { body: Buffer.from(body) }
    const where = body === undefined ? url : `${url}/?query=${encodeURIComponent(sql)}`
    const answer = await fetch(where, { method: 'POST', ...init })
    const text = await answer.text()
    if (!answer.ok) throw new Error(text.slice(0, 400))
  }

/** Rows as RowBinary: slot, kind, subject, octets in and out, flows, records, when it was rolled. */
function encode(slots: readonly { readonly ms: number; readonly rows: readonly Row[] }[]): Uint8Array {
  const bytes = Buffer.alloc(53 * slots.reduce((n, s) => n + s.rows.length, 0))
  let at = 0
  for (const { ms, rows } of slots) {
    for (const row of rows) {
      at = bytes.writeUInt32LE(ms / 1000, at)
      at = bytes.writeInt8(row.kind, at)
      for (const value of [row.subject, row.bytesIn, row.bytesOut, row.flows, row.flows])
        at = bytes.writeBigUInt64LE(BigInt(Math.round(value)), at)
      at = bytes.writeBigInt64LE(BigInt(ms), at)
    }
  }
  return bytes
}

async function fill(
  say: ReturnType<typeof speaker>,
  network: SimulatedNetwork,
  size: BaselineSize,
  injected: readonly Injected[],
  events: FleetEvents,
): Promise<void> {
  const names = (table: string, values: string): Promise<void> =>
    say(`INSERT INTO vigie.${table} VALUES ${values}`)
  for (const table of ['series_5m', 'sites', 'links']) await say(`TRUNCATE TABLE vigie.${table}`)
  const { sites } = network
  await names(
    'sites (number, id, version, organization)',
    sites.map((s) => `(${s.number}, 'site-${s.number}', 1, ${s.organization})`).join(),
  )
  await names(
    'links (number, id, version, site, supplier)',
    sites
      .flatMap((s) => s.links.map((l) => `(${l.number}, 'link-${l.number}', 1, ${s.number}, ${l.supplier})`))
      .join(),
  )
  await names('suppliers (number, id, version)', [1, 2, 3, 4].map((n) => `(${n}, 'supplier-${n}', 1)`).join())
  for (const dictionary of ['sites', 'links', 'suppliers'])
    await say(`SYSTEM RELOAD DICTIONARY vigie.${dictionary}_names`)
  let slots: { ms: number; rows: Row[] }[] = []
  const flush = async (): Promise<void> => {
    if (slots.length > 0) await say('INSERT INTO vigie.series_5m FORMAT RowBinary', encode(slots))
    slots = []
  }
  const from = JUDGED_FROM_MS - (28 * 24 + 2) * HOUR_MS
  for (let ms = from; ms < JUDGED_FROM_MS + size.hours * HOUR_MS; ms += STEP_MS) {
    if (!isNeeded(ms, size.hours)) continue
    slots.push({ ms, rows: network.step(ms, injected, events) })
    if (slots.length === 288) await flush()
  }
  await flush()
}

/** Puts the service's questions in the order of its schedule. */
async function judge(questions: ClickHouseQuestions, sites: number, hours: number): Promise<Finding[]> {
  const catalogue = new Catalogue({ services: [anyService(baseline)] })
  const engine = new HorizonEngine({
    catalogue,
    orgName: (id) => (id === 0 ? undefined : `org-${id}`),
    siteName: (id) => (id > 0 && id <= sites ? `site-${id}` : undefined),
  })
  const findings: Finding[] = []
  const endMs = JUDGED_FROM_MS + hours * HOUR_MS + 200_000
  // Profiles first, so that the first step has them.
  let nowMs = JUDGED_FROM_MS + 180_000
  while (nowMs <= endMs) {
    const due = engine.due(nowMs)
    if (due === undefined) {
      nowMs = engine.nextMs(nowMs)
      continue
    }
    const { service, horizon, slot } = due
    const rows = await questions.ask(horizon.question(slot))
    // The simulated store has all there ever will be: an empty step is a hole.
    const missing = rows.length === 0 && horizon.patienceS > 0
    const about = { service, horizon: horizon.id, startMs: slot.startMs }
    findings.push(
      ...engine.apply({ ...about, outcome: missing ? 'late' : 'answered', ...(missing ? {} : { rows }) }),
    )
  }
  return findings
}

/** Whether a finding is about what was put into a site's traffic. */
function explains(incident: Injected, finding: Finding, network: SimulatedNetwork): boolean {
  const { evidence } = finding
  const site = network.sites[incident.site - 1]!
  const falls = evidence.kind !== 'surge'
  const its =
    finding.site === `site-${site.number}` ||
    (finding.site === undefined && finding.org === `org-${site.organization}`)
  return (
    its &&
    falls === (incident.shape !== 'surge') &&
    finding.time >= incident.startMs &&
    finding.time <= incident.endMs + GRACE_MS
  )
}

function score(
  network: SimulatedNetwork,
  injected: readonly Injected[],
  events: FleetEvents,
  findings: readonly Finding[],
): Omit<BaselineResult, 'siteDays' | 'series'> {
  const created = findings.filter((f) => f.activity === 'create')
  const used = new Set<Finding>()
  let repeated = 0
  const counted: Counted[] = injected.map((incident) => {
    const mine = created.filter((f) => !used.has(f) && explains(incident, f, network))
    for (const finding of mine) used.add(finding)
    repeated += Math.max(0, mine.length - 1)
    const { shape, factor, startMs } = incident
    return { shape, factor, found: mine.length > 0, ...(mine[0] && { afterMs: mine[0].time - startMs }) }
  })
  const during = (span: { startMs: number; endMs: number }, f: Finding): boolean =>
    f.time >= span.startMs && f.time <= span.endMs + HOUR_MS
  const fleet = created.filter((f) => f.evidence.series_kind === 'fleet' && during(events.holiday, f))
  const supplier = created.filter((f) => f.evidence.series_kind === 'supplier' && during(events.outage, f))
  for (const finding of [...fleet, ...supplier]) used.add(finding)
  const wrong = created.filter((f) => !used.has(f) && f.severity_id > 1)
  return {
    counted,
    repeated,
    fleet: fleet.length,
    supplier: supplier.length,
    wrong: wrong.length,
    gap: wrong.filter((f) => during(events.gap, f)).length,
    wrongBy: tally(wrong.map((f) => `${f.evidence.series_kind} ${f.evidence.kind}`)),
  }
}

function tally(names: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {}
  for (const name of names) found[name] = (found[name] ?? 0) + 1
  return found
}

/** @param url of a store whose schema is there, which keeps rollups for good and rolls nothing of itself */
export async function runBaselineBench(size: BaselineSize, url: string): Promise<BaselineResult[]> {
  const questions = new ClickHouseQuestions({ url })
  const say = speaker(url)
  const results: BaselineResult[] = []
  try {
    await say("INSERT INTO vigie.ledger (sequence, closed) VALUES (1, '2100-01-01 00:00:00')")
    for (let seed = 1; seed <= size.seeds; seed++) {
      const network = new SimulatedNetwork(seed, size.sites)
      const events = eventsOf(size)
      const injected = inject(network, size, events, new Random(seed, 'baseline incidents'))
      await fill(say, network, size, injected, events)
      const findings = await judge(questions, size.sites, size.hours)
      const series =
        network.sites.reduce((n, s) => n + 1 + s.links.length, 0) + 4 * Math.ceil(size.sites / 12)
      results.push({
        ...score(network, injected, events, findings),
        series,
        siteDays: (size.sites * size.hours) / 24,
      })
    }
    return results
  } finally {
    await questions.close()
  }
}

/** What the store must be told for a bench. */
export const STORE_SETTINGS = { rollup_days: 20_000, roll_minutes: 100_000 } as const

async function main(): Promise<void> {
  const page = join('docs', 'detection-quality.md')
  const settings = Object.entries(STORE_SETTINGS).map(([name, value]) => [`store.${name}`, value] as const)
  const bed = await Bed.make(['store'], Object.fromEntries(settings))
  try {
    const text = baselinePage(FULL_SIZE, await runBaselineBench(FULL_SIZE, bed.config.clickhouse_url))
    writeFileSync(page, intoBaselinePage(readFileSync(page, 'utf8'), text))
    process.stdout.write(text)
  } finally {
    await bed.end()
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
