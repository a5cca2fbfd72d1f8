import { parseArgs } from 'node:util'
import { type CommandIo, UsageError } from './io.js'

const OPTIONS = {
  json: { type: 'boolean', default: false },
  seconds: { type: 'string' },
  runs: { type: 'string' },
  rate: { type: 'string' },
  'write-docs': { type: 'boolean', default: false },
} as const

export interface BenchRequest {
  readonly seconds: number
  readonly runs: number
  /** Flows per second to offer; left out: the highest without loss is looked for. */
  readonly rate?: number
  readonly writeDocs: boolean
  say(line: string): void
}

type Bench = (request: BenchRequest) => Promise<Readonly<Record<string, unknown>>>

/** Each bench is loaded when it is asked for. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  decode: async () => {
    const { FULL_SIZE, runDecodeBench } = await import('../bench/decode.js')
    return async () => ({ ...runDecodeBench(FULL_SIZE) })
  },
  enrich: async () => {
    const { FULL_SIZE, runEnrichBench } = await import('../bench/enrich.js')
    return async () => ({ ...runEnrichBench(FULL_SIZE) })
  },
  detect: async () => {
    const { FULL_SIZE, runDetectBench, writeServiceCosts } = await import('../bench/detect.js')
    return async ({ writeDocs }) => {
      const result = runDetectBench(FULL_SIZE)
      if (writeDocs) writeServiceCosts(result)
      return { ...result }
    }
  },
  'detect-memory': async () => {
    const { FULL_SIZE, runDetectMemoryBench } = await import('../bench/detect_memory.js')
    return async () => ({ ...(await runDetectMemoryBench(FULL_SIZE)) })
  },
  insert: async () => {
    const { FULL_SIZE, runInsertBench } = await import('../bench/insert.js')
    return async () => ({ ...(await runInsertBench(FULL_SIZE)) })
  },
  'flow-table': async () => {
    const { FULL_SIZE, runFlowTableBench } = await import('../bench/flow_table.js')
    return async () => Object.fromEntries((await runFlowTableBench(FULL_SIZE)).map((f) => [f.form, f]))
  },
  'template-bomb': async () => {
    const { FULL_SIZE, runTemplateBombBench } = await import('../bench/template_bomb.js')
    return async () => ({ ...runTemplateBombBench(FULL_SIZE) })
  },
  itsm: async () => {
    const { FULL_SIZE, runItsmBench } = await import('../bench/itsm.js')
    return async () => ({ ...(await runItsmBench(FULL_SIZE)) })
  },
  edges: async () => {
    const { runEdgesBench } = await import('../bench/edges.js')
    return async ({ seconds, rate, say }) => ({
      ...(await runEdgesBench({ seconds, flowsPerSecond: rate ?? 50_000, say })),
    })
  },
  'edge-mutations': async () => {
    const { runEdgeMutations } = await import('../bench/edge_mutations.js')
    return async ({ rate, say }) => ({
      ...(await runEdgeMutations({ payloads: rate ?? 1_000_000, seed: 1, say })),
    })
  },
  planning: async () => {
    const { FULL_SIZE, runPlanningBench } = await import('../bench/planning.js')
    return async (request) => ({ ...(await runPlanningBench(FULL_SIZE, request.say)) })
  },
  panels: async () => {
    const { FULL_SIZE, runPanelsBench } = await import('../bench/panels.js')
    return async ({ say, writeDocs }) => ({ ...(await runPanelsBench(FULL_SIZE, say, writeDocs)) })
  },
  e2e: async () => {
    const { runEndToEndBench } = await import('../bench/e2e.js')
    return async (request) => ({ ...(await runEndToEndBench(request)) })
  },
}

function positive(text: string | undefined, flag: string, preset: number): number {
  const value = text === undefined ? preset : Number(text)
  if (value > 0) return value
  throw new UsageError(`${flag} ${text}: must be a number above zero`)
}

function show(result: Readonly<Record<string, unknown>>, io: CommandIo): void {
  for (const [key, value] of Object.entries(result)) {
    const text =
      typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(4) : JSON.stringify(value)
    io.stdout.write(`${key.padEnd(28)} ${text}\n`)
  }
}

/** `vigie bench` */
export async function benchCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const [name = ''] = positionals
  const load = BENCHES[name]
  if (load === undefined)
    throw new UsageError(`vigie bench ${name}: must be one of ${Object.keys(BENCHES).join(', ')}`)
  const bench = await load()
  const result = await bench({
    seconds: positive(values.seconds, '--seconds', 30),
    runs: positive(values.runs, '--runs', 3),
    ...(values.rate !== undefined && { rate: positive(values.rate, '--rate', 1) }),
    writeDocs: values['write-docs'],
    say: (line) => io.stderr.write(`${line}\n`),
  })
  if (values.json) io.stdout.write(`${JSON.stringify(result)}\n`)
  else show(result, io)
  return 0
}
