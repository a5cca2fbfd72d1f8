/** Hand-made NetFlow v9 and v5 datagrams (RFC 3954), for tests that need to know every byte they send. */

/** Element ids and lengths of the records below: addresses, bytes, packets, ports, protocol. */
export const FIELDS: readonly (readonly [id: number, length: number])[] = [
  [8, 4],
  [12, 4],
  [1, 4],
  [2, 4],
  [7, 2],
  [11, 2],
  [4, 1],
]
const RECORD_BYTES = 21

export interface Flows {
  readonly sequence: number
  readonly domain?: number
  readonly template?: number
  /** Source port of each record; it tells the records apart. */
  readonly ports: readonly number[]
  readonly upTimeMs?: number
}

function header(sequence: number, domain: number, count: number, upTimeMs: number): Buffer {
  const d = Buffer.alloc(20)
  d.writeUInt16BE(9, 0)
  d.writeUInt16BE(count, 2)
  d.writeUInt32BE(upTimeMs, 4)
  d.writeUInt32BE(1_700_000_000, 8)
  d.writeUInt32BE(sequence, 12)
  d.writeUInt32BE(domain, 16)
  return d
}

function set(id: number, body: Buffer): Buffer {
  const padding = (4 - (body.length % 4)) % 4
  const head = Buffer.alloc(4)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(4 + body.length + padding, 2)
  return Buffer.concat([head, body, Buffer.alloc(padding)])
}

/** A template. `swapped`: the same fields with bytes and packets exchanged, so that a wrong template is seen. */
export function template9(sequence: number, id = 256, domain = 1, swapped = false): Buffer {
  const fields = swapped ? FIELDS.map(([f, n]) => [f === 1 ? 2 : f === 2 ? 1 : f, n] as const) : FIELDS
  const body = Buffer.alloc(4 + 4 * fields.length)
  body.writeUInt16BE(id, 0)
  body.writeUInt16BE(fields.length, 2)
  for (const [i, [field, length]] of fields.entries()) {
    body.writeUInt16BE(field, 4 + 4 * i)
    body.writeUInt16BE(length, 6 + 4 * i)
  }
  return Buffer.concat([header(sequence, domain, 1, 1000), set(0, body)])
}

/** Data: 1,000 bytes and 10 packets a record. */
export function data9({ sequence, domain = 1, template = 256, ports, upTimeMs = 1000 }: Flows): Buffer {
  const body = Buffer.alloc(RECORD_BYTES * ports.length)
  for (const [i, port] of ports.entries()) {
    const o = RECORD_BYTES * i
    body.writeUInt32BE(0x0a000001, o)
    body.writeUInt32BE(0x0b000002, o + 4)
    body.writeUInt32BE(1000, o + 8)
    body.writeUInt32BE(10, o + 12)
    body.writeUInt16BE(port, o + 16)
    body.writeUInt16BE(443, o + 18)
    body[o + 20] = 6
  }
  return Buffer.concat([header(sequence, domain, ports.length, upTimeMs), set(template, body)])
}

/** NetFlow v5 with `records` records of zeroes. */
export function data5(sequence: number, records: number): Buffer {
  const d = Buffer.alloc(24 + 48 * records)
  d.writeUInt16BE(5, 0)
  d.writeUInt16BE(records, 2)
  d.writeUInt32BE(1000, 4)
  d.writeUInt32BE(1_700_000_000, 8)
  d.writeUInt32BE(sequence, 16)
  return d
}
