import type { InterfaceName } from '../edge_models.js'
import type { Flow } from '../flow.js'
import type { Writer } from './writer.js'

/** What an encoder knows of the exporter it speaks for. */
export interface ExporterView {
  /** When it was started: sysUpTime counts from here. */
  readonly bootMs: number
  readonly address: number
  readonly domain: number
  readonly samplingRate: number
  readonly interfaces: readonly InterfaceName[]
  /** Datagrams and flow records sent before; exporters' statistics report them. */
  readonly sent: { readonly datagrams: number; readonly records: number; readonly bytes: number }
}

/** Length that says that each record carries its own (RFC 7011, section 3.2). */
export const VARIABLE = 65535

/** A field of a template: its element, its length on the wire, how to write it. */
export interface Field {
  readonly id: number
  /** Private enterprise number; left out for IANA's elements. */
  readonly pen?: number
  /** Bytes, or `VARIABLE`. */
  readonly length: number
  write(w: Writer, flow: Flow, exporter: ExporterView): void
}

export interface Template {
  readonly id: number
  readonly fields: readonly Field[]
}

/** Longest value of a variable field that these encoders write, with its length byte. */
const VARIABLE_MAX = 64

/** Most bytes that a record of the template takes. */
export const recordBytesMax = (template: Template): number =>
  template.fields.reduce((sum, f) => sum + (f.length === VARIABLE ? VARIABLE_MAX : f.length), 0)

export interface OptionsField {
  readonly id: number
  readonly pen?: number
  readonly length: number
}

/** An options template with its records. */
export interface OptionsTable {
  readonly id: number
  /** In NetFlow v9 `id` of a scope is a scope type (RFC 3954, section 6.1), in IPFIX an element. */
  readonly scopes: readonly OptionsField[]
  readonly fields: readonly OptionsField[]
  /** One function a record, which writes scopes and fields in order. */
  records(exporter: ExporterView): readonly ((w: Writer) => void)[]
}

/** NetFlow v9 scope types. */
export const SCOPE = { system: 1, interface: 2, lineCard: 3, cache: 4, template: 5 } as const

/** What a model of edge puts on the wire over templates. */
export interface TemplatedFlavour {
  readonly wire: 'netflow9' | 'ipfix'
  /** One record for both directions (RFC 5103); else one for each. */
  readonly biflow: boolean
  /** Fill sets up to a multiple of four bytes. */
  readonly padding: boolean
  readonly templates: readonly Template[]
  /** The template for a flow; undefined where the exporter does not report such flows. */
  pick(flow: Flow): Template | undefined
  readonly options: readonly OptionsTable[]
}

export const options = (id: number, length: number, pen?: number): OptionsField => ({
  id,
  length,
  ...(pen !== undefined && { pen }),
})
