import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SERVICES } from '../detect/services/index.js'
import { scoreFindings } from '../simulate/score.js'
import { runDetection } from './detection_run.js'

/**
 * How well detection finds what the simulated network's truth says was there: recall by kind and intensity, time to detect,
 * findings that nothing explains, and false alarms on clean traffic. Everything goes through real wire formats, the decoder
 * and the enrichment. The figures hang on the seeds alone, not on the machine.
 */
export interface DetectionBenchSize {
  readonly seeds: readonly number[]
  readonly intensities: readonly number[]
  readonly sites: number
  /** Simulated time of each run with incidents, and of the run without, s. */
  readonly seconds: number
  readonly cleanSeconds: number
  readonly flowsPerSecond: number
}

export const FULL_SIZE: DetectionBenchSize = {
  seeds: [11, 12, 13],
  intensities: [0.1, 0.3, 1],
  sites: 1650,
  seconds: 900,
  cleanSeconds: 3600,
  flowsPerSecond: 800,
}
export const TEST_SIZE: DetectionBenchSize = {
  seeds: [11],
  intensities: [1],
  sites: 60,
  seconds: 60,
  cleanSeconds: 20,
  flowsPerSecond: 100,
}

/**
 * Kinds that show within the time of a run, by run: a victim is left in peace for a while, and carpet bombing finds few /24s
 * whose hosts were all left in peace by the others.
 */
const OTHERS = ['carpet_bombing']
const KINDS = [
  'udp_flood',
  'reflection',
  'syn_flood',
  'outbound_flood',
  'horizontal_scan',
  'vertical_scan',
  'icmp_sweep',
  'ssh_bruteforce',
] as const
const START_MS = Date.UTC(2026, 10, 23, 15)

export interface KindScore {
  readonly incidents: number
  readonly found: number
  readonly timesMs: readonly number[]
}

export interface DetectionBenchResult {
  /** By kind, then intensity. */
  readonly kinds: Readonly<Record<string, Readonly<Record<string, KindScore>>>>
  readonly falseFindings: number
  readonly repeated: number
  readonly clean: { readonly siteDays: number; readonly findings: number }
}

export function runDetectionBench(size: DetectionBenchSize): DetectionBenchResult {
  const kinds: Record<string, Record<string, { incidents: number; found: number; timesMs: number[] }>> = {}
  let falseFindings = 0
  let repeated = 0
  const { sites, flowsPerSecond } = size
  const common = { sites, flowsPerSecond, startMs: START_MS, services: SERVICES }
  for (const intensity of size.intensities) {
    for (const seed of size.seeds) {
      for (const kindsOfRun of [KINDS, OTHERS]) {
        const incidents = { kinds: kindsOfRun, everyS: 20, intensity }
        const { truth, findings } = runDetection({ ...common, seed, seconds: size.seconds, incidents })
        const score = scoreFindings(truth, findings)
        falseFindings += score.falseFindings.length
        for (const { truth: t, timeToDetectMs, duplicates } of score.incidents) {
          kinds[t.kind] ??= {}
          kinds[t.kind]![intensity] ??= { incidents: 0, found: 0, timesMs: [] }
          const cell = kinds[t.kind]![intensity]!
          cell.incidents++
          repeated += duplicates
          if (timeToDetectMs === undefined) continue
          cell.found++
          cell.timesMs.push(timeToDetectMs)
        }
      }
    }
  }
  const clean = runDetection({ ...common, seed: size.seeds[0]!, seconds: size.cleanSeconds })
  const siteDays = (sites * size.cleanSeconds) / 86_400
  const alarms = clean.findings.filter((f) => f.activity === 'create' && f.severity_id > 1).length
  return { kinds, falseFindings, repeated, clean: { siteDays, findings: alarms } }
}

/** Upper end of the exact 95 % interval of a Poisson count (chi-square quantile by bisection on the distribution). */
export function poissonUpper(count: number): number {
  const atMost = (mean: number): number => {
    let term = Math.exp(-mean)
    let sum = term
    for (let k = 1; k <= count; k++) {
      term *= mean / k
      sum += term
    }
    return sum
  }
  let low = count
  let high = count * 3 + 20
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (atMost(middle) > 0.025) low = middle
    else high = middle
  }
  return high
}

