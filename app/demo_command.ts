import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { EdgeCounters } from '../simulate/edges/edge_simulator.js'
import type { SimulatorCounters } from '../simulate/simulator.js'
import { applyRegistry } from './apply_registry.js'
import { storeReader } from './ask_store.js'
import { readConfig } from './config/vigie_config.js'
import type { VigieConfig } from './config/vigie_schema.js'
import { withBus } from './connect_bus.js'
import { type Conservation, drawBalance } from './conservation.js'
import { conservationText } from './conservation_text.js'
import { type EdgesAccount, edgesAccount, edgesText, withDemoEdges } from './demo_edges.js'
import { incidentsText, linkScore } from './demo_incidents.js'
import { demoTargets, ticketsAreTold, ticketsText } from './demo_tickets.js'
import { DEMO_WORDS } from './demo_words.js'
import { type CommandIo, type Language, languageOf } from './io.js'
import { createLogger } from './logger.js'
import { Pipeline } from './pipeline.js'
import { type Silence, writeReferenceRegistry } from './simulate_role.js'
import { untilTold } from './until_told.js'

const OPTIONS = {
  rate: { type: 'string' },
  sites: { type: 'string' },
  seed: { type: 'string' },
  duration: { type: 'string' },
  itsm: { type: 'string' },
  config: { type: 'string' },
} as const

/** How long the pipeline may take to bring home what was sent. */
const DRAIN_MS = 60_000
const POLL_MS = 250
const PROGRESS_MS = 1000

function readDemo(args: string[], io: CommandIo): { config: VigieConfig; durationS: number } {
  const { values } = parseArgs({ args, options: OPTIONS })
  const { config } = readConfig(values.config === undefined ? [] : ['--config', values.config], io, [
    { path: 'simulator.flows_per_s', flag: '--rate', value: values.rate },
    { path: 'simulator.sites', flag: '--sites', value: values.sites },
    { path: 'simulator.seed', flag: '--seed', value: values.seed },
    { path: 'simulator.duration_s', flag: '--duration', value: values.duration },
  ])
  const [netflow, ipfix, sflow] = config.collector.ports
  const simulator = {
    ...config.simulator,
    netflow_port: netflow!,
    ipfix_port: ipfix ?? netflow!,
    sflow_port: sflow ?? netflow!,
  }
  const itsm = demoTargets(values.itsm, config, languageOf(io.env))
  // Nobody logs in to a demonstration: whoever sits at this machine may try what an analyst does.
  const web = { ...config.web, viewer: { ...config.web.viewer, act_without_log_in: true } }
  return { config: { ...config, simulator, itsm, web }, durationS: config.simulator.duration_s }
}

