import { bytes, type Field, ipfix, optionsTemplate, set, template, v9, variable } from './datagrams.js'

/** Valid datagrams of all protocols, and broken ones made of them, from a seed. */

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 2_654_435_761) >>> 0) + 1
  }

  /** A whole number from 0 up to `below`. */
  next(below: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % below
  }

  chance(of: number): boolean {
    return this.next(of) === 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.next(list.length)]!
  }

  bytes(length: number): Buffer {
    const b = Buffer.alloc(length)
    for (let i = 0; i < length; i++) if (!this.chance(4)) b[i] = this.next(256)
    return b
  }
}

/** Elements with their usual widths; 65535 varies. */
const ELEMENTS: readonly Field[] = [
  ...[
    1, 2, 10, 14, 16, 17, 21, 22, 23, 34, 48, 50, 85, 86, 95, 130, 150, 151, 158, 161, 225, 226, 231, 232,
    234, 253, 162, 305, 306, 309, 310,
  ].map((id): Field => [id, 4]),
  ...[4, 5, 6, 9, 13, 29, 30, 61, 89, 136, 176, 177, 233].map((id): Field => [id, 1]),
  ...[7, 11, 32, 58, 59, 180, 183, 227, 228].map((id): Field => [id, 2]),
  ...[152, 153, 154, 155, 156, 157, 160, 302, 311, 323].map((id): Field => [id, 8]),
  ...[8, 12, 15, 18].map((id): Field => [id, 4]),
  ...[27, 28, 62, 63, 131, 281].map((id): Field => [id, 16]),
  ...[56, 57, 80, 81].map((id): Field => [id, 6]),
  ...[70, 71, 72].map((id): Field => [id, 3]),
  ...[82, 83, 96, 236, 291, 292, 293, 313, 315].map((id): Field => [id, 65535]),
  [1, 8, 29305],
  [2, 8, 29305],
  [1, 65535, 15397],
  [4321, 12, 99999],
  [137, 2, 2636],
  [12236, 4, 9],
]

function fields(rnd: Random, version: 9 | 10): Field[] {
  const usable = version === 9 ? ELEMENTS.filter(([, , pen]) => pen === undefined) : ELEMENTS
  return Array.from({ length: 1 + rnd.next(24) }, (): Field => {
    const [id, length, pen] = rnd.pick(usable)
    if (!rnd.chance(12)) return [id, length, pen]
    return [id, rnd.pick([0, 1, 2, 3, 5, 7, 8, 9, 65535]), pen]
  })
}

function record(rnd: Random, of: readonly Field[]): Buffer {
  const content = ([, length]: Field): Buffer => {
    if (length !== 65535) return rnd.bytes(length)
    return variable(rnd.bytes(rnd.next(rnd.chance(20) ? 400 : 20)), rnd.chance(8))
  }
  return Buffer.concat(of.map(content))
}

interface Known {
  readonly id: number
  readonly fields: readonly Field[]
}

/** An exporter of NetFlow v9 or IPFIX that goes on as it began. */
export class FuzzExporter {
  readonly #rnd: Random
  readonly #version: 9 | 10
  readonly #known: Known[] = []
  #sequence = 0

  constructor(rnd: Random) {
    this.#rnd = rnd
    this.#version = rnd.pick([9, 10])
  }

