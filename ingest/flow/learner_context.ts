import type { ContextDomain } from './context.js'
import type { DomainState, ExporterState } from './learner_state.js'
import { commonSampling, SamplingTable } from './sampling.js'

/** Whose knowledge it is. */
export function identity({ exporter, protocol, domain, session }: DomainState) {
  return { exporter: exporter.address, protocol, domain, session }
}

/** All that is known of an exporter for good. */
export function snapshotOf(exporter: ExporterState): ContextDomain[] {
  // What was said in a session ends with it.
  const lasting = [...exporter.domains()].filter(({ session }) => session === 0)
  return lasting.map((domain) => {
    const templates = new Map<number, string>()
    for (const { id, template } of domain.bindings.values()) {
      if (template !== undefined) templates.set(id, template.key)
    }
    return { ...identity(domain), templates, sampling: domain.sampling }
  })
}

/** The domain's own sampling; where it says nothing, what the exporter's domains agree on. */
export function effectiveSampling(
  domain: DomainState,
  common: Map<ExporterState, SamplingTable>,
): SamplingTable {
  const { exporter, sampling } = domain
  if (exporter.domainCount === 1) return sampling
  let table = common.get(exporter)
  if (table === undefined) {
    table = commonSampling([...exporter.domains()].map((d) => d.sampling))
    common.set(exporter, table)
  }
  const effective = new SamplingTable()
  effective.takeFrom(sampling)
  effective.fillFrom(table)
  return effective
}
