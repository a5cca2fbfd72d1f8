import { setTimeout as delay } from 'node:timers/promises'
import type { Incident } from '../../model/incident.js'
import type { Clock, Component, DeadLetters, Logger, OutboxMessage, OutboxQueue } from '../../model/ports.js'
import { type Planned, planDeliveries, type Told } from './coalesce.js'
import type { OutboxConfig } from './config.js'
import type { LaneMetrics } from './lane_metrics.js'
import type { Notification } from './lifecycle_state.js'
import { type OutboxWord, readWord } from './outbox_word.js'
import { Pace } from './pace.js'
import {
  type DeliveryReceipt,
  RefusedError,
  RetryableError,
  type Target,
  type TargetKind,
  type TicketText,
  UnauthorisedError,
} from './target.js'
import type { ToldRecords } from './told_records.js'

export interface OutboxLaneDeps {
  readonly queue: OutboxQueue
  readonly records: ToldRecords
  readonly target: Target
  readonly kind: Pick<TargetKind, 'capabilities'>
  readonly deadLetters: DeadLetters
  /** Words of a delivery, as the registry is now. */
  text(incident: Incident, transitions: Planned['transitions']): TicketText
  /** Resolves when it is written down what became of a delivery. */
  report(notification: Notification): Promise<void>
  /** Strikes secrets out of a text. */
  conceal(text: string): string
  readonly clock: Clock
  /** From 0 to 1, for jitter. */
  random(): number
  readonly logger: Logger
  readonly metrics: LaneMetrics
}

/** Messages are renewed while they are held. */
const WORKING_EVERY_MS = 1_000
const WARN_EVERY_MS = 60_000

/** The word on one incident, while it is being told. A newer word takes the place of `message`. */
interface Job {
  message: OutboxMessage
  word: OutboxWord
  /** Somebody may have told a part of it before. */
  mayExist: boolean
  attempts: number
  /** Failures while the target took others: it is this ticket. */
  ownFailures: number
  notBeforeMs: number
}

/** All that is told to one target, in order for each incident, as fast as the target bears. */
export class OutboxLane implements Component {
  readonly #name: string
  readonly #config: OutboxConfig
  readonly #deps: OutboxLaneDeps
  readonly #pace: Pace
  /** In the order of arrival; one a incident. */
  readonly #jobs = new Map<string, Job>()
  readonly #running = new Set<string>()
  #successes = 0
  #source: { stop(): void } | undefined
  #stopped = false
  #wake: () => void = () => undefined
  readonly #abort = new AbortController()
  #work: Promise<unknown> = Promise.resolve()
  #warnedMs = Number.NEGATIVE_INFINITY

  constructor(name: string, config: OutboxConfig, deps: OutboxLaneDeps) {
    this.#name = name
    this.#config = config
    this.#deps = deps
    this.#pace = new Pace(config, deps.random)
  }

  async start(): Promise<void> {
    const { messages, stop } = await this.#deps.queue.consume(this.#name)
    this.#source = { stop }
    this.#work = Promise.all([this.#read(messages), this.#dispatch(), this.#keep()])
  }

