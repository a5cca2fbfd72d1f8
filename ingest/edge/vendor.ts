import type { EdgeRecordKind } from '../../model/edge_record.js'
import type { Bilingual } from '../../model/finding.js'
import type { EdgeRejectCode } from '../../model/reject.js'
import type { EdgeDraft, Origin } from './draft.js'
import type { Payload } from './payload.js'

/** How payloads of a vendor come. */
export type Transport =
  | 'rest'
  | 'graphql'
  | 'webhook'
  | 'syslog'
  | 'snmp'
  | 'ipfix'
  | 'gnmi'
  | 'otlp'
  | 'netconf'
  | 'websocket'
  | 'cli'
  | 'file'

/** A part of a payload that was not read. */
export interface EdgeReject {
  readonly code: EdgeRejectCode
  /** Where: `line 3`, `row 12`, or empty for the whole. */
  readonly place: string
  /** What is wrong and what to do, in one English sentence. */
  readonly message: string
}

/** What an adapter gets besides the payload. */
export interface EdgeContext {
  /** Time of receipt, ms since 1970, where known. */
  readonly receivedMs?: number | undefined
  /** What the way in knows of where the payload is from. */
  readonly origin?: Origin | undefined
  /** Tells of a part that was not read. */
  reject(code: EdgeRejectCode, place: string, message: string): void
}

/** What the canonical names hold for this vendor, so that the registry can be joined. */
export interface EdgeIdentity {
  readonly device?: string
  readonly site?: string
  readonly link?: string
}

/** One vendor of SD-WAN edges (or one neutral format): one file of this shape, and a line in the index. */
export interface EdgeVendor {
  /** In `vigie normalize --vendor`, in records and in addresses. */
  readonly id: string
  readonly titles: Bilingual
  readonly transports: readonly Transport[]
  readonly kinds: readonly EdgeRecordKind[]
  /** Canonical keys that this vendor can fill, besides identity and time. */
  readonly fields: readonly string[]
  readonly identity: EdgeIdentity
  /** The vendor's own page. */
  readonly documentation: string
  /** Set where the vendor stops telling of a dead tunnel: silence of this many seconds is a state. */
  readonly absenceS?: number
  /** Set where one observation comes apart over payloads: those of a path at one time are put together for so many seconds. */
  readonly mergeS?: number
  /** How sure the payload is of this vendor: 0 not at all, 1 certain. Never throws. */
  recognise(payload: Payload): number
  /** Reads a payload that it recognises. Gives no draft where there is no link telemetry in it. */
  normalise(payload: Payload, context: EdgeContext): EdgeDraft[]
}
