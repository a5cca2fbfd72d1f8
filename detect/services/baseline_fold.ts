import type { Profile } from './baseline_questions.js'
import type { Deviation, Direction, Step } from './baseline_step.js'

const STEPS = 5
const ALL = (1 << STEPS) - 1

/** Which of the last five steps hit, by subject and name. Steps that were not judged leave no mark. */
export class Rings {
  #bits = new Map<string, Record<string, number>>()

  /** Notes the step of a subject: the names that hit; all others of it did not. */
  note(subject: string, names: readonly string[]): void {
    const before = this.#bits.get(subject)
    if (before === undefined && names.length === 0) return
    const after: Record<string, number> = {}
    for (const [name, bits] of Object.entries(before ?? {})) {
      const moved = (bits << 1) & ALL
      if (moved !== 0) after[name] = moved
    }
    for (const name of names) after[name] = (after[name] ?? 0) | 1
    if (Object.keys(after).length === 0) this.#bits.delete(subject)
    else this.#bits.set(subject, after)
  }

  /** Hits among the last steps, five at most. */
  hits(subject: string, name: string, steps = STEPS): number {
    let bits = (this.#bits.get(subject)?.[name] ?? 0) & ((1 << steps) - 1)
    let n = 0
    for (; bits !== 0; bits >>= 1) n += bits & 1
    return n
  }

  /** How many steps ago the oldest of its hits was. */
  oldest(subject: string, name: string): number {
    return Math.max(0, 31 - Math.clz32(this.#bits.get(subject)?.[name] ?? 0))
  }

  /** Forgets subjects that are none any more. */
  keepOnly(known: { has(subject: string): boolean }): void {
    for (const subject of this.#bits.keys()) if (!known.has(subject)) this.#bits.delete(subject)
  }

  subjects(): string[] {
    return [...this.#bits.keys()]
  }

  snapshot(): unknown {
    return [...this.#bits]
  }

  restore(state: unknown): void {
    this.#bits = new Map(state as [string, Record<string, number>][])
  }
}

/** Many series that move together: one finding on what they have in common. */
export interface Group {
  readonly key: string
  readonly level: 'supplier' | 'fleet' | 'organization'
  readonly direction: Direction
  /** Of an organisation or supplier. */
  readonly number: number
  readonly name: string
  /** Those that moved, and those that were looked at. */
  readonly moved: readonly Profile[]
  readonly members: number
  readonly silent: boolean
}

export interface FoldRule {
  /** Share of the sites of an organisation, of the links of a supplier. */
  readonly groupShare: number
  readonly fleetShare: number
  /** Times more or less that all sites together have. */
  readonly fleetFactor: number
}

/** Members of a group that moved, at least; of the fleet. */
const MOVED = 5
const FLEET_MOVED = 20

/**
 * What moved together in this step: suppliers first (an outage of theirs is felt all over the fleet), then the fleet
 * (a holiday, a carrier of all), then organisations; each of what the ones before leave over.
 */
export function groupsOf(step: Step, direction: Direction, rule: FoldRule): Group[] {
  const moved = new Map<string, readonly Deviation[]>()
  for (const [key, list] of step.deviations) {
    const mine = list.filter((d) => d.direction === direction && d.improbable)
    if (mine.length > 0) moved.set(key, mine)
  }
  const groups: Group[] = []
  const explained = new Set<string>()
  const add = (group: Omit<Group, 'direction' | 'moved' | 'silent'>, members: readonly Profile[]): void => {
    const list = members.filter((m) => moved.has(m.key))
    const silent = list.every((m) => moved.get(m.key)!.some((d) => d.silent))
    groups.push({ ...group, direction, moved: list, silent: list.length > 0 && silent })
    for (const member of members) explained.add(member.key)
  }
  const bySupplier = by(step.tested, (p) => (p.kind === 'link' || p.kind === 'site' ? p.supplier : 0))
  for (const [number, members] of bySupplier) {
    const n = members.filter((m) => moved.has(m.key)).length
    if (n < MOVED || n < rule.groupShare * members.length || bySupplier.size < 2) continue
    const { supplierName: name } = members[0]!
    add({ key: `supplier:${number}`, level: 'supplier', number, name, members: members.length }, members)
  }
  const sites = step.tested.filter((p) => p.kind === 'site' && !explained.has(p.key))
  const n = sites.filter((s) => moved.has(s.key)).length
  const sign = direction === 'surge' ? 1 : -1
  const together = step.shift.some((shift) => shift * sign >= Math.log(rule.fleetFactor))
  if (together || (n >= FLEET_MOVED && n >= rule.fleetShare * sites.length)) {
    add({ key: 'fleet:0', level: 'fleet', number: 0, name: '', members: sites.length }, sites)
    return groups
  }
  for (const [number, members] of by(sites, (p) => p.orgId)) {
    const hit = members.filter((m) => moved.has(m.key)).length
    if (hit < MOVED || hit < rule.groupShare * members.length) continue
    const group = { key: `organization:${number}`, level: 'organization', number, name: '' } as const
    add({ ...group, members: members.length }, members)
  }
  return groups
}

function by(profiles: readonly Profile[], numberOf: (p: Profile) => number): Map<number, Profile[]> {
  const found = new Map<number, Profile[]>()
  for (const profile of profiles) {
    const number = numberOf(profile)
    if (number === 0) continue
    const list = found.get(number)
    if (list === undefined) found.set(number, [profile])
    else list.push(profile)
  }
  return found
}

/** One series out of the ordinary for long enough. */
export interface Candidate {
  readonly profile: Profile
  readonly direction: Direction
  /** The widest of its metrics. */
  readonly worst: Deviation
}

/** What is improbable in this step: `key|direction` of series, `org N|direction` of organisations whose sites are. */
export function movingIn(step: Step): Set<string> {
  const moving = new Set<string>()
  for (const list of step.deviations.values()) {
    for (const { profile, direction, improbable } of list) {
      if (improbable) note(moving, profile, direction)
    }
  }
  return moving
}

function note(moving: Set<string>, { key, kind, orgId }: Profile, direction: Direction): void {
  moving.add(`${key}|${direction}`)
  if (kind === 'site') moving.add(`org ${orgId}|${direction}`)
}

/**
 * Leaves out what something else explains, or may when it has lasted long enough: the links of a site by the site, what
 * moved to a site's other link by the link it left, classes and organisations by their sites, classes by their
 * organisation; and what a group holds, with the sites that one of a supplier's links serves.
 *
 * @param held `key|direction` of groups that moved lately
 * @param moving what `movingIn` says of the step; the candidates are added to it
 */
export function folded(
  candidates: readonly Candidate[],
  held: ReadonlySet<string>,
  moving: Set<string>,
): Candidate[] {
  for (const { profile, direction } of candidates) note(moving, profile, direction)
  const left = new Set<number>()
  const through = new Set<number>()
  for (const { profile, direction } of candidates) {
    if (profile.kind !== 'link') continue
    if (direction === 'drop') left.add(profile.siteId)
    if (held.has(`supplier:${profile.supplier}|${direction}`)) through.add(profile.siteId)
  }
  return candidates.filter(({ profile: { kind, orgId, siteId, supplier }, direction }) => {
    const groups = ['fleet:0', `organization:${orgId}`, `supplier:${supplier}`]
    if (groups.some((group) => held.has(`${group}|${direction}`))) return false
    if (kind === 'site') return !through.has(siteId)
    if (kind === 'link')
      return !moving.has(`1:${siteId}|${direction}`) && (direction === 'drop' || !left.has(siteId))
    if (moving.has(`org ${orgId}|${direction}`)) return false
    return kind === 'organization' || !moving.has(`4:${orgId}|${direction}`)
  })
}
