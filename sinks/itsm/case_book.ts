import type { Case, HeldFinding, Recurrence, Silence, StepChanges } from './lifecycle_state.js'

/** Ids of events that were applied; a target gives the same event again only soon. */
const EVENTS_MAX = 20_000
const RECURRENCES_MAX = 20_000

/** The state as plain data. */
export interface BookState {
  readonly findings: readonly HeldFinding[]
  readonly cases: readonly Case[]
  readonly silences: readonly Silence[]
  readonly recurrences: readonly (readonly [string, Recurrence])[]
  readonly events: readonly string[]
}

/**
 * The state of the lifecycle with its indexes, and what changed of it since the last step. Cases are changed in place and
 * then `put`; findings are replaced.
 */
export class CaseBook {
  readonly #findings = new Map<string, HeldFinding>()
  readonly #cases = new Map<string, Case>()
  #silences: readonly Silence[] = []
  readonly #recurrences = new Map<string, Recurrence>()
  readonly #events = new Set<string>()
  /** Indexes; derived. */
  readonly #byCase = new Map<string, Map<string, HeldFinding>>()
  readonly #sitesOfCase = new Map<string, Map<string, number>>()
  readonly #sitesOfSupplier = new Map<string, Map<string, number>>()
  readonly #byIncident = new Map<string, string>()
  readonly #byRemote = new Map<string, string>()
  readonly #muted = new Set<string>()
  /** Changed since `takeChanges`. */
  readonly #changedFindings = new Set<string>()
  readonly #movedFindings = new Set<string>()
  readonly #droppedFindings = new Set<string>()
  readonly #changedCases = new Set<string>()
  readonly #droppedCases = new Set<string>()
  readonly #changedRecurrences = new Set<string>()
  #newEvents: string[] = []
  #silencesChanged = false

  get findingCount(): number {
    return this.#findings.size
  }

  get cases(): ReadonlyMap<string, Case> {
    return this.#cases
  }

  get silences(): readonly Silence[] {
    return this.#silences
  }

  get muted(): ReadonlySet<string> {
    return this.#muted
  }

  /** How much the next step holds so far. */
  get pendingChanges(): { readonly cases: number; readonly findings: number; readonly moves: number } {
    return {
      cases: this.#changedCases.size,
      findings: this.#changedFindings.size,
      moves: this.#movedFindings.size,
    }
  }

