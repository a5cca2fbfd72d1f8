import { isIpfix, TEMPLATE_KINDS, type TemplateKind, type TemplateShape, templateShape } from './template.js'
import { FIRST_DATA_SET, isZero, u16 } from './wire.js'

/** What a walk over a template set finds. `id` is the template's. */
export interface TemplateSetVisitor {
  /** A template record whose count stands at `o` and that takes `bytes` bytes from there. */
  define(kind: TemplateKind, id: number, b: Uint8Array, o: number, bytes: number): void
  /** RFC 7011 section 8.1; id 2 or 3 stands for all templates, or options templates, of the domain. */
  withdraw(kind: TemplateKind, id: number): void
  /** A record that cannot be a template. */
  invalid(id: number, why: string): void
  /** The set ends within a record. */
  truncated(id: number): void
}

const ALL_TEMPLATES = 2
const ALL_OPTIONS_TEMPLATES = 3

/** Walks the records of a template set between `o` and `end`. */
export function walkTemplateSet(
  kind: TemplateKind,
  b: Uint8Array,
  o: number,
  end: number,
  visitor: TemplateSetVisitor,
): void {
  const shape: TemplateShape = { fields: 0, bytes: 0 }
  let at = o
  while (at + 4 <= end) {
    const id = u16(b, at)
    const count = u16(b, at + 2)
    if (id === 0 && isZero(b, at, end)) return
    const all = id === ALL_TEMPLATES || id === ALL_OPTIONS_TEMPLATES
    if (count === 0 && isIpfix(kind) && (id >= FIRST_DATA_SET || all)) {
      visitor.withdraw(kind, id)
      at += 4
      continue
    }
    templateShape(kind, b, at + 2, end, shape)
    if (shape.bytes < 0) {
      visitor.truncated(id)
      return
    }
    if (id < FIRST_DATA_SET) visitor.invalid(id, 'ids below 256 are not for templates')
    else if (shape.fields === 0) visitor.invalid(id, 'it has no fields')
    else visitor.define(kind, id, b, at + 2, shape.bytes)
    at += 2 + shape.bytes
  }
}

/** The kind of template that a set of this id holds; undefined for other sets. */
export function templateSetKind(version: number, setId: number): TemplateKind | undefined {
  if (version === 9) {
    return setId === 0 ? TEMPLATE_KINDS.v9 : setId === 1 ? TEMPLATE_KINDS.v9Options : undefined
  }
  return setId === 2 ? TEMPLATE_KINDS.ipfix : setId === 3 ? TEMPLATE_KINDS.ipfixOptions : undefined
}
