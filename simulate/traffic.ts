import { curve, localTime } from './calendar.js'
import { Endpoints, type Ends } from './endpoints.js'
import { END_REASONS, FIREWALL_EVENTS, type Flow, internetAs, OUR_AS, TCP } from './flow.js'
import type { Network, Site } from './network.js'
import { Random, WeightedIndex } from './random.js'
import { SERVICES, type Service } from './services.js'
import { drawExchange, type Exchange } from './volumes.js'

export interface TrafficOptions {
  readonly seed: number
  /** Data records per second, the mean over the week when `weekly`, else always. */
  readonly flowsPerSecond: number
  /** The rate follows the hours and days in Québec; else only the mix of services does. */
  readonly weekly: boolean
  /** Length of a step of the simulation. */
  readonly stepMs: number
}

/**
 * Takes a flow at the edge of `site`; returns how many data records it makes of it (none where sampling
 * missed it).
 */
export type EmitFlow = (site: Site, flow: Flow) => number

/** Longest time between two exports of one conversation. */
const ACTIVE_TIMEOUT_MS = 60_000
/** Conversations that wait for their next export; at the bound a new one is exported as if it had ended. */
export const OPEN_CONVERSATIONS_MAX = 100_000
/** The mix of services changes slowly: it is drawn up anew this often. */
const MIX_MS = 300_000

/** Share of the load that never sleeps: equipment, care, what runs by itself. */
const NIGHT_LEVEL = 0.5

/** A conversation that goes on past the active timeout. */
interface Open {
  readonly ends: Ends
  readonly service: Service
  readonly srcPort: number
  readonly dstPort: number
  readonly natPort: number
  readonly whole: Exchange
  /** When it began, ms since 1970. */
  readonly startMs: number
  /** How much of it was exported. */
  doneMs: number
}

/**
 * Flows of a working network over time. Driven in steps of fixed length, so that the same seed and start
 * give the same flows at whatever pace it is driven.
 */
export class Traffic {
  readonly #options: TrafficOptions
  readonly #random: Random
  readonly #endpoints: Endpoints
  /** Conversations by the step of their next export: a ring as long as the active timeout. */
  readonly #ring: Open[][]
  #open = 0
  #step = 0
  #credit = 0
  #mix = new WeightedIndex([1])
  #mixMs = Number.NEGATIVE_INFINITY
  #level = 1

  constructor(network: Network, options: TrafficOptions) {
    this.#options = options
    this.#random = new Random(options.seed, 'traffic')
    this.#endpoints = new Endpoints(network)
    const steps = Math.ceil(ACTIVE_TIMEOUT_MS / options.stepMs) + 1
    this.#ring = Array.from({ length: steps }, () => [])
  }

  /** Conversations that wait for their next export. */
  get open(): number {
    return this.#open
  }

