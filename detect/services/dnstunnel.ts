import { z } from 'zod'
import { SEVERITIES } from '../../model/finding.js'
import { LOCALITIES } from '../../model/flow_columns.js'
import { addressKey, addressOfKey, isV4 } from '../address.js'
import { BoundedMap } from '../bounded_map.js'
import type { ByteReader, ByteWriter } from '../bytes.js'
import type { ServiceContext } from '../context.js'
import { Edge, EdgeTable, MARK } from '../edge_table.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { type FlowView, KIND } from '../flow_view.js'
import type { Shape } from '../pack.js'
import type { FlowAnalyzer, FrameSpan, PartialCollector, SecurityService } from '../service.js'
import { DNSTUNNEL_TITLES, type DnstunnelKind } from '../titles.js'

export const dnstunnelParameters = z.strictObject({
  queries: z
    .number()
    .int()
    .min(10)
    .default(100)
    .describe(
      'Long queries from one host to one server within five to ten minutes; within an hour twice as many',
    ),
  request_bytes: z
    .number()
    .positive()
    .default(80)
    .describe(
      'Mean of a query’s DNS message from which it is long, bytes: a name that people use gives 30 to 60',
    ),
  response_bytes: z
    .number()
    .positive()
    .default(450)
    .describe('The same of an answer, bytes; twice as many of these are needed'),
  long_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Share of long queries or answers among those of the pair, at least'),
  tcp_bytes: z
    .number()
    .positive()
    .default(100_000)
    .describe('Bytes sent to one server’s port 53 over TCP within five to ten minutes'),
  resolvers: z
    .array(z.string())
    .max(1000)
    .default([])
    .describe('Resolvers that hosts are meant to ask: a tunnel past them is one severity higher'),
  quiet_s: z.number().positive().default(3600).describe('Quiet after which an incident is closed, s'),
  allow: z
    .array(z.string())
    .max(1000)
    .default([])
    .describe('Hosts or servers whose long names are expected: mail filters, name servers'),
})
export type DnstunnelParameters = z.output<typeof dnstunnelParameters>

const DNS = 53
const TCP = 6
const UDP = 17
const PAIRS = 16_384
const STEP_MS = 300_000
const STEPS = 12
/** Numbers of a step, and where each lies. */
const FIELDS = 7
const F = { queries: 1, answers: 2, long: 3, longBack: 4, octets: 5, backOctets: 6 } as const
const headerOf = (view: FlowView, row: number): number => (isV4(view.src, row * 4) ? 28 : 48)

/**
 * Pairs of a host that asks and a server on port 53. Only those of which some record of the frame was long are written, with
 * all that the pair said in the frame, so that what ordinary names cost is a look at two ports and a place in a table.
 */
class DnstunnelCollector implements PartialCollector {
  readonly #edges = new EdgeTable({ capacity: 4096, written: 128, writtenPerMs: 6, keep: 'heaviest' })
  readonly #long: number
  readonly #longBack: number

  constructor(p: DnstunnelParameters) {
    this.#long = p.request_bytes
    this.#longBack = p.response_bytes
  }

  observe(view: FlowView): void {
    const { rows, srcPort, dstPort, proto, kind, reach } = view
    for (let row = 0; row < rows; row++) {
      const forward = dstPort[row] === DNS
      if (forward === (srcPort[row] === DNS)) continue
      if (kind[row] === KIND.skip || reach[row] === LOCALITIES.transit) continue
      const marks = proto[row] === UDP ? this.#marks(view, row, forward) : proto[row] === TCP ? MARK.forth : 0
      this.#edges.add(view, row, forward, DNS, 0, marks)
    }
  }

  /** Which side's messages are long, by their mean. */
  #marks(view: FlowView, row: number, forward: boolean): number {
    const header = headerOf(view, row)
    const mean = view.octets[row]! / view.packets[row]! - header
    if (!forward) return mean >= this.#longBack ? MARK.back : MARK.none
    const answers = view.answerPackets[row]!
    const longBack = answers > 0 && view.answerOctets[row]! / answers - header >= this.#longBack
    return (mean >= this.#long ? MARK.forth : MARK.none) | (longBack ? MARK.back : MARK.none)
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    this.#edges.take(writer, frame, true)
  }
}

/** A host that says long things to a server's port 53. Plain data. */
interface Talk {
  readonly key: string
  readonly split: number
  readonly proto: number
  readonly orgId: number
  readonly siteId: number
  readonly firstMs: number
  lastMs: number
  /** The last steps with something long in them, oldest first. */
  steps: number[]
  total: number
  open: boolean
  credit: number
}

const TALK_SHAPE: Shape<Talk> = {
  numbers: ['split', 'proto', 'orgId', 'siteId', 'firstMs', 'lastMs', 'total', 'credit'],
  flags: ['open'],
  lists: ['steps'],
  others: ['key'],
}

/** What a pair said within a time. */
interface Said {
  readonly queries: number
  readonly answers: number
  readonly long: number
  readonly longBack: number
  readonly octets: number
  readonly backOctets: number
}

