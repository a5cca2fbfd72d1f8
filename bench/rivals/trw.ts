import type { FlowView } from '../../detect/flow_view.js'
import { KIND } from '../../detect/flow_view.js'
import { hashWith } from '../../detect/hash.js'
import { Alarms, type Rival, srcText } from './rival.js'

/** Jung, Paxson, Berger, Balakrishnan, "Fast Portscan Detection Using Sequential Hypothesis Testing", 2004. */
const THETA_0 = 0.8
const THETA_1 = 0.2
const ALPHA = 0.01
const BETA = 0.99
const SCANNER = BETA / ALPHA
const BENIGN = (1 - BETA) / (1 - ALPHA)

/** Threshold random walk: each first contact of a source with a host makes it likelier or less likely a scanner. */
export class Trw implements Rival {
  readonly name = 'TRW'
  readonly service = 'scan'
  readonly #alarms = new Alarms('scan', 3_600_000)
  readonly #likelihood = new Map<string, number>()
  readonly #contacted = new Set<number>()
  readonly #found = new Set<string>()

  get alarms(): Alarms['list'] {
    return this.#alarms.list
  }

  observe(view: FlowView): void {
    for (let row = 0; row < view.rows; row++) {
      const kind = view.kind[row]
      const failed = kind === KIND.tcpFailed
      if (!failed && (kind !== KIND.tcp || view.srcPort[row]! <= view.dstPort[row]!)) continue
      const pair = hashWith(view.srcHash[row]!, view.dstHash[row]!)
      if (this.#contacted.has(pair)) continue
      this.#contacted.add(pair)
      const src = srcText(view, row)
      const step = failed ? (1 - THETA_1) / (1 - THETA_0) : THETA_1 / THETA_0
      const likelihood = (this.#likelihood.get(src) ?? 1) * step
      this.#likelihood.set(src, likelihood <= BENIGN ? 1 : likelihood)
      if (likelihood >= SCANNER) this.#found.add(src)
    }
  }

  evaluate(nowMs: number): void {
    for (const src of this.#found) this.#alarms.raise(src, nowMs, { src })
    this.#found.clear()
  }

  end(): void {}
}
