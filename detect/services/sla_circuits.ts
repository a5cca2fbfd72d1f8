import type { EdgeRecord } from '../../model/edge_record.js'
import type { JoinedRecord } from '../../model/joined_record.js'
import { pack, unpack } from '../pack.js'
import { circuitKeyOf, linkOf, tellerOf } from './circuit_key.js'
import {
  CIRCUIT_SHAPE,
  type Circuit,
  isDown,
  NEW_PATH,
  newCircuit,
  noteTurn,
  PATH_SHAPE,
  type Path,
  STATE,
} from './sla_circuit.js'

/** A path that was told of so often has an interval; silent for so many of them while its teller goes on, it is dead. */
const REGULAR_FROM = 6
const SILENT_INTERVALS = 3
const SILENT_MIN_MS = 15_000
const LOOK_EVERY_MS = 5_000
/** What nobody told of for so long is forgotten. */
const FORGOTTEN_MS = 24 * 3_600_000

type Told = {
  readonly local?: string
  readonly remote?: string
  readonly local_color?: string
  readonly remote_color?: string
  readonly state?: string
  readonly latency_ms?: number
  readonly loss_ratio?: number
}

const STATES: Readonly<Record<string, number>> = {
  up: STATE.up,
  degraded: STATE.up,
  standby: STATE.up,
  down: STATE.down,
  disabled: STATE.unknown,
}

/** What a record says of its path: dead where all was lost, alive where anything came back; undefined: nothing. */
function pathStateOf({ kind, ...told }: EdgeRecord): number | undefined {
  const { remote, state = '', latency_ms, loss_ratio } = told as Told
  const known = STATES[state]
  if (kind === 'event') return remote === undefined ? undefined : known
  if (kind === 'counters') return undefined
  if (loss_ratio === undefined && latency_ms === undefined) return kind === 'tunnel' ? known : undefined
  if (known === STATE.down || (loss_ratio ?? 0) >= 1) return STATE.down
  return known === STATE.unknown ? known : STATE.up
}

/** What a record says of its link. */
function linkStateOf({ kind, ...told }: EdgeRecord): number | undefined {
  const { remote, state = '' } = told as Told
  if (kind === 'tunnel' || (kind === 'event' && remote !== undefined)) return undefined
  return STATES[state]
}

/** What is known of all circuits and tunnels, bounded: beyond it new ones are not watched, and counted. */
export class Circuits {
  readonly #circuitsMax: number
  readonly #pathsMax: number
  #circuits = new Map<string, Circuit>()
  #paths = new Map<string, Path>()
  /** When each device, or who tells of it, was last heard. */
  #tellers = new Map<string, number>()
  #lookedMs = 0
  readonly #bySite = new Map<number, Set<Circuit>>()
  readonly #byGroup = new Map<string, Set<Circuit>>()
  /** Circuits and tunnels that were not watched because too many are. */
  unwatched = 0

  constructor(circuitsMax: number, pathsMax: number) {
    this.#circuitsMax = circuitsMax
    this.#pathsMax = pathsMax
  }

  get size(): number {
    return this.#circuits.size
  }

  get(key: string): Circuit | undefined {
    return this.#circuits.get(key)
  }

  values(): IterableIterator<Circuit> {
    return this.#circuits.values()
  }

  ofSite(siteId: number): ReadonlySet<Circuit> {
    return this.#bySite.get(siteId) ?? new Set()
  }

  ofGroup(group: string): ReadonlySet<Circuit> {
    return this.#byGroup.get(group) ?? new Set()
  }

  /** Sites at the other end of a circuit's dead tunnels. */
  deadEnds(circuit: Circuit): number[] {
    const ends = new Set<number>()
    if (circuit.tunnelsDown === 0) return []
    for (const path of this.#paths.values()) {
      if (path.circuit === circuit.key && path.state === STATE.down) ends.add(path.remoteSiteId)
    }
    return [...ends].sort((a, b) => a - b)
  }

