import { noise } from './noise.js'

/** What may befall an edge. */
export const TROUBLE_KINDS = ['brownout', 'link_down', 'tunnel_dead'] as const
export type TroubleKind = (typeof TROUBLE_KINDS)[number]

export interface Trouble {
  readonly number: number
  readonly kind: TroubleKind
  /** Index of the edge among all that speak. */
  readonly edge: number
  /** Index of the link at its site. */
  readonly link: number
  readonly startMs: number
  readonly endMs: number
  /** 1 is plain to see. */
  readonly intensity: number
}

/** What befell an edge, as it is written to the truth: one line of JSON a trouble. */
export interface EdgeTruthRecord {
  readonly kind: TroubleKind | 'failover' | 'clock_skew'
  readonly vendor: string
  readonly site: string
  readonly link?: string
  readonly device: string
  readonly start_ms: number
  readonly end_ms?: number
  /** How far the edge's clock is ahead: `clock_skew`. */
  readonly skew_ms?: number
}

export interface TroubleOptions {
  readonly seed: number
  readonly startMs: number
  readonly everyS: number
  /** Links of each edge. */
  readonly links: readonly number[]
  /** Left out: 20 to 90 s. */
  readonly lastsS?: readonly [number, number]
  /** Left out: 0.5 to 1.5. */
  readonly intensity?: readonly [number, number]
  /** Left out: all. */
  readonly kinds?: readonly TroubleKind[]
}

const LASTS_S = [20, 90] as const
const INTENSITY = [0.5, 1.5] as const
/** How far back controllers can be asked. */
const FORGOTTEN_MS = 7_200_000

/** Troubles by a plan that hangs on the seed alone: one begins in each `everyS`, at one edge. */
export class Troubles {
  readonly #options: TroubleOptions
  readonly #byEdge = new Map<number, Trouble[]>()
  #all: Trouble[] = []
  #drawn = 0

  constructor(options: TroubleOptions) {
    this.#options = options
  }

  /** Those that were drawn, without those long over, in the order in which they begin. */
  get all(): readonly Trouble[] {
    return this.#all
  }

  /** Draws what begins up to `ms`, which is rounded to a second. */
  drawTo(ms: number): void {
    const { startMs, everyS, links } = this.#options
    if (links.length === 0) return
    while (startMs + this.#drawn * everyS * 1000 < ms + 1000) this.#draw(this.#drawn++)
    const oldest = this.#all[0]
    if (oldest !== undefined && oldest.endMs < ms - 2 * FORGOTTEN_MS) this.#forget(ms - FORGOTTEN_MS)
  }

  #forget(ms: number): void {
    this.#all = this.#all.filter(({ endMs }) => endMs >= ms)
    this.#byEdge.clear()
    for (const trouble of this.#all) this.#keep(trouble)
  }

  #keep(trouble: Trouble): void {
    this.#byEdge.set(trouble.edge, [...(this.#byEdge.get(trouble.edge) ?? []), trouble])
  }

  #draw(number: number): void {
    const { seed, startMs, everyS, links, kinds = TROUBLE_KINDS } = this.#options
    const between = ([from, to]: readonly [number, number], share: number): number =>
      from + share * (to - from)
    const { lastsS = LASTS_S, intensity = INTENSITY } = this.#options
    const drawn = (what: number): number => noise(seed, 7001, number, what)
    const edge = Math.floor(drawn(1) * links.length)
    const begins = startMs + 1000 * Math.round(everyS * (number + drawn(2)))
    const trouble: Trouble = {
      number,
      kind: kinds[Math.floor(drawn(3) * kinds.length)]!,
      edge,
      link: Math.floor(drawn(4) * links[edge]!),
      startMs: begins,
      endMs: begins + 1000 * Math.round(between(lastsS, drawn(5))),
      intensity: between(intensity, drawn(6)),
    }
    this.#all.push(trouble)
    this.#keep(trouble)
  }

  /** What befalls a link of an edge at a time; the first that began where several do. */
  at(edge: number, link: number, ms: number): Trouble | undefined {
    return this.of(edge).find((t) => t.link === link && t.startMs <= ms && ms < t.endMs)
  }

  of(edge: number): readonly Trouble[] {
    return this.#byEdge.get(edge) ?? []
  }
}
