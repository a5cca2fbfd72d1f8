import { parse } from 'yaml'
import { ELEMENT_ROWS, ELEMENT_SEMANTICS, ELEMENT_TYPES, ENTERPRISES } from './elements.generated.js'

export type ElementType = (typeof ELEMENT_TYPES)[number]
export type ElementSemantics = (typeof ELEMENT_SEMANTICS)[number]

/** An information element: what a (private enterprise number, element id) pair means. */
export interface InformationElement {
  /** Unique over all enterprises of the registry. */
  readonly name: string
  /** Abstract data type; a template may carry fewer octets than the type has (RFC 7011 section 6.2). */
  readonly type: ElementType
  readonly semantics: ElementSemantics
}

/** Elements that the user named, by `elementKey`. */
export type NamedElements = ReadonlyMap<number, InformationElement>

/** RFC 5103: element `id` of this enterprise is IANA's `id`, seen in the other direction. */
export const PEN_REVERSE = 29305
const PEN_CISCO = 9
const PEN_CERT = 6871
const PEN_PALO_ALTO = 25461
const PEN_NTOP = 35632

/** CERT's own elements have their reverse at this bit of the id (YAF's registry). */
const CERT_REVERSE_BIT = 0x4000
/** NetFlow v9 has no enterprise numbers: Cisco exports its own elements with this bit of the type set. */
const V9_VENDOR_BIT = 0x8000
/** In NetFlow v9 nProbe exports its own elements as this plus their IPFIX id (nProbe's template help). */
const V9_NTOP_BASE = 57472
const V9_PALO_ALTO = new Set([56701, 56702])

/** Users' files stay small; this bounds what a wrong one costs. */
export const NAMED_ELEMENTS_MAX = 10_000

/** One number for a pair: exact, since enterprise numbers take 32 bits and ids 16. */
export function elementKey(pen: number, id: number): number {
  return pen * 65536 + id
}

function readRegistry(): ReadonlyMap<number, InformationElement> {
  const elements = new Map<number, InformationElement>()
  for (const [pen, rows] of Object.entries(ELEMENT_ROWS)) {
    for (const row of rows.trim().split(/\s+/)) {
      const [id, name, type, semantics] = row.split(':')
      elements.set(elementKey(Number(pen), Number(id)), {
        name: name!,
        type: ELEMENT_TYPES[Number(type)]!,
        semantics: ELEMENT_SEMANTICS[Number(semantics)]!,
      })
    }
  }
  return elements
}

const REGISTRY = readRegistry()

function reverseOf(forward: InformationElement | undefined): InformationElement | undefined {
  if (forward === undefined) return undefined
  const { name, type, semantics } = forward
  return { name: `reverse${name[0]!.toUpperCase()}${name.slice(1)}`, type, semantics }
}

/** NetFlow v9 types above 32767, where vendors put their own. */
function v9VendorElement(id: number): InformationElement | undefined {
  if (V9_PALO_ALTO.has(id)) return REGISTRY.get(elementKey(PEN_PALO_ALTO, id))
  const ofNtop = id > V9_NTOP_BASE ? REGISTRY.get(elementKey(PEN_NTOP, id - V9_NTOP_BASE)) : undefined
  return ofNtop ?? REGISTRY.get(elementKey(PEN_CISCO, id - V9_VENDOR_BIT))
}

/**
 * What element `id` of enterprise `pen` is (0: IANA); undefined when nobody told us. NetFlow v9 types are
 * asked for with `pen` 0.
 * Names given by the user come first. For decoders to call once a template, not once a record.
 */
export function elementOf(pen: number, id: number, named?: NamedElements): InformationElement | undefined {
  const key = elementKey(pen, id)
  const known = named?.get(key) ?? REGISTRY.get(key)
  if (known !== undefined) return known
  if (pen === PEN_REVERSE) return reverseOf(elementOf(0, id, named))
  if (pen === 0 && id >= V9_VENDOR_BIT) return v9VendorElement(id)
  if (pen === PEN_CERT && (id & CERT_REVERSE_BIT) !== 0) {
    return reverseOf(elementOf(PEN_CERT, id & ~CERT_REVERSE_BIT, named))
  }
  return undefined
}

