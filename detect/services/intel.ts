import { z } from 'zod'
import { SEVERITIES } from '../../model/finding.js'
import { LOCALITIES, THREAT_ENDS } from '../../model/flow_columns.js'
import type { ThreatName } from '../../model/threat.js'
import { addressKey, addressOfKey } from '../address.js'
import { BoundedMap } from '../bounded_map.js'
import type { ByteReader, ByteWriter } from '../bytes.js'
import type { ServiceContext } from '../context.js'
import { Edge, EdgeTable } from '../edge_table.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { type FlowView, KIND } from '../flow_view.js'
import { hashAddress } from '../hash.js'
import { CLIENT, clientOf } from '../initiator.js'
import type { Shape } from '../pack.js'
import type { FlowAnalyzer, FrameSpan, PartialCollector, SecurityService } from '../service.js'
import { hllAdd, hllEstimate } from '../sketches/hyperloglog.js'
import { type SpaceSaving, spaceSaving, spaceSavingAdd, spaceSavingTop } from '../sketches/space_saving.js'
import { INTEL_TITLES, type IntelKind } from '../titles.js'

export const intelParameters = z.strictObject({
  confidence: z
    .number()
    .min(0)
    .max(100)
    .default(30)
    .describe('Confidence of an indicator, at least, 0 to 100; one that says none counts'),
  attempts: z
    .int()
    .positive()
    .default(3)
    .describe('Unanswered calls of one host to an indicator before they are told: one may be a stray packet'),
  admitted_packets: z
    .int()
    .positive()
    .default(6)
    .describe(
      'Packets that a host of ours answers to an indicator that called, before it is told: fewer are a refusal',
    ),
  probing_sources: z
    .number()
    .int()
    .positive()
    .default(10)
    .describe('Addresses of indicators that probe an organisation within a day, before they are told as one'),
  quiet_s: z.number().positive().default(21_600).describe('Quiet after which an incident is closed, s'),
  allow: z
    .array(z.string())
    .max(10_000)
    .default([])
    .describe('Indicators (address or prefix, as the feed has it) and hosts that are not told'),
})
export type IntelParameters = z.output<typeof intelParameters>

const MATCHES = 32_768
const NAMES = 4096
const DAY_MS = 86_400_000
const SOURCES_M = 256

/** Records of which one end is named by a threat feed. Blocks without any are not looked at. */
class IntelCollector implements PartialCollector {
  readonly #edges = new EdgeTable({ capacity: 8192, written: 512, writtenPerMs: 8, keep: 'same' })

  observe(view: FlowView): void {
    if (!view.hasThreats) return
    const { rows, threat, kind, reach, srcPort, dstPort } = view
    for (let row = 0; row < rows; row++) {
      if (threat[row] === 0 || kind[row] === KIND.skip || reach[row] === LOCALITIES.transit) continue
      const forward = (clientOf(view, row) & CLIENT.source) !== 0
      // Our end is the one inside; where both are, the one that the feed does not name.
      const oursIsSource =
        reach[row] === LOCALITIES.outbound ||
        (reach[row] === LOCALITIES.internal && view.threatEnd[row] !== THREAT_ENDS.src)
      const inbound = oursIsSource === forward ? 0 : 1
      this.#edges.add(
        view,
        row,
        forward,
        forward ? dstPort[row]! : srcPort[row]!,
        threat[row]! * 2 + inbound,
        0,
      )
    }
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    this.#edges.take(writer, frame)
  }
}

/** A host inside and an indicator. Plain data. */
interface Match {
  readonly key: string
  /** Of the indicator. */
  readonly number: number
  /** Keys (`addressKey`) of the host inside and of an address that the indicator covers. */
  readonly host: string
  readonly peer: string
  readonly outbound: boolean
  readonly orgId: number
  readonly siteId: number
  readonly firstMs: number
  lastMs: number
  port: number
  proto: number
  records: number
  /** Octets that went out and came in, and packets that went out. */
  octetsOut: number
  octetsIn: number
  packetsOut: number
  answered: number
  credit: number
}

const MATCH_SHAPE: Shape<Match> = {
  numbers: [
    'number',
    'orgId',
    'siteId',
    'firstMs',
    'lastMs',
    'port',
    'proto',
    'records',
    'octetsOut',
    'octetsIn',
    'packetsOut',
    'answered',
    'credit',
  ],
  flags: ['outbound'],
  lists: [],
  others: ['key', 'host', 'peer'],
}

/** Indicators that probed an organisation within a day: told as one. Plain data. */
interface Probing {
  readonly orgId: number
  firstMs: number
  lastMs: number
  sources: Uint8Array
  indicators: SpaceSaving
  changed: boolean
}

class IntelAnalyzer implements FlowAnalyzer {
  readonly #context: ServiceContext<IntelParameters>
  readonly #edge = new Edge()
  readonly #matches: BoundedMap<Match>
  readonly #changed = new Set<string>()
  readonly #names = new Map<number, ThreatName>()
  #probing = new Map<number, Probing>()

