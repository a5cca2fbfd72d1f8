import { z } from 'zod'
import { SEVERITIES } from '../../model/finding.js'
import type { JoinedRecord } from '../../model/joined_record.js'
import { BoundedMap } from '../bounded_map.js'
import type { ServiceContext } from '../context.js'
import type { FindingReport } from '../finding_book.js'
import { type NetworkFacts, NO_NETWORK } from '../network_facts.js'
import { samplesSql } from '../sample_query.js'
import type { SampleAnalyzer, SecurityService } from '../service.js'
import { SATURATION_TITLES, type SaturationKind } from '../titles.js'
import { circuitKeyOf, deviceOf, linkOf } from './circuit_key.js'
import { saturationForecast } from './saturation_forecast.js'
import {
  capacityOf,
  count,
  LOAD_SHAPE,
  type Load,
  newLoad,
  noteCalm,
  push,
  rateOf,
  WAYS,
  type Way,
} from './saturation_load.js'

const share = z.number().min(0).max(1)

export const saturationParameters = z.strictObject({
  utilization_ratio: share
    .default(0.9)
    .describe('Share of a link’s capacity in use, in one direction, that is full'),
  persist: z.number().int().min(1).max(5).default(3).describe('Samples of the last five that must be so'),
  sustained_s: z.number().min(0).default(30).describe('and for how long at least, s'),
  queue_utilization_ratio: share
    .default(0.7)
    .describe('Share in use from which latency that rises with the load is queueing'),
  latency_ratio: z
    .number()
    .min(1)
    .default(1.5)
    .describe('Latency that many times that of the calm link, and more'),
  latency_min_ms: z.number().min(0).default(20).describe('and by so much more, at least, ms'),
  learn_samples: z
    .number()
    .int()
    .min(3)
    .default(12)
    .describe('Samples of the calm link before it is compared with'),
  baseline_s: z.number().positive().default(3600).describe('Memory of the calm link’s latency, s'),
  quiet_s: z.number().min(60).default(600).describe('Quiet after which an incident is closed, s'),
  forecast_utilization_ratio: share
    .gt(0)
    .default(0.8)
    .describe('Share of the capacity that the weekly 95th percentile is forecast to reach'),
  forecast_days: z
    .number()
    .positive()
    .default(90)
    .describe('Days within which it is reached also where growth is as slow as one slope in ten'),
  forecast_weeks: z
    .number()
    .int()
    .min(8)
    .default(8)
    .describe('Whole weeks that a forecast is made from, at least'),
  allow: z.array(z.string()).max(1000).default([]).describe('Registry ids of links that may be full'),
})
export type SaturationParameters = z.output<typeof saturationParameters>

const LOADS = 65_536
/** Samples older than this when they come tell what was, not what is. */
const OLD_MS = 3_600_000
const LAST = 5

/** Loads of links against their capacity, as their edges tell them. */
class SaturationAnalyzer implements SampleAnalyzer {
  readonly #context: ServiceContext<SaturationParameters>
  readonly #loads = new BoundedMap<Load>(LOADS, LOAD_SHAPE, (load) => (load.fullSinceMs > 0 ? 3 : 0))
  #reports = new Map<string, FindingReport>()
  #evicted = 0

  constructor(context: ServiceContext<SaturationParameters>) {
    this.#context = context
  }

