import { poissonUpper, wilson } from './detection_page.js'
import type { LinkDetectionSize } from './link_detection.js'

interface Cell {
  incidents: number
  found: number
  timesMs: number[]
}

/** What runs gave, added up. */
export interface LinkDetectionResult {
  /** By kind of trouble, then intensity. */
  readonly cells: Record<string, Record<string, Cell>>
  /** Findings that nothing explains. */
  readonly falseFindings: string[]
  /** Findings of troubles in all; those that told of one again. */
  told: number
  repeated: number
  records: number
  siteDays: number
  runs: number
}

const BEGIN = '<!-- written by bench/link_detection.ts: begin -->'
const END = '<!-- written by bench/link_detection.ts: end -->'

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0
const seconds = (ms: number): string => `${(ms / 1000).toFixed(0)} s`

/** Intensity from which a brown-out is to be told. */
const FLOOR = 0.3

function rows({ cells }: LinkDetectionResult): string[] {
  return Object.entries(cells).flatMap(([kind, columns]) =>
    Object.entries(columns).map(([intensity, { found, incidents, timesMs }]) => {
      const [low, high] = wilson(found, incidents)
      const times = [...timesMs].sort((a, b) => a - b)
      const share = `${found}/${incidents} (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %)`
      const below = kind === 'brownout' && Number(intensity) < FLOOR
      // A clock is wrong from the beginning: there is no moment to be told from.
      const time = (q: number): string =>
        kind === 'clock_skew' || times.length === 0 ? '' : seconds(quantile(times, q))
      return `| ${kind} | ${kind === 'brownout' ? intensity : ''} | ${below ? `[${share}]` : share} | ${time(0.5)} | ${time(0.95)} |`
    }),
  )
}

function totals({ cells, falseFindings, told, repeated }: LinkDetectionResult): string {
  let [found, incidents] = [0, 0]
  for (const [kind, columns] of Object.entries(cells)) {
    for (const [intensity, cell] of Object.entries(columns)) {
      if (kind === 'brownout' && Number(intensity) < FLOOR) continue
      found += cell.found
      incidents += cell.incidents
    }
  }
  const recall = (found / Math.max(1, incidents)).toFixed(3)
  const precision = ((told - falseFindings.length) / Math.max(1, told)).toFixed(4)
  const wrong = falseFindings.length
  return `At and above the floor: recall ${recall} (${found} of ${incidents}); precision ${precision}
(${wrong} false of ${told} findings); ${repeated} repeated.`
}

/** The section of the page, in Markdown. */
export function linkDetectionPage(
  size: LinkDetectionSize,
  troubles: LinkDetectionResult,
  clean: LinkDetectionResult,
): string {
  const perDay = (count: number): string => ((1000 * count) / Math.max(1e-9, clean.siteDays)).toFixed(1)
  const wrong = clean.falseFindings.length
  const days = clean.siteDays.toFixed(0)
  return `## Links

Edges of ${size.sites} sites, ${troubles.runs} seeds, ${size.seconds} s each, a measurement every 10 s, calm at first; then troubles
of 60 to 300 s; ${troubles.records} records. At intensity 1 a brown-out adds 150 ms of round trip, 30 ms of jitter and 6 % of loss;
its floor is ${FLOOR} (45 ms, 9 ms, 1.8 %). A dead tunnel is judged where its vendor measures tunnels, a wrong clock
where its vendor tells the time of an edge and it is off by 45 s or more.

| trouble | intensity | found (Wilson, 95 %) | time to detect p50 | p95 |
| --- | --- | --- | --- | --- |
${rows(troubles).join('\n')}

${totals(troubles)}

Without troubles: ${clean.runs} networks, ${days} site-days, a measurement every five minutes, ${clean.records} records:
${wrong} false findings. A day and 1,000 sites: ${perDay(wrong)}, at most ${perDay(poissonUpper(wrong))} (exact Poisson, 95 %).
`
}

/** Puts the section between its marks. */
export function linksIntoPage(page: string, text: string): string {
  const from = page.indexOf(BEGIN)
  const to = page.indexOf(END)
  if (from < 0 || to < 0) throw new Error(`the page lacks ${BEGIN} and ${END}`)
  return `${page.slice(0, from + BEGIN.length)}\n\n${text}\n${page.slice(to)}`
}
