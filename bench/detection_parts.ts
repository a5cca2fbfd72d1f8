import type { Subscriptions } from '../detect/catalogue.js'
import { SERVICES } from '../detect/services/index.js'
import type { Finding } from '../model/finding.js'
import { THREAT_PREFIX } from '../simulate/incidents/covert.js'
import type { TruthRecord } from '../simulate/incidents/incident.js'
import { scoreFindings } from '../simulate/score.js'
import { SERVICES as TRAFFIC } from '../simulate/services.js'
import { type DirectRun, runDirect } from './direct_run.js'
import { Akvorado } from './rivals/akvorado.js'
import { Fastnetmon } from './rivals/fastnetmon.js'
import { Rita } from './rivals/rita.js'
import type { Rival } from './rivals/rival.js'
import { Trw } from './rivals/trw.js'
import { ZeekScan } from './rivals/zeek_scan.js'

/** How much is simulated; the figures hang on these numbers alone, not on the machine. */
export interface DetectionBenchSize {
  readonly seeds: number
  /** Seeds of runs with incidents of hours. */
  readonly longSeeds: number
  /** Seeds of the series with sampling and delays. */
  readonly exportSeeds: number
  readonly intensities: readonly number[]
  readonly sites: number
  /** Simulated time of a run with incidents of seconds, and with incidents of hours, s. */
  readonly seconds: number
  readonly longSeconds: number
  readonly flowsPerSecond: number
  readonly longFlowsPerSecond: number
  /** Clean runs: each another network on another day, all sites. */
  readonly cleanRuns: number
  readonly cleanSites: number
  readonly cleanSeconds: number
  readonly cleanFlowsPerSecond: number
}

export const FULL_SIZE: DetectionBenchSize = {
  seeds: 20,
  longSeeds: 20,
  exportSeeds: 5,
  intensities: [0.03, 0.1, 0.3, 1, 3],
  sites: 400,
  seconds: 300,
  longSeconds: 4200,
  flowsPerSecond: 60,
  longFlowsPerSecond: 25,
  cleanRuns: 44,
  cleanSites: 1650,
  cleanSeconds: 3600,
  cleanFlowsPerSecond: 150,
}
export const TEST_SIZE: DetectionBenchSize = {
  seeds: 1,
  longSeeds: 1,
  exportSeeds: 1,
  intensities: [1],
  sites: 60,
  seconds: 60,
  longSeconds: 60,
  flowsPerSecond: 40,
  longFlowsPerSecond: 20,
  cleanRuns: 1,
  cleanSites: 60,
  cleanSeconds: 20,
  cleanFlowsPerSecond: 40,
}

interface Group {
  readonly kinds: readonly string[]
  /** Mean time between incidents, s. */
  readonly everyS: number
  /** Where not the time of the others, s. */
  readonly seconds?: number
}

/** Kinds that show within seconds or minutes, by run: carpet bombing finds few /24s whose hosts were all left in peace. */
const SHORT: readonly Group[] = [
  {
    kinds: [
      'udp_flood',
      'reflection',
      'syn_flood',
      'outbound_flood',
      'horizontal_scan',
      'vertical_scan',
      'icmp_sweep',
      'ssh_bruteforce',
      'threat_contact',
      'segmentation_breach',
    ],
    everyS: 8,
  },
  { kinds: ['carpet_bombing'], everyS: 10 },
  { kinds: ['dns_tunnel', 'exfiltration'], everyS: 20, seconds: 780 },
]
/** Kinds that take an hour; a beacon is whole only when it begins in the first minutes. */
const LONG: readonly Group[] = [
  { kinds: ['slow_scan', 'p2p_botnet', 'mining', 'irc', 'lateral_movement'], everyS: 45 },
  { kinds: ['beacon'], everyS: 20 },
]

const START_MS = Date.UTC(2026, 10, 23, 15)
const DAY_S = 86_400
/** `lateral` learns for so long here; incidents before do not count. */
const LEARNING_S = 900
/** Where the network is administered from: what an operator puts on the list. */
const ADMINISTRATION = 16 + TRAFFIC.findIndex((service) => service.id === 'administration')
const JUMP_HOSTS = [0, 1, 2].flatMap((centre) =>
  [10, 11].map((host) => `10.${centre}.${ADMINISTRATION}.${host}`),
)
const DEFAULTS: Subscriptions = {
  lateral: { learning_days: LEARNING_S / DAY_S, allow: JUMP_HOSTS },
  segmentation: {
    zones: [{ id: 'centres', site_kinds: ['data_centre'] }],
    rules: [
      { from: ['*'], to: ['centres'], action: 'allow' },
      { from: ['*'], to: ['*'], action: 'deny', ports: ['tcp/1433', 'tcp/5432'] },
    ],
  },
}

