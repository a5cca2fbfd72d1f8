import { SEVERITIES } from '../../model/finding.js'
import type { ExporterNote } from '../../model/frame.js'
import type { ByteReader } from '../bytes.js'
import type { ServiceContext } from '../context.js'
import { NO_NETWORK } from '../network_facts.js'
import { pack, type Shape, unpack } from '../pack.js'
import { beat, newPulse, type Pulse, silenceMs } from '../pulse.js'
import type { FlowAnalyzer } from '../service.js'
import { TELEMETRY_TITLES, type TelemetryKind } from '../titles.js'
import { base } from './telemetry_edges.js'
import type { TelemetryParameters } from './telemetry_parameters.js'
import { readSection } from './telemetry_section.js'

/** An exporter as its collector notes it. Plain data; times by the collectors' clock, ms. */
interface Exporter extends Pulse {
  readonly address: string
  collector: string
  datagrams: number
  units: number
  lost: number
  restarts: number
  /** Loss within the window that began then. */
  windowMs: number
  windowUnits: number
  windowLost: number
  /** Of the last restarts. */
  restartMs: number[]
  skewMs: number
  /** Notes in a row whose clock was wrong. */
  skewed: number
  /** Data without a template: since when, the last, and how many sets. */
  unreadableMs: number
  unreadableLastMs: number
  unreadableSets: number
  /** Sampling: the rate in force, and another that may follow it, seen so often. */
  rate: number
  nextRate: number
  nextSeen: number
}

const SHAPE: Shape<Exporter> = {
  numbers: [
    'lastMs',
    'gapMeanMs',
    'gapLongMs',
    'gaps',
    'datagrams',
    'units',
    'lost',
    'restarts',
    'windowMs',
    'windowUnits',
    'windowLost',
    'skewMs',
    'skewed',
    'unreadableMs',
    'unreadableLastMs',
    'unreadableSets',
    'rate',
    'nextRate',
    'nextSeen',
  ],
  flags: [],
  lists: ['restartMs'],
  others: ['address', 'collector'],
}

const EXPORTERS = 32_768
const LOOK_EVERY_MS = 5_000
/** A collector that says nothing for so long, while others do, has stopped: then nothing is known of its exporters. */
const COLLECTOR_SILENT_MS = 60_000
const FORGOTTEN_MS = 24 * 3_600_000
const HOUR_MS = 3_600_000
/** Sets without template so far apart are another matter. */
const UNREADABLE_GAP_MS = 60_000
const SEEN_BEFORE_TOLD = 3
const HIGH_LOSS = 0.05
const NAMED = 20

/** Exporters that fall silent, lose, begin anew, or are wrong about the time, as their collectors note them in frames. */
export class ExporterTelemetry implements FlowAnalyzer {
  readonly #context: ServiceContext<TelemetryParameters>
  #exporters = new Map<string, Exporter>()
  /** When each collector last noted anything. */
  #collectors = new Map<string, number>()
  #lookedMs = 0

  constructor(context: ServiceContext<TelemetryParameters>) {
    this.#context = context
  }

  apply(reader: ByteReader, closedMs: number): void {
    const { collector, exporters, unreadable, sampled } = readSection(reader)
    if (collector !== '') this.#collectors.set(collector, closedMs)
    for (const note of exporters) this.#note(note, collector, closedMs)
    for (const { address, sets } of unreadable) this.#unreadable(address, sets, closedMs)
    for (const { address, rate } of sampled) this.#sample(address, rate, closedMs)
  }

