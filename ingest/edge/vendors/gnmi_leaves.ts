import {
  firstText,
  hasAny,
  isObject,
  type JsonObject,
  listOf,
  objectOf,
  objectsOf,
  parseNested,
  textOf,
} from '../json.js'
import { epochMs } from '../times.js'

/** One leaf of a device's state: where, when and what. */
export interface Leaf {
  readonly device: string | undefined
  readonly observedMs: number | undefined
  /** List keys on the way, as `interface_name`. */
  readonly keys: ReadonlyMap<string, string>
  /** Names on the way, without modules and keys, as `interfaces/interface/state/oper-status`. */
  readonly path: string
  readonly value: unknown
}

type Place = Pick<Leaf, 'device' | 'observedMs'> & {
  readonly keys: ReadonlyMap<string, string>
  readonly path: string
}

const DEPTH_MAX = 16

const plain = (name: string): string => name.replace(/^[\w.-]+:/, '')
const join = (path: string, name: string): string => (path === '' ? plain(name) : `${path}/${plain(name)}`)

/** `172.23.23.2:57400` and `[2001:db8::1]:57400` without their port. */
export function withoutPort(source: string | undefined): string | undefined {
  const match = /^\[([^\]]+)\](?::\d+)?$|^([^:]+):\d+$/.exec(source ?? '')
  return match?.[1] ?? match?.[2] ?? source
}

/** Elements of a path message: names and list keys. */
function extend(place: Place, path: unknown): Place {
  const keys = new Map(place.keys)
  let names = place.path
  for (const elem of objectsOf(objectOf(path).elem)) {
    const name = textOf(elem.name) ?? ''
    names = join(names, name)
    for (const [key, value] of Object.entries(objectOf(elem.key)))
      keys.set(keyName(plain(name), key), String(value))
  }
  return { ...place, keys, path: names }
}

const keyName = (list: string, key: string): string => `${list}_${plain(key)}`.replaceAll('-', '_')

/** `interfaces/interface[name=eth0]/state`, as tools write it. */
function extendText(place: Place, text: string): Place {
  const keys = new Map(place.keys)
  for (const [, list, key, value] of text.matchAll(/([\w.-]+)\[([\w.:-]+)=([^\]]*)\]/g))
    keys.set(keyName(plain(list!), key!), value!)
  const names = text
    .replace(/\[[^\]]*\]/g, '')
    .split('/')
    .filter(Boolean)
    .map(plain)
  return { ...place, keys, path: [place.path, ...names].filter(Boolean).join('/') }
}

/** Leaves of a JSON tree (RFC 7951): lists are told apart by their `name`, `index` or `id`. */
function treeLeaves(place: Place, value: unknown, leaves: Leaf[], depth = 0): void {
  if (depth > DEPTH_MAX) return
  if (Array.isArray(value)) {
    for (const item of listOf(value)) {
      const list = place.path.slice(place.path.lastIndexOf('/') + 1)
      const keys = new Map(place.keys)
      for (const key of ['name', 'index', 'id']) {
        const found = textOf(objectOf(item)[key])
        if (found !== undefined) keys.set(keyName(list, key), found)
      }
      treeLeaves({ ...place, keys }, item, leaves, depth + 1)
    }
  } else if (isObject(value)) {
    for (const [name, inner] of Object.entries(value))
      treeLeaves({ ...place, path: join(place.path, name) }, inner, leaves, depth + 1)
  } else leaves.push({ ...place, value })
}

/** A TypedValue; JSON inside comes as base64 in the JSON form of the message, and bare from some tools. */
function typedValue(val: unknown): unknown {
  const holder = objectOf(val)
  for (const [name, value] of Object.entries(holder)) {
    if (/^json(Ietf)?(_ietf)?_?val$/i.test(name)) return embeddedJson(value)
    if (/^decimal_?val$/i.test(name)) {
      const { digits, precision } = objectOf(value)
      return Number(digits) / 10 ** Number(precision ?? 0)
    }
    if (/_?val$/i.test(name)) return value
  }
  return isObject(val) ? undefined : val
}

function embeddedJson(value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(value) && value.length % 4 === 0) {
    const decoded = parseNested(Buffer.from(value, 'base64').toString('utf8'))
    if (decoded !== undefined) return decoded
  }
  return parseNested(value) ?? value
}

/** A Notification of a SubscribeResponse or GetResponse. */
function notification(row: JsonObject, source: string | undefined, leaves: Leaf[]): void {
  const device = withoutPort(firstText(objectOf(row.prefix).target, source))
  const place = { device, observedMs: epochMs(row.timestamp), keys: new Map<string, string>(), path: '' }
  const prefix = extend(place, row.prefix)
  for (const update of objectsOf(row.update))
    treeLeaves(extend(prefix, update.path), typedValue(update.val), leaves)
}

/** An event of gnmic: `tags` hold the list keys, `values` the leaves under their paths. */
function event(row: JsonObject, leaves: Leaf[]): void {
  const tags = Object.entries(objectOf(row.tags))
  const keys = new Map(tags.map(([key, value]) => [key.replaceAll('-', '_'), String(value)]))
  const device = withoutPort(firstText(objectOf(row.tags).target, objectOf(row.tags).source))
  const place = { device, observedMs: epochMs(row.timestamp), keys, path: '' }
  for (const [path, value] of Object.entries(objectOf(row.values)))
    treeLeaves(extendText(place, path), value, leaves)
}

/** The plain JSON of gnmic: `updates[]` with a `Path` and its `values`. */
function updates(row: JsonObject, leaves: Leaf[]): void {
  const device = withoutPort(firstText(row.target, row.source))
  const place = { device, observedMs: epochMs(row.timestamp), keys: new Map<string, string>(), path: '' }
  const prefix = extendText(place, textOf(row.prefix) ?? '')
  for (const update of objectsOf(row.updates)) {
    const at = extendText(prefix, firstText(update.Path, update.path) ?? '')
    for (const value of Object.values(objectOf(update.values))) treeLeaves(at, value, leaves)
  }
}

const isEvent = (row: JsonObject): boolean => isObject(row.values) && isObject(row.tags) && 'timestamp' in row
const isUpdates = (row: JsonObject): boolean =>
  objectsOf(row.updates).some((update) => hasAny(update, 'Path', 'path') && isObject(update.values))
const isNotification = (row: JsonObject): boolean =>
  'timestamp' in row && objectsOf(row.update).some((update) => 'path' in update && 'val' in update)
/** A message that says only that all was sent, or that paths went. */
const isSilent = (row: JsonObject): boolean =>
  hasAny(row, 'syncResponse', 'sync_response') || ('timestamp' in row && Array.isArray(row.delete))

const inner = (row: JsonObject): JsonObject => (isObject(row.update) ? row.update : row)

/** True where a row is one of the forms of gNMI in JSON. */
export const isGnmi = (row: JsonObject): boolean =>
  isEvent(row) || isUpdates(row) || isNotification(inner(row)) || isSilent(inner(row)) || isGet(row)
const isGet = (row: JsonObject): boolean => objectsOf(row.notification).some(isNotification)

/** Leaves of a row in any of the forms. */
export function leavesOf(row: JsonObject): Leaf[] {
  const leaves: Leaf[] = []
  if (isGet(row)) for (const item of objectsOf(row.notification)) notification(item, undefined, leaves)
  else if (isNotification(inner(row))) notification(inner(row), textOf(row.source), leaves)
  else if (isUpdates(row)) updates(row, leaves)
  else if (isEvent(row)) event(row, leaves)
  return leaves
}
