import { medianSorted } from 'simple-statistics'
import { addressOfKey } from '../address.js'
import type { Shape } from '../pack.js'
import type { BruteforceParameters } from './bruteforce.js'

/** Attempts of one source at one service of one host. Plain data; `calls` holds time, packets, octets, duration. */
export interface Guesser {
  readonly key: string
  readonly split: number
  readonly dstPort: number
  readonly orgId: number
  readonly siteId: number
  readonly inside: boolean
  readonly firstMs: number
  lastMs: number
  count: number
  calls: number[]
  /** A session that followed attempts, ms since 1970; 0: none. */
  sessionMs: number
  /** Key of the incident it was told as; empty: it was not. */
  incident: string
  credit: number
}

/** Hosts that one source attempts the same on. Plain data. */
export interface Sprayer {
  readonly key: string
  readonly src: string
  readonly dstPort: number
  readonly orgId: number
  readonly siteId: number
  readonly inside: boolean
  readonly firstMs: number
  lastMs: number
  /** Time, packets and octets of the last attempt at each host, by address. */
  hosts: Map<string, [number, number, number]>
  /** Key of the incident it was told as; empty: it was not. */
  incident: string
  credit: number
}

export const GUESSER_SHAPE: Shape<Guesser> = {
  numbers: ['split', 'dstPort', 'orgId', 'siteId', 'firstMs', 'lastMs', 'count', 'sessionMs', 'credit'],
  flags: ['inside'],
  lists: ['calls'],
  others: ['key', 'incident'],
}
export const SPRAYER_SHAPE: Shape<Sprayer> = {
  numbers: ['dstPort', 'orgId', 'siteId', 'firstMs', 'lastMs', 'credit'],
  flags: ['inside'],
  lists: [],
  others: ['key', 'src', 'hosts', 'incident'],
}

export const endsOf = ({ key, split }: { key: string; split: number }): { src: string; dst: string } => ({
  src: addressOfKey(key, 0, split),
  dst: addressOfKey(key, split, key.length - split - 1),
})

/** Whether attempts are of one kind: the same packets and bytes, and short. */
export function isRegular(calls: readonly number[], from: number, p: BruteforceParameters): boolean {
  const column = (field: number): number[] => {
    const values: number[] = []
    for (let i = from; i < calls.length; i += 4) values.push(calls[i + field]!)
    return values.sort((a, b) => a - b)
  }
  const spread = (sorted: number[]): { median: number; mad: number } => {
    const median = medianSorted(sorted)
    return { median, mad: medianSorted(sorted.map((x) => Math.abs(x - median)).sort((a, b) => a - b)) }
  }
  const packets = spread(column(1))
  const octets = spread(column(2))
  return (
    packets.mad <= p.packets_spread &&
    octets.mad <= p.bytes_spread * octets.median &&
    medianSorted(column(3)) <= p.attempt_s * 1000
  )
}
