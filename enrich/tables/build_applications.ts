import { APP_CLASSES, type Application, type RegistrySnapshot } from '../../model/registry.js'
import { APPLICATION_CATALOGUE } from '../registry/application_catalogue.js'
import { buildPairTable } from './pair_table.js'
import { type Prefix, readPrefix, wordMask } from './prefix.js'
import { PrefixTableBuilder, share } from './prefix_table.js'
import { parseServicePorts, type ServicePorts } from './service_port.js'
import { type ApplicationTables, RULE_ANY_PROTOCOL } from './shared_tables.js'

/**
 * Tables of applications: the registry's come first and hold over the catalogue's. Throws a RangeError for
 * ports or prefixes that cannot be read (`registry check` names them), or more than 60,000 applications.
 */
export function buildApplications({ registry, ids }: RegistrySnapshot): ApplicationTables {
  const { applications } = registry
  if (applications.length > 60_000) throw new RangeError('more than 60,000 applications')
  const facts = [0, 0]
  const ports = new Uint16Array(new SharedArrayBuffer(2 * 2 * 65536))
  const protocols = new Uint16Array(new SharedArrayBuffer(2 * 256))
  const lay = (text: string, index: number): void => layPorts(readPorts(text), index, ports, protocols)
  applications.forEach((app, i) => {
    facts.push(ids.applications[app.id] ?? 0, APP_CLASSES[app.class])
    if (app.prefixes === undefined) for (const text of app.ports ?? []) lay(text, i + 1)
  })
  APPLICATION_CATALOGUE.forEach((app, i) => {
    facts.push(app.number, APP_CLASSES[app.class])
    for (const text of app.ports) lay(text, applications.length + i + 1)
  })
  return {
    ports: ports.buffer as SharedArrayBuffer,
    protocols: protocols.buffer as SharedArrayBuffer,
    facts: share(Uint32Array.from(facts)),
    registered: applications.length,
    ...buildAppKeys(applications),
    ...buildServers(applications),
  }
}

/** The first to lay a port keeps it. */
function layPorts(said: ServicePorts, index: number, ports: Uint16Array, protocols: Uint16Array): void {
  const { protocol, first, last, hasPorts } = said
  if (!hasPorts) {
    if (protocols[protocol] === 0) protocols[protocol] = index
    return
  }
  const base = protocol === 6 ? 0 : 65536
  for (let port = base + first; port <= base + last; port++) if (ports[port] === 0) ports[port] = index
}

function readPorts(text: string): ServicePorts {
  const said = parseServicePorts(text)
  if (said === undefined) throw new RangeError(`"${text}" is not a port`)
  return said
}

function buildAppKeys(applications: readonly Application[]): { appKeys?: SharedArrayBuffer } {
  const entries: [number, number, number][] = []
  applications.forEach((app, i) => {
    for (const text of app.app_ids ?? []) {
      const [engine, selector] = text.split(':') as [string, string]
      const key = (BigInt(engine) << 56n) | BigInt(selector)
      entries.push([Number(key >> 32n), Number(key & 0xffffffffn), i + 1])
    }
  })
  return entries.length === 0 ? {} : { appKeys: buildPairTable(entries) }
}

/** Rules of one prefix. */
interface Group {
  readonly prefix: Prefix
  readonly rules: number[]
}

function buildServers(applications: readonly Application[]): Partial<ApplicationTables> {
  const groups = new Map<string, Group>()
  applications.forEach((app, i) => {
    const rules = (app.ports ?? []).map(readPorts).flatMap((p) => [p.protocol, p.first, p.last, i + 1])
    for (const text of app.prefixes ?? []) {
      const prefix = readPrefix(text)
      const key = keyOf(prefix, prefix.length)
      const group = groups.get(key) ?? { prefix, rules: [] }
      groups.set(key, group)
      group.rules.push(...(app.ports === undefined ? [RULE_ANY_PROTOCOL, 0, 65535, i + 1] : rules))
    }
  })
  if (groups.size === 0) return {}
  const builder = new PrefixTableBuilder()
  const places = [0, 0]
  const all: number[] = []
  for (const { prefix } of groups.values()) {
    // The rules of a narrow prefix, then those of the wider ones around it.
    const first = all.length / 4
    for (let length = prefix.length; length >= 0; length--)
      all.push(...(groups.get(keyOf(prefix, length))?.rules ?? []))
    builder.add(prefix, places.length / 2)
    places.push(first, all.length / 4 - first)
  }
  return {
    servers: builder.build(),
    groups: share(Uint32Array.from(places)),
    rules: share(Uint32Array.from(all)),
  }
}

/** Text for the first `length` bits of a prefix. */
function keyOf({ family, w0, w1, w2, w3 }: Prefix, length: number): string {
  if (family === 4) return `4/${length}/${(w3 & wordMask(length, 0)) >>> 0}`
  return `6/${length}/${[w0, w1, w2, w3].map((w, i) => (w & wordMask(length, i)) >>> 0).join('.')}`
}
