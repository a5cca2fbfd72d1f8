import { FlowBlock, V4_MAPPED_WORD, writeMs } from '../model/flow_block.js'
import { COL } from '../model/flow_columns.js'

/**
 * Seeded flows as a border router exports them (the traffic of the acceptance's v9 source): sources random in 10/8,
 * destinations skewed in 11/8, ordinary ports and sizes; 19 fields of the record, what the collector adds to each,
 * and the columns that enrichment writes. The same seed gives the same rows anywhere.
 */
const DST_PORTS = [443, 443, 443, 443, 443, 443, 80, 80, 53, 53, 123, 22, 3389, 5060, 25, 8443] as const

/** Columns the rows fill, in the order of the table. */
const FILLED = [
  'time_received',
  'flow_start',
  'flow_end',
  'export_protocol',
  'exporter_addr',
  'observation_domain',
  'src_addr',
  'dst_addr',
  'next_hop',
  'src_port',
  'dst_port',
  'ip_proto',
  'ip_tos',
  'tcp_flags',
  'bytes',
  'packets',
  'in_if',
  'out_if',
  'src_as',
  'dst_as',
  'src_mask',
  'dst_mask',
  'direction',
  'src_org_id',
  'dst_org_id',
  'src_site_id',
  'dst_site_id',
  'src_region_code',
  'dst_region_code',
  'locality',
  'app_class_id',
] as const

export interface FlowRowsOptions {
  readonly rows: number
  readonly seed: number
  /** Receipt of the first row, ms since 1970. */
  readonly startMs: number
  /** How fast the rows arrived: spreads `time_received`. */
  readonly rowsPerSecond: number
  /** Sites, each with an exporter of its own; 0: one exporter, and organisation, site and region unknown. */
  readonly sites: number
}

/** Fills `block` with `rows` flows; its capacity must hold them. */
export function fillFlowRows(block: FlowBlock, options: FlowRowsOptions): FlowBlock {
  block.reset()
  for (const name of FILLED) block.touch(COL[name]!)
  const random = xorshift(options.seed)
  for (let row = 0; row < options.rows; row++) fillRow(block, row, options, random)
  block.rows = options.rows
  return block
}

export function flowRows(options: FlowRowsOptions): FlowBlock {
  return fillFlowRows(new FlowBlock(options.rows), options)
}

function fillRow(block: FlowBlock, row: number, options: FlowRowsOptions, random: () => number): void {
  const [r1, r2, r3] = [random(), random(), random()]
  // AND of two draws favours small values.
  const skew = (r2 & r3) >>> 0
  // A datagram carries 24 records and one time of receipt.
  const datagram = Math.floor(row / 24)
  const received = options.startMs + Math.floor((datagram * 24 * 1000) / options.rowsPerSecond)
  const packets = 1 + (skew >>> 24)
  const source = 0x0a000000 | (r1 & 0xffffff)
  const destination = 0x0b000000 | (skew & 0xffff)
  const port = DST_PORTS[r3 >>> 28]!
  const udp = port === 53 || port === 123 || port === 5060
  const words = block.words
  const set = (name: string, value: number): void => {
    words[COL[name]!]![row] = value
  }
  const time = (name: string, ms: number): void => writeMs(words[COL[name]!]! as Uint32Array, row, ms)
  const address = (name: string, v4: number): void => {
    const column = words[COL[name]!]!
    column[4 * row + 2] = V4_MAPPED_WORD
    column[4 * row + 3] = swap32(v4)
  }
  const count = (name: string, value: number): void => {
    words[COL[name]!]![2 * row] = value
  }
  time('time_received', received)
  time('flow_start', received - 10_000 - (r3 >>> 20))
  time('flow_end', received - 1_000)
  const exporter = exporterOf(options, datagram)
  address('exporter_addr', 0x0a000001 + (exporter << 8))
  address('src_addr', source)
  address('dst_addr', destination)
  address('next_hop', 0x0a000001)
  set('export_protocol', 9)
  set('observation_domain', 1)
  set('src_port', 1024 + ((r2 >>> 8) % 64000))
  set('dst_port', port)
  set('ip_proto', udp ? 17 : 6)
  set('ip_tos', (r3 >>> 26) & 1 ? 0xb8 : 0)
  set('tcp_flags', udp ? 0 : 0x1b)
  count('bytes', packets * (64 + (r3 & 1023)))
  count('packets', packets)
  set('in_if', 1 + (r1 >>> 28))
  set('out_if', 1 + (r2 >>> 30))
  set('src_as', 64512)
  set('dst_as', 64513)
  set('src_mask', 24)
  set('dst_mask', 24)
  set('direction', 0)
  if (options.sites > 0) enrich(set, 1 + exporter, random(), port, options.sites)
}

/**
 * What enrichment would write for a network of edges, each exporting its own site's traffic both ways: sites of very
 * different size, most traffic with three data centres or the Internet (site 0), a twentieth with any other site.
 */
function enrich(set: Setter, site: number, draw: number, port: number, sites: number): void {
  const where = draw & 0xff
  const far = where < 100 ? 0 : where < 243 ? 1 + (where % 3) : 1 + ((draw >>> 8) % sites)
  const outbound = (draw & 0x80000000) === 0
  end(set, outbound ? 'src' : 'dst', site)
  end(set, outbound ? 'dst' : 'src', far)
  set('locality', far !== 0 ? 3 : outbound ? 1 : 2)
  set('app_class_id', 1 + (port % 7))
}

function end(set: Setter, side: 'src' | 'dst', site: number): void {
  set(`${side}_site_id`, site)
  set(`${side}_org_id`, site === 0 ? 0 : 1 + (site % 134))
  set(`${side}_region_code`, site === 0 ? 0 : 1 + (site % 17))
}

/** The same for all records of a datagram; the product of two even draws makes few exporters large. */
function exporterOf({ seed, sites }: FlowRowsOptions, datagram: number): number {
  const random = xorshift(seed * 7919 + datagram)
  for (let i = 0; i < 4; i++) random()
  return Math.floor((random() / 2 ** 32) * (random() / 2 ** 32) * sites)
}

type Setter = (name: string, value: number) => void

const swap32 = (value: number): number =>
  (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0

/** 32-bit xorshift: small, seeded, the same everywhere. */
function xorshift(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
}
