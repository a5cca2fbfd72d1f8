import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Counters of all lanes, by target. */
export class LaneMetrics {
  readonly deliveries: Counter<'target' | 'outcome'>
  readonly coalesced: Counter<'target'>
  readonly away: Gauge<'target'>
  readonly latency: Histogram<'target'>

  constructor(registry: Registry) {
    const registers = [registry]
    this.deliveries = new Counter({
      name: 'vigie_itsm_deliveries_total',
      help: 'Attempts to tell an ITSM target, by what came of them.',
      labelNames: ['target', 'outcome'],
      registers,
    })
    this.coalesced = new Counter({
      name: 'vigie_itsm_coalesced_total',
      help: 'Transitions that were told together with a later one.',
      labelNames: ['target'],
      registers,
    })
    this.away = new Gauge({
      name: 'vigie_itsm_target_away',
      help: '1 while an ITSM target does not answer or refuses our credentials.',
      labelNames: ['target'],
      registers,
    })
    this.latency = new Histogram({
      name: 'vigie_itsm_delivery_seconds',
      help: 'From the decision of a transition to its arrival at the target.',
      labelNames: ['target'],
      buckets: [0.1, 0.3, 1, 3, 10, 30, 60, 300, 3600, 86_400],
      registers,
    })
  }
}
