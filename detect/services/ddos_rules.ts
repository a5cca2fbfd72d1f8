import { SEVERITIES } from '../../model/finding.js'
import { addressText } from '../address.js'
import type { ServiceContext } from '../context.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { type HeavyKeys, surestCount, topHeavyKeys } from '../sketches/heavy_keys.js'
import { hllEstimate } from '../sketches/hyperloglog.js'
import { DDOS_TITLES, type DdosKind } from '../titles.js'
import {
  type Baseline,
  baselineBefore,
  octetsAt,
  packetsAt,
  peersOf,
  portText,
  type VolumeSeries,
  weeklyPeak,
} from '../volume_series.js'
import { PEERS_M, STEP_MS } from '../volume_table.js'
import type { DdosParameters } from './ddos.js'
import {
  DIRECTION,
  directionOf,
  floorOf,
  LEVEL,
  levelOf,
  REFLECTORS,
  VECTOR,
  vectorOf,
} from './ddos_volumes.js'

/** Places in `VolumeSeries.extra`: connections beside SYN, packets of the largest host of a prefix. */
export const CONNECTIONS = 0
export const LARGEST = 1

/** What was decided of a series at one moment. */
export interface Judgement {
  readonly series: VolumeSeries
  readonly kind: DdosKind
  readonly family: 'syn' | 'udp' | 'icmp' | 'other' | 'tcp'
  readonly metric: 'packets' | 'octets'
  /** Floor, a step, in the metric. */
  readonly floor: number
  /** First step at or above the floor, and the highest one. */
  readonly onset: number
  readonly step: number
  readonly baseline: Baseline
  readonly z: number
  readonly peers: number
  readonly parameters: DdosParameters
}

/** What a vector must show: so many floors, after so many watched steps, so concentrated. */
interface Demand {
  readonly floors: number
  readonly steps: number
  /** Share of the heaviest peer among packets, at least. */
  readonly onePeer?: number
  readonly octetsPerPacket?: number
}

/** Half an hour less than this of watching cannot tell a flood over TCP, QUIC or tunnels from business. */
const LONG = 18
const NEVER: Demand = { floors: Number.POSITIVE_INFINITY, steps: 0 }
const SECONDS = STEP_MS / 1000

function familyOf(vector: number): Judgement['family'] {
  if (vector === VECTOR.syn) return 'syn'
  if (vector === VECTOR.icmp) return 'icmp'
  if (vector === VECTOR.tcp) return 'tcp'
  return vector === VECTOR.other ? 'other' : 'udp'
}

function demandOf(vector: number, direction: number, many: boolean, onePort: boolean): Demand {
  const reflected = vector >= VECTOR.reflection
  if (direction === DIRECTION.outbound) {
    if (vector === VECTOR.syn) return { floors: 2.5, steps: 0, onePeer: 0.6 }
    if (vector === VECTOR.icmp) return { floors: 0.2, steps: 0, onePeer: 0.6 }
    if (reflected) return { floors: 1, steps: 0, onePeer: 0.6, octetsPerPacket: 400 }
    if (vector !== VECTOR.udp) return { floors: 4, steps: LONG, onePeer: 0.6 }
    // A tunnel or a call goes to one port; a flood mostly to any.
    return { floors: onePort ? 1 : 0.3, steps: 2, onePeer: 0.6 }
  }
  const inner = direction === DIRECTION.internal ? 4 : 1
  if (vector === VECTOR.syn) return { floors: inner, steps: 0 }
  if (vector === VECTOR.icmp) return { floors: inner, steps: 0 }
  if (vector === VECTOR.tcp || vector === VECTOR.quic)
    return many ? { floors: 4 * inner, steps: LONG } : NEVER
  if (reflected)
    return many ? { floors: inner, steps: 0, octetsPerPacket: 400 } : { floors: 5 * inner, steps: LONG }
  if (direction === DIRECTION.internal) return { floors: 4, steps: LONG }
  if (many) return { floors: 1, steps: 2 }
  return vector === VECTOR.udp ? { floors: 3, steps: 2 } : { floors: 4, steps: LONG }
}

/** A subject's floor grows with the hosts it holds. */
function growth(level: number, v4: boolean, p: DdosParameters): number {
  if (level === LEVEL.host) return 1
  const bits = level === LEVEL.narrow ? (v4 ? 8 : 64) : v4 ? 12 : 80
  return 2 ** (p.prefix_floor_growth * Math.min(bits, 12))
}

