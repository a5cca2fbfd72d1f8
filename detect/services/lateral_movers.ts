import { addressKey } from '../address.js'
import type { Edge } from '../edge_table.js'
import type { Shape } from '../pack.js'

const HOUR_MS = 3_600_000
/** Habits that are not kept up are forgotten: half of them in three days. */
const HALF_LIFE_H = 72
/** New edges kept of a host, four numbers each: when · hash of the destination · port · octets. */
const FRESH = 32
const FIELDS = 4
/** A host that reached others for the first time. Plain data. */
export interface Mover {
  readonly key: string
  readonly orgId: number
  readonly siteId: number
  readonly firstMs: number
  lastMs: number
  /** Connections to administration ports, whether new or not. */
  calls: number
  /** New edges of the hour that runs, and what is usual for an hour in which there are any. */
  hour: number
  inHour: number
  usual: number
  fresh: number[]
  /** Keys of the last destinations, in the order of `fresh`. */
  hosts: string[]
  open: boolean
  credit: number
}

export const MOVER_SHAPE: Shape<Mover> = {
  numbers: ['orgId', 'siteId', 'firstMs', 'lastMs', 'calls', 'hour', 'inHour', 'usual', 'credit'],
  flags: ['open'],
  lists: ['fresh'],
  others: ['key', 'hosts'],
}

export function newMover(key: string, edge: Edge): Mover {
  return {
    key,
    orgId: edge.clientOrg,
    siteId: edge.clientSite,
    firstMs: edge.firstMs,
    lastMs: edge.lastMs,
    calls: 0,
    hour: 0,
    inHour: 0,
    usual: 0,
    fresh: [],
    hosts: [],
    open: false,
    credit: -1,
  }
}

/** Notes a new edge. While only is learned, the most new edges of any hour are usual; later what hours teach. */
export function noteFresh(mover: Mover, edge: Edge, dst: number, learns: boolean): void {
  const hour = Math.floor(edge.lastMs / HOUR_MS)
  if (hour > mover.hour) {
    const forgotten = 2 ** (-(hour - mover.hour) / HALF_LIFE_H)
    if (mover.hour > 0) mover.usual = (0.8 * mover.usual + 0.2 * mover.inHour) * forgotten
    mover.hour = hour
    mover.inHour = 0
  }
  mover.inHour++
  if (learns) mover.usual = Math.max(mover.usual, mover.inHour)
  mover.fresh.push(edge.lastMs, dst, edge.port, edge.octets + edge.backOctets)
  mover.hosts.push(addressKey(edge.server, 0))
  if (mover.hosts.length <= FRESH) return
  mover.hosts.shift()
  mover.fresh.splice(0, FIELDS)
}

export interface Fresh {
  /** Different hosts reached for the first time. */
  readonly hosts: number
  readonly ports: readonly number[]
  readonly octets: number
  readonly keys: readonly string[]
  readonly fromMs: number
}

/** @param counts whether a destination (its hash) counts. */
export function freshSince(mover: Mover, sinceMs: number, counts: (dst: number) => boolean): Fresh {
  const hosts = new Set<number>()
  const ports = new Set<number>()
  const keys = new Set<string>()
  let octets = 0
  let fromMs = mover.lastMs
  for (let i = 0; i < mover.hosts.length; i++) {
    const at = i * FIELDS
    if (mover.fresh[at]! < sinceMs || !counts(mover.fresh[at + 1]!)) continue
    hosts.add(mover.fresh[at + 1]!)
    ports.add(mover.fresh[at + 2]!)
    keys.add(mover.hosts[i]!)
    octets += mover.fresh[at + 3]!
    fromMs = Math.min(fromMs, mover.fresh[at]!)
  }
  return { hosts: hosts.size, ports: [...ports].sort((a, b) => a - b), octets, keys: [...keys], fromMs }
}