interface Verdict {
  readonly kind: DnstunnelKind
  readonly strength: number
  readonly measured: number
  readonly threshold: number
  readonly windowS: number
  readonly said: Said
}

class DnstunnelAnalyzer implements FlowAnalyzer {
  readonly #context: ServiceContext<DnstunnelParameters>
  readonly #edge = new Edge()
  readonly #talks: BoundedMap<Talk>
  readonly #changed = new Set<string>()

  constructor(context: ServiceContext<DnstunnelParameters>) {
    this.#context = context
    this.#talks = new BoundedMap(PAIRS, TALK_SHAPE, (t) =>
      t.open && context.isOpen(incidentOf(t))
        ? Number.POSITIVE_INFINITY
        : Math.floor(Math.log2(1 + t.total / 10)),
    )
  }

  apply(section: ByteReader, closedMs: number): void {
    this.#context.count('pairs_not_written', section.varint())
    const edge = this.#edge
    while (edge.read(section, closedMs)) this.#add(edge)
  }

  #add(edge: Edge): void {
    const client = addressKey(edge.client, 0)
    const key = client + addressKey(edge.server, 0) + String.fromCharCode(edge.proto)
    let talk = this.#talks.get(key)
    if (talk === undefined) {
      talk = {
        key,
        split: client.length,
        proto: edge.proto,
        orgId: edge.clientOrg || edge.serverOrg,
        siteId: edge.clientSite || edge.serverSite,
        firstMs: edge.firstMs,
        lastMs: edge.lastMs,
        steps: [],
        total: 0,
        open: false,
        credit: -1,
      }
      const before = this.#talks.evicted
      this.#talks.set(key, talk)
      this.#context.count('pairs_evicted', this.#talks.evicted - before)
    }
    talk.lastMs = Math.max(talk.lastMs, edge.lastMs)
    talk.total += edge.marked + edge.markedBack
    talk.credit = -1
    const at = stepAt(talk.steps, Math.floor(edge.lastMs / STEP_MS))
    if (at >= 0) {
      talk.steps[at + F.queries]! += edge.packets
      talk.steps[at + F.answers]! += edge.backPackets
      talk.steps[at + F.long]! += edge.marked
      talk.steps[at + F.longBack]! += edge.markedBack
      talk.steps[at + F.octets]! += edge.octets
      talk.steps[at + F.backOctets]! += edge.backOctets
    }
    this.#changed.add(key)
  }

  evaluate(): void {
    for (const key of this.#changed) {
      const talk = this.#talks.get(key)
      if (talk === undefined) continue
      const p = this.#context.parametersOf(talk.orgId, talk.siteId)
      const verdict = judge(talk, p)
      if (verdict === undefined) continue
      const { client, server } = endsOf(talk)
      if (p.allow.includes(client) || p.allow.includes(server)) continue
      talk.open = true
      this.#context.report(reportOf(talk, verdict, this.#context))
    }
    this.#changed.clear()
  }

  snapshot(): unknown {
    return { talks: this.#talks.snapshot(), changed: [...this.#changed] }
  }

  restore(state: unknown): void {
    const { talks, changed } = state as { talks: unknown; changed: string[] }
    this.#talks.restore(talks)
    this.#changed.clear()
    for (const key of changed) this.#changed.add(key)
  }
}

/** Where a step's numbers begin; a new one goes to the end. −1 for a step that is over. */
function stepAt(steps: number[], step: number): number {
  for (let at = steps.length - FIELDS; at >= 0; at -= FIELDS) {
    if (steps[at] === step) return at
    if (steps[at]! < step) break
    if (at === 0) return -1
  }
  const last = steps[steps.length - FIELDS]
  if (last !== undefined && last > step) return -1
  steps.push(step, 0, 0, 0, 0, 0, 0)
  if (steps.length > STEPS * FIELDS) steps.splice(0, FIELDS)
  return steps.length - FIELDS
}

function saidSince(talk: Talk, firstStep: number): Said {
  const { steps } = talk
  const said = { queries: 0, answers: 0, long: 0, longBack: 0, octets: 0, backOctets: 0 }
  for (let at = 0; at < steps.length; at += FIELDS) {
    if (steps[at]! < firstStep) continue
    said.queries += steps[at + F.queries]!
    said.answers += steps[at + F.answers]!
    said.long += steps[at + F.long]!
    said.longBack += steps[at + F.longBack]!
    said.octets += steps[at + F.octets]!
    said.backOctets += steps[at + F.backOctets]!
  }
  return said
}

/** The stronger of what the last two steps and the last hour say. */
function judge(talk: Talk, p: DnstunnelParameters): Verdict | undefined {
  const newest = talk.steps[talk.steps.length - FIELDS]
  if (newest === undefined) return undefined
  const verdicts = [
    verdictOf(saidSince(talk, newest - 1), talk.proto, p, 1, (2 * STEP_MS) / 1000),
    verdictOf(saidSince(talk, newest - STEPS + 1), talk.proto, p, 2, (STEPS * STEP_MS) / 1000),
  ]
  return verdicts
    .filter((v) => v !== undefined && v.strength >= 1)
    .sort((a, b) => b!.strength - a!.strength)[0]
}

