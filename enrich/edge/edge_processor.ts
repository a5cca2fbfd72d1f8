import { setTimeout as delay } from 'node:timers/promises'
import type {
  Clock,
  Component,
  DeliveredPayload,
  EdgeInput,
  EdgeReader,
  Journal,
  Presence,
  StateStore,
} from '../../model/ports.js'
import { type Checkpoint, CheckpointStore } from './checkpoint.js'
import type { EdgeProcessorConfig } from './config.js'
import { EdgeBatch } from './edge_batch.js'
import { EdgeMetrics } from './edge_metrics.js'
import { type Plan, PlanLog, planToken, TakenOverError } from './edge_plan.js'
import { type EdgeProtection, EdgeStage } from './edge_stage.js'
import { EdgeStore, type EdgeStoreDeps } from './edge_store.js'
import type { EdgePlaces } from './place.js'

export interface EdgeProcessorDeps extends EdgeStoreDeps {
  /** This life of this processor; no other process has it, nor has one ever had it. */
  readonly id: string
  readonly input: EdgeInput
  readonly reader: EdgeReader
  readonly journal: Journal
  readonly presence: Presence
  readonly state: StateStore
  readonly clock: Clock
  /** Edges of the registry in force. */
  places(): EdgePlaces
  /** Left out where nothing is protected. */
  readonly protect?: EdgeProtection
}

const BEAT_MS = 50

/**
 * Payloads of edges to rows, each exactly once.
 *
 * ```
 *  EDGE ─▶ read, merge, place (EdgeStage) ─▶ batch ─▶ written down ─▶ rows, letters, SAMPLES, ledger under its token
 *            └── what waits there, with the sequence it stands at: a checkpoint every few seconds
 * ```
 *
 * One processor reads at a time (PlanLog). Killed anywhere, the next one begins at the checkpoint, applies the payloads behind it
 * once more, throws away what they give up to the batch that was written down last, and stores that batch again: the same
 * payloads give the same rows, and the same token leaves them once.
 */
export class EdgeProcessor implements Component {
  readonly #config: EdgeProcessorConfig
  readonly #deps: EdgeProcessorDeps
  readonly #store: EdgeStore
  readonly #checkpoints: CheckpointStore
  readonly #metrics: EdgeMetrics
  readonly #abort = new AbortController()
  #stage: EdgeStage
  #plans: PlanLog
  #batch = new EdgeBatch(1)
  /** The batch that a killed processor had written down: gathered again to its exact end. */
  #pinned: Plan | undefined
  #created = ''
  #batchSinceMs = 0
  #storing: Promise<void> | undefined
  #checkpointMs = 0
  #tickMs = 0
  #running: Promise<void> | undefined
  #beat: NodeJS.Timeout | undefined
  #stopped: Promise<void> | undefined
  #failed: Error | undefined

