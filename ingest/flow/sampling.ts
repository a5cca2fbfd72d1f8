/** Entries of one table; what comes beyond is not learned. */
export const SAMPLERS_MAX = 1024

/** What one options record said of sampling; unknown numbers are 0. */
export interface SamplingRecord {
  readonly sampler: number
  readonly inIf: number
  readonly rate: number
  /** Start of the exporter, ms since 1970. */
  readonly initMs: number
}

/** What a domain's options said about sampling. A rate is one packet in so many; 0 stands for unknown. */
export class SamplingTable {
  /** For records that name no sampler and no interface with a rate of its own. */
  defaultRate = 0
  readonly byId = new Map<number, number>()
  readonly byInterface = new Map<number, number>()
  /** Start of the exporter (element 160), ms since 1970, where options tell it; 0: unknown. */
  initMs = 0

  get empty(): boolean {
    return this.defaultRate === 0 && this.byId.size === 0 && this.byInterface.size === 0 && this.initMs === 0
  }

  /** The rate of the only sampler there is. */
  get soleRate(): number {
    if (this.byId.size !== 1) return 0
    for (const rate of this.byId.values()) return rate
    return 0
  }

  /** Takes what one options record said; true when it was news. */
  learn(record: SamplingRecord): boolean {
    const { sampler, inIf, rate, initMs } = record
    let changed = false
    if (initMs > 0 && initMs !== this.initMs) {
      this.initMs = initMs
      changed = true
    }
    if (rate === 0) return changed
    if (sampler > 0) return put(this.byId, sampler, rate) || changed
    if (inIf > 0) return put(this.byInterface, inIf, rate) || changed
    if (rate === this.defaultRate) return changed
    this.defaultRate = rate
    return true
  }

  /** Entries that take memory. */
  get size(): number {
    return this.byId.size + this.byInterface.size
  }

  /** Adds what `other` knows and this table does not; a table of its own samplers is left to itself. */
  fillFrom(other: SamplingTable): void {
    if (this.initMs === 0) this.initMs = other.initMs
    if (this.defaultRate > 0 || this.byId.size > 0) return
    this.defaultRate = other.defaultRate
    for (const [id, rate] of other.byId) this.byId.set(id, rate)
  }

  /** Takes all that `other` knows. */
  takeFrom(other: SamplingTable): void {
    if (other.defaultRate > 0) this.defaultRate = other.defaultRate
    if (other.initMs > 0) this.initMs = other.initMs
    for (const [id, rate] of other.byId) put(this.byId, id, rate)
    for (const [id, rate] of other.byInterface) put(this.byInterface, id, rate)
  }
}

/**
 * What the domains of one exporter agree on. An exporter may describe its samplers in another domain than the
 * one it sends flows in; where domains disagree, nothing is taken.
 */
export function commonSampling(tables: Iterable<SamplingTable>): SamplingTable {
  const byId = new Map<number, number>()
  const defaults = new Map<number, number>()
  const starts = new Map<number, number>()
  for (const table of tables) {
    agree(defaults, 0, table.defaultRate)
    agree(starts, 0, table.initMs)
    for (const [id, rate] of table.byId) agree(byId, id, rate)
  }
  const common = new SamplingTable()
  common.defaultRate = Math.max(0, defaults.get(0) ?? 0)
  common.initMs = Math.max(0, starts.get(0) ?? 0)
  for (const [id, rate] of byId) {
    if (rate > 0 && common.byId.size < COMMON_SAMPLERS_MAX) common.byId.set(id, rate)
  }
  return common
}

/** Samplers that stand for all domains of an exporter: each domain's part of a context repeats them. */
const COMMON_SAMPLERS_MAX = 64

function put(table: Map<number, number>, id: number, rate: number): boolean {
  const known = table.get(id)
  if (known === rate || (known === undefined && table.size >= SAMPLERS_MAX)) return false
  table.set(id, rate)
  return true
}

const DISAGREE = -1

function agree(table: Map<number, number>, id: number, value: number): void {
  if (value === 0) return
  const known = table.get(id)
  table.set(id, known === undefined || known === value ? value : DISAGREE)
}
