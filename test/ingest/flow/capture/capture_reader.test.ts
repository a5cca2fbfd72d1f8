import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CaptureError } from '../../../../ingest/flow/capture/capture_error.js'
import { type CapturedDatagram, CaptureReader } from '../../../../ingest/flow/capture/capture_reader.js'
import { ethernetFrame, pcapHeader, pcapOf, pcapPacket } from '../../../../ingest/flow/capture/pcap_writer.js'

const test = suite('capture reader')
const folder = mkdtempSync(join(tmpdir(), 'vigie-capture-'))
let files = 0

test.after(() => rmSync(folder, { recursive: true }))

function fileOf(bytes: Uint8Array): string {
  const path = join(folder, `${files++}.bin`)
  writeFileSync(path, bytes)
  return path
}

/** All datagrams of a file, with the error it ended with. */
function readAll(bytes: Uint8Array) {
  const reader = new CaptureReader(fileOf(bytes))
  const datagrams: CapturedDatagram[] = []
  try {
    for (const datagram of reader.datagrams()) datagrams.push(datagram)
    return { datagrams, counts: reader.counts }
  } catch (error) {
    assert.instance(error, CaptureError)
    return { datagrams, counts: reader.counts, error: error as CaptureError }
  }
}

const v4 = (...bytes: number[]) => Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes])
const v6 = (last: number) => Uint8Array.from([32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last])
const TIME_US = 1_700_000_000_123_456

const datagramOf = (payload: Uint8Array, more: object = {}) => ({
  source: v4(192, 0, 2, 1),
  sourcePort: 50_000,
  destination: v4(192, 0, 2, 2),
  destinationPort: 2055,
  timeUs: TIME_US,
  payload,
  ...more,
})
const hello = Buffer.from('hello')
const helloFrame = ethernetFrame(datagramOf(hello))
/** The IP packet in the frame above. */
const helloPacket = helloFrame.subarray(14)

