import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AdapterReader } from '../../../ingest/edge/edge_reader.js'
import { DecodeReport } from '../../../ingest/flow/decode_report.js'
import { FrameDecoder } from '../../../ingest/flow/frame_decoder.js'
import { FlowLearner } from '../../../ingest/flow/learner.js'
import { FlowBlock } from '../../../model/flow_block.js'
import {
  bytes,
  decode,
  EXPORT_S,
  EXPORTER,
  entryOf,
  frameOf,
  ipfix,
  layout,
  RECEIVED_MS,
  set,
  template,
  variable,
} from './datagrams.js'

/** Flow records that carry path metrics. */
const paths = suite('path records')

const TUNNEL = layout(
  '12:4 45346.12240:16 10:4 1:8 2:8 45346.12292:4 45346.12290:4 45346.12295:4 45346.12293:4 45346.12317:4 45346.12318:4 45346.12310:*',
)
const FLOW = layout('8:4 12:4 1:8')

const float = (value: number): Buffer => {
  const b = Buffer.alloc(4)
  b.writeFloatBE(value)
  return b
}
const tunnel = (link: string, lossTx: number): Buffer =>
  bytes(
    'c0000263',
    '00000001ac4847a081a780c8c320f486',
    [7, 4],
    [1000, 8],
    [10, 8],
    [14, 4],
    [1, 4],
    [12, 4],
    [2, 4],
    float(lossTx),
    float(0),
    variable(link),
  )
const datagram = ipfix(
  {},
  set(2, template(258, TUNNEL), template(256, FLOW)),
  set(258, tunnel('GE3', 0.05), tunnel('GE4', 2.5)),
  set(256, bytes('0a000001', '0a000002', [99, 8])),
)

function decodePaths(...datagrams: Uint8Array[]): { rows: object[]; report: DecodeReport } {
  const learner = new FlowLearner()
  for (const one of datagrams) learner.learn(EXPORTER, one, RECEIVED_MS, true)
  const rows: object[] = []
  const decoder = new FrameDecoder({ onPath: (_entry, row) => rows.push(row) })
  const report = new DecodeReport()
  const frame = frameOf(
    learner.takeContext(),
    datagrams.map((one) => entryOf(one)),
  )
  decoder.decode(frame, new FlowBlock(64), () => {}, report)
  return { rows, report }
}

paths('reach the model of edges by their vendor’s adapter, and are no flows', () => {
  const { rows, report } = decodePaths(datagram)
  assert.equal([report.records, report.flows, report.rejects.length], [1, 1, 0])
  const reading = new AdapterReader().read({
    vendor: 'velocloud',
    origin: { way: 'flow', source: 'c', address: '192.0.2.1', device: '192.0.2.1' },
    receivedMs: RECEIVED_MS,
    bytes: Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')),
  })
  assert.equal(reading.rejects, [])
  assert.is(reading.absenceMs, 180_000)
  assert.equal(reading.records.length, 4)
  const [tx] = reading.records.filter((r) => r.kind === 'tunnel' && r.direction === 'tx')
  assert.equal(tx, {
    kind: 'tunnel',
    vendor: 'velocloud',
    observed_at: new Date(EXPORT_S * 1000).toISOString(),
    device: '192.0.2.1',
    link: '00000001-ac48-47a0-81a7-80c8c320f486',
    remote: '192.0.2.99',
    direction: 'tx',
    latency_ms: 14,
    latency_kind: 'one_way',
    jitter_ms: 1,
    loss_ratio: 0.0005,
    mos_computed: 4.3938,
  } as never)
})

paths('are rows like any other for who did not ask for them', () => {
  assert.is(decode(datagram).report.flows, 3)
})

paths('that are cut are told', () => {
  const cut = ipfix(
    {},
    set(2, template(258, TUNNEL)),
    set(258, tunnel('GE3', 1), tunnel('a-long-name', 1).subarray(0, 70)),
  )
  const { rows, report } = decodePaths(cut)
  assert.is(rows.length, 1)
  assert.equal(
    report.rejects.map(({ code }) => code),
    ['record_truncated'],
  )
})

paths.run()