/** Judges the steps of `series` from `from` on. */
export function judge(
  series: VolumeSeries,
  from: number,
  firstStep: number,
  p: DdosParameters,
): Judgement | undefined {
  const vector = vectorOf(series.tag)
  const direction = directionOf(series.tag)
  const level = levelOf(series.tag)
  const peers = peersOf(series)
  const manyFrom = vector === VECTOR.tcp ? 5 * p.sources : p.sources
  const onePort = topShare(series.ports, series.packetsSeen) >= 0.6
  const demand = demandOf(vector, direction, level !== LEVEL.host || peers >= manyFrom, onePort)
  const floor = floorOf(p, vector)
  const factor = demand.floors * growth(level, !series.subject.includes(':'), p) * SECONDS
  if (!shaped(series, demand, peers, p)) return undefined
  for (const metric of ['packets', 'octets'] as const) {
    const at = metric === 'packets' ? packetsAt : octetsAt
    const hot = hotSteps(series, at, from, floor[metric] * factor)
    if (hot === undefined) continue
    const baseline = baselineBefore(series, at, hot.onset, firstStep)
    if (baseline.steps < demand.steps) continue
    const zScore = baseline.z(at(series, hot.step))
    if (baseline.steps >= 2 && zScore < p.z) continue
    if (metric === 'octets' && octetsAt(series, hot.step) < 2 * weeklyPeak(series, hot.step)) continue
    return {
      series,
      kind: kindOf(vector, direction, level),
      family: familyOf(vector),
      metric,
      floor: floor[metric] * factor,
      onset: hot.onset,
      step: hot.step,
      baseline,
      z: zScore,
      peers,
      parameters: p,
    }
  }
  return undefined
}

/** First and highest step over the floor: one at twice the floor, or two of three steps at the floor. */
function hotSteps(
  s: VolumeSeries,
  at: (s: VolumeSeries, step: number) => number,
  from: number,
  floor: number,
): { onset: number; step: number } | undefined {
  let onset = 0
  let step = 0
  let highest = 0
  let enough = false
  for (let t = Math.max(from, s.newest - 18); t <= s.newest; t++) {
    const x = at(s, t)
    if (x < floor) continue
    if (onset === 0) onset = t
    if (x >= 2 * floor || at(s, t - 1) >= floor || at(s, t - 2) >= floor) enough = true
    if (x > highest) {
      highest = x
      step = t
    }
  }
  return enough ? { onset, step } : undefined
}

/** Of fewer sampled packets neither a rate nor a shape is known: a count of ten is wrong by 62 %, one in twenty times. */
const SAMPLES_MIN = 10

/** Whether the traffic has the shape that its vector asks for, whatever its rate. */
function shaped(s: VolumeSeries, demand: Demand, peers: number, p: DdosParameters): boolean {
  if (demand.floors === Number.POSITIVE_INFINITY) return false
  if (demand.octetsPerPacket !== undefined && s.octetsSeen < demand.octetsPerPacket * s.packetsSeen)
    return false
  if (demand.onePeer !== undefined && topShare(s.talkers, s.packetsSeen) < demand.onePeer) return false
  if (s.sampling > 1 && s.packetsSeen < SAMPLES_MIN * s.sampling) return false
  if (levelOf(s.tag) !== LEVEL.host) {
    // Few who knock at many hosts scan them.
    if (vectorOf(s.tag) === VECTOR.syn && peers < p.sources) return false
    return hostsOf(s) >= p.carpet_hosts && s.extra[LARGEST]! < 0.25 * s.packetsSeen && s.extra[LARGEST]! > 0
  }
  if (vectorOf(s.tag) !== VECTOR.syn) return true
  const requests = s.records / (s.records + s.extra[CONNECTIONS]!)
  const onePort = topShare(s.ports, s.packetsSeen) >= 0.6
  // Many ports of one host asked by few sources are a scan, not a flood.
  return requests >= p.syn_ratio && s.single >= s.records / 2 && (onePort || peers >= 2.5 * p.sources)
}

/** Lower bound of the heaviest key's share, from what the majority vote left it with. */
function topShare(keys: HeavyKeys, total: number): number {
  const most = surestCount(keys)
  return total === 0 || most === 0 ? 0 : (1 + Math.min(1, most / total)) / 2
}

const hostsOf = (s: VolumeSeries): number => Math.round(hllEstimate(s.hosts, 0, PEERS_M))

function kindOf(vector: number, direction: number, level: number): DdosKind {
  const reflected = vector >= VECTOR.reflection
  if (direction === DIRECTION.outbound) return reflected ? 'abused_reflector' : 'outbound_flood'
  if (level !== LEVEL.host) return 'carpet_bombing'
  if (vector === VECTOR.syn) return 'syn_flood'
  return reflected ? 'reflection' : 'volumetric'
}

const TECHNIQUE: Readonly<Record<DdosKind, string>> = {
  volumetric: 'T1498.001',
  carpet_bombing: 'T1498.001',
  outbound_flood: 'T1498.001',
  reflection: 'T1498.002',
  abused_reflector: 'T1498.002',
  syn_flood: 'T1499.001',
}

/** Volume of the judged metric in a step. */
export function massOf(found: Judgement, step: number): number {
  return found.metric === 'packets' ? packetsAt(found.series, step) : octetsAt(found.series, step)
}

