/** What people are told of a threat indicator, by the number that `threat_id` holds. */
export interface ThreatName {
  readonly number: number
  readonly feed: string
  /** Address or prefix. */
  readonly value: string
  /** The feed's own id of it; '' where it has none. So is the name. */
  readonly id: string
  readonly name: string
  /** OCSF: 1 informational to 6 fatal. */
  readonly severity_id: number
  /** 0 to 100; left out where the feed does not tell. */
  readonly confidence?: number
}

/** The store's side of threat feeds. */
export interface ThreatStore {
  /** The highest version of the set of indicators that rows were written of; 0 without any. */
  version(): Promise<number>
  /** Writes rows of `vigie.threat_indicators`, as TabSeparated with `columns`; the same rows twice are the same. */
  write(columns: readonly string[], rows: readonly Uint8Array[]): Promise<void>
  /**
   * Holds the flows received from `fromMs` to before `toMs` against the indicators that came or changed with `version`; what
   * matches goes to `vigie.threat_matches`. The same again leaves the same.
   */
  match(version: number, fromMs: number, toMs: number): Promise<void>
}
