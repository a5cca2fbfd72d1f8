import { addressText } from './address.js'
import {
  addHeavyKey,
  clearHeavyKeys,
  type HeavyKeys,
  heavyKeys,
  type KeyText,
} from './sketches/heavy_keys.js'
import { hllEstimate } from './sketches/hyperloglog.js'
import { NO_PORT, PEERS_M, SLOTS, STEP_MS, type VolumeEntry } from './volume_table.js'

/** Steps that a series remembers: about five minutes, of which the last 190 s may still grow. */
export const RING = 48
/** Hours of the week, each with the highest step that was normal in it. */
const WEEK_HOURS = 168
/** Steps of quiet after which what is known of peers and ports is forgotten. */
const EPISODE_STEPS = 12

/** What the detector knows of one subject's traffic of one kind. Plain data. */
export interface VolumeSeries {
  readonly orgId: number
  readonly siteId: number
  readonly subject: string
  readonly tag: number
  /** Newest step with volume. */
  newest: number
  /** Volume by step, at `step % RING`. */
  readonly packets: Float64Array
  readonly octets: Float64Array
  /** log2 of octets a step, in eighths, by hour of the week: the highest that was normal. */
  readonly week: Uint8Array
  /** Hour of the week that was learnt last. */
  weekHour: number
  /** Since the episode began: */
  readonly peers: Uint8Array
  /** Different hosts of a subject that is a prefix or a site. */
  readonly hosts: Uint8Array
  readonly talkers: HeavyKeys
  readonly ports: HeavyKeys
  records: number
  single: number
  packetsSeen: number
  octetsSeen: number
  /** The service's own sums over the episode. */
  readonly extra: Float64Array
  sampling: number
  firstMs: number
  lastMs: number
}

export const portText: KeyText = (words, at) => String(words[at])

export function newSeries(entry: VolumeEntry, subject: string, step: number): VolumeSeries {
  return {
    orgId: entry.org,
    siteId: entry.site,
    subject,
    tag: entry.tag,
    newest: step,
    packets: new Float64Array(RING),
    octets: new Float64Array(RING),
    week: new Uint8Array(WEEK_HOURS),
    weekHour: -1,
    hosts: new Uint8Array(PEERS_M),
    peers: new Uint8Array(PEERS_M),
    talkers: heavyKeys(8, 4),
    ports: heavyKeys(4, 1),
    records: 0,
    single: 0,
    packetsSeen: 0,
    octetsSeen: 0,
    extra: new Float64Array(4),
    sampling: 1,
    firstMs: 0,
    lastMs: 0,
  }
}

/** Adds a frame's entry; `baseStep` is the frame's slot 0. Returns the octets that came too late for the ring. */
export function addToSeries(
  series: VolumeSeries,
  entry: VolumeEntry,
  baseStep: number,
  closedMs: number,
): number {
  const newest = baseStep - lowestSlot(entry.slotMask)
  if (newest > series.newest + EPISODE_STEPS) resetEpisode(series)
  advance(series, newest)
  let late = 0
  for (let slot = 0; slot < SLOTS; slot++) {
    if ((entry.slotMask & (1 << slot)) === 0) continue
    const step = baseStep - slot
    if (step <= series.newest - RING) {
      late += entry.slotOctets[slot]!
      continue
    }
    series.packets[step % RING]! += entry.slotPackets[slot]!
    series.octets[step % RING]! += entry.slotOctets[slot]!
    series.packetsSeen += entry.slotPackets[slot]!
    series.octetsSeen += entry.slotOctets[slot]!
  }
  entry.peers.mergeInto(series.peers)
  if (entry.peerWeight > 0) addHeavyKey(series.talkers, entry.peer, 0, entry.peerWeight, addressText)
  if (entry.port[0] !== NO_PORT && entry.portWeight > 0)
    addHeavyKey(series.ports, entry.port, 0, entry.portWeight, portText)
  if (series.records === 0)
    series.firstMs = Math.min(closedMs, (baseStep - highestSlot(entry.slotMask)) * STEP_MS)
  series.records += entry.records
  series.single += entry.single
  series.sampling = Math.max(series.sampling, entry.sampling)
  series.lastMs = Math.max(series.lastMs, Math.min(closedMs, (newest + 1) * STEP_MS))
  return late
}