/** The report of an incident: one for each subject and direction, whatever vectors it is made of. */
export function reportOf(found: Judgement, context: ServiceContext<DdosParameters>): FindingReport {
  const { series: s, kind } = found
  const outbound = directionOf(s.tag) === DIRECTION.outbound
  const level = levelOf(s.tag)
  const talkers = topHeavyKeys(s.talkers, 8, addressText)
  const topPort = topHeavyKeys(s.ports, 1, portText)[0]
  const top = talkers.map(({ key }) => key)
  const ratio = massOf(found, found.step) / found.floor
  const site = context.siteName(s.siteId)
  const subject = level === LEVEL.site ? [] : [s.subject]
  const port = topShare(s.ports, s.packetsSeen) >= 0.6 ? Number(topPort!.key) : undefined
  return {
    key: `${outbound ? 'out' : 'in'}|${s.subject}`,
    severity: ratio >= 25 ? SEVERITIES.critical : ratio >= 5 ? SEVERITIES.high : SEVERITIES.medium,
    score: Math.min(99, 60 + 8 * Math.log2(1 + ratio) + (found.baseline.steps >= 18 ? 10 : 0)),
    orgId: s.orgId,
    siteId: s.siteId,
    src: outbound ? subject : top,
    dst: outbound ? top : subject,
    ...(port === undefined ? {} : { dstPort: port }),
    ...(protocolOf(vectorOf(s.tag)) === undefined ? {} : { ipProto: protocolOf(vectorOf(s.tag))! }),
    firstSeenMs: Math.max(s.firstMs, found.onset * STEP_MS),
    lastSeenMs: s.lastMs,
    technique: TECHNIQUE[kind],
    evidence: evidenceOf(found, talkers),
    title: DDOS_TITLES[kind]({ site, what: reflectorName(vectorOf(s.tag)) }),
    magnitude: massOf(found, found.step),
    quietMs: found.parameters.quiet_s * 1000,
  }
}

function reflectorName(vector: number): string | undefined {
  return vector >= VECTOR.reflection ? REFLECTORS[vector - VECTOR.reflection]!.name : undefined
}

function protocolOf(vector: number): number | undefined {
  if (vector === VECTOR.tcp || vector === VECTOR.syn) return 6
  if (vector === VECTOR.icmp) return 1
  return vector === VECTOR.other ? undefined : 17
}

function evidenceOf(found: Judgement, talkers: ReturnType<typeof topHeavyKeys>): Record<string, unknown> {
  const { series: s, step } = found
  const outbound = directionOf(s.tag) === DIRECTION.outbound
  const level = levelOf(s.tag)
  const vector = vectorOf(s.tag)
  // The highest step may be the one that is still running.
  const elapsed = Math.min(SECONDS, Math.max(1, (s.lastMs - step * STEP_MS) / 1000))
  return {
    kind: found.kind,
    peak_packets_per_s: Math.round(packetsAt(s, step) / elapsed),
    peak_bits_per_s: Math.round((octetsAt(s, step) * 8) / elapsed),
    floor_per_s: Math.round((found.floor * (found.metric === 'octets' ? 8 : 1)) / SECONDS),
    floor_unit: found.metric === 'octets' ? 'bit/s' : 'packet/s',
    baseline_median_per_s: Math.round(
      (found.baseline.median * (found.metric === 'octets' ? 8 : 1)) / SECONDS,
    ),
    baseline_steps: found.baseline.steps,
    z: Math.round(found.z * 10) / 10,
    [outbound ? 'destinations_estimated' : 'sources_estimated']: found.peers,
    ...(level === LEVEL.host ? {} : { hosts_estimated: hostsOf(s) }),
    ...(reflectorName(vector) === undefined ? {} : { reflector: reflectorName(vector) }),
    ...(vector === VECTOR.syn ? { requests: s.records, connections: s.extra[CONNECTIONS] } : {}),
    mean_packet_bytes: Math.round(s.octetsSeen / Math.max(1, s.packetsSeen)),
    records: s.records,
    sampling_rate: s.sampling,
    // 95 % error of a count by sampling: 196·√(1/samples) percent (sFlow packet sampling basics, Phaal and Panchen).
    sampling_error_ratio:
      s.sampling > 1 ? round3(1.96 / Math.sqrt(Math.max(1, s.packetsSeen / s.sampling))) : 0,
    [outbound ? 'top_destinations' : 'top_sources']: talkers.map(({ key, count, error }) => ({
      addr: key,
      packets_at_least: Math.round(count - error),
    })),
    sql: flowsSql({
      ...(outbound ? { src: s.subject } : level === LEVEL.site ? { siteId: s.siteId } : { dst: s.subject }),
      ...(vector >= VECTOR.reflection ? { srcPort: REFLECTORS[vector - VECTOR.reflection]!.port } : {}),
      ...(protocolOf(vector) === undefined ? {} : { ipProto: protocolOf(vector)! }),
      fromMs: found.onset * STEP_MS,
      toMs: s.lastMs,
    }),
  }
}

const round3 = (x: number): number => Math.round(x * 1000) / 1000
