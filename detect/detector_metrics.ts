import { Counter, Gauge, type Registry } from 'prom-client'
import type { ServiceCounts } from './engine_core.js'
import type { FlowEngineCounts } from './flow_engine.js'
import type { MarkCounts } from './mark_memory.js'
import type { SampleEngineCounts } from './sample_engine.js'

/** What the metrics of any engine look at when they are asked. */
export interface EngineView<C extends { readonly services: ServiceCounts }> {
  counts(): C
  markCounts(): MarkCounts
  nowMs(): number
  snapshotBytes(): number
}

export interface DetectorView extends EngineView<FlowEngineCounts> {
  waitingBytes(): number
}

/** The metrics of detection on flows. The engine counts; here its counts are shown. */
export function registerDetectorMetrics(registry: Registry, view: DetectorView): void {
  const registers = [registry]
  count(
    registry,
    'vigie_detect_partials_total',
    'Partials of frames that were applied.',
    () => view.counts().partials,
  )
  count(
    registry,
    'vigie_detect_flows_total',
    'Flows that the applied partials stand for.',
    () => view.counts().rows,
  )
  count(
    registry,
    'vigie_detect_clock_shifted_flows_total',
    "Flows whose exporter's clock was wrong, and whose times were moved to their receipt.",
    () => view.counts().shifted,
  )
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
  new Gauge({
    name: 'vigie_detect_reorder_waiting_bytes',
    help: 'Bytes of partials that wait for one that is missing.',
    registers,
    collect() {
      this.set(view.waitingBytes())
    },
  })
  registerEngine(registry, 'vigie_detect', 'when the newest applied frame was closed', view)
}

/** The metrics of detection on what SD-WAN edges measure. */
export function registerSampleMetrics(registry: Registry, view: EngineView<SampleEngineCounts>): void {
  count(
    registry,
    'vigie_detect_samples_payloads_total',
    'Payloads of edges that were applied.',
    () => view.counts().payloads,
  )
  count(
    registry,
    'vigie_detect_samples_records_total',
    'Records of edges that were applied.',
    () => view.counts().records,
  )
  registerEngine(registry, 'vigie_detect_samples', 'when the newest applied payload came', view)
}

function registerEngine(
  registry: Registry,
  prefix: string,
  eventTime: string,
  view: EngineView<{ readonly services: ServiceCounts }>,
): void {
  const registers = [registry]
  new Counter({
    name: `${prefix}_marks_total`,
    help: 'Marks of people on findings, by what came of them; what they kept quiet is suppressed_by_mark of the services.',
    labelNames: ['event'],
    registers,
    collect() {
      this.reset()
      for (const [event, n] of Object.entries(view.markCounts())) this.inc({ event }, n)
    },
  })
  new Counter({
    name: `${prefix}_service_events_total`,
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
  new Gauge({
    name: `${prefix}_open_findings`,
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
    name: `${prefix}_event_time_seconds`,
    help: `Event time of detection: ${eventTime}, s since 1970.`,
    registers,
    collect() {
      this.set(view.nowMs() / 1000)
    },
  })
  new Gauge({
    name: `${prefix}_snapshot_bytes`,
    help: 'Size of the state when it was saved last.',
    registers,
    collect() {
      this.set(view.snapshotBytes())
    },
  })
}

function count(registry: Registry, name: string, help: string, value: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(value())
    },
  })
}