  /** The `stepMs` that begin at `nowMs`: continued conversations first, then new ones up to the rate. */
  step(nowMs: number, emit: EmitFlow): void {
    const { stepMs, flowsPerSecond } = this.#options
    if (nowMs - this.#mixMs >= MIX_MS) this.#renewMix(nowMs)
    this.#credit += (flowsPerSecond * this.#level * stepMs) / 1000
    const slot = this.#step % this.#ring.length
    const due = this.#ring[slot]!
    this.#ring[slot] = []
    this.#step++
    this.#open -= due.length
    for (const open of due) this.#credit -= this.#continue(open, emit)
    // Sampling can make conversations vanish: the attempts are bounded.
    for (let left = 4 * Math.ceil(this.#credit) + 4; this.#credit >= 1 && left > 0; left--) {
      const at = nowMs + this.#random.int(stepMs)
      this.#credit -= this.#begin(at, emit)
    }
  }

  #renewMix(nowMs: number): void {
    this.#mixMs = nowMs
    const { day, hour } = localTime(nowMs)
    const weekly = this.#options.weekly
    const weights = SERVICES.map((s) => s.weight * curve(s.curve, day, hour))
    this.#mix = new WeightedIndex(weights)
    const busy = weights.reduce((a, b) => a + b, 0)
    const level = busy / SERVICES.reduce((sum, s) => sum + s.weight, 0)
    this.#level = weekly ? NIGHT_LEVEL + (1 - NIGHT_LEVEL) * level : 1
  }

  #begin(nowMs: number, emit: EmitFlow): number {
    const random = this.#random
    const service = SERVICES[this.#mix.draw(random)]!
    const ends = this.#endpoints.draw(service, random)
    const family = typeof ends.src === 'number' ? 4 : 6
    const whole = atLinkSpeed(drawExchange(service, family, random), ends.link.committedBps)
    const symmetric = service.id === 'heure' && random.chance(0.5)
    const srcPort = service.proto === 1 ? 0 : symmetric ? 123 : 1024 + random.int(64512)
    const port = service.id === 'voix' ? 16384 + 2 * random.int(8192) : random.pick(service.ports)
    const conversation: Open = {
      ends,
      service,
      srcPort,
      dstPort: port,
      natPort: 1024 + random.int(64512),
      whole,
      startMs: nowMs - Math.min(whole.durationMs, ACTIVE_TIMEOUT_MS),
      doneMs: 0,
    }
    return this.#continue(conversation, emit)
  }

  /** Exports the next piece of a conversation, which ends now or goes on. */
  #continue(open: Open, emit: EmitFlow): number {
    const { durationMs } = open.whole
    const left = durationMs - open.doneMs
    const goesOn = left > ACTIVE_TIMEOUT_MS && this.#open < OPEN_CONVERSATIONS_MAX
    const pieceMs = goesOn ? ACTIVE_TIMEOUT_MS : left
    const flow = flowOf(open, pieceMs, goesOn)
    open.doneMs += pieceMs
    if (goesOn) {
      const nextMs = Math.min(ACTIVE_TIMEOUT_MS, durationMs - open.doneMs)
      const steps = Math.max(1, Math.ceil(nextMs / this.#options.stepMs))
      this.#ring[(this.#step + steps - 1) % this.#ring.length]!.push(open)
      this.#open++
    }
    return emit(open.ends.site, flow)
  }
}

/**
 * A transfer takes its time: it gets a quarter of its link, and no more than a good server gives one
 * client.
 */
const LINK_SHARE = 0.25
const SERVER_BPS = 100e6

function atLinkSpeed(whole: Exchange, linkBps: number): Exchange {
  const bps = Math.min(SERVER_BPS, LINK_SHARE * linkBps)
  const leastMs = Math.ceil(((whole.bytes + whole.reverseBytes) * 8000) / bps)
  return leastMs > whole.durationMs ? { ...whole, durationMs: leastMs } : whole
}

/** Packets of a piece: its share of the whole. */
function share(total: number, from: number, to: number): number {
  return Math.round(total * to) - Math.round(total * from)
}

function flagsOf(whole: number, first: boolean, last: boolean): number {
  if (whole === 0 || (first && last)) return whole
  const middle = TCP.ack | TCP.psh
  return first ? middle | TCP.syn : last ? whole & ~TCP.syn : middle
}

function flowOf(open: Open, pieceMs: number, goesOn: boolean): Flow {
  const { ends, service, whole } = open
  const { site, link } = ends
  const from = open.doneMs / whole.durationMs || 0
  const to = goesOn ? (open.doneMs + pieceMs) / whole.durationMs : 1
  const first = open.doneMs === 0
  const packets = Math.max(1, share(whole.packets, from, to))
  const reversePackets = share(whole.reversePackets, from, to)
  const lan = site.edge.model.lan.index
  const v4 = typeof ends.src === 'number'
  const inside = v4 ? site.v4.length : 64
  const outside = v4 ? (ends.internet ? 24 : 16) : 32
  const away = ends.internet && v4 ? internetAs((ends.outbound ? ends.dst : ends.src) as number) : OUR_AS
  return {
    src: ends.src,
    dst: ends.dst,
    srcPort: open.srcPort,
    dstPort: open.dstPort,
    proto: service.proto === 1 && !v4 ? 58 : service.proto,
    tos: service.dscp << 2,
    tcpFlags: flagsOf(whole.tcpFlags, first, !goesOn),
    packets,
    bytes: Math.round((whole.bytes / whole.packets) * packets),
    reverseTcpFlags: reversePackets > 0 ? flagsOf(whole.reverseTcpFlags, first, !goesOn) : 0,
    reversePackets,
    reverseBytes:
      reversePackets > 0 ? Math.round((whole.reverseBytes / whole.reversePackets) * reversePackets) : 0,
    startMs: open.startMs + open.doneMs,
    endMs: open.startMs + open.doneMs + pieceMs,
    inIf: ends.outbound ? lan : link.ifIndex,
    outIf: ends.outbound ? link.ifIndex : lan,
    srcAs: ends.outbound ? OUR_AS : away,
    dstAs: ends.outbound ? away : OUR_AS,
    srcMask: ends.outbound ? inside : outside,
    dstMask: ends.outbound ? outside : inside,
    nextHop: ends.outbound ? link.wanAddress - 1 : site.v4.base + 1,
    service,
    endReason: goesOn ? END_REASONS.active : whole.tcpFlags & TCP.fin ? END_REASONS.end : END_REASONS.idle,
    firewallEvent: whole.failed
      ? FIREWALL_EVENTS.denied
      : goesOn
        ? FIREWALL_EVENTS.created
        : FIREWALL_EVENTS.deleted,
    natSrc: ends.internet && ends.outbound && v4 ? link.wanAddress : 0,
    natPort: ends.internet && ends.outbound && v4 ? open.natPort : 0,
  }
}
