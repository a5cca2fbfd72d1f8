import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { OfflineSession } from '../../ingest/flow/offline.js'
import type { FrameEntry } from '../../model/frame.js'
import { v4Text } from '../../simulate/address.js'
import { Exporter } from '../../simulate/exporter.js'
import { exportByEachModel, network, recordLine, sampleFlows } from './exported.js'

/** The pipeline's own decoder on what the simulator encodes: the two share no table. */
const nowMs = Date.UTC(2026, 4, 13, 14)
const flows = sampleFlows(nowMs - 1000, 400)

function entry(address: number, datagram: Uint8Array): FrameEntry {
  const exporter = new Uint8Array(16)
  exporter.set([0xff, 0xff, address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255], 10)
  return { exporter, exporterPort: 50000, receivedUs: nowMs * 1000, datagram }
}

type Decoded = Readonly<Record<string, unknown>>

function decode(
  address: number,
  datagrams: readonly Uint8Array[],
): { records: Decoded[]; session: OfflineSession } {
  const session = new OfflineSession({ ie: true, all: false })
  const records: Decoded[] = datagrams.flatMap((datagram) => session.take(entry(address, datagram)))
  records.push(...session.end())
  return { records, session }
}

const lineOf = (r: Decoded): string =>
  recordLine({
    src: String(r.src_addr),
    dst: String(r.dst_addr),
    proto: Number(r.ip_proto),
    srcPort: Number(r.src_port ?? 0),
    dstPort: Number(r.dst_port ?? 0),
    packets: Number(r.packets),
    bytes: Number(r.bytes),
    reversePackets: Number(r.reverse_packets ?? 0),
    reverseBytes: Number(r.reverse_bytes ?? 0),
  })

const test = suite('the decoder reads what the simulator encodes')

for (const { model, site, datagrams, expected, flowRecords } of exportByEachModel(flows, nowMs)) {
  test(`every record of ${model.vendor}`, () => {
    const { records, session } = decode(site.edge.address, datagrams)
    assert.is(session.summary.undecodable, 0, JSON.stringify(session.summary))
    assert.is(records.length, flowRecords)
    assert.equal(records.map(lineOf).sort(), expected)
    for (const r of records) {
      assert.is(r.exporter_addr, v4Text(site.edge.address))
      assert.is(r.observation_domain, model.domain)
      // Times to a second where the protocol has no better.
      const startMs = Date.parse(String(r.flow_start))
      assert.ok(
        flows.some((f) => Math.abs(f.startMs - startMs) <= 1000),
        `${model.id} ${String(r.flow_start)}`,
      )
    }
  })
}

test('names of applications and interfaces come by options', () => {
  const iosxe = exportByEachModel(flows, nowMs).find((x) => x.model.id === 'cisco_iosxe')!
  const { records } = decode(iosxe.site.edge.address, iosxe.datagrams)
  assert.ok(records.some((r) => r.app_name === 'dossier-sante'))
  assert.ok(records.some((r) => r.in_if_name === iosxe.model.lan.name))
})

test('a sampling rate comes as each vendor tells it, sFlow included', () => {
  for (const [id, source] of [
    ['juniper', 'options'],
    ['nokia', 'options'],
    ['huawei', 'options'],
    ['legacy_v5', 'header'],
    ['switch_sflow', 'record'],
  ] as const) {
    const found = network.sites.find((s) => s.edge.model.id === id)!
    const site = { ...found, edge: { ...found.edge, samplingRate: 10 } }
    const datagrams: Uint8Array[] = []
    let sent = 0
    const exporter = new Exporter(site, { seed: 1, startMs: nowMs, datagramBytes: 1400 }, (bytes, n) => {
      datagrams.push(bytes)
      sent += n
    })
    exporter.announce(nowMs)
    for (const flow of flows) exporter.observe(flow, nowMs)
    exporter.flush(nowMs)
    const { records } = decode(site.edge.address, datagrams)
    assert.is(records.length, sent, id)
    assert.ok(sent > 50)
    for (const r of records) assert.is(r.sampling_rate, 10, `${id} ${JSON.stringify(r)}`)
    for (const r of records) assert.is(r.sampling_source, source, id)
  }
})

test.run()
