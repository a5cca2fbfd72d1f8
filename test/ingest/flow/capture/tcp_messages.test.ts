import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CapturedDatagram, CaptureReader } from '../../../../ingest/flow/capture/capture_reader.js'
import { pcapHeader, pcapPacket } from '../../../../ingest/flow/capture/pcap_writer.js'

const test = suite('IPFIX in captured TCP connections')
const folder = mkdtempSync(join(tmpdir(), 'vigie-tcp-'))
let files = 0

test.after(() => rmSync(folder, { recursive: true }))

const TIME_US = 1_700_000_000_123_456
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

function readAll(bytes: Uint8Array): CapturedDatagram[] {
  const path = join(folder, `${files++}.pcap`)
  writeFileSync(path, bytes)
  return [...new CaptureReader(path).datagrams()]
}

/** A TCP segment in an Ethernet frame, padded as short frames are. */
function segment(sequence: number, payload: Uint8Array, { syn = false, port = 4739 } = {}): Buffer {
  const tcp = Buffer.alloc(20)
  tcp.writeUInt16BE(50_000, 0)
  tcp.writeUInt16BE(port, 2)
  tcp.writeUInt32BE(sequence >>> 0, 4)
  tcp[12] = 5 << 4
  tcp[13] = syn ? 2 : 24
  const ip = hex('4500 0000 0000 0000 4006 0000 c0000201 c0000202')
  ip.writeUInt16BE(40 + payload.length, 2)
  return Buffer.concat([hex('020000000001 020000000002 0800'), ip, tcp, payload, Buffer.alloc(6)])
}

function message(bytes: number, fill: number): Buffer {
  const b = Buffer.alloc(bytes, fill)
  b.writeUInt16BE(10, 0)
  b.writeUInt16BE(bytes, 2)
  return b
}

const captureOf = (...frames: Buffer[]) =>
  Buffer.concat([pcapHeader(), ...frames.map((frame) => pcapPacket(TIME_US, frame))])

test('messages come out of a connection in any order of segments, over the wrap of its numbers', () => {
  const sent = [message(40, 1), message(300, 2), message(16, 3)]
  const stream = Buffer.concat(sent)
  const from = 0xffffffff - 100
  const cut = (start: number, end: number) => segment(from + 1 + start, stream.subarray(start, end))
  const begin = segment(from, Buffer.alloc(0), { syn: true })
  const orders = [
    [cut(0, 100), cut(100, 356)],
    [cut(200, 356), cut(90, 220), cut(0, 100), cut(0, 100)],
    Array.from({ length: 356 }, (_, at) => cut(at, at + 1)),
  ]
  for (const segments of orders) {
    const datagrams = readAll(captureOf(begin, ...segments))
    assert.equal(
      datagrams.map(({ datagram }) => Buffer.from(datagram)),
      sent,
    )
    assert.equal([datagrams[0]!.exporterPort, datagrams[0]!.destinationPort], [50_000, 4739])
  }
})

test('a connection that is no IPFIX, or whose beginning is missing, gives nothing but whole messages', () => {
  const web = segment(1, Buffer.from('GET / HTTP/1.1'), { port: 80 })
  assert.equal(readAll(captureOf(segment(0, Buffer.alloc(0), { syn: true, port: 80 }), web)), [])
  const late = [
    segment(500, message(40, 1).subarray(8)),
    segment(532, message(60, 2)),
    segment(592, message(20, 3)),
  ]
  assert.equal(
    readAll(captureOf(...late)).map(({ datagram }) => datagram.length),
    [60, 20],
  )
})

test.run()
