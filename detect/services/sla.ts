import { SEVERITIES } from '../../model/finding.js'
import type { JoinedRecord } from '../../model/joined_record.js'
import { BoundedMap } from '../bounded_map.js'
import type { ServiceContext } from '../context.js'
import { cusumThreshold } from '../cusum.js'
import { type NetworkFacts, NO_NETWORK } from '../network_facts.js'
import type { SampleAnalyzer, SecurityService } from '../service.js'
import { type Circuit, isDead, isDown } from './sla_circuit.js'
import { Circuits } from './sla_circuits.js'
import { type SlaParameters, slaParameters } from './sla_parameters.js'
import { carrierReport, circuitReport, type Reporter, siteReport } from './sla_reports.js'
import { figuresOf, judge, newSeries, SERIES_SHAPE, type Series, type Trouble } from './sla_series.js'

/** Circuits, paths over them and series that are remembered at most. */
const CIRCUITS = 16_384
const PATHS = 131_072
const SERIES = 131_072
const SWEEP_MS = 600_000
/** An incident that goes on is reported so often, so that it stays open. */
const TELL_AGAIN_MS = 20_000
/** Samples older than this when they come tell what was, not what is. */
const OLD_MS = 3_600_000
const HIGH_LOSS = 0.1

type Words = Readonly<Record<string, unknown>>

const PATH = [
  'kind',
  'link',
  'local',
  'remote',
  'local_color',
  'remote_color',
  'sla_class',
  'direction',
  'latency_kind',
  'latency_statistic',
  'jitter_kind',
  'loss_stage',
] as const

class SlaAnalyzer implements SampleAnalyzer {
  readonly #context: ServiceContext<SlaParameters>
  readonly #circuits = new Circuits(CIRCUITS, PATHS)
  readonly #series = new BoundedMap<Series>(SERIES, SERIES_SHAPE, (s) => (s.badSinceMs > 0 ? 3 : 0))
  /** Keys of circuits with which something may be wrong. */
  readonly #active = new Set<string>()
  readonly #thresholds = new Map<string, number>()
  #sweptMs = 0
  #counted = { evicted: 0, unwatched: 0 }

  constructor(context: ServiceContext<SlaParameters>) {
    this.#context = context
  }

