import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LAYER, type Layer, PacketHeaders, TUNNEL } from '../../../ingest/flow/packet_headers.js'
import { ethernet, hex, ipv4Packet, ipv6Packet, tcp, udp } from './sflow5_builder.js'

const test = suite('packet headers')

function parse(bytes: Buffer, layer: Layer = LAYER.ethernet): PacketHeaders {
  const packet = new PacketHeaders()
  packet.parse(bytes, 0, bytes.length, layer)
  return packet
}

const IPV4 = hex('0800')
const IPV6 = hex('86dd')
const segment = ipv4Packet(6, tcp(443, 50_000, 0x112), { tos: 184 })

/** What matters of the packet above, however it is wrapped. */
function assertSegment(packet: PacketHeaders, name: string): void {
  assert.is(packet.ipVersion, 4, name)
  assert.is(packet.protocol, 6, name)
  assert.is(packet.tos, 184, name)
  assert.is(packet.ipBytes, 40, name)
  assert.is(packet.srcPort, 443, name)
  assert.is(packet.dstPort, 50_000, name)
  assert.is(packet.tcpFlags, 0x112, name)
}

test('the same packet is found under every wrapping', () => {
  const wrappings: [string, Buffer, Layer][] = [
    ['Ethernet', ethernet(IPV4, segment), LAYER.ethernet],
    ['802.1Q', ethernet(hex('8100 e064'), IPV4, segment), LAYER.ethernet],
    ['QinQ', ethernet(hex('88a8 0064 8100 0065'), IPV4, segment), LAYER.ethernet],
    ['old QinQ', ethernet(hex('9100 0064 9200 0065'), IPV4, segment), LAYER.ethernet],
    ['SNAP', ethernet(hex('0030 aaaa03 000000'), IPV4, segment), LAYER.ethernet],
    ['MPLS', ethernet(hex('8847 000640ff 000c81ff'), segment), LAYER.ethernet],
    ['PPPoE', ethernet(hex('8864 1100 0001 002a 0021'), segment), LAYER.ethernet],
    ['PPP', Buffer.concat([hex('ff03 0021'), segment]), LAYER.ppp],
    ['MPLS in PPP', Buffer.concat([hex('0281 000641ff'), segment]), LAYER.ppp],
    ['bare IPv4', segment, LAYER.ipv4],
    ['bare MPLS', Buffer.concat([hex('000641ff'), segment]), LAYER.mpls],
  ]
  for (const [name, bytes, layer] of wrappings) assertSegment(parse(bytes, layer), name)
})

test('tags and labels are read from the outside in', () => {
  const qinq = parse(ethernet(hex('88a8 a064 8100 0065'), IPV4, segment))
  assert.equal([qinq.vlan, qinq.innerVlan, qinq.priority], [100, 101, 5])
  const labels = parse(ethernet(hex('8847 000100ff 000200ff 000300ff 000401ff'), segment))
  assert.equal([labels.labels, labels.label1, labels.label2, labels.label3], [4, 16, 32, 48])
  assertSegment(labels, 'four labels')
})

test('a stack of labels without bottom is given up', () => {
  const packet = parse(ethernet(hex('8847'), Buffer.alloc(400)))
  assert.is(packet.labels, 16)
  assert.is(packet.ipVersion, 0)
})

test('IPv6 extension headers are passed over', () => {
  const hopByHop = hex('3c00 0104 00000000')
  const options = hex('2b01 0104 0000000000000000 00000000')
  const routing = hex('3302 0400 00000000 0000000000000000 0000000000000000')
  const authentication = hex('0601 0000 00000001 00000002')
  const chain = Buffer.concat([hopByHop, options, routing, authentication, tcp(1, 2, 2)])
  const packet = parse(ethernet(IPV6, ipv6Packet(0, chain)))
  assert.is(packet.protocol, 6)
  assert.equal([packet.srcPort, packet.dstPort, packet.tcpFlags], [1, 2, 2])
  assert.equal([packet.tos, packet.flowLabel], [0xab, 0x00123])
  assert.is(packet.ipBytes, 40 + chain.length)
})

