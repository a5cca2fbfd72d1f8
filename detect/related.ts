import type { Finding } from '../model/finding.js'

interface Told {
  readonly uid: string
  readonly atMs: number
}

const DAY_MS = 86_400_000
/** Hosts and links whose findings are remembered; the one told longest ago goes first. */
const ENTITIES = 8192
/** Findings of one of them, and findings that another one names. */
const FINDINGS_EACH = 8
const NAMED = 5
/** A list of more is a sample of many: none of them is what the finding is about. */
const ABOUT_MAX = 3

/** What a finding is about: hosts, where it names few, and a link. */
function entitiesOf({ src, dst, evidence }: Finding): string[] {
  const hosts = [src, dst].filter((list) => list.length <= ABOUT_MAX).flat()
  const { link } = evidence
  return [...new Set([...hosts, ...(typeof link === 'string' ? [`link ${link}`] : [])])]
}

/** Findings of the last day by what they are about, so that each names those that belong to the same story. */
export class Related {
  #told = new Map<string, readonly Told[]>()

  /** The finding with `related` in its evidence where there is something to name; remembers it. */
  link(finding: Finding): Finding {
    const entities = entitiesOf(finding)
    const others = entities
      .flatMap((entity) => this.#told.get(entity) ?? [])
      .filter(({ uid, atMs }) => uid !== finding.uid && finding.time - atMs <= DAY_MS)
      .sort((a, b) => b.atMs - a.atMs || (a.uid < b.uid ? -1 : 1))
    if (finding.activity !== 'close') for (const entity of entities) this.#note(entity, finding)
    if (others.length === 0) return finding
    const related = [...new Set(others.map(({ uid }) => uid))].slice(0, NAMED)
    return { ...finding, evidence: { ...finding.evidence, related } }
  }

  snapshot(): unknown {
    return this.#told
  }

  restore(state: unknown): void {
    this.#told = state as Map<string, readonly Told[]>
  }

  #note(entity: string, { uid, time }: Finding): void {
    const before = (this.#told.get(entity) ?? []).filter((one) => one.uid !== uid)
    this.#told.delete(entity)
    this.#told.set(entity, [...before, { uid, atMs: time }].slice(-FINDINGS_EACH))
    if (this.#told.size > ENTITIES) this.#told.delete(this.#told.keys().next().value!)
  }
}
