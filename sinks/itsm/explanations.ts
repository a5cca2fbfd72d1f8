import type { CaseBook } from './case_book.js'
import type { HeldFinding } from './lifecycle_state.js'
import type { NetworkView } from './network.js'
import { carrierKey, type Decision, type Policy, siteKey } from './policy.js'

export interface ExplanationDeps {
  readonly policy: Policy
  readonly network: NetworkView
}

/** What explains a finding: the outage of its carrier, or that its site is down. It is then told with that, not by itself. */
export class Explanations {
  readonly #book: CaseBook
  #deps: ExplanationDeps

  constructor(book: CaseBook, deps: ExplanationDeps) {
    this.#book = book
    this.#deps = deps
  }

  use(deps: ExplanationDeps): void {
    this.#deps = deps
  }

  /** Where a finding belongs: to what explains it, else to its group. */
  keyOf(held: HeldFinding, decision: Decision): string {
    const { subject } = held
    if (!subject.inhibitable) return decision.key
    for (const supplier of subject.suppliers) {
      if (this.#explains(carrierKey(supplier))) return carrierKey(supplier)
    }
    for (const site of [subject.site, subject.remoteSite]) {
      if (site !== undefined && this.#explains(siteKey(site))) return siteKey(site)
    }
    return decision.key
  }

  #explains(key: string): boolean {
    const c = this.#book.case(key)
    return c !== undefined && c.phase !== 'resolved' && c.kind !== 'group'
  }

  /** The supplier that so many sites are in trouble with that it is the supplier's; the one with most where two fit. */
  carrierOf(held: HeldFinding): string | undefined {
    const { subject } = held
    if (!subject.inhibitable || subject.service === 'saturation') return undefined
    const { carrier_sites_min: least, carrier_sites_ratio: ratio } = this.#deps.policy.config.inhibit
    let worst: { supplier: string; share: number } | undefined
    for (const supplier of subject.suppliers) {
      const all = this.#deps.network.siteCount(supplier)
      const enough = Math.max(least, Math.ceil(ratio * all))
      if (this.#book.affectedSites(supplier) < enough) continue
      const affected = this.#affectedTogether(supplier, held.first_seen)
      if (affected < enough) continue
      const share = affected / Math.max(all, affected)
      if (worst === undefined || share > worst.share) worst = { supplier, share }
    }
    return worst?.supplier
  }

  /** Sites of a supplier whose trouble began at about the same time: links that have been bad for days are no outage. */
  #affectedTogether(supplier: string, atMs: number): number {
    const windowMs = this.#deps.policy.config.inhibit.carrier_window_s * 1000
    const sites = new Set<string>()
    for (const { subject, first_seen, muted } of this.#book.findings()) {
      const { site, suppliers, inhibitable, service } = subject
      if (site === undefined || muted !== undefined || !inhibitable || service === 'saturation') continue
      if (suppliers.includes(supplier) && Math.abs(first_seen - atMs) <= windowMs) sites.add(site)
    }
    return sites.size
  }
}
