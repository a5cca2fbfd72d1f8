import type { EdgeState } from '../../model/edge_words.js'
import { textOf } from './json.js'

/** Vendors' words for a state, without case. A word that is not here is `unknown`, and is kept raw. */
const WORDS: Readonly<Record<Exclude<EdgeState, 'unknown'>, string>> = {
  up: 'up stable active good normal connected green alive online reachable established healthy',
  degraded: 'unstable bad degraded',
  down: 'down dead disconnected failed offline unreachable',
  standby: 'standby ready hotstandby backup',
  disabled: 'disable disabled gray',
}

const BY_WORD: ReadonlyMap<string, EdgeState> = new Map(
  Object.entries(WORDS).flatMap(([state, words]) =>
    words.split(' ').map((word) => [word, state as EdgeState] as const),
  ),
)

/** State and the vendor's word, both left out where there is no word. */
export interface StateWords {
  readonly state?: EdgeState
  readonly state_raw?: string
}

/** Reads a vendor's state word. */
export function stateOf(value: unknown): StateWords {
  const raw = textOf(value)
  if (raw === undefined) return {}
  return { state: BY_WORD.get(raw.toLowerCase()) ?? 'unknown', state_raw: raw }
}

/** OCSF severity of a syslog severity word or the like; undefined for a word that is none. */
export function severityOf(value: unknown): number | undefined {
  return SEVERITIES[textOf(value)?.toLowerCase() ?? '']
}

const SEVERITIES: Readonly<Record<string, number>> = {
  debug: 1,
  info: 1,
  information: 1,
  informational: 1,
  notice: 1,
  notification: 1,
  minor: 2,
  low: 2,
  warning: 3,
  warn: 3,
  medium: 3,
  error: 4,
  err: 4,
  major: 4,
  high: 4,
  critical: 5,
  crit: 5,
  alert: 5,
  emergency: 6,
  emerg: 6,
  fatal: 6,
}
