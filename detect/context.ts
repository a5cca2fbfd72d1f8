import type { FindingReport } from './finding_book.js'

/** How a subscription treats what is found: `active` sends findings, `shadow` only counts them, `off` looks away. */
export type ServiceMode = 'active' | 'shadow' | 'off'

/** What the engine gives the analyzer of a service. */
export interface ServiceContext<P> {
  /** Parameters in force for an organisation (0: unknown). */
  parametersOf(orgId: number): P
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
}
