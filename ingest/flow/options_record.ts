import { ELEMENT } from './column_sources.js'
import { plausibleRate } from './run_env.js'
import { isIpfix, locateFields, type Template } from './template.js'
import { TextCache } from './text_cache.js'
import { isZero, unsigned } from './wire.js'

export type NameKind = 'interface' | 'application' | 'vrf' | 'sampler'

/** What an options record says, as far as the pipeline uses it. Unknown numbers are 0, unknown texts ''. */
export interface OptionsRecord {
  sampler: number
  inIf: number
  /** One packet in so many. */
  rate: number
  /** Start of the exporter, ms since 1970. */
  initMs: number
  nameKind: NameKind | undefined
  /**
   * What is named: ifIndex, VRF id, sampler id, or `engine << 56 | selector` of an application as in column
   * app_key.
   */
  nameId: bigint
  name: string
}

const ID = {
  inputInterface: 10,
  outputInterface: 14,
  samplerName: 84,
  applicationId: 95,
  applicationName: 96,
  ingressPhysicalInterface: 252,
  egressPhysicalInterface: 253,
  ingressVrf: 234,
  egressVrf: 235,
  vrfName: 236,
  selectorName: 335,
} as const
/** Elements that make an options template worth reading. */
const SAMPLING = new Set<number>([
  ELEMENT.samplingInterval,
  ELEMENT.samplerRandomInterval,
  ELEMENT.samplingPacketInterval,
  ELEMENT.samplingSize,
  ELEMENT.samplingProbability,
  ELEMENT.systemInitTimeMilliseconds,
])
const NAMES = new Set<number>([
  ELEMENT.interfaceName,
  ELEMENT.interfaceDescription,
  ID.samplerName,
  ID.applicationName,
  ID.vrfName,
  ID.selectorName,
])
const V9_SCOPE_INTERFACE = 2

/** True when records of this options template may say something about sampling. */
export function saysSampling(template: Template): boolean {
  return template.options && template.fields.some((f) => f.pen === 0 && !f.scope && SAMPLING.has(f.id))
}

/** True when records of this options template name something. */
export function saysNames(template: Template): boolean {
  return template.options && template.fields.some((f) => f.pen === 0 && NAMES.has(f.id))
}

/** Reads options records of one template. Keeps nothing from one record to the next. */
export class OptionsReader {
  readonly record: OptionsRecord = {
    sampler: 0,
    inIf: 0,
    rate: 0,
    initMs: 0,
    nameKind: undefined,
    nameId: 0n,
    name: '',
  }
  readonly #places: number[] = []
  readonly #texts = new TextCache()
  #bytes: Uint8Array = new Uint8Array(0)
  #template: Template | undefined

  /** Reads the record at `o`; gives the offset after it, or -1 when it runs past `end`. */
  read(template: Template, b: Uint8Array, o: number, end: number, withNames: boolean): number {
    const next = locateFields(template, b, o, end, this.#places)
    if (next < 0) return -1
    this.#bytes = b
    this.#template = template
    const { record } = this
    // Ids have 32 bits in the columns and in the compiled templates: of wider ones the low bits count.
    record.sampler = this.#id(ELEMENT.samplerId) || this.#id(ELEMENT.selectorId)
    record.inIf = this.#interface()
    record.rate = this.#rate()
    record.initMs = this.#number(ELEMENT.systemInitTimeMilliseconds)
    record.nameKind = undefined
    if (withNames) this.#readName()
    return next
  }

  /** Index of the first field with this element that has bytes; -1 when there is none. */
  #find(id: number): number {
    const { fields, kind } = this.#template!
    for (let i = 0; i < fields.length; i++) {
      const f = fields[i]!
      // The scopes of NetFlow v9 are no elements, but vendors put element ids above 5 there.
      const isElement = isIpfix(kind) || !f.scope || f.id > 5
      if (f.id === id && f.pen === 0 && isElement && this.#places[2 * i + 1]! > 0) return i
    }
    return -1
  }

  #number(id: number): number {
    const i = this.#find(id)
    return i < 0 ? 0 : unsigned(this.#bytes, this.#places[2 * i]!, this.#places[2 * i + 1]!)
  }

  /** The low 32 bits of a number. */
  #id(id: number): number {
    return this.#idAt(this.#find(id))
  }

