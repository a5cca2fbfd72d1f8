import type { HeldFinding, Silence } from './lifecycle_state.js'

/** The silence in force that covers a finding; what it does not name covers all. */
export const silenceOf = (
  silences: readonly Silence[],
  { subject }: HeldFinding,
  now: number,
): Silence | undefined =>
  silences.find(
    ({ untilMs, org, site, service }) =>
      untilMs > now &&
      (org === undefined || org === subject.org) &&
      (site === undefined || site === subject.site) &&
      (service === undefined || service === subject.service),
  )

/** Whether what muted a finding was a silence that was ended, maybe before its time. */
export const isLifted = (silences: readonly Silence[], by: string, now: number): boolean =>
  by.startsWith('silence:') && !silences.some(({ id, untilMs }) => by === `silence:${id}` && untilMs > now)
