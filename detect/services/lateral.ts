import { z } from 'zod'
import { SEVERITIES } from '../../model/finding.js'
import { LOCALITIES } from '../../model/flow_columns.js'
import { addressKey, addressOfKey } from '../address.js'
import { BoundedMap } from '../bounded_map.js'
import type { ByteReader, ByteWriter } from '../bytes.js'
import type { ServiceContext, Suspicion } from '../context.js'
import { Edge, EdgeTable } from '../edge_table.js'
import type { FindingReport } from '../finding_book.js'
import { flowsSql } from '../flow_query.js'
import { type FlowView, KIND } from '../flow_view.js'
import { hashAddress, hashWith } from '../hash.js'
import { CLIENT, clientOf } from '../initiator.js'
import { Prevalence } from '../prevalence.js'
import type { FlowAnalyzer, FrameSpan, PartialCollector, SecurityService } from '../service.js'
import { RecentSet, secondHash } from '../sketches/recent_set.js'
import { LATERAL_TITLES, type LateralKind } from '../titles.js'
import { type Fresh, freshSince, MOVER_SHAPE, type Mover, newMover, noteFresh } from './lateral_movers.js'

/** What hosts are administered over: SSH, Telnet, RPC, NetBIOS, SMB, RDP, VNC, WinRM. */
const ADMIN_PORTS = [22, 23, 135, 139, 445, 3389, 5900, 5985, 5986]

export const lateralParameters = z.strictObject({
  edges: z
    .number()
    .int()
    .min(2)
    .default(3)
    .describe('Hosts that one host reaches at an administration port for the first time, within an hour'),
  fan_out: z
    .number()
    .int()
    .min(3)
    .default(10)
    .describe('The same from which a fan-out is told, one severity higher'),
  chain_edges: z
    .number()
    .int()
    .min(1)
    .default(2)
    .describe('The same of a host that another service suspects since less than a day; needs no learning'),
  habit: z
    .number()
    .positive()
    .default(4)
    .describe('How many times the hourly new hosts that are usual for the host'),
  popular_sources: z
    .number()
    .int()
    .positive()
    .default(10)
    .describe(
      'Hosts that reach a host at administration ports within two days, from which it is a server for all',
    ),
  learning_days: z
    .number()
    .min(0)
    .default(14)
    .describe('Days from the first flow on in which only is learned who administers whom'),
  ports: z
    .array(z.int().min(1).max(65_535))
    .min(1)
    .max(64)
    .default(ADMIN_PORTS)
    .describe('Administration ports, TCP'),
  quiet_s: z.number().positive().default(7200).describe('Quiet after which an incident is closed, s'),
  allow: z
    .array(z.string())
    .max(1000)
    .default([])
    .describe('Hosts that administer others: jump hosts, deployment, inventory'),
})
export type LateralParameters = z.output<typeof lateralParameters>

const HOSTS = 16_384
/** Cells that tell how many hosts reach one. */
const DESTINATIONS = 1 << 16
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Edges are known for fifteen to thirty days. */
const GENERATION_MS = 15 * DAY_MS
/** A connection of fewer packets is a probe that found the port open. */
const LEAST_PACKETS = 6
/** Hosts that reach a host for the first time within two days, from which it is new for all. */
const ROLLOUT = 3

/** Connections that came about, between hosts inside, to a port of administration. */
class LateralCollector implements PartialCollector {
  readonly #edges = new EdgeTable({ capacity: 8192, written: 256, writtenPerMs: 8, keep: 'same' })
  readonly #ports = new Uint8Array(65_536)

  constructor(p: LateralParameters) {
    for (const port of p.ports) this.#ports[port] = 1
  }

  observe(view: FlowView): void {
    const { rows, reach, kind, srcPort, dstPort } = view
    const ports = this.#ports
    for (let row = 0; row < rows; row++) {
      if (reach[row] !== LOCALITIES.internal || kind[row] !== KIND.tcp) continue
      if (ports[dstPort[row]!]! + ports[srcPort[row]!]! === 0) continue
      const forward = (clientOf(view, row) & CLIENT.source) !== 0
      const port = forward ? dstPort[row]! : srcPort[row]!
      if (ports[port] === 1) this.#edges.add(view, row, forward, port, 0, 0)
    }
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    this.#edges.take(writer, frame)
  }
}

