import type { EdgeRecord } from '../../model/edge_record.js'
import type { JoinedRecord } from '../../model/joined_record.js'
import { pack, type Shape, unpack } from '../pack.js'

export const STATE = { unknown: 0, up: 1, down: 2 } as const

/** An underlay link as far as anybody tells of it, and what is wrong with it. Plain data; times are those of receipt. */
export interface Circuit {
  readonly key: string
  orgId: number
  siteId: number
  linkId: number
  supplierId: number
  /** Supplier and region; '' where the supplier is unknown. */
  group: string
  vendor: string
  /** As the vendor names device and link. */
  device: string
  link: string
  seenMs: number
  /** The link's own word, and how many of its tunnels are known and down. */
  linkState: number
  tunnels: number
  tunnelsDown: number
  /** Since when it is down, and some of its tunnels are; 0: they are not. By the samples: `…FirstMs`. */
  downMs: number
  downFirstMs: number
  deadMs: number
  deadFirstMs: number
  /** Receipts of the last changes between up and down. */
  turns: number[]
  /** The brown-out: first and last bad sample; 0: there is none. */
  brownMs: number
  brownFirstMs: number
  brownLastMs: number
  brownIntervalMs: number
  chronic: boolean
  factor: number
  /** What was measured at the worst sample. */
  worst: Readonly<Record<string, unknown>>
  /** When it was last told of. */
  toldMs: number
}

interface Tunnel {
  readonly key: string
  readonly circuit: string
  remoteSiteId: number
  state: number
  observedMs: number
  seenMs: number
}

const CIRCUIT_SHAPE: Shape<Circuit> = {
  numbers: [
    'orgId',
    'siteId',
    'linkId',
    'supplierId',
    'seenMs',
    'linkState',
    'tunnels',
    'tunnelsDown',
    'downMs',
    'downFirstMs',
    'deadMs',
    'deadFirstMs',
    'brownMs',
    'brownFirstMs',
    'brownLastMs',
    'brownIntervalMs',
    'factor',
    'toldMs',
  ],
  flags: ['chronic'],
  lists: ['turns'],
  others: ['key', 'group', 'vendor', 'device', 'link', 'worst'],
}

const TUNNEL_SHAPE: Shape<Tunnel> = {
  numbers: ['remoteSiteId', 'state', 'observedMs', 'seenMs'],
  flags: [],
  lists: [],
  others: ['key', 'circuit'],
}

const TURNS_KEPT = 16
/** What nobody told of for so long is forgotten. */
const FORGOTTEN_MS = 24 * 3_600_000

type Told = {
  readonly device?: string
  readonly controller?: string
  readonly site?: string
  readonly link?: string
  readonly local?: string
  readonly remote?: string
  readonly local_color?: string
  readonly remote_color?: string
  readonly state?: string
}

export const deviceOf = (record: EdgeRecord): string => {
  const { device, local, site } = record as Told
  return device ?? local ?? site ?? ''
}

export const linkOf = (record: EdgeRecord): string => {
  const { link, local_color } = record as Told
  return link ?? local_color ?? ''
}

/** Names the underlay link that a record tells of: the registry's, else as the vendor calls it. */
export function circuitKeyOf({ record, linkId }: JoinedRecord): string {
  if (linkId !== 0) return `link:${linkId}`
  const { controller = '' } = record as Told
  return [record.vendor, controller, deviceOf(record), linkOf(record)].join('|')
}

const STATES: Readonly<Record<string, number>> = {
  up: STATE.up,
  degraded: STATE.up,
  standby: STATE.up,
  down: STATE.down,
  disabled: STATE.unknown,
}

const isTunnel = (record: EdgeRecord): boolean =>
  record.kind === 'tunnel' || (record.kind === 'event' && (record as Told).remote !== undefined)

/** What is known of all circuits and tunnels, bounded: beyond it new ones are not watched, and counted. */
export class Circuits {
  readonly #circuitsMax: number
  readonly #tunnelsMax: number
  #circuits = new Map<string, Circuit>()
  #tunnels = new Map<string, Tunnel>()
  readonly #bySite = new Map<number, Set<Circuit>>()
  readonly #byGroup = new Map<string, Set<Circuit>>()
  /** Circuits and tunnels that were not watched because too many are. */
  unwatched = 0

