import type { PrivacyPolicy } from '../../model/registry.js'
import { POLICIES_MAX, POLICY_MASK, POLICY_PSEUDONYM, type PrivacyTables } from './shared_tables.js'

const V4_BITS = 24
const V6_BITS = 48

/** Policies of places on their way into a table; equal ones are one. */
export class PolicyList {
  readonly #byPlace = new Map<number, number>()
  readonly #facts: number[] = [0, 0, 0]
  readonly #known = new Map<string, number>()

  /** @throws RangeError with more than 255 that differ */
  set(place: number, policy: PrivacyPolicy | undefined): void {
    if (policy === undefined || policy.mode === 'none') return
    const { mode, ipv4_bits = V4_BITS, ipv6_bits = V6_BITS } = policy
    const facts = mode === 'pseudonym' ? [POLICY_PSEUDONYM, 0, 0] : [POLICY_MASK, ipv4_bits, ipv6_bits]
    const key = facts.join()
    const index = this.#known.get(key) ?? this.#known.size + 1
    if (index > POLICIES_MAX) throw new RangeError(`more than ${POLICIES_MAX} policies of privacy`)
    if (!this.#known.has(key)) this.#facts.push(...facts)
    this.#known.set(key, index)
    this.#byPlace.set(place, index)
  }

  /** Undefined where no place has a policy. */
  build(places: number): PrivacyTables | undefined {
    if (this.#byPlace.size === 0) return undefined
    const policies = new Uint8Array(new SharedArrayBuffer(places))
    for (const [place, policy] of this.#byPlace) policies[place] = policy
    const facts = new Uint8Array(new SharedArrayBuffer(this.#facts.length))
    facts.set(this.#facts)
    return { policies: policies.buffer as SharedArrayBuffer, facts: facts.buffer as SharedArrayBuffer }
  }
}
