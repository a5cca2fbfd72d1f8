import { z } from 'zod'
import { SEVERITIES } from '../../model/finding.js'
import { LOCALITIES } from '../../model/flow_columns.js'
import { addressKey, addressOfKey } from '../address.js'
import { BoundedMap } from '../bounded_map.js'
import type { ByteReader, ByteWriter } from '../bytes.js'
import type { ServiceContext } from '../context.js'
import { Edge, EdgeTable } from '../edge_table.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { type FlowView, KIND } from '../flow_view.js'
import { CLIENT, clientOf } from '../initiator.js'
import type { Shape } from '../pack.js'
import { NO_PLACES, type Places } from '../places.js'
import type { FlowAnalyzer, FrameSpan, PartialCollector, SecurityService } from '../service.js'
import { SEGMENTATION_TITLES, type SegmentationKind } from '../titles.js'
import {
  type CompiledPolicy,
  compilePolicy,
  denies,
  INTERNET,
  OTHER,
  rulesSchema,
  zoneOf,
  zonesSchema,
} from './segmentation_policy.js'

export const segmentationParameters = z
  .strictObject({
    zones: zonesSchema
      .default([])
      .describe(
        'Zones in the order in which they are asked: `id` with `organization_kinds`, `organizations`, `site_kinds`, `sites`, `prefixes`. What none names is `other`, what is outside `internet`',
      ),
    rules: rulesSchema
      .default([])
      .describe(
        'Who may begin a conversation with whom: `from`, `to` (zones, or `*`), `action` (`allow`, `deny`), and `ports` (`tcp/445`) or `app_classes`; the first that fits holds',
      ),
    otherwise: z.enum(['allow', 'deny']).default('allow').describe('What holds where no rule fits'),
    conversations: z
      .number()
      .int()
      .positive()
      .default(3)
      .describe('Conversations from which a breach is told where only the lower port says who began'),
    blocked: z
      .number()
      .int()
      .positive()
      .default(20)
      .describe('Attempts of one host from zone to zone that came to nothing, before they are told'),
    quiet_s: z.number().positive().default(3600).describe('Quiet after which an incident is closed, s'),
    allow: z.array(z.string()).max(1000).default([]).describe('Hosts to which the rules do not apply'),
  })
  .superRefine(({ zones, rules }, issues) => {
    const known = new Set(['*', OTHER, INTERNET, ...zones.map((zone) => zone.id)])
    for (const [i, rule] of rules.entries()) {
      for (const id of [...rule.from, ...rule.to]) {
        if (!known.has(id))
          issues.addIssue({ code: 'custom', path: ['rules', i], message: `there is no zone '${id}'` })
      }
    }
  })
export type SegmentationParameters = z.output<typeof segmentationParameters> & {
  /** The different policies in force, as numbers: worked out for workers, never written by anybody. */
  readonly compiled?: readonly CompiledPolicy[]
}

const BREACHES = 16_384
const HOSTS = 16

/** Conversations that some policy in force denies; who began decides. */
class SegmentationCollector implements PartialCollector {
  readonly #edges = new EdgeTable({ capacity: 8192, written: 256, writtenPerMs: 8, keep: 'same' })
  readonly #policies: readonly CompiledPolicy[]

  constructor(p: SegmentationParameters) {
    this.#policies = p.compiled ?? []
  }

  observe(view: FlowView): void {
    for (const policy of this.#policies) this.#observe(view, policy)
  }

  #observe(view: FlowView, policy: CompiledPolicy): void {
    const { rows, reach, kind, src, dst, srcOrg, dstOrg, srcSite, dstSite } = view
    const zones = policy.names.length
    for (let row = 0; row < rows; row++) {
      const r = reach[row]!
      if (kind[row] === KIND.skip || r === LOCALITIES.transit || r > LOCALITIES.internal) continue
      const from = zoneOf(policy, (r & 1) !== 0, srcOrg[row]!, srcSite[row]!, src, row * 4)
      const to = zoneOf(policy, (r & 2) !== 0, dstOrg[row]!, dstSite[row]!, dst, row * 4)
      if (policy.pairs[from * zones + to]! + policy.pairs[to * zones + from]! === 0) continue
      this.#judge(view, row, policy, from, to)
    }
  }