  /** The circuit of a record, made where it is new; undefined where there is no room. */
  see(joined: JoinedRecord, receivedMs: number, regionOf: (siteId: number) => string): Circuit | undefined {
    const key = circuitKeyOf(joined)
    let circuit = this.#circuits.get(key)
    if (circuit === undefined) {
      if (this.#circuits.size >= this.#circuitsMax) {
        this.unwatched++
        return undefined
      }
      circuit = newCircuit(key, joined)
      this.#circuits.set(key, circuit)
    }
    circuit.seenMs = receivedMs
    this.#place(circuit, joined, regionOf)
    return circuit
  }

  /** Takes a record's word on the state of its link and path; true where something turned. */
  turn(circuit: Circuit, joined: JoinedRecord, receivedMs: number): boolean {
    const observedMs = Math.min(joined.observedMs, receivedMs)
    const link = linkStateOf(joined.record)
    const path = pathStateOf(joined.record)
    const turned = link !== undefined && this.#turnLink(circuit, link, observedMs, receivedMs)
    this.#tellers.set(tellerOf(joined), receivedMs)
    if (path === undefined) return turned
    return this.#turnPath(circuit, joined, path, observedMs, receivedMs) || turned
  }

  #turnLink(circuit: Circuit, state: number, observedMs: number, receivedMs: number): boolean {
    // A word that was overtaken by a newer one holds no more.
    if (state === STATE.unknown || observedMs < circuit.linkObservedMs) return false
    circuit.linkObservedMs = observedMs
    if (circuit.linkState === state) return false
    circuit.linkState = state
    this.#weigh(circuit, observedMs, receivedMs)
    return true
  }

  #turnPath(
    circuit: Circuit,
    joined: JoinedRecord,
    state: number,
    observedMs: number,
    receivedMs: number,
  ): boolean {
    const { local = '', remote = '', local_color = '', remote_color = '' } = joined.record as Told
    const key = [circuit.key, local, remote, local_color, remote_color, linkOf(joined.record)].join('|')
    let path = this.#paths.get(key)
    if (path === undefined) {
      if (this.#paths.size >= this.#pathsMax) {
        this.unwatched++
        return false
      }
      const teller = tellerOf(joined)
      path = { ...NEW_PATH, key, circuit: circuit.key, teller }
      this.#paths.set(key, path)
      circuit.tunnels++
    }
    path.remoteSiteId = joined.remoteSiteId
    const gapMs = path.seenMs === 0 ? 0 : receivedMs - path.seenMs
    if (gapMs > 0 && path.state !== STATE.down) {
      path.intervalMs = Math.max(gapMs, 0.9 * path.intervalMs + 0.1 * gapMs)
      path.told++
    }
    path.seenMs = receivedMs
    if (state === STATE.unknown || observedMs < path.observedMs) return false
    path.observedMs = observedMs
    return this.#setPath(circuit, path, state, observedMs, receivedMs)
  }

  #setPath(circuit: Circuit, path: Path, state: number, observedMs: number, nowMs: number): boolean {
    if (path.state === state) return false
    if (path.state === STATE.down) circuit.tunnelsDown--
    path.state = state
    if (state === STATE.down) circuit.tunnelsDown++
    this.#weigh(circuit, observedMs, nowMs)
    return true
  }

  /**
   * Paths that nobody tells of any more while their teller goes on are dead: many vendors leave out what is dead.
   * Gives the circuits that turned.
   */
  silence(nowMs: number): Circuit[] {
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return []
    this.#lookedMs = nowMs
    const turned: Circuit[] = []
    for (const path of this.#paths.values()) {
      if (path.state !== STATE.up || path.told < REGULAR_FROM) continue
      const silentMs = (this.#tellers.get(path.teller) ?? 0) - path.seenMs
      if (silentMs <= Math.max(SILENT_MIN_MS, SILENT_INTERVALS * path.intervalMs)) continue
      const circuit = this.#circuits.get(path.circuit)
      if (circuit !== undefined && this.#setPath(circuit, path, STATE.down, path.observedMs, nowMs))
        turned.push(circuit)
    }
    return turned
  }

  /** Notes since when the circuit, or some of its tunnels, are down. */
  #weigh(circuit: Circuit, observedMs: number, receivedMs: number): void {
    const fell = isDown(circuit) || circuit.tunnelsDown > 0
    if (fell !== circuit.downMs + circuit.deadMs > 0) noteTurn(circuit, receivedMs)
    if (!isDown(circuit)) circuit.downMs = 0
    else if (circuit.downMs === 0) Object.assign(circuit, { downMs: receivedMs, downFirstMs: observedMs })
    if (circuit.tunnelsDown === 0) circuit.deadMs = 0
    else if (circuit.deadMs === 0) Object.assign(circuit, { deadMs: receivedMs, deadFirstMs: observedMs })
  }

  /** Forgets what nobody has told of for a day. */
  sweep(nowMs: number): void {
    for (const [teller, ms] of this.#tellers) if (nowMs - ms > FORGOTTEN_MS) this.#tellers.delete(teller)
    for (const [key, path] of this.#paths) {
      if (nowMs - path.seenMs <= FORGOTTEN_MS) continue
      this.#paths.delete(key)
      const circuit = this.#circuits.get(path.circuit)
      if (circuit === undefined) continue
      circuit.tunnels--
      if (path.state === STATE.down) circuit.tunnelsDown--
      this.#weigh(circuit, nowMs, nowMs)
    }
    for (const [key, circuit] of this.#circuits) {
      if (nowMs - circuit.seenMs <= FORGOTTEN_MS || circuit.tunnels > 0) continue
      this.#circuits.delete(key)
      leave(this.#bySite, circuit.siteId, circuit)
      leave(this.#byGroup, circuit.group, circuit)
    }
  }

  snapshot(): unknown {
    return {
      circuits: pack(this.#circuits, CIRCUIT_SHAPE),
      paths: pack(this.#paths, PATH_SHAPE),
      tellers: this.#tellers,
      lookedMs: this.#lookedMs,
      unwatched: this.unwatched,
    }
  }

  restore(state: unknown): void {
    const saved = state as {
      circuits: unknown
      paths: unknown
      tellers: Map<string, number>
      lookedMs: number
      unwatched: number
    }
    this.#circuits = unpack(saved.circuits, CIRCUIT_SHAPE)
    this.#paths = unpack(saved.paths, PATH_SHAPE)
    this.#tellers = saved.tellers
    this.#lookedMs = saved.lookedMs
    this.unwatched = saved.unwatched
    this.#bySite.clear()
    this.#byGroup.clear()
    for (const circuit of this.#circuits.values()) {
      enter(this.#bySite, circuit.siteId, circuit)
      enter(this.#byGroup, circuit.group, circuit)
    }
  }

  /** The registry may place it elsewhere than before. */
  #place(circuit: Circuit, joined: JoinedRecord, regionOf: (siteId: number) => string): void {
    const { orgId, siteId, linkId, supplierId } = joined
    const group = supplierId === 0 ? '' : `${supplierId}|${regionOf(siteId)}`
    circuit.orgId = orgId
    circuit.linkId = linkId
    circuit.supplierId = supplierId
    if (circuit.siteId !== siteId || !this.#bySite.get(siteId)?.has(circuit)) {
      leave(this.#bySite, circuit.siteId, circuit)
      circuit.siteId = siteId
      enter(this.#bySite, siteId, circuit)
    }
    if (circuit.group !== group || !this.#byGroup.get(group)?.has(circuit)) {
      leave(this.#byGroup, circuit.group, circuit)
      circuit.group = group
      enter(this.#byGroup, group, circuit)
    }
  }
}

function enter<K>(index: Map<K, Set<Circuit>>, key: K, circuit: Circuit): void {
  if (key === 0 || key === '') return
  const known = index.get(key)
  if (known === undefined) index.set(key, new Set([circuit]))
  else known.add(circuit)
}

function leave<K>(index: Map<K, Set<Circuit>>, key: K, circuit: Circuit): void {
  const known = index.get(key)
  known?.delete(circuit)
  if (known?.size === 0) index.delete(key)
}
