import { SUPPLIERS } from '../access.js'
import { v4Text } from '../address.js'
import type { EdgeModelId } from '../edge_models.js'
import type { Link, Network, Site } from '../network.js'
import { bell, noise } from './noise.js'
import { type Trouble, type TroubleOptions, Troubles } from './troubles.js'

/** An underlay link of an edge, and the tunnel over it to a data centre. */
export interface EdgeLink {
  readonly index: number
  readonly link: Link
  /** As the edge names its interface. */
  readonly port: string
  /** As overlays name its transport. */
  readonly color: string
  readonly carrier: string
}

/** An edge that tells how its links fare. */
export interface Edge {
  /** Among all that speak. */
  readonly index: number
  readonly site: Site
  readonly model: EdgeModelId
  readonly serial: string
  readonly systemIp: string
  readonly name: string
  readonly links: readonly EdgeLink[]
  /** The data centre that its tunnels lead to. */
  readonly hub: { readonly name: string; readonly systemIp: string; readonly siteId: string }
  /** How far its clock is ahead, ms. */
  readonly skewMs: number
}

/** How a link and its tunnel fared in an interval: the truth that payloads tell in their own words. */
export interface Reading {
  readonly state: 'up' | 'degraded' | 'down'
  /** The tunnel, which may be dead while its link is well. */
  readonly tunnel: 'up' | 'degraded' | 'down'
  /** Round trip. */
  readonly latencyMs: number
  readonly jitterMs: number
  readonly lossRatio: number
  readonly txBps: number
  readonly rxBps: number
  readonly txCapacityBps: number
  readonly rxCapacityBps: number
}

const BASE_LATENCY_MS = { fibre: 6, cable: 14, dsl: 22, lte: 45, '5g': 28, satellite: 560 } as const
const COLORS = ['biz-internet', 'public-internet', 'lte'] as const
const SKEWED_SHARE = 0.03
const DAY_MS = 86_400_000

const carrierOf = (id: string): string => SUPPLIERS.find((s) => s.id === id)?.name.en ?? id

/** `10.255.a.b`, one for each site. */
const systemIpOf = (index: number): string => v4Text(((10 << 24) | (255 << 16)) + index + 1)

function edgeOf(network: Network, site: Site, index: number): Edge {
  const { seed, sites } = network
  const hub = sites[site.region % 3]!
  const skewed = noise(seed, 7101, site.index) < SKEWED_SHARE
  const skew = (noise(seed, 7102, site.index) - 0.5) * 240_000
  return {
    index,
    site,
    model: site.edge.model.id,
    serial: serialOf(site),
    systemIp: systemIpOf(site.index),
    name: `${site.id}-ce1`,
    links: site.links.map((link, n) => ({
      index: n,
      link,
      port: link.ifName,
      color: link.technology === 'fibre' && n === 0 ? 'mpls' : (COLORS[n] ?? 'private1'),
      carrier: carrierOf(link.supplier),
    })),
    hub: { name: `${hub.id}-ce1`, systemIp: systemIpOf(hub.index), siteId: hub.id },
    skewMs: skewed ? Math.round(skew) : 0,
  }
}

const PREFIX: Readonly<Partial<Record<EdgeModelId, string>>> = {
  meraki: 'Q2KN-',
  fortinet: 'FGT60FTK',
  velocloud: 'VC0520',
  juniper: '2001',
  huawei: '2102',
}

/** A serial number in the vendor's manner. */
export function serialOf(site: Site): string {
  const prefix = PREFIX[site.edge.model.id] ?? 'SN'
  const digits = String(site.index + 1).padStart(8, '0')
  return prefix === 'Q2KN-' ? `${prefix}${digits.slice(0, 4)}-${digits.slice(4)}` : `${prefix}${digits}`
}

export interface WorldOptions {
  /** Models of edges that speak. */
  readonly models: readonly EdgeModelId[]
  readonly startMs: number
  /** How often each edge measures, s. */
  readonly everyS: number
  readonly troubleEveryS: number
  /** How long troubles last, of what intensity and kinds; left out: as they are by default. */
  readonly troubles?: Pick<TroubleOptions, 'lastsS' | 'intensity' | 'kinds'>
}

