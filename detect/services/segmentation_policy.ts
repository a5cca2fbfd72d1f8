import { z } from 'zod'
import { APP_CLASSES, type AppClass, ORGANIZATION_KINDS, SITE_KINDS } from '../../model/registry.js'
import { isV4, parseAddress } from '../address.js'
import type { Places } from '../places.js'

const zoneId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'letters, digits, “.”, “_” and “-”')
/** `tcp/445`, `udp/5000-5100`, `icmp`. */
const portText = z
  .string()
  .regex(/^((tcp|udp)\/\d{1,5}(-\d{1,5})?|icmp)$/, 'like tcp/445, udp/5000-5100 or icmp')

const zone = z.strictObject({
  id: zoneId,
  organization_kinds: z.array(z.enum(ORGANIZATION_KINDS)).optional(),
  organizations: z.array(z.string()).optional(),
  site_kinds: z.array(z.enum(SITE_KINDS)).optional(),
  sites: z.array(z.string()).optional(),
  prefixes: z
    .array(
      z
        .string()
        .refine((text) => parsePrefix(text) !== undefined, 'an address, or a prefix like 10.1.0.0/16'),
    )
    .max(1000)
    .optional(),
})

const rule = z.strictObject({
  from: z.array(z.string()).min(1),
  to: z.array(z.string()).min(1),
  action: z.enum(['allow', 'deny']),
  ports: z.array(portText).optional(),
  app_classes: z.array(z.enum(Object.keys(APP_CLASSES) as [AppClass, ...AppClass[]])).optional(),
})

export const zonesSchema = z.array(zone).max(62)
export const rulesSchema = z.array(rule).max(1000)
export type Zone = z.output<typeof zone>
export type Rule = z.output<typeof rule>

/** Names that stand for what no zone names, for everything outside, and for all zones. */
export const OTHER = 'other'
export const INTERNET = 'internet'
const ANY = '*'
const NOWHERE = 0
const OUTSIDE = 1
const FIRST = 2

interface PrefixRange {
  readonly words: readonly [number, number, number, number]
  readonly length: number
  readonly zone: number
}

/** A rule as numbers: zones are bits of two words. Plain data. */
interface CompiledRule {
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
  readonly allow: boolean
  /** Protocol · first port · last port; empty: all. */
  readonly ports: readonly number[]
  readonly classes: readonly number[]
}

/** A policy as numbers, for threads. Zone 0 is what no zone names, 1 what is outside, 2 and on the zones in their order. */
export interface CompiledPolicy {
  readonly names: readonly string[]
  readonly byOrganization: Uint8Array
  readonly bySite: Uint8Array
  readonly prefixes: readonly PrefixRange[]
  readonly rules: readonly CompiledRule[]
  readonly allow: boolean
  /** 1 where something from the first zone (row) to the second is denied. */
  readonly pairs: Uint8Array
}

/** @throws when a rule names a zone that is not there; `what` says where. */
export function compilePolicy(
  zones: readonly Zone[],
  rules: readonly Rule[],
  allow: boolean,
  places: Places,
): CompiledPolicy {
  const names = [OTHER, INTERNET, ...zones.map((z) => z.id)]
  const compiled = rules.map((r) => compileRule(r, names))
  const size = names.length
  const pairs = new Uint8Array(size * size)
  for (let from = 0; from < size; from++) {
    for (let to = 0; to < size; to++) pairs[from * size + to] = mayDeny(compiled, allow, from, to) ? 1 : 0
  }
  return {
    names,
    ...placeZones(zones, places),
    prefixes: zones.flatMap((z, i) =>
      (z.prefixes ?? []).map((text) => ({ ...parsePrefix(text)!, zone: FIRST + i })),
    ),
    rules: compiled,
    allow,
    pairs,
  }
}

/** The first zone that names an organisation or site, by their numbers. */
function placeZones(
  zones: readonly Zone[],
  places: Places,
): { byOrganization: Uint8Array; bySite: Uint8Array } {
  const most = (list: readonly { readonly id: number }[]): number =>
    list.reduce((m, { id }) => Math.max(m, id), 0)
  const byOrganization = new Uint8Array(most(places.organizations) + 1)
  const bySite = new Uint8Array(most(places.sites) + 1)
  const first = (fits: (z: Zone) => boolean): number => {
    const at = zones.findIndex(fits)
    return at < 0 ? NOWHERE : FIRST + at
  }
  const kinds = new Map(places.organizations.map((o) => [o.id, o]))
  const ofOrganization = (z: Zone, id: number): boolean => {
    const o = kinds.get(id)
    if (o === undefined) return false
    return (
      (z.organizations?.includes(o.name) ?? false) ||
      (z.organization_kinds?.some((k) => k === o.kind) ?? false)
    )
  }
  for (const { id } of places.organizations) byOrganization[id] = first((z) => ofOrganization(z, id))
  for (const site of places.sites) {
    bySite[site.id] = first(
      (z) =>
        (z.sites?.includes(site.name) ?? false) ||
        (z.site_kinds?.some((k) => k === site.kind) ?? false) ||
        ofOrganization(z, site.organization),
    )
  }
  return { byOrganization, bySite }
}