export interface Cell {
  incidents: number
  found: number
  timesMs: number[]
}

/** By kind, then by what the series varies. */
export type Cells = Record<string, Record<string, Cell>>

export interface Versus {
  readonly service: string
  incidents: number
  found: number
  alarms: number
  falseAlarms: number
}

export interface PartResult {
  /** Runs, each of another seed, that were added up. */
  runs: number
  readonly cells: Cells
  /** Findings that nothing explains, incidents told again, findings in all. */
  falseFindings: string[]
  repeated: number
  findings: number
  /** By rule and kind of incident, at each intensity; ours under the name of Vigie. */
  readonly rivals: Record<string, Versus>
  siteDays: number
  flows: number
}

export const emptyPart = (): PartResult => ({
  runs: 0,
  cells: {},
  falseFindings: [],
  repeated: 0,
  findings: 0,
  rivals: {},
  siteDays: 0,
  flows: 0,
})

/** Incidents that were over before the end of the run, and that could be told. */
function whole(truth: readonly TruthRecord[], seconds: number, delayS = 0): TruthRecord[] {
  const endMs = START_MS + (seconds + delayS) * 1000
  return truth.filter(
    (t) =>
      t.end_ms <= endMs &&
      (t.kind !== 'lateral_movement' || t.start_ms >= START_MS + (LEARNING_S + 60) * 1000),
  )
}

function add(
  part: PartResult,
  truth: readonly TruthRecord[],
  findings: readonly Finding[],
  column: string,
  judged: ReadonlySet<TruthRecord>,
): void {
  const score = scoreFindings(truth, findings)
  part.findings += findings.filter((f) => f.activity === 'create' && f.severity_id > 1).length
  for (const f of score.falseFindings)
    part.falseFindings.push(`${f.service} ${String(f.evidence.kind ?? '')} ${column}`)
  for (const { truth: t, timeToDetectMs, duplicates } of score.incidents) {
    if (!judged.has(t)) continue
    const cell = cellOf(part, t.kind, column)
    cell.incidents++
    part.repeated += duplicates
    if (timeToDetectMs === undefined) continue
    cell.found++
    cell.timesMs.push(timeToDetectMs)
  }
}

/** One rule's alarms against the incidents of its service, kind by kind. */
function compare(
  part: PartResult,
  name: string,
  service: string,
  truth: readonly TruthRecord[],
  alarms: readonly Finding[],
  judged: ReadonlySet<TruthRecord>,
): void {
  const all = truth.filter((t) => t.service === service)
  const score = scoreFindings(all, alarms)
  const total = (kind: string): Versus => versusOf(part, `${name}|${service}|${kind}`, service)
  const sum = total('')
  sum.alarms += alarms.length
  sum.falseAlarms += score.falseFindings.length
  for (const { truth: t, finding } of score.incidents) {
    if (!judged.has(t)) continue
    for (const versus of [total(t.kind), sum]) {
      versus.incidents++
      if (finding !== undefined) versus.found++
    }
  }
}

interface Series {
  readonly kinds: readonly string[]
  readonly seconds: number
  readonly everyS: number
  readonly column: string
  readonly intensity: number
  readonly rivals?: () => Rival[]
  readonly more?: Partial<DirectRun>
}

function runSeries(part: PartResult, size: DetectionBenchSize, seed: number, series: Series): void {
  const { kinds, seconds, everyS, intensity, column } = series
  const rivals = series.rivals?.() ?? []
  const { truth, findings, flows } = runDirect({
    seed,
    sites: size.sites,
    seconds,
    flowsPerSecond: seconds === size.longSeconds ? size.longFlowsPerSecond : size.flowsPerSecond,
    startMs: START_MS,
    services: SERVICES,
    defaults: DEFAULTS,
    threats: [THREAT_PREFIX],
    incidents: { kinds, everyS, intensity },
    rivals,
    ...series.more,
  })
  part.flows += flows
  const judged = new Set(whole(truth, seconds, series.more?.exportDelayS))
  add(part, truth, findings, column, judged)
  const services = new Set(rivals.map((r) => r.service))
  const told = findings.filter((f) => f.activity === 'create' && f.severity_id > 1)
  for (const service of services) {
    compare(
      part,
      'Vigie',
      service,
      truth,
      told.filter((f) => f.service === service),
      judged,
    )
  }
  for (const rival of rivals) compare(part, rival.name, rival.service, truth, rival.alarms, judged)
}

