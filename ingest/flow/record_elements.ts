import { elementName, elementOf, type NamedElements, v9ScopeOf } from './elements.js'
import { isIpfix, locateFields, recordBytes, type Template, type TemplateField } from './template.js'
import { elementValue, hex } from './value_text.js'
import { SET_HEADER_BYTES, u16, u32, VARIABLE_LENGTH } from './wire.js'

/** Elements of a record by name; several of one name are a list. */
export type ElementValues = Record<string, unknown>

/** Lists in lists are read to this depth (RFC 6313 sets no bound); deeper ones stay bytes. */
const DEPTH_MAX = 4
/** RFC 6313 section 4.4. */
const LIST_SEMANTICS: Readonly<Record<number, string>> = {
  0: 'noneOf',
  1: 'exactlyOneOf',
  2: 'oneOrMoreOf',
  3: 'allOf',
  4: 'ordered',
}

/** Gives the template behind an id of the record's domain, for the lists that refer to one. */
export type FindTemplate = (id: number) => Template | undefined

/**
 * Reads records field by field: every element that they carry, also those without a column. For `ie` and
 * options, not for the hot path.
 */
export class RecordElements {
  readonly #named: NamedElements | undefined
  readonly #find: FindTemplate

  constructor(find: FindTemplate, named?: NamedElements) {
    this.#find = find
    this.#named = named
  }

  /**
   * Adds the fields of the record at `o` to `elements`, scopes of options to `scope`. Gives the offset after
   * the record, or -1 when it runs past `end`.
   */
  read(
    template: Template,
    b: Uint8Array,
    o: number,
    end: number,
    elements: ElementValues,
    scope: ElementValues = elements,
    depth = 0,
  ): number {
    const places: number[] = []
    const next = locateFields(template, b, o, end, places)
    if (next < 0) return -1
    template.fields.forEach((field, i) => {
      const v9Scope = field.scope && !isIpfix(template.kind)
      const element = v9Scope ? v9ScopeOf(field.id, this.#named) : elementOf(field.pen, field.id, this.#named)
      const name = element?.name ?? elementName(field.pen, field.id, this.#named)
      const [at, length] = [places[2 * i]!, places[2 * i + 1]!]
      const value =
        this.#list(element?.type, b, at, length, depth) ?? elementValue(element?.type, b, at, length)
      add(field.scope ? scope : elements, name, value)
    })
    return next
  }

  /** A list of RFC 6313; undefined when the element is none, or its bytes are no such list. */
  #list(type: string | undefined, b: Uint8Array, o: number, length: number, depth: number): unknown {
    if (length < 3 || depth >= DEPTH_MAX) return undefined
    const end = o + length
    const semantic = LIST_SEMANTICS[b[o]!] ?? 'undefined'
    switch (type) {
      case 'basicList':
        return this.#basicList(b, o + 1, end, semantic, depth)
      case 'subTemplateList': {
        const records = this.#records(u16(b, o + 1), b, o + 3, end, depth)
        return records && { semantic, template: u16(b, o + 1), records }
      }
      case 'subTemplateMultiList':
        return this.#multiList(b, o + 1, end, semantic, depth)
      default:
        return undefined
    }
  }

  #basicList(b: Uint8Array, o: number, end: number, semantic: string, depth: number): unknown {
    if (o + 4 > end) return undefined
    const enterprise = u16(b, o) >= 0x8000
    if (enterprise && o + 8 > end) return undefined
    const field: TemplateField = {
      pen: enterprise ? u32(b, o + 4) : 0,
      id: u16(b, o) & 0x7fff,
      length: u16(b, o + 2),
      scope: false,
    }
    const element = elementOf(field.pen, field.id, this.#named)
    const values: unknown[] = []
    let at = o + (enterprise ? 8 : 4)
    while (at < end && field.length > 0) {
      let { length } = field
      if (length === VARIABLE_LENGTH) {
        length = b[at++]!
        if (length === 255) {
          if (at + 2 > end) return undefined
          length = u16(b, at)
          at += 2
        }
      }
      if (at + length > end) return undefined
      const list = this.#list(element?.type, b, at, length, depth + 1)
      values.push(list ?? elementValue(element?.type, b, at, length))
      at += length
    }
    return { semantic, element: elementName(field.pen, field.id, this.#named), values }
  }

  #records(id: number, b: Uint8Array, o: number, end: number, depth: number): unknown[] | undefined {
    const template = this.#find(id)
    if (template === undefined || template.minBytes === 0) return undefined
    const records: ElementValues[] = []
    for (let at = o; at + template.minBytes <= end; ) {
      const record: ElementValues = {}
      at = this.read(template, b, at, end, record, record, depth + 1)
      if (at < 0) return undefined
      records.push(record)
    }
    return records
  }

  #multiList(b: Uint8Array, o: number, end: number, semantic: string, depth: number): unknown {
    const lists: unknown[] = []
    let at = o
    while (at + SET_HEADER_BYTES <= end) {
      const template = u16(b, at)
      const listEnd = at + u16(b, at + 2)
      if (listEnd < at + SET_HEADER_BYTES || listEnd > end) return undefined
      const records = this.#records(template, b, at + SET_HEADER_BYTES, listEnd, depth)
      const bytes = hex(b, at + SET_HEADER_BYTES, listEnd - at - SET_HEADER_BYTES)
      lists.push(records === undefined ? { template, bytes } : { template, records })
      at = listEnd
    }
    return { semantic, lists }
  }
}

function add(elements: ElementValues, name: string, value: unknown): void {
  const known = elements[name]
  if (known === undefined) elements[name] = value
  else if (Array.isArray(known)) known.push(value)
  else elements[name] = [known, value]
}

/** Offset of the record after the one at `o`. The record must be whole. */
export function nextRecord(template: Template, b: Uint8Array, o: number, end: number): number {
  return o + recordBytes(template, b, o, end)
}
