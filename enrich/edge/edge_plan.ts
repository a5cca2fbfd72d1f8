import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Journal, Logger, Presence } from '../../model/ports.js'

/** A batch as it is written down before anything of it is stored: payloads in a row, and their token. */
export interface Plan {
  /** When the stream was made. */
  readonly created: string
  readonly from: number
  readonly to: number
  readonly token: string
  /** Records that wait to be merged, behind this batch: for the balance. */
  readonly waiting: number
}

interface Entry {
  readonly owner: string
  readonly plan?: Plan
}

/** Another edge processor has taken over. */
export class TakenOverError extends Error {
  override readonly name = 'TakenOverError'
}

export interface PlanLogDeps {
  readonly owner: string
  readonly journal: Journal
  readonly presence: Presence
  readonly logger: Logger
}

const RETRY_MS = 250
/** Entries kept; only the newest is ever read. */
const KEPT = 64

/**
 * Who reads the payloads, and which batch is being stored. One processor at a time: each entry is appended only behind the one
 * its writer has read last, so that of two the later finds itself taken over before it stores anything. There is one
 * open batch at a time, hence no entry that says that one is done: after a start the last is stored once more under its
 * token, which the store folds.
 */
export class PlanLog {
  readonly #deps: PlanLogDeps
  #last = 0

  constructor(deps: PlanLogDeps) {
    this.#deps = deps
  }

  /** Waits until no other processor lives, and takes over. @returns the batch that was being stored, if any */
  async takeOver(pollMs: number, signal: AbortSignal): Promise<Plan | undefined> {
    const { owner, presence, logger } = this.#deps
    for (let told = false; ; ) {
      const newest = await this.#retry(() => this.#newest(), signal)
      const other = newest?.owner
      if (other === undefined || other === owner || !(await presence.isAlive(other).catch(() => true))) {
        const entry: Entry = { owner, ...(newest?.plan && { plan: newest.plan }) }
        if (await this.#retry(() => this.#append(entry), signal)) return newest?.plan
      } else if (!told) {
        told = true
        logger.info({ other }, 'another edge processor is at work; this one stands by')
      }
      await delay(pollMs, undefined, { signal })
    }
  }

  /** Writes a batch down. @throws TakenOverError */
  async write(plan: Plan, signal: AbortSignal): Promise<void> {
    const { owner } = this.#deps
    const attempt = async (): Promise<boolean> => {
      if (await this.#append({ owner, plan })) return true
      // An append whose answer was lost may have succeeded.
      const newest = await this.#newest()
      return newest?.owner === owner && newest.plan?.token === plan.token
    }
    if (!(await this.#retry(attempt, signal)))
      throw new TakenOverError('another edge processor has taken over')
    if (this.#last % KEPT === 0) await this.#deps.journal.trim(this.#last).catch(() => {})
  }

  async #append(entry: Entry): Promise<boolean> {
    const sequence = await this.#deps.journal.append(Buffer.from(JSON.stringify(entry)), this.#last)
    if (sequence !== undefined) this.#last = sequence
    return sequence !== undefined
  }

  async #newest(): Promise<Entry | undefined> {
    const { last } = await this.#deps.journal.read(Number.MAX_SAFE_INTEGER - 1)
    const { entries } = await this.#deps.journal.read(last - 1)
    this.#last = last
    const entry = entries.at(-1)
    return entry && (JSON.parse(Buffer.from(entry.bytes).toString()) as Entry)
  }

  async #retry<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        this.#deps.logger.warn(
          { error: (error as Error).message },
          'the journal of edges does not answer yet',
        )
        await delay(RETRY_MS, undefined, { signal })
      }
    }
  }
}

/** The token of a batch: the same payloads of the same stream, whoever stores them. */
export const planToken = (created: string, from: number, to: number): string =>
  createHash('sha256').update(`edge ${created} ${from} ${to}`).digest('hex').slice(0, 32)
