import { createHash } from 'node:crypto'
import type { Incident, Transition } from '../../model/incident.js'

/** An incident that says of itself that it is a test: opened, or opened and resolved. */
export function testIncident(
  nonce: string,
  kind: 'open' | 'resolve',
  now: number,
  { lang, target }: { readonly lang: 'fr' | 'en'; readonly target: string },
): Incident {
  const uid = createHash('sha256').update(`test\0${nonce}`).digest('hex').slice(0, 32)
  const transition = (version: number, what: 'open' | 'resolve', fr: string, en: string): Transition => ({
    version,
    kind: what,
    time: now,
    by: 'vigie',
    rule: 'test',
    note: { fr, en },
  })
  const opened = transition(1, 'open', 'Essai : rien à faire.', 'A test: nothing to do.')
  const resolved = transition(2, 'resolve', 'Fin de l’essai.', 'End of the test.')
  const over = kind === 'resolve'
  return {
    uid,
    number: `VIG-${uid.slice(0, 8).toUpperCase()}`,
    kind: 'incident',
    key: 'test',
    state: over ? 'resolved' : 'new',
    version: over ? 2 : 1,
    category: 'telemetry',
    service: 'telemetry',
    impact: 3,
    urgency: 3,
    priority: 5,
    severity_id: 1,
    group: 'NOC',
    lang,
    title: { fr: 'Incident d’essai de Vigie', en: 'Test incident of Vigie' },
    findings: 0,
    findings_open: 0,
    sites: 0,
    evidence: [],
    first_seen: now,
    last_seen: now,
    opened: now,
    updated: now,
    ...(over && { resolved: now, closing: 'recovered' as const }),
    reopened: 0,
    flapping: false,
    chain: 'default',
    tier: 0,
    notified: [],
    due: { notify: now, acknowledge: now, resolve: now },
    breached: [],
    targets: [target],
    remotes: {},
    history: over ? [opened, resolved] : [opened],
    test: true,
  }
}