/** Wilson's 95 % interval of a share. */
function wilson(found: number, of: number): [number, number] {
  if (of === 0) return [0, 1]
  const z = 1.96
  const p = found / of
  const centre = (p + (z * z) / (2 * of)) / (1 + (z * z) / of)
  const half = (z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of)
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

/** The result as Markdown tables. */
export function detectionPage(size: DetectionBenchSize, result: DetectionBenchResult): string {
  const rows = Object.entries(result.kinds).map(([kind, cells]) => {
    const recall = size.intensities.map((i) => {
      const cell = cells[i]
      if (cell === undefined) return 'none drawn'
      const [low, high] = wilson(cell.found, cell.incidents)
      return `${cell.found}/${cell.incidents} (${low.toFixed(2)} to ${high.toFixed(2)})`
    })
    const times = Object.values(cells)
      .flatMap((c) => c.timesMs)
      .sort((a, b) => a - b)
    const seconds = (q: number): string => (times.length === 0 ? '' : (quantile(times, q) / 1000).toFixed(1))
    return `| ${kind} | ${recall.join(' | ')} | ${seconds(0.5)} | ${seconds(0.95)} |`
  })
  const { siteDays, findings } = result.clean
  const perDay = (count: number): string => ((1000 * count) / siteDays).toFixed(1)
  return `| kind | ${size.intensities.map((i) => `found at intensity ${i}`).join(' | ')} | p50, s | p95, s |
| --- | ${size.intensities.map(() => '--- |').join(' ')} --- | --- |
${rows.join('\n')}

In brackets: Wilson's 95 % interval. Times are from the first malicious packet to the finding, event time, at sampling 1:1
and with the export delays of the simulated edges.

Findings that no incident explains, in these runs: ${result.falseFindings}. Incidents told twice: ${result.repeated}.

Clean traffic: ${findings} findings above informational in ${siteDays.toFixed(0)} site-days; false alarms a day and 1,000
sites: ${perDay(findings)} (exact Poisson interval: at most ${perDay(poissonUpper(findings))}).
`
}

const BEGIN = '<!-- written by bench/detection.ts: begin -->'
const END = '<!-- written by bench/detection.ts: end -->'

/** Puts `table` between the marks of `page`. */
export function intoPage(page: string, table: string): string {
  const from = page.indexOf(BEGIN)
  const to = page.indexOf(END)
  if (from < 0 || to < 0) throw new Error(`the page lacks ${BEGIN} and ${END}`)
  return `${page.slice(0, from + BEGIN.length)}\n\n${table}\n${page.slice(to)}`
}

interface LabelledResult {
  readonly name: string
  readonly incidents: number
  readonly found: number
  readonly false: number
  readonly repeated: number
  readonly unlabelled: number
}

/** `vigie detect` on the labelled recordings, where they are at hand. */
function labelledTable(): string {
  const scorer = join(process.env.VIGIE_SHARED ?? '../shared', 'datasets', 'score.mjs')
  if (!existsSync(scorer)) return 'The recordings were not at hand when this page was written.\n'
  const command = `${process.execPath} ${join(process.cwd(), 'app', 'vigie.mjs')} detect --brief`
  const run = spawnSync(process.execPath, [scorer, '--json', '--cmd', command], { encoding: 'utf8' })
  const { results } = JSON.parse(run.stdout) as { results: LabelledResult[] }
  const rows = results.map(
    (r) => `| ${r.name} | ${r.found}/${r.incidents} | ${r.false} | ${r.repeated} | ${r.unlabelled} |`,
  )
  return `| recording | found | false | repeated | unlabelled |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const page = join('docs', 'detection-quality.md')
  const simulated = detectionPage(FULL_SIZE, runDetectionBench(FULL_SIZE))
  const table = `## Labelled recordings\n\n${labelledTable()}\n## Simulated incidents\n\n${simulated}`
  writeFileSync(page, intoPage(readFileSync(page, 'utf8'), table))
  process.stdout.write(table)
}
