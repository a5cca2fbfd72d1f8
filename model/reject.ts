import type { EdgeOrigin } from './edge_payload.js'

/** Why a payload of an SD-WAN edge, or a part of it, was not read. */
export const EDGE_REJECT_UNITS = {
  /** Neither JSON, nor lines of JSON, nor text that any adapter reads. */
  payload_unreadable: 'payload',
  /** Larger than the bound of a payload. */
  payload_too_large: 'payload',
  /** No adapter recognises it, or the named one does not. */
  vendor_unknown: 'payload',
  /** A row or a line of a recognised payload that has not its shape. */
  row_invalid: 'row',
  /** More records than the bound of a payload. */
  too_many_records: 'payload',
  /** An adapter failed on it: a mistake of ours. */
  adapter_failed: 'payload',
  /** A syslog message beyond the listener's bound; its beginning is kept. */
  message_too_long: 'message',
} as const
export type EdgeRejectCode = keyof typeof EDGE_REJECT_UNITS

/**
 * Why something was not stored. The list is closed: codes are metric labels and keys of the conservation table.
 * A reject is counted where it happens, once, and kept in the dead-letter stream with its bytes.
 */
export const REJECT_CODES = {
  /** Shorter than the header of its version. */
  datagram_truncated: 'datagram',
  /** The version field names no protocol that Vigie reads. */
  version_unknown: 'datagram',
  /** The header contradicts itself or the datagram's length. */
  header_invalid: 'datagram',
  /** A set runs past the end of its datagram, or is shorter than its own header. */
  set_truncated: 'set',
  /** A template that cannot be: no fields, fields too wide, too many fields. */
  template_invalid: 'set',
  /** Data whose template did not come in time. */
  template_missing: 'set',
  /** A record runs past the end of its set (variable-length fields). */
  record_truncated: 'record',
  /** An sFlow sample or sampled header that cannot be read. */
  sample_invalid: 'record',
  /** The exporter reached its bound of templates, fields or waiting bytes. */
  exporter_limit: 'datagram',
  /** The exporter is not on the allow-list. */
  exporter_refused: 'datagram',
  /** The stream was away and the spool full: the frame could not be kept. */
  spool_full: 'datagram',
  /** It waited for its template in a collector that was killed. */
  collector_killed: 'datagram',
  /** The frame's checksum or layout is wrong. */
  frame_corrupt: 'frame',
  /** ClickHouse refused the rows for good, while it took others. */
  store_refused: 'record',
  /** An ITSM target refused a ticket for good. */
  ticket_refused: 'incident',
  /** An ITSM target could not take a ticket, often enough, while it took others. */
  ticket_undelivered: 'incident',
  ...EDGE_REJECT_UNITS,
} as const
export type RejectCode = keyof typeof REJECT_CODES

/** One thing that was not stored. */
export interface Reject {
  readonly code: RejectCode
  /** What, where and what to do, in one English sentence. */
  readonly message: string
  /** Exporter as text, where known. */
  readonly exporter?: string
  readonly receivedUs?: number
  /** How many datagrams, sets or records (by the code's unit) this stands for. */
  readonly count: number
  /** The datagram, frame or payload itself. */
  readonly bytes?: Uint8Array
  /** Of a payload of an edge: whose it was taken for, and where it came from. */
  readonly vendor?: string
  readonly origin?: EdgeOrigin
  /** Of a payload of an edge: how many records of it were stored all the same. */
  readonly stored?: number
}
