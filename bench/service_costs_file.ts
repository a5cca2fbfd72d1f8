/** Where and when a cost was measured. */
export interface Measured {
  /** Processors, runtime, and how busy it was. */
  readonly machine: string
  /** `2026-11-29` */
  readonly date: string
}

/** What a bench says of the two halves of detection, by service, ns a flow. */
export interface MeasuredCosts {
  readonly observeNs: Readonly<Record<string, number>>
  readonly applyNs: Readonly<Record<string, number>>
}

/** The text of `detect/service_costs.generated.ts`. What is no service (`before any service`) is left out. */
export function serviceCostsFile({ observeNs, applyNs }: MeasuredCosts, { machine, date }: Measured): string {
  const ids = Object.keys(observeNs).filter((id) => /^[a-z0-9_]+$/.test(id))
  const lines = ids.map(
    (id) => `    ${id}: { worker_ns: ${observeNs[id]!}, detector_ns: ${applyNs[id] ?? 0} },`,
  )
  return `// Written by \`vigie bench detect --write-docs\`. A service that is not here was not measured.
import type { ServiceCosts } from './service_costs.js'

export const SERVICE_COSTS: ServiceCosts = {
  machine: ${quoted(machine)},
  date: ${quoted(date)},
  services: {
${lines.join('\n')}
  },
}
`
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
