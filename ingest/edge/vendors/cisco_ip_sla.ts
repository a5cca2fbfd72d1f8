import { byDirection, type DraftValues, type EdgeDraft } from '../draft.js'
import { firstText, hasAny, type JsonObject, textOf } from '../json.js'
import type { Payload, Piece } from '../payload.js'
import { documentsLike, linesLike } from '../recognise.js'
import { snmpRows, snmpWalk } from '../snmp_rows.js'
import { epochMs } from '../times.js'
import { divided, lostOf, numberOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

/**
 * RttResponseSense of CISCO-RTTMON-TC-MIB: 1 is ok, 3 over its threshold, but measured; all others failed.
 */
const MEASURED = /^(1|3|ok|over ?threshold)$/i
const OVER = /^(3|over ?threshold)$/i

/** One reading of an operation; both ways in fill it. Loss in packets. */
interface Reading {
  readonly id: string | undefined
  readonly observedMs?: number | undefined
  readonly ok: boolean
  readonly word: string | undefined
  readonly rttMs: number | undefined
  readonly probes: number | undefined
  readonly tx: Way
  readonly rx: Way
  readonly mos: number | undefined
}
interface Way {
  readonly latencyMs?: number | undefined
  readonly jitterMs?: number | undefined
  readonly lost?: number | undefined
}

/**
 * One-way delays hold only with synchronised clocks: one above the round trip cannot be, and 0 in both
 * directions is what a router prints without synchronisation.
 */
function oneWay(reading: Reading, way: Way): DraftValues {
  const { rttMs, probes, ok } = reading
  if (!ok) return {}
  const possible = way.latencyMs !== undefined && way.latencyMs > 0 && way.latencyMs <= (rttMs ?? Infinity)
  return {
    latency_ms: possible ? way.latencyMs : undefined,
    latency_kind: 'one_way',
    jitter_ms: way.jitterMs,
    loss_ratio: lostOf(way.lost, probes),
  }
}

/** Metrics of an operation that failed are the last ones, or zeros: then only the state is told. */
function draftsOf(reading: Reading): EdgeDraft[] {
  const link = reading.id && `ip-sla ${reading.id}`
  const common: EdgeDraft = { kind: 'link', observed_ms: reading.observedMs, link }
  return byDirection(common, {
    both: {
      latency_ms: reading.ok ? reading.rttMs : undefined,
      latency_kind: 'round_trip',
      mos: reading.ok && reading.mos !== 0 ? reading.mos : undefined,
      mos_scale_max: 5,
      state: !reading.ok ? 'down' : OVER.test(reading.word ?? '') ? 'degraded' : 'up',
      state_raw: reading.word,
    },
    tx: oneWay(reading, reading.tx),
    rx: oneWay(reading, reading.rx),
  })
}

/** CISCO-RTTMON-MIB: rttMonLatestRttOperTable, rttMonLatestJitterOperTable (ms; MOS in hundredths). */
function snmpReading(row: JsonObject): Reading {
  const sense = firstText(row.RttOperSense, row.JitterOperSense)
  const received = numberOf(row.JitterOperNumOfRTT)
  const [sd, ds] = [numberOf(row.JitterOperPacketLossSD), numberOf(row.JitterOperPacketLossDS)]
  const sent = received === undefined ? undefined : received + (sd ?? 0) + (ds ?? 0)
  return {
    id: firstText(row.RttOperIndex, row.index),
    ok: sense === undefined ? received !== 0 : MEASURED.test(sense),
    word: sense,
    rttMs: divided(row.JitterOperRTTSum, received) ?? numberOf(row.RttOperCompletionTime),
    probes: sent,
    tx: {
      latencyMs:
        numberOf(row.JitterOperOWAvgSD) ?? divided(row.JitterOperOWSumSD, numberOf(row.JitterOperNumOfOW)),
      jitterMs: numberOf(row.JitterOperAvgSDJ),
      lost: sd,
    },
    rx: {
      latencyMs:
        numberOf(row.JitterOperOWAvgDS) ?? divided(row.JitterOperOWSumDS, numberOf(row.JitterOperNumOfOW)),
      jitterMs: numberOf(row.JitterOperAvgDSJ),
      lost: ds,
    },
    mos: divided(row.JitterOperMOS, 100),
  }
}

const HEAD = /IPSLA operation id:\s*(\d+)|^\s*(?:Entry|Round Trip Time).*(?:number|Index):?\s*(\d+)/i

/** `show ip sla statistics`: a block an operation. */
function blocksOf(lines: readonly Piece<string>[]): string[][] {
  const blocks: string[][] = []
  for (const { value: line } of lines) {
    if (HEAD.test(line)) blocks.push([])
    blocks.at(-1)?.push(line)
  }
  return blocks
}

const microseconds = (unit: string | undefined): number => (/^(mic|us|u)/i.test(unit ?? '') ? 1000 : 1)

/**
 * The middle of three. Multicast delays are printed without their unit, in ms and in µs: those are not read.
 */
function average(text: string, label: string): number | undefined {
  const figures = 'Min/Avg/Max:\\s*[\\d.]+/([\\d.]+)/[\\d.]+\\s*(milliseconds|ms|microseconds|us)\\b'
  const match = new RegExp(`${label}[^\\n]*${figures}`, 'i').exec(text)
  return match === null ? undefined : divided(match[1], microseconds(match[2]))
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const START =
  /start time:\s*(\d\d):(\d\d):(\d\d)(?:\.\d+)?\s+(?:UTC|GMT)\s+\w{3}\s+(\w{3})\s+(\d{1,2})\s+(\d{4})/i

/**
 * When the operation started, by a clock that counts: a `*` before it says that the router does not trust its
 * own.
 */
function startMs(text: string): number | undefined {
  const match = START.exec(text)
  const month = MONTHS.indexOf(match?.[4]?.toLowerCase() ?? '')
  if (match === null || month < 0) return undefined
  return epochMs(Date.UTC(+match[6]!, month, +match[5]!, +match[1]!, +match[2]!, +match[3]!))
}

/** A row of `show ip sla summary`: id, type, destination, `RTT=12` (ms; `300u` is µs), return code. */
const SUMMARY = /^\s*[*^~]?\s*(\d+)\s+([\w-]+)\s+(\S+)\s+(?:RTT=([\d.]+)(us?|ms)?|-)\s+(\S+(?: \S+)?)\s{2,}/

const summaries = (lines: readonly Piece<string>[]): Reading[] =>
  lines.flatMap(({ value }) => {
    const match = SUMMARY.exec(value)
    if (match === null) return []
    const word = match[6]!
    return [
      {
        id: match[1],
        ok: MEASURED.test(word) && match[4] !== undefined,
        word,
        rttMs: divided(match[4], microseconds(match[5])),
        probes: undefined,
        tx: {},
        rx: {},
        mos: undefined,
      },
    ]
  })

const number = (text: string, label: string): number | undefined =>
  numberOf(new RegExp(`${label}:\\s*([\\d.]+)`, 'i').exec(text)?.[1])

function cliReading(block: readonly string[]): Reading {
  const text = block.join('\n')
  const code = textOf(/return code:\s*([^\r\n]+)/i.exec(text)?.[1])
  const latest = /Latest RTT:\s*([\d.]+)\s*(milliseconds|ms|microseconds|us)?/i.exec(text)
  const received = number(text, 'Number Of RTT')
  const [sd, ds] = [number(text, 'Loss Source to Destination'), number(text, 'Loss Destination to Source')]
  const timedOut = /Latest RTT:\s*(NoConnection|Busy|Timeout)/i.test(text)
  return {
    id: HEAD.exec(block[0]!)
      ?.slice(1)
      .find((found) => found !== undefined),
    observedMs: startMs(text),
    ok: !timedOut && (code === undefined || MEASURED.test(code)),
    word: code,
    rttMs: average(text, 'RTT') ?? divided(latest?.[1], microseconds(latest?.[2])),
    probes: received === undefined ? undefined : received + (sd ?? 0) + (ds ?? 0),
    tx: {
      latencyMs: average(text, 'Source to Destination Latency'),
      jitterMs: average(text, 'Source to Destination Jitter'),
      lost: sd,
    },
    rx: {
      latencyMs: average(text, 'Destination to Source Latency'),
      jitterMs: average(text, 'Destination to Source Jitter'),
      lost: ds,
    },
    mos: number(text, 'MOS score'),
  }
}

const tableOf = (value: unknown): JsonObject[] => snmpRows(value, 'rttMonLatest')

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const tables = [
    ...payload.documents,
    { value: snmpWalk(payload.lines), place: '' },
    { value: payload.rows.map(({ value }) => value), place: '' },
  ]
  const rows = tables.map(({ value }) => tableOf(value)).find((found) => found.length > 0) ?? []
  const known = rows.filter((row) =>
    hasAny(row, 'RttOperCompletionTime', 'RttOperSense', 'JitterOperNumOfRTT'),
  )
  if (known.length < rows.length)
    context.reject('row_invalid', '', `${rows.length - known.length} rows without a result of an operation`)
  return [
    ...known.map(snmpReading),
    ...blocksOf(payload.lines).map(cliReading),
    ...summaries(payload.lines),
  ].flatMap(draftsOf)
}

/** Cisco IP SLA: CISCO-RTTMON-MIB by SNMP, and the text of `show ip sla statistics`. */
export const ciscoIpSla: EdgeVendor = {
  id: 'cisco-ip-sla',
  titles: { fr: 'Cisco IP SLA', en: 'Cisco IP SLA' },
  transports: ['snmp', 'cli'],
  kinds: ['link'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio', 'mos', 'state'],
  identity: { link: 'operation number' },
  documentation: 'https://snmp.cloudapps.cisco.com/Support/SNMP/do/BrowseMIB.do?mibName=CISCO-RTTMON-MIB',
  recognise: (payload) =>
    Math.max(
      linesLike(payload, 0.9, /\brttMonLatest\w+\.\d|IPSLA|IP ?SLAs? (?:Latest )?(?:Operation|Summary)/i),
      documentsLike(payload, 0.9, (value) => tableOf(value).length > 0),
      payload.rows.some(({ value }) => tableOf(value).length > 0) ? 0.9 : 0,
    ),
  normalise,
}
