import { setTimeout as delay } from 'node:timers/promises'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Finding } from '../../model/finding.js'
import type { Incident } from '../../model/incident.js'
import type {
  Clock,
  Component,
  FindingFeedback,
  Journal,
  Logger,
  OutboxQueue,
  SnapshotKeeper,
} from '../../model/ports.js'
import type { ItsmConfig } from './config.js'
import { Lifecycle, type LifecycleDeps, type LifecycleState } from './lifecycle.js'
import type { LifecycleInput, Step } from './lifecycle_state.js'
import type { OutboxWord } from './outbox_word.js'
import { isEmpty } from './step_draft.js'

/** A finding that stays in its stream until it is acknowledged. */
export interface DeskFinding {
  readonly streamSequence: number
  readonly finding: Finding
  ack(): void
}

export interface ServiceDeskDeps {
  /** Begins to read the stream of findings. */
  open(): Promise<{ findings: AsyncIterableIterator<DeskFinding>; stop(): void }>
  readonly journal: Journal
  readonly snapshots: SnapshotKeeper
  readonly outbox: OutboxQueue
  readonly feedback: FindingFeedback
  readonly lifecycle: LifecycleDeps
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Registry
}

/** An input, and whom to tell that it is written down. */
interface Waiting {
  readonly input: LifecycleInput
  done(): void
}

/** Inputs that may wait here; beyond it the streams wait. */
const WAITING_MAX = 512
const RETRY_MS = 500
const WARN_EVERY_MS = 30_000

/**
 * Runs the lifecycle: takes what comes, lets the machine step, writes the step down, and only then lets anybody know.
 *
 * ```
 *  inputs ─▶ step ─▶ journal (one message, compare-and-set) ─▶ outbox, feedback ─▶ acknowledgements
 * ```
 *
 * The journal decides: what is in it has happened, what is not has not, and its input comes again. A process that starts
 * reads the last snapshot and the steps behind it, and hands those to the outbox once more, which knows what was told.
 */
export class ServiceDesk implements Component {
  readonly #config: ItsmConfig
  readonly #deps: ServiceDeskDeps
  readonly #lifecycle: Lifecycle
  /** Those of the configuration; an older incident may name one that is none any more. */
  #targets: readonly string[]
  readonly #counts: ReturnType<typeof countersOf>
  #waiting: Waiting[] = []
  #sequence = 0
  #stepsSinceSave = 0
  #savedMs = 0
  #warnedMs = Number.NEGATIVE_INFINITY
  #source: { stop(): void } | undefined
  #stopped = false
  #work: Promise<unknown> = Promise.resolve()
  #failure: (error: Error) => void = () => undefined
  #wake: () => void = () => undefined
  #room: () => void = () => undefined

  constructor(config: ItsmConfig, deps: ServiceDeskDeps) {
    this.#config = config
    this.#deps = deps
    this.#targets = deps.lifecycle.targets
    this.#lifecycle = new Lifecycle(deps.lifecycle)
    this.#counts = countersOf(deps.metrics, this.#lifecycle, () => this.#waiting.length)
  }

  /** Another policy or registry, from the next step on. */
  use(deps: LifecycleDeps): void {
    this.#targets = deps.targets
    this.#lifecycle.use(deps)
  }

  get lifecycle(): Lifecycle {
    return this.#lifecycle
  }

  /** Rejects when the desk cannot go on, another one having taken its place. */
  readonly failed = new Promise<never>((_, reject) => {
    this.#failure = reject
  })

  async start(): Promise<void> {
    this.failed.catch(() => undefined)
    await this.#recover()
    const { findings, stop } = await this.#deps.open()
    this.#source = { stop }
    this.#work = Promise.all([this.#read(findings), this.#run()])
    this.#work.catch((error: Error) => this.#failure(error))
  }

  /** Writes down what has come, then saves the state. */
  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#source?.stop()
    this.#wake()
    this.#room()
    await this.#work.catch(() => undefined)
    if (this.#stepsSinceSave > 0) await this.#save().catch(() => undefined)
  }