  get #network(): NetworkFacts {
    return this.#context.places().network ?? NO_NETWORK
  }

  apply(joined: JoinedRecord, receivedMs: number): void {
    const { regions } = this.#network
    const circuit = this.#circuits.see(joined, receivedMs, (siteId) => regions.get(siteId) ?? '')
    if (circuit === undefined) return
    const old = receivedMs - joined.observedMs > OLD_MS
    if (old) this.#context.count('too_late', 1)
    else if (this.#circuits.turn(circuit, joined, receivedMs)) this.#active.add(circuit.key)
    const figures = old ? undefined : figuresOf(joined)
    if (figures === undefined) return
    const series = this.#seriesOf(circuit, joined)
    // Told again, or overtaken by a newer one.
    if (joined.observedMs <= series.lastMs) return
    const parameters = this.#context.parametersOf(joined.orgId)
    const h = this.#threshold(parameters)
    const objectives = this.#network.links.get(joined.linkId)?.objectives
    const trouble = judge(series, figures, joined.observedMs, { parameters, h, objectives })
    if (trouble !== undefined) this.#suffer(circuit, series, trouble, joined, receivedMs)
  }

  #seriesOf(circuit: Circuit, { record }: JoinedRecord): Series {
    let key = circuit.key
    for (const name of PATH) key += `|${String((record as Words)[name] ?? '')}`
    let series = this.#series.get(key)
    if (series === undefined) {
      series = newSeries()
      this.#series.set(key, series)
    }
    return series
  }

  #threshold({ cusum_k: k, false_alarm_samples: samples }: SlaParameters): number {
    const key = `${k} ${samples}`
    let h = this.#thresholds.get(key)
    if (h === undefined) {
      h = cusumThreshold(k, samples)
      this.#thresholds.set(key, h)
    }
    return h
  }

  /** A path of the circuit is worse than it may be. */
  #suffer(
    circuit: Circuit,
    series: Series,
    trouble: Trouble,
    { record, observedMs }: JoinedRecord,
    receivedMs: number,
  ): void {
    const held = holdMs(circuit)
    if (circuit.brownMs === 0 || receivedMs - circuit.brownLastMs > held) {
      Object.assign(circuit, { brownMs: receivedMs, factor: 0, chronic: trouble.chronic, worst: {} })
      circuit.brownFirstMs = Math.min(receivedMs, receivedMs - (observedMs - trouble.sinceMs))
    }
    circuit.brownLastMs = receivedMs
    circuit.brownIntervalMs = Math.min(OLD_MS, series.intervalMs)
    circuit.chronic &&= trouble.chronic
    const { measures, missed } = trouble
    const known = Array.isArray(circuit.worst.measures) ? circuit.worst.measures.length : 0
    // More than a missed contract outweighs it, whatever the latency.
    if (measures.length > 0 === known > 0 ? trouble.factor >= circuit.factor : measures.length > 0) {
      circuit.factor = trouble.factor
      const words = record as Words
      circuit.worst = {
        measures,
        ...(missed.length > 0 && { contract_missed: missed }),
        ...trouble.evidence,
        ...(words.remote !== undefined && { remote: words.remote }),
        ...(words.direction !== undefined && { direction: words.direction }),
      }
    }
    this.#active.add(circuit.key)
  }

  evaluate(nowMs: number): void {
    this.#countBounds()
    if (nowMs - this.#sweptMs >= SWEEP_MS) {
      this.#sweptMs = nowMs
      this.#circuits.sweep(nowMs)
    }
    for (const circuit of this.#circuits.silence(nowMs)) this.#active.add(circuit.key)
    const reporter: Reporter = { context: this.#context, network: this.#network, nowMs }
    const wrong = this.#wrong(reporter)
    const folded = new Set<Circuit>()
    this.#judgeCarriers(wrong, folded, reporter)
    this.#judgeSites(wrong, folded, reporter)
    for (const circuit of wrong) if (!folded.has(circuit)) this.#judgeCircuit(circuit, reporter)
  }

  #countBounds(): void {
    const { evicted } = this.#series
    const { unwatched } = this.#circuits
    this.#context.count('series_evicted', evicted - this.#counted.evicted)
    this.#context.count('circuits_unwatched', unwatched - this.#counted.unwatched)
    this.#counted = { evicted, unwatched }
  }

  /** Circuits with which something is wrong now, and nobody works on. */
  #wrong({ network, nowMs }: Reporter): Circuit[] {
    const wrong: Circuit[] = []
    for (const key of this.#active) {
      const circuit = this.#circuits.get(key)
      const p = circuit && this.#context.parametersOf(circuit.orgId)
      if (circuit === undefined || !isWrong(circuit, p!, nowMs)) {
        this.#active.delete(key)
        continue
      }
      if (network.maintenance.covering(circuit, nowMs) === undefined) wrong.push(circuit)
    }
    return wrong
  }

  /** Where half of a supplier's links in a region suffer at once, it is the supplier. */
  #judgeCarriers(wrong: readonly Circuit[], folded: Set<Circuit>, reporter: Reporter): void {
    const { nowMs, context } = reporter
    const p = context.parametersOf(0)
    const groups = new Map<string, Circuit[]>()
    for (const circuit of wrong) {
      if (circuit.group === '' || circuit.chronic) continue
      if (nowMs - beganMs(circuit) > p.carrier_window_s * 1000 && !context.isOpen(`carrier|${circuit.group}`))
        continue
      const group = groups.get(circuit.group)
      if (group === undefined) groups.set(circuit.group, [circuit])
      else group.push(circuit)
    }
    for (const [group, circuits] of groups) {
      const open = context.isOpen(`carrier|${group}`)
      if (circuits.length < (open ? p.carrier_min / 2 : p.carrier_min)) continue
      let total = 0
      for (const { seenMs } of this.#circuits.ofGroup(group)) if (nowMs - seenMs <= p.stale_s * 1000) total++
      if (circuits.length < p.carrier_ratio * total * (open ? 0.5 : 1)) continue
      for (const circuit of circuits) folded.add(circuit)
      const firstSeenMs = Math.min(...circuits.map(firstOf))
      context.report(carrierReport(circuits, { total, firstSeenMs }, reporter))
    }
  }

  /** A site is down where each of its links is: those of the registry, or all that anybody told of. */
  #judgeSites(wrong: readonly Circuit[], folded: Set<Circuit>, reporter: Reporter): void {
    const { nowMs, context, network } = reporter
    const sites = new Set<number>()
    for (const c of wrong) if (c.siteId !== 0 && isDead(c) && !folded.has(c)) sites.add(c.siteId)
    for (const siteId of sites) {
      const all = [...this.#circuits.ofSite(siteId)]
      const p = context.parametersOf(all[0]!.orgId)
      const fresh = all.filter(({ seenMs }) => nowMs - seenMs <= p.stale_s * 1000)
      const dead = fresh.filter((c) => isDead(c) && nowMs - (c.downMs || c.deadMs) >= p.gather_s * 1000)
      const known = network.linksOf.get(siteId) ?? []
      if (dead.length === 0 || dead.length < fresh.length) continue
      if (!known.every((linkId) => dead.some((c) => c.linkId === linkId))) continue
      if (dead.every((c) => folded.has(c))) continue
      for (const circuit of dead) folded.add(circuit)
      context.report(siteReport(dead, reporter))
    }
  }

  #judgeCircuit(circuit: Circuit, reporter: Reporter): void {
    const { nowMs, context } = reporter
    if (nowMs - circuit.toldMs < TELL_AGAIN_MS && nowMs >= circuit.toldMs) return
    const p = context.parametersOf(circuit.orgId)
    const due = (sinceMs: number): boolean => sinceMs > 0 && nowMs - sinceMs >= p.gather_s * 1000
    const windowMs = p.flap_window_s * 1000
    const turns = circuit.turns.filter((ms) => nowMs - ms <= windowMs)
    const tell = (
      report: Omit<Parameters<typeof circuitReport>[1], 'lastSeenMs'>,
      lastSeenMs = nowMs,
    ): void => {
      circuit.toldMs = nowMs
      context.report(circuitReport(circuit, { ...report, lastSeenMs }, reporter))
    }
    if (turns.length >= p.flaps) {
      tell(flapping(turns, p), turns.at(-1))
    } else if (isDown(circuit) && due(circuit.downMs)) tell(down(circuit))
    else if (circuit.tunnelsDown > 0 && due(circuit.deadMs)) tell(this.#dead(circuit))
    else if (isBrown(circuit, nowMs) && due(circuit.brownMs)) tell(brown(circuit), circuit.brownLastMs)
  }

  #dead(circuit: Circuit): Omit<Parameters<typeof circuitReport>[1], 'lastSeenMs'> {
    const ends = this.#circuits.deadEnds(circuit).filter((siteId) => siteId !== 0)
    const names = ends.flatMap((siteId) => this.#context.siteName(siteId) ?? [])
    return {
      kind: 'tunnel_down',
      severity: SEVERITIES.medium,
      score: 80,
      firstSeenMs: circuit.deadFirstMs,
      magnitude: circuit.tunnelsDown,
      evidence: {
        paths_down: circuit.tunnelsDown,
        paths_known: circuit.tunnels,
        ...(names.length === 1 && { remote_site: names[0] }),
        ...(names.length > 1 && { remote_sites: names.slice(0, 20) }),
      },
    }
  }

  snapshot(): unknown {
    return {
      circuits: this.#circuits.snapshot(),
      series: this.#series.snapshot(),
      active: [...this.#active],
      sweptMs: this.#sweptMs,
    }
  }

  restore(state: unknown): void {
    const saved = state as { circuits: unknown; series: unknown; active: string[]; sweptMs: number }
    this.#circuits.restore(saved.circuits)
    this.#series.restore(saved.series)
    this.#active.clear()
    for (const key of saved.active) this.#active.add(key)
    this.#sweptMs = saved.sweptMs
    this.#counted = { evicted: this.#series.evicted, unwatched: this.#circuits.unwatched }
  }
}

