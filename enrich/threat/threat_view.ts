import type { ThreatName } from '../../model/threat.js'
import { buildThreats, prefixAt } from '../tables/build_threats.js'
import { prefixText } from '../tables/prefix_text.js'
import { CONFIDENCE_UNKNOWN, type ThreatTables } from '../tables/shared_tables.js'
import { IndicatorSet, sharedCopy } from './indicator_set.js'

/** A set of indicators, ready for use: tables for the workers, and the set itself for names. All of it shared memory. */
export interface BuiltThreats {
  readonly tables: ThreatTables
  readonly packed: Uint8Array<SharedArrayBuffer>
}

/** Takes a second or two for half a million indicators, on the thread that calls. */
export function builtThreats(packed: Uint8Array): BuiltThreats {
  const shared = sharedCopy(packed)
  const set = IndicatorSet.open(shared)
  return { tables: buildThreats(set.header.version, set), packed: shared }
}

/** A version of the set of indicators. */
export class ThreatView {
  readonly tables: ThreatTables
  readonly #set: IndicatorSet

  constructor({ tables, packed }: BuiltThreats) {
    this.tables = tables
    this.#set = IndicatorSet.open(packed)
  }

  /** What is known of an indicator that is in force; by a look through all numbers, so not for every flow. */
  nameOf(number: number): ThreatName | undefined {
    const set = this.#set
    const row = set.numbers.indexOf(number)
    if (row < 0) return undefined
    const confidence = set.confidences[row]!
    return {
      number,
      feed: set.feedOf(row),
      value: prefixText(prefixAt(set, row)),
      id: set.idOf(row),
      name: set.nameOf(row),
      severity_id: set.severities[row]!,
      ...(confidence !== CONFIDENCE_UNKNOWN && { confidence }),
    }
  }
}
