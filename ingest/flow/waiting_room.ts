import type { FrameEntry } from '../../model/frame.js'
import { addressKey } from './wire.js'

/** Bounds of what waits; the datagram that came first goes when one is reached. */
const DATAGRAMS_MAX = 20_000
const BYTES_MAX = 64 << 20

/** Datagrams of a session over files that wait for their template, by exporter, in order of arrival. */
export class WaitingRoom {
  readonly #byExporter = new Map<number | string, FrameEntry[]>()
  #datagrams = 0
  #bytes = 0

  /** Lets `entry` wait; gives the datagrams that must go instead. */
  add(entry: FrameEntry): FrameEntry[] {
    const key = addressKey(entry.exporter)
    const list = this.#byExporter.get(key)
    if (list === undefined) this.#byExporter.set(key, [entry])
    else list.push(entry)
    this.#datagrams++
    this.#bytes += entry.datagram.length
    if (this.#datagrams <= DATAGRAMS_MAX && this.#bytes <= BYTES_MAX) return []
    const [first] = this.#byExporter.values()
    return this.#remove(first![0]!.exporter)
  }

  /** Takes the datagrams of `exporter` out. */
  take(exporter: Uint8Array): FrameEntry[] {
    return this.#remove(exporter)
  }

  takeAll(): FrameEntry[] {
    const all = [...this.#byExporter.values()].flat()
    this.#byExporter.clear()
    this.#datagrams = 0
    this.#bytes = 0
    return all
  }

  #remove(exporter: Uint8Array): FrameEntry[] {
    const key = addressKey(exporter)
    const list = this.#byExporter.get(key) ?? []
    this.#byExporter.delete(key)
    this.#datagrams -= list.length
    for (const { datagram } of list) this.#bytes -= datagram.length
    return list
  }
}
