import type { JoinedRecord } from '../../model/joined_record.js'
import type { Shape } from '../pack.js'
import { deviceOf, linkOf } from './circuit_key.js'

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
  /** The link's own word and its time; how many of its tunnels and probed paths are known, and dead. */
  linkState: number
  linkObservedMs: number
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

/** A path over a circuit: a tunnel, or the way from the link to a probe's target. Plain data. */
export interface Path {
  readonly key: string
  readonly circuit: string
  /** Who tells of it. */
  readonly teller: string
  remoteSiteId: number
  state: number
  observedMs: number
  seenMs: number
  /** Between two words on it, the longer ones counting more, and how many there were. */
  intervalMs: number
  told: number
}

export const CIRCUIT_SHAPE: Shape<Circuit> = {
  numbers: [
    'orgId',
    'siteId',
    'linkId',
    'supplierId',
    'seenMs',
    'linkState',
    'linkObservedMs',
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

export const PATH_SHAPE: Shape<Path> = {
  numbers: ['remoteSiteId', 'state', 'observedMs', 'seenMs', 'intervalMs', 'told'],
  flags: [],
  lists: [],
  others: ['key', 'circuit', 'teller'],
}

const TURNS_KEPT = 16

export const newCircuit = (
  key: string,
  { record, orgId, siteId, linkId, supplierId }: JoinedRecord,
): Circuit => ({
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
  linkObservedMs: 0,
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

export const NEW_PATH = {
  remoteSiteId: 0,
  state: STATE.unknown as number,
  observedMs: 0,
  seenMs: 0,
  intervalMs: 0,
  told: 0,
} as const

export function noteTurn(circuit: Circuit, receivedMs: number): void {
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
