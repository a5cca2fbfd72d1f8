/**
 * Id of a security service. Which services there are, only detection knows (`detect/services/index.ts`); what is written of
 * one that there no longer is stays readable.
 */
export type ServiceId = string

/** A text in the two languages of the product. */
export interface Bilingual {
  readonly fr: string
  readonly en: string
}

export type FindingActivity = 'create' | 'update' | 'close'

/** OCSF severities. */
export const SEVERITIES = { informational: 1, low: 2, medium: 3, high: 4, critical: 5, fatal: 6 } as const

/**
 * A finding in its brief form. `uid` is stable: the same incident gives the same uid in any run, split or speed.
 * The full form (OCSF 1.8 Detection Finding, class 2004) is derived from it.
 */
export interface Finding {
  /** When this activity was decided, event time, ms since 1970. */
  readonly time: number
  readonly service: ServiceId
  readonly activity: FindingActivity
  readonly uid: string
  readonly severity_id: number
  /** Registry ids; left out when unknown. */
  readonly org?: string
  readonly site?: string
  readonly src: readonly string[]
  readonly dst: readonly string[]
  readonly dst_port?: number
  readonly ip_proto?: number
  /** Event time, ms since 1970. */
  readonly first_seen: number
  readonly last_seen: number
  /** 0 to 100. */
  readonly score: number
  /** ATT&CK id; left out for findings that are no attack. */
  readonly technique?: string
  /**
   * Numbers an analyst can check. Keys end in their unit. Services of the network also name what they are about, by registry
   * ids: `kind` (`site_down`, `link_down` …), `link`, `supplier`, `remote_site` (the other end of a tunnel); incidents are
   * grouped and explained by them.
   */
  readonly evidence: Readonly<Record<string, unknown>>
  readonly title: Bilingual
}

export const VERDICTS = ['true_positive', 'false_positive', 'expected'] as const
/** What people said of a finding: it was right, it was wrong, or it was right and is nothing to tell (a known scanner). */
export type Verdict = (typeof VERDICTS)[number]

/** A verdict on one finding; the newest holds. `none` takes back what was said before. */
export interface FindingMark {
  readonly finding: string
  readonly verdict: Verdict | 'none'
  /** `operator:NAME` or `target:NAME`. */
  readonly by: string
  readonly time: number
  /** Until when it holds, ms since 1970; left out, for as long as detection remembers marks. */
  readonly until?: number
  /** Uid of the incident whose closing said it. */
  readonly incident?: string
  readonly comment?: string
  /** Organisation of the finding, where the giver knows it. */
  readonly org?: string
  /** Where it was given: `console`, or `viewer ADDRESS`. */
  readonly origin?: string
}

export const FINDING_ACTIONS = ['mark', 'unmark', 'acknowledge', 'silence'] as const

/** What somebody did about a finding, for the record: who, when, from where. A mark is one of them. */
export interface FindingAction extends Omit<FindingMark, 'verdict'> {
  readonly action: (typeof FINDING_ACTIONS)[number]
  readonly verdict?: Verdict
}

/** The action that a mark is. */
export function actionOf({ verdict, ...mark }: FindingMark): FindingAction {
  return verdict === 'none' ? { ...mark, action: 'unmark' } : { ...mark, action: 'mark', verdict }
}

/** The mark that an action is; undefined where it is none. */
export function markOf({ action, verdict, ...rest }: FindingAction): FindingMark | undefined {
  if (action === 'unmark') return { ...rest, verdict: 'none' }
  return action === 'mark' && verdict !== undefined ? { ...rest, verdict } : undefined
}
