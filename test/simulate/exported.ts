import { type Address, addressText } from '../../simulate/address.js'
import { EDGE_MODELS, type EdgeModel } from '../../simulate/edge_models.js'
import { Exporter } from '../../simulate/exporter.js'
import { type Flow, reverseOf } from '../../simulate/flow.js'
import { buildNetwork, type Network, type Site } from '../../simulate/network.js'
import { Traffic } from '../../simulate/traffic.js'

/** What one exporter sent, and the records that are in it. */
export interface Exported {
  readonly model: EdgeModel
  readonly site: Site
  readonly datagrams: Uint8Array[]
  readonly flowRecords: number
  /** One line a record: ends, protocol, ports, packets and bytes there and back. */
  readonly expected: readonly string[]
  readonly flows: readonly Flow[]
}

export const network: Network = buildNetwork(11)

const isIcmp = (proto: number): boolean => proto === 1 || proto === 58

/** A record in words that every decoder's output can be brought to. */
export function recordLine(record: {
  src: string
  dst: string
  proto: number
  srcPort: number
  dstPort: number
  packets: number
  bytes: number
  reversePackets: number
  reverseBytes: number
}): string {
  const r = record
  const ports = isIcmp(r.proto) ? 'icmp' : `${r.srcPort} ${r.dstPort}`
  return `${r.src} ${r.dst} ${r.proto} ${ports} ${r.packets} ${r.bytes} ${r.reversePackets} ${r.reverseBytes}`
}

const text = (address: Address): string => addressText(address)

function linesOf(flow: Flow, biflow: boolean): string[] {
  const line = (f: Flow): string =>
    recordLine({
      ...f,
      src: text(f.src),
      dst: text(f.dst),
      reversePackets: biflow ? f.reversePackets : 0,
      reverseBytes: biflow ? f.reverseBytes : 0,
    })
  if (biflow || flow.reversePackets === 0) return [line(flow)]
  return [line(flow), line(reverseOf(flow))]
}

export function sampleFlows(startMs: number, count: number): Flow[] {
  const traffic = new Traffic(network, { seed: 2, flowsPerSecond: 2000, weekly: false, stepMs: 20 })
  const flows: Flow[] = []
  for (let ms = 0; flows.length < count; ms += 20)
    traffic.step(startMs + ms, (_, flow) => {
      flows.push(flow)
      return 2
    })
  return flows.slice(0, count)
}

/**
 * Sends `flows` through an exporter of each model but sFlow's, which reports packets, at a sampling rate of
 * one.
 */
export function exportByEachModel(flows: readonly Flow[], nowMs: number): Exported[] {
  return EDGE_MODELS.filter((model) => model.id !== 'switch_sflow').map((model) => {
    const found = network.sites.find((s) => s.edge.model === model)!
    const site = { ...found, edge: { ...found.edge, samplingRate: 1 } }
    const datagrams: Uint8Array[] = []
    let flowRecords = 0
    const exporter = new Exporter(
      site,
      { seed: 1, startMs: nowMs, datagramBytes: 1400 },
      (bytes, records) => {
        datagrams.push(bytes)
        flowRecords += records
      },
    )
    exporter.announce(nowMs)
    const taken = flows.filter((flow) => exporter.observe(flow, nowMs) > 0)
    exporter.flush(nowMs)
    const expected = taken.flatMap((flow) => linesOf(flow, model.id === 'probe')).sort()
    return { model, site, datagrams, flowRecords, expected, flows: taken }
  })
}
