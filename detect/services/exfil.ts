import { z } from 'zod'
import { SEVERITIES } from '../../model/finding.js'
import { LOCALITIES } from '../../model/flow_columns.js'
import { addressKey, addressOfKey, isV4 } from '../address.js'
import { BoundedMap } from '../bounded_map.js'
import type { ByteReader, ByteWriter } from '../bytes.js'
import type { ServiceContext } from '../context.js'
import { Edge, EdgeTable } from '../edge_table.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { type FlowView, KIND } from '../flow_view.js'
import { hashAddress, hashWith, mix } from '../hash.js'
import { CLIENT, clientOf } from '../initiator.js'
import { Prevalence } from '../prevalence.js'
import type { FlowAnalyzer, FrameSpan, PartialCollector, SecurityService } from '../service.js'
import { StepGate } from '../step_gate.js'
import { EXFIL_TITLES, type ExfilKind } from '../titles.js'
import {
  daysLike,
  lastHour,
  noteHour,
  noteTransfer,
  SENDER_SHAPE,
  type Sender,
  STEP_MS,
  slowly,
  TRANSFER_SHAPE,
  type Transfer,
  unusual,
} from './exfil_history.js'

export const exfilParameters = z.strictObject({
  bytes: z
    .number()
    .positive()
    .default(100e6)
    .describe(
      'Bytes from one host to one place outside (/24, /48) within an hour, once the host is known for a week',
    ),
  unknown_bytes: z
    .number()
    .positive()
    .default(200e6)
    .describe('The same of a host that is not known for a week yet'),
  asymmetry: z
    .number()
    .min(0)
    .max(1)
    .default(0.6)
    .describe('(Out − in) / (out + in) of the bytes with the place, at least'),
  z: z
    .number()
    .positive()
    .default(6)
    .describe('Robust standard deviations of the logarithm above the same hour of the four weeks before'),
  popular_sources: z
    .number()
    .int()
    .positive()
    .default(10)
    .describe(
      'Hosts of ours that send much to a place, over all sites, from which it is a service that we use',
    ),
  slow_days: z
    .number()
    .int()
    .min(2)
    .max(7)
    .default(3)
    .describe(
      'Days of the last seven on which a host sent to a place that only it sends to, for a slow exfiltration',
    ),
  slow_day_bytes: z.number().positive().default(5e6).describe('Bytes on each of these days, at least'),
  slow_bytes: z.number().positive().default(100e6).describe('Bytes on all of these days, at least'),
  cusum: z
    .number()
    .positive()
    .default(8)
    .describe(
      'Sum of daily excesses over the days before, in robust standard deviations, where the place is known',
    ),
  quiet_s: z.number().positive().default(7200).describe('Quiet after which an incident is closed, s'),
  allow: z
    .array(z.string())
    .max(1000)
    .default([])
    .describe('Hosts, or addresses outside, between which much is sent: backup, publication'),
})
export type ExfilParameters = z.output<typeof exfilParameters>

/** Records of fewer octets are not looked at. */
const LEAST_OCTETS = 32_768
/** What a pair of host and place sends within a step before it is followed, and when its place counts as used. */
const FOLLOWED_OCTETS = 1e6
const TRANSFERS = 16_384
const SENDERS = 16_384
/** Cells that tell how many hosts send to a place: places that are sent much to are few. */
const PLACES = 1 << 15
const TCP = 6
/** Acknowledgements are a thousandth of what they acknowledge, at least. */
const UNHEARD = 1000
const WEEK_MS = 7 * 86_400_000
const SLOW_QUIET_MS = 2 * 86_400_000

/** What hosts inside send out and get back over connections that they began, in records that are not small. */
class ExfilCollector implements PartialCollector {
  readonly #edges = new EdgeTable({ capacity: 8192, written: 128, writtenPerMs: 6, keep: 'heaviest' })

  observe(view: FlowView): void {
    const { rows, octets, reach, kind, answerOctets } = view
    for (let row = 0; row < rows; row++) {
      if (octets[row]! < LEAST_OCTETS && answerOctets[row]! < LEAST_OCTETS) continue
      const r = reach[row]
      if ((r !== LOCALITIES.outbound && r !== LOCALITIES.inbound) || kind[row] === KIND.skip) continue
      const forward = (clientOf(view, row) & CLIENT.source) !== 0
      if (forward !== (r === LOCALITIES.outbound)) continue
      this.#edges.add(view, row, forward, forward ? view.dstPort[row]! : view.srcPort[row]!, 0, 0)
    }
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    this.#edges.take(writer, frame)
  }
}

class ExfilAnalyzer implements FlowAnalyzer {
  readonly #context: ServiceContext<ExfilParameters>
  readonly #edge = new Edge()
  readonly #gate = new StepGate()
  readonly #prevalence = new Prevalence(PLACES)
  readonly #transfers: BoundedMap<Transfer>
  readonly #senders: BoundedMap<Sender>
  readonly #changed = new Set<string>()