/** The edges of the network and how their links fare, at any time: a function of the seed and the time alone. */
export class EdgeWorld {
  readonly network: Network
  readonly edges: readonly Edge[]
  readonly everyMs: number
  readonly troubles: Troubles
  readonly #byModel: ReadonlyMap<EdgeModelId, readonly Edge[]>

  constructor(network: Network, { models, startMs, everyS, troubleEveryS, troubles }: WorldOptions) {
    this.network = network
    this.everyMs = everyS * 1000
    const sites = network.sites.filter(
      (site) => site.kind !== 'data_centre' && models.includes(site.edge.model.id),
    )
    this.edges = sites.map((site, index) => edgeOf(network, site, index))
    this.#byModel = new Map(models.map((model) => [model, this.edges.filter((edge) => edge.model === model)]))
    const links = this.edges.map((edge) => edge.links.length)
    this.troubles = new Troubles({ seed: network.seed, startMs, everyS: troubleEveryS, links, ...troubles })
  }

  of(model: EdgeModelId): readonly Edge[] {
    return this.#byModel.get(model) ?? []
  }

  /** Ends of the intervals of measurement in a time, its end not included. */
  ticks(fromMs: number, toMs: number): number[] {
    const ticks: number[] = []
    for (let t = Math.ceil(fromMs / this.everyMs) * this.everyMs; t < toMs; t += this.everyMs) ticks.push(t)
    return ticks
  }

  /** The interval that ends at `endMs`. */
  reading(edge: Edge, link: EdgeLink, endMs: number): Reading {
    this.troubles.drawTo(endMs)
    const trouble = this.troubles.at(edge.index, link.index, endMs)
    const { seed } = this.network
    const keys = [seed, edge.site.index, link.index] as const
    const { technology, committedBps, burstBps } = link.link
    const base = BASE_LATENCY_MS[technology] * (0.8 + 0.6 * noise(...keys, 1)) + 2 * (edge.site.region % 9)
    const tick = endMs / this.everyMs
    const wave = 1 + 0.15 * Math.sin((2 * Math.PI * (endMs % DAY_MS)) / DAY_MS + 6 * noise(...keys, 2))
    const worse = trouble?.kind === 'brownout' ? trouble.intensity : 0
    const load = (0.1 + 0.5 * noise(...keys, 3)) * (0.7 + 0.6 * noise(...keys, tick, 4))
    const loss = noise(...keys, tick, 5) < 0.1 ? 0.002 * noise(...keys, tick, 6) : 0
    return {
      ...statesOf(trouble),
      latencyMs: round(base * wave * (1 + 0.05 * Math.abs(bell(...keys, tick, 7))) + 150 * worse, 3),
      jitterMs: round(0.4 + base * 0.04 * (1 + noise(...keys, tick, 8)) + 30 * worse, 3),
      lossRatio: round(Math.min(0.2, loss + 0.06 * worse), 5),
      txBps: Math.round(committedBps * load * 0.5),
      rxBps: Math.round(committedBps * load),
      txCapacityBps: committedBps,
      rxCapacityBps: burstBps,
    }
  }

  /** Changes of state in a time, its end not included: what edges tell at once, besides their measurements. */
  changes(fromMs: number, toMs: number): readonly Change[] {
    this.troubles.drawTo(toMs)
    return this.troubles.all
      .flatMap((trouble) => [
        { trouble, ms: trouble.startMs, begins: true },
        { trouble, ms: trouble.endMs, begins: false },
      ])
      .filter(({ ms }) => ms >= fromMs && ms < toMs)
      .map(({ trouble, ms, begins }) => {
        const edge = this.edges[trouble.edge]!
        return { edge, link: edge.links[trouble.link]!, trouble, ms, begins }
      })
  }
}

/** A link or tunnel that turned. */
export interface Change {
  readonly edge: Edge
  readonly link: EdgeLink
  readonly trouble: Trouble
  readonly ms: number
  readonly begins: boolean
}

function statesOf(trouble: Trouble | undefined): Pick<Reading, 'state' | 'tunnel'> {
  if (trouble === undefined) return { state: 'up', tunnel: 'up' }
  if (trouble.kind === 'link_down') return { state: 'down', tunnel: 'down' }
  if (trouble.kind === 'tunnel_dead') return { state: 'up', tunnel: 'down' }
  return { state: 'degraded', tunnel: 'degraded' }
}

export const round = (value: number, digits: number): number =>
  Math.round(value * 10 ** digits) / 10 ** digits
