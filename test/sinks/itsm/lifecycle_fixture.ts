import { serviceCategory } from '../../../app/service_titles.js'
import type { Finding } from '../../../model/finding.js'
import type { Incident, TransitionKind } from '../../../model/incident.js'
import { registrySchema } from '../../../model/registry.js'
import { Lifecycle } from '../../../sinks/itsm/lifecycle.js'
import type {
  FindingLink,
  LifecycleInput,
  Step,
  StepTransition,
} from '../../../sinks/itsm/lifecycle_state.js'
import { networkOf } from '../../../sinks/itsm/network.js'
import { Policy } from '../../../sinks/itsm/policy.js'
import { policySchema } from '../../../sinks/itsm/policy_config.js'

export const T0 = Date.parse('2026-11-20T15:00:00Z')

/** A registry of `count` sites in one organisation, each with a link of `telco-a`, every tenth with one of `telco-b` too. */
export function registryOf(count: number, more: Record<string, unknown> = {}) {
  const sites = Array.from({ length: count }, (_, i) => ({ id: `s${i}`, organization: 'org1', region: '06' }))
  return registrySchema.parse({
    organizations: [{ id: 'org1', name: { fr: 'Organisme', en: 'Body' }, itsm_group: 'Equipe-Org1' }],
    sites,
    suppliers: [
      { id: 'telco-a', name: 'Télé A' },
      { id: 'telco-b', name: 'Télé B' },
    ],
    links: sites.flatMap(({ id }, i) => [
      { id: `${id}-a`, site: id, supplier: 'telco-a' },
      ...(i % 10 === 9 ? [{ id: `${id}-b`, site: id, supplier: 'telco-b' }] : []),
    ]),
    ...more,
  })
}

/** A finding as its service would tell it. */
export function finding(uid: string, about: Partial<Finding> = {}): Finding {
  const time = about.time ?? T0
  return {
    time,
    service: 'ddos',
    activity: 'create',
    uid,
    severity_id: 4,
    org: 'org1',
    site: 's1',
    src: ['198.51.100.7'],
    dst: ['10.1.0.9'],
    first_seen: time,
    last_seen: time,
    score: 90,
    evidence: { peak_bits_per_s: 1e9 },
    title: {
      fr: 'Attaque par déni de service volumétrique vers un hôte du site s1',
      en: 'Volumetric denial-of-service attack to a host at site s1',
    },
    ...about,
  }
}

/** A lifecycle under a clock that is set, with everything that it said. */
export class Bench {
  readonly lifecycle: Lifecycle
  now = T0
  readonly steps: Step[] = []
  readonly transitions: StepTransition[] = []
  readonly links = new Map<string, FindingLink>()
  readonly incidents = new Map<string, Incident>()
  #sequence = 0

  constructor(policy: Record<string, unknown> = {}, registry = registryOf(20), targets: string[] = ['itsm']) {
    const network = networkOf({ registry })
    this.lifecycle = new Lifecycle({
      policy: new Policy(policySchema.parse(policy), network, serviceCategory),
      network,
      targets,
      lang: 'fr',
    })
  }

  findings(...list: Finding[]): void {
    this.give(list.map((f) => ({ type: 'finding', sequence: ++this.#sequence, finding: f })))
  }

  /** Gives inputs, then all that is due. */
  give(inputs: readonly LifecycleInput[]): void {
    let rest = inputs
    while (rest.length > 0 || this.lifecycle.isDue(this.now)) {
      const { step, taken } = this.lifecycle.step(rest, this.now)
      rest = rest.slice(taken)
      this.#note(JSON.parse(JSON.stringify(step)) as Step)
    }
  }

  /** Lets time pass second by second. */
  pass(seconds: number, every = 1): void {
    for (let s = 0; s < seconds; s += every) {
      this.now += every * 1000
      this.give([])
    }
  }

  #note(step: Step): void {
    this.steps.push(step)
    this.transitions.push(...step.transitions)
    for (const link of step.links) this.links.set(link.finding, link)
    for (const incident of step.incidents) this.incidents.set(incident.uid, incident)
  }

  kinds(): TransitionKind[] {
    return this.transitions.map(({ kind }) => kind)
  }

  single(): Incident {
    if (this.incidents.size !== 1) throw new Error(`${this.incidents.size} incidents`)
    return [...this.incidents.values()][0]!
  }
}
