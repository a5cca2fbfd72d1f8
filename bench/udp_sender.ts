import { createSocket } from 'node:dgram'

/**
 * Sends NetFlow v9 to 127.0.0.1, one template and then data, 24 records of 54 bytes a datagram, in bursts that keep the
 * rate. A process of its own for benches: `node udp_sender.js PORT DATAGRAMS_PER_S SECONDS`. Last line on stdout: how
 * many datagrams it sent. Records are equal; only sequence numbers differ, for whoever does not look into them.
 */
const FIELDS = [
  8, 4, 12, 4, 15, 4, 10, 4, 14, 4, 2, 4, 1, 4, 22, 4, 21, 4, 7, 2, 11, 2, 6, 1, 4, 1, 5, 1, 16, 4, 17, 4, 9,
  1, 13, 1, 61, 1,
]
const RECORDS = 24
const RECORD_BYTES = 54
const BURST = 64

function netflow9(count: number, setId: number, body: Buffer): Buffer {
  const head = Buffer.alloc(24)
  head.writeUInt16BE(9, 0)
  head.writeUInt16BE(count, 2)
  head.writeUInt32BE(100_000, 4)
  head.writeUInt32BE(Math.floor(Date.now() / 1000), 8)
  head.writeUInt32BE(1, 16)
  head.writeUInt16BE(setId, 20)
  head.writeUInt16BE(4 + body.length, 22)
  return Buffer.concat([head, body])
}

function template(): Buffer {
  const body = Buffer.alloc(4 + 2 * FIELDS.length)
  body.writeUInt16BE(256, 0)
  body.writeUInt16BE(FIELDS.length / 2, 2)
  for (const [i, value] of FIELDS.entries()) body.writeUInt16BE(value, 4 + 2 * i)
  return netflow9(1, 0, body)
}

const [port = 0, perSecond = 0, seconds = 0] = process.argv.slice(2).map(Number)
const socket = createSocket('udp4')
const buffers = Array.from({ length: BURST }, () =>
  netflow9(RECORDS, 256, Buffer.alloc(RECORDS * RECORD_BYTES)),
)

await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve))
await new Promise<void>((resolve) => socket.send(template(), () => resolve()))
let sent = 1
const started = performance.now()

function pump(): void {
  const elapsed = performance.now() - started
  if (elapsed > seconds * 1000) {
    socket.close(() => process.stdout.write(`${sent}\n`))
    return
  }
  // Two bursts a turn at most, so that a machine that is too slow is seen as a lower rate, not as one great burst.
  for (let burst = 0; burst < 2 && sent < (elapsed * perSecond) / 1000; burst++) {
    for (const buffer of buffers) {
      buffer.writeUInt32BE(sent++ >>> 0, 12)
      socket.send(buffer)
    }
  }
  setImmediate(pump)
}
pump()