  #note(note: ExporterNote, collector: string, closedMs: number): void {
    const known = this.#exporters.get(note.address)
    if (known === undefined) {
      if (this.#exporters.size >= EXPORTERS) {
        this.#context.count('exporters_unwatched', 1)
        return
      }
      const exporter = newExporter(note, collector, closedMs)
      beat(exporter, note.lastSeenMs)
      this.#exporters.set(note.address, exporter)
      return
    }
    const moved = note.lastSeenMs > known.lastMs
    if (moved) beat(known, note.lastSeenMs)
    // Totals of another collector, or of one that began anew, are others.
    const same = known.collector === collector && note.datagrams >= known.datagrams
    const grown = (key: 'units' | 'lost' | 'restarts'): number =>
      same ? Math.max(0, note[key] - known[key]) : 0
    const [units, lost, restarts] = [grown('units'), grown('lost'), grown('restarts')]
    Object.assign(known, {
      collector,
      datagrams: note.datagrams,
      units: note.units,
      lost: note.lost,
      restarts: note.restarts,
    })
    known.windowUnits += units
    known.windowLost += lost
    if (restarts > 0) known.restartMs = [...known.restartMs, closedMs].slice(-8)
    const p = this.#parametersOf(known)
    this.#judgeLoss(known, closedMs, p)
    this.#judgeClock(known, note, closedMs, p)
    if (restarts > 0) this.#judgeRestarts(known, closedMs, p)
  }

  #judgeLoss(of: Exporter, nowMs: number, p: TelemetryParameters): void {
    if (nowMs - of.windowMs < p.loss_window_s * 1000) return
    const ratio = of.windowLost / Math.max(1, of.windowLost + of.windowUnits)
    if (of.windowLost >= p.loss_units && ratio >= p.loss_ratio) {
      this.#report('sequence_loss', of, nowMs, {
        severity: ratio >= HIGH_LOSS ? SEVERITIES.medium : SEVERITIES.low,
        firstSeenMs: of.windowMs,
        magnitude: of.windowLost,
        evidence: {
          units_lost: of.windowLost,
          units_received: of.windowUnits,
          loss_ratio: Math.round(ratio * 10_000) / 10_000,
          window_s: Math.round((nowMs - of.windowMs) / 1000),
          threshold: p.loss_ratio,
        },
      })
    }
    Object.assign(of, { windowMs: nowMs, windowUnits: 0, windowLost: 0 })
  }

  #judgeClock(of: Exporter, { skewMs }: ExporterNote, nowMs: number, p: TelemetryParameters): void {
    if (skewMs === undefined) return
    of.skewMs = skewMs
    of.skewed = Math.abs(skewMs) > p.skew_s * 1000 ? of.skewed + 1 : 0
    if (of.skewed < SEEN_BEFORE_TOLD) return
    this.#report('exporter_clock', of, nowMs, {
      severity: SEVERITIES.low,
      magnitude: Math.abs(skewMs),
      evidence: { skew_s: Math.round(skewMs / 100) / 10, threshold_s: p.skew_s },
    })
  }

  #judgeRestarts(of: Exporter, nowMs: number, p: TelemetryParameters): void {
    const recent = of.restartMs.filter((ms) => nowMs - ms <= HOUR_MS)
    if (recent.length < p.restarts) return
    this.#report('exporter_restarts', of, nowMs, {
      severity: SEVERITIES.low,
      firstSeenMs: recent[0]!,
      magnitude: recent.length,
      evidence: { restarts: recent.length, window_s: HOUR_MS / 1000, threshold: p.restarts },
    })
  }

  #unreadable(address: string, sets: number, nowMs: number): void {
    const of = this.#exporters.get(address)
    if (of === undefined) return
    if (nowMs - of.unreadableLastMs > UNREADABLE_GAP_MS)
      Object.assign(of, { unreadableMs: nowMs, unreadableSets: 0 })
    of.unreadableLastMs = nowMs
    of.unreadableSets += sets
    const p = this.#parametersOf(of)
    if (nowMs - of.unreadableMs < p.unreadable_s * 1000) return
    this.#report('template_missing', of, nowMs, {
      severity: SEVERITIES.medium,
      firstSeenMs: of.unreadableMs,
      magnitude: of.unreadableSets,
      evidence: { sets_unreadable: of.unreadableSets, threshold_s: p.unreadable_s },
    })
  }

  #sample(address: string, rate: number, nowMs: number): void {
    const of = this.#exporters.get(address)
    if (of === undefined || rate === 0) return
    if (of.rate === 0) of.rate = rate
    if (rate === of.rate) {
      of.nextSeen = 0
      return
    }
    of.nextSeen = rate === of.nextRate ? of.nextSeen + 1 : 1
    of.nextRate = rate
    if (of.nextSeen < SEEN_BEFORE_TOLD) return
    const before = of.rate
    of.rate = rate
    of.nextSeen = 0
    this.#report('sampling_changed', of, nowMs, {
      severity: SEVERITIES.low,
      magnitude: Math.max(rate / before, before / rate),
      evidence: { sampling_rate: rate, sampling_rate_before: before },
    })
  }

  evaluate(nowMs: number): void {
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return
    this.#lookedMs = nowMs
    const silent = new Map<string, Exporter[]>()
    const all = new Map<string, number>()
    for (const [address, exporter] of this.#exporters) {
      const silentMs = nowMs - exporter.lastMs
      if (silentMs > FORGOTTEN_MS) {
        this.#exporters.delete(address)
        continue
      }
      all.set(exporter.collector, (all.get(exporter.collector) ?? 0) + 1)
      const afterMs = silenceMs(exporter, this.#parametersOf(exporter).silence_s * 1000)
      if (afterMs === undefined || silentMs <= afterMs) continue
      silent.set(exporter.collector, [...(silent.get(exporter.collector) ?? []), exporter])
    }
    for (const [collector, seenMs] of this.#collectors) {
      if (nowMs - seenMs > FORGOTTEN_MS) this.#collectors.delete(collector)
      else if (nowMs - seenMs > COLLECTOR_SILENT_MS) this.#collectorSilent(collector, seenMs, nowMs)
      else this.#judgeSilence(silent.get(collector) ?? [], all.get(collector) ?? 0, nowMs)
    }
  }

  #collectorSilent(collector: string, seenMs: number, nowMs: number): void {
    const p = this.#context.parametersOf(0)
    this.#context.report({
      ...base(`collector|${collector}`, 0, 0, p),
      severity: SEVERITIES.high,
      score: 90,
      firstSeenMs: seenMs,
      lastSeenMs: nowMs,
      technique: 'T1562.006',
      evidence: { kind: 'collector_silent', collector, last_heard: new Date(seenMs).toISOString() },
      title: TELEMETRY_TITLES.collector_silent({ site: undefined, what: collector }),
      magnitude: 1,
    })
  }

  #judgeSilence(silent: readonly Exporter[], all: number, nowMs: number): void {
    if (silent.length === 0) return
    const p = this.#context.parametersOf(0)
    if (silent.length === all && all >= p.feed_devices) {
      const [first] = silent
      this.#context.report({
        ...base(`exporters|${first!.collector}`, 0, 0, p),
        severity: SEVERITIES.high,
        score: 90,
        src: silent.slice(0, NAMED).map(({ address }) => address),
        firstSeenMs: Math.max(...silent.map(({ lastMs }) => lastMs)),
        lastSeenMs: nowMs,
        technique: 'T1562.006',
        evidence: { kind: 'exporters_silent', collector: first!.collector, exporters_silent: all },
        title: TELEMETRY_TITLES.exporters_silent({ site: undefined, what: first!.collector }),
        magnitude: all,
      })
      return
    }
    for (const exporter of silent) {
      this.#report('exporter_silent', exporter, nowMs, {
        severity: SEVERITIES.medium,
        firstSeenMs: exporter.lastMs,
        magnitude: 1,
        technique: 'T1562.006',
        evidence: {
          last_heard: new Date(exporter.lastMs).toISOString(),
          usual_gap_s: Math.round(exporter.gapMeanMs / 100) / 10,
          threshold_s: Math.round((silenceMs(exporter, p.silence_s * 1000) ?? 0) / 1000),
        },
      })
    }
  }

  #placeOf({ address }: Exporter): { orgId: number; siteId: number } {
    const { network = NO_NETWORK } = this.#context.places()
    const siteId = network.exporters.get(address) ?? 0
    return { orgId: network.organizationOf.get(siteId) ?? 0, siteId }
  }

  #parametersOf(exporter: Exporter): TelemetryParameters {
    return this.#context.parametersOf(this.#placeOf(exporter).orgId)
  }

  #report(
    kind: TelemetryKind,
    exporter: Exporter,
    nowMs: number,
    report: {
      readonly severity: number
      readonly firstSeenMs?: number
      readonly magnitude: number
      readonly technique?: string
      readonly evidence: Readonly<Record<string, unknown>>
    },
  ): void {
    const place = this.#placeOf(exporter)
    const { maintenance } = this.#context.places().network ?? NO_NETWORK
    if (maintenance.covering(place, nowMs) !== undefined) return
    const { orgId, siteId } = place
    this.#context.report({
      ...base(`${kind}|${exporter.address}`, orgId, siteId, this.#context.parametersOf(orgId)),
      severity: report.severity,
      score: 85,
      src: [exporter.address],
      firstSeenMs: Math.min(nowMs, report.firstSeenMs ?? nowMs),
      lastSeenMs: nowMs,
      ...(report.technique !== undefined && { technique: report.technique }),
      evidence: { kind, collector: exporter.collector, ...report.evidence },
      title: TELEMETRY_TITLES[kind]({ site: this.#context.siteName(siteId) }),
      magnitude: report.magnitude,
    })
  }

  snapshot(): unknown {
    return {
      exporters: pack(this.#exporters, SHAPE),
      collectors: this.#collectors,
      lookedMs: this.#lookedMs,
    }
  }

  restore(state: unknown): void {
    const saved = state as { exporters: unknown; collectors: Map<string, number>; lookedMs: number }
    this.#exporters = unpack(saved.exporters, SHAPE)
    this.#collectors = saved.collectors
    this.#lookedMs = saved.lookedMs
  }
}

const newExporter = (note: ExporterNote, collector: string, closedMs: number): Exporter => ({
  ...newPulse(),
  address: note.address,
  collector,
  datagrams: note.datagrams,
  units: note.units,
  lost: note.lost,
  restarts: note.restarts,
  windowMs: closedMs,
  windowUnits: 0,
  windowLost: 0,
  restartMs: [],
  skewMs: 0,
  skewed: 0,
  unreadableMs: 0,
  unreadableLastMs: 0,
  unreadableSets: 0,
  rate: 0,
  nextRate: 0,
  nextSeen: 0,
})
