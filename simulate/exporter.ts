import type { InterfaceName } from './edge_models.js'
import type { EmitDatagram, FlowEncoder } from './encoders/encoder.js'
import { FLAVOURS } from './encoders/flavours/index.js'
import { Netflow5Encoder } from './encoders/netflow5.js'
import { Sflow5Encoder } from './encoders/sflow5.js'
import type { ExporterView } from './encoders/template.js'
import { TemplatedEncoder } from './encoders/templated.js'
import { type Flow, reverseOf } from './flow.js'
import type { Site } from './network.js'
import { Random } from './random.js'

export interface ExporterOptions {
  readonly seed: number
  readonly startMs: number
  /** Longest datagram. */
  readonly datagramBytes: number
  /** Observation domain instead of the vendor's own, for exporters behind one address. */
  readonly domain?: number
}

export type ExportProtocol = 'netflow5' | 'netflow9' | 'ipfix' | 'sflow5'

export function protocolOf(site: Site): ExportProtocol {
  const flavour = FLAVOURS[site.edge.model.id]
  return typeof flavour === 'string' ? flavour : flavour.wire
}

/** The exporter of a site's edge: samples, splits conversations into what its protocol reports, encodes. */
export class Exporter implements ExporterView {
  readonly site: Site
  readonly protocol: ExportProtocol
  readonly bootMs: number
  readonly address: number
  readonly domain: number
  readonly samplingRate: number
  readonly interfaces: readonly InterfaceName[]
  readonly sent = { datagrams: 0, records: 0, bytes: 0 }
  readonly #encoder: FlowEncoder
  readonly #random: Random

  constructor(site: Site, options: ExporterOptions, emit: EmitDatagram) {
    this.site = site
    this.protocol = protocolOf(site)
    this.bootMs = options.startMs - site.edge.uptimeMs
    this.address = site.edge.address
    this.domain = options.domain ?? site.edge.domain
    this.samplingRate = site.edge.samplingRate
    const { lan } = site.edge.model
    this.interfaces = [lan, ...site.links.map((link) => ({ index: link.ifIndex, name: link.ifName }))]
    this.#random = new Random(options.seed, `exporter ${site.index}`)
    this.#encoder = this.#createEncoder(options.datagramBytes, (datagram, records) => {
      this.sent.datagrams++
      this.sent.records += records
      this.sent.bytes += datagram.length
      emit(datagram, records)
    })
  }

  #createEncoder(datagramBytes: number, emit: EmitDatagram): FlowEncoder {
    const flavour = FLAVOURS[this.site.edge.model.id]
    if (flavour === 'netflow5') return new Netflow5Encoder(this, emit)
    if (flavour === 'sflow5') return new Sflow5Encoder(this, datagramBytes, emit)
    return new TemplatedEncoder(flavour, this, datagramBytes, emit)
  }

  /** Takes what went by; returns how many records the exporter makes of it. */
  observe(flow: Flow, nowMs: number): number {
    const seen = this.#sample(flow)
    if (!this.#encoder.takes(seen)) return 0
    if (this.#encoder.biflow) return seen.packets > 0 ? this.#encoder.add(seen, nowMs) : 0
    let records = seen.packets > 0 ? this.#encoder.add(seen, nowMs) : 0
    if (seen.reversePackets > 0) records += this.#encoder.add(reverseOf(seen), nowMs)
    return records
  }

  announce(nowMs: number): void {
    this.#encoder.announce(nowMs)
  }

  flush(nowMs: number): void {
    this.#encoder.flush(nowMs)
  }

  /** What is left of a flow when one packet in `samplingRate` is looked at. */
  #sample(flow: Flow): Flow {
    if (this.samplingRate === 1) return flow
    const probability = 1 / this.samplingRate
    const packets = this.#random.binomial(flow.packets, probability)
    const reversePackets = this.#random.binomial(flow.reversePackets, probability)
    return {
      ...flow,
      packets,
      bytes: Math.round((flow.bytes * packets) / flow.packets),
      reversePackets,
      reverseBytes:
        flow.reversePackets > 0 ? Math.round((flow.reverseBytes * reversePackets) / flow.reversePackets) : 0,
    }
  }
}
