import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SERVICES } from '../detect/services/index.js'
import { isTellable, scoreTroubles } from '../simulate/edges/score.js'
import type { TroubleKind } from '../simulate/edges/troubles.js'
import { type LinkDetectionResult, linkDetectionPage, linksIntoPage } from './link_detection_page.js'
import { runLinks } from './link_run.js'

/**
 * How well the services of links find what befalls the edges of the simulated network, and what they say where nothing does:
 * real formats, adapters, registry and engine, in simulated time. The figures hang on the seeds alone, not on the machine.
 *
 * `node dist/bench/link_detection.js [--keep DIR]` runs what is not kept in DIR and writes its section of the page;
 * `--kept-only` writes what is kept.
 */
export interface LinkDetectionSize {
  readonly seeds: number
  readonly sites: number
  readonly seconds: number
  readonly intensities: readonly number[]
  readonly troubleEveryS: number
  readonly cleanRuns: number
  readonly cleanSites: number
  readonly cleanSeconds: number
}

export const FULL_SIZE: LinkDetectionSize = {
  seeds: 20,
  sites: 45,
  seconds: 900,
  intensities: [0.1, 0.3, 1],
  troubleEveryS: 20,
  cleanRuns: 8,
  cleanSites: 400,
  cleanSeconds: 21_600,
}
export const TEST_SIZE: LinkDetectionSize = {
  seeds: 1,
  sites: 60,
  seconds: 600,
  intensities: [1],
  troubleEveryS: 20,
  cleanRuns: 1,
  cleanSites: 40,
  cleanSeconds: 1200,
}

const START_MS = Date.UTC(2026, 10, 23, 15)
/** Paths are learned for so long before the first trouble, s. */
const CALM_S = 240
const SEED = 11
const CLEAN_SEED = 2000
/** How often edges measure: with troubles, and without. */
const EVERY_S = 10
const CLEAN_EVERY_S = 300
const LASTS_S: readonly [number, number] = [60, 300]
const DOWN: readonly TroubleKind[] = ['link_down', 'tunnel_dead']

export const emptyLinkResult = (): LinkDetectionResult => ({
  cells: {},
  falseFindings: [],
  told: 0,
  repeated: 0,
  records: 0,
  siteDays: 0,
  runs: 0,
})

const services = SERVICES.filter((service) => service.samples !== undefined)

function runSeries(
  result: LinkDetectionResult,
  size: LinkDetectionSize,
  seed: number,
  { kinds, intensity }: { kinds: readonly TroubleKind[]; intensity: number },
): void {
  const { sites, seconds, troubleEveryS } = size
  const troubles = { kinds, lastsS: LASTS_S, intensity: [intensity, intensity] as const }
  const when = { startMs: START_MS, seconds, calmS: CALM_S, everyS: EVERY_S, troubleEveryS }
  const run = { seed, sites, ...when, troubles, services }
  const { findings, truth, records } = runLinks(run)
  const endMs = START_MS + seconds * 1000
  const score = scoreTroubles(truth, findings, (t) => isTellable(t) && (t.end_ms ?? 0) <= endMs)
  result.records += records
  result.told += score.told
  for (const f of score.falseFindings) result.falseFindings.push(`${f.service} ${String(f.evidence.kind)}`)
  for (const { truth: t, finding, timeToDetectMs, duplicates } of score.troubles) {
    const column = t.kind === 'brownout' ? String(intensity) : '1'
    result.cells[t.kind] ??= {}
    result.cells[t.kind]![column] ??= { incidents: 0, found: 0, timesMs: [] }
    const cell = result.cells[t.kind]![column]!
    cell.incidents++
    result.repeated += duplicates
    if (finding === undefined) continue
    cell.found++
    if (timeToDetectMs !== undefined) cell.timesMs.push(timeToDetectMs)
  }
}

/** All series of one seed. */
export function troublePart(size: LinkDetectionSize, n: number): LinkDetectionResult {
  const result = emptyLinkResult()
  for (const intensity of size.intensities)
    runSeries(result, size, SEED + n, { kinds: ['brownout'], intensity })
  runSeries(result, size, SEED + n, { kinds: DOWN, intensity: 1 })
  return result
}

/** Links that nothing befalls: run `n` is another network, five hours later in the week; wrong clocks are the truth's. */
export function cleanLinkPart(size: LinkDetectionSize, n: number): LinkDetectionResult {
  const result = emptyLinkResult()
  const { cleanSites: sites, cleanSeconds: seconds } = size
  const startMs = START_MS + n * 5 * 3_600_000
  const run = { seed: CLEAN_SEED + n, sites, seconds, startMs, everyS: CLEAN_EVERY_S, services }
  const { findings, truth, records, edges } = runLinks(run)
  const score = scoreTroubles(truth, findings)
  result.records += records
  result.siteDays += (edges * seconds) / 86_400
  for (const f of score.falseFindings) result.falseFindings.push(`${f.service} ${String(f.evidence.kind)}`)
  return result
}

export function mergeLinkResults(sum: LinkDetectionResult, other: LinkDetectionResult): void {
  sum.runs++
  sum.falseFindings.push(...other.falseFindings)
  sum.told += other.told
  sum.repeated += other.repeated
  sum.records += other.records
  sum.siteDays += other.siteDays
  for (const [kind, columns] of Object.entries(other.cells)) {
    for (const [column, cell] of Object.entries(columns)) {
      sum.cells[kind] ??= {}
      sum.cells[kind]![column] ??= { incidents: 0, found: 0, timesMs: [] }
      const mine = sum.cells[kind]![column]!
      mine.incidents += cell.incidents
      mine.found += cell.found
      mine.timesMs.push(...cell.timesMs)
    }
  }
}

interface RunOptions {
  /** Folder with what each run gave. */
  readonly keep?: string | undefined
  /** Nothing is run: what is kept must do. */
  readonly keptOnly?: boolean
}

function gather(
  runs: number,
  name: string,
  { keep, keptOnly = false }: RunOptions,
  one: (n: number) => LinkDetectionResult,
) {
  const sum = emptyLinkResult()
  for (let n = 0; n < runs; n++) {
    const file = keep === undefined ? undefined : join(keep, `${name}-${n}.json`)
    const known = file !== undefined && existsSync(file)
    if (keptOnly && !known) continue
    const result = known ? (JSON.parse(readFileSync(file, 'utf8')) as LinkDetectionResult) : one(n)
    if (file !== undefined && !known) writeFileSync(file, JSON.stringify(result))
    mergeLinkResults(sum, result)
  }
  return sum
}

export function runLinkDetection(
  size: LinkDetectionSize,
  options: RunOptions = {},
): { troubles: LinkDetectionResult; clean: LinkDetectionResult } {
  return {
    troubles: gather(size.seeds, 'links', options, (n) => troublePart(size, n)),
    clean: gather(size.cleanRuns, 'links-clean', options, (n) => cleanLinkPart(size, n)),
  }
}

function main(args: readonly string[]): void {
  const at = args.indexOf('--keep')
  const keep = at < 0 ? undefined : args[at + 1]
  if (keep !== undefined) mkdirSync(keep, { recursive: true })
  const { troubles, clean } = runLinkDetection(FULL_SIZE, { keep, keptOnly: args.includes('--kept-only') })
  const text = linkDetectionPage(FULL_SIZE, troubles, clean)
  const page = join('docs', 'detection-quality.md')
  writeFileSync(page, linksIntoPage(readFileSync(page, 'utf8'), text))
  process.stdout.write(text)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2))
