import { type ContextDomain, decodeContext } from '../ingest/flow/context.js'
import { elementOf, type NamedElements, v9ScopeOf } from '../ingest/flow/elements.js'
import { isIpfix, Template } from '../ingest/flow/template.js'
import { addressBytes } from '../ingest/udp/address.js'
import { readExporterRecords } from '../ingest/udp/exporter_records.js'
import { StoredBlob } from '../ingest/udp/stored_blob.js'
import type { ExporterRecord } from '../model/exporter.js'
import { EXPORT_PROTOCOLS } from '../model/flow_columns.js'
import type { StateStore } from '../model/ports.js'
import type { StoreReader } from './ask_store.js'

/** A rate that an exporter told in options. */
export interface ToldRate {
  readonly protocol: string
  readonly domain: number
  readonly sampler?: number
  readonly interface?: number
  readonly rate: number
}

/** All that is known of one exporter. */
export interface ExporterView extends ExporterRecord {
  readonly collector: string
  readonly domains: number
  /** The rates that its options told. */
  readonly sampling: readonly ToldRate[]
  /** Where the rates of its flows of the last hour came from, and how many flows each. */
  readonly sampling_sources?: Readonly<Record<string, number>>
  /** Names of its interfaces by index. */
  readonly interfaces?: Readonly<Record<string, string>>
  /** Elements of its templates that nobody named, as `pen.id`. */
  readonly unnamed: readonly string[]
}

const PROTOCOL_NAMES = new Map<number, string>(
  Object.entries(EXPORT_PROTOCOLS).map(([name, code]) => [code, name]),
)
/** What one exporter's templates can show in a line. */
const UNNAMED_MAX = 1000

const hexOf = (address: string): string => Buffer.from(addressBytes(address)).toString('hex')

/** The collectors that have left something in the state store. */
async function collectorsIn(store: StateStore): Promise<string[]> {
  const names = (await store.keys('collector.')).map((key) => key.split('.')[1]!)
  return [...new Set(names)].sort()
}

/** What a collector has learned of an exporter; nothing where it is not there or does not read. */
async function learnedOf(store: StateStore, collector: string, address: string): Promise<ContextDomain[]> {
  try {
    const value = await new StoredBlob(store, `collector.${collector}.learned.${hexOf(address)}`).load()
    return value === undefined ? [] : decodeContext(value)
  } catch {
    return []
  }
}

function toldRates(domains: readonly ContextDomain[]): ToldRate[] {
  return domains.flatMap(({ protocol, domain, sampling }) => {
    const from = { protocol: PROTOCOL_NAMES.get(protocol) ?? String(protocol), domain }
    return [
      ...(sampling.defaultRate > 0 ? [{ ...from, rate: sampling.defaultRate }] : []),
      ...[...sampling.byId].map(([sampler, rate]) => ({ ...from, sampler, rate })),
      ...[...sampling.byInterface].map(([index, rate]) => ({ ...from, interface: index, rate })),
    ]
  })
}

function unnamedIn(domains: readonly ContextDomain[], named?: NamedElements): string[] {
  const unnamed = new Set<string>()
  for (const key of new Set(domains.flatMap(({ templates }) => [...templates.values()]))) {
    const template = new Template(key)
    for (const { pen, id, scope } of template.fields) {
      const element = scope && !isIpfix(template.kind) ? v9ScopeOf(id, named) : elementOf(pen, id, named)
      if (element === undefined && unnamed.size < UNNAMED_MAX) unnamed.add(`${pen}.${id}`)
    }
  }
  return [...unnamed].sort((a, b) => Number(a.split('.')[0]) - Number(b.split('.')[0]) || a.localeCompare(b))
}

interface Stored {
  readonly sources: ReadonlyMap<string, Record<string, number>>
  readonly interfaces: ReadonlyMap<string, Record<string, string>>
}

const PLAIN = "replaceRegexpOne(toString(exporter_addr), '^::ffff:', '')"

/** What the store knows of exporters: by their address as text. */
async function storedOf(store: StoreReader): Promise<Stored> {
  const sources = new Map<string, Record<string, number>>()
  const interfaces = new Map<string, Record<string, string>>()
  const counted = await store.rows<{ address: string; source: string; flows: number }>(
    `SELECT ${PLAIN} AS address, toString(sampling_source) AS source, count() AS flows FROM vigie.flows
     WHERE time_received > now() - INTERVAL 1 HOUR GROUP BY 1, 2 ORDER BY 1, 2`,
  )
  for (const { address, source, flows } of counted) {
    sources.set(address, { ...sources.get(address), [source]: flows })
  }
  const names = await store.rows<{ address: string; key: number; name: string }>(
    `SELECT ${PLAIN} AS address, key, name FROM vigie.exporter_names FINAL WHERE kind = 'interface' ORDER BY 1, 2`,
  )
  for (const { address, key, name } of names) {
    const known = interfaces.get(address) ?? {}
    known[String(key)] = name
    interfaces.set(address, known)
  }
  return { sources, interfaces }
}

/**
 * All exporters that collectors have seen, or those of one address. Without `flows`, or when it does not answer, what
 * only the store knows is left out; `away` is told why.
 */
export async function exporterViews(
  state: StateStore,
  flows: StoreReader,
  options: { readonly address?: string; readonly named?: NamedElements; away(why: string): void },
): Promise<ExporterView[]> {
  const stored = await storedOf(flows).catch((error: Error): Stored => {
    options.away(error.message)
    return { sources: new Map(), interfaces: new Map() }
  })
  const views: ExporterView[] = []
  for (const collector of await collectorsIn(state)) {
    for (const record of await readExporterRecords(state, collector)) {
      const own = record.known_as ?? record.address
      if (options.address !== undefined && ![own, record.address].includes(options.address)) continue
      const domains = await learnedOf(state, collector, own)
      const sources = stored.sources.get(own)
      const interfaces = stored.interfaces.get(own)
      views.push({
        ...record,
        collector,
        domains: domains.length,
        sampling: toldRates(domains),
        ...(sources && { sampling_sources: sources }),
        ...(interfaces && { interfaces }),
        unnamed: unnamedIn(domains, options.named),
      })
    }
  }
  return views
}
