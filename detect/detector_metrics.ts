import { Counter, Gauge, type Registry } from 'prom-client'
import type { EngineCounts } from './engine.js'

/** What the metrics look at when they are asked. */
export interface DetectorView {
  counts(): EngineCounts
  waitingBytes(): number
  nowMs(): number
  snapshotBytes(): number
}

/** The detector's metrics. The engine counts; here its counts are shown. */
export function registerDetectorMetrics(registry: Registry, view: DetectorView): void {
  const registers = [registry]
  new Counter({
    name: 'vigie_detect_partials_total',
    help: 'Partials of frames that were applied.',
    registers,
    collect() {
      set(this, {}, view.counts().partials)
    },
  })
  new Counter({
    name: 'vigie_detect_flows_total',
    help: 'Flows that the applied partials stand for.',
    registers,
    collect() {
      set(this, {}, view.counts().rows)
    },
  })
  new Counter({
    name: 'vigie_detect_skipped_total',
    help: 'Frames that detection went on without, by reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      for (const [reason, n] of Object.entries(view.counts().skipped)) this.inc({ reason }, n)
    },
  })
  new Counter({
    name: 'vigie_detect_clock_shifted_flows_total',
    help: "Flows whose exporter's clock was wrong, and whose times were moved to their receipt.",
    registers,
    collect() {
      set(this, {}, view.counts().shifted)
    },
  })
  new Counter({
    name: 'vigie_detect_service_events_total',
    help: 'What each service did: findings by activity, and what its bounds threw away.',
    labelNames: ['service', 'event'],
    registers,
    collect() {
      this.reset()
      for (const [service, events] of Object.entries(view.counts().services)) {
        for (const [event, n] of Object.entries(events)) if (event !== 'open') this.inc({ service, event }, n)
      }
    },
  })
  registerGauges(registers, view)
}

function registerGauges(registers: Registry[], view: DetectorView): void {
  new Gauge({
    name: 'vigie_detect_open_findings',
    help: 'Incidents that are open.',
    labelNames: ['service'],
    registers,
    collect() {
      this.reset()
      for (const [service, events] of Object.entries(view.counts().services))
        this.set({ service }, events.open ?? 0)
    },
  })
  new Gauge({
    name: 'vigie_detect_event_time_seconds',
    help: 'Event time of detection: when the newest applied frame was closed, s since 1970.',
    registers,
    collect() {
      this.set(view.nowMs() / 1000)
    },
  })
  new Gauge({
    name: 'vigie_detect_reorder_waiting_bytes',
    help: 'Bytes of partials that wait for one that is missing.',
    registers,
    collect() {
      this.set(view.waitingBytes())
    },
  })
  new Gauge({
    name: 'vigie_detect_snapshot_bytes',
    help: 'Size of the state when it was saved last.',
    registers,
    collect() {
      this.set(view.snapshotBytes())
    },
  })
}

function set(counter: Counter, labels: Record<string, string>, value: number): void {
  counter.reset()
  counter.inc(labels, value)
}
