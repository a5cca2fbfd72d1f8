import type { CompiledTemplate } from './compile_template.js'
import { CONFIGURED, decodeContext } from './context.js'
import { SamplingTable } from './sampling.js'
import type { TemplateCache } from './template_cache.js'
import { addressKey, domainKey } from './wire.js'

/** What a frame's context says of one domain. */
export class DomainContext {
  readonly sampling: SamplingTable
  readonly #keys: ReadonlyMap<number, string>
  readonly #compiled = new Map<number, CompiledTemplate>()

  constructor(keys: ReadonlyMap<number, string>, sampling: SamplingTable) {
    this.#keys = keys
    this.sampling = sampling
  }

  /** The template behind a data set's id, compiled at its first use. */
  template(id: number, cache: TemplateCache): CompiledTemplate | undefined {
    const known = this.#compiled.get(id)
    if (known !== undefined) return known
    const key = this.#keys.get(id)
    if (key === undefined) return undefined
    const compiled = cache.get(key)
    this.#compiled.set(id, compiled)
    return compiled
  }
}

const UNKNOWN_DOMAIN = new DomainContext(new Map(), new SamplingTable())

type Domains = Map<number, DomainContext>

/** A parsed context: domains by exporter, protocol and number. */
export class FrameContext {
  readonly #exporters = new Map<number | string, { v9: Domains; ipfix: Domains }>()
  /** True when some domains belong to sessions. */
  #sessions = false
  /** Rates that the configuration gives exporters. */
  readonly #configured = new Map<number | string, number>()

  /** Throws `ContextError` when the bytes are no context. */
  constructor(bytes: Uint8Array) {
    for (const { exporter, protocol, domain, session, templates, sampling } of decodeContext(bytes)) {
      const key = addressKey(exporter)
      if (protocol === CONFIGURED) {
        this.#configured.set(key, sampling.defaultRate)
        continue
      }
      let domains = this.#exporters.get(key)
      if (domains === undefined) {
        domains = { v9: new Map(), ipfix: new Map() }
        this.#exporters.set(key, domains)
      }
      const table = protocol === 9 ? domains.v9 : domains.ipfix
      table.set(domainKey(domain, session), new DomainContext(templates, sampling))
      if (session > 0) this.#sessions = true
    }
  }

  /** The sampling rate that the configuration gives an exporter; 0: none. */
  configuredRate(exporter: Uint8Array): number {
    return this.#configured.size === 0 ? 0 : (this.#configured.get(addressKey(exporter)) ?? 0)
  }

  /** `port` is the exporter's: what it said in a session of that port goes before what it said in datagrams. */
  domain(exporter: Uint8Array, protocol: number, domain: number, port: number): DomainContext {
    const domains = this.#exporters.get(addressKey(exporter))
    const table = protocol === 9 ? domains?.v9 : domains?.ipfix
    const ofSession = this.#sessions ? table?.get(domainKey(domain, port)) : undefined
    return ofSession ?? table?.get(domain) ?? UNKNOWN_DOMAIN
  }
}

/** Contexts kept parsed: frames of a few collectors come by turns, and often say the same. */
const CONTEXTS_MAX = 8

export class ContextCache {
  readonly #known: { bytes: Uint8Array; context: FrameContext }[] = []

  /** Throws `ContextError` when the bytes are no context. */
  get(bytes: Uint8Array): FrameContext {
    const i = this.#known.findIndex(
      (k) => k.bytes.length === bytes.length && Buffer.compare(k.bytes, bytes) === 0,
    )
    const entry =
      i < 0 ? { bytes: Uint8Array.from(bytes), context: new FrameContext(bytes) } : this.#known[i]!
    if (i >= 0) this.#known.splice(i, 1)
    this.#known.push(entry)
    if (this.#known.length > CONTEXTS_MAX) this.#known.shift()
    return entry.context
  }
}
