import type { FlowView } from '../../detect/flow_view.js'
import { KIND } from '../../detect/flow_view.js'
import { Alarms, dstText, type Rival, srcText } from './rival.js'

/** Constants of fastnetmon.conf as it is shipped (github.com/pavel-odintsov/fastnetmon, `src/fastnetmon.conf`). */
const PACKETS_PER_S = 20_000
const BITS_PER_S = 1e9
const AVERAGE_S = 5
const BAN_MS = 1_900_000

interface Host {
  packets: number
  octets: number
  packetsPerS: number
  octetsPerS: number
}

/**
 * FastNetMon Community: per host and direction an exponential average of packets and bits per second, a fixed threshold, a
 * ban of 1,900 s. Records count in the second in which they come, as its NetFlow plugin has it.
 */
export class Fastnetmon implements Rival {
  readonly name = 'FastNetMon'
  readonly service = 'ddos'
  readonly #alarms = new Alarms('ddos', BAN_MS)
  readonly #hosts = new Map<string, Host>()

  get alarms(): Alarms['list'] {
    return this.#alarms.list
  }

  observe(view: FlowView): void {
    for (let row = 0; row < view.rows; row++) {
      if (view.kind[row] === KIND.skip) continue
      const reach = view.reach[row]!
      if ((reach & 2) !== 0) this.#add(`to ${dstText(view, row)}`, view.packets[row]!, view.octets[row]!)
      if ((reach & 1) !== 0) this.#add(`from ${srcText(view, row)}`, view.packets[row]!, view.octets[row]!)
    }
  }

  #add(key: string, packets: number, octets: number): void {
    let host = this.#hosts.get(key)
    if (host === undefined) {
      host = { packets: 0, octets: 0, packetsPerS: 0, octetsPerS: 0 }
      this.#hosts.set(key, host)
    }
    host.packets += packets
    host.octets += octets
  }

  evaluate(nowMs: number): void {
    const keep = Math.exp(-1 / AVERAGE_S)
    for (const [key, host] of this.#hosts) {
      host.packetsPerS = host.packets + keep * (host.packetsPerS - host.packets)
      host.octetsPerS = host.octets + keep * (host.octetsPerS - host.octets)
      host.packets = 0
      host.octets = 0
      if (host.packetsPerS > PACKETS_PER_S || host.octetsPerS * 8 > BITS_PER_S) {
        const [way, address] = key.split(' ') as [string, string]
        this.#alarms.raise(key, nowMs, way === 'to' ? { dst: address } : { src: address })
      } else if (host.packetsPerS < 1) this.#hosts.delete(key)
    }
  }

  end(): void {}
}