class LateralAnalyzer implements FlowAnalyzer {
  readonly #context: ServiceContext<LateralParameters>
  readonly #edge = new Edge()
  readonly #known = new RecentSet(GENERATION_MS)
  readonly #prevalence = new Prevalence(DESTINATIONS)
  /** Of new edges alone: a host that many reach for the first time was put up for them. */
  readonly #novelty = new Prevalence(DESTINATIONS)
  readonly #movers: BoundedMap<Mover>
  readonly #changed = new Set<string>()
  #sinceMs = 0

  constructor(context: ServiceContext<LateralParameters>) {
    this.#context = context
    this.#movers = new BoundedMap(HOSTS, MOVER_SHAPE, (m) =>
      m.open && context.isOpen(textOf(m.key)) ? Number.POSITIVE_INFINITY : Math.floor(Math.log2(1 + m.usual)),
    )
  }

  apply(section: ByteReader, closedMs: number): void {
    if (this.#sinceMs === 0) this.#sinceMs = closedMs
    this.#context.count('edges_not_written', section.varint())
    const edge = this.#edge
    while (edge.read(section, closedMs)) {
      if (edge.answered > 0 && edge.packets + edge.backPackets >= LEAST_PACKETS) this.#add(edge)
    }
  }

  #add(edge: Edge): void {
    const src = hashAddress(edge.client, 0)
    const dst = hashAddress(edge.server, 0)
    this.#prevalence.note(dst, src, edge.lastMs)
    const pair = hashWith(hashWith(src, dst), edge.port)
    const full = this.#known.full
    const known = this.#known.knows(pair, secondHash(dst, src + edge.port), edge.lastMs)
    this.#context.count('memory_full', this.#known.full - full)
    const key = addressKey(edge.client, 0)
    let mover = this.#movers.get(key)
    if (known) {
      if (mover !== undefined) this.#renew(mover, edge)
      return
    }
    const p = this.#context.parametersOf(edge.clientOrg)
    this.#novelty.note(dst, src, edge.lastMs)
    if (this.#prevalence.sources(dst) >= p.popular_sources) return
    if (mover === undefined) {
      mover = newMover(key, edge)
      const before = this.#movers.evicted
      this.#movers.set(key, mover)
      this.#context.count('hosts_evicted', this.#movers.evicted - before)
    }
    this.#renew(mover, edge)
    noteFresh(mover, edge, dst, this.#learns(edge.lastMs, p))
    this.#changed.add(key)
  }

  #renew(mover: Mover, edge: Edge): void {
    mover.calls += edge.records
    mover.lastMs = Math.max(mover.lastMs, edge.lastMs)
    mover.credit = -1
  }

  #learns(nowMs: number, p: LateralParameters): boolean {
    return nowMs - this.#sinceMs < p.learning_days * DAY_MS
  }

  evaluate(): void {
    for (const key of this.#changed) {
      const mover = this.#movers.get(key)
      if (mover !== undefined) this.#judge(mover)
    }
    this.#changed.clear()
  }

  #judge(mover: Mover): void {
    const p = this.#context.parametersOf(mover.orgId)
    const src = textOf(mover.key)
    const counts = (dst: number): boolean => this.#novelty.sources(dst) < ROLLOUT
    const recent = freshSince(mover, mover.lastMs - HOUR_MS, counts)
    const suspicion = this.#context.suspicion(src)
    const chained = suspicion === undefined ? 0 : freshSince(mover, suspicion.sinceMs, counts).hosts
    const learns = this.#learns(mover.lastMs, p)
    const isNew = !learns && recent.hosts >= Math.max(p.edges, p.habit * mover.usual)
    if (!isNew && chained < p.chain_edges) return
    if (p.allow.includes(src)) return
    const kind = chained >= p.chain_edges ? 'chain' : recent.hosts >= p.fan_out ? 'fan_out' : 'new_edges'
    mover.open = true
    this.#context.report(reportOf(kind, mover, recent, chained, suspicion, this.#context))
  }

  snapshot(): unknown {
    return {
      known: this.#known.snapshot(),
      prevalence: this.#prevalence.snapshot(),
      novelty: this.#novelty.snapshot(),
      movers: this.#movers.snapshot(),
      changed: [...this.#changed],
      sinceMs: this.#sinceMs,
    }
  }

  restore(state: unknown): void {
    const saved = state as Record<'known' | 'prevalence' | 'novelty' | 'movers', unknown> & {
      changed: string[]
      sinceMs: number
    }
    this.#known.restore(saved.known)
    this.#prevalence.restore(saved.prevalence)
    this.#novelty.restore(saved.novelty)
    this.#movers.restore(saved.movers)
    this.#sinceMs = saved.sinceMs
    this.#changed.clear()
    for (const key of saved.changed) this.#changed.add(key)
  }
}

