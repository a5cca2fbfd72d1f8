import type { z } from 'zod'
import type { DetectorConfig } from '../../detect/config.js'
import { SERVICES } from '../../detect/services/index.js'
import type { ItsmConfig } from '../../sinks/itsm/config.js'

interface Named {
  readonly detector: DetectorConfig
  readonly itsm: ItsmConfig
}

/** Wherever settings name a security service, it must be one. Only here all of them are known. */
export function checkServiceNames({ detector, itsm }: Named, issues: z.core.$RefinementCtx): void {
  const known = SERVICES.map(({ id }) => id)
  const check = (ids: readonly string[] | undefined, path: readonly (string | number)[]): void => {
    for (const id of ids ?? []) {
      if (known.includes(id)) continue
      const message = `there is no service '${id}': ${known.join(', ')}`
      issues.addIssue({ code: 'custom', path: [...path], message })
    }
  }
  check(detector.services, ['detector', 'services'])
  check(Object.keys(detector.defaults), ['detector', 'defaults'])
  check(itsm.policy.inhibit.services, ['itsm', 'policy', 'inhibit', 'services'])
  for (const [i, rule] of itsm.policy.rules.entries())
    check(rule.match.services, ['itsm', 'policy', 'rules', i, 'match', 'services'])
}