/** One run of the demonstration: the pipeline, the simulated network, and what is said about them. */
class Demo {
  readonly #config: VigieConfig
  readonly #io: CommandIo
  readonly #lang: Language
  readonly #pipeline: Pipeline
  readonly #logDir: string
  #heardSilence: (silence: Silence) => void = () => undefined
  readonly #silence = new Promise<Silence>((resolve) => {
    this.#heardSilence = resolve
  })

  constructor(config: VigieConfig, io: CommandIo) {
    this.#config = config
    this.#io = io
    this.#lang = languageOf(io.env)
    this.#logDir = join(config.data_dir, 'logs')
    this.#pipeline = new Pipeline(
      config,
      { logDir: this.#logDir, beforeRoles: () => this.#applyRegistry() },
      {
        logger: createLogger('vigie', 'warn'),
        onReport: (role, fields) => {
          if (role === 'simulator' && fields.done === true) this.#heardSilence(fields as unknown as Silence)
        },
      },
    )
  }

  async #applyRegistry(): Promise<void> {
    const file = join(this.#config.data_dir, 'demo', 'registry.json')
    mkdirSync(join(this.#config.data_dir, 'demo'), { recursive: true })
    await writeReferenceRegistry(this.#config.simulator, file)
    await applyRegistry([file], this.#config.bus)
  }

  #say(text: string): void {
    this.#io.stdout.write(`${text}\n`)
  }

  async run(durationS: number): Promise<number> {
    const words = DEMO_WORDS[this.#lang]
    this.#say(words.preparing)
    const startedMs = performance.now()
    const told = untilTold(this.#io.env)
    let stopHow: 'drain' | 'fast' = 'drain'
    told.then((reason) => {
      if (reason === 'orphaned') stopHow = 'fast'
    })
    try {
      await this.#pipeline.start()
      this.#say(words.ready((performance.now() - startedMs) / 1000))
      return await this.#show(durationS, told)
    } finally {
      await this.#pipeline.stop(stopHow)
    }
  }

  async #show(durationS: number, told: Promise<unknown>): Promise<number> {
    const words = DEMO_WORDS[this.#lang]
    const store = storeReader(this.#config.clickhouse_url)
    try {
      const balance = (): Promise<Conservation> =>
        withBus(this.#config.bus, 'vigie demo', (bus) =>
          drawBalance(bus, store, this.#config.source.durable, Date.now()),
        )
      const before = await this.#atRest(balance)
      const startMs = Date.now()
      await this.#pipeline.supervisor.add({
        name: 'simulator',
        config: this.#config.simulator,
        logLevel: 'info',
      })
      this.#introduce(durationS)
      const progress = this.#progress(store)
      await Promise.race([this.#silence, told])
      progress.stop()
      await this.#pipeline.supervisor.remove('simulator')
      const { counters, truth, edges, edgeTruth } = await this.#silence
      this.#say(words.draining)
      const after = await this.#settled(balance, before, counters)
      const account = await this.#edgesSettled(store, startMs, edges)
      this.#say('')
      this.#say(conservationText(after, this.#lang))
      this.#say(words.sent(counters.datagrams, counters.flows))
      const accounted =
        after.flows.stored - before.flows.stored + (after.flows.rejected - before.flows.rejected)
      const exact = accounted === counters.flows && after.balanced
      this.#say(exact ? words.balanced(counters.flows) : words.unbalanced(counters.flows, accounted))
      this.#say('')
      this.#say(await incidentsText(store, truth, startMs, this.#lang))
      this.#say('')
      const found = await linkScore(store, edgeTruth, startMs)
      this.#say(edgesText(account, edges, edgeTruth, this.#lang, found))
      const targets = Object.keys(this.#config.itsm.targets)
      await withBus(this.#config.bus, 'vigie demo', (bus) => ticketsAreTold(bus, targets))
      this.#say('')
      this.#say(await ticketsText(store, startMs, this.#lang))
      return exact && account.exact ? 0 : 1
    } finally {
      await store.close()
    }
  }

  #introduce(durationS: number): void {
    const words = DEMO_WORDS[this.#lang]
    const { web, simulator } = this.#config
    this.#say(words.network(134, simulator.sites))
    this.#say(words.page(`http://${web.address}:${web.port}/`))
    this.#say(words.ask)
    this.#say(words.logs(this.#logDir))
    this.#say(durationS > 0 ? words.ends(durationS) : words.forever)
  }

  /** One line that is written over, on a terminal only. */
  #progress(store: ReturnType<typeof storeReader>): { stop(): void } {
    const { stdout } = this.#io
    if (!stdout.isTTY) return { stop: () => undefined }
    const words = DEMO_WORDS[this.#lang]
    const fromMs = performance.now()
    let running = true
    const turn = async (): Promise<void> => {
      while (running) {
        const [row] = await store
          .rows<{ flows: number; findings: number }>(
            'SELECT (SELECT sum(stored) FROM vigie.ledger) AS flows, (SELECT uniqExact(uid) FROM vigie.findings) AS findings',
          )
          .catch(() => [])
        const elapsedS = Math.round((performance.now() - fromMs) / 1000)
        if (row && running)
          stdout.write(`\r${words.progress(elapsedS, row.flows, row.flows, row.findings)}\x1b[K`)
        await delay(PROGRESS_MS, undefined, { ref: false })
      }
    }
    turn().catch(() => undefined)
    return {
      stop: () => {
        running = false
        stdout.write('\r\x1b[K')
      },
    }
  }

  /** What an earlier run left in the queue is brought home first, so that this run's flows can be told apart. */
  async #atRest(balance: () => Promise<Conservation>): Promise<Conservation> {
    const until = performance.now() + DRAIN_MS
    for (;;) {
      const now = await balance()
      if (now.lag.frames === 0 || performance.now() > until) return now
      await delay(POLL_MS)
    }
  }

  /** Waits until the store has what the edges sent, or for as long as that may take. */
  async #edgesSettled(
    store: ReturnType<typeof storeReader>,
    sinceMs: number,
    sent: EdgeCounters,
  ): Promise<EdgesAccount> {
    const until = performance.now() + DRAIN_MS
    for (;;) {
      const account = await edgesAccount(store, sinceMs, sent)
      if (account.exact || performance.now() > until) return account
      await delay(POLL_MS)
    }
  }

  /** Waits until everything sent is accounted for, or for as long as that may take. */
  async #settled(
    balance: () => Promise<Conservation>,
    before: Conservation,
    sent: SimulatorCounters,
  ): Promise<Conservation> {
    const until = performance.now() + DRAIN_MS
    for (;;) {
      const now = await balance()
      const came = now.datagrams.received - before.datagrams.received >= sent.datagrams
      const home = now.flows.records - before.flows.records >= sent.flows
      if ((came && home && now.lag.frames === 0 && now.balanced) || performance.now() > until) return now
      await delay(POLL_MS)
    }
  }
}

/** `vigie demo` */
export async function demoCommand(args: string[], io: CommandIo): Promise<number> {
  const { config, durationS } = readDemo(args, io)
  return new Demo(await withDemoEdges(config), io).run(durationS)
}
