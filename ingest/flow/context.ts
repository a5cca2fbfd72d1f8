import { SamplingTable } from './sampling.js'

/**
 * The context of a frame: templates and sampling of the exporters and domains that its datagrams refer to. A
 * snapshot of a learner is the same for everything it knows. Equal knowledge gives equal bytes. All numbers
 * big-endian:
 *
 * ```
 * version u8
 * count u32 · templates: length u32 · key bytes (see Template)        each content once
 * count u32 · domains, by exporter, protocol, domain and session:
 *   exporter 16 bytes · protocol u8 (9, 10; 0: what the configuration says of the exporter) · domain u32
 *   in version 2: session u16
 *   count u32 · (template id u16 · index u32)
 *   default rate u32 · start of the exporter f64
 *   count u32 · (sampler id u32 · rate u32)
 *   count u32 · (interface u32 · rate u32)
 * ```
 */
export interface ContextDomain {
  /** 16 bytes. */
  readonly exporter: Uint8Array
  /** 9, 10, or `CONFIGURED`: then only the default rate of `sampling` counts. */
  readonly protocol: number
  readonly domain: number
  /** The exporter's port where what is said holds for one connection only (IPFIX over TCP); else 0. */
  readonly session: number
  /** Template key by template id. */
  readonly templates: ReadonlyMap<number, string>
  readonly sampling: SamplingTable
}

const CONTEXT_VERSION = 1
/** Written only when a domain belongs to a session. */
const CONTEXT_VERSION_SESSIONS = 2
/** In place of a protocol: what the configuration says of an exporter, whatever it sends. */
export const CONFIGURED = 0

/** The bytes are no context; nothing of them may be used. */
export class ContextError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ContextError'
  }
}

class Writer {
  #bytes = Buffer.alloc(4096)
  #at = 0

  #room(count: number): number {
    const at = this.#at
    this.#at += count
    if (this.#at > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(this.#at, 2 * this.#bytes.length))
      this.#bytes.copy(grown, 0, 0, at)
      this.#bytes = grown
    }
    return at
  }

  u8(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  u16(value: number): void {
    const at = this.#room(2)
    this.#bytes.writeUInt16BE(value, at)
  }

  u32(value: number): void {
    const at = this.#room(4)
    this.#bytes.writeUInt32BE(value >>> 0, at)
  }

  f64(value: number): void {
    const at = this.#room(8)
    this.#bytes.writeDoubleBE(value, at)
  }

  bytes(value: Uint8Array): void {
    const at = this.#room(value.length)
    this.#bytes.set(value, at)
  }

  text(value: string): void {
    this.u32(value.length)
    const at = this.#room(value.length)
    this.#bytes.write(value, at, 'latin1')
  }

  /** Pairs of numbers by ascending first one. */
  pairs(map: ReadonlyMap<number, number>): void {
    this.u32(map.size)
    for (const key of ascending(map.keys())) {
      this.u32(key)
      this.u32(map.get(key)!)
    }
  }

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }
}

const ascending = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b)

function compareDomains(a: ContextDomain, b: ContextDomain): number {
  return (
    Buffer.compare(a.exporter, b.exporter) ||
    a.protocol - b.protocol ||
    a.domain - b.domain ||
    a.session - b.session
  )
}

/** Writes a context. The order of `domains` does not matter. */
export function encodeContext(domains: readonly ContextDomain[]): Uint8Array {
  const sorted = [...domains].sort(compareDomains)
  const indices = new Map<string, number>()
  const body = new Writer()
  const sessions = sorted.some(({ session }) => session > 0)
  for (const { exporter, protocol, domain, session, templates, sampling } of sorted) {
    body.bytes(exporter)
    body.u8(protocol)
    body.u32(domain)
    if (sessions) body.u16(session)
    body.u32(templates.size)
    for (const id of ascending(templates.keys())) {
      const key = templates.get(id)!
      let index = indices.get(key)
      if (index === undefined) {
        index = indices.size
        indices.set(key, index)
      }
      body.u16(id)
      body.u32(index)
    }
    body.u32(sampling.defaultRate)
    body.f64(sampling.initMs)
    body.pairs(sampling.byId)
    body.pairs(sampling.byInterface)
  }
  const head = new Writer()
  head.u8(sessions ? CONTEXT_VERSION_SESSIONS : CONTEXT_VERSION)
  head.u32(indices.size)
  for (const key of indices.keys()) head.text(key)
  head.u32(sorted.length)
  head.bytes(body.taken())
  return head.taken()
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  #take(count: number): number {
    const at = this.#at
    if (at + count > this.#bytes.length) throw new ContextError(`the context ends at byte ${at}`)
    this.#at = at + count
    return at
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  f64(): number {
    return this.#bytes.readDoubleBE(this.#take(8))
  }

  bytes(count: number): Uint8Array {
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }

  text(): string {
    const length = this.u32()
    const at = this.#take(length)
    return this.#bytes.toString('latin1', at, at + length)
  }

  pairs(into: Map<number, number>): void {
    for (let left = this.u32(); left > 0; left--) into.set(this.u32(), this.u32())
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new ContextError(`the context goes on after byte ${this.#at}`)
  }
}

/** Reads a context. Throws `ContextError` when the bytes are none. */
export function decodeContext(bytes: Uint8Array): ContextDomain[] {
  const reader = new Reader(bytes)
  const version = reader.u8()
  const sessions = version === CONTEXT_VERSION_SESSIONS
  if (version !== CONTEXT_VERSION && !sessions) throw new ContextError(`the context has version ${version}`)
  const keys: string[] = []
  for (let left = reader.u32(); left > 0; left--) keys.push(reader.text())
  const domains: ContextDomain[] = []
  for (let left = reader.u32(); left > 0; left--) {
    const exporter = reader.bytes(16)
    const protocol = reader.u8()
    const domain = reader.u32()
    const session = sessions ? reader.u16() : 0
    const templates = new Map<number, string>()
    for (let count = reader.u32(); count > 0; count--) {
      const id = reader.u16()
      const key = keys[reader.u32()]
      if (key === undefined) throw new ContextError(`template ${id} is not in the context`)
      templates.set(id, key)
    }
    const sampling = new SamplingTable()
    sampling.defaultRate = reader.u32()
    sampling.initMs = reader.f64()
    reader.pairs(sampling.byId)
    reader.pairs(sampling.byInterface)
    domains.push({ exporter, protocol, domain, session, templates, sampling })
  }
  reader.end()
  return domains
}