/** A pcap file of one packet with this link type. */
function pcapOfPacket(linkType: number, packet: Uint8Array): Buffer {
  const header = pcapHeader()
  header.writeUInt32LE(linkType, 20)
  return Buffer.concat([header, pcapPacket(TIME_US, packet)])
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('what the writer writes comes back, IPv4 and IPv6', () => {
  const sent = [
    datagramOf(hello),
    datagramOf(Buffer.alloc(65_507, 7), { source: v6(1), destination: v6(2), timeUs: TIME_US + 1 }),
  ]
  const { datagrams, counts } = readAll(pcapOf(sent))
  assert.is(counts.datagrams, 2)
  sent.forEach((want, i) => {
    const got = datagrams[i]!
    assert.equal([...got.exporter], [...want.source])
    assert.is(got.exporterPort, 50_000)
    assert.is(got.destinationPort, 2055)
    assert.is(got.receivedUs, want.timeUs)
    assert.is(Buffer.compare(got.datagram, want.payload), 0)
  })
})

test('checksums of the writer add up to all ones, as receivers demand', () => {
  for (const datagram of [datagramOf(hello), datagramOf(hello, { source: v6(1), destination: v6(2) })]) {
    const ip = ethernetFrame(datagram).subarray(14)
    const isV6 = ip[0]! >> 4 === 6
    const addresses = isV6 ? ip.subarray(8, 40) : ip.subarray(12, 20)
    const udp = ip.subarray(isV6 ? 40 : 20)
    let sum = 17 + udp.length
    for (const part of [addresses, Buffer.concat([udp, Buffer.alloc(1)])]) {
      for (let at = 0; at + 1 < part.length; at += 2) sum += part.readUInt16BE(at)
    }
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
    assert.is(sum, 0xffff)
  }
})

test('every link type gives the same datagram', () => {
  const vlan = Buffer.concat([helloFrame.subarray(0, 12), hex('8100 0064 0800'), helloPacket])
  const qinq = Buffer.concat([helloFrame.subarray(0, 12), hex('88a8 0064 8100 0065 0800'), helloPacket])
  const pppoe = Buffer.concat([helloFrame.subarray(0, 12), hex('8864 1100 0001 0023 0021'), helloPacket])
  const kinds: [string, number, Uint8Array][] = [
    ['Ethernet', 1, helloFrame],
    ['802.1Q', 1, vlan],
    ['QinQ', 1, qinq],
    ['PPPoE in Ethernet', 1, pppoe],
    ['null', 0, Buffer.concat([hex('02000000'), helloPacket])],
    ['loopback', 108, Buffer.concat([hex('00000002'), helloPacket])],
    ['raw IP', 101, helloPacket],
    ['raw IP of old', 12, helloPacket],
    ['raw IPv4', 228, helloPacket],
    ['PPP', 9, Buffer.concat([hex('0021'), helloPacket])],
    ['PPP with one byte of protocol', 9, Buffer.concat([hex('21'), helloPacket])],
    ['PPP in HDLC framing', 50, Buffer.concat([hex('ff03 0021'), helloPacket])],
    ['Cisco HDLC', 104, Buffer.concat([hex('0f00 0800'), helloPacket])],
    ['Linux cooked', 113, Buffer.concat([hex('0000 0001 0006 020000000001 0000 0800'), helloPacket])],
    [
      'Linux cooked 2',
      276,
      Buffer.concat([hex('0800 0000 00000001 0001 00 06 0200000000010000'), helloPacket]),
    ],
  ]
  for (const [name, linkType, packet] of kinds) {
    const { datagrams } = readAll(pcapOfPacket(linkType, packet))
    assert.is(datagrams.length, 1, name)
    assert.is(Buffer.from(datagrams[0]!.datagram).toString(), 'hello', name)
  }
})

test('packets that are no UDP over IP are counted and passed over', () => {
  const arp = Buffer.concat([helloFrame.subarray(0, 12), hex('0806'), Buffer.alloc(28)])
  const tcp = Buffer.from(helloFrame)
  tcp[23] = 6
  const file = Buffer.concat([pcapHeader(), ...[arp, tcp, helloFrame].map((frame) => pcapPacket(1, frame))])
  const { datagrams, counts } = readAll(file)
  assert.is(datagrams.length, 1)
  assert.is(counts.otherPackets, 2)
  assert.is(readAll(pcapOfPacket(147, helloFrame)).counts.otherPackets, 1)
})

test('both byte orders and nanoseconds', () => {
  const header = Buffer.alloc(24)
  header.writeUInt32BE(0xa1b23c4d, 0)
  header.writeUInt32BE(1, 20)
  const packet = Buffer.alloc(16)
  packet.writeUInt32BE(1_700_000_000, 0)
  packet.writeUInt32BE(123_456_789, 4)
  packet.writeUInt32BE(helloFrame.length, 8)
  packet.writeUInt32BE(helloFrame.length, 12)
  const { datagrams } = readAll(Buffer.concat([header, packet, helloFrame]))
  assert.is(datagrams[0]!.receivedUs, TIME_US)
})

/** A block of a pcapng file. */
function block(type: number, body: Uint8Array, little: boolean): Buffer {
  const length = 12 + body.length + (-body.length & 3)
  const bytes = Buffer.alloc(length)
  const put = (value: number, at: number) =>
    little ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at)
  put(type, 0)
  put(length, 4)
  bytes.set(body, 8)
  put(length, length - 4)
  return bytes
}

const words = (little: boolean, ...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => {
    if (little) bytes.writeUInt32LE(value, 4 * i)
    else bytes.writeUInt32BE(value, 4 * i)
  })
  return bytes
}

test('pcapng: sections of either byte order, clocks of any resolution, simple and unknown blocks', () => {
  const parts: Buffer[] = []
  for (const little of [true, false]) {
    const linkWord = little ? 1 : 0x0001_0000
    const nanoseconds = little ? hex('0900 0100 09000000 0000 0000') : hex('0009 0001 09000000 0000 0000')
    const offset = little
      ? hex('0e00 0800 0a00000000000000 0000 0000')
      : hex('000e 0008 000000000000000a 0000 0000')
    parts.push(
      block(0x0a0d0d0a, words(little, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff), little),
      block(1, words(little, linkWord, 0), little),
      block(1, Buffer.concat([words(little, linkWord, 0), nanoseconds]), little),
      block(1, Buffer.concat([words(little, linkWord, 0), offset]), little),
      block(0xbad, hex('01020304'), little),
    )
    const ticks: [number, bigint][] = [
      [0, BigInt(TIME_US)],
      [1, BigInt(TIME_US) * 1000n + 999n],
      [2, BigInt(TIME_US) - 10_000_000n],
    ]
    for (const [id, value] of ticks) {
      const size = helloFrame.length
      const fields = words(little, id, Number(value >> 32n), Number(value & 0xffffffffn), size, size)
      parts.push(block(6, Buffer.concat([fields, helloFrame]), little))
    }
    parts.push(block(3, Buffer.concat([words(little, helloFrame.length), helloFrame]), little))
  }
  const { datagrams, error } = readAll(Buffer.concat(parts))
  assert.is(error, undefined)
  assert.equal(
    datagrams.map((d) => d.receivedUs),
    [TIME_US, TIME_US, TIME_US, 0, TIME_US, TIME_US, TIME_US, 0],
  )
  for (const { datagram } of datagrams) assert.is(Buffer.from(datagram).toString(), 'hello')
})

