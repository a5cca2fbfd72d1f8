import type { BaselineSize } from './baseline.js'
import type { Shape } from './baseline_network.js'
import { poissonLower, poissonUpper, wilson } from './detection_page.js'

/** What became of one incident that was put in. */
export interface Counted {
  readonly shape: Shape
  readonly factor: number
  readonly found: boolean
  /** From its start to its finding, event time. */
  readonly afterMs?: number
}

/** One seed. */
export interface BaselineResult {
  readonly counted: readonly Counted[]
  /** Further findings of incidents that were found. */
  readonly repeated: number
  /** Findings on the holiday, and on the supplier's outage. */
  readonly fleet: number
  readonly supplier: number
  /** Findings above informational that nothing explains; those of them in the hole in the telemetry. */
  readonly wrong: number
  readonly gap: number
  readonly wrongBy: Readonly<Record<string, number>>
  readonly siteDays: number
  readonly series: number
}

/** The least intensity that is promised to be found. */
const FLOOR = 6
const BEGIN = '<!-- written by bench/baseline.ts: begin -->'
const END = '<!-- written by bench/baseline.ts: end -->'

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

function cell(counted: readonly Counted[]): string {
  const found = counted.filter((c) => c.found).length
  const [low, high] = wilson(found, counted.length)
  return `${found}/${counted.length}, ${low.toFixed(2)}–${high.toFixed(2)}`
}

function delays(counted: readonly Counted[]): string {
  const minutes = counted
    .flatMap((c) => (c.afterMs === undefined ? [] : [c.afterMs / 60_000]))
    .sort((a, b) => a - b)
  const at = (q: number): string =>
    (minutes[Math.min(minutes.length - 1, Math.floor(q * minutes.length))] ?? 0).toFixed(0)
  return minutes.length === 0 ? ' | ' : `${at(0.5)} | ${at(0.95)}`
}

/** The section of docs/detection-quality.md. */
export function baselinePage(size: BaselineSize, results: readonly BaselineResult[]): string {
  const counted = results.flatMap((r) => r.counted)
  const row = (shape: Shape): string => {
    const mine = counted.filter((c) => c.shape === shape)
    const cells =
      shape === 'silence'
        ? size.intensities.map((_, i) => (i === size.intensities.length - 1 ? cell(mine) : ''))
        : size.intensities.map((f) => cell(mine.filter((c) => c.factor === f)))
    const above = mine.filter((c) => shape === 'silence' || c.factor >= FLOOR)
    return `| ${shape} | ${cells.join(' | ')} | ${delays(above)} |`
  }
  const above = counted.filter((c) => c.shape === 'silence' || c.factor >= FLOOR)
  const found = above.filter((c) => c.found).length
  const wrong = sum(results.map((r) => r.wrong))
  const siteDays = sum(results.map((r) => r.siteDays))
  const perDay = (n: number): string => ((1000 * n) / siteDays).toFixed(2)
  const told = counted.filter((c) => c.found).length
  const by: Record<string, number> = {}
  for (const r of results) for (const [name, n] of Object.entries(r.wrongBy)) by[name] = (by[name] ?? 0) + n
  const causes = Object.entries(by).map(([name, n]) => `${n} ${name}`)
  const what = causes.length > 0 ? `: ${causes.join(', ')}` : ''
  const recall = (found / Math.max(1, above.length)).toFixed(3)
  const precision = (told / Math.max(1, told + wrong)).toFixed(3)
  const total = (name: 'repeated' | 'fleet' | 'supplier' | 'gap'): number => sum(results.map((r) => r[name]))
  return `${size.seeds} seeds, ${size.sites} sites (${results[0]?.series ?? 0} series of three metrics), ${size.hours} hours judged by the four weeks before.

| shape | ${size.intensities.map((f) => `× or ÷ ${f}`).join(' | ')} | p50, min | p95, min |
| --- |${' --- |'.repeat(size.intensities.length + 2)}
${(['surge', 'drop', 'silence'] as const).map(row).join('\n')}

Found of incidents and Wilson's 95 % interval; a silence has one strength. Times are from the first unusual moment to the end of the
step that told it, at and above ${FLOOR} times; the answer of the store comes two minutes later.

At and above ${FLOOR} times: recall ${recall} (${found} of ${above.length}). Precision over all: ${precision} (${wrong} findings
above informational that nothing explains${what}); told twice: ${total('repeated')}.
The holiday was told ${total('fleet')} times in ${results.length} seeds, the outage of a supplier ${total('supplier')} times,
the hole in the telemetry ${total('gap')} times.
False alarms a day and 1,000 sites: ${perDay(wrong)} (${perDay(poissonLower(wrong))} to ${perDay(poissonUpper(wrong))},
exact Poisson interval, 95 %) in ${Math.round(siteDays)} site-days.
`
}

/** The page with the section made new. */
export function intoBaselinePage(page: string, section: string): string {
  const from = page.indexOf(BEGIN)
  const to = page.indexOf(END)
  if (from < 0 || to < 0) throw new Error(`the page lacks ${BEGIN} and ${END}`)
  return `${page.slice(0, from + BEGIN.length)}\n\n${section}\n${page.slice(to)}`
}