/** How long a brown-out lasts without another bad sample: the next ones may be late. */
const holdMs = (circuit: Circuit): number => Math.max(30_000, 3 * circuit.brownIntervalMs)

const isBrown = (circuit: Circuit, nowMs: number): boolean =>
  circuit.brownMs > 0 && nowMs - circuit.brownLastMs <= holdMs(circuit)

function isWrong(circuit: Circuit, p: SlaParameters, nowMs: number): boolean {
  if (isBrown(circuit, nowMs)) return true
  const fresh = nowMs - circuit.seenMs <= p.stale_s * 1000
  if (fresh && (isDown(circuit) || circuit.tunnelsDown > 0)) return true
  const lastTurn = circuit.turns.at(-1) ?? 0
  return circuit.turns.length >= p.flaps && nowMs - lastTurn <= p.flap_window_s * 1000
}

const beganMs = (c: Circuit): number => c.downMs || c.deadMs || c.brownMs
const firstOf = (c: Circuit): number =>
  c.downMs > 0 ? c.downFirstMs : c.deadMs > 0 ? c.deadFirstMs : c.brownFirstMs

type Partly = Omit<Parameters<typeof circuitReport>[1], 'lastSeenMs'>

const down = (circuit: Circuit): Partly => ({
  kind: 'link_down',
  severity: SEVERITIES.medium,
  score: 90,
  firstSeenMs: circuit.downFirstMs,
  magnitude: 1,
  evidence: {
    down_since: new Date(circuit.downFirstMs).toISOString(),
    ...(circuit.tunnels > 0 && { paths_down: circuit.tunnelsDown, paths_known: circuit.tunnels }),
  },
})