  constructor(circuitsMax: number, tunnelsMax: number) {
    this.#circuitsMax = circuitsMax
    this.#tunnelsMax = tunnelsMax
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
    for (const tunnel of this.#tunnels.values()) {
      if (tunnel.circuit === circuit.key && tunnel.state === STATE.down) ends.add(tunnel.remoteSiteId)
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

  /** Takes a record's word on the state of its link or tunnel; true where something turned. */
  turn(circuit: Circuit, joined: JoinedRecord, receivedMs: number): boolean {
    const told = STATES[(joined.record as Told).state ?? '']
    if (told === undefined || told === STATE.unknown) return false
    const observedMs = Math.min(joined.observedMs, receivedMs)
    if (isTunnel(joined.record)) return this.#turnTunnel(circuit, joined, told, observedMs, receivedMs)
    if (circuit.linkState === told) return false
    const first = circuit.linkState === STATE.unknown
    circuit.linkState = told
    if (!first) noteTurn(circuit, receivedMs)
    this.#weigh(circuit, observedMs, receivedMs)
    return true
  }

  #turnTunnel(
    circuit: Circuit,
    joined: JoinedRecord,
    told: number,
    observedMs: number,
    receivedMs: number,
  ): boolean {
    const { local = '', remote = '', local_color = '', remote_color = '' } = joined.record as Told
    const key = [circuit.key, local, remote, local_color, remote_color, linkOf(joined.record)].join('|')
    let tunnel = this.#tunnels.get(key)
    if (tunnel === undefined) {
      if (this.#tunnels.size >= this.#tunnelsMax) {
        this.unwatched++
        return false
      }
      const { remoteSiteId } = joined
      tunnel = { key, circuit: circuit.key, remoteSiteId, state: STATE.unknown, observedMs, seenMs: receivedMs }
      this.#tunnels.set(key, tunnel)
      circuit.tunnels++
    }
    tunnel.seenMs = receivedMs
    // A word that was overtaken by a newer one holds no more.
    if (observedMs < tunnel.observedMs || tunnel.state === told) return false
    tunnel.observedMs = observedMs
    const first = tunnel.state === STATE.unknown
    if (tunnel.state === STATE.down) circuit.tunnelsDown--
    tunnel.state = told
    if (told === STATE.down) circuit.tunnelsDown++
    if (!first) noteTurn(circuit, receivedMs)
    this.#weigh(circuit, observedMs, receivedMs)
    return true
  }

  /** Notes since when the circuit, or some of its tunnels, are down. */
  #weigh(circuit: Circuit, observedMs: number, receivedMs: number): void {
    if (!isDown(circuit)) circuit.downMs = 0
    else if (circuit.downMs === 0) Object.assign(circuit, { downMs: receivedMs, downFirstMs: observedMs })
    if (circuit.tunnelsDown === 0) circuit.deadMs = 0
    else if (circuit.deadMs === 0) Object.assign(circuit, { deadMs: receivedMs, deadFirstMs: observedMs })
  }

  /** Forgets what nobody has told of for a day. */
  sweep(nowMs: number): void {
    for (const [key, tunnel] of this.#tunnels) {
      if (nowMs - tunnel.seenMs <= FORGOTTEN_MS) continue
      this.#tunnels.delete(key)
      const circuit = this.#circuits.get(tunnel.circuit)
      if (circuit === undefined) continue
      circuit.tunnels--
      if (tunnel.state === STATE.down) circuit.tunnelsDown--
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
      tunnels: pack(this.#tunnels, TUNNEL_SHAPE),
      unwatched: this.unwatched,
    }
  }

  restore(state: unknown): void {
    const saved = state as { circuits: unknown; tunnels: unknown; unwatched: number }
    this.#circuits = unpack(saved.circuits, CIRCUIT_SHAPE)
    this.#tunnels = unpack(saved.tunnels, TUNNEL_SHAPE)
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

const newCircuit = (key: string, { record, orgId, siteId, linkId, supplierId }: JoinedRecord): Circuit => ({
  key,
  orgId,
  siteId,
  linkId,
  supplierId,
  group: '',
  vendor: record.vendor,
  device: deviceOf(record),
  link: linkOf(record),
  seenMs: 0,
  linkState: STATE.unknown,
  tunnels: 0,
  tunnelsDown: 0,
  downMs: 0,
  downFirstMs: 0,
  deadMs: 0,
  deadFirstMs: 0,
  turns: [],
  brownMs: 0,
  brownFirstMs: 0,
  brownLastMs: 0,
  brownIntervalMs: 0,
  chronic: false,
  factor: 1,
  worst: {},
  toldMs: 0,
})

function noteTurn(circuit: Circuit, receivedMs: number): void {
  circuit.turns.push(receivedMs)
  if (circuit.turns.length > TURNS_KEPT) circuit.turns.shift()
}

/** Down by its own word, or by that of all its tunnels where it says nothing itself and they are several. */
export const isDown = (circuit: Circuit): boolean =>
  circuit.linkState === STATE.down ||
  (circuit.linkState === STATE.unknown && circuit.tunnels > 1 && circuit.tunnelsDown === circuit.tunnels)

/** Nothing passes: it is down, or all its tunnels are and it says nothing to the contrary. */
export const isDead = (circuit: Circuit): boolean =>
  isDown(circuit) ||
  (circuit.linkState === STATE.unknown && circuit.tunnels > 0 && circuit.tunnelsDown === circuit.tunnels)
