import { readCredentials } from '../credentials.js'
import { shortHash } from '../cursor.js'
import { faultOf, PollFault } from '../fault.js'
import type { Semaphore } from '../gate.js'
import type { PollMetrics } from '../poll_metrics.js'
import type { PollDeps } from '../ports.js'
import { AgentSession } from './agent_session.js'
import type { SnmpConfig } from './config.js'
import { SNMP_TABLES, type SnmpTable } from './tables.js'

export interface AgentParts extends PollDeps {
  readonly pollMetrics: PollMetrics
  readonly places: Semaphore
}

const CREDENTIALS = { '2c': [['community']], '3': [['user', 'auth_key', 'priv_key']] } as const
/** A payload of the stream holds so many cells easily. */
const CELLS_A_PAYLOAD = 20_000

/** One agent: its tables at its pace. What was not asked for in its time is gone: SNMP has no past. */
export class SnmpAgent {
  readonly #config: SnmpConfig
  readonly #parts: AgentParts

  constructor(config: SnmpConfig, parts: AgentParts) {
    this.#config = config
    this.#parts = parts
  }

  /** Runs until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    const everyMs = this.#config.every_s * 1000
    // Agents of one pace take turns.
    const offsetMs = Number.parseInt(shortHashDigits(this.#config.id), 16) % Math.min(everyMs, 60_000)
    for (;;) {
      const slot = Math.floor((clock.nowMs() - offsetMs) / everyMs) * everyMs + offsetMs
      await this.#round(slot, signal)
      await clock.sleep(slot + everyMs - clock.nowMs(), signal)
      if (signal.aborted) return
    }
  }

  async #round(slot: number, signal: AbortSignal): Promise<void> {
    const { env, places, logger, pollMetrics } = this.#parts
    const { id: source, credentials_file, credentials_env, version } = this.#config
    const wanted = SNMP_TABLES.filter(({ id }) => this.#config.tables.includes(id))
    let session: AgentSession | undefined
    await places.enter()
    try {
      const sources = { file: credentials_file, env: credentials_env }
      session = new AgentSession(this.#config, await readCredentials(sources, env, CREDENTIALS[version]))
      for (const table of wanted) {
        if (signal.aborted) return
        await this.#table(session, table, slot)
        pollMetrics.count('rounds', { source, feed: table.id, result: 'done' })
      }
    } catch (error) {
      const { code, message } = faultOf(error)
      pollMetrics.count('requests', { source, outcome: code })
      for (const { id: feed } of wanted) pollMetrics.count('rounds', { source, feed, result: 'failed' })
      logger.warn({ source, code }, message)
    } finally {
      session?.close()
      places.leave()
    }
  }

  async #table(session: AgentSession, table: SnmpTable, slot: number): Promise<void> {
    const { sink, clock, pollMetrics } = this.#parts
    const { id: source, host, device = host } = this.#config
    const cells = await session.cells(table.columns)
    pollMetrics.count('requests', { source, outcome: 'ok' })
    const keys = Object.keys(cells)
    if (keys.length === 0) return
    if (keys.length > CELLS_A_PAYLOAD)
      throw new PollFault(
        'too_large',
        `${host}: ${keys.length} cells in ${table.id}, more than a payload holds`,
      )
    const bytes = Buffer.from(JSON.stringify(table.payload?.(cells, device) ?? cells))
    const origin = { way: 'snmp' as const, source, address: host, device }
    const payload = { vendor: table.adapter, origin, receivedMs: clock.nowMs(), bytes }
    try {
      await sink.publish(payload, ['snmp', source, table.id, slot].join('/'))
    } catch (error) {
      throw new PollFault('not_kept', `the stream did not take a table: ${(error as Error).message}`)
    }
    pollMetrics.count('pages', { source, feed: table.id })
    pollMetrics.count('page_bytes', { source, feed: table.id }, bytes.length)
  }
}

/** Digits that spread agents over their pace. */
const shortHashDigits = (id: string): string => Buffer.from(shortHash(id)).toString('hex').slice(0, 12)
