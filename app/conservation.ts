import type { Bus } from '../ingest/bus/bus.js'
import { decodeFrame } from '../ingest/bus/frame.js'
import { STREAMS, SUBJECTS } from '../ingest/bus/streams.js'
import type { CollectorTotals } from '../model/frame.js'
import { REJECT_CODES, type RejectCode } from '../model/reject.js'
import type { StoreReader } from './ask_store.js'
import { drawEdgeBalance, type EdgeConservation } from './edge_conservation.js'

/** What became of everything that arrived, since the pipeline's first start. */
export interface Conservation {
  /** `received = stored + rejected + waiting + in_flight + unexplained` */
  readonly datagrams: {
    readonly received: number
    readonly stored: number
    readonly rejected: number
    readonly waiting: number
    readonly in_flight: number
    readonly unexplained: number
  }
  /** Flow records of the datagrams that were processed: `records = stored + rejected + unexplained` */
  readonly flows: {
    readonly records: number
    readonly stored: number
    readonly rejected: number
    readonly unexplained: number
  }
  readonly lost_upstream: { readonly kernel_dropped: number; readonly sequence_gaps: number }
  /** By code, in the code's unit. */
  readonly rejected_by: Readonly<Record<string, number>>
  readonly lag: { readonly frames: number; readonly seconds: number }
  /** Payloads of SD-WAN edges; left out where none has ever come. */
  readonly edges?: EdgeConservation
  readonly balanced: boolean
}

interface LedgerSums {
  datagrams: number
  records: number
  stored: number
  rejected_by: Record<string, number>
  closed_ms: number
}

const sum = (counts: Readonly<Record<string, number>>, unit?: string): number =>
  Object.entries(counts).reduce(
    (n, [code, count]) => (unit === undefined || REJECT_CODES[code as RejectCode] === unit ? n + count : n),
    0,
  )

const add = (into: Record<string, number>, counts: Readonly<Record<string, number>>): void => {
  for (const [code, count] of Object.entries(counts)) into[code] = (into[code] ?? 0) + count
}

/** The later of what a collector wrote down and what its newest frame says. */
async function collectorTotals(bus: Bus): Promise<CollectorTotals[]> {
  const newest = new Map<string, { number: number; totals: CollectorTotals }>()
  const offer = (name: string, number: number, totals: CollectorTotals): void => {
    if ((newest.get(name)?.number ?? -1) <= number) newest.set(name, { number, totals })
  }
  const { subjects } = (
    await bus.jsm.streams.info(STREAMS.frames, { subjects_filter: `${SUBJECTS.frames}.>` })
  ).state
  for (const subject of Object.keys(subjects ?? {})) {
    const message = await bus.jsm.direct.getMessage(STREAMS.frames, { last_by_subj: subject })
    if (message === null) continue
    const frame = decodeFrame(message.data)
    offer(frame.collector, frame.number, frame.totals)
  }
  for await (const key of await bus.state.keys('collector.*.totals')) {
    const entry = await bus.state.get(key)
    if (entry === null || entry.operation !== 'PUT') continue
    const { number, totals } = entry.json<{ number: number; totals: CollectorTotals }>()
    offer(key.split('.')[1]!, number, totals)
  }
  return [...newest.values()].map(({ totals }) => totals)
}

async function ledgerSums(store: StoreReader): Promise<LedgerSums> {
  const [sums] = await store.rows<{ keys: string[]; counts: number[] } & Omit<LedgerSums, 'rejected_by'>>(
    `SELECT sum(datagrams) AS datagrams, sum(records) AS records, sum(stored) AS stored,
            toUnixTimestamp64Milli(max(closed)) AS closed_ms,
            sumMap(mapKeys(rejected_by), mapValues(rejected_by)) AS r, r.1 AS keys, r.2 AS counts
     FROM vigie.ledger`,
  )
  const { keys, counts, ...rest } = sums!
  return { ...rest, rejected_by: Object.fromEntries(keys.map((key, i) => [key, counts[i]!])) }
}

/** Frames that the processors have not acknowledged. */
async function framesInFlight(bus: Bus, durable: string): Promise<number> {
  try {
    const info = await bus.jsm.consumers.info(STREAMS.frames, durable)
    return info.num_pending + info.num_ack_pending
  } catch {
    // No processor has ever run: nothing was taken from the stream.
    return (await bus.jsm.streams.info(STREAMS.frames)).state.messages
  }
}

/** Draws the balance. Datagrams of frames that are not processed yet are in flight; what nothing accounts for is unexplained. */
export async function drawBalance(
  bus: Bus,
  store: StoreReader,
  durable: string,
  nowMs: number,
): Promise<Conservation> {
  const ledger = await ledgerSums(store)
  const frames = await framesInFlight(bus, durable)
  const totals = await collectorTotals(bus)
  const rejectedBy: Record<string, number> = {}
  add(rejectedBy, ledger.rejected_by)
  for (const { rejected } of totals) add(rejectedBy, rejected)
  const total = (of: (t: CollectorTotals) => number): number => totals.reduce((n, t) => n + of(t), 0)
  const received = total((t) => t.received)
  const framed = total((t) => t.framed)
  const waiting = total((t) => t.waiting)
  const rejected = total((t) => sum(t.rejected))
  const outstanding = framed - ledger.datagrams
  const inFlight = frames > 0 ? Math.max(0, outstanding) : 0
  const lostDatagrams = received - rejected - waiting - framed + (outstanding - inFlight)
  const rejectedRecords = sum(ledger.rejected_by, 'record')
  const edges = await drawEdgeBalance(bus, store, nowMs)
  const lostRecords = ledger.records - ledger.stored - rejectedRecords
  return {
    datagrams: {
      received,
      stored: ledger.datagrams,
      rejected,
      waiting,
      in_flight: inFlight,
      unexplained: lostDatagrams,
    },
    flows: {
      records: ledger.records,
      stored: ledger.stored,
      rejected: rejectedRecords,
      unexplained: lostRecords,
    },
    lost_upstream: {
      kernel_dropped: total((t) => t.kernelDropped),
      sequence_gaps: total((t) => t.sequenceLost),
    },
    rejected_by: rejectedBy,
    lag: {
      frames,
      seconds: frames === 0 || ledger.closed_ms === 0 ? 0 : Math.max(0, (nowMs - ledger.closed_ms) / 1000),
    },
    ...(edges && { edges }),
    balanced: lostDatagrams === 0 && lostRecords === 0 && (edges?.balanced ?? true),
  }
}