const flapping = (turns: readonly number[], p: SlaParameters): Partly => ({
  kind: 'flapping',
  severity: SEVERITIES.medium,
  score: 80,
  firstSeenMs: turns[0]!,
  magnitude: turns.length,
  evidence: { changes: turns.length, window_s: p.flap_window_s, threshold: p.flaps },
})

/** A brown-out; one that only misses a contract, and always does, is told without waking anybody. */
function brown(circuit: Circuit): Partly {
  const { worst } = circuit
  const loss = Number(worst.loss_ratio ?? 0)
  const measures = Array.isArray(worst.measures) ? worst.measures.length : 0
  const usual = circuit.chronic ? SEVERITIES.low : SEVERITIES.medium
  return {
    kind: measures === 0 ? 'contract_missed' : 'brownout',
    severity: loss >= HIGH_LOSS ? SEVERITIES.high : usual,
    score: Math.min(95, 55 + 10 * measures + (worst.vendor_missed_samples === undefined ? 0 : 10)),
    firstSeenMs: circuit.brownFirstMs,
    magnitude: circuit.factor,
    evidence: { ...worst, factor: Math.round(circuit.factor * 100) / 100 },
  }
}

export const sla: SecurityService<SlaParameters> = {
  id: 'sla',
  title: { fr: 'Niveau de service des liens', en: 'Service level of links' },
  about: {
    fr: 'Trouve les dégradations des liens et des tunnels (latence, gigue, perte, qualité vocale) par rapport au contrat et à leur propre passé, les pannes de liens, de tunnels et de sites, l’instabilité, et la panne d’un fournisseur quand la moitié de ses liens d’une région souffrent ensemble.',
    en: 'Finds brown-outs of links and tunnels (latency, jitter, loss, voice quality) against the contract and their own past, links, tunnels and sites that are down, flapping, and the outage of a supplier when half of its links in a region suffer together.',
  },
  techniques: [],
  category: 'network',
  analyticType: 3,
  needs: ['device', 'link', 'latency_ms', 'loss_ratio', 'state'],
  betterWith: ['jitter_ms', 'mos', 'sla_met', 'latency_kind', 'direction', 'carrier'],
  parameters: slaParameters,
  samples: { analyzer: (context) => new SlaAnalyzer(context) },
}