  #judge(view: FlowView, row: number, policy: CompiledPolicy, from: number, to: number): void {
    const begun = clientOf(view, row)
    const forward = (begun & CLIENT.source) !== 0
    const port = forward ? view.dstPort[row]! : view.srcPort[row]!
    const [client, server] = forward ? [from, to] : [to, from]
    const appClass = view.appClass[row]!
    if (!denies(policy, client, server, view.proto[row]!, port, appClass)) return
    this.#edges.add(view, row, forward, port, appClass * 2 + (begun & CLIENT.guessed ? 1 : 0), 0)
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    this.#edges.take(writer, frame)
  }
}

/** What one host did against the policy, from zone to zone, with a service. Plain data. */
interface Breach {
  readonly key: string
  readonly src: string
  readonly from: string
  readonly to: string
  readonly port: number
  readonly proto: number
  readonly orgId: number
  readonly siteId: number
  firstMs: number
  lastMs: number
  conversations: number
  /** Records where the lower port alone says who began. */
  guessed: number
  answered: number
  octets: number
  hosts: string[]
  open: boolean
  credit: number
}

const BREACH_SHAPE: Shape<Breach> = {
  numbers: [
    'port',
    'proto',
    'orgId',
    'siteId',
    'firstMs',
    'lastMs',
    'conversations',
    'guessed',
    'answered',
    'octets',
    'credit',
  ],
  flags: ['open'],
  lists: [],
  others: ['key', 'src', 'from', 'to', 'hosts'],
}

class SegmentationAnalyzer implements FlowAnalyzer {
  readonly #context: ServiceContext<SegmentationParameters>
  readonly #edge = new Edge()
  readonly #breaches: BoundedMap<Breach>
  readonly #changed = new Set<string>()
  readonly #compiled = new WeakMap<object, CompiledPolicy>()
  #places: Places = NO_PLACES

  constructor(context: ServiceContext<SegmentationParameters>) {
    this.#context = context
    this.#breaches = new BoundedMap(BREACHES, BREACH_SHAPE, (b) =>
      b.open && context.isOpen(b.key) ? Number.POSITIVE_INFINITY : Math.floor(Math.log2(1 + b.conversations)),
    )
  }

  apply(section: ByteReader, closedMs: number): void {
    this.#context.count('conversations_not_written', section.varint())
    const edge = this.#edge
    while (edge.read(section, closedMs)) this.#add(edge)
  }

  /** The policy of the organisation that is to be protected: the server's, else the client's. */
  #policyOf(p: SegmentationParameters): CompiledPolicy {
    const places = this.#context.places()
    let policy = places === this.#places ? this.#compiled.get(p) : undefined
    if (policy === undefined) {
      policy = compilePolicy(p.zones, p.rules, p.otherwise === 'allow', places)
      this.#places = places
      this.#compiled.set(p, policy)
    }
    return policy
  }

  #add(edge: Edge): void {
    const org = edge.serverOrg || edge.clientOrg
    const policy = this.#policyOf(this.#context.parametersOf(org))
    const appClass = Math.floor(edge.tag / 2)
    const inside = (orgId: number, siteId: number): boolean => orgId !== 0 || siteId !== 0
    const from = zoneOf(
      policy,
      inside(edge.clientOrg, edge.clientSite),
      edge.clientOrg,
      edge.clientSite,
      edge.client,
      0,
    )
    const to = zoneOf(
      policy,
      inside(edge.serverOrg, edge.serverSite),
      edge.serverOrg,
      edge.serverSite,
      edge.server,
      0,
    )
    if (!denies(policy, from, to, edge.proto, edge.port, appClass)) return
    this.#note(edge, policy.names[from]!, policy.names[to]!, org)
  }

  #note(edge: Edge, from: string, to: string, orgId: number): void {
    const src = addressKey(edge.client, 0)
    const text = addressOfKey(src, 0, src.length)
    const key = `${from}>${to}|${text}|${edge.proto}/${edge.port}`
    let breach = this.#breaches.get(key)
    if (breach === undefined) {
      breach = {
        key,
        src: text,
        from,
        to,
        port: edge.port,
        proto: edge.proto,
        orgId,
        siteId: edge.clientSite || edge.serverSite,
        firstMs: edge.firstMs,
        lastMs: edge.lastMs,
        conversations: 0,
        guessed: 0,
        answered: 0,
        octets: 0,
        hosts: [],
        open: false,
        credit: -1,
      }
      const before = this.#breaches.evicted
      this.#breaches.set(key, breach)
      this.#context.count('breaches_evicted', this.#breaches.evicted - before)
    }
    breach.lastMs = Math.max(breach.lastMs, edge.lastMs)
    breach.conversations += edge.records
    breach.answered += edge.answered
    if (edge.tag % 2 === 1) breach.guessed += edge.records
    breach.octets += edge.octets + edge.backOctets
    breach.credit = -1
    const host = addressKey(edge.server, 0)
    if (!breach.hosts.includes(host)) breach.hosts.push(host)
    if (breach.hosts.length > HOSTS) breach.hosts.shift()
    this.#changed.add(key)
  }

  evaluate(): void {
    for (const key of this.#changed) {
      const breach = this.#breaches.get(key)
      if (breach !== undefined) this.#judge(breach)
    }
    this.#changed.clear()
  }

  #judge(breach: Breach): void {
    const p = this.#context.parametersOf(breach.orgId)
    const certain = breach.conversations - breach.guessed
    if (certain === 0 && breach.guessed < p.conversations) return
    const kind = breach.answered > 0 ? 'violation' : 'blocked'
    if (kind === 'blocked' && breach.conversations < p.blocked) return
    if (p.allow.includes(breach.src)) return
    breach.open = true
    this.#context.report(reportOf(kind, breach, p, this.#context))
  }

  snapshot(): unknown {
    return { breaches: this.#breaches.snapshot(), changed: [...this.#changed] }
  }

  restore(state: unknown): void {
    const { breaches, changed } = state as { breaches: unknown; changed: string[] }
    this.#breaches.restore(breaches)
    this.#changed.clear()
    for (const key of changed) this.#changed.add(key)
  }
}

