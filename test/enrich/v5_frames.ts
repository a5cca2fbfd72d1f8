import { encodeFrame } from '../../ingest/bus/frame.js'
import { encodeContext } from '../../ingest/flow/context.js'

const HEADER_BYTES = 24
const RECORD_BYTES = 48
const EXPORT_S = 1_790_000_000
const EXPORTER = Buffer.from('00000000000000000000ffff7f000001', 'hex')

/** A NetFlow v5 datagram with records that differ. */
function datagram(sequence: number, records: number): Buffer {
  const b = Buffer.alloc(HEADER_BYTES + records * RECORD_BYTES)
  b.writeUInt16BE(5, 0)
  b.writeUInt16BE(records, 2)
  b.writeUInt32BE(100_000, 4)
  b.writeUInt32BE(EXPORT_S, 8)
  b.writeUInt32BE(sequence >>> 0, 16)
  for (let i = 0; i < records; i++) {
    const at = HEADER_BYTES + i * RECORD_BYTES
    b.writeUInt32BE(0x0a000000 + ((sequence * 31 + i) & 0xffffff), at)
    b.writeUInt32BE(0x0b000000 + i, at + 4)
    b.writeUInt32BE(1 + i, at + 16)
    b.writeUInt32BE(100 + i, at + 20)
    b.writeUInt32BE(90_000, at + 24)
    b.writeUInt32BE(95_000, at + 28)
    b.writeUInt16BE(1024 + i, at + 32)
    b.writeUInt16BE(443, at + 34)
    b[at + 38] = 6
  }
  return b
}

/** A frame of NetFlow v5: `datagrams` times `records` flows. `rubbish` adds datagrams that do not read. */
export function v5Frame(
  number: number,
  datagrams: number,
  records: number,
  collector = 'c',
  rubbish = 0,
): Uint8Array {
  const all = Array.from({ length: datagrams }, (_, i) => datagram(number * datagrams + i, records))
  for (let i = 0; i < rubbish; i++) all.push(Buffer.from([0, 5, 0]))
  return encodeFrame({
    collector,
    number,
    closedMs: EXPORT_S * 1000 + number * 250,
    totals: { received: number, framed: number, rejected: {}, waiting: 0, kernelDropped: 0, sequenceLost: 0 },
    context: encodeContext([]),
    entries: all.map((bytes) => ({
      exporter: EXPORTER,
      exporterPort: 2055,
      receivedUs: EXPORT_S * 1e6,
      datagram: bytes,
    })),
  })
}
