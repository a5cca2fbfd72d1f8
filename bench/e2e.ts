import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { BlastProcess } from '../simulate/blast_process.js'
import { Bed } from './bed.js'
import { FULL_SIZE as DECODE_SIZE, runDecodeBench } from './decode.js'
import { FULL_SIZE as INSERT_SIZE, runInsertBench } from './insert.js'

/**
 * UDP in to `count()` in ClickHouse: the whole pipeline of a fresh data folder, the generator beside it on the same
 * machine, detection on. A rate holds when not one flow is missing and the last is there soon after the generator stops.
 * Not measured: the network, and a ClickHouse server.
 */
export interface EndToEndRequest {
  readonly seconds: number
  readonly runs: number
  readonly rate?: number
  readonly writeDocs: boolean
  say(line: string): void
}

export interface EndToEndRun {
  readonly offered: number
  readonly sent: number
  readonly stored: number
  /** From the first datagram to the last row, s. */
  readonly seconds: number
  /** Rows a second over that time. */
  readonly flowsPerSecond: number
  /** From the last datagram to the last row, s. */
  readonly drainS: number
  /** CPU seconds of each process. */
  readonly cpuS: Readonly<Record<string, number>>
}

export interface EndToEndResult {
  readonly medianFlowsPerSecond: number
  readonly lossFree: boolean
  readonly runs: readonly EndToEndRun[]
  /** Pure Native inserts of rows of the same kind into the same store, rows a second. */
  readonly insertRowsPerSecond: number
  readonly decodeRecordsPerSecond: number
}

const LADDER = [200_000, 300_000, 400_000, 500_000, 600_000, 700_000, 800_000, 1_000_000]
const LADDER_SECONDS = 8
/** A rate holds only if the backlog stays small. */
const DRAIN_MAX_S = 5
const GIVE_UP_S = 60

async function settle(bed: Bed, wanted: number): Promise<number> {
  const until = performance.now() + GIVE_UP_S * 1000
  let stored = 0
  let still = 0
  while (performance.now() < until && still < 50) {
    const now = await bed.count()
    if (now >= wanted) return now
    still = now === stored ? still + 1 : 0
    stored = now
    await delay(100)
  }
  return stored
}

async function run(rate: number, seconds: number): Promise<EndToEndRun> {
  const bed = await Bed.make()
  try {
    const before = await bed.cpu()
    const blast = new BlastProcess({ port: bed.port, flowsPerSecond: rate, durationS: seconds })
    await blast.ready
    const from = performance.now()
    const report = await blast.report
    const sentAt = performance.now()
    const stored = await settle(bed, report.records)
    const end = performance.now()
    const after = await bed.cpu()
    const cpuS = Object.fromEntries(
      Object.entries(after).map(([name, s]) => [name, +(s - (before[name] ?? 0)).toFixed(2)]),
    )
    return {
      offered: rate,
      sent: report.records,
      stored,
      seconds: (end - from) / 1000,
      flowsPerSecond: Math.round(stored / ((end - from) / 1000)),
      drainS: (end - sentAt) / 1000,
      cpuS: { ...cpuS, generator: +(report.cpuShare * report.seconds).toFixed(2) },
    }
  } finally {
    await bed.end()
  }
}

const holds = ({ sent, stored, drainS }: EndToEndRun): boolean => stored === sent && drainS <= DRAIN_MAX_S

function describe({ offered, sent, stored, drainS, flowsPerSecond }: EndToEndRun): string {
  return `offered ${offered}/s: sent ${sent}, stored ${stored}, ${flowsPerSecond}/s, last row after ${drainS.toFixed(1)} s`
}

/** The highest rate of the ladder that holds for a short while. */
async function climb(say: (line: string) => void): Promise<number> {
  let best = LADDER[0]!
  for (const rate of LADDER) {
    const tried = await run(rate, LADDER_SECONDS)
    say(describe(tried))
    if (!holds(tried)) break
    best = rate
  }
  return best
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

/** Runs the bench; each run has a pipeline of its own. */
export async function runEndToEndBench(request: EndToEndRequest): Promise<EndToEndResult> {
  const rate = request.rate ?? (await climb(request.say))
  const runs: EndToEndRun[] = []
  for (let i = 0; i < request.runs; i++) {
    const done = await run(rate, request.seconds)
    request.say(describe(done))
    runs.push(done)
  }
  const result: EndToEndResult = {
    medianFlowsPerSecond: median(runs.map((r) => r.flowsPerSecond)),
    lossFree: runs.every(({ sent, stored }) => sent === stored),
    runs,
    insertRowsPerSecond: (await runInsertBench(INSERT_SIZE)).rowsPerSecond,
    decodeRecordsPerSecond: Math.round(runDecodeBench(DECODE_SIZE).recordsPerSecond),
  }
  if (request.writeDocs)
    writeFileSync(new URL('../../docs/benchmarks.md', import.meta.url), page(result, request))
  return result
}

function page(result: EndToEndResult, { seconds }: EndToEndRequest): string {
  const n = new Intl.NumberFormat('en-CA')
  const [first] = result.runs
  const processes = Object.keys(first?.cpuS ?? {})
  const perFlow = (run: EndToEndRun, name: string): string =>
    ((run.cpuS[name]! / run.stored) * 1e6).toFixed(2)
  return `# Figures

Written by \`npx vigie bench e2e --write-docs\`; do not edit. Machine: ${availableParallelism()} cores (${cpus()[0]?.model.trim()}),
${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}. Everything runs on this machine, the generator included.

## UDP in to \`count()\` in ClickHouse

NetFlow v9, 25 records a datagram, detection on, embedded store, ${seconds} s a run, a fresh folder each.

| offered, flows/s | sent | stored | flows/s, first datagram to last row | last row after the last datagram |
|---|---|---|---|---|
${result.runs.map((r) => `| ${n.format(r.offered)} | ${n.format(r.sent)} | ${n.format(r.stored)} | ${n.format(r.flowsPerSecond)} | ${r.drainS.toFixed(1)} s |`).join('\n')}

Median **${n.format(result.medianFlowsPerSecond)} flows/s**, ${result.lossFree ? 'not one lost' : 'with loss'}, over ${result.runs.length} runs.

CPU, µs a flow:

| run | ${processes.join(' | ')} |
|---|${processes.map(() => '---').join('|')}|
${result.runs.map((r, i) => `| ${i + 1} | ${processes.map((name) => perFlow(r, name)).join(' | ')} |`).join('\n')}

## Parts, in the same run

| what | figure |
|---|---|
| pure Native inserts of decoded v9 rows into the embedded store, rollup included | ${n.format(result.insertRowsPerSecond)} rows/s |
| v9 records into columns, one core (\`npx vigie bench decode\`) | ${n.format(result.decodeRecordsPerSecond)} records/s |
`
}