  constructor(context: ServiceContext<IntelParameters>) {
    this.#context = context
    this.#matches = new BoundedMap(MATCHES, MATCH_SHAPE, (m) =>
      context.isOpen(incidentOf(m)) ? Number.POSITIVE_INFINITY : m.outbound ? 2 : 0,
    )
  }

  apply(section: ByteReader, closedMs: number): void {
    this.#context.count('pairs_not_written', section.varint())
    const edge = this.#edge
    while (edge.read(section, closedMs)) this.#add(edge)
  }

  #add(edge: Edge): void {
    const outbound = edge.tag % 2 === 0
    const number = Math.floor(edge.tag / 2)
    const host = addressKey(outbound ? edge.client : edge.server, 0)
    const key = `${outbound ? '>' : '<'}${number} ${host}`
    let match = this.#matches.get(key)
    if (match !== undefined && edge.firstMs - match.lastMs > DAY_MS) match = undefined
    if (match === undefined) {
      match = {
        key,
        number,
        host,
        peer: addressKey(outbound ? edge.server : edge.client, 0),
        outbound,
        orgId: outbound ? edge.clientOrg : edge.serverOrg,
        siteId: outbound ? edge.clientSite : edge.serverSite,
        firstMs: edge.firstMs,
        lastMs: edge.lastMs,
        port: edge.port,
        proto: edge.proto,
        records: 0,
        octetsOut: 0,
        octetsIn: 0,
        packetsOut: 0,
        answered: 0,
        credit: -1,
      }
      const before = this.#matches.evicted
      this.#matches.set(key, match)
      this.#context.count('matches_evicted', this.#matches.evicted - before)
    }
    match.lastMs = Math.max(match.lastMs, edge.lastMs)
    match.port = edge.port
    match.proto = edge.proto
    match.records += edge.records
    match.octetsOut += outbound ? edge.octets : edge.backOctets
    match.octetsIn += outbound ? edge.backOctets : edge.octets
    match.packetsOut += outbound ? edge.packets : edge.backPackets
    match.answered += edge.answered
    match.credit = -1
    this.#changed.add(key)
    if (!outbound) this.#probe(match, hashAddress(edge.client, 0))
  }

  #probe(match: Match, source: number): void {
    let probing = this.#probing.get(match.orgId)
    if (probing === undefined || match.lastMs - probing.firstMs > DAY_MS) {
      probing = {
        orgId: match.orgId,
        firstMs: match.firstMs,
        lastMs: match.lastMs,
        sources: new Uint8Array(SOURCES_M),
        indicators: spaceSaving(8),
        changed: true,
      }
      this.#probing.set(match.orgId, probing)
    }
    probing.lastMs = Math.max(probing.lastMs, match.lastMs)
    probing.changed = true
    hllAdd(probing.sources, 0, SOURCES_M, source)
    spaceSavingAdd(probing.indicators, String(match.number), 1)
  }

  evaluate(): void {
    for (const key of this.#changed) {
      const match = this.#matches.get(key)
      if (match !== undefined) this.#judge(match)
    }
    this.#changed.clear()
    for (const probing of this.#probing.values()) {
      const report = probing.changed ? probingReport(probing, this.#context) : undefined
      probing.changed = false
      if (report !== undefined) this.#context.report(report)
    }
  }

  /** The name of an indicator; a number is given once, so that a name once known stays. */
  #nameOf(number: number): ThreatName | undefined {
    const known = this.#names.get(number)
    if (known !== undefined) return known
    const name = this.#context.threat(number)
    if (this.#names.size >= NAMES) this.#names.clear()
    if (name !== undefined) this.#names.set(number, name)
    return name
  }

  #judge(match: Match): void {
    const p = this.#context.parametersOf(match.orgId)
    const note = this.#nameOf(match.number)
    if ((note?.confidence ?? 100) < p.confidence) return
    const kind = kindOf(match, p)
    if (kind === undefined) return
    const host = textOf(match.host)
    if (p.allow.length > 0 && (p.allow.includes(host) || p.allow.includes(note?.value ?? ''))) return
    this.#context.report(reportOf(match, kind, note, this.#context))
  }

  snapshot(): unknown {
    return { matches: this.#matches.snapshot(), probing: this.#probing, changed: [...this.#changed] }
  }

  restore(state: unknown): void {
    const saved = state as { matches: unknown; probing: Map<number, Probing>; changed: string[] }
    this.#matches.restore(saved.matches)
    this.#probing = saved.probing
    this.#changed.clear()
    for (const key of saved.changed) this.#changed.add(key)
  }
}

const textOf = (key: string): string => addressOfKey(key, 0, key.length)

