import { z } from 'zod'
import { SEVERITIES } from '../../model/finding.js'
import { LOCALITIES } from '../../model/flow_columns.js'
import { addressKey, addressOfKey } from '../address.js'
import { BoundedMap } from '../bounded_map.js'
import type { ByteReader, ByteWriter } from '../bytes.js'
import { Call, CallTable, OUTCOME } from '../call_table.js'
import type { ServiceContext } from '../context.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { type FlowView, KIND } from '../flow_view.js'
import { hashAddress, hashWith } from '../hash.js'
import { Prevalence } from '../prevalence.js'
import type { FlowAnalyzer, FrameSpan, PartialCollector, SecurityService } from '../service.js'
import { Doorkeeper } from '../sketches/doorkeeper.js'
import { BEACON_TITLES } from '../titles.js'
import { type Beat, beatOf, FIELDS, isBeacon, MEMORY, PAIR_SHAPE, type Pair, TIMES } from './beacon_beat.js'

export const beaconParameters = z.strictObject({
  calls: z
    .number()
    .int()
    .min(8)
    .default(20)
    .describe('Calls from one host to one place before they are judged'),
  failing_calls: z.number().int().min(8).default(30).describe('The same, of calls that get no answer'),
  sharp_calls: z
    .number()
    .int()
    .min(5)
    .default(10)
    .describe('The same, of calls that keep their beat and size almost exactly'),
  span_s: z.number().positive().default(300).describe('Time over which the calls spread, at least, s'),
  failing_span_s: z.number().positive().default(1800).describe('The same, of calls that get no answer, s'),
  regularity: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .describe(
      '1 − interquartile range of the intervals / (2 × their median), at least: half a period of jitter gives 0.75',
    ),
  same_size: z
    .number()
    .min(0)
    .max(1)
    .default(0.6)
    .describe('Share of calls whose size lies within 5 % of the commonest, at least'),
  call_s: z
    .number()
    .positive()
    .default(30)
    .describe('Median duration of a call, at most, s: what lasts longer is a session'),
  popular_sources: z
    .number()
    .positive()
    .default(60)
    .describe(
      'Different inside sources of a destination, over all sites, from which it is no place of command',
    ),
  quiet_periods: z.number().positive().default(12).describe('Missed calls after which an incident is closed'),
  allow: z
    .array(z.string())
    .max(10_000)
    .default([])
    .describe('Destinations that may be called at a beat: updates, monitoring'),
})
export type BeaconParameters = z.output<typeof beaconParameters>

const PAIRS = 65_536
const LEAST_QUIET_MS = 600_000
/** No single call of a beacon is larger, longer or has more packets. */
const MOST = { octets: 65_536, packets: 200, durationMs: 120_000 }
/** Names, time, addresses, discovery: what every host asks at a beat. */
const INFRASTRUCTURE = new Set([
  53, 67, 68, 123, 137, 138, 161, 162, 514, 546, 547, 853, 1900, 3478, 3702, 5353, 5355,
])

/** Calls from inside to outside that may be one of a beat: new connections and small questions. */
class BeaconCollector implements PartialCollector {
  readonly #calls = new CallTable()

  observe(view: FlowView): void {
    const { rows, kind, reach, flags, octets, packets } = view
    for (let row = 0; row < rows; row++) {
      if (reach[row] !== LOCALITIES.outbound) continue
      const k = kind[row]
      const starts =
        k === KIND.tcp
          ? (flags[row]! & 2) !== 0
          : k === KIND.tcpFailed || k === KIND.udp || k === KIND.udpFailed
      if (!starts || octets[row]! > MOST.octets || packets[row]! > MOST.packets) continue
      if (view.endMs[row]! - view.startMs[row]! > MOST.durationMs) continue
      // A client asks from a port of its own; ours that answers from a lower one is a server.
      if (view.srcPort[row]! <= view.dstPort[row]! && view.dstPort[row]! >= 32_768) continue
      if (INFRASTRUCTURE.has(view.dstPort[row]!)) continue
      this.#calls.add(view, row)
    }
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    this.#calls.take(writer, frame)
  }
}

