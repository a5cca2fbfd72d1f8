/**
 * Datagrams that came before the template of one of their sets. They wait, bounded in bytes and time, and are framed
 * when the template has been learned, in the order in which they came. What waited too long or finds no room is framed
 * as it is: raw first, a later replay may know the template. Nothing is ever dropped here.
 */
export interface Waiting<Source> {
  readonly source: Source
  readonly port: number
  readonly receivedUs: number
  readonly datagram: Uint8Array
  /** What it waits for: an opaque number, one for each observation domain and template. */
  key: number
}

export interface WaitingRoomConfig {
  /** All exporters together. */
  readonly bytes_max: number
  /** One exporter. */
  readonly exporter_bytes_max: number
  readonly wait_ms_max: number
}

/** What one waiting datagram costs beside its bytes. */
const OVERHEAD_BYTES = 256

interface Entry<Source> extends Waiting<Source> {
  datagram: Uint8Array
  /** True once it has left, with its bytes; the queues drop the rest when they come to it. */
  gone: boolean
}

const NO_BYTES = new Uint8Array(0)

/** First in, first out; what left early is skipped. */
class Queue<Source> {
  #entries: Entry<Source>[] = []
  #head = 0

  push(entry: Entry<Source>): void {
    this.#entries.push(entry)
  }

  /** The oldest that is still there. */
  peek(): Entry<Source> | undefined {
    while (this.#head < this.#entries.length && this.#entries[this.#head]!.gone) this.#head++
    if (this.#head > 1024 && 2 * this.#head > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return this.#entries[this.#head]
  }

  /** Forgets those that left, wherever they stand: a queue must not grow by what is no longer in it. */
  sweep(): void {
    this.#entries = this.#entries.filter((entry) => !entry.gone)
    this.#head = 0
  }

  get length(): number {
    return this.#entries.length - this.#head
  }
}

interface Corner<Source> {
  bytes: number
  count: number
  readonly queue: Queue<Source>
  readonly byKey: Map<number, Entry<Source>[]>
}

export class WaitingRoom<Source extends object> {
  readonly #config: WaitingRoomConfig
  readonly #leave: (entry: Waiting<Source>, why: 'expired' | 'overflow') => void
  readonly #corners = new Map<Source, Corner<Source>>()
  readonly #queue = new Queue<Source>()
  #bytes = 0
  #count = 0
  /** Those that went without their template, by why. */
  expired = 0
  overflowed = 0

  /** @param leave gets each datagram that goes without its template */
  constructor(
    config: WaitingRoomConfig,
    leave: (entry: Waiting<Source>, why: 'expired' | 'overflow') => void,
  ) {
    this.#config = config
    this.#leave = leave
  }

  /** Datagrams that wait. */
  get size(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Datagrams of one exporter that wait. */
  sizeOf(source: Source): number {
    return this.#corners.get(source)?.count ?? 0
  }

  /** Lets one datagram wait for `key`; the oldest go when a bound is reached. */
  add(source: Source, port: number, receivedUs: number, datagram: Uint8Array, key: number): void {
    const cost = datagram.length + OVERHEAD_BYTES
    const corner = this.#cornerOf(source)
    while (corner.count > 0 && corner.bytes + cost > this.#config.exporter_bytes_max) {
      this.#remove(corner.queue.peek()!, 'overflow')
    }
    while (this.#count > 0 && this.#bytes + cost > this.#config.bytes_max) {
      this.#remove(this.#queue.peek()!, 'overflow')
    }
    const entry = { source, port, receivedUs, datagram, key, gone: false }
    this.#corners.set(source, corner)
    corner.queue.push(entry)
    this.#queue.push(entry)
    this.#wait(corner, entry)
    corner.bytes += cost
    corner.count++
    this.#bytes += cost
    this.#count++
  }

  /**
   * Offers those that waited for `key` to `take`, oldest first. It answers with the key of what is still missing, or -1
   * when it has taken the datagram.
   */
  release(source: Source, key: number, take: (entry: Waiting<Source>) => number): number {
    const corner = this.#corners.get(source)
    const entries = corner?.byKey.get(key)
    if (corner === undefined || entries === undefined) return 0
    corner.byKey.delete(key)
    let released = 0
    for (const entry of entries) {
      if (entry.gone) continue
      const missing = take(entry)
      if (missing >= 0) {
        entry.key = missing
        this.#wait(corner, entry)
      } else {
        this.#forget(corner, entry)
        released++
      }
    }
    this.#settle(corner, source)
    return released
  }

  /** Keys that datagrams of `source` wait for. */
  keysOf(source: Source): readonly number[] {
    const corner = this.#corners.get(source)
    return corner === undefined ? [] : [...corner.byKey.keys()]
  }

  /** Lets go of those that have waited too long. */
  expire(nowUs: number): void {
    const before = nowUs - this.#config.wait_ms_max * 1000
    for (let entry = this.#queue.peek(); entry !== undefined; entry = this.#queue.peek()) {
      if (entry.receivedUs > before) return
      this.#remove(entry, 'expired')
    }
  }

  /** Lets everything go, oldest first. */
  empty(): void {
    for (let entry = this.#queue.peek(); entry !== undefined; entry = this.#queue.peek()) {
      this.#remove(entry, 'expired')
    }
  }

  #cornerOf(source: Source): Corner<Source> {
    return this.#corners.get(source) ?? { bytes: 0, count: 0, queue: new Queue(), byKey: new Map() }
  }

  #wait(corner: Corner<Source>, entry: Entry<Source>): void {
    const waiting = corner.byKey.get(entry.key)
    if (waiting === undefined) corner.byKey.set(entry.key, [entry])
    else waiting.push(entry)
  }

  #forget(corner: Corner<Source>, entry: Entry<Source>): void {
    const cost = entry.datagram.length + OVERHEAD_BYTES
    entry.gone = true
    entry.datagram = NO_BYTES
    corner.bytes -= cost
    corner.count--
    this.#bytes -= cost
    this.#count--
  }

  /** It leaves before it is forgotten: whoever counts in between finds it in one place. */
  #remove(entry: Entry<Source>, why: 'expired' | 'overflow'): void {
    const { source } = entry
    const corner = this.#corners.get(source)!
    this.#leave(entry, why)
    if (why === 'expired') this.expired++
    else this.overflowed++
    this.#forget(corner, entry)
    const waiting = corner.byKey.get(entry.key)
    // The oldest is the first of its key, but for those that left and those that took a second key.
    if (waiting !== undefined) {
      const at = waiting.indexOf(entry)
      if (at >= 0) waiting.splice(at, 1)
      if (waiting.length === 0) corner.byKey.delete(entry.key)
    }
    this.#settle(corner, source)
  }

  /** Keeps the queues as short as what really waits. */
  #settle(corner: Corner<Source>, source: Source): void {
    if (corner.count === 0) this.#corners.delete(source)
    else if (corner.queue.length > 2 * corner.count + 1024) corner.queue.sweep()
    if (this.#queue.length > 2 * this.#count + 1024) this.#queue.sweep()
  }
}
