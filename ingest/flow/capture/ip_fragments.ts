/** A fragment of an IP datagram (RFC 791 section 3.2, RFC 8200 section 4.5). */
export interface Fragment {
  /** Source, destination, identification and protocol: what the fragments of one datagram share. */
  readonly key: string
  /** Of these bytes in the datagram's payload. */
  readonly offset: number
  readonly bytes: Buffer
  /** False on the last fragment. */
  readonly more: boolean
  readonly timeUs: number
}

interface Assembly {
  readonly startedUs: number
  readonly parts: Fragment[]
  /** Length of the whole payload; 0 until the last fragment is seen. */
  length: number
}

const ASSEMBLIES_MAX = 256
const PARTS_MAX = 1024
const PAYLOAD_BYTES_MAX = 65_535
/** RFC 791 and RFC 8200 both let a datagram wait about this long for its last fragment. */
const WAIT_US = 60_000_000

/** Puts fragments together, within bounds. */
export class IpFragments {
  readonly #assemblies = new Map<string, Assembly>()
  /** Datagrams that were given up: a fragment never came, or a bound was reached. */
  givenUp = 0
  /** Fragments that were taken. */
  taken = 0

  /** Datagrams that still wait for a fragment. */
  get waiting(): number {
    return this.#assemblies.size
  }

  /** Takes a fragment; returns the whole payload with the last one of a datagram. */
  add(fragment: Fragment): Buffer | undefined {
    const { key, offset, bytes, more } = fragment
    this.taken++
    if (offset + bytes.length > PAYLOAD_BYTES_MAX) return this.#giveUp(key)
    const assembly = this.#assemblyOf(fragment)
    if (assembly.parts.length === PARTS_MAX) return this.#giveUp(key)
    assembly.parts.push(fragment)
    if (!more) assembly.length = offset + bytes.length
    if (assembly.length === 0) return undefined
    const payload = join(assembly)
    if (payload !== undefined) this.#assemblies.delete(key)
    return payload
  }

  #assemblyOf({ key, timeUs }: Fragment): Assembly {
    const known = this.#assemblies.get(key)
    if (known !== undefined && timeUs - known.startedUs <= WAIT_US) return known
    if (known !== undefined) this.#giveUp(key)
    // A Map keeps the order of insertion: the first key is the oldest.
    if (this.#assemblies.size === ASSEMBLIES_MAX) this.#giveUp(this.#assemblies.keys().next().value!)
    const assembly: Assembly = { startedUs: timeUs, parts: [], length: 0 }
    this.#assemblies.set(key, assembly)
    return assembly
  }

  #giveUp(key: string): undefined {
    this.#assemblies.delete(key)
    this.givenUp++
  }
}

/** The payload, once its fragments leave no hole. */
function join({ parts, length }: Assembly): Buffer | undefined {
  const inOrder = parts.toSorted((a, b) => a.offset - b.offset)
  let covered = 0
  for (const { offset, bytes } of inOrder) {
    if (offset > covered) return undefined
    covered = Math.max(covered, offset + bytes.length)
  }
  if (covered < length) return undefined
  const payload = Buffer.allocUnsafe(covered)
  for (const { offset, bytes } of inOrder) bytes.copy(payload, offset)
  return payload.subarray(0, length)
}
