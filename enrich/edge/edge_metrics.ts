import { Counter, Gauge, type Registry } from 'prom-client'
import type { DeliveredPayload } from '../../model/ports.js'
import type { EdgeStage, StageOutcome } from './edge_stage.js'

/** What the edge processor tells of its work. */
export class EdgeMetrics {
  readonly #payloads: Counter
  readonly #records: Counter
  readonly #rejects: Counter
  readonly #merged: Counter
  readonly #absent: Counter
  readonly #unknown: Counter
  readonly #clamped: Counter
  readonly #evicted: Counter
  readonly #unwatched: Counter
  readonly #lag: Gauge
  readonly #stored: Gauge
  #evictedBefore = 0
  #unwatchedBefore = 0

  constructor(
    metrics: Registry,
    of: { readonly waiting: () => number; readonly watched: () => number; readonly gathered: () => number },
  ) {
    const registers = [metrics]
    const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
      new Counter({ name: `vigie_edge_${name}_total`, help, labelNames, registers })
    this.#payloads = counter('payloads', 'Payloads of edges that were read.', ['vendor', 'way'])
    this.#records = counter('records', 'Records read from payloads.', ['vendor'])
    this.#rejects = counter('rejects', 'Parts of payloads that were not read, by code.', ['vendor', 'code'])
    this.#merged = counter('merged_records', 'Records that became part of another.')
    this.#absent = counter('absent_tunnels', 'Tunnels that fell silent while their device went on telling.')
    this.#unknown = counter('unknown_device_rows', 'Rows whose device is not in the registry.', ['vendor'])
    this.#clamped = counter('clamped_times', 'Records whose own time cannot be; that of their receipt holds.')
    this.#evicted = counter(
      'merge_evictions',
      'Observations that left the merge early because too many waited.',
    )
    this.#unwatched = counter('unwatched_tunnels', 'Sightings of tunnels that are not watched: too many are.')
    this.#lag = new Gauge({
      name: 'vigie_edge_lag_seconds',
      help: 'Age of the payload that was read last, when it was read.',
      registers,
    })
    this.#stored = new Gauge({
      name: 'vigie_edge_stored_sequence',
      help: 'Sequence of the payload up to which all are stored.',
      registers,
    })
    const gauge = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name: `vigie_edge_${name}`,
        help,
        registers,
        collect() {
          this.set(value())
        },
      })
    }
    gauge('waiting_records', 'Records that wait for their other parts.', of.waiting)
    gauge('watched_tunnels', 'Tunnels whose silence is watched for.', of.watched)
    gauge('gathered_rows', 'Rows of the batch that gathers.', of.gathered)
  }

  count(delivered: DeliveredPayload, outcome: StageOutcome, stage: EdgeStage, nowMs: number): void {
    const { reading, rows, mergedAway } = outcome
    const { payload, storedMs } = delivered
    this.#lag.set(Math.max(0, (nowMs - storedMs) / 1000))
    if (payload !== undefined && reading !== undefined) {
      // A vendor that no adapter is called is told as one, so that nobody makes labels from outside.
      const vendor = reading.vendor ?? 'unknown'
      this.#payloads.inc({ vendor, way: payload.origin.way })
      this.#records.inc({ vendor }, reading.records.length)
      for (const { code } of reading.rejects) this.#rejects.inc({ vendor, code })
    }
    this.#merged.inc(mergedAway)
    for (const { from, absent, clamped, row } of rows) {
      if (absent) this.#absent.inc()
      if (clamped) this.#clamped.inc()
      if (row.joined.orgId === 0) this.#unknown.inc({ vendor: from.vendor })
    }
    this.#evicted.inc(Math.max(0, stage.evicted - this.#evictedBefore))
    this.#evictedBefore = stage.evicted
    this.#unwatched.inc(Math.max(0, stage.unwatched - this.#unwatchedBefore))
    this.#unwatchedBefore = stage.unwatched
  }

  stored(sequence: number): void {
    this.#stored.set(sequence)
  }
}
