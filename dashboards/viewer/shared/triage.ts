import type { Lang } from './format.js'

/** What the viewer's server and its browser side say to each other about one finding. */

export interface SeverityWord {
  readonly text: string
  /** As dashboards write colours. */
  readonly colour: string
}

/** Answer of `GET /api/v1/findings/{uid}`. Times are ms since 1970. */
export interface FindingAnswer {
  readonly uid: string
  readonly title: string
  readonly severity: SeverityWord
  readonly status: 'open' | 'closed'
  readonly service: string
  readonly org: string
  readonly site: string
  readonly src: readonly string[]
  readonly dst: readonly string[]
  readonly technique: string
  readonly score: number
  readonly first_seen: number
  readonly last_seen: number
  readonly evidence: readonly { readonly name: string; readonly value: string }[]
  /** The statement that shows its flows; '' for none. */
  readonly sql: string
  readonly timeline: readonly TimelineEntry[]
  readonly sites: readonly { readonly id: string; readonly name: string }[]
  readonly related: readonly RelatedFinding[]
  readonly mark?: { readonly verdict: string; readonly text: string; readonly by: string }
  readonly incident?: {
    readonly number: string
    readonly state: string
    readonly title: string
    readonly acknowledged_by: string
  }
}

export interface TimelineEntry {
  readonly at: number
  readonly what: string
  /** Who, and why; '' for what detection did. */
  readonly by: string
  readonly comment: string
}

export interface RelatedFinding {
  readonly uid: string
  readonly title: string
  readonly severity: SeverityWord
  readonly first_seen: number
}

/** Body of `POST /api/v1/findings/{uid}/actions`. */
export type ActionRequest =
  | {
      readonly action: 'mark'
      readonly verdict: 'true_positive' | 'false_positive' | 'expected' | 'none'
      readonly comment?: string
      readonly days?: number
    }
  | { readonly action: 'acknowledge'; readonly comment?: string }
  | { readonly action: 'silence'; readonly hours: number; readonly comment?: string }

/** What the page knows of the reader's rights. */
export type Rights =
  | { readonly act: true /** Sent back with every action. */; readonly token: string }
  | { readonly act: false; readonly why: 'read_only' | 'log_in_to_act' | 'off' }

/** Header that carries the token. */
export const TOKEN_HEADER = 'x-vigie-token'
export const MARK_DAYS = [7, 30, 90, 365] as const
export const SILENCE_HOURS = [1, 4, 24, 168] as const
export const COMMENT_MAX = 1000

/** Address of the page of one finding: the hour that begins ten minutes before it. */
export const findingAddress = (lang: Lang, uid: string, firstSeen: number): string =>
  `/d/vigie-${lang}-finding?from=${firstSeen - 600_000}&to=${firstSeen + 3_000_000}&var-uid=${encodeURIComponent(uid)}`