/** Cuts an IPv4 packet into fragments of 16 payload bytes. */
function fragmentsOf(packet: Buffer): Buffer[] {
  const payload = packet.subarray(20)
  const parts: Buffer[] = []
  for (let at = 0; at < payload.length; at += 16) {
    const part = Buffer.concat([packet.subarray(0, 20), payload.subarray(at, at + 16)])
    part.writeUInt16BE(part.length, 2)
    part.writeUInt16BE(77, 4)
    part.writeUInt16BE((at + 16 < payload.length ? 0x2000 : 0) | (at / 8), 6)
    parts.push(part)
  }
  return parts
}

const rawIpFile = (packets: readonly Buffer[]) => {
  const header = pcapHeader()
  header.writeUInt32LE(101, 20)
  return Buffer.concat([header, ...packets.map((packet, i) => pcapPacket(TIME_US + i, packet))])
}

test('fragments of IPv4 come together in any order, twice the same included', () => {
  const payload = Buffer.from(Array.from({ length: 100 }, (_, i) => i))
  const parts = fragmentsOf(ethernetFrame(datagramOf(payload)).subarray(14))
  const { datagrams, counts } = readAll(rawIpFile([...parts.toReversed().slice(0, 3), ...parts]))
  assert.is(datagrams.length, 1)
  assert.is(Buffer.compare(datagrams[0]!.datagram, payload), 0)
  assert.is(counts.otherPackets, 0)
  const hole = readAll(rawIpFile(parts.slice(1)))
  assert.is(hole.datagrams.length, 0)
  assert.is(hole.counts.incompleteDatagrams, 1)
})

test('fragments that never end are given up at a bound', () => {
  const packets: Buffer[] = []
  const [first] = fragmentsOf(ethernetFrame(datagramOf(Buffer.alloc(100))).subarray(14))
  for (let id = 0; id < 1000; id++) {
    const part = Buffer.from(first!)
    part.writeUInt16BE(id, 4)
    packets.push(part)
  }
  const { counts } = readAll(rawIpFile(packets))
  assert.is(counts.fragments, 1000)
  assert.is(counts.incompleteDatagrams, 1000)
})

test('IPv6 extension headers are passed over, and fragments come together', () => {
  const packet = ethernetFrame(datagramOf(hello, { source: v6(1), destination: v6(2) })).subarray(14)
  const withHeaders = (next: number, ...headers: Buffer[]) => {
    const extended = Buffer.concat([packet.subarray(0, 40), ...headers, packet.subarray(40)])
    extended.writeUInt16BE(extended.length - 40, 4)
    extended[6] = next
    return extended
  }
  const hopByHop = hex('3c 00 010400000000')
  const destination = hex('11 01 0104000000000000 000000000000')
  const atomic = hex('11 00 0000 00000001')
  const udp = packet.subarray(40)
  const part = (field: number, bytes: Buffer) => {
    const header = Buffer.from(atomic)
    header.writeUInt16BE(field, 2)
    const fragment = Buffer.concat([packet.subarray(0, 40), header, bytes])
    fragment.writeUInt16BE(fragment.length - 40, 4)
    fragment[6] = 44
    return fragment
  }
  const { datagrams } = readAll(
    rawIpFile([
      withHeaders(0, hopByHop, destination),
      withHeaders(44, atomic),
      part(1, udp.subarray(0, 8)),
      part(8, udp.subarray(8)),
    ]),
  )
  assert.equal(
    datagrams.map((d) => Buffer.from(d.datagram).toString()),
    ['hello', 'hello', 'hello'],
  )
})

