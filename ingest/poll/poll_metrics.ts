import { Counter, Gauge, type Registry } from 'prom-client'

const NAMES = {
  requests: ['source', 'outcome'],
  logins: ['source'],
  pages: ['source', 'feed'],
  page_bytes: ['source', 'feed'],
  rounds: ['source', 'feed', 'result'],
  repeated_pages: ['source', 'feed'],
  missed_seconds: ['source', 'feed'],
  passed_over: ['source', 'feed'],
} as const

const HELP: Readonly<Record<keyof typeof NAMES, string>> = {
  requests: 'Requests to controllers by what came of them: ok, expired, or the code of the fault.',
  logins: 'Logins at controllers.',
  pages: 'Pages of answers put on the stream.',
  page_bytes: 'Bytes of these pages.',
  rounds: 'Rounds of a feed, done or failed.',
  repeated_pages: 'Pages that a controller gave twice; they are asked for again.',
  missed_seconds:
    'Time that was not asked for: the controller keeps no more of it, or the poller stood still.',
  passed_over: 'Requests of a round that were given up, because what they ask for is gone or refused.',
}

export type PollCounterName = keyof typeof NAMES

/** Counters of all pollers. Labels are bounded: sources and feeds by the configuration, outcomes by the list of faults. */
export class PollMetrics {
  readonly #counters: Readonly<Record<PollCounterName, Counter>>
  readonly skew: Gauge
  readonly lag: Gauge

  constructor(registry: Registry) {
    const registers = [registry]
    const counters = Object.entries(NAMES).map(([name, labelNames]) => {
      const help = HELP[name as PollCounterName]
      return [
        name,
        new Counter({ name: `vigie_poll_${name}_total`, help, labelNames: [...labelNames], registers }),
      ]
    })
    this.#counters = Object.fromEntries(counters) as Record<PollCounterName, Counter>
    this.skew = new Gauge({
      name: 'vigie_poll_clock_skew_seconds',
      help: "How far a controller's clock is ahead of ours.",
      labelNames: ['source'],
      registers,
    })
    this.lag = new Gauge({
      name: 'vigie_poll_lag_seconds',
      help: 'Age of the end of the last interval that was read.',
      labelNames: ['source', 'feed'],
      registers,
    })
  }

  count(name: PollCounterName, labels: Readonly<Record<string, string>>, n = 1): void {
    this.#counters[name].inc(labels, n)
  }
}