function lowestSlot(mask: number): number {
  return mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
}

function highestSlot(mask: number): number {
  return mask === 0 ? 0 : 31 - Math.clz32(mask)
}

function advance(series: VolumeSeries, newest: number): void {
  if (newest <= series.newest) return
  const from = Math.max(series.newest + 1, newest - RING + 1)
  for (let step = from; step <= newest; step++) {
    series.packets[step % RING] = 0
    series.octets[step % RING] = 0
  }
  series.newest = newest
}

/** Forgets peers and ports: the next volume begins another episode. The week and the ring stay. */
function resetEpisode(series: VolumeSeries): void {
  series.peers.fill(0)
  series.hosts.fill(0)
  clearHeavyKeys(series.talkers)
  clearHeavyKeys(series.ports)
  series.records = 0
  series.single = 0
  series.packetsSeen = 0
  series.octetsSeen = 0
  series.extra.fill(0)
}

export const packetsAt = (s: VolumeSeries, step: number): number =>
  step > s.newest || step <= s.newest - RING ? 0 : s.packets[step % RING]!
export const octetsAt = (s: VolumeSeries, step: number): number =>
  step > s.newest || step <= s.newest - RING ? 0 : s.octets[step % RING]!
export const peersOf = (s: VolumeSeries): number => Math.round(hllEstimate(s.peers, 0, PEERS_M))

/** Median and scale of log1p(volume) over the steps that came before `onset`, as far as they were watched. */
export interface Baseline {
  /** Steps that were watched before the onset. */
  readonly steps: number
  /** Median volume a step. */
  readonly median: number
  /** How far `value` lies above, in robust standard deviations of its logarithm. */
  z(value: number): number
}

/** Scale below which differences mean nothing: a tenth of a natural logarithm. One step alone does not tell its spread. */
const LEAST_SCALE = 0.1
const LONE_SCALE = 0.5
const MAD_TO_SIGMA = 1.4826

/**
 * The step right before `onset` is left out: what begins late in a step does not reach the floor in it, and a short baseline
 * that holds a part of the flood would take the flood for normal.
 *
 * @param firstStep the first step the detector watched whole.
 */
export function baselineBefore(
  s: VolumeSeries,
  at: (s: VolumeSeries, step: number) => number,
  onset: number,
  firstStep: number,
): Baseline {
  const from = Math.max(firstStep, s.newest - RING + 1)
  const logs: number[] = []
  for (let step = from; step < onset - 1; step++) logs.push(Math.log1p(at(s, step)))
  logs.sort((a, b) => a - b)
  const median = middle(logs)
  const scale = Math.max(
    logs.length < 2 ? LONE_SCALE : LEAST_SCALE,
    MAD_TO_SIGMA * middle(logs.map((x) => Math.abs(x - median)).sort((a, b) => a - b)),
  )
  return {
    steps: Math.max(0, onset - firstStep),
    median: Math.expm1(median),
    z: (value) => (Math.log1p(value) - median) / scale,
  }
}

function middle(sorted: readonly number[]): number {
  if (sorted.length === 0) return 0
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

const hourOf = (step: number): number => Math.floor((step * STEP_MS) / 3_600_000) % WEEK_HOURS

/** Learns that the volume of `step` was normal. A peak fades by half a doubling a week. */
export function learnWeek(s: VolumeSeries, step: number): void {
  const value = Math.min(255, Math.round(8 * Math.log2(1 + octetsAt(s, step))))
  const hour = hourOf(step)
  if (hour !== s.weekHour) {
    s.weekHour = hour
    s.week[hour] = Math.max(0, s.week[hour]! - 4)
  }
  if (value > s.week[hour]!) s.week[hour] = value
}

/** The highest octets a step that were normal at this hour of the week, the hour before and the hour after. */
export function weeklyPeak(s: VolumeSeries, step: number): number {
  const hour = hourOf(step)
  const peak = Math.max(
    s.week[hour]!,
    s.week[(hour + 1) % WEEK_HOURS]!,
    s.week[(hour + WEEK_HOURS - 1) % WEEK_HOURS]!,
  )
  return 2 ** (peak / 8) - 1
}