test('later fragments have no ports, first ones do', () => {
  const later = parse(ethernet(IPV4, ipv4Packet(17, udp(1, 2, Buffer.alloc(8)), { fragment: 0x2005 })))
  assert.equal([later.fragmentOffset, later.srcPort], [40, 0])
  const first = parse(ethernet(IPV4, ipv4Packet(17, udp(1, 2, Buffer.alloc(8)), { fragment: 0x2000 })))
  assert.equal([first.fragmentOffset, first.srcPort], [0, 1])
  const v6 = (field: string) =>
    ipv6Packet(44, Buffer.concat([hex(`1100 ${field} 0000002a`), udp(1, 2, Buffer.alloc(8))]))
  const laterV6 = parse(v6('0009'), LAYER.ipv6)
  assert.equal(
    [laterV6.protocol, laterV6.fragmentOffset, laterV6.fragmentId, laterV6.srcPort],
    [17, 8, 42, 0],
  )
  assert.is(parse(v6('0001'), LAYER.ipv6).srcPort, 1)
})

test('ICMP types and codes', () => {
  const v4 = parse(ipv4Packet(1, hex('030d 00000000')), LAYER.ipv4)
  assert.equal([v4.icmpType, v4.icmpCode], [3, 13])
  const v6 = parse(ipv6Packet(58, hex('8000 00000000')), LAYER.ipv6)
  assert.equal([v6.icmpType, v6.icmpCode], [128, 0])
  assert.is(parse(segment, LAYER.ipv4).icmpType, 255)
})

test('tunnels: the outer packet is the flow, and where the inner one begins is told', () => {
  const inner = ethernet(IPV4, segment)
  const vxlan = ipv4Packet(17, udp(5000, 4789, Buffer.concat([hex('08000000 00006400'), inner])))
  const geneve = ipv4Packet(17, udp(5000, 6081, Buffer.concat([hex('01006558 00006400 deadbeef'), inner])))
  const gre = ipv4Packet(47, Buffer.concat([hex('b0006558 0000 0000 00000064 00000001'), inner]))
  const greIp = ipv4Packet(47, Buffer.concat([hex('0000 0800'), segment]))
  const ipIp = ipv4Packet(4, segment)
  const kinds: [string, Buffer, number, number][] = [
    ['VXLAN', vxlan, TUNNEL.vxlan, 100],
    ['GENEVE', geneve, TUNNEL.geneve, 100],
    ['GRE with key', gre, TUNNEL.gre, 100],
    ['GRE', greIp, TUNNEL.gre, 0],
    ['IP in IP', ipIp, TUNNEL.ipInIp, 0],
  ]
  for (const [name, bytes, tunnel, id] of kinds) {
    const outer = parse(bytes, LAYER.ipv4)
    assert.equal([outer.tunnel, outer.tunnelId], [tunnel, id], name)
    assert.is(outer.ipBytes, bytes.length, name)
    const packet = new PacketHeaders()
    packet.parse(bytes, outer.innerAt, bytes.length, outer.innerLayer)
    assertSegment(packet, name)
  }
})

test('a header that is cut anywhere says what it can, and no more', () => {
  const frame = ethernet(hex('8100 0064'), IPV4, segment)
  for (let length = 0; length <= frame.length; length++) {
    const packet = parse(frame.subarray(0, length))
    assert.is(packet.ipVersion, length >= 18 + 20 ? 4 : 0)
    assert.is(packet.srcPort, length >= 18 + 24 ? 443 : 0)
    assert.is(packet.tcpFlags, length >= 18 + 34 ? 0x112 : 0)
  }
})

test('a reader that is reset remembers nothing', () => {
  const packet = new PacketHeaders()
  packet.parse(ethernet(hex('8100 e064'), IPV4, segment), 0, 62, LAYER.ethernet)
  packet.reset()
  assert.equal({ ...packet }, { ...new PacketHeaders() })
})

test.run()
