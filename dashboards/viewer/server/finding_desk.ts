import type { FindingMark } from '../../../model/finding.js'

/** Who acts on a finding, from where, and on what. */
export interface Act {
  readonly finding: string
  /** Organisation of the finding; left out where it has none. */
  readonly org?: string
  /** `operator:NAME` */
  readonly by: string
  /** `viewer ADDRESS` */
  readonly origin: string
  readonly time: number
  readonly comment?: string
}

export interface SilenceAct extends Act {
  readonly site?: string
  readonly service: string
  readonly until: number
}

/** What the viewer may have done about findings; what comes of it is written down. Rejects when nothing was done. */
export interface FindingDesk {
  mark(mark: FindingMark): Promise<void>
  acknowledge(act: Act & { readonly incident: string }): Promise<void>
  silence(act: SilenceAct): Promise<void>
}