/** @param times how many times the thresholds. */
function verdictOf(
  said: Said,
  proto: number,
  p: DnstunnelParameters,
  times: number,
  windowS: number,
): Verdict | undefined {
  const make = (kind: DnstunnelKind, measured: number, threshold: number): Verdict => ({
    kind,
    strength: measured / threshold,
    measured,
    threshold,
    windowS,
    said,
  })
  if (proto === TCP) {
    // A name server that is sent a zone gets much and says little; a tunnel says much.
    return said.octets > said.backOctets / 4 ? make('tcp', said.octets, times * p.tcp_bytes) : undefined
  }
  const upload = make('upload', said.long, times * p.queries)
  const download = make('download', said.longBack, times * 2 * p.queries)
  // A server that answers nothing carries nothing.
  const uploads = said.long >= p.long_ratio * said.queries && said.answers >= said.queries / 10
  // Answers that nobody asked for are a reflection attack: `ddos` tells it.
  const asked = said.queries >= said.longBack / 2
  const downloads = asked && said.longBack >= p.long_ratio * said.answers && said.backOctets > 2 * said.octets
  const better = upload.strength >= download.strength ? [upload, download] : [download, upload]
  return better.find((v) => (v.kind === 'upload' ? uploads : downloads))
}

const endsOf = ({ key, split }: Talk): { client: string; server: string } => ({
  client: addressOfKey(key, 0, split),
  server: addressOfKey(key, split, key.length - split - 1),
})

function incidentOf(talk: Talk): string {
  const { client, server } = endsOf(talk)
  return `${client}|${server}|${talk.proto}`
}

function reportOf(
  talk: Talk,
  { kind, strength, measured, threshold, windowS, said }: Verdict,
  context: ServiceContext<DnstunnelParameters>,
): FindingReport {
  const p = context.parametersOf(talk.orgId, talk.siteId)
  const { client, server } = endsOf(talk)
  const past = p.resolvers.length > 0 && !p.resolvers.includes(server)
  const mean = (octets: number, packets: number): number => (packets === 0 ? 0 : Math.round(octets / packets))
  return {
    key: incidentOf(talk),
    severity: past ? SEVERITIES.high : SEVERITIES.medium,
    score: Math.min(99, 60 + 10 * Math.log2(strength) + (past ? 10 : 0)),
    orgId: talk.orgId,
    siteId: talk.siteId,
    src: [client],
    dst: [server],
    dstPort: DNS,
    ipProto: talk.proto,
    firstSeenMs: talk.firstMs,
    lastSeenMs: talk.lastMs,
    technique: 'T1071.004',
    evidence: {
      kind,
      measured,
      threshold,
      window_s: windowS,
      queries: said.queries,
      answers: said.answers,
      query_packet_bytes: mean(said.octets, said.queries),
      answer_packet_bytes: mean(said.backOctets, said.answers),
      bytes_out: said.octets,
      bytes_in: said.backOctets,
      past_resolvers: past,
      sql: flowsSql({
        src: client,
        dst: server,
        dstPort: DNS,
        ipProto: talk.proto,
        fromMs: talk.firstMs,
        toMs: talk.lastMs,
      }),
    },
    title: DNSTUNNEL_TITLES[kind]({ site: context.siteName(talk.siteId) }),
    magnitude: talk.total,
    quietMs: p.quiet_s * 1000,
  }
}

export const dnstunnel: SecurityService<DnstunnelParameters> = {
  id: 'dnstunnel',
  title: { fr: 'Tunnels DNS', en: 'DNS tunnels' },
  about: {
    fr: 'Trouve les hôtes dont les questions ou les réponses DNS sont trop longues et trop nombreuses pour des noms : elles transportent autre chose.',
    en: 'Finds hosts whose DNS queries or answers are too long and too many for names: they carry something else.',
  },
  techniques: ['T1071.004', 'T1572', 'T1048.003'],
  takenOver: ({ src }) => src,
  analyticType: 2,
  needs: ['src_addr', 'dst_addr', 'src_port', 'dst_port', 'ip_proto', 'packets', 'bytes', 'flow_end'],
  betterWith: ['locality', 'reverse_packets', 'reverse_bytes'],
  parameters: dnstunnelParameters,
  bySite: true,
  flows: {
    tag: 5,
    loosest: (all) => ({
      ...all[0]!,
      request_bytes: Math.min(...all.map((p) => p.request_bytes)),
      response_bytes: Math.min(...all.map((p) => p.response_bytes)),
    }),
    collector: (parameters) => new DnstunnelCollector(parameters),
    analyzer: (context) => new DnstunnelAnalyzer(context),
  },
}
