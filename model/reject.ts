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
  /** ClickHouse refused the rows for good. */
  store_refused: 'batch',
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
  /** The datagram or frame itself. */
  readonly bytes?: Uint8Array
}
