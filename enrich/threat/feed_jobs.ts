import { Worker } from 'node:worker_threads'
import type { FeedAnswer, FeedJob } from './feed_worker.js'
import { FeedError } from './indicator.js'

type SetAnswer = Extract<FeedAnswer, { type: 'set' }>

/** Runs jobs of feeds, each on a thread of its own, so that the thread that calls is never held up. */
export class FeedJobs {
  readonly #workers = new Set<Worker>()

  /** The new set, and the rows that the store is to have, when they are there. @throws FeedError */
  async merge(job: FeedJob): Promise<{ set: SetAnswer; rows: Promise<readonly Uint8Array[]> }> {
    const run = this.#run(job)
    return { set: await run.set, rows: run.rows }
  }

  /** The rows of a whole set. */
  rows(before: Uint8Array, nowMs: number): Promise<readonly Uint8Array[]> {
    return this.#run({ before, nowMs, max: 0, mode: 'merge' }).rows
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()))
  }

  #run(job: FeedJob): { set: Promise<SetAnswer>; rows: Promise<readonly Uint8Array[]> } {
    const worker = new Worker(new URL('./feed_worker.js', import.meta.url), { workerData: job })
    this.#workers.add(worker)
    const ended = new Promise<never>((_, reject) => {
      worker.once('error', reject)
      worker.once('exit', () => {
        this.#workers.delete(worker)
        reject(new Error('the thread that reads a feed ended'))
      })
      worker.on('message', (m: FeedAnswer) => m.type === 'bad' && reject(new FeedError(m.message)))
    })
    const first = <T extends FeedAnswer['type']>(type: T): Promise<Extract<FeedAnswer, { type: T }>> =>
      Promise.race([
        new Promise<Extract<FeedAnswer, { type: T }>>((resolve) => {
          worker.on(
            'message',
            (m: FeedAnswer) => m.type === type && resolve(m as Extract<FeedAnswer, { type: T }>),
          )
        }),
        ended,
      ])
    const set = first('set')
    const rows = first('rows').then((m) => m.rows)
    // Whoever waits for one of them is told; the other is not to end the process.
    set.catch(() => {})
    rows.catch(() => {})
    return { set, rows }
  }
}