  /** Finishes the deliveries that are under way; what waits stays in the outbox. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#source?.stop()
    this.#wake()
    const patience = setTimeout(() => this.#abort.abort(), this.#config.stop_timeout_ms)
    await this.#work
    clearTimeout(patience)
    this.#abort.abort()
    for (const { message } of this.#jobs.values()) message.release()
    await this.#deps.target.stop?.()
  }

  async #read(messages: AsyncIterableIterator<OutboxMessage>): Promise<void> {
    for await (const message of messages) {
      const word = readWord(message.bytes)
      if (word === undefined) {
        this.#deps.logger.error({ target: this.#name, incident: message.incident }, 'a word does not read')
        message.ack()
        continue
      }
      this.#accept(message, word)
      this.#wake()
    }
  }

  /**
   * A newer word takes the place of the one that waits; the queue holds the newest only, so the older one is simply let go.
   * The same one again is the same message, which must not be acknowledged before it is told.
   */
  #accept(message: OutboxMessage, word: OutboxWord): void {
    const { uid, version } = word.incident
    const mayExist = message.redelivered || word.replayed !== undefined
    const before = this.#jobs.get(uid)
    if (before === undefined) {
      this.#jobs.set(uid, { message, word, mayExist, attempts: 0, ownFailures: 0, notBeforeMs: 0 })
      return
    }
    const held = before.word.incident.version
    if (version < held) {
      message.ack()
      return
    }
    if (version > held) before.message.ack()
    Object.assign(before, { message, word, mayExist: before.mayExist || mayExist })
  }

  async #dispatch(): Promise<void> {
    const under = new Set<Promise<void>>()
    while (!this.#stopped) {
      const now = this.#deps.clock.nowMs()
      const uid = this.#running.size < this.#pace.allowed ? this.#next(now) : undefined
      const wait = uid === undefined ? this.#config.idle_ms : this.#pace.take(now)
      if (uid === undefined || wait > 0) {
        await this.#pause(wait)
        continue
      }
      this.#running.add(uid)
      const done = this.#tell(uid, this.#jobs.get(uid)!).finally(() => {
        this.#running.delete(uid)
        under.delete(done)
        this.#wake()
      })
      under.add(done)
    }
    await Promise.all(under)
  }

  #next(now: number): string | undefined {
    for (const [uid, job] of this.#jobs) if (!this.#running.has(uid) && job.notBeforeMs <= now) return uid
    return undefined
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, this.#config.idle_ms))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Asks for more time for all that is held. */
  async #keep(): Promise<void> {
    let since = performance.now()
    while (!this.#stopped) {
      await delay(250, undefined, { ref: false })
      if (performance.now() - since < WORKING_EVERY_MS) continue
      since = performance.now()
      for (const { message } of this.#jobs.values()) message.working()
    }
  }

  /** Tells all that an incident's word asks for, one delivery after the other. */
  async #tell(uid: string, job: Job): Promise<void> {
    const { message, word } = job
    try {
      const { incident } = word
      let told = await this.#told(incident)
      if (word.again === true && told?.dead !== undefined) told = undead(told)
      // Whoever had it before may have died between the target's answer and the report of it.
      if (job.mayExist && told?.last !== undefined && told.last.key !== word.replayed?.reported)
        await this.#deps.report(told.last)
      const { capabilities } = this.#deps.kind
      const plan = planDeliveries(incident, told, this.#name, capabilities)
      if (plan.length === 0) await this.#nothing(incident, told)
      for (const [i, planned] of plan.entries()) {
        if (i > 0) await this.#leave()
        told = await this.#deliver(job, incident, planned, told)
      }
      if (incident.state === 'closed') await this.#deps.records.delete(uid)
      this.#finish(uid, job, message)
    } catch (error) {
      await this.#fail(uid, job, message, error)
    }
  }

  /** The rate holds for each delivery, not for each incident. */
  async #leave(): Promise<void> {
    for (;;) {
      const wait = this.#pace.take(this.#deps.clock.nowMs())
      if (wait === 0 || this.#abort.signal.aborted) return
      await delay(wait)
    }
  }

  /** A record may be gone that the incident itself still remembers. */
  async #told(incident: Incident): Promise<Told | undefined> {
    const record = await this.#deps.records.get(incident.uid)
    const remote = incident.remotes[this.#name]
    if (record !== undefined || remote === undefined) return record
    const closed = incident.state === 'closed'
    return {
      version: closed ? incident.version : Math.max(1, incident.version - 1),
      state: closed ? 'closed' : 'new',
      remote,
    }
  }

  async #nothing(incident: Incident, told: Told | undefined): Promise<void> {
    if (told === undefined) return
    if (told.version < incident.version && told.dead === undefined)
      await this.#deps.records.put(incident.uid, {
        ...told,
        version: incident.version,
        state: incident.state,
      })
  }

  async #deliver(job: Job, incident: Incident, planned: Planned, told: Told | undefined): Promise<Told> {
    const { target, clock, metrics, records, report, text } = this.#deps
    job.attempts++
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(this.#config.timeout_ms)])
    const transition = planned.transitions.at(-1)!
    const receipt: DeliveryReceipt = await target.deliver(
      {
        kind: planned.kind,
        transition,
        incident,
        text: text(incident, planned.transitions),
        idempotencyKey: planned.idempotencyKey,
        attempt: job.attempts,
        ...(told !== undefined && told.version > 0 && { remote: told.remote }),
        mayExist: job.mayExist || job.attempts > 1,
      },
      { signal },
    )
    this.#pace.succeeded()
    this.#successes++
    this.#setAway(false)
    const done = clock.nowMs()
    const decided = planned.transitions[0]!.time
    const remote = { id: receipt.id, number: receipt.number, ...(receipt.url && { url: receipt.url }) }
    const last: Notification = {
      key: planned.idempotencyKey,
      target: this.#name,
      incident: incident.uid,
      version: transition.version,
      kind: planned.kind,
      status: 'delivered',
      transitions: planned.transitions.length,
      attempts: job.attempts,
      decided,
      done,
      remote,
    }
    const next: Told = { version: transition.version, state: planned.state, remote, last }
    await records.put(incident.uid, next)
    metrics.deliveries.inc({ target: this.#name, outcome: receipt.outcome })
    metrics.latency.observe({ target: this.#name }, Math.max(0, done - transition.time) / 1000)
    if (planned.transitions.length > 1)
      metrics.coalesced.inc({ target: this.#name }, planned.transitions.length - 1)
    await report(last)
    job.attempts = 0
    return next
  }

  #finish(uid: string, job: Job, message: OutboxMessage): void {
    message.ack()
    if (job.message === message) this.#jobs.delete(uid)
    else Object.assign(job, { attempts: 0, ownFailures: 0, notBeforeMs: 0 })
  }

  async #fail(uid: string, job: Job, message: OutboxMessage, error: unknown): Promise<void> {
    const { clock, metrics } = this.#deps
    const now = clock.nowMs()
    const said = this.#deps.conceal(error instanceof Error ? error.message : String(error))
    if (error instanceof RefusedError) {
      metrics.deliveries.inc({ target: this.#name, outcome: 'refused' })
      this.#pace.succeeded()
      await this.#bury(uid, job, message, 'ticket_refused', said)
      return
    }
    if (this.#abort.signal.aborted) return
    const unauthorised = error instanceof UnauthorisedError
    const retryAfterMs = error instanceof RetryableError ? error.retryAfterMs : undefined
    metrics.deliveries.inc({ target: this.#name, outcome: unauthorised ? 'unauthorised' : 'retry' })
    const before = this.#pace.away
    this.#pace.failed(now, { wholeTarget: unauthorised || retryAfterMs !== undefined, retryAfterMs })
    if (!before && this.#successes > 0) job.ownFailures++
    this.#successes = 0
    if (job.ownFailures >= this.#config.attempts_max) {
      await this.#bury(uid, job, message, 'ticket_undelivered', said)
      return
    }
    // To the end of the row: the next probe is another ticket, so that a bad one does not pass for a target that is away.
    this.#jobs.delete(uid)
    this.#jobs.set(uid, job)
    job.notBeforeMs = this.#pace.away ? 0 : now + this.#pace.backoffMs(job.ownFailures)
    if (this.#pace.away) this.#setAway(true)
    if (now - this.#warnedMs >= WARN_EVERY_MS) {
      this.#warnedMs = now
      this.#deps.logger.warn(
        { target: this.#name, incident: job.word.incident.number, attempts: job.attempts, error: said },
        unauthorised
          ? 'the target refuses our credentials; nothing is lost'
          : 'the target cannot be told yet',
      )
    }
  }

  /** What can never be told is kept with the dead letters, and the incident goes on. */
  async #bury(
    uid: string,
    job: Job,
    message: OutboxMessage,
    code: 'ticket_refused' | 'ticket_undelivered',
    said: string,
  ): Promise<void> {
    const { incident } = job.word
    const { deadLetters, records, clock, report, logger } = this.#deps
    try {
      const told = await this.#told(incident)
      const plan = planDeliveries(incident, told, this.#name, this.#deps.kind.capabilities)
      const planned = plan[0]
      await deadLetters.keep({
        code,
        message: `${this.#name} does not take ${incident.number}: ${said}`,
        count: 1,
        bytes: Buffer.from(JSON.stringify({ target: this.#name, incident })),
      })
      const key = planned?.idempotencyKey ?? `${uid}.${incident.version}`
      const last: Notification = {
        key: `${key}.dead`,
        target: this.#name,
        incident: uid,
        version: incident.version,
        kind: planned?.kind ?? 'update',
        status: 'dead',
        transitions: planned?.transitions.length ?? 0,
        attempts: job.attempts,
        decided: incident.updated,
        done: clock.nowMs(),
        error: said.slice(0, 500),
      }
      const before = told ?? { version: 0, state: 'new', remote: { id: '', number: '' } }
      await records.put(uid, { ...before, dead: incident.version, last })
      await report(last)
      logger.error(
        { target: this.#name, incident: incident.number, error: said },
        'a ticket was refused for good',
      )
      this.#finish(uid, job, message)
    } catch (error) {
      // The bus is away: the message stays, and is buried when it is back.
      job.notBeforeMs = clock.nowMs() + this.#pace.backoffMs(4)
      logger.warn({ error: (error as Error).message }, 'a dead letter could not be kept yet')
    }
  }

  #setAway(away: boolean): void {
    this.#deps.metrics.away.set({ target: this.#name }, away ? 1 : 0)
  }
}

function undead({ dead: _, ...told }: Told): Told {
  return told
}