  datagram(): Buffer {
    const rnd = this.#rnd
    const sets = Array.from({ length: 1 + rnd.next(4) }, () => this.#set())
    const header = {
      sequence: this.#sequence++,
      domain: rnd.next(2),
      count: rnd.next(40),
      uptime: rnd.next(2 ** 31),
    }
    return this.#version === 9 ? v9(header, ...sets) : ipfix(header, ...sets)
  }

  #set(): Buffer {
    const rnd = this.#rnd
    if (this.#known.length === 0 || rnd.chance(5)) return this.#templates(false)
    if (rnd.chance(10)) return this.#templates(true)
    if (this.#version === 10 && rnd.chance(40)) return set(2, bytes([rnd.pick([2, 3, 256, 257]), 2], [0, 2]))
    const { id, fields: of } = rnd.pick(this.#known)
    const records = Array.from({ length: rnd.next(12) }, () => record(rnd, of))
    return set(id, ...records, rnd.bytes(rnd.next(4)).fill(0))
  }

  #templates(options: boolean): Buffer {
    const rnd = this.#rnd
    const id = 256 + rnd.next(6)
    const of = fields(rnd, this.#version)
    this.#known.push({ id, fields: of })
    if (!options) return set(this.#version === 9 ? 0 : 2, template(id, of))
    const scopes = 1 + rnd.next(Math.min(3, of.length))
    const described = optionsTemplate(this.#version, id, of.slice(0, scopes), of.slice(scopes))
    return set(this.#version === 9 ? 1 : 3, described)
  }
}

const FIXED = { 1: [16, 52], 5: [24, 48], 7: [24, 52] } as const

export function fixedDatagram(rnd: Random): Buffer {
  const version = rnd.pick([1, 5, 7] as const)
  const [head, each] = FIXED[version]
  const count = rnd.next(31)
  return bytes([version, 2], [count, 2], rnd.bytes(head - 4), rnd.bytes(count * each))
}

/** What follows the addresses of a sampled frame: plain, tagged, labelled, PPPoE, and packets of all kinds. */
const FRAMES = [
  '0800 4500',
  '8100 0064 0800 4500',
  '88a8 0064 8100 0065 86dd 6000',
  '8847 00010140 4500',
  '8864 1100 0001 0030 0021 4500',
  '86dd 6000 0000 0030 00 40',
  '86dd 6000 0000 0030 2c 40',
  '0800 4500 0050 0000 0000 40 2f 0000 0a000001 0a000002 2000 0800 00000001 4500',
  '0800 4500 0080 0000 0000 40 11 0000 0a000001 0a000002 1000 12b5 0060 0000 0800 0000 00000100',
  '0806 0001',
]
/** Tags of flow records that are read, and some that are not. */
const FLOW_RECORDS = [2, 3, 4, 1001, 1002, 1003, 1006, 1007, 1020, 1021, 1029, 1044, 4097]

const padded = (body: Buffer): Buffer => bytes(body, '000000'.slice(0, 2 * (-body.length & 3)))

function sampledHeader(rnd: Random): Buffer {
  const packet = bytes('ffffffffffff 000000000001', rnd.pick(FRAMES), rnd.bytes(40))
  return bytes([rnd.pick([1, 1, 1, 7, 11, 12, 13]), 4], [1500, 4], [4, 4], [packet.length, 4], padded(packet))
}

function flowRecord(rnd: Random): Buffer {
  const tag = rnd.chance(3) ? rnd.pick(FLOW_RECORDS) : 1
  const body = tag === 1 ? sampledHeader(rnd) : padded(rnd.bytes(4 + rnd.next(60)))
  return bytes([tag, 4], [body.length, 4], body)
}

export function sflowDatagram(rnd: Random): Buffer {
  const samples = Array.from({ length: rnd.next(6) }, () => {
    const kind = rnd.pick([1, 1, 2, 3, 3, 4, 5, 6])
    const records = Array.from({ length: 1 + rnd.next(3) }, () => flowRecord(rnd))
    const wide = kind === 3
    const head = bytes(rnd.bytes(4), wide ? rnd.bytes(8) : rnd.bytes(4), [100, 4], rnd.bytes(wide ? 24 : 16))
    const sample = bytes(head, [records.length, 4], ...records)
    return bytes([kind, 4], [sample.length, 4], sample)
  })
  return bytes(
    [5, 4],
    [1, 4],
    '0a000001',
    [0, 4],
    [rnd.next(1000), 4],
    [0, 4],
    [samples.length, 4],
    ...samples,
  )
}

const TELLING = [0, 1, 2, 3, 4, 5, 9, 10, 15, 16, 20, 24, 48, 210, 255, 256, 257, 258, 291, 32768, 65535]
const DATAGRAM_BYTES_MAX = 65_507
const ARENA_BYTES = 4 << 20

/**
 * Breaks datagrams in one to four places each. The mutants of one session lie in one buffer, as the datagrams of
 * a frame do, and are overwritten by the next session.
 */
export class Mutator {
  readonly #arena = Buffer.alloc(ARENA_BYTES)
  #at = 0

  begin(): void {
    this.#at = 0
  }

  mutate(rnd: Random, datagram: Buffer, other: Buffer): Buffer {
    if (this.#at + DATAGRAM_BYTES_MAX > ARENA_BYTES) this.#at = 0
    const b = this.#arena.subarray(this.#at, this.#at + DATAGRAM_BYTES_MAX)
    let length = datagram.copy(b)
    for (let i = 1 + rnd.next(4); i > 0 && length > 4; i--) length = breakOnce(rnd, b, length, other)
    this.#at += length
    return b.subarray(0, length)
  }
}

/** Breaks the first `length` bytes of `b` in one place; gives their new length. */
function breakOnce(rnd: Random, b: Buffer, length: number, other: Buffer): number {
  const at = rnd.next(length - 1)
  switch (rnd.next(8)) {
    case 0:
      b[at]! ^= 1 << rnd.next(8)
      return length
    case 1:
      b[at] = rnd.next(256)
      return length
    case 2:
    case 3:
      b.writeUInt16BE(rnd.pick(TELLING), at & ~1)
      return length
    case 4:
      return at
    case 5: {
      const more = Math.min(rnd.next(40), b.length - length)
      return length + rnd.bytes(more).copy(b, length)
    }
    case 6:
      return at + other.copy(b, at, rnd.next(Math.max(1, other.length)))
    default: {
      // What follows `from` stands twice, or is cut out.
      const from = rnd.next(length)
      const tail = Math.min(length - at, b.length - at - (length - from))
      b.copy(b, at + length - from, at, at + Math.max(0, tail))
      return at + length - from + Math.max(0, tail)
    }
  }
}
