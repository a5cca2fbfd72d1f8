import { Random } from '../simulate/random.js'

/** Start of the judged span: seven o'clock on a Monday morning; clocks are five hours behind UTC. */
export const JUDGED_FROM_MS = Date.UTC(2026, 1, 2, 12)
export const STEP_MS = 300_000
const HOUR_MS = 3_600_000
const WEEK_MS = 168 * HOUR_MS
const LOCAL_MS = -5 * HOUR_MS
const SUPPLIERS = 4
/** Shares of an organisation's traffic by class of applications. */
const CLASSES = [0.5, 0.3, 0.2]

export type Shape = 'surge' | 'drop' | 'silence'

/** What was put into the traffic of a site: all of it times `factor`, or nothing any more. */
export interface Injected {
  readonly site: number
  readonly shape: Shape
  /** How many times more, or less. */
  readonly factor: number
  readonly startMs: number
  readonly endMs: number
}

export interface Link {
  readonly number: number
  readonly supplier: number
  readonly share: number
}

export interface SimulatedSite {
  readonly number: number
  readonly organization: number
  readonly links: readonly Link[]
  readonly kind: 'office' | 'hospital' | 'data_centre'
  /** Octets of five busy minutes, towards it. */
  readonly scale: number
  readonly noise: number
  readonly growth: number
  /** Local hour of a nightly copy; none below 0. */
  readonly backupHour: number
}

/** What befalls the whole network: each is to be told once, or not at all. */
export interface FleetEvents {
  /** A working day on which nobody works. */
  readonly holiday: Span
  /** No telemetry of anything. */
  readonly gap: Span
  /** All links of a supplier are dead. */
  readonly outage: Span & { readonly supplier: number }
}
export interface Span {
  readonly startMs: number
  readonly endMs: number
}

export interface Row {
  readonly kind: number
  readonly subject: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly flows: number
}

const within = (span: Span, ms: number): boolean => ms >= span.startMs && ms < span.endMs
const bump = (hour: number, middle: number, width: number): number =>
  Math.exp(-(((hour - middle) / width) ** 2))

/** Sites with days, nights, weekends, slow growth, noise that lasts, transfers now and then, and nightly copies. */
export class SimulatedNetwork {
  readonly sites: readonly SimulatedSite[]
  readonly #random: Random
  /** Noise of each site that lasts from step to step, of the day, and how many times more a transfer makes of it. */
  readonly #lasting: Float64Array
  readonly #ofDay: Float64Array
  readonly #transfer: Float64Array
  #day = -1

  constructor(seed: number, sites: number) {
    const random = new Random(seed, 'baseline')
    this.#random = random
    let links = 0
    this.sites = Array.from({ length: sites }, (_, i) => {
      const two = random.chance(0.5)
      const first = { number: ++links, supplier: 1 + (i % SUPPLIERS), share: two ? 0.6 : 1 }
      const second = two ? [{ number: ++links, supplier: 1 + ((i + 1) % SUPPLIERS), share: 0.4 }] : []
      const kind = random.chance(0.1) ? 'data_centre' : random.chance(0.25) ? 'hospital' : 'office'
      return {
        number: i + 1,
        organization: 1 + Math.floor(i / 12),
        links: [first, ...second],
        kind,
        scale: (kind === 'data_centre' ? 4e9 : 2e8) * Math.exp(0.9 * random.normal()),
        noise: 0.15 + 0.2 * random.float(),
        growth: 0.01 * random.normal(),
        backupHour: random.chance(0.2) ? 22 + 2 * random.float() : -1,
      } as const
    })
    this.#lasting = new Float64Array(sites)
    this.#ofDay = new Float64Array(sites)
    this.#transfer = new Float64Array(sites).fill(1)
  }

  /** Octets towards a site that five minutes would bring without noise. */
  usual(site: SimulatedSite, ms: number, holiday = false): number {
    const local = new Date(ms + LOCAL_MS)
    const hour = local.getUTCHours() + local.getUTCMinutes() / 60
    const rest = holiday || local.getUTCDay() % 6 === 0
    const weeks = (ms - JUDGED_FROM_MS) / WEEK_MS
    return site.scale * (1 + site.growth) ** weeks * shareOf(site.kind, hour, rest)
  }