  /** Gives an input; resolves when what it changed is written down. */
  async give(input: LifecycleInput): Promise<void> {
    await this.#hasRoom()
    if (this.#stopped) throw new Error('the service desk has stopped')
    await new Promise<void>((done) => {
      this.#waiting.push({ input, done })
      this.#wake()
    })
  }

  /** Incidents that are not closed. */
  incidents(): Incident[] {
    return [...this.#lifecycle.book.cases.values()].flatMap(({ incident }) => incident ?? [])
  }

  async #read(findings: AsyncIterableIterator<DeskFinding>): Promise<void> {
    for await (const { streamSequence, finding, ack } of findings) {
      await this.#hasRoom()
      if (this.#stopped) return
      this.#waiting.push({ input: { type: 'finding', sequence: streamSequence, finding }, done: ack })
      this.#wake()
    }
  }

  async #hasRoom(): Promise<void> {
    while (this.#waiting.length >= WAITING_MAX && !this.#stopped)
      await new Promise<void>((resolve) => {
        const before = this.#room
        this.#room = () => {
          before()
          resolve()
        }
      })
  }

  async #run(): Promise<void> {
    for (;;) {
      while (this.#waiting.length > 0 || this.#lifecycle.isDue(this.#deps.clock.nowMs())) await this.#step()
      if (this.#stopped) return
      if (this.#isTimeToSave()) await this.#save()
      await this.#pause()
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#config.tick_ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #step(): Promise<void> {
    const before = this.#lifecycle.through
    const inputs = this.#waiting.map(({ input }) => input)
    const { step, taken } = this.#lifecycle.step(inputs, this.#deps.clock.nowMs())
    if (!isEmpty(step, before)) {
      await this.#write(step)
      await this.#tell([step])
      this.#note(step)
    }
    const done = this.#waiting.slice(0, taken)
    this.#waiting = this.#waiting.slice(taken)
    for (const waiting of done) waiting.done()
    this.#room()
    this.#room = () => undefined
  }

  /**
   * The machine has made the step: it must become durable, or the process must end. When an answer was lost, the entry is
   * found to be there.
   */
  async #write(step: Step): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(step))
    for (;;) {
      try {
        const sequence = await this.#deps.journal.append(bytes, this.#sequence)
        if (sequence === undefined) await this.#findWritten(bytes)
        else this.#sequence = sequence
        this.#stepsSinceSave++
        return
      } catch (error) {
        if (error instanceof AnotherDesk) throw error
        this.#warn(error, 'a step is not written down yet')
        await delay(RETRY_MS)
      }
    }
  }

  async #findWritten(bytes: Uint8Array): Promise<void> {
    const { entries } = await this.#deps.journal.read(this.#sequence)
    const [entry] = entries
    if (entry === undefined || entries.length > 1 || Buffer.compare(entry.bytes, bytes) !== 0)
      throw new AnotherDesk()
    this.#sequence = entry.sequence
  }

  /** Hands on what steps say: the newest word on each incident to its targets, verdicts to detection. */
  async #tell(steps: readonly Step[], replayed = false): Promise<void> {
    const words = new Map<string, Incident>()
    for (const { incidents, transitions } of steps) {
      const changed = new Set(transitions.map(({ incident }) => incident))
      for (const incident of incidents) if (changed.has(incident.uid)) words.set(incident.uid, incident)
    }
    const marks = steps.flatMap((step) => step.marks)
    const reported = new Map<string, string>()
    for (const { target, incident, key } of steps.flatMap((step) => step.notifications))
      reported.set(`${target}.${incident}`, key)
    for (;;) {
      try {
        const { outbox, feedback } = this.#deps
        await Promise.all(
          [...words.values()].flatMap((incident) => {
            const known = incident.targets.filter((target) => this.#targets.includes(target))
            return known.map((target) => {
              const word: OutboxWord = {
                incident,
                ...(replayed && { replayed: { reported: reported.get(`${target}.${incident.uid}`) ?? '' } }),
              }
              return outbox.publish(target, incident.uid, Buffer.from(JSON.stringify(word)))
            })
          }),
        )
        if (marks.length > 0) await feedback.give(marks)
        return
      } catch (error) {
        this.#warn(error, 'the outbox does not take it yet')
        if (this.#stopped) throw error
        await delay(RETRY_MS)
      }
    }
  }

  #note({ transitions, links, changes }: Step): void {
    for (const { kind } of transitions) this.#counts.transitions.inc({ kind })
    this.#counts.links.inc(links.length)
    this.#counts.folded.inc(changes.droppedCases.length)
    this.#counts.full.inc(links.filter(({ rule }) => rule === 'full').length)
  }

  /** The bus may be away for long: it is said now and then. */
  #warn(error: unknown, message: string): void {
    this.#counts.retries.inc()
    const now = performance.now()
    if (now - this.#warnedMs < WARN_EVERY_MS) return
    this.#warnedMs = now
    this.#deps.logger.warn({ error: (error as Error).message }, message)
  }

  async #recover(): Promise<void> {
    const { snapshots, journal, clock } = this.#deps
    const saved = await snapshots.load()
    if (saved !== undefined) {
      this.#lifecycle.restore(JSON.parse(Buffer.concat([...saved.parts]).toString()) as LifecycleState)
      this.#sequence = saved.resumeAt
    }
    const { last, entries } = await journal.read(this.#sequence)
    const steps = entries.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as Step)
    for (const step of steps) this.#lifecycle.apply(step)
    this.#sequence = last
    this.#lifecycle.settle()
    this.#stepsSinceSave = steps.length
    this.#savedMs = clock.nowMs()
    await this.#tell(steps, true)
    if (saved !== undefined || steps.length > 0)
      this.#deps.logger.info(
        { incidents: this.#lifecycle.book.cases.size, steps: steps.length },
        'the incidents of before are there again',
      )
  }

  #isTimeToSave(): boolean {
    const { snapshot_interval_ms, snapshot_steps } = this.#config
    if (this.#stepsSinceSave === 0) return false
    return (
      this.#stepsSinceSave >= snapshot_steps ||
      this.#deps.clock.nowMs() - this.#savedMs >= snapshot_interval_ms
    )
  }

  async #save(): Promise<void> {
    this.#savedMs = this.#deps.clock.nowMs()
    try {
      const state = Buffer.from(JSON.stringify(this.#lifecycle.snapshot()))
      await this.#deps.snapshots.save({ parts: [state], resumeAt: this.#sequence })
      this.#stepsSinceSave = 0
    } catch (error) {
      this.#deps.logger.warn({ error: (error as Error).message }, 'the state of incidents is not saved yet')
    }
  }
}

/** The journal has a step that this desk did not write: two of them run. */
class AnotherDesk extends Error {
  constructor() {
    super('another itsm role writes the same journal: run one of them')
  }
}

function countersOf(registry: Registry, lifecycle: Lifecycle, waiting: () => number) {
  const registers = [registry]
  new Gauge({
    name: 'vigie_itsm_incidents',
    help: 'Incidents that are not closed, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset()
      for (const { incident } of lifecycle.book.cases.values())
        if (incident) this.inc({ state: incident.state })
    },
  })
  new Gauge({
    name: 'vigie_itsm_findings_followed',
    help: 'Open findings that are followed.',
    registers,
    collect() {
      this.set(lifecycle.book.findingCount)
    },
  })
  new Gauge({
    name: 'vigie_itsm_inputs_waiting',
    help: 'Findings and events that wait for the service desk.',
    registers,
    collect() {
      this.set(waiting())
    },
  })
  return {
    transitions: new Counter({
      name: 'vigie_itsm_transitions_total',
      help: 'Transitions of incidents, by kind.',
      labelNames: ['kind'],
      registers,
    }),
    links: new Counter({
      name: 'vigie_itsm_links_total',
      help: 'Findings that were linked to an incident or to none.',
      registers,
    }),
    folded: new Counter({
      name: 'vigie_itsm_cases_dropped_total',
      help: 'Groups that were closed, folded or over before they became an incident.',
      registers,
    }),
    retries: new Counter({
      name: 'vigie_itsm_retries_total',
      help: 'Steps that the bus did not take at once.',
      registers,
    }),
    full: new Counter({
      name: 'vigie_itsm_findings_unfollowed_total',
      help: 'Findings that came when there was no room to follow them: they open no incident.',
      registers,
    }),
  }
}