  get #network(): NetworkFacts {
    return this.#context.places().network ?? NO_NETWORK
  }

  apply(joined: JoinedRecord, receivedMs: number): void {
    const { kind } = joined.record
    // What a tunnel carries is a part of what its link does.
    if (kind !== 'link' && kind !== 'counters') return
    if (receivedMs - joined.observedMs > OLD_MS) {
      this.#context.count('too_late', 1)
      return
    }
    for (const way of WAYS) this.#judge(joined, way, receivedMs)
  }

  #judge(joined: JoinedRecord, way: Way, receivedMs: number): void {
    const capacity = this.#network.links.get(joined.linkId)?.committedBps ?? capacityOf(joined, way)
    if (capacity === undefined || capacity <= 0) return
    const { record, observedMs } = joined
    const load = this.#loadOf(`${circuitKeyOf(joined)}|${record.kind}|${linkOf(record)}|${way}`)
    if (observedMs <= load.lastMs) return
    const gapMs = load.lastMs === 0 ? 0 : observedMs - load.lastMs
    const rate = rateOf(load, joined, way, capacity)
    load.lastMs = observedMs
    if (rate === undefined) return
    const p = this.#context.parametersOf(joined.orgId)
    const used = rate / capacity
    load.loads.push(used)
    if (load.loads.length > LAST) load.loads.shift()
    load.fullBits = push(load.fullBits, used >= p.utilization_ratio)
    load.fullSinceMs = load.fullBits === 0 ? 0 : load.fullSinceMs || observedMs
    const { latency_ms: latencyMs } = record as { latency_ms?: number }
    if (latencyMs !== undefined && latencyMs > 0) {
      const limit = Math.max(p.latency_ratio * load.calmMean, load.calmMean + p.latency_min_ms)
      const slow = load.calmN >= p.learn_samples && used >= p.queue_utilization_ratio && latencyMs > limit
      load.slowBits = push(load.slowBits, slow)
      load.slowSinceMs = load.slowBits === 0 ? 0 : load.slowSinceMs || observedMs
      noteCalm(load, used, latencyMs, 1 - Math.exp(-gapMs / (p.baseline_s * 1000)))
    }
    const lasts = (bits: number, sinceMs: number): boolean =>
      count(bits) >= p.persist && observedMs - sinceMs >= p.sustained_s * 1000
    const told = { joined, way, capacity, load, rate, receivedMs }
    if (lasts(load.fullBits, load.fullSinceMs)) this.#report('saturated', load.fullSinceMs, told)
    else if (lasts(load.slowBits, load.slowSinceMs)) this.#report('queueing', load.slowSinceMs, told)
  }

  #loadOf(key: string): Load {
    let load = this.#loads.get(key)
    if (load === undefined) {
      load = newLoad()
      this.#loads.set(key, load)
      this.#context.count('loads_evicted', this.#loads.evicted - this.#evicted)
      this.#evicted = this.#loads.evicted
    }
    return load
  }

  #report(kind: SaturationKind, sinceMs: number, told: Told): void {
    const { joined, receivedMs } = told
    if (this.#network.maintenance.covering(joined, receivedMs) !== undefined) return
    const { allow } = this.#context.parametersOf(joined.orgId)
    const link = this.#network.links.get(joined.linkId)?.name
    if (link !== undefined && allow.includes(link)) return
    const report = reportOf(kind, sinceMs, told, this.#context, this.#network)
    this.#reports.set(report.key, report)
  }

  evaluate(): void {
    for (const report of this.#reports.values()) this.#context.report(report)
    this.#reports.clear()
  }

  snapshot(): unknown {
    return { loads: this.#loads.snapshot(), reports: this.#reports }
  }

  restore(state: unknown): void {
    const saved = state as { loads: unknown; reports: Map<string, FindingReport> }
    this.#loads.restore(saved.loads)
    this.#reports = saved.reports
    this.#evicted = this.#loads.evicted
  }
}

interface Told {
  readonly joined: JoinedRecord
  readonly way: Way
  readonly capacity: number
  readonly load: Load
  readonly rate: number
  readonly receivedMs: number
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000

function reportOf(
  kind: SaturationKind,
  sinceMs: number,
  { joined, way, capacity, load, rate, receivedMs }: Told,
  context: ServiceContext<SaturationParameters>,
  network: NetworkFacts,
): FindingReport {
  const { record, orgId, siteId, linkId, supplierId, observedMs } = joined
  const p = context.parametersOf(orgId)
  const firstSeenMs = Math.min(receivedMs, receivedMs - (observedMs - sinceMs))
  const link = network.links.get(linkId)?.name
  const supplier = network.suppliers.get(supplierId)
  const device = deviceOf(record)
  const what = link ?? [device, linkOf(record)].filter((text) => text !== '').join(' ')
  const mean = load.loads.reduce((sum, used) => sum + used, 0) / load.loads.length
  const { latency_ms } = record as { latency_ms?: number }
  return {
    key: `${kind}|${circuitKeyOf(joined)}|${way}`,
    severity: SEVERITIES.medium,
    score: Math.min(95, 50 + 40 * Math.min(1, mean)),
    orgId,
    siteId,
    src: [],
    dst: [],
    firstSeenMs,
    lastSeenMs: receivedMs,
    evidence: {
      kind,
      ...(link !== undefined && { link }),
      ...(supplier !== undefined && { supplier }),
      vendor: record.vendor,
      ...(device !== '' && { device }),
      direction: way,
      rate_bps: Math.round(rate),
      capacity_bps: Math.round(capacity),
      utilization_ratio: rounded(mean),
      threshold: kind === 'saturated' ? p.utilization_ratio : p.queue_utilization_ratio,
      ...(latency_ms !== undefined && { latency_ms: rounded(latency_ms) }),
      ...(load.calmN >= p.learn_samples && { baseline_latency_ms: rounded(load.calmMean) }),
      sql: samplesSql({
        table: record.kind === 'counters' ? 'if_counters' : 'link_samples',
        ...(linkId !== 0 ? { linkId } : { siteId, device }),
        fromMs: firstSeenMs,
        toMs: receivedMs,
      }),
    },
    title: SATURATION_TITLES[kind]({ site: context.siteName(siteId), what }),
    magnitude: mean,
    quietMs: p.quiet_s * 1000,
  }
}

export const saturation: SecurityService<SaturationParameters> = {
  id: 'saturation',
  title: { fr: 'Saturation des liens', en: 'Saturation of links' },
  about: {
    fr: 'Trouve les liens dont la capacité est épuisée dans un sens, ceux dont la latence monte avec la charge, et ceux dont la croissance mène à la saturation dans les mois qui viennent.',
    en: 'Finds links whose capacity is used up in one direction, those whose latency rises with the load, and those whose growth leads to saturation in the months to come.',
  },
  techniques: [],
  category: 'network',
  analyticType: 3,
  needs: ['device', 'link', 'tx_bps', 'rx_bps'],
  betterWith: ['tx_bytes', 'rx_bytes', 'bytes_kind', 'tx_capacity_bps', 'rx_capacity_bps', 'latency_ms'],
  parameters: saturationParameters,
  samples: { analyzer: (context) => new SaturationAnalyzer(context) },
  horizons: saturationForecast,
}
