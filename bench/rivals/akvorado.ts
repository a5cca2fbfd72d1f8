import { addressKey, addressOfKey } from '../../detect/address.js'
import type { FlowView } from '../../detect/flow_view.js'
import { KIND } from '../../detect/flow_view.js'
import { Alarms, type Rival } from './rival.js'

const MINUTE_S = 60
const GBPS = 1e9
const UDP = 17

interface Bucket {
  octets: number
  readonly sources: Set<number>
}

/**
 * The query by which Akvorado's documentation looks for attacks (Akvorado, "Integration with other tools", anti-DDoS): by
 * minute, destination, source port and protocol; more than 1 Gbit/s, or UDP above 0.2, or more than twenty sources above
 * 0.1. Countries are not at hand here.
 */
export class Akvorado implements Rival {
  readonly name = 'Akvorado SQL'
  readonly service = 'ddos'
  readonly #alarms = new Alarms('ddos', 600_000)
  #buckets = new Map<string, Bucket>()
  #minute = 0

  get alarms(): Alarms['list'] {
    return this.#alarms.list
  }

  observe(view: FlowView): void {
    for (let row = 0; row < view.rows; row++) {
      if (view.kind[row] === KIND.skip) continue
      const key = addressKey(view.dst, row * 4) + String.fromCharCode(view.srcPort[row]!, view.proto[row]!)
      let bucket = this.#buckets.get(key)
      if (bucket === undefined) {
        bucket = { octets: 0, sources: new Set() }
        this.#buckets.set(key, bucket)
      }
      bucket.octets += view.octets[row]!
      bucket.sources.add(view.srcHash[row]!)
    }
  }

  evaluate(nowMs: number): void {
    const minute = Math.floor(nowMs / (MINUTE_S * 1000))
    if (minute === this.#minute) return
    this.#minute = minute
    for (const [key, { octets, sources }] of this.#buckets) {
      const rate = (octets * 8) / MINUTE_S
      const proto = key.charCodeAt(key.length - 1)
      if (rate <= 0.1 * GBPS) continue
      if (rate > GBPS || (proto === UDP && rate > 0.2 * GBPS) || sources.size > 20) {
        const dst = addressOfKey(key, 0, key.length - 2)
        this.#alarms.raise(dst, nowMs, { dst })
      }
    }
    this.#buckets = new Map()
  }

  end(): void {}
}
