import { z } from 'zod'
import { addressText } from '../address.js'
import type { ByteReader } from '../bytes.js'
import type { ServiceContext } from '../context.js'
import type { FlowAnalyzer, SecurityService } from '../service.js'
import { StepGate } from '../step_gate.js'
import { keyHash, type SavedBook, VolumeBook } from '../volume_book.js'
import { addToSeries, learnWeek } from '../volume_series.js'
import { RegisterList, STEP_MS, VolumeEntry } from '../volume_table.js'
import { CONNECTIONS, type Judgement, judge, LARGEST, massOf, reportOf } from './ddos_rules.js'
import { DdosCollector, floorOf, LEVEL, levelOf, vectorOf } from './ddos_volumes.js'

export const ddosParameters = z.strictObject({
  packets_per_s: z
    .number()
    .positive()
    .default(10_000)
    .describe('Packets a second to one host from which a flood is possible'),
  bits_per_s: z
    .number()
    .positive()
    .default(100_000_000)
    .describe('Bits a second to one host from which a flood is possible'),
  reflection_bits_per_s: z
    .number()
    .positive()
    .default(20_000_000)
    .describe('Bits a second of reflected traffic (one source port of a reflecting service) to one host'),
  syn_per_s: z
    .number()
    .positive()
    .default(20)
    .describe('Connection requests that came to nothing, a second, to one host'),
  syn_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('Share of requests among requests and connections, at least, for a SYN flood'),
  icmp_packets_per_s: z.number().positive().default(1_000).describe('ICMP packets a second to one host'),
  sources: z
    .number()
    .int()
    .positive()
    .default(20)
    .describe('Different sources, estimated, from which a flood counts as distributed'),
  z: z
    .number()
    .positive()
    .default(6)
    .describe('Robust standard deviations of the logarithm above the steps before'),
  prefix_floor_growth: z
    .number()
    .min(0)
    .max(1)
    .default(0.15)
    .describe('The floor of a prefix is a host’s times 2^(growth × bits of the host part)'),
  carpet_hosts: z
    .number()
    .int()
    .positive()
    .default(16)
    .describe('Different hosts of a prefix or site under load, estimated, at least, for carpet bombing'),
  quiet_s: z.number().positive().default(120).describe('Quiet after which an incident is closed, s'),
})
export type DdosParameters = z.output<typeof ddosParameters>

/** Steps in which an incident may still begin or grow: what exporters send late is judged like the rest. */
const OPEN_STEPS = 19

/** Steps after which volume that raised no alarm was normal. */
const LEARN_AFTER = 6

interface DdosState {
  readonly firstStep: number
  readonly book: SavedBook
  readonly gate: unknown
}

/**
 * A subject is followed from the moment on at which the last frames brought one of its steps so many seconds' worth of its
 * floor: what came before is not told, a tenth of the floor at most.
 */
const FOLLOWED_FROM_S = 1

/** Series held at most. */
const SERIES = 20_000

class DdosAnalyzer implements FlowAnalyzer {
  readonly #context: ServiceContext<DdosParameters>
  readonly #entry = new VolumeEntry()
  readonly #hosts = new RegisterList()
  readonly #book = new VolumeBook(SERIES)
  readonly #gate = new StepGate()
  readonly #gateParameters: DdosParameters
  #firstStep = 0

  constructor(context: ServiceContext<DdosParameters>) {
    this.#context = context
    this.#gateParameters = context.loosest
  }