function compileRule(r: Rule, names: readonly string[]): CompiledRule {
  const bits = (ids: readonly string[]): [number, number] => {
    const mask: [number, number] = [0, 0]
    names.forEach((name, i) => {
      if (ids.includes(ANY) || ids.includes(name)) mask[i >> 5]! |= 1 << (i & 31)
    })
    return mask
  }
  return {
    from: bits(r.from),
    to: bits(r.to),
    allow: r.action === 'allow',
    ports: (r.ports ?? []).flatMap(portNumbers),
    classes: (r.app_classes ?? []).map((c) => APP_CLASSES[c]),
  }
}

function portNumbers(text: string): number[] {
  if (text === 'icmp') return [1, 0, 65_535]
  const [proto, range] = text.split('/') as [string, string]
  const [first, last = first] = range.split('-') as [string, string?]
  return [proto === 'tcp' ? 6 : 17, Number(first), Number(last)]
}

const has = (mask: readonly [number, number], zone: number): boolean =>
  ((mask[zone >> 5]! >>> (zone & 31)) & 1) === 1

/** Whether some port or application from one zone to the other is denied. */
function mayDeny(rules: readonly CompiledRule[], allow: boolean, from: number, to: number): boolean {
  for (const r of rules) {
    if (!has(r.from, from) || !has(r.to, to)) continue
    if (!r.allow) return true
    if (r.ports.length === 0 && r.classes.length === 0) return false
  }
  return !allow
}

/** Whether the policy denies a conversation that began in one zone to a port in another. */
export function denies(
  policy: CompiledPolicy,
  from: number,
  to: number,
  proto: number,
  port: number,
  appClass: number,
): boolean {
  if (policy.pairs[from * policy.names.length + to] === 0) return false
  for (const r of policy.rules) {
    if (!has(r.from, from) || !has(r.to, to)) continue
    if (r.ports.length > 0 && !portFits(r.ports, proto, port)) continue
    if (r.classes.length > 0 && !r.classes.includes(appClass)) continue
    return !r.allow
  }
  return !policy.allow
}

function portFits(ports: readonly number[], proto: number, port: number): boolean {
  const p = proto === 58 ? 1 : proto
  for (let i = 0; i < ports.length; i += 3) {
    if (ports[i] === p && port >= ports[i + 1]! && port <= ports[i + 2]!) return true
  }
  return false
}

/** The zone of an end: the first one in their order that names its prefix, its site or its organisation. */
export function zoneOf(
  policy: CompiledPolicy,
  inside: boolean,
  org: number,
  site: number,
  words: Uint32Array,
  at: number,
): number {
  const zone = policy.bySite[site]! || policy.byOrganization[org]! || (inside ? NOWHERE : OUTSIDE)
  if (policy.prefixes.length === 0) return zone
  return prefixZone(policy.prefixes, words, at, zone)
}

function prefixZone(prefixes: readonly PrefixRange[], words: Uint32Array, at: number, zone: number): number {
  const most = zone < FIRST ? 255 : zone
  for (const p of prefixes) {
    if (p.zone >= most) break
    if (covers(p, words, at)) return p.zone
  }
  return zone
}

function covers({ words: mine, length }: PrefixRange, words: Uint32Array, at: number): boolean {
  for (let w = 0, left = length; left > 0; w++, left -= 32) {
    if (((swap(mine[w]!) ^ swap(words[at + w]!)) & (left >= 32 ? -1 : ~(0xffffffff >>> left))) !== 0)
      return false
  }
  return true
}

/** Bytes of a word in network order. */
const swap = (x: number): number =>
  ((x & 255) << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)

/** Address and length (of 128 bits) of a prefix; undefined where the text is none. */
export function parsePrefix(
  text: string,
): { words: [number, number, number, number]; length: number } | undefined {
  const [address, bits] = text.split('/') as [string, string?]
  const words = new Uint32Array(4)
  if (!parseAddress(address, words, 0)) return undefined
  const v4 = isV4(words, 0)
  const length = bits === undefined ? (v4 ? 32 : 128) : Number(bits)
  if (!/^\d*$/.test(bits ?? '') || length > (v4 ? 32 : 128)) return undefined
  return { words: [words[0]!, words[1]!, words[2]!, words[3]!], length: v4 ? length + 96 : length }
}