  constructor(config: EdgeProcessorConfig, deps: EdgeProcessorDeps) {
    this.#config = config
    this.#deps = deps
    this.#store = new EdgeStore(config.insert_backoff_max_ms, deps)
    this.#checkpoints = new CheckpointStore(deps.state)
    this.#stage = new EdgeStage(config, deps.reader, deps.protect)
    this.#plans = this.#newPlans()
    this.#metrics = new EdgeMetrics(deps.metrics, {
      waiting: () => this.#stage.waiting,
      watched: () => this.#stage.watched,
      gathered: () => this.#batch.rowCount,
    })
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return
    this.#deps.presence.announce(this.#deps.id)
    this.#running = this.#run()
    this.#beat = setInterval(() => this.#onBeat(), BEAT_MS)
  }

  /** Takes nothing more in, stores what is in hand if the store lets it in time. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    clearInterval(this.#beat)
    const timer = setTimeout(() => this.#abort.abort(), this.#config.stop_timeout_ms)
    this.#deps.input.close()
    // One that stands by, or whose start waits, has nothing in hand.
    if (this.#created === '') this.#abort.abort()
    await this.#running
    await this.#storing
    if (this.#pinned === undefined && !this.#batch.empty && !this.#abort.signal.aborted)
      await this.#seal(true).catch(() => {})
    clearTimeout(timer)
    this.#abort.abort()
  }

  async #run(): Promise<void> {
    const { logger } = this.#deps
    while (this.#stopped === undefined) {
      try {
        await this.#read()
        return
      } catch (error) {
        if (this.#abort.signal.aborted || this.#stopped !== undefined) return
        const taken = error instanceof TakenOverError
        if (taken) logger.warn({}, 'another edge processor has taken over; this one stands by')
        else logger.error({ error: (error as Error).stack }, 'the edge processor begins again')
        await this.#storing?.catch(() => {})
        this.#forget()
        await delay(this.#config.standby_poll_ms, undefined, { signal: this.#abort.signal }).catch(() => {})
      }
    }
  }

  #newPlans(): PlanLog {
    return new PlanLog({ ...this.#deps, owner: this.#deps.id })
  }

  #forget(): void {
    this.#created = ''
    this.#failed = undefined
    this.#storing = undefined
    this.#pinned = undefined
    this.#stage = new EdgeStage(this.#config, this.#deps.reader, this.#deps.protect)
    this.#plans = this.#newPlans()
  }

  async #read(): Promise<void> {
    const { input, logger } = this.#deps
    const plan = await this.#plans.takeOver(this.#config.standby_poll_ms, this.#abort.signal)
    const { created, last } = await input.extent()
    const checkpoint = await this.#checkpoints.load()
    const mine = checkpoint?.created === created ? checkpoint : undefined
    if (mine !== undefined) this.#stage.restore(JSON.parse(mine.state))
    const from = (mine?.sequence ?? 0) + 1
    const open = plan?.created === created && plan.to >= from ? plan : undefined
    if (open !== undefined && open.to > last)
      throw new Error(`the stream ends at ${last}, before payload ${open.to} that was being stored`)
    this.#pinned = open
    this.#batch = new EdgeBatch(open?.from ?? from)
    this.#created = created
    this.#checkpointMs = this.#deps.clock.nowMs()
    logger.info({ from, last, pinned: open?.to }, 'the edge processor reads')
    for await (const delivered of input.payloads(from)) {
      if (this.#failed !== undefined) throw this.#failed
      if (this.#pinned !== undefined && delivered.sequence > this.#pinned.to) await this.#sealPinned()
      this.#apply(delivered)
      if (this.#pinned?.to === delivered.sequence) await this.#sealPinned()
      else if (this.#isFull()) await this.#sealFull()
    }
  }

  #apply(delivered: DeliveredPayload): void {
    const places = this.#deps.places()
    const outcome = this.#stage.apply(delivered, places)
    // Stored before the batch that was written down last: it was only applied again.
    if (delivered.sequence < this.#batch.from) return
    if (this.#batch.empty) this.#batchSinceMs = this.#deps.clock.nowMs()
    this.#batch.add(delivered, outcome, places.version)
    this.#tickMs = this.#deps.clock.nowMs()
    this.#metrics.count(delivered, outcome, this.#stage, this.#tickMs)
  }

  #isFull(): boolean {
    const { batch_rows, batch_max_payloads } = this.#config
    return this.#batch.rowCount >= batch_rows || this.#batch.payloads >= batch_max_payloads
  }

  async #sealFull(): Promise<void> {
    await this.#storing
    if (this.#failed !== undefined) throw this.#failed
    if (this.#isFull()) this.#begin()
  }

  /** The batch of a dead processor, whole again: stored under its token before anything else. */
  async #sealPinned(): Promise<void> {
    const pinned = this.#pinned!
    this.#pinned = undefined
    const batch = this.#batch
    batch.to = pinned.to
    this.#batch = new EdgeBatch(pinned.to + 1)
    this.#deps.logger.info({ from: pinned.from, to: pinned.to }, 'a batch of edges is stored again')
    await this.#store.write(batch, pinned.token, this.#created, this.#abort.signal)
    this.#metrics.stored(pinned.to)
  }

  /** Time passes: batches become due; while nothing comes, the stream is told the time, more often while parts wait. */
  #onBeat(): void {
    if (this.#created === '' || this.#pinned !== undefined) return
    const nowMs = this.#deps.clock.nowMs()
    const { batch_max_ms, tick_ms, idle_tick_ms } = this.#config
    if (!this.#batch.empty && this.#storing === undefined && nowMs - this.#batchSinceMs >= batch_max_ms)
      this.#begin()
    const stepMs = this.#stage.waiting > 0 ? tick_ms : idle_tick_ms
    if (this.#stage.begun && nowMs - this.#tickMs >= stepMs) {
      this.#tickMs = nowMs
      this.#deps.input.tick(nowMs).catch((error: Error) => {
        this.#deps.logger.debug({ error: error.message }, 'a tick was not taken')
      })
    }
  }

  #begin(): void {
    const storing = this.#seal(false).then(
      () => {
        if (this.#storing === storing) this.#storing = undefined
      },
      (error: Error) => {
        this.#failed = error
        // Whoever waits for the next payload is woken: nothing more is taken in.
        if (!this.#abort.signal.aborted)
          this.#deps.logger.warn({ error: error.message }, 'a batch of edges failed')
      },
    )
    this.#storing = storing
  }

  async #seal(last: boolean): Promise<void> {
    const batch = this.#batch
    this.#batch = new EdgeBatch(batch.to + 1)
    const created = this.#created
    const { from, to } = batch
    const token = planToken(created, from, to)
    const { waiting } = this.#stage
    const nowMs = this.#deps.clock.nowMs()
    const due = last || nowMs - this.#checkpointMs >= this.#config.checkpoint_ms
    // What is remembered goes on changing while the batch is stored: it is saved as it is behind the batch.
    const state = due ? JSON.stringify(this.#stage.save()) : ''
    await this.#plans.write({ created, from, to, token, waiting }, this.#abort.signal)
    await this.#store.write(batch, token, created, this.#abort.signal)
    this.#metrics.stored(to)
    if (!due) return
    this.#checkpointMs = nowMs
    await this.#checkpoint({ sequence: to, created, state })
  }

  /** A checkpoint that fails is no loss: more is read again after a start. */
  async #checkpoint(checkpoint: Checkpoint): Promise<void> {
    try {
      await this.#checkpoints.save(checkpoint)
      await this.#deps.input.trim(checkpoint.sequence)
    } catch (error) {
      this.#deps.logger.warn({ error: (error as Error).message }, 'no checkpoint of edges was written')
    }
  }
}
