import { u16, u32, VARIABLE_LENGTH } from './wire.js'

/** What a template record describes, and in which layout its bytes lie. */
export const TEMPLATE_KINDS = { v9: 0, v9Options: 1, ipfix: 2, ipfixOptions: 3 } as const
export type TemplateKind = (typeof TEMPLATE_KINDS)[keyof typeof TEMPLATE_KINDS]

export const isOptions = (kind: TemplateKind): boolean => (kind & 1) === 1
export const isIpfix = (kind: TemplateKind): boolean => kind >= TEMPLATE_KINDS.ipfix

export interface TemplateField {
  /** Private enterprise number, 0 for IANA. */
  readonly pen: number
  /** Element id without the enterprise bit; NetFlow v9 vendors use ids from 32768 on with pen 0. */
  readonly id: number
  /** Bytes in the record, or `VARIABLE_LENGTH`. */
  readonly length: number
  /**
   * True for the scope of an options record. In NetFlow v9 `id` is then a scope type (1 system, 2 interface,
   * …), no element.
   */
  readonly scope: boolean
}

/** The largest templates seen have about 100 fields. */
const FIELDS_MAX = 2048

function readFields(kind: TemplateKind, b: Uint8Array): TemplateField[] {
  const options = isOptions(kind)
  const v9Options = kind === TEMPLATE_KINDS.v9Options
  const scopes = v9Options ? u16(b, 1) >> 2 : options ? u16(b, 3) : 0
  const count = v9Options ? scopes + (u16(b, 3) >> 2) : u16(b, 1)
  const fields: TemplateField[] = []
  let at = options ? 5 : 3
  for (let i = 0; i < count; i++) {
    const id = u16(b, at)
    const enterprise = isIpfix(kind) && id >= 0x8000
    fields.push({
      pen: enterprise ? u32(b, at + 4) : 0,
      id: enterprise ? id & 0x7fff : id,
      length: u16(b, at + 2),
      scope: i < scopes,
    })
    at += enterprise ? 8 : 4
  }
  return fields
}

/**
 * A template, by content: what it is called and by whom is its user's affair.
 *
 * ```
 * key: kind (1 character), then the template record as it came, without its id:
 *   v9, ipfix       count u16 · fields
 *   v9Options       scope bytes u16 · option bytes u16 · fields
 *   ipfixOptions    count u16 · scope count u16 · fields
 * field: id u16 · length u16 · in IPFIX, when the id's top bit is set, pen u32
 * ```
 */
export class Template {
  /** The content as a string of bytes. */
  readonly key: string
  readonly kind: TemplateKind
  readonly options: boolean
  /** Least bytes of a record; all of them when no field varies. */
  readonly minBytes: number
  /** Fixed bytes before each variable field, then those after the last; one entry when no field varies. */
  readonly skips: readonly number[]
  readonly fieldCount: number
  #fields: readonly TemplateField[] | undefined

  /** `key` must come from `templateKey`, of a record that `templateShape` found whole. */
  constructor(key: string) {
    this.key = key
    const bytes = Buffer.from(key, 'latin1')
    this.kind = bytes[0] as TemplateKind
    this.options = isOptions(this.kind)
    const fields = readFields(this.kind, bytes)
    this.fieldCount = fields.length
    const skips = [0]
    for (const f of fields) {
      if (f.length === VARIABLE_LENGTH) skips.push(0)
      else skips[skips.length - 1]! += f.length
    }
    this.skips = skips
    this.minBytes = skips.reduce((sum, n) => sum + n, skips.length - 1)
  }

  /** Read from the key when first asked for: a collector keeps thousands of templates and looks into few. */
  get fields(): readonly TemplateField[] {
    this.#fields ??= readFields(this.kind, Buffer.from(this.key, 'latin1'))
    return this.#fields
  }

  /** Why no record can be read by this template; undefined when it is sound. */
  get fault(): string | undefined {
    if (this.fieldCount === 0) return 'it has no fields'
    if (this.fieldCount > FIELDS_MAX) return `it has more than ${FIELDS_MAX} fields`
    if (this.minBytes === 0) return 'its records have no bytes'
    if (this.minBytes > 65535) return 'its records do not fit into a datagram'
    return undefined
  }
}

/** Where the fields of a template record lie. */
export interface TemplateShape {
  fields: number
  /** Bytes from the count on, or -1 when the record runs past its set. */
  bytes: number
}

/** Reads the shape of the template record whose count stands at `o` (see `Template` for the layouts). */
export function templateShape(
  kind: TemplateKind,
  b: Uint8Array,
  o: number,
  end: number,
  out: TemplateShape,
): void {
  out.bytes = -1
  out.fields = 0
  let at = o + (isOptions(kind) ? 4 : 2)
  if (at > end) return
  if (kind === TEMPLATE_KINDS.v9Options) {
    out.fields = (u16(b, o) >> 2) + (u16(b, o + 2) >> 2)
    at += u16(b, o) + u16(b, o + 2)
    if (at <= end) out.bytes = at - o
    return
  }
  out.fields = u16(b, o)
  for (let i = 0; i < out.fields; i++) {
    if (at + 4 > end) return
    at += kind !== TEMPLATE_KINDS.v9 && b[at]! >= 0x80 ? 8 : 4
  }
  if (at <= end) out.bytes = at - o
}

/** The key of a template record of `bytes` bytes whose count stands at `o`. */
export function templateKey(kind: TemplateKind, b: Uint8Array, o: number, bytes: number): string {
  return String.fromCharCode(kind) + Buffer.from(b.buffer, b.byteOffset + o, bytes).toString('latin1')
}

/** The kind that a key begins with. */
export const kindOf = (key: string): TemplateKind => key.charCodeAt(0) as TemplateKind

/**
 * Bytes of the record at `o`, or -1 when it runs past `end`. The template's `minBytes` must be above zero for
 * a loop over records to end.
 */
export function recordBytes(template: Template, b: Uint8Array, o: number, end: number): number {
  const { skips } = template
  let at = o + skips[0]!
  for (let i = 1; i < skips.length; i++) {
    if (at >= end) return -1
    let length = b[at++]!
    if (length === 255) {
      if (at + 2 > end) return -1
      length = u16(b, at)
      at += 2
    }
    at += length + skips[i]!
  }
  return at > end ? -1 : at - o
}

/** How many whole records lie between `o` and `end`; what is left over is padding or a truncated record. */
export function countRecords(template: Template, b: Uint8Array, o: number, end: number): number {
  const { minBytes } = template
  if (minBytes === 0) return 0
  if (template.skips.length === 1) return Math.floor((end - o) / minBytes)
  let count = 0
  for (let at = o; at + minBytes <= end; count++) {
    const bytes = recordBytes(template, b, at, end)
    if (bytes < 0) break
    at += bytes
  }
  return count
}

/**
 * Finds the fields of the record at `o`: writes offset and length of field i at `out[2i]` and `out[2i + 1]`.
 * Gives the offset after the record, or -1 when it runs past `end`. For options and for `ie`, not for the hot
 * path.
 */
export function locateFields(
  template: Template,
  b: Uint8Array,
  o: number,
  end: number,
  out: number[],
): number {
  const { fields } = template
  let at = o
  for (let i = 0; i < fields.length; i++) {
    let { length } = fields[i]!
    if (length === VARIABLE_LENGTH) {
      if (at >= end) return -1
      length = b[at++]!
      if (length === 255) {
        if (at + 2 > end) return -1
        length = u16(b, at)
        at += 2
      }
    }
    out[2 * i] = at
    out[2 * i + 1] = length
    at += length
    if (at > end) return -1
  }
  return at
}
