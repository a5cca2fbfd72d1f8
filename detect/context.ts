import type { ServiceId } from '../model/finding.js'
import type { ThreatName } from '../model/threat.js'
import type { FindingReport } from './finding_book.js'
import type { Places } from './places.js'

/** How a subscription treats what is found: `active` sends findings, `shadow` only counts them, `off` looks away. */
export type ServiceMode = 'active' | 'shadow' | 'off'

/** Why a host inside is suspected: a finding that says that somebody else acts there. */
export interface Suspicion {
  readonly service: ServiceId
  readonly uid: string
  readonly sinceMs: number
}

/** What the engine gives the analyzer of a service. */
export interface ServiceContext<P> {
  /**
   * Parameters in force for an organisation (0: unknown), at one of its sites where that is given (0: unknown). A service
   * that always gives it says so by `bySite`.
   */
  parametersOf(orgId: number, siteId?: number): P
  /** Parameters with which workers look: no organisation's are looser. Those at the start of the engine. */
  readonly loosest: P
  /** Says that an incident is there or goes on. */
  report(report: FindingReport): void
  /** Whether an incident of this key is open. */
  isOpen(key: string): boolean
  /** Counts what a bound threw away, under one of the service's own names. */
  count(name: string, by: number): void
  /** Name of a site or organisation in the registry, undefined when unknown. */
  orgName(orgId: number): string | undefined
  siteName(siteId: number): string | undefined
  /** Organisations and sites of the registry in force, with their kinds. The same object while nothing changed. */
  places(): Places
  /** The indicator behind a number of `threat_id`; undefined when it is not known (any more). */
  threat(number: number): ThreatName | undefined
  /** Whether a service found, within the last day, that a host inside (as text) is in others' hands. */
  suspicion(address: string): Suspicion | undefined
}