  constructor(context: ServiceContext<ExfilParameters>) {
    this.#context = context
    this.#transfers = new BoundedMap(TRANSFERS, TRANSFER_SHAPE, (t) =>
      t.open && context.isOpen(incidentOf(t)) ? Number.POSITIVE_INFINITY : t.days.length / 3 - 1,
    )
    this.#senders = new BoundedMap(SENDERS, SENDER_SHAPE, (s) => Math.floor(s.hours.length / 8))
  }

  apply(section: ByteReader, closedMs: number): void {
    this.#context.count('pairs_not_written', section.varint())
    const edge = this.#edge
    while (edge.read(section, closedMs)) this.#add(edge)
  }

  #add(edge: Edge): void {
    const place = placeOf(edge.server)
    const host = hashAddress(edge.client, 0)
    const pair = hashWith(host, place)
    // Much is the matter from a million octets within a step on; most pairs never come to that.
    const step = Math.floor(edge.lastMs / STEP_MS)
    if (this.#gate.add(pair, step, edge.octets) < FOLLOWED_OCTETS) return
    this.#prevalence.note(place, host, edge.lastMs)
    const src = addressKey(edge.client, 0)
    const key = `${src}${place}`
    let transfer = this.#transfers.get(key)
    if (transfer === undefined) transfer = this.#follow(edge, key, src, place)
    // What came before it was followed is not told: a million octets at most. The gate's own sum may be others' too.
    this.#noteSender(src, edge.lastMs, edge.octets)
    noteTransfer(transfer, edge.lastMs, edge.octets, edge.backOctets)
    transfer.lastMs = Math.max(transfer.lastMs, edge.lastMs)
    transfer.dst = addressKey(edge.server, 0)
    transfer.port = edge.port
    transfer.proto = edge.proto
    transfer.credit = -1
    this.#changed.add(key)
  }

  #follow(edge: Edge, key: string, src: string, place: number): Transfer {
    const transfer: Transfer = {
      key,
      src,
      dst: '',
      place,
      orgId: edge.clientOrg,
      siteId: edge.clientSite,
      firstMs: edge.firstMs,
      lastMs: edge.lastMs,
      port: edge.port,
      proto: edge.proto,
      steps: [],
      days: [],
      open: false,
      credit: -1,
    }
    const before = this.#transfers.evicted
    this.#transfers.set(key, transfer)
    this.#context.count('transfers_evicted', this.#transfers.evicted - before)
    return transfer
  }

  #noteSender(src: string, atMs: number, octets: number): void {
    let sender = this.#senders.get(src)
    if (sender === undefined) {
      sender = { key: src, firstMs: atMs, hours: [], credit: -1 }
      const before = this.#senders.evicted
      this.#senders.set(src, sender)
      this.#context.count('senders_evicted', this.#senders.evicted - before)
    }
    sender.credit = -1
    noteHour(sender, atMs, octets)
  }

  evaluate(): void {
    for (const key of this.#changed) {
      const transfer = this.#transfers.get(key)
      if (transfer !== undefined) this.#judge(transfer)
    }
    this.#changed.clear()
  }

  #judge(transfer: Transfer): void {
    const p = this.#context.parametersOf(transfer.orgId, transfer.siteId)
    const report = this.#burst(transfer, p) ?? this.#slow(transfer, p)
    if (report === undefined) return
    if (p.allow.length > 0 && [...report.src, ...report.dst].some((a) => p.allow.includes(a))) return
    transfer.open = true
    this.#context.report(report)
  }

  /** Much within an hour, to a place that others do not send to, and not as on other days. */
  #burst(transfer: Transfer, p: ExfilParameters): FindingReport | undefined {
    const { out, back } = lastHour(transfer)
    // What is sent over anything but TCP and never acknowledged arrives nowhere: a flood, which `ddos` tells.
    if (transfer.proto !== TCP && back < out / UNHEARD) return undefined
    if (out < Math.min(p.bytes, p.unknown_bytes) || out - back < p.asymmetry * (out + back)) return undefined
    const sender = this.#senders.get(transfer.src)!
    const known = transfer.lastMs - sender.firstMs >= WEEK_MS
    const threshold = known ? p.bytes : p.unknown_bytes
    const sources = this.#prevalence.sources(transfer.place)
    if (out < threshold || sources >= p.popular_sources || daysLike(transfer, out) >= 3) return undefined
    const usual = unusual(sender, transfer.lastMs, out)
    if (usual.z < p.z) return undefined
    return reportOf('burst', transfer, this.#context, {
      strength: out / threshold,
      evidence: {
        bytes_out: Math.round(out),
        bytes_in: Math.round(back),
        threshold,
        window_s: 3600,
        sources_estimated: Math.round(sources),
        baseline_weeks: usual.weeks,
        ...(usual.weeks === 0 ? {} : { robust_z: round(usual.z), baseline_median_bytes: usual.medianOctets }),
      },
    })
  }

  /** Some on several days, to a place of this host alone. */
  #slow(transfer: Transfer, p: ExfilParameters): FindingReport | undefined {
    if (transfer.days.length < 3 * p.slow_days) return undefined
    const slow = slowly(transfer, p.slow_day_bytes)
    if (slow.days < p.slow_days || slow.out < p.slow_bytes || slow.cusum < p.cusum) return undefined
    if (slow.out - slow.back < Math.max(0.8, p.asymmetry) * (slow.out + slow.back)) return undefined
    const sources = this.#prevalence.sources(transfer.place)
    if (sources >= 3) return undefined
    return reportOf('slow', transfer, this.#context, {
      strength: slow.out / p.slow_bytes,
      evidence: {
        bytes_out: Math.round(slow.out),
        bytes_in: Math.round(slow.back),
        threshold: p.slow_bytes,
        window_s: WEEK_MS / 1000,
        days: slow.days,
        sources_estimated: Math.round(sources),
        ...(Number.isFinite(slow.cusum) ? { cusum: round(slow.cusum) } : {}),
      },
    })
  }

  snapshot(): unknown {
    return {
      gate: this.#gate.snapshot(),
      prevalence: this.#prevalence.snapshot(),
      transfers: this.#transfers.snapshot(),
      senders: this.#senders.snapshot(),
      changed: [...this.#changed],
    }
  }

  restore(state: unknown): void {
    const saved = state as Record<'gate' | 'prevalence' | 'transfers' | 'senders', unknown> & {
      changed: string[]
    }
    this.#gate.restore(saved.gate)
    this.#prevalence.restore(saved.prevalence)
    this.#transfers.restore(saved.transfers)
    this.#senders.restore(saved.senders)
    this.#changed.clear()
    for (const key of saved.changed) this.#changed.add(key)
  }
}