function reportOf(
  kind: SegmentationKind,
  breach: Breach,
  p: SegmentationParameters,
  context: ServiceContext<SegmentationParameters>,
): FindingReport {
  const { src, from, to, port, proto, firstMs, lastMs } = breach
  const certain = breach.conversations - breach.guessed
  const ports = proto === 6 || proto === 17
  return {
    key: breach.key,
    severity: kind === 'violation' ? SEVERITIES.medium : SEVERITIES.low,
    score: certain > 0 ? 95 : 75,
    orgId: breach.orgId,
    siteId: breach.siteId,
    src: [src],
    dst: breach.hosts.map((key) => addressOfKey(key, 0, key.length)),
    ...(ports ? { dstPort: port } : {}),
    ipProto: proto,
    firstSeenMs: firstMs,
    lastSeenMs: lastMs,
    technique: 'T1599',
    evidence: {
      kind,
      from_zone: from,
      to_zone: to,
      conversations: breach.conversations,
      initiator_certain: certain,
      answered_records: breach.answered,
      threshold: kind === 'blocked' ? p.blocked : 1,
      bytes: breach.octets,
      sql: flowsSql({
        src,
        ...(ports ? { dstPort: port } : {}),
        ipProto: proto,
        fromMs: firstMs,
        toMs: lastMs,
      }),
    },
    title: SEGMENTATION_TITLES[kind]({ site: context.siteName(breach.siteId), what: `${from} → ${to}` }),
    magnitude: breach.conversations,
    quietMs: p.quiet_s * 1000,
  }
}

/** Each different policy once. */
function policiesOf(all: readonly SegmentationParameters[], places: Places): CompiledPolicy[] {
  const different = new Map<string, SegmentationParameters>()
  for (const p of all) different.set(JSON.stringify([p.zones, p.rules, p.otherwise]), p)
  return [...different.values()]
    .map((p) => compilePolicy(p.zones, p.rules, p.otherwise === 'allow', places))
    .filter((policy) => policy.pairs.includes(1))
}

export const segmentation: SecurityService<SegmentationParameters> = {
  id: 'segmentation',
  title: { fr: 'Cloisonnement', en: 'Segmentation' },
  about: {
    fr: 'Compare les communications aux zones et aux règles de l’organisme : qui a commencé, de quelle zone vers quelle zone, à quel port. Sans règles, ne dit rien.',
    en: 'Holds conversations against the zones and rules of the organisation: who began, from which zone to which, at which port. Without rules it says nothing.',
  },
  techniques: ['T1599'],
  analyticType: 1,
  needs: [
    'src_addr',
    'dst_addr',
    'src_port',
    'dst_port',
    'ip_proto',
    'src_site_id',
    'dst_site_id',
    'locality',
  ],
  betterWith: ['tcp_flags', 'reverse_packets', 'app_class_id', 'src_org_id', 'dst_org_id'],
  parameters: segmentationParameters,
  flows: {
    tag: 10,
    loosest: (all, places) => ({ ...all[0]!, compiled: policiesOf(all, places) }),
    collector: (parameters) => new SegmentationCollector(parameters),
    analyzer: (context) => new SegmentationAnalyzer(context),
  },
}
