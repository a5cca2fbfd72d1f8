import { isIPv6 } from 'node:net'
import { addressBytes, u32 } from './sflow5_header.js'
import type { Sflow5Structure } from './sflow5_structures.js'

/** Plain values by name, as they come out in `ie` and in counter records. */
export type Sflow5Fields = Record<string, unknown>

/** A list in a datagram of 64 KiB cannot be longer; what is longer is a lie. */
const LIST_MAX = 16_384
const UNKNOWN_32 = 0xffffffff
const UNKNOWN_64 = 0xffffffffffffffffn

/** An IPv4 address of 4 bytes as text. */
export function ipv4Text(b: Uint8Array, at: number): string {
  return `${b[at]}.${b[at + 1]}.${b[at + 2]}.${b[at + 3]}`
}

/** An IPv6 address of 16 bytes as text, in the form of RFC 5952. */
export function ipv6Text(b: Uint8Array, at: number): string {
  const groups: string[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((b[at + i]! << 8) | b[at + i + 1]!).toString(16))
  let best = { start: 0, length: 1 }
  for (let start = 0; start < 8; start++) {
    let end = start
    while (groups[end] === '0') end++
    if (end - start > best.length) best = { start, length: end - start }
  }
  if (best.length === 1) return groups.join(':')
  const text = `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`
  return isIPv6(text) ? text : groups.join(':')
}

export function macText(b: Uint8Array, at: number): string {
  return hex(b, at, at + 6).replace(/..(?!$)/g, '$&:')
}

export function hex(b: Uint8Array, at: number, end: number): string {
  return Buffer.from(b.buffer, b.byteOffset + at, Math.max(0, end - at)).toString('hex')
}

const uuidText = (digits: string): string => digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

/** Reads the values of a record, one after the other; `undefined` once they no longer fit before the end. */
class FieldReader {
  readonly #b: Uint8Array
  #at: number
  readonly #end: number
  /** Counters that an agent does not have are sent as all ones (sFlow v5 section 5.1.3): left out. */
  readonly #onesAreUnknown: boolean

  constructor(b: Uint8Array, at: number, end: number, onesAreUnknown: boolean) {
    this.#b = b
    this.#at = at
    this.#end = end
    this.#onesAreUnknown = onesAreUnknown
  }

  /** True when nothing more can be read. */
  get done(): boolean {
    return this.#at >= this.#end
  }

  #take(bytes: number): number {
    const at = this.#at
    if (at + bytes > this.#end) {
      this.#at = this.#end
      return -1
    }
    this.#at += bytes + (-bytes & 3)
    return at
  }

  #u32(): number | undefined {
    const at = this.#take(4)
    return at < 0 ? undefined : u32(this.#b, at)
  }

  #count(): number {
    return Math.min(this.#u32() ?? 0, LIST_MAX)
  }

  #list(read: () => unknown): unknown[] {
    const values: unknown[] = []
    for (let left = this.#count(); left > 0 && !this.done; left--) values.push(read())
    return values
  }

  #bytes(length: number, read: (at: number) => unknown): unknown {
    const at = this.#take(length)
    return at < 0 ? undefined : read(at)
  }

  #counter(): number | undefined {
    const value = this.#u32()
    return value === UNKNOWN_32 && this.#onesAreUnknown ? undefined : value
  }

  /** A number where it is exact, else its decimal text. */
  #u64(): unknown {
    return this.#bytes(8, (at) => {
      const value = (BigInt(u32(this.#b, at)) << 32n) | BigInt(u32(this.#b, at + 4))
      if (value === UNKNOWN_64 && this.#onesAreUnknown) return undefined
      return value > Number.MAX_SAFE_INTEGER ? value.toString() : Number(value)
    })
  }

  #float(): unknown {
    return this.#bytes(4, (at) => {
      const value = new DataView(this.#b.buffer, this.#b.byteOffset + at, 4).getFloat32(0)
      return Number.isFinite(value) && value >= 0 ? Number(value.toPrecision(7)) : undefined
    })
  }

  #percent(): number | undefined {
    const value = this.#u32()
    return value === undefined || value === UNKNOWN_32 ? undefined : value / 100
  }

  #opaque(asText: boolean): unknown {
    const length = this.#u32() ?? 0
    const whole = this.#at + length <= this.#end
    return this.#bytes(whole ? length : this.#end - this.#at, (at) => {
      const end = Math.min(at + length, this.#end)
      return asText ? Buffer.from(this.#b.subarray(at, end)).toString('utf8') : hex(this.#b, at, end)
    })
  }

  #address(): unknown {
    const width = addressBytes(this.#u32() ?? 0)
    if (width === 4) return this.#bytes(4, (at) => ipv4Text(this.#b, at))
    return width === 16 ? this.#bytes(16, (at) => ipv6Text(this.#b, at)) : undefined
  }

  /** Segments in order; a set, whose order means nothing, is a list of its own. */
  #asPath(): unknown {
    const SET = 1
    return this.#list(() => {
      const type = this.#u32()
      const numbers = this.#list(() => this.#u32())
      return type === SET ? [numbers] : numbers
    }).flat(1)
  }

  #adapter(): Sflow5Fields {
    const mac = () => this.#bytes(6, (at) => macText(this.#b, at))
    return { ifIndex: this.#u32(), mac_address: this.#list(mac) }
  }

  #lane(): Sflow5Fields {
    const names =
      'index tx_bias_current_ua tx_power_uw tx_power_min_uw tx_power_max_uw tx_wavelength_nm rx_power_uw ' +
      'rx_power_min_uw rx_power_max_uw rx_wavelength_nm'
    return Object.fromEntries(names.split(' ').map((name) => [name, this.#counter()]))
  }

  read(type: string): unknown {
    switch (type) {
      case 'u32':
        return this.#counter()
      case 'u64':
        return this.#u64()
      case 'i32':
        return this.#bytes(4, (at) => u32(this.#b, at) | 0)
      case 'f32':
        return this.#float()
      case 'percent':
        return this.#percent()
      case 'percents':
        return this.#list(() => this.#percent())
      case 'mac':
        return this.#bytes(6, (at) => macText(this.#b, at))
      case 'ipv4':
        return this.#bytes(4, (at) => ipv4Text(this.#b, at))
      case 'ipv6':
        return this.#bytes(16, (at) => ipv6Text(this.#b, at))
      case 'address':
        return this.#address()
      case 'string':
        return this.#opaque(true)
      case 'opaque':
        return this.#opaque(false)
      case 'uuid':
        return this.#bytes(16, (at) => uuidText(hex(this.#b, at, at + 16)))
      case 'hex4':
        return this.#bytes(4, (at) => hex(this.#b, at, at + 4))
      case 'u32s':
        return this.#list(() => this.#u32())
      case 'as_path':
        return this.#asPath()
      case 'adapters':
        return this.#list(() => this.#adapter())
      case 'lanes':
        return this.#list(() => this.#lane())
      default:
        throw new Error(`sflow5_structures.ts: no type ${type}`)
    }
  }
}

/** The fields of a record; those that are unknown, or that did not come, are left out. */
export function fieldsOf(
  structure: Sflow5Structure,
  b: Uint8Array,
  range: { at: number; end: number; onesAreUnknown: boolean },
): Sflow5Fields {
  const reader = new FieldReader(b, range.at, range.end, range.onesAreUnknown)
  const fields: Sflow5Fields = {}
  for (const field of structure.fields.split(/\s+/)) {
    if (reader.done) break
    const [name, type = 'u32'] = field.split(':')
    const value = reader.read(type)
    if (value !== undefined) fields[name!] = value
  }
  return fields
}