  /** The rows of a step; steps are asked for in the order of time. */
  step(ms: number, injected: readonly Injected[], events: FleetEvents): Row[] {
    if (within(events.gap, ms)) return []
    const day = Math.floor((ms + LOCAL_MS) / (24 * HOUR_MS))
    const rows: Row[] = []
    const organizations = new Map<number, [number, number, number]>()
    for (const [i, site] of this.sites.entries()) {
      if (day !== this.#day) this.#ofDay[i] = 0.08 * this.#random.normal()
      const told = injected.find((x) => x.site === site.number && within(x, ms))
      const octets = this.#octets(i, site, ms, within(events.holiday, ms)) * factorOf(told)
      const out =
        octets * 0.35 * Math.exp(0.15 * this.#random.normal()) + this.#copy(site, ms) * factorOf(told)
      const flows = ((octets + out) / 60_000) * Math.exp(0.1 * this.#random.normal())
      const dead = (link: Link): boolean =>
        within(events.outage, ms) && link.supplier === events.outage.supplier
      let [sumIn, sumOut, sumFlows] = [0, 0, 0]
      for (const link of site.links) {
        if (dead(link)) continue
        const share = link.share * Math.exp(0.05 * this.#random.normal())
        const row = rowOf(2, link.number, octets * share, out * share, flows * share)
        if (row.flows === 0) continue
        rows.push(row)
        sumIn += row.bytesIn
        sumOut += row.bytesOut
        sumFlows += row.flows
      }
      if (sumFlows === 0) continue
      rows.push(rowOf(1, site.number, sumIn, sumOut, sumFlows))
      const sum = organizations.get(site.organization) ?? [0, 0, 0]
      organizations.set(site.organization, [sum[0] + sumIn, sum[1] + sumOut, sum[2] + sumFlows])
    }
    this.#day = day
    for (const [organization, [bytesIn, bytesOut, flows]] of organizations) {
      rows.push(rowOf(4, organization, bytesIn, bytesOut, flows))
      CLASSES.forEach((part, c) => {
        const share = part * Math.exp(0.1 * this.#random.normal())
        rows.push(rowOf(3, organization * 256 + c + 1, bytesIn * share, bytesOut * share, flows * share))
      })
    }
    return rows
  }

  #octets(i: number, site: SimulatedSite, ms: number, holiday: boolean): number {
    const random = this.#random
    this.#lasting[i] = 0.85 * this.#lasting[i]! + Math.sqrt(1 - 0.85 ** 2) * site.noise * random.normal()
    // A transfer every third day, ten minutes long on average, half again to several times the usual.
    if (this.#transfer[i]! > 1 ? random.chance(0.5) : random.chance(1 / 800))
      this.#transfer[i] = this.#transfer[i]! > 1 ? 1 : Math.exp(0.4 + 0.6 * Math.abs(random.normal()))
    return this.usual(site, ms, holiday) * Math.exp(this.#lasting[i]! + this.#ofDay[i]!) * this.#transfer[i]!
  }

  /** A nightly copy outwards: 40 minutes, not always to the minute. */
  #copy(site: SimulatedSite, ms: number): number {
    if (site.backupHour < 0) return 0
    const local = new Date(ms + LOCAL_MS)
    const late =
      local.getUTCHours() + local.getUTCMinutes() / 60 - site.backupHour - 0.1 * this.#random.float()
    return late >= 0 && late < 0.7 ? 7.5e8 : 0
  }
}

const factorOf = (told: Injected | undefined): number => {
  if (told === undefined) return 1
  if (told.shape === 'silence') return 0
  return told.shape === 'surge' ? told.factor : 1 / told.factor
}

function shareOf(kind: SimulatedSite['kind'], hour: number, rest: boolean): number {
  if (kind === 'data_centre') return (rest ? 0.6 : 0.75) + 0.25 * bump(hour, 13, 4) + 0.4 * bump(hour, 2, 1)
  if (kind === 'hospital') return rest ? 0.4 + 0.2 * bump(hour, 14, 5) : 0.4 + 0.6 * bump(hour, 13, 4)
  return rest ? 0.12 : 0.1 + 0.9 * bump(hour, 13, 4)
}

const rowOf = (kind: number, subject: number, bytesIn: number, bytesOut: number, flows: number): Row => ({
  kind,
  subject,
  bytesIn: Math.round(bytesIn),
  bytesOut: Math.round(bytesOut),
  flows: Math.round(flows),
})

/** Whether a step is looked at when the judged span is judged: its own steps, and the same hours four weeks back. */
export function isNeeded(ms: number, hours: number): boolean {
  if (ms >= JUDGED_FROM_MS) return ms < JUDGED_FROM_MS + hours * HOUR_MS
  const week = Math.ceil((JUDGED_FROM_MS - ms) / WEEK_MS)
  return [week - 1, week, week + 1].some((w) => {
    const at = ms + w * WEEK_MS - JUDGED_FROM_MS
    return w >= 1 && w <= 4 && at >= -2 * HOUR_MS && at < (hours + 1) * HOUR_MS
  })
}
