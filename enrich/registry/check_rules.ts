import { parseServicePorts } from '../tables/service_port.js'
import { addressKey } from './check_references.js'
import { valueAt } from './check_shape.js'
import { identityKey } from './edge_identity.js'
import { Claims, type EntryIndex, findAll, findTexts, textOf } from './entry_index.js'
import { type Mistake, type MistakeCode, type MistakeParams, mistakeIn, type SourceEntry } from './mistake.js'
import { nearest } from './nearest.js'

/** What detection knows of the services that entries subscribe to. */
export interface ServiceCheck {
  /** Ids of all that there are. */
  readonly ids: readonly string[]
  /** What is wrong with the parameters that an organisation or a site gives a service, in words. */
  faults(service: string, parameters: unknown, whose: 'organizations' | 'sites'): readonly string[]
}

/** What must hold between the values of entries, beyond ids, references and prefixes. */
export function checkRules(index: EntryIndex, check?: ServiceCheck): Mistake[] {
  return [
    ...index.of('exporters').flatMap(checkExporters()),
    ...index.of('edges').flatMap(checkEdges()),
    ...index.of('vrfs').flatMap(checkVrfs()),
    ...index.of('links').flatMap(checkLinks(index)),
    ...index.of('contracts').flatMap(checkPeriod),
    ...index.of('maintenance').flatMap(checkPeriod),
    ...checkMaintenance(index.of('maintenance')),
    ...index.of('consolidation').flatMap(checkConsolidation()),
    ...index.of('applications').flatMap(checkApplications()),
    ...index.of('prefixes').flatMap(checkOwner),
    ...index.of('feeds').flatMap(checkFeed),
    ...(['organizations', 'sites'] as const).flatMap((section) =>
      index.of(section).flatMap((entry) => checkServices(entry, section, check)),
    ),
  ]
}

const at = (
  entry: SourceEntry,
  path: readonly PropertyKey[],
  code: MistakeCode,
  params: MistakeParams,
): Mistake => mistakeIn(entry, entry.position(path), code, params)

function checkExporters(): (entry: SourceEntry) => Mistake[] {
  const claims = new Claims()
  return (entry) => {
    const address = textOf(entry, 'address')
    if (address === undefined || address === '') return []
    const key = addressKey(address)
    if (key === undefined) return [at(entry, ['address'], 'exporter_address', { address })]
    const taken = claims.claim(key, entry.label, entry, ['address'])
    return taken === undefined
      ? []
      : [at(entry, ['address'], 'exporter_twice', { address, first: taken.first })]
  }
}

/** What payloads call an edge is one edge's, and a name of a link one link's. */
function checkEdges(): (entry: SourceEntry) => Mistake[] {
  const claims = new Claims()
  return (entry) => {
    const names = new Claims()
    const taken = [
      ...findTexts(entry, 'id'),
      ...findTexts(entry, 'identities.*'),
      ...findTexts(entry, 'links.*.name'),
    ].flatMap(({ path, value }) => {
      const [where, own] = path[0] === 'links' ? [names, path] : [claims, path]
      const before = where.claim(identityKey(value), entry.label, entry, own)
      if (before === undefined || (before.owner === entry.label && path[0] !== 'links')) return []
      const { owner, first } = before
      return [at(entry, path, 'edge_identity_taken', { identity: value, owner, first })]
    })
    return taken
  }
}

function checkVrfs(): (entry: SourceEntry) => Mistake[] {
  const claims = new Claims()
  return (entry) =>
    findAll(entry.value, 'numbers.*').flatMap(({ path, value }) => {
      const taken = claims.claim(String(value), entry.label, entry, path)
      if (taken === undefined) return []
      return [
        at(entry, path, 'vrf_number', { number: String(value), owner: taken.owner, first: taken.first }),
      ]
    })
}

function checkLinks(index: EntryIndex): (entry: SourceEntry) => Mistake[] {
  const suppliers = new Map(index.of('contracts').map((c) => [textOf(c, 'id'), textOf(c, 'supplier')]))
  return (entry) => {
    const mistakes: Mistake[] = []
    const committed = valueAt(entry.value, ['committed_bps'])
    const burst = valueAt(entry.value, ['burst_bps'])
    if (typeof committed === 'number' && typeof burst === 'number' && burst < committed) {
      mistakes.push(at(entry, ['burst_bps'], 'burst_below', { burst, committed }))
    }
    const supplier = textOf(entry, 'supplier')
    const contract = textOf(entry, 'contract')
    const other = contract === undefined ? undefined : suppliers.get(contract)
    if (contract !== undefined && supplier !== undefined && other !== undefined && other !== supplier) {
      mistakes.push(at(entry, ['contract'], 'contract_supplier', { contract, other, supplier }))
    }
    return mistakes
  }
}

const timeOf = (entry: SourceEntry, key: string): number => Date.parse(textOf(entry, key) ?? '')

/** A day that is in no calendar (2026-02-31) has the right form, and is found here. */
function checkPeriod(entry: SourceEntry): Mistake[] {
  const wrong = ['start', 'end'].filter(
    (key) => isFormed(textOf(entry, key)) && !isInCalendar(textOf(entry, key)!),
  )
  if (wrong.length > 0)
    return wrong.map((key) => at(entry, [key], 'moment_format', { found: `"${textOf(entry, key)}"` }))
  const start = timeOf(entry, 'start')
  const end = timeOf(entry, 'end')
  if (!(end <= start)) return []
  return [
    at(entry, ['end'], 'end_before_start', { start: textOf(entry, 'start')!, end: textOf(entry, 'end')! }),
  ]
}

