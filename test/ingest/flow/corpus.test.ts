import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CaptureReader } from '../../../ingest/flow/capture/capture_reader.js'
import { OfflineSession } from '../../../ingest/flow/offline.js'
import type { OfflineRecord } from '../../../ingest/flow/offline_printer.js'

/** Recordings of real exporters, with what independent tools read in them (VIGIE_SHARED or ../shared). */

const corpora = join(process.env.VIGIE_SHARED ?? '../shared', 'corpora')
const available = existsSync(join(corpora, 'SCENARIOS.tsv'))
const test = suite('recordings of real exporters')

type Scenario = Record<string, string>
interface Golden {
  readonly flows: { readonly fields: [pen: number, id: number, hex: string][] }[]
}

function scenarios(): Scenario[] {
  const [head, ...lines] = readFileSync(join(corpora, 'SCENARIOS.tsv'), 'utf8').trim().split('\n')
  const keys = head!.split('\t')
  return lines.map((line) => Object.fromEntries(line.split('\t').map((value, i) => [keys[i]!, value])))
}

function decodeFile(id: string): { records: OfflineRecord[]; session: OfflineSession } {
  const session = new OfflineSession({ ie: true, all: true })
  const records: OfflineRecord[] = []
  try {
    for (const datagram of new CaptureReader(join(corpora, 'pcap', `${id}.pcap`)).datagrams()) {
      records.push(...session.take(datagram))
    }
  } catch (error) {
    assert.is((error as Error).name, 'CaptureError')
  }
  records.push(...session.end())
  return { records, session }
}

const COLUMNS: Readonly<Record<string, readonly number[]>> = {
  src_addr: [8, 27],
  dst_addr: [12, 28],
  src_port: [7, 180, 182],
  dst_port: [11, 181, 183],
  ip_proto: [4],
  in_if: [10],
  out_if: [14],
  src_as: [16],
  dst_as: [17],
  ip_tos: [5],
  bytes: [1, 85, 231],
  packets: [2, 86, 298],
  src_mask: [9, 29],
  dst_mask: [13, 30],
}

function addressHex(text: unknown): string {
  if (typeof text !== 'string') return ''
  if (!text.includes(':'))
    return text
      .split('.')
      .map((n) => Number(n).toString(16).padStart(2, '0'))
      .join('')
  const [head = '', tail] = text.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((g) => g.padStart(4, '0')).join('')
}

/** What must stand in the columns: elements that occur once among a column's sources. */
function expected(flow: Golden['flows'][number]): [string, string][] {
  const first = new Map<number, string>()
  for (const [pen, id, hex] of flow.fields) if (pen === 0 && hex !== '' && !first.has(id)) first.set(id, hex)
  return Object.entries(COLUMNS).flatMap(([column, ids]): [string, string][] => {
    const present = ids.filter((id) => first.has(id))
    return present.length === 1 ? [[column, first.get(present[0]!)!]] : []
  })
}

function holds(row: OfflineRecord, [column, hex]: [string, string]): boolean {
  if (column.endsWith('_addr')) {
    const mapped = hex.replace(/^0{20}ffff/, '')
    return addressHex(row[column]) === mapped
  }
  return BigInt((row[column] as number | string | undefined) ?? 0) === BigInt(`0x${hex}`)
}

test('the recordings are here, or it is told where they were looked for', () => {
  if (!available) process.stdout.write(`skipped: no recordings in ${corpora} (VIGIE_SHARED says where)\n`)
})
if (!available) test.skip('every scenario', () => {})
for (const s of available ? scenarios() : []) {
  test(`${s.id}: ${s.vendor}`, () => {
    const { records, session } = decodeFile(s.id!)
    const ofKind = (kind: string | undefined) => records.filter((r) => r.kind === kind)
    const flows = ofKind(undefined)
    assert.is(session.summary.flows, flows.length)
    if (s.kind === 'malformed') return
    const [least, more] = [Number(s.flows_in_order), Number(s.extra_records_if_buffered)]
    assert.ok(flows.length >= least && flows.length <= least + more, `${flows.length} flows`)
    assert.is(ofKind('options').length, Number(s.options_records))
    assert.is(ofKind('counters').length, Number(s.sflow_counter_samples))
    const golden = join(corpora, 'golden', 'raw', `${s.id}.json`)
    if (!existsSync(golden)) return
    const left = new Set(flows)
    for (const flow of (JSON.parse(readFileSync(golden, 'utf8')) as Golden).flows) {
      const wanted = expected(flow)
      const found = [...left].find((row) => wanted.every((w) => holds(row, w)))
      assert.ok(found, `no row has ${JSON.stringify(wanted)}`)
      left.delete(found)
      const distinct = new Set(flow.fields.map(([pen, id]) => `${pen}.${id}`)).size
      assert.ok(Object.keys(found.ie as object).length >= distinct, 'elements are missing in ie')
    }
  })
}

test.run()
