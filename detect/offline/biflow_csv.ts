import { type FlowBlock, writeMs } from '../../model/flow_block.js'
import { COL, FLOW_COLUMNS } from '../../model/flow_columns.js'
import { parseAddress } from '../address.js'
import { putU64, type RowParser } from './flow_row.js'

/** Columns of a biflow file; further ones are ignored. */
const NAMES = [
  'ts_start_ms',
  'ts_end_ms',
  'src',
  'sport',
  'dst',
  'dport',
  'proto',
  'flags_src',
  'flags_dst',
  'pkts_src',
  'bytes_src',
  'pkts_dst',
  'bytes_dst',
] as const

/**
 * Reader of biflows: one line is both directions of a flow, so that the columns `reverse_*` say whether it was answered.
 * A biflow is known when it ends, which is taken as its receipt.
 *
 * @returns undefined when `header` lacks a column.
 */
export function biflowParser(header: string): RowParser | undefined {
  const columns = header.trim().split(',')
  const at = NAMES.map((name) => columns.indexOf(name))
  if (at.includes(-1)) return undefined
  const [start, end, src, sport, dst, dport, proto, flags, , packets, octets, answers, answerOctets] =
    at as number[]
  return (line, block, row) => {
    const cells = line.split(',')
    const number = (i: number): number =>
      cells[i] === undefined || cells[i] === '' ? Number.NaN : Number(cells[i])
    const times = [number(start!), number(end!)] as const
    const numbers = [sport!, dport!, proto!, flags!, packets!, octets!, answers!, answerOctets!].map(number)
    if (![...times, ...numbers].every((n) => Number.isFinite(n) && n >= 0)) return undefined
    if (!parseAddress(cells[src!]!, block.words[COL.src_addr!] as Uint32Array, row * 4)) return undefined
    if (!parseAddress(cells[dst!]!, block.words[COL.dst_addr!] as Uint32Array, row * 4)) return undefined
    const received = Math.max(times[0], times[1])
    writeMs(block.words[COL.flow_start!] as Uint32Array, row, times[0])
    writeMs(block.words[COL.flow_end!] as Uint32Array, row, received)
    writeMs(block.words[COL.time_received!] as Uint32Array, row, received)
    const [sourcePort, destinationPort, protocol, tcpFlags, ...counters] = numbers as [
      number,
      number,
      number,
      number,
    ]
    block.words[COL.src_port!]![row] = sourcePort
    block.words[COL.dst_port!]![row] = destinationPort
    block.words[COL.ip_proto!]![row] = protocol
    block.words[COL.tcp_flags!]![row] = tcpFlags
    // Of ICMP, recorders give the type as the source port, or nothing at all.
    const icmp = protocol === 1 || protocol === 58
    block.words[COL.icmp_type!]![row] =
      icmp && (sourcePort > 0 || destinationPort > 0) ? sourcePort : UNKNOWN_TYPE
    COUNTERS.forEach((column, i) => {
      putU64(block, column, row, (counters as number[])[i]!)
    })
    return received
  }
}

const UNKNOWN_TYPE = FLOW_COLUMNS[COL.icmp_type!]!.unknown
const COUNTERS = [COL.packets!, COL.bytes!, COL.reverse_packets!, COL.reverse_bytes!]

/** Columns that `biflowParser` writes. */
export const BIFLOW_COLUMNS: readonly number[] = [
  COL.src_addr!,
  COL.dst_addr!,
  COL.flow_start!,
  COL.flow_end!,
  COL.time_received!,
  COL.src_port!,
  COL.dst_port!,
  COL.ip_proto!,
  COL.tcp_flags!,
  COL.icmp_type!,
  ...COUNTERS,
]

export function touchBiflow(block: FlowBlock): void {
  for (const column of BIFLOW_COLUMNS) block.touch(column)
}