test('a capture that ends in the middle gives what was before, then says so', () => {
  const whole = pcapOf([datagramOf(hello), datagramOf(hello)])
  for (const cut of [1, 30, helloFrame.length + 8]) {
    const { datagrams, error } = readAll(whole.subarray(0, whole.length - cut))
    assert.is(datagrams.length, 1)
    assert.is(error?.code, 'capture_truncated')
    assert.match(error!.message, /byte 87/)
  }
  const huge = Buffer.from(whole)
  huge.writeUInt32LE(0x7fffffff, 24 + 8)
  assert.is(readAll(huge).error?.code, 'capture_invalid')
})

test('raw files: one datagram, or several that their headers tell apart', () => {
  const v5 = Buffer.alloc(24 + 48)
  v5.writeUInt16BE(5, 0)
  v5.writeUInt16BE(1, 2)
  v5.writeUInt32BE(1_700_000_000, 8)
  v5.writeUInt32BE(123_456_000, 12)
  const ipfix = hex('000a 0014 6553f100 00000001 00000000 00020004')
  const v9 = hex('0009 0001 00000000 6553f100 00000001 00000000 0100 0008 01020304')
  const sflow = hex(
    '00000005 00000001 c0000201 00000000 00000001 00000000 00000001 00000002 00000004 01020304',
  )
  const all = [v5, v9, v9, ipfix, sflow, v5, ipfix, v9]
  const { datagrams } = readAll(Buffer.concat(all))
  assert.equal(
    datagrams.map((d) => d.datagram.length),
    all.map((d) => d.length),
  )
  assert.is(datagrams[0]!.receivedUs, TIME_US)
  assert.is(datagrams[3]!.receivedUs, 0x6553f100 * 1_000_000)
  assert.equal([...datagrams[0]!.exporter], [...v4(127, 0, 0, 1)])

  const padded = Buffer.concat([v9, Buffer.alloc(10)])
  assert.equal(
    readAll(Buffer.concat([padded, v9, padded])).datagrams.map((d) => d.datagram.length),
    [padded.length, v9.length, padded.length],
  )

  const wrongCount = Buffer.concat([v5, hex('ffffffff')])
  assert.is(readAll(wrongCount).datagrams[0]!.datagram.length, wrongCount.length)
  assert.is(readAll(Buffer.alloc(0)).datagrams.length, 0)
})

test('a raw file of many datagrams streams through the window', () => {
  const ipfix = Buffer.alloc(1400)
  ipfix.writeUInt16BE(10, 0)
  ipfix.writeUInt16BE(1400, 2)
  const { datagrams } = readAll(Buffer.concat(Array.from({ length: 3000 }, () => ipfix)))
  assert.is(datagrams.length, 3000)
  for (const { datagram } of datagrams) assert.is(Buffer.compare(datagram, ipfix), 0)
})

/** Park and Miller's generator: the same numbers for the same seed. */
function* randoms(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 48271) % 2147483647
    yield state
  }
}

test('mutated captures end, with an error of ours at most', () => {
  const random = randoms(7)
  const next = (below: number) => random.next().value! % below
  const seeds = [pcapOf([datagramOf(hello), datagramOf(hello)]), readPcapng()]
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(seeds[round % seeds.length]!)
    for (let i = 1 + next(8); i > 0; i--) bytes[next(bytes.length)] = next(256)
    readAll(bytes.subarray(0, next(4) === 0 ? next(bytes.length) : bytes.length))
  }
})

function readPcapng(): Buffer {
  const size = helloFrame.length
  return Buffer.concat([
    block(0x0a0d0d0a, words(true, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff), true),
    block(1, words(true, 1, 0), true),
    block(6, Buffer.concat([words(true, 0, 1, 2, size, size), helloFrame]), true),
    block(3, Buffer.concat([words(true, size), helloFrame]), true),
  ])
}

test('the recorded scenarios hold as many datagrams as they should', () => {
  const shared = process.env.VIGIE_SHARED ?? '../shared'
  const table = join(shared, 'corpora', 'SCENARIOS.tsv')
  if (!existsSync(table)) {
    process.stdout.write(`skipped: no recordings at ${shared}\n`)
    return
  }
  const [head, ...rows] = readFileSync(table, 'utf8').trim().split('\n')
  const column = head!.split('\t').indexOf('datagrams')
  for (const row of rows) {
    const cells = row.split('\t')
    const reader = new CaptureReader(join(shared, 'corpora', 'pcap', `${cells[0]}.pcap`))
    assert.is([...reader.datagrams()].length, Number(cells[column]), cells[0])
  }
})

test.run()
