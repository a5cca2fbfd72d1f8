import type { Registry } from 'prom-client'
import type { Clock, EdgePayloadSink, Logger, StateStore } from '../../model/ports.js'

/** The clock that pollers go by. */
export interface PollClock extends Clock {
  /** Resolves after `ms`, or as soon as `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export interface PollDeps {
  readonly sink: EdgePayloadSink
  readonly state: StateStore
  readonly clock: PollClock
  readonly logger: Logger
  readonly metrics: Registry
  /** 0 up to 1, for the jitter of retries. */
  random(): number
  /** Environment that credentials may stand in. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The wall clock. */
export const WALL_CLOCK: PollClock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, Math.min(Math.max(0, ms), 2 ** 31 - 1))
      signal.addEventListener('abort', done, { once: true })
    }),
}