const round = (x: number): number => Math.round(x * 100) / 100

/** Hash of the /24 or /48 around an address outside: services move within it. */
function placeOf(words: Uint32Array): number {
  if (isV4(words, 0)) return mix((words[3]! & 0x00ffffff) ^ 0x9e3779b9)
  return hashWith(mix(words[0]! ^ 0x27d4eb2f), words[1]! & 0x0000ffff)
}

const textOf = (key: string): string => addressOfKey(key, 0, key.length)
const incidentOf = (t: Transfer): string => `${textOf(t.src)}|${t.place}`

const WEB = new Set([80, 443, 8080, 8443])
const CLEAR = new Set([20, 21, 25, 53, 69, 80, 143, 8080])

/** ATT&CK by the door that was taken: the web, a protocol without encryption, another one. */
function techniqueOf(kind: ExfilKind, port: number): string {
  if (kind === 'slow') return 'T1030'
  if (WEB.has(port)) return 'T1567'
  return CLEAR.has(port) ? 'T1048.003' : 'T1048'
}

function reportOf(
  kind: ExfilKind,
  transfer: Transfer,
  context: ServiceContext<ExfilParameters>,
  found: { strength: number; evidence: Record<string, unknown> },
): FindingReport {
  const p = context.parametersOf(transfer.orgId, transfer.siteId)
  const [src, dst] = [textOf(transfer.src), textOf(transfer.dst)]
  const fromMs = Math.max(transfer.firstMs, transfer.lastMs - 1000 * Number(found.evidence.window_s))
  return {
    key: incidentOf(transfer),
    severity: found.strength >= 10 ? SEVERITIES.high : SEVERITIES.medium,
    score: Math.min(99, 60 + 8 * Math.log2(found.strength)),
    orgId: transfer.orgId,
    siteId: transfer.siteId,
    src: [src],
    dst: [dst],
    dstPort: transfer.port,
    ipProto: transfer.proto,
    firstSeenMs: fromMs,
    lastSeenMs: transfer.lastMs,
    technique: techniqueOf(kind, transfer.port),
    evidence: { kind, ...found.evidence, sql: flowsSql({ src, dst, fromMs, toMs: transfer.lastMs }) },
    title: EXFIL_TITLES[kind]({ site: context.siteName(transfer.siteId) }),
    magnitude: Number(found.evidence.bytes_out),
    // What comes day by day is quiet for a day in between.
    quietMs: kind === 'slow' ? Math.max(SLOW_QUIET_MS, p.quiet_s * 1000) : p.quiet_s * 1000,
  }
}

export const exfil: SecurityService<ExfilParameters> = {
  id: 'exfil',
  title: { fr: 'Exfiltration de données', en: 'Data exfiltration' },
  about: {
    fr: 'Trouve les hôtes qui envoient beaucoup vers un lieu d’Internet où les autres n’envoient rien, plus qu’aux mêmes heures des semaines d’avant, ou un peu chaque jour.',
    en: 'Finds hosts that send much to a place on the Internet where others send nothing, more than at the same hours of the weeks before, or a little every day.',
  },
  techniques: ['T1048', 'T1567', 'T1048.003', 'T1030'],
  takenOver: ({ src }) => src,
  analyticType: 3,
  needs: ['src_addr', 'dst_addr', 'bytes', 'locality', 'flow_start', 'flow_end'],
  betterWith: ['src_port', 'dst_port', 'tcp_flags', 'reverse_bytes'],
  parameters: exfilParameters,
  bySite: true,
  flows: {
    tag: 7,
    loosest: (all) => all[0]!,
    collector: () => new ExfilCollector(),
    analyzer: (context) => new ExfilAnalyzer(context),
  },
}