const textOf = (key: string): string => addressOfKey(key, 0, key.length)

/** ATT&CK by the service that most of the new edges use. */
const TECHNIQUES: Readonly<Record<number, string>> = {
  22: 'T1021.004',
  135: 'T1021.003',
  139: 'T1021.002',
  445: 'T1021.002',
  3389: 'T1021.001',
  5900: 'T1021.005',
  5985: 'T1021.006',
  5986: 'T1021.006',
}
const SEVERITY: Readonly<Record<LateralKind, number>> = {
  new_edges: SEVERITIES.medium,
  fan_out: SEVERITIES.high,
  chain: SEVERITIES.high,
}

function reportOf(
  kind: LateralKind,
  mover: Mover,
  recent: Fresh,
  chained: number,
  suspicion: Suspicion | undefined,
  context: ServiceContext<LateralParameters>,
): FindingReport {
  const p = context.parametersOf(mover.orgId)
  const src = textOf(mover.key)
  const [port] = recent.ports
  // Σ −log P(edge) with P = α / (n + α·K), α = 1, K: what the host reached so far.
  const surprise = recent.hosts * Math.log(mover.calls + mover.hosts.length)
  return {
    key: src,
    severity: SEVERITY[kind],
    score: Math.min(99, 50 + 5 * recent.hosts + (kind === 'chain' ? 20 : 0) + Math.min(15, surprise)),
    orgId: mover.orgId,
    siteId: mover.siteId,
    src: [src],
    dst: recent.keys.slice(-16).map(textOf),
    ...(recent.ports.length === 1 ? { dstPort: port! } : {}),
    ipProto: 6,
    firstSeenMs: recent.fromMs,
    lastSeenMs: mover.lastMs,
    technique: recent.ports.length === 1 ? (TECHNIQUES[port!] ?? 'T1021') : 'T1021',
    evidence: {
      kind,
      new_hosts: recent.hosts,
      threshold: kind === 'chain' ? p.chain_edges : kind === 'fan_out' ? p.fan_out : p.edges,
      window_s: HOUR_MS / 1000,
      usual_new_hosts_per_hour: Math.round(mover.usual * 10) / 10,
      dst_ports: recent.ports,
      bytes: recent.octets,
      surprise: Math.round(surprise * 10) / 10,
      ...(suspicion === undefined || kind !== 'chain'
        ? {}
        : {
            suspected_by: suspicion.service,
            suspected_uid: suspicion.uid,
            suspected_since: new Date(suspicion.sinceMs).toISOString(),
            new_hosts_since: chained,
          }),
      sql: flowsSql({
        src,
        ...(recent.ports.length === 1 ? { dstPort: port! } : {}),
        ipProto: 6,
        fromMs: recent.fromMs,
        toMs: mover.lastMs,
      }),
    },
    title: LATERAL_TITLES[kind]({ site: context.siteName(mover.siteId) }),
    magnitude: recent.hosts,
    quietMs: p.quiet_s * 1000,
  }
}

export const lateral: SecurityService<LateralParameters> = {
  id: 'lateral',
  title: { fr: 'Mouvement latéral', en: 'Lateral movement' },
  about: {
    fr: 'Apprend qui administre qui, puis trouve les hôtes qui en atteignent d’autres pour la première fois à des ports d’administration, surtout ceux qu’un autre constat rend suspects.',
    en: 'Learns who administers whom, then finds hosts that reach others for the first time at administration ports, above all those that another finding makes suspect.',
  },
  techniques: ['T1021', 'T1021.001', 'T1021.002', 'T1021.004', 'T1021.006'],
  analyticType: 2,
  needs: ['src_addr', 'dst_addr', 'src_port', 'dst_port', 'ip_proto', 'tcp_flags', 'locality'],
  betterWith: ['bytes', 'src_site_id'],
  parameters: lateralParameters,
  flows: {
    tag: 8,
    loosest: (all) => ({ ...all[0]!, ports: [...new Set(all.flatMap((p) => p.ports))] }),
    collector: (parameters) => new LateralCollector(parameters),
    analyzer: (context) => new LateralAnalyzer(context),
  },
}
