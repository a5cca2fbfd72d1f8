import type { Bus } from '../ingest/bus/bus.js'
import { STREAMS } from '../ingest/bus/streams.js'
import type { StoreReader } from './ask_store.js'

/** What became of the payloads of SD-WAN edges, since the stream was made. */
export interface EdgeConservation {
  /** `received = stored + in_flight + unexplained`; of the stored, `rejected` are in the dead letters, whole or in part. */
  readonly payloads: {
    readonly received: number
    readonly stored: number
    readonly rejected: number
    readonly in_flight: number
    readonly unexplained: number
  }
  /** `read + absent = stored + merged + waiting + unexplained` */
  readonly records: {
    readonly read: number
    /** Made because a tunnel fell silent. */
    readonly absent: number
    readonly stored: number
    /** Became part of another record, or repeated one. */
    readonly merged: number
    /** Wait for their other parts. */
    readonly waiting: number
    readonly unexplained: number
  }
  /** Rows whose device is not in the registry. */
  readonly unknown_devices: number
  readonly rejected_by: Readonly<Record<string, number>>
  readonly lag_s: number
  readonly balanced: boolean
}

interface Sums {
  payloads: number
  ticks: number
  rejected: number
  read: number
  absent: number
  merged: number
  stored: number
  unknown_devices: number
  last: number
  received_ms: number
  keys: string[]
  counts: number[]
}

const SUMS = `SELECT sumIf(l.payloads, l.vendor != '_tick') AS payloads, sumIf(l.payloads, l.vendor = '_tick') AS ticks,
  sum(l.rejected_payloads) AS rejected, sum(l.records) AS read, sum(l.absent) AS absent, sum(l.merged_away) AS merged,
  sum(l.links) + sum(l.tunnels) + sum(l.events) + sum(l.counters) AS stored, sum(l.unknown_devices) AS unknown_devices,
  max(l.last_sequence) AS last, toUnixTimestamp64Milli(max(l.received_at)) AS received_ms,
  sumMap(mapKeys(l.rejected_by), mapValues(l.rejected_by)) AS r, r.1 AS keys, r.2 AS counts
FROM vigie.edge_ledger AS l`

/** The batch that was written down last: what waits to be merged behind it. */
async function newestPlan(bus: Bus): Promise<{ to: number; waiting: number } | undefined> {
  const { state } = await bus.jsm.streams.info(STREAMS.edgeBatches)
  if (state.messages === 0) return undefined
  const message = await bus.jsm.direct.getMessage(STREAMS.edgeBatches, { seq: state.last_seq })
  return message?.json<{ plan?: { to: number; waiting: number } }>().plan
}

/** Draws the balance of edges; undefined where no payload has ever come. */
export async function drawEdgeBalance(
  bus: Bus,
  store: StoreReader,
  nowMs: number,
): Promise<EdgeConservation | undefined> {
  // The store first: what comes between the looks is in flight.
  const [sums] = await store.rows<Sums>(SUMS)
  const { payloads, ticks, last, stored, read, absent, merged, keys, counts, ...rest } = sums!
  const plan = await newestPlan(bus)
  const { state } = await bus.jsm.streams.info(STREAMS.edge)
  if (state.last_seq === 0) return undefined
  // Ticks among what is not stored yet cannot be told apart from here.
  const inFlight = Math.max(0, state.last_seq - last)
  const lostPayloads = last - payloads - ticks
  // While a batch is being stored, what waits behind the last stored one is not known.
  const open = read + absent - stored - merged
  const waiting = plan?.to === last ? plan.waiting : Math.max(0, open)
  return {
    payloads: {
      received: state.last_seq - ticks,
      stored: payloads,
      rejected: rest.rejected,
      in_flight: inFlight,
      unexplained: lostPayloads,
    },
    records: { read, absent, stored, merged, waiting, unexplained: open - waiting },
    unknown_devices: rest.unknown_devices,
    rejected_by: Object.fromEntries(keys.map((key, i) => [key, counts[i]!])),
    lag_s: inFlight === 0 || rest.received_ms === 0 ? 0 : Math.max(0, (nowMs - rest.received_ms) / 1000),
    balanced: lostPayloads === 0 && open === waiting,
  }
}
