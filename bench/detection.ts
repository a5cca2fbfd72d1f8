import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type DetectionBenchResult, detectionPage, intoPage } from './detection_page.js'
import {
  cleanPart,
  type DetectionBenchSize,
  emptyPart,
  exportPart,
  FULL_SIZE,
  intensityPart,
  mergeParts,
  type PartResult,
} from './detection_parts.js'

/**
 * How well detection finds what the simulated network's truth says was there, and what it says where nothing was. The
 * figures hang on the seeds alone, not on the machine.
 *
 * `node dist/bench/detection.js [PART …] [--keep DIR]` runs the parts (`short`, `long`, `exports`, `clean`; none: all), keeps
 * what each seed gave in DIR, where it is not run again, and writes the page once all parts are there. `--share 0/2` runs
 * every second seed, for another process to run the others; `--kept-only` writes the page of what is kept.
 */
const PARTS = ['short', 'long', 'exports', 'clean'] as const
type Part = (typeof PARTS)[number]

function runOne(part: Part, size: DetectionBenchSize, n: number): PartResult {
  if (part === 'exports') return exportPart(size, n)
  if (part === 'clean') return cleanPart(size, n)
  return intensityPart(size, n, part === 'long')
}

const runsOf = (part: Part, size: DetectionBenchSize): number =>
  ({ short: size.seeds, long: size.longSeeds, exports: size.exportSeeds, clean: size.cleanRuns })[part]

interface RunOptions {
  /** Folder with what each run gave. */
  readonly keep?: string | undefined
  /** Nothing is run: what is kept must do. */
  readonly keptOnly?: boolean
  readonly first?: number
  readonly of?: number
}

/** Runs a part, every `of`th of its runs from `first` on; `keep` holds what was run before. */
function runPart(
  part: Part,
  size: DetectionBenchSize,
  { keep, keptOnly = false, first = 0, of = 1 }: RunOptions = {},
): PartResult {
  const sum = emptyPart()
  for (let n = first; n < runsOf(part, size); n += of) {
    const file = keep === undefined ? undefined : join(keep, `${part}-${n}.json`)
    const known = file !== undefined && existsSync(file)
    if (keptOnly && !known) continue
    const one = known ? (JSON.parse(readFileSync(file, 'utf8')) as PartResult) : runOne(part, size, n)
    if (file !== undefined && !known) writeFileSync(file, JSON.stringify(one))
    mergeParts(sum, one)
  }
  return sum
}

export function runDetectionBench(size: DetectionBenchSize, options: RunOptions = {}): DetectionBenchResult {
  return {
    short: runPart('short', size, options),
    long: runPart('long', size, options),
    exports: runPart('exports', size, options),
    clean: runPart('clean', size, options),
  }
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

function main(args: readonly string[]): void {
  const at = args.indexOf('--keep')
  const keep = at < 0 ? undefined : args[at + 1]
  if (keep !== undefined) mkdirSync(keep, { recursive: true })
  const asked = PARTS.filter((part) => args.includes(part))
  const share = args.indexOf('--share')
  const [first, of] = share < 0 ? [0, 1] : args[share + 1]!.split('/').map(Number)
  for (const part of asked) runPart(part, FULL_SIZE, { keep, first: first!, of: of! })
  if (asked.length > 0) return
  const page = join('docs', 'detection-quality.md')
  const simulated = detectionPage(
    FULL_SIZE,
    runDetectionBench(FULL_SIZE, { keep, keptOnly: args.includes('--kept-only') }),
  )
  const text = `## Labelled recordings\n\n${labelledTable()}\n${simulated}`
  writeFileSync(page, intoPage(readFileSync(page, 'utf8'), text))
  process.stdout.write(text)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2))
