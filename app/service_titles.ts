import { SERVICES } from '../detect/services/index.js'
import type { Bilingual } from '../model/finding.js'
import type { Category } from '../model/incident.js'

/** What people call the security services, for dashboards and tickets, in the order in which they run. */
export const SERVICE_TITLES: readonly { readonly value: string; readonly text: Bilingual }[] = SERVICES.map(
  ({ id, title }) => ({ value: id, text: title }),
)

export const serviceTitle = (id: string): Bilingual | undefined =>
  SERVICE_TITLES.find(({ value }) => value === id)?.text

export const serviceCategory = (id: string): Category =>
  SERVICES.find((service) => service.id === id)?.category ?? 'security'
