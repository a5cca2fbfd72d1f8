import { type DetectionBenchSize, EXPORT_COLUMNS, type PartResult, type Versus } from './detection_parts.js'

/** All that was measured. */
export interface DetectionBenchResult {
  readonly short: PartResult
  readonly long: PartResult
  readonly exports: PartResult
  readonly clean: PartResult
}

/** Ends of the exact 95 % interval of a Poisson count (by bisection on the distribution). */
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
export function wilson(found: number, of: number): [number, number] {
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

const secondsAt = (timesMs: readonly number[], q: number): string =>
  timesMs.length === 0
    ? ''
    : (
        quantile(
          [...timesMs].sort((a, b) => a - b),
          q,
        ) / 1000
      ).toFixed(1)

/** Least intensity at which a kind is over the thresholds of its service; below, it is not to be told. */
const FLOORS: Readonly<Record<string, number>> = {
  horizontal_scan: 0.03,
  vertical_scan: 0.03,
  icmp_sweep: 0.03,
  threat_contact: 0.03,
  segmentation_breach: 0.03,
  mining: 0.03,
  irc: 0.03,
  exfiltration: 0.14,
  slow_scan: 0.12,
}
const FLOOR = 0.1

function recallTable(result: DetectionBenchResult, size: DetectionBenchSize): string {
  const columns = size.intensities.map(String)
  let found = 0
  let above = 0
  const rows = [...Object.entries(result.short.cells), ...Object.entries(result.long.cells)].map(
    ([kind, cells]) => {
      const floor = FLOORS[kind] ?? FLOOR
      const recall = columns.map((column) => {
        const cell = cells[column]
        if (cell === undefined) return 'none drawn'
        if (Number(column) < floor) return `(${cell.found}/${cell.incidents})`
        found += cell.found
        above += cell.incidents
        const [low, high] = wilson(cell.found, cell.incidents)
        return `${cell.found}/${cell.incidents}, ${low.toFixed(2)}–${high.toFixed(2)}`
      })
      const times = columns.filter((c) => Number(c) >= floor).flatMap((c) => cells[c]?.timesMs ?? [])
      return `| ${kind} | ${floor} | ${recall.join(' | ')} | ${secondsAt(times, 0.5)} | ${secondsAt(times, 0.95)} |`
    },
  )
  const falses = [...result.short.falseFindings, ...result.long.falseFindings]
  const findings = result.short.findings + result.long.findings
  const repeated = result.short.repeated + result.long.repeated
  return `| kind | floor | ${columns.map((c) => `at ${c}`).join(' | ')} | p50, s | p95, s |
| --- | --- | ${columns.map(() => '--- |').join(' ')} --- | --- |
${rows.join('\n')}

Found of incidents, and Wilson's 95 % interval; in brackets what is below the floor. Times are from the first malicious packet to the
finding, event time, at and above the floor, each edge sampling as it does.

${overall(found, above, falses, findings)}, told twice: ${repeated}.
`
}

/** Recall and precision over all kinds. */
function overall(found: number, of: number, falses: readonly string[], findings: number): string {
  const [low, high] = wilson(found, of).map((x) => x.toFixed(4))
  const recall = `recall ${(found / of).toFixed(4)} (${low} to ${high}; ${found} of ${of})`
  const precision = (1 - falses.length / Math.max(1, findings)).toFixed(4)
  const unexplained = `${falses.length} of ${findings} findings that nothing explains${byKind(falses)}`
  return `At and above the floor: ${recall}, precision ${precision} (${unexplained})`
}

/** `: 3 lateral new_edges`, the commonest first. */
function byKind(list: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const text of list) {
    const kind = text.split(' ').slice(0, 2).join(' ')
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1])
  return sorted.length === 0 ? '' : `: ${sorted.map(([kind, n]) => `${n} ${kind}`).join(', ')}`
}

function exportTables({ exports }: DetectionBenchResult): string {
  const table = (columns: readonly string[]): string => {
    const rows = Object.entries(exports.cells).map(([kind, cells]) => {
      const of = columns.map((column) => {
        const cell = cells[column]
        if (cell === undefined) return 'none drawn'
        return `${cell.found}/${cell.incidents}, ${secondsAt(cell.timesMs, 0.5)} / ${secondsAt(cell.timesMs, 0.95)}`
      })
      return `| ${kind} | ${of.join(' | ')} |`
    })
    return `| kind | ${columns.join(' | ')} |\n| --- | ${columns.map(() => '--- |').join(' ')}\n${rows.join('\n')}\n`
  }
  const [one, hundred, thousand, ...delays] = EXPORT_COLUMNS
  return `Intensity 1, ${exports.runs} seeds; found of incidents, p50 / p95 s from the first malicious packet. By sampling at every edge:

${table([one!, hundred!, thousand!])}
By the time from a record's last packet to its export, at 1:1 (${one} above: half a second):

${table([one!, ...delays])}
Findings that nothing explains in these runs: ${exports.falseFindings.length}${byKind(exports.falseFindings)}.
`
}

const precisionOf = ({ alarms, falseAlarms }: Versus): string =>
  alarms === 0 ? 'no alarm' : `${(1 - falseAlarms / alarms).toFixed(3)} (${falseAlarms} of ${alarms} false)`

function rivalTable(result: DetectionBenchResult): string {
  const rows = [result.short, result.long].flatMap(({ rivals }) => {
    const names = [...new Set(Object.keys(rivals).map((key) => key.split('|')[0]!))]
    const services = [...new Set(Object.values(rivals).map((v) => v.service))]
    return services.flatMap((service) =>
      names.flatMap((name) => {
        const sum = rivals[`${name}|${service}|`]
        if (sum === undefined) return []
        const kinds = Object.entries(rivals)
          .filter(
            ([key, v]) => key.startsWith(`${name}|${service}|`) && !key.endsWith('|') && v.incidents > 0,
          )
          .map(([key, v]) => `${key.split('|')[2]} ${(v.found / v.incidents).toFixed(2)}`)
        return [
          `| ${service} | ${name} | ${(sum.found / Math.max(1, sum.incidents)).toFixed(3)} (${sum.found} of ${sum.incidents}) | ${precisionOf(sum)} | ${kinds.join(', ')} |`,
        ]
      }),
    )
  })
  return `| service | rule | recall, all intensities | precision | recall by kind |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}

/** The result as Markdown. */
export function detectionPage(size: DetectionBenchSize, result: DetectionBenchResult): string {
  const { siteDays, findings, flows, falseFindings } = result.clean
  const perDay = (count: number): string => ((1000 * count) / Math.max(siteDays, 1e-9)).toFixed(2)
  const most = perDay(poissonUpper(findings))
  const hours = Object.keys(result.long.cells).join(', ')
  return `## Simulated incidents: recall against intensity

${size.intensities.length} intensities, ${size.sites} sites; ${result.short.runs} seeds of incidents of seconds or minutes,
${result.long.runs} of those of an hour (${hours}).

${recallTable(result, size)}
## Sampling and export delay

${exportTables(result)}
## Other products' rules on the same replay

${rivalTable(result)}
## False alarms on clean traffic

${findings} findings above informational in ${siteDays.toFixed(0)} site-days (${flows} flows)${byKind(falseFindings)}.
A day and 1,000 sites, all services together: ${perDay(findings)}, at most ${most} (exact Poisson interval, 95 %).
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