/** What a match comes to; undefined while it is too little to tell by itself. */
function kindOf(match: Match, p: IntelParameters): IntelKind | undefined {
  if (match.outbound) {
    if (match.answered > 0) return 'contacted'
    return match.records >= p.attempts ? 'attempted' : undefined
  }
  return match.answered > 0 && match.packetsOut >= p.admitted_packets ? 'admitted' : undefined
}

/** One incident for each indicator, host and direction. Numbers of indicators are given once for ever. */
const incidentOf = (match: Match): string =>
  `${textOf(match.host)}|${match.number}|${match.outbound ? 'out' : 'in'}`

const SEVERITY: Readonly<Record<IntelKind, number>> = {
  contacted: SEVERITIES.high,
  attempted: SEVERITIES.medium,
  admitted: SEVERITIES.low,
  probed: SEVERITIES.informational,
}

function reportOf(
  match: Match,
  kind: IntelKind,
  note: ThreatName | undefined,
  context: ServiceContext<IntelParameters>,
): FindingReport {
  const p = context.parametersOf(match.orgId)
  const [host, peer] = [textOf(match.host), textOf(match.peer)]
  const [src, dst] = match.outbound ? [host, peer] : [peer, host]
  const feed = note?.severity_id ?? SEVERITIES.medium
  return {
    key: incidentOf(match),
    // A feed that calls an indicator critical is believed for what we called ourselves.
    severity: Math.max(SEVERITY[kind], kind === 'contacted' ? Math.min(feed, SEVERITIES.critical) : 0),
    score: Math.min(99, (kind === 'contacted' ? 60 : 40) + 0.35 * (note?.confidence ?? 50)),
    orgId: match.orgId,
    siteId: match.siteId,
    src: [src],
    dst: [dst],
    dstPort: match.port,
    ipProto: match.proto,
    firstSeenMs: match.firstMs,
    lastSeenMs: match.lastMs,
    technique: match.outbound ? 'T1071' : 'T1595',
    evidence: {
      kind,
      indicator: note?.value ?? `number ${match.number}`,
      ...(note === undefined ? {} : { feed: note.feed, feed_severity_id: note.severity_id }),
      ...((note?.name ?? '') === '' ? {} : { indicator_name: note?.name }),
      ...(note?.confidence === undefined ? {} : { feed_confidence: note.confidence }),
      records: match.records,
      answered_records: match.answered,
      bytes_out: match.octetsOut,
      bytes_in: match.octetsIn,
      sql: flowsSql({
        ...(match.outbound ? { src: host } : { dst: host }),
        threatId: match.number,
        fromMs: match.firstMs,
        toMs: match.lastMs,
      }),
    },
    title: INTEL_TITLES[kind]({ site: context.siteName(match.siteId), what: note?.feed }),
    magnitude: match.records,
    quietMs: p.quiet_s * 1000,
  }
}

function probingReport(
  probing: Probing,
  context: ServiceContext<IntelParameters>,
): FindingReport | undefined {
  const p = context.parametersOf(probing.orgId)
  const sources = Math.round(hllEstimate(probing.sources, 0, SOURCES_M))
  if (sources < p.probing_sources) return undefined
  return {
    key: `probing|${probing.orgId}`,
    severity: SEVERITY.probed,
    score: 60,
    orgId: probing.orgId,
    siteId: 0,
    src: [],
    dst: [],
    firstSeenMs: probing.firstMs,
    lastSeenMs: probing.lastMs,
    technique: 'T1595',
    evidence: {
      kind: 'probed',
      sources_estimated: sources,
      threshold: p.probing_sources,
      window_s: DAY_MS / 1000,
      top_indicators: spaceSavingTop(probing.indicators, 8).map(([number, { count, error }]) => ({
        indicator: context.threat(Number(number))?.value ?? `number ${number}`,
        records_at_least: count - error,
      })),
    },
    title: INTEL_TITLES.probed({ site: undefined }),
    magnitude: sources,
    quietMs: DAY_MS,
  }
}

export const intel: SecurityService<IntelParameters> = {
  id: 'intel',
  title: { fr: 'Renseignement sur les cybermenaces', en: 'Threat intelligence' },
  about: {
    fr: 'Trouve les hôtes qui communiquent avec une adresse qu’une source de renseignement dit malveillante; ce que nous avons appelé et qui a répondu vient en premier.',
    en: 'Finds hosts that talk with an address that a threat feed calls malicious; what we called and what answered comes first.',
  },
  techniques: ['T1071', 'T1595'],
  takenOver: ({ src }) => src,
  analyticType: 1,
  needs: ['src_addr', 'dst_addr', 'threat_id', 'threat_end'],
  betterWith: ['src_port', 'dst_port', 'tcp_flags', 'locality', 'reverse_packets'],
  parameters: intelParameters,
  flows: {
    tag: 6,
    loosest: (all) => all[0]!,
    collector: () => new IntelCollector(),
    analyzer: (context) => new IntelAnalyzer(context),
  },
}