  /** Cases that changed since `takeChanges`. */
  *changedCases(): Generator<Case> {
    for (const key of this.#changedCases) yield this.#cases.get(key)!
  }

  finding(uid: string): HeldFinding | undefined {
    return this.#findings.get(uid)
  }

  findings(): IterableIterator<HeldFinding> {
    return this.#findings.values()
  }

  case(key: string): Case | undefined {
    return this.#cases.get(key)
  }

  /** The case of an incident, by its uid; or by a target's own id. */
  caseOf(incident: string | undefined, target: string, remoteId: string | undefined): Case | undefined {
    const uid = incident ?? this.#byRemote.get(`${target}\0${remoteId}`)
    const key = uid === undefined ? undefined : this.#byIncident.get(uid)
    return key === undefined ? undefined : this.#cases.get(key)
  }

  members(key: string): ReadonlyMap<string, HeldFinding> {
    return this.#byCase.get(key) ?? EMPTY
  }

  /** Sites with an open finding of a case. */
  siteCount(key: string): number {
    return this.#sitesOfCase.get(key)?.size ?? 0
  }

  /** Sites with an open finding that a supplier may be to blame for. */
  affectedSites(supplier: string): number {
    return this.#sitesOfSupplier.get(supplier)?.size ?? 0
  }

  recurrence(key: string): Recurrence | undefined {
    return this.#recurrences.get(key)
  }

  sawEvent(id: string): boolean {
    return this.#events.has(id)
  }

  putFinding(finding: HeldFinding): void {
    const before = this.#findings.get(finding.uid)
    if (before !== undefined) this.#unindex(before)
    this.#findings.set(finding.uid, finding)
    this.#index(finding)
    this.#droppedFindings.delete(finding.uid)
    this.#changedFindings.add(finding.uid)
  }

  /** Gives a finding to another case. */
  moveFinding(uid: string, key: string): void {
    const before = this.#findings.get(uid)
    if (before === undefined || before.case === key) return
    const { muted: _, ...rest } = before
    const moved = { ...rest, case: key }
    this.#unindex(before)
    this.#findings.set(uid, moved)
    this.#index(moved)
    if (before.muted !== undefined) this.#changedFindings.add(uid)
    else this.#movedFindings.add(uid)
  }

  dropFinding(uid: string): void {
    const before = this.#findings.get(uid)
    if (before === undefined) return
    this.#unindex(before)
    this.#findings.delete(uid)
    this.#changedFindings.delete(uid)
    this.#movedFindings.delete(uid)
    this.#droppedFindings.add(uid)
  }

  putCase(c: Case): void {
    this.#cases.set(c.key, c)
    this.#indexCase(c)
    this.#droppedCases.delete(c.key)
    this.#changedCases.add(c.key)
  }

  dropCase(key: string): void {
    const c = this.#cases.get(key)
    if (c === undefined) return
    this.#unindexCase(c)
    this.#cases.delete(key)
    this.#changedCases.delete(key)
    this.#droppedCases.add(key)
  }

  putRecurrence(key: string, recurrence: Recurrence): void {
    this.#recurrences.delete(key)
    this.#recurrences.set(key, recurrence)
    this.#changedRecurrences.add(key)
    for (const oldest of this.#recurrences.keys()) {
      if (this.#recurrences.size <= RECURRENCES_MAX) break
      this.#recurrences.delete(oldest)
    }
  }

  putSilences(silences: readonly Silence[]): void {
    this.#silences = silences
    this.#silencesChanged = true
  }

  noteEvent(id: string): void {
    this.#addEvent(id)
    this.#newEvents.push(id)
  }

  /** What changed since the last call. */
  takeChanges(): StepChanges {
    const moves: Record<string, string[]> = {}
    for (const uid of this.#movedFindings) {
      if (this.#changedFindings.has(uid)) continue
      const key = this.#findings.get(uid)!.case
      moves[key] ??= []
      moves[key].push(uid)
    }
    const changes: StepChanges = {
      findings: [...this.#changedFindings].map((uid) => this.#findings.get(uid)!),
      droppedFindings: [...this.#droppedFindings],
      moves,
      cases: [...this.#changedCases].map((key) => this.#cases.get(key)!),
      droppedCases: [...this.#droppedCases],
      ...(this.#silencesChanged && { silences: this.#silences }),
      recurrences: [...this.#changedRecurrences].flatMap((key) => {
        const recurrence = this.#recurrences.get(key)
        return recurrence === undefined ? [] : [[key, recurrence] as const]
      }),
      events: this.#newEvents,
    }
    this.#changedFindings.clear()
    this.#movedFindings.clear()
    this.#droppedFindings.clear()
    this.#changedCases.clear()
    this.#droppedCases.clear()
    this.#changedRecurrences.clear()
    this.#newEvents = []
    this.#silencesChanged = false
    return changes
  }

  /** Applies what a step changed, as it was written down. */
  apply(changes: StepChanges): void {
    for (const key of changes.droppedCases) this.dropCase(key)
    for (const c of changes.cases) {
      const before = this.#cases.get(c.key)
      if (before !== undefined) this.#unindexCase(before)
      this.putCase(c)
    }
    for (const uid of changes.droppedFindings) this.dropFinding(uid)
    for (const finding of changes.findings) this.putFinding(finding)
    for (const [key, uids] of Object.entries(changes.moves))
      for (const uid of uids) this.moveFinding(uid, key)
    if (changes.silences !== undefined) this.#silences = changes.silences
    for (const [key, recurrence] of changes.recurrences) this.putRecurrence(key, recurrence)
    for (const id of changes.events) this.#addEvent(id)
    this.takeChanges()
  }

  snapshot(): BookState {
    return {
      findings: [...this.#findings.values()],
      cases: [...this.#cases.values()],
      silences: this.#silences,
      recurrences: [...this.#recurrences],
      events: [...this.#events],
    }
  }

  restore(state: BookState): void {
    this.apply({ ...state, droppedFindings: [], moves: {}, droppedCases: [] })
  }

  #addEvent(id: string): void {
    this.#events.add(id)
    for (const oldest of this.#events) {
      if (this.#events.size <= EVENTS_MAX) break
      this.#events.delete(oldest)
    }
  }

  #index(f: HeldFinding): void {
    if (f.muted !== undefined) {
      this.#muted.add(f.uid)
      return
    }
    const members = this.#byCase.get(f.case) ?? new Map<string, HeldFinding>()
    this.#byCase.set(f.case, members.set(f.uid, f))
    const { site } = f.subject
    if (site === undefined) return
    add(this.#sitesOfCase, f.case, site, 1)
    for (const supplier of blamed(f)) add(this.#sitesOfSupplier, supplier, site, 1)
  }

  #unindex(f: HeldFinding): void {
    this.#muted.delete(f.uid)
    if (f.muted !== undefined) return
    const members = this.#byCase.get(f.case)
    members?.delete(f.uid)
    if (members?.size === 0) this.#byCase.delete(f.case)
    const { site } = f.subject
    if (site === undefined) return
    add(this.#sitesOfCase, f.case, site, -1)
    for (const supplier of blamed(f)) add(this.#sitesOfSupplier, supplier, site, -1)
  }

  #indexCase({ key, incident }: Case): void {
    if (incident === undefined) return
    this.#byIncident.set(incident.uid, key)
    for (const [target, { id }] of Object.entries(incident.remotes))
      this.#byRemote.set(`${target}\0${id}`, incident.uid)
  }

  #unindexCase({ incident }: Case): void {
    if (incident === undefined) return
    this.#byIncident.delete(incident.uid)
    for (const [target, { id }] of Object.entries(incident.remotes)) this.#byRemote.delete(`${target}\0${id}`)
  }
}

const EMPTY: ReadonlyMap<string, HeldFinding> = new Map()

/** Suppliers that a finding speaks against: once it is part of a carrier's outage, that carrier alone. */
function blamed(f: HeldFinding): readonly string[] {
  if (!f.subject.inhibitable || f.subject.service === 'saturation') return []
  return f.case.startsWith('carrier:') ? [f.case.slice('carrier:'.length)] : f.subject.suppliers
}

function add(index: Map<string, Map<string, number>>, key: string, site: string, by: number): void {
  const sites = index.get(key) ?? new Map<string, number>()
  index.set(key, sites)
  const count = (sites.get(site) ?? 0) + by
  if (count > 0) sites.set(site, count)
  else sites.delete(site)
  if (sites.size === 0) index.delete(key)
}
