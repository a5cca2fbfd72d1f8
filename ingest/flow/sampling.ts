/** Entries of one table; what comes beyond is not learned. */
export const SAMPLERS_MAX = 1024

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
  learn(record: { sampler: number; inIf: number; rate: number; initMs: number }): boolean {
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

  /**
   * Adds what `other` knows and this table does not. An exporter may describe its samplers in another domain
   * than the one it sends flows in; where several domains disagree, nothing is taken.
   */
  fillFrom(others: Iterable<SamplingTable>): void {
    const byId = new Map<number, number>()
    const defaults = new Map<number, number>()
    for (const other of others) {
      agree(defaults, 0, other.defaultRate)
      for (const [id, rate] of other.byId) agree(byId, id, rate)
    }
    if (this.defaultRate === 0) this.defaultRate = Math.max(0, defaults.get(0) ?? 0)
    for (const [id, rate] of byId) if (rate > 0 && !this.byId.has(id)) this.byId.set(id, rate)
  }

  /** Takes all that `other` knows. */
  takeFrom(other: SamplingTable): void {
    if (other.defaultRate > 0) this.defaultRate = other.defaultRate
    if (other.initMs > 0) this.initMs = other.initMs
    for (const [id, rate] of other.byId) put(this.byId, id, rate)
    for (const [id, rate] of other.byInterface) put(this.byInterface, id, rate)
  }
}

function put(table: Map<number, number>, id: number, rate: number): boolean {
  const known = table.get(id)
  if (known === rate || (known === undefined && table.size >= SAMPLERS_MAX)) return false
  table.set(id, rate)
  return true
}

const DISAGREE = -1

function agree(table: Map<number, number>, id: number, rate: number): void {
  if (rate === 0) return
  const known = table.get(id)
  table.set(id, known === undefined || known === rate ? rate : DISAGREE)
}
