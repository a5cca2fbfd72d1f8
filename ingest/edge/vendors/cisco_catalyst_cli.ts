import type { DraftValues, EdgeDraft } from '../draft.js'
import { textOf } from '../json.js'
import type { Piece } from '../payload.js'
import { numberOf, percentOf } from '../units.js'

const HEAD = /^\s*app-route statistics\s+(\S+)\s+(\S+)/
const FIELD = /^\s*(remote-system-ip|local-color|remote-color|mean-loss|mean-latency|mean-jitter)\s+(\S+)/

/**
 * What each line of a block says. The numbered buckets below the means are the same packets again, and are
 * not read.
 */
const FIELDS: Readonly<Record<string, (value: string) => DraftValues>> = {
  'remote-system-ip': (value) => ({ remote: textOf(value) }),
  'local-color': (value) => ({ local_color: textOf(value) }),
  'remote-color': (value) => ({ remote_color: textOf(value) }),
  'mean-loss': (value) => ({ loss_ratio: percentOf(value) }),
  'mean-latency': (value) => ({ latency_ms: numberOf(value), latency_kind: 'round_trip' }),
  'mean-jitter': (value) => ({ jitter_ms: numberOf(value) }),
}

/** `show app-route statistics`: a block a tunnel, a line a field. */
export function appRouteText(lines: readonly Piece<string>[]): EdgeDraft[] {
  const drafts: EdgeDraft[] = []
  for (const { value: line } of lines) {
    const head = HEAD.exec(line)
    if (head !== null) {
      drafts.push({ kind: 'tunnel', direction: 'both', local: head[1], remote: head[2] })
      continue
    }
    const field = FIELD.exec(line)
    const last = drafts.pop()
    if (last !== undefined) drafts.push(field ? { ...last, ...FIELDS[field[1]!]!(field[2]!) } : last)
  }
  return drafts
}