class BeaconAnalyzer implements FlowAnalyzer {
  readonly #context: ServiceContext<BeaconParameters>
  readonly #call = new Call()
  readonly #prevalence = new Prevalence()
  readonly #door = new Doorkeeper()
  readonly #pairs: BoundedMap<Pair>
  readonly #changed = new Set<string>()

  constructor(context: ServiceContext<BeaconParameters>) {
    this.#context = context
    this.#pairs = new BoundedMap(PAIRS, PAIR_SHAPE, (p) =>
      context.isOpen(p.key) ? Number.POSITIVE_INFINITY : p.count - 1,
    )
  }

  #isOpen(pair: Pair): boolean {
    return pair.open && this.#context.isOpen(incidentOf(pair))
  }

  apply(section: ByteReader, closedMs: number): void {
    this.#context.count('calls_not_watched', section.varint())
    const call = this.#call
    while (call.read(section, closedMs)) this.#add(call)
  }

  #add(call: Call): void {
    const dstHash = hashAddress(call.dst, 0)
    this.#prevalence.note(dstHash, hashAddress(call.src, 0), call.startMs)
    const p = this.#context.parametersOf(call.orgId, call.siteId)
    if (this.#prevalence.sources(dstHash) >= p.popular_sources) {
      this.#context.count('popular_calls_skipped', 1)
      return
    }
    // Most pairs call once: they are remembered by two bits.
    const pairHash = hashWith(hashWith(hashAddress(call.src, 0), dstHash), call.dstPort * 256 + call.proto)
    if (!this.#door.knows(pairHash)) return
    const src = addressKey(call.src, 0)
    const key = src + addressKey(call.dst, 0) + String.fromCharCode(call.dstPort, call.proto)
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      const { dstPort, proto, orgId, siteId, startMs } = call
      const seen = {
        firstMs: startMs,
        lastMs: startMs,
        count: 0,
        failed: 0,
        calls: [],
        times: 0,
        open: false,
        credit: -1,
      }
      pair = { key, split: src.length, dstPort, proto, orgId, siteId, dstHash, ...seen }
      const before = this.#pairs.evicted
      this.#pairs.set(key, pair)
      this.#context.count('pairs_evicted', this.#pairs.evicted - before)
    }
    pair.count++
    if (call.outcome === OUTCOME.failed) pair.failed++
    pair.lastMs = Math.max(pair.lastMs, call.startMs)
    pair.calls.push(call.startMs, call.octets, call.durationMs, call.srcPort)
    if (pair.calls.length > MEMORY * FIELDS) pair.calls.splice(0, FIELDS)
    pair.credit = -1
    if (pair.count >= Math.min(p.sharp_calls, p.calls, p.failing_calls)) this.#changed.add(key)
  }

  evaluate(): void {
    for (const key of this.#changed) {
      const pair = this.#pairs.get(key)
      if (pair === undefined) continue
      const p = this.#context.parametersOf(pair.orgId, pair.siteId)
      if (p.allow.length > 0 && p.allow.includes(endsOf(pair).dst)) continue
      const beat = beatOf(pair)
      if (beat === undefined || !isBeacon(beat, p, this.#isOpen(pair))) {
        pair.times = 0
        continue
      }
      // Chance keeps a beat now and then; it does not after call upon call.
      if (!this.#isOpen(pair) && ++pair.times < TIMES) continue
      pair.open = true
      this.#context.report(reportOf(pair, beat, this.#prevalence.sources(pair.dstHash), this.#context))
    }
    this.#changed.clear()
  }

  snapshot(): unknown {
    return {
      pairs: this.#pairs.snapshot(),
      prevalence: this.#prevalence.snapshot(),
      door: this.#door.snapshot(),
      changed: [...this.#changed],
    }
  }

  restore(state: unknown): void {
    const saved = state as Record<'pairs' | 'prevalence' | 'door', unknown> & { changed: string[] }
    this.#pairs.restore(saved.pairs)
    this.#prevalence.restore(saved.prevalence)
    this.#door.restore(saved.door)
    this.#changed.clear()
    for (const key of saved.changed) this.#changed.add(key)
  }
}

/** The addresses of a pair as text. */
function endsOf({ key, split }: Pair): { src: string; dst: string } {
  return { src: addressOfKey(key, 0, split), dst: addressOfKey(key, split, key.length - split - 2) }
}

/** Names the incident of a pair: text that reads the same everywhere. */
function incidentOf(pair: Pair): string {
  const { src, dst } = endsOf(pair)
  return `${src}|${dst}|${pair.dstPort}|${pair.proto}`
}

const WEB = new Set([80, 443, 8080, 8443])

function reportOf(
  pair: Pair,
  beat: Beat,
  sources: number,
  context: ServiceContext<BeaconParameters>,
): FindingReport {
  const p = context.parametersOf(pair.orgId, pair.siteId)
  const score = 40 + 25 * beat.regularity + 20 * beat.sameSize + (sources < 3 ? 10 : 0)
  const site = context.siteName(pair.siteId)
  const { src, dst } = endsOf(pair)
  return {
    key: incidentOf(pair),
    severity: beat.failing ? SEVERITIES.low : SEVERITIES.high,
    score: Math.min(99, score),
    orgId: pair.orgId,
    siteId: pair.siteId,
    src: [src],
    dst: [dst],
    dstPort: pair.dstPort,
    ipProto: pair.proto,
    firstSeenMs: pair.firstMs,
    lastSeenMs: pair.lastMs,
    technique: pair.proto === 6 && WEB.has(pair.dstPort) ? 'T1071.001' : 'T1071',
    evidence: {
      kind: beat.failing ? 'failing' : 'answered',
      calls: pair.count,
      period_s: Math.round(beat.periodMs / 100) / 10,
      regularity: round(beat.regularity),
      threshold: p.regularity,
      same_size_ratio: round(beat.sameSize),
      call_bytes: beat.octets,
      call_ms: Math.round(beat.durationMs),
      sources_estimated: Math.round(sources),
      failed_calls: pair.failed,
      sql: flowsSql({
        src,
        dst,
        dstPort: pair.dstPort,
        ipProto: pair.proto,
        fromMs: pair.firstMs,
        toMs: pair.lastMs,
      }),
    },
    title: BEACON_TITLES[beat.failing ? 'failing' : 'answered']({ site }),
    magnitude: pair.count,
    quietMs: Math.max(LEAST_QUIET_MS, p.quiet_periods * beat.periodMs),
  }
}

const round = (x: number): number => Math.round(x * 1000) / 1000

export const beacon: SecurityService<BeaconParameters> = {
  id: 'beacon',
  title: { fr: 'Communications de balise', en: 'Beaconing' },
  about: {
    fr: 'Trouve les hôtes qui appellent un même lieu d’Internet à intervalle régulier, avec des appels courts et de même taille.',
    en: 'Finds hosts that call one place on the Internet at a beat, with short calls of one size.',
  },
  techniques: ['T1071.001', 'T1071'],
  takenOver: ({ src }) => src,
  analyticType: 2,
  needs: [
    'src_addr',
    'dst_addr',
    'dst_port',
    'ip_proto',
    'tcp_flags',
    'bytes',
    'flow_start',
    'flow_end',
    'locality',
  ],
  betterWith: ['src_port', 'reverse_packets'],
  parameters: beaconParameters,
  bySite: true,
  flows: {
    tag: 4,
    loosest: (all) => all[0]!,
    collector: () => new BeaconCollector(),
    analyzer: (context) => new BeaconAnalyzer(context),
  },
}