  #idAt(i: number): number {
    if (i < 0) return 0
    const length = this.#places[2 * i + 1]!
    const narrow = Math.min(4, length)
    return unsigned(this.#bytes, this.#places[2 * i]! + length - narrow, narrow)
  }

  #text(...ids: number[]): string {
    for (const id of ids) {
      const i = this.#find(id)
      if (i < 0) continue
      const text = this.#texts.get(this.#bytes, this.#places[2 * i]!, this.#places[2 * i + 1]!)
      if (text !== '') return text
    }
    return ''
  }

  /** The interface a record is about, by scope or by element. */
  #interface(): number {
    const { fields, kind } = this.#template!
    if (!isIpfix(kind)) {
      const i = fields.findIndex((f) => f.scope && f.id === V9_SCOPE_INTERFACE)
      if (i >= 0) return this.#idAt(i)
    }
    return (
      this.#id(ID.inputInterface) ||
      this.#id(ID.outputInterface) ||
      this.#id(ID.ingressPhysicalInterface) ||
      this.#id(ID.egressPhysicalInterface)
    )
  }

  #rate(): number {
    const direct = plausibleRate(
      this.#number(ELEMENT.samplingInterval) || this.#number(ELEMENT.samplerRandomInterval),
    )
    if (direct > 0) return direct
    const interval = this.#number(ELEMENT.samplingPacketInterval)
    if (interval > 0) {
      return plausibleRate((interval + this.#number(ELEMENT.samplingPacketSpace)) / interval)
    }
    const size = this.#number(ELEMENT.samplingSize)
    if (size > 0) return plausibleRate(this.#number(ELEMENT.samplingPopulation) / size)
    return this.#probability()
  }

  #probability(): number {
    const i = this.#find(ELEMENT.samplingProbability)
    const length = this.#places[2 * i + 1]
    if (i < 0 || (length !== 4 && length !== 8)) return 0
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#places[2 * i]!, length)
    return plausibleRate(1 / (length === 4 ? view.getFloat32(0) : view.getFloat64(0)))
  }

  #readName(): void {
    const { record } = this
    const name = (kind: NameKind, id: bigint, text: string): boolean => {
      if (id === 0n || text === '') return false
      record.nameKind = kind
      record.nameId = id
      record.name = text
      return true
    }
    if (name('application', this.#applicationKey(), this.#text(ID.applicationName))) return
    const vrf = this.#id(ID.ingressVrf) || this.#id(ID.egressVrf)
    if (name('vrf', BigInt(vrf), this.#text(ID.vrfName))) return
    const interfaceName = this.#text(ELEMENT.interfaceName, ELEMENT.interfaceDescription)
    if (name('interface', BigInt(record.inIf), interfaceName)) return
    name('sampler', BigInt(record.sampler), this.#text(ID.samplerName, ID.selectorName))
  }

  #applicationKey(): bigint {
    const i = this.#find(ID.applicationId)
    const length = this.#places[2 * i + 1]
    if (i < 0 || length === undefined || length < 2) return 0n
    const o = this.#places[2 * i]!
    const selectorBytes = Math.min(7, length - 1)
    if (isZero(this.#bytes, o, o + length)) return 0n
    let key = BigInt(this.#bytes[o]!) << 56n
    for (let at = o + length - selectorBytes, shift = 8 * (selectorBytes - 1); shift >= 0; at++, shift -= 8) {
      key |= BigInt(this.#bytes[at]!) << BigInt(shift)
    }
    return key
  }
}

/** Text of an application id: engine and selector. */
export function applicationText(key: bigint): string {
  return `${key >> 56n}:${key & 0xffffffffffffffn}`
}