/** The element's name, or `pen.id` for one that nobody named: its key in `ie`. */
export function elementName(pen: number, id: number, named?: NamedElements): string {
  return elementOf(pen, id, named)?.name ?? `${pen}.${id}`
}

/** Scope types of NetFlow v9 options templates (RFC 3954 section 6.1): numbers of their own, not elements. */
const V9_SCOPES: readonly (InformationElement | undefined)[] = [
  undefined,
  { name: 'scopeSystem', type: 'octetArray', semantics: 'identifier' },
  { name: 'scopeInterface', type: 'unsigned32', semantics: 'identifier' },
  { name: 'scopeLineCard', type: 'unsigned32', semantics: 'identifier' },
  { name: 'scopeCache', type: 'octetArray', semantics: 'identifier' },
  { name: 'scopeTemplate', type: 'octetArray', semantics: 'identifier' },
]

/**
 * What scope type `scope` of a NetFlow v9 options template is. Vendors also use element ids there: those are
 * answered as such.
 */
export function v9ScopeOf(scope: number, named?: NamedElements): InformationElement | undefined {
  return V9_SCOPES[scope] ?? elementOf(0, scope, named)
}

/** The organisation behind a private enterprise number, where known. */
export function enterpriseOf(pen: number): string | undefined {
  return ENTERPRISES[pen]
}

/** A user's file of element names does not read; `mistakes` lists all that is wrong with it. */
export class NamedElementsError extends Error {
  readonly mistakes: readonly string[]
  constructor(mistakes: readonly string[]) {
    super(`element names: ${mistakes.join('; ')}`)
    this.name = 'NamedElementsError'
    this.mistakes = mistakes
  }
}

function readNamed(key: string, value: unknown): InformationElement | string {
  if (typeof value !== 'string') return `${key}: expected "name, type"`
  const [name = '', type = 'octetArray', ...more] = value.split(',').map((part) => part.trim())
  if (more.length > 0 || !/^[A-Za-z_][\w-]{0,99}$/.test(name))
    return `${key}: expected "name, type", got "${value}"`
  const index = (ELEMENT_TYPES as readonly string[]).indexOf(type)
  if (index < 0) return `${key}: "${type}" is no data type of RFC 7012`
  return { name, type: ELEMENT_TYPES[index]!, semantics: '' }
}

/**
 * Reads a user's YAML file of element names, lines `pen.id: name, type`
 * (`12356.1: fortinetPolicy, unsigned32`);
 * without a type the bytes are kept as they are. Throws `NamedElementsError` with every mistake.
 */
export function parseNamedElements(yaml: string): NamedElements {
  let entries: [string, unknown][]
  try {
    // The failsafe schema keeps keys as texts: 12356.10 must not become the number 12356.1.
    entries = Object.entries((parse(yaml, { schema: 'failsafe', maxAliasCount: 0 }) as object | null) ?? {})
  } catch (error) {
    throw new NamedElementsError([(error as Error).message.split('\n')[0]!])
  }
  if (entries.length > NAMED_ELEMENTS_MAX)
    throw new NamedElementsError([`more than ${NAMED_ELEMENTS_MAX} entries`])
  const named = new Map<number, InformationElement>()
  const mistakes: string[] = []
  for (const [key, value] of entries) {
    const [, pen, id] = /^(\d{1,10})\.(\d{1,5})$/.exec(key) ?? []
    const element = readNamed(key, value)
    if (Number(pen) > 0xffffffff || Number(id) > 0xffff || id === undefined) {
      mistakes.push(`${key}: expected pen.id, such as 12356.1`)
    } else if (typeof element === 'string') mistakes.push(element)
    else named.set(elementKey(Number(pen), Number(id)), element)
  }
  if (mistakes.length > 0) throw new NamedElementsError(mistakes)
  return named
}