/** First seed of the runs with incidents, and of clean ones. */
const SEED = 11
const CLEAN_SEED = 1000

/** Recall against intensity for one seed, and other products' rules on the same replay. */
export function intensityPart(size: DetectionBenchSize, n: number, long: boolean): PartResult {
  const part = emptyPart()
  const rivals = (): Rival[] =>
    long ? [new Rita()] : [new Fastnetmon(), new Akvorado(), new ZeekScan(), new Trw()]
  for (const intensity of size.intensities) {
    const common = { intensity, column: String(intensity), rivals }
    for (const group of long ? LONG : SHORT)
      runSeries(part, size, SEED + n, {
        ...common,
        seconds: long ? size.longSeconds : size.seconds,
        ...group,
      })
  }
  return part
}

/** What an exporter does to incidents of intensity 1: how it samples, and how long after a flow's end it exports. */
const EXPORTS: readonly (readonly [string, Partial<DirectRun>])[] = [
  ['1:1', { sampling: 1 }],
  ['1:100', { sampling: 100 }],
  ['1:1000', { sampling: 1000 }],
  ['30 s', { sampling: 1, exportDelayS: 30 }],
  ['60 s', { sampling: 1, exportDelayS: 60 }],
]
export const EXPORT_COLUMNS: readonly string[] = EXPORTS.map(([column]) => column)

/** The same incidents at intensity 1, with sampling at every edge and with a delay of every export. */
export function exportPart(size: DetectionBenchSize, n: number): PartResult {
  const part = emptyPart()
  for (const [column, more] of EXPORTS) {
    for (const group of SHORT)
      runSeries(part, size, SEED + n, { seconds: size.seconds, ...group, intensity: 1, column, more })
  }
  return part
}

/** Traffic without incidents: run `n` is another network, five hours later in the week. */
export function cleanPart(size: DetectionBenchSize, n: number): PartResult {
  const part = emptyPart()
  const { findings, flows } = runDirect({
    seed: CLEAN_SEED + n,
    sites: size.cleanSites,
    seconds: size.cleanSeconds,
    flowsPerSecond: size.cleanFlowsPerSecond,
    startMs: START_MS + n * 5 * 3_600_000,
    services: SERVICES,
    defaults: DEFAULTS,
    threats: [THREAT_PREFIX],
    weekly: true,
  })
  part.flows += flows
  part.siteDays += (size.cleanSites * size.cleanSeconds) / DAY_S
  const told = findings.filter((f) => f.activity === 'create' && f.severity_id > 1)
  part.findings += told.length
  for (const f of told) part.falseFindings.push(`${f.service} ${String(f.evidence.kind ?? '')}`)
  return part
}

/** Adds the figures of one run to those of several. */
export function mergeParts(part: PartResult, other: PartResult): void {
  part.runs++
  part.falseFindings.push(...other.falseFindings)
  part.repeated += other.repeated
  part.findings += other.findings
  part.siteDays += other.siteDays
  part.flows += other.flows
  for (const [kind, columns] of Object.entries(other.cells)) {
    for (const [column, cell] of Object.entries(columns)) {
      const mine = cellOf(part, kind, column)
      mine.incidents += cell.incidents
      mine.found += cell.found
      mine.timesMs.push(...cell.timesMs)
    }
  }
  for (const [key, versus] of Object.entries(other.rivals)) {
    const mine = versusOf(part, key, versus.service)
    mine.incidents += versus.incidents
    mine.found += versus.found
    mine.alarms += versus.alarms
    mine.falseAlarms += versus.falseAlarms
  }
}

function cellOf(part: PartResult, kind: string, column: string): Cell {
  part.cells[kind] ??= {}
  part.cells[kind]![column] ??= { incidents: 0, found: 0, timesMs: [] }
  return part.cells[kind]![column]!
}

function versusOf(part: PartResult, key: string, service: string): Versus {
  part.rivals[key] ??= { service, incidents: 0, found: 0, alarms: 0, falseAlarms: 0 }
  return part.rivals[key]!
}