  apply(section: ByteReader, closedMs: number): void {
    // The step in which the detector started was not watched whole.
    if (this.#firstStep === 0) this.#firstStep = Math.floor(closedMs / STEP_MS) + 1
    this.#context.count('table_overflow', section.varint())
    const baseStep = section.varint()
    for (let kind = section.u8(); kind !== 0; kind = section.u8()) {
      this.#entry.readHead(section)
      const length = section.varint()
      const hash = keyHash(this.#entry.address, 0, this.#entry.tag)
      if (this.#matters(hash, baseStep)) this.#applyEntry(section, kind, hash, baseStep, closedMs)
      else section.skip(length)
    }
  }

  /** Whether the entry's key got enough lately to be followed. Most never do. */
  #matters(hash: number, baseStep: number): boolean {
    const entry = this.#entry
    const floor = floorOf(this.#gateParameters, vectorOf(entry.tag))
    let most = 0
    for (let mask = entry.slotMask; mask !== 0; mask &= mask - 1) {
      const slot = 31 - Math.clz32(mask & -mask)
      const worth = Math.max(entry.slotPackets[slot]! / floor.packets, entry.slotOctets[slot]! / floor.octets)
      if (worth > most) most = worth
    }
    return this.#gate.add(hash, baseStep, most) >= FOLLOWED_FROM_S
  }

  #applyEntry(section: ByteReader, kind: number, hash: number, baseStep: number, closedMs: number): void {
    const entry = this.#entry
    entry.readDetails(section)
    const connections = kind === 1 ? section.varint() : 0
    if (kind !== 1) this.#hosts.read(section)
    const largest = kind === 1 ? 0 : section.varint()
    const series = this.#book.of(entry, hash, baseStep, subjectOf, this.#evicted)
    if (series === undefined) {
      this.#context.count('series_refused', 1)
      return
    }
    this.#context.count('late_bytes', addToSeries(series, entry, baseStep, closedMs))
    series.extra[CONNECTIONS]! += connections
    series.extra[LARGEST]! += largest
    if (kind !== 1) this.#hosts.mergeInto(series.hosts)
  }

  readonly #evicted = (series: number): void => this.#context.count('series_evicted', series)

  evaluate(nowMs: number): void {
    const step = Math.floor(nowMs / STEP_MS)
    const hot: Judgement[] = []
    for (const s of this.#book.changed) {
      const found = judge(s, step - OPEN_STEPS, this.#firstStep, this.#context.parametersOf(s.orgId))
      if (found !== undefined) hot.push(found)
      else learnWeek(s, s.newest - LEARN_AFTER)
    }
    this.#book.judged()
    for (const found of hot) {
      if (this.#covered(found, hot)) continue
      this.#context.report(reportOf(found, this.#context))
    }
  }

  /**
   * Whether another incident says the same: a host's or narrow prefix's flood is told where it happens, so a wider subject
   * must carry half as much again as its largest part; many parts of a wide one are told as one.
   */
  #covered(found: Judgement, hot: readonly Judgement[]): boolean {
    const level = levelOf(found.series.tag)
    const mass = massOf(found, found.step)
    for (const other of hot) {
      if (other === found || !related(found, other)) continue
      const otherLevel = levelOf(other.series.tag)
      const theirs = massOf({ ...other, metric: found.metric, floor: found.floor }, found.step)
      if (otherLevel < level && theirs * 1.5 > mass) return true
      if (otherLevel > level && level !== LEVEL.host && theirs >= mass * 1.5) return true
    }
    return false
  }

  snapshot(): unknown {
    const state: DdosState = {
      firstStep: this.#firstStep,
      book: this.#book.snapshot(),
      gate: this.#gate.snapshot(),
    }
    return state
  }

  /** A state of a version before 0.3, which has no book, is left: this service then begins anew. */
  restore(state: unknown): void {
    const { firstStep, book, gate } = state as Partial<DdosState>
    if (firstStep === undefined || book === undefined) return
    this.#firstStep = firstStep
    this.#book.restore(book)
    this.#gate.restore(gate)
  }
}

/** What an entry is about, as text. */
function subjectOf(entry: VolumeEntry): string {
  const level = levelOf(entry.tag)
  return level === LEVEL.site ? `site ${entry.site}` : subjectText(entry.address, level)
}

/** Text of a host, or of the prefix that `level` makes of it. */
function subjectText(address: Uint32Array, level: number): string {
  const text = addressText(address, 0)
  if (level === LEVEL.host) return text
  const v4 = text.includes('.')
  return `${text}/${level === LEVEL.narrow ? (v4 ? 24 : 64) : v4 ? 20 : 48}`
}

/** Whether two subjects are of one family of traffic and one place: the same organisation and site, one in the other. */
function related(a: Judgement, b: Judgement): boolean {
  if (a.series.orgId !== b.series.orgId || a.series.siteId !== b.series.siteId) return false
  if (a.family !== b.family) return false
  if (levelOf(a.series.tag) === LEVEL.site || levelOf(b.series.tag) === LEVEL.site)
    return a.series.siteId !== 0
  const [narrow, wide] = a.series.subject.length > b.series.subject.length ? [a, b] : [b, a]
  return prefixOf(narrow.series.subject) === prefixOf(wide.series.subject)
}

/** The part of a subject that a /20 or /48 leaves whole. */
function prefixOf(subject: string): string {
  return subject.includes('.')
    ? subject.split('.').slice(0, 2).join('.')
    : subject.split(':').slice(0, 3).join(':')
}

export const ddos: SecurityService<DdosParameters> = {
  id: 'ddos',
  title: { fr: 'Attaques par déni de service', en: 'Denial-of-service attacks' },
  about: {
    fr: 'Trouve les inondations (SYN, UDP, ICMP), les attaques par réflexion et en nappe, et celles qui partent de nos hôtes.',
    en: 'Finds floods (SYN, UDP, ICMP), reflection and carpet bombing, and those that leave from our own hosts.',
  },
  techniques: ['T1498', 'T1498.001', 'T1498.002', 'T1499.001'],
  analyticType: 3,
  needs: [
    'src_addr',
    'dst_addr',
    'src_port',
    'dst_port',
    'ip_proto',
    'bytes',
    'packets',
    'flow_start',
    'flow_end',
  ],
  betterWith: ['tcp_flags', 'sampling_rate', 'dst_site_id', 'locality', 'reverse_packets'],
  parameters: ddosParameters,
  flows: {
    tag: 1,
    loosest: (all) => {
      const least = (name: keyof DdosParameters): number => Math.min(...all.map((p) => p[name]))
      return {
        ...all[0]!,
        packets_per_s: least('packets_per_s'),
        bits_per_s: least('bits_per_s'),
        reflection_bits_per_s: least('reflection_bits_per_s'),
        syn_per_s: least('syn_per_s'),
        icmp_packets_per_s: least('icmp_packets_per_s'),
      }
    },
    collector: (parameters) => new DdosCollector(parameters),
    analyzer: (context) => new DdosAnalyzer(context),
  },
}
