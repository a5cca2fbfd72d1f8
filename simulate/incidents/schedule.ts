import type { Network } from '../network.js'
import { covers } from '../overlap.js'
import { Random } from '../random.js'
import type { EmitFlow } from '../traffic.js'
import { COVERT_KINDS } from './covert.js'
import { DDOS_KINDS } from './ddos.js'
import type { IncidentKind, IncidentPlan, TruthRecord } from './incident.js'
import { INTRUSION_KINDS } from './intrusion.js'
import { MOVEMENT_KINDS } from './movement.js'
import { SCAN_KINDS } from './scan.js'

export const INCIDENT_KINDS: readonly IncidentKind[] = [
  ...DDOS_KINDS,
  ...SCAN_KINDS,
  ...INTRUSION_KINDS,
  ...COVERT_KINDS,
  ...MOVEMENT_KINDS,
]

export interface ScheduleOptions {
  readonly seed: number
  readonly startMs: number
  /** Left out: for ever. */
  readonly durationS?: number
  /** Kinds to draw from. */
  readonly kinds: readonly string[]
  /** Mean time between incidents after the opening, seconds. */
  readonly everyS: number
  readonly intensity: number
}

interface Running {
  readonly plan: IncidentPlan
  readonly truth: TruthRecord
  credit: number
}

/**
 * The opening: what a minute's demonstration shows, seconds after the start. What needs no past to be seen
 * comes first; a plain flood is told from a busy day by the half minute before it. Kinds that are not asked
 * for are left out.
 */
const OPENING: readonly (readonly [kind: string, atS: number])[] = [
  ['horizontal_scan', 5],
  ['reflection', 9],
  ['vertical_scan', 15],
  ['syn_flood', 20],
  ['icmp_sweep', 26],
  ['udp_flood', 33],
]
const OPENING_ENDS_S = 40
/** An incident begins no later than this before a known end, so that it can be found. */
const LAST_START_S = 25
/** Kinds that take minutes to show have no place in a short run. */
const SHORT_RUN_S = 600
const SHORT_KIND_S = 60
/**
 * The same done again to the same victim, or by the same actor, within this time would be one incident, not
 * two.
 */
const REST_MS = 30 * 60_000
const RECENT_MAX = 2048
const PLAN_TRIES = 8
/** Incidents at a time; one that would be more is left out. */
const RUNNING_MAX = 32

/** Incidents by a plan that hangs on the seed alone. Truth is told as each one begins. */
export class IncidentSchedule {
  readonly #network: Network
  readonly #options: ScheduleOptions
  readonly #random: Random
  readonly #tell: (truth: TruthRecord) => void
  readonly #coming: { kind: IncidentKind; startMs: number }[] = []
  readonly #drawn: readonly IncidentKind[]
  #running: Running[] = []
  #recent: { service: string; entity: string; atMs: number }[] = []
  #nextDrawMs: number
  #numbered = 0

  constructor(network: Network, options: ScheduleOptions, tell: (truth: TruthRecord) => void) {
    this.#network = network
    this.#options = options
    this.#tell = tell
    this.#random = new Random(options.seed, 'incidents')
    const asked = INCIDENT_KINDS.filter((kind) => options.kinds.includes(kind.id))
    const short = (options.durationS ?? Number.POSITIVE_INFINITY) < SHORT_RUN_S
    this.#drawn = asked.filter((kind) => !short || kind.durationS <= SHORT_KIND_S)
    for (const [id, atS] of OPENING) {
      const kind = asked.find((k) => k.id === id)
      const startMs = options.startMs + 1000 * (atS + this.#random.float())
      if (kind && this.#mayStart(startMs)) this.#coming.push({ kind, startMs })
    }
    this.#nextDrawMs = options.startMs + OPENING_ENDS_S * 1000
  }

  #mayStart(ms: number): boolean {
    const { durationS, startMs } = this.#options
    return (
      durationS === undefined || ms <= startMs + 1000 * (durationS - Math.min(LAST_START_S, durationS / 2))
    )
  }

  step(nowMs: number, stepMs: number, emit: EmitFlow): void {
    this.#draw(nowMs)
    while (this.#coming.length > 0 && this.#coming[0]!.startMs < nowMs + stepMs)
      this.#begin(this.#coming.shift()!)
    if (this.#running.length === 0) return
    for (const incident of this.#running) {
      const { plan, truth } = incident
      incident.credit += (plan.flowsPerSecond * stepMs) / 1000
      for (; incident.credit >= 1; incident.credit--) {
        const at = Math.min(truth.end_ms, nowMs + this.#random.int(stepMs))
        emit(plan.site, plan.flow(at))
      }
    }
    this.#running = this.#running.filter(({ truth }) => truth.end_ms > nowMs + stepMs)
  }

  #draw(nowMs: number): void {
    if (nowMs < this.#nextDrawMs || this.#drawn.length === 0) return
    const waitS = this.#options.everyS * (0.5 + this.#random.float())
    this.#nextDrawMs = nowMs + 1000 * waitS
    if (this.#mayStart(nowMs)) this.#coming.push({ kind: this.#random.pick(this.#drawn), startMs: nowMs })
  }

  /** A plan whose victim or actor had its peace for a while; undefined where none was drawn. */
  #plan(kind: IncidentKind, startMs: number): IncidentPlan | undefined {
    this.#recent = this.#recent.filter(({ atMs }) => startMs - atMs < REST_MS)
    for (let tries = 0; tries < PLAN_TRIES; tries++) {
      const random = new Random(this.#options.seed, `incident ${this.#numbered++}`)
      const plan = kind.plan(this.#network, random, this.#options.intensity)
      const entity = kind.service === 'ddos' ? plan.dst[0]! : plan.src[0]!
      const tired = this.#recent.some((r) => r.service === kind.service && covers(r.entity, entity))
      if (tired) continue
      if (this.#recent.length < RECENT_MAX)
        this.#recent.push({ service: kind.service, entity, atMs: startMs + kind.durationS * 1000 })
      return plan
    }
    return undefined
  }

  #begin({ kind, startMs }: { kind: IncidentKind; startMs: number }): void {
    if (this.#running.length >= RUNNING_MAX) return
    const { intensity } = this.#options
    const plan = this.#plan(kind, startMs)
    if (plan === undefined) return
    const start_ms = Math.round(startMs)
    const truth: TruthRecord = {
      service: kind.service,
      kind: kind.id,
      src: plan.src,
      src_count: plan.srcCount,
      dst: plan.dst,
      ...(plan.dstPort !== undefined && { dst_port: plan.dstPort }),
      ip_proto: plan.proto,
      start_ms,
      end_ms: start_ms + kind.durationS * 1000,
      intensity,
      org: this.#network.organizations[plan.site.organization]!.id,
      site: plan.site.id,
    }
    this.#running.push({ plan, truth, credit: 1 })
    this.#tell(truth)
  }
}