const isFormed = (text: string | undefined): boolean => text !== undefined && /^\d{4}-\d\d-\d\d/.test(text)

function isInCalendar(text: string): boolean {
  const day = text.slice(0, 10)
  const time = Date.parse(day)
  return (
    !Number.isNaN(Date.parse(text)) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
  )
}

/**
 * Windows without a target, and windows of one target that overlap: a finding would be held back by either,
 * told by none.
 */
function checkMaintenance(entries: readonly SourceEntry[]): Mistake[] {
  const mistakes: Mistake[] = []
  const byTarget = new Map<string, SourceEntry[]>()
  for (const entry of entries) {
    const targets = ['organizations', 'sites', 'links', 'suppliers'].flatMap((section) =>
      findTexts(entry, `${section}.*`).map(({ value }) => `${section}/${value}`),
    )
    if (targets.length === 0) mistakes.push(at(entry, [], 'maintenance_nothing', {}))
    if (!(timeOf(entry, 'start') < timeOf(entry, 'end'))) continue
    for (const target of new Set(targets)) byTarget.set(target, [...(byTarget.get(target) ?? []), entry])
  }
  for (const [target, windows] of byTarget) {
    windows.sort((a, b) => timeOf(a, 'start') - timeOf(b, 'start'))
    let last = windows[0]!
    for (const window of windows.slice(1)) {
      if (timeOf(window, 'start') < timeOf(last, 'end')) {
        const { file, line, column } = last.position(['start'])
        const params = {
          target: target.split('/')[1]!,
          other: last.label,
          first: `${file}:${line}:${column}`,
        }
        mistakes.push(at(window, ['start'], 'maintenance_overlap', params))
      }
      if (timeOf(window, 'end') > timeOf(last, 'end')) last = window
    }
  }
  return mistakes
}

function checkConsolidation(): (entry: SourceEntry) => Mistake[] {
  const claims = new Claims()
  return (entry) => {
    const room = textOf(entry, 'room')
    if (room === undefined) return []
    const taken = claims.claim(room, entry.label, entry, ['room'])
    const mistakes =
      taken === undefined ? [] : [at(entry, ['room'], 'consolidation_twice', { room, first: taken.first })]
    if (textOf(entry, 'into') === room) mistakes.push(at(entry, ['into'], 'consolidation_self', { room }))
    return mistakes
  }
}

function checkApplications(): (entry: SourceEntry) => Mistake[] {
  const ports = new Claims()
  const appIds = new Claims()
  return (entry) => {
    const mistakes: Mistake[] = []
    const keys = ['app_ids', 'prefixes', 'ports'].map((key) => valueAt(entry.value, [key]))
    if (
      !keys.some((list) => !Array.isArray(list) || list.length > 0) ||
      keys.every((list) => list === undefined)
    ) {
      mistakes.push(at(entry, [], 'application_nothing', {}))
    }
    for (const { path, value } of findTexts(entry, 'app_ids.*')) {
      const taken = appIds.claim(value, entry.label, entry, path)
      if (taken)
        mistakes.push(at(entry, path, 'app_id_taken', { id: value, owner: taken.owner, first: taken.first }))
    }
    for (const { path, value } of findTexts(entry, 'ports.*')) {
      const said = parseServicePorts(value)
      if (said === undefined) mistakes.push(at(entry, path, 'port_format', { port: value }))
      else if (keys[1] === undefined) {
        const taken = ports.claim(`${said.protocol}/${said.first}-${said.last}`, entry.label, entry, path)
        if (taken)
          mistakes.push(
            at(entry, path, 'port_taken', { port: value, owner: taken.owner, first: taken.first }),
          )
      }
    }
    return mistakes
  }
}

function checkOwner(entry: SourceEntry): Mistake[] {
  const mistakes: Mistake[] = []
  const owners = ['site', 'organization'].filter((key) => textOf(entry, key) !== undefined)
  if (owners.length !== 1) mistakes.push(at(entry, [], 'csv_owner', {}))
  if (textOf(entry, 'prefix') === undefined)
    mistakes.push(at(entry, ['prefix'], 'missing', { key: 'prefix' }))
  return mistakes
}

/** TAXII is a web interface, and a secret is in one place. */
function checkFeed(entry: SourceEntry): Mistake[] {
  const mistakes: Mistake[] = []
  const source = textOf(entry, 'source') ?? ''
  if (textOf(entry, 'format') === 'taxii' && source !== '' && !/^https?:\/\//.test(source))
    mistakes.push(at(entry, ['source'], 'feed_address', { source }))
  const auth = valueAt(entry.value, ['auth'])
  if (typeof auth !== 'object' || auth === null) return mistakes
  const secrets = ['secret_env', 'secret_file'].filter((key) => valueAt(auth, [key]) !== undefined)
  if (secrets.length !== 1) mistakes.push(at(entry, ['auth'], 'feed_secret', {}))
  return mistakes
}

function checkServices(
  entry: SourceEntry,
  section: 'organizations' | 'sites',
  check: ServiceCheck | undefined,
): Mistake[] {
  const services = valueAt(entry.value, ['services'])
  if (check === undefined || typeof services !== 'object' || services === null || Array.isArray(services))
    return []
  return Object.entries(services).flatMap(([service, parameters]) => {
    if (!check.ids.includes(service)) {
      const near = nearest(service, check.ids)
      const key = `services.${service}`
      const position = entry.keyPosition(['services', service])
      return [mistakeIn(entry, position, 'key_unknown', { key, ...(near && { near }) })]
    }
    return check
      .faults(service, parameters, section)
      .map((detail) => at(entry, ['services', service], 'service_parameters', { service, detail }))
  })
}
