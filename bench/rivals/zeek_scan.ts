import type { FlowView } from '../../detect/flow_view.js'
import { KIND } from '../../detect/flow_view.js'
import { Alarms, dstText, type Rival, srcText } from './rival.js'

/** Constants of `policy/misc/scan.zeek` (Zeek 3 to 6; a package since). */
const HOSTS = 25
const PORTS = 15
const WINDOW_MS = 300_000

/**
 * Zeek's scan policy: 25 different hosts that a source failed at on one port within five minutes, or 15 different ports of
 * one host. Only TCP fails in its sense.
 */
export class ZeekScan implements Rival {
  readonly name = 'Zeek scan policy'
  readonly service = 'scan'
  readonly #alarms = new Alarms('scan', 3_600_000)
  /** By source and port, or source and host: the others, and when each was tried. */
  readonly #tried = new Map<string, Map<number, number>>()
  readonly #full = new Map<string, string>()

  get alarms(): Alarms['list'] {
    return this.#alarms.list
  }

  observe(view: FlowView): void {
    for (let row = 0; row < view.rows; row++) {
      if (view.kind[row] !== KIND.tcpFailed) continue
      const src = srcText(view, row)
      const port = view.dstPort[row]!
      this.#note(`${src} port ${port}`, src, view.dstHash[row]!, view.startMs[row]!, HOSTS)
      this.#note(`${src} host ${dstText(view, row)}`, src, port, view.startMs[row]!, PORTS)
    }
  }

  #note(key: string, src: string, other: number, atMs: number, threshold: number): void {
    let tried = this.#tried.get(key)
    if (tried === undefined) {
      tried = new Map()
      this.#tried.set(key, tried)
    }
    tried.set(other, atMs)
    if (tried.size < threshold) return
    for (const [k, ms] of tried) if (atMs - ms > WINDOW_MS) tried.delete(k)
    if (tried.size >= threshold) this.#full.set(key, src)
  }

  evaluate(nowMs: number): void {
    for (const src of this.#full.values()) this.#alarms.raise(src, nowMs, { src })
    this.#full.clear()
  }

  end(): void {}
}
