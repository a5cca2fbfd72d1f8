import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pushSourceSchema } from '../ingest/http/config.js'
import { type PollerConfig, pollersSchema } from '../ingest/poll/config.js'
import type { ControllerContract } from '../simulate/edges/controller.js'
import { CONTROLLERS } from '../simulate/edges/controllers/index.js'
import type { EdgeCounters } from '../simulate/edges/edge_simulator.js'
import type { LinkScore } from '../simulate/edges/score.js'
import type { EdgeTruthRecord } from '../simulate/edges/troubles.js'
import type { StoreReader } from './ask_store.js'
import type { VigieConfig } from './config/vigie_schema.js'
import { DEMO_EDGE_WORDS } from './demo_words.js'
import { isFree } from './free_ports.js'
import type { Language } from './io.js'

const HOST = '127.0.0.1'
const SOURCE = 'demo'
const TRIES = 50
/** What Meraki tells of loss is two minutes old. */
const LOSS_LAG_S = 125
const LAG_S = 2

/** The first of as many free ports in a row as there are controllers. */
async function controllersPort(): Promise<number> {
  for (let n = 0; n < TRIES; n++) {
    const first = await anyPort()
    const ports = CONTROLLERS.map((_, i) => ({ protocol: 'TCP' as const, host: HOST, port: first + i }))
    if (first + ports.length < 65_536 && (await Promise.all(ports.map(isFree))).every(Boolean)) return first
  }
  throw new Error('no free ports in a row for the simulated controllers')
}

const anyPort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, HOST, () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

/** Pollers of a simulated controller. */
function pollersOf(
  contract: ControllerContract,
  url: string,
  credentials_file: string,
  everyS: number,
): object[] {
  const common = {
    vendor: contract.id,
    url,
    credentials_file,
    options: contract.options,
    every_s: everyS,
    lag_s: LAG_S,
    requests_per_s: 50,
  }
  const id = `${SOURCE}-${contract.id}`
  if (contract.id !== 'cisco-meraki') return [{ id, ...common }]
  return [
    { id, ...common, feeds: ['vpn', 'uplinks'] },
    { id: `${id}-loss`, ...common, feeds: ['loss'], lag_s: LOSS_LAG_S },
  ]
}

/**
 * The configuration with the edges of the reference network: a token to push with, pollers for the simulated controllers,
 * and where the simulated edges send. Secrets lie below `data_dir`, made anew each time.
 */
export async function withDemoEdges(config: VigieConfig): Promise<VigieConfig> {
  const { simulator, edges, web, data_dir } = config
  if (!simulator.edges.enabled) return config
  const dir = join(data_dir, 'demo')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const secret = (name: string, text: string): string => {
    const file = join(dir, name)
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
  const token_file = secret('push_token', randomBytes(24).toString('base64url'))
  const first = await controllersPort()
  const pollers: PollerConfig[] = pollersSchema.parse(
    CONTROLLERS.flatMap((contract, i) => {
      const file = secret(`${contract.id}.yaml`, `${JSON.stringify(contract.credentials)}\n`)
      return pollersOf(contract, `http://${HOST}:${first + i}`, file, simulator.edges.every_s)
    }),
  )
  const source = pushSourceSchema.parse({ id: SOURCE, token_file, requests_per_s: 10_000 })
  return {
    ...config,
    edges: {
      ...edges,
      http: { ...edges.http, sources: [...edges.http.sources, source] },
      pollers: [...edges.pollers, ...pollers],
    },
    simulator: {
      ...simulator,
      edges: {
        ...simulator.edges,
        push_url: `http://${web.address}:${web.port}`,
        push_token_file: token_file,
        syslog_host: edges.syslog.hosts[0]!,
        ...(edges.syslog.enabled && { syslog_port: edges.syslog.port }),
        controllers_port: first,
      },
    },
  }
}

/** What became of telemetry by one way. */
interface WayAccount {
  readonly way: string
  readonly payloads: number
  readonly rejected: number
  /** Read from payloads; made because a tunnel fell silent. */
  readonly records: number
  readonly absent: number
  readonly stored: number
  /** Became part of another record, or repeated one. */
  readonly merged: number
}

export interface EdgesAccount {
  readonly ways: readonly WayAccount[]
  /** All that was pushed and sent by syslog is stored or rejected, and every record that was read is. */
  readonly exact: boolean
}

/** The ledger of edges since a time, against what the simulated edges say that they sent. */
export async function edgesAccount(
  store: StoreReader,
  sinceMs: number,
  sent: EdgeCounters,
): Promise<EdgesAccount> {
  const ways = await store.rows<WayAccount>(
    `SELECT way, toUInt32(sum(payloads)) AS payloads, toUInt32(sum(rejected_payloads)) AS rejected,
       toUInt32(sum(records)) AS records, toUInt32(sum(absent)) AS absent, toUInt32(sum(merged_away)) AS merged,
       toUInt32(sum(links + tunnels + events + counters)) AS stored
     FROM vigie.edge_ledger
     WHERE received_at >= fromUnixTimestamp64Milli(${Math.floor(sinceMs)}) AND vendor != '_tick'
     GROUP BY way ORDER BY way`,
  )
  const of = (name: string): WayAccount | undefined => ways.find(({ way }) => way === name)
  const pushed = (of('http')?.payloads ?? 0) === sent.pushed
  const syslog = of('syslog')
  const heard = (syslog?.records ?? 0) === sent.syslogRecords || (syslog?.rejected ?? 0) > 0
  const sum = (key: 'records' | 'absent' | 'stored' | 'merged'): number =>
    ways.reduce((total, way) => total + way[key], 0)
  const whole = sum('records') + sum('absent') === sum('stored') + sum('merged')
  return { ways, exact: pushed && heard && whole }
}

/** What the edges sent and what became of it, as a table; and what befell them. */
export function edgesText(
  { ways, exact }: EdgesAccount,
  sent: EdgeCounters,
  truth: readonly EdgeTruthRecord[],
  lang: Language,
  score?: LinkScore,
): string {
  const words = DEMO_EDGE_WORDS[lang]
  const number = new Intl.NumberFormat(lang === 'fr' ? 'fr-CA' : 'en-CA')
  const sentBy: Readonly<Record<string, string>> = {
    http: words.pushed(sent.pushed),
    syslog: words.messages(sent.syslog),
    poll: words.asked(sent.asked),
  }
  const rows = ways.map(({ way, payloads, rejected, records, absent, stored, merged }) => [
    way,
    sentBy[way] ?? '',
    ...[payloads, rejected, records + absent, stored, merged].map((n) => number.format(n)),
  ])
  const table = [words.heads, ...rows]
  const widths = words.heads.map((_, i) => Math.max(...table.map((row) => row[i]!.length)))
  const lines = table.map((row) =>
    `  ${row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`.trimEnd(),
  )
  const kinds = new Map<string, number>()
  for (const { kind } of truth) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  const told = [...kinds].map(
    ([kind, n]) => `${words.kinds[kind as EdgeTruthRecord['kind']]} ${number.format(n)}`,
  )
  return [
    words.title,
    ...lines,
    exact ? words.balanced : words.unbalanced,
    words.troubles(told.join(', ')),
    ...(score === undefined
      ? []
      : [words.found(score.found, score.troubles.length, score.falseFindings.length)]),
  ].join('\n')
}
