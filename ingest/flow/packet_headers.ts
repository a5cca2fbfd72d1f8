/**
 * Reads the headers of a sampled packet: Ethernet, 802.1Q and QinQ tags, MPLS, PPPoE and PPP, IPv4, IPv6
 * with its
 * extension headers, TCP, UDP, SCTP, ICMP. The outermost IP header is the flow; what a tunnel carries is
 * told by where
 * it begins, for another reader to read.
 *
 * ```
 * Ethernet | tags | MPLS | IP | UDP | VXLAN | Ethernet | IP …
 *                        ^ ipAt ^ transportAt ^ innerAt, innerLayer
 * ```
 */

/** What a packet begins with. */
export const LAYER = { none: 0, ethernet: 1, ipv4: 2, ipv6: 3, mpls: 4, ppp: 5 } as const
export type Layer = (typeof LAYER)[keyof typeof LAYER]

/** How an inner packet is carried. */
export const TUNNEL = { none: 0, ipInIp: 1, gre: 2, vxlan: 3, geneve: 4 } as const
export type Tunnel = (typeof TUNNEL)[keyof typeof TUNNEL]

const TAGS_MAX = 8
const LABELS_MAX = 16
const EXTENSIONS_MAX = 8

const ETHERTYPE_VLAN = 0x8100
const ETHERTYPE_QINQ = 0x88a8
/** Tag types from before 802.1ad that are still met. */
const ETHERTYPE_QINQ_OLD = 0x9100
const ETHERTYPE_QINQ_OLDER = 0x9200
const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
const ETHERTYPE_MPLS = 0x8847
const ETHERTYPE_MPLS_UPSTREAM = 0x8848
const ETHERTYPE_PPPOE = 0x8864
/** Ethernet inside GRE or GENEVE. */
const ETHERTYPE_BRIDGED = 0x6558
/** Up to here the field is a length (IEEE 802.3). */
const ETHERNET_LENGTH_MAX = 1500

const PPP_IPV4 = 0x0021
const PPP_IPV6 = 0x0057
const PPP_MPLS = 0x0281

const PROTOCOL_ICMP = 1
const PROTOCOL_IPV4 = 4
const PROTOCOL_TCP = 6
const PROTOCOL_UDP = 17
const PROTOCOL_DCCP = 33
const PROTOCOL_IPV6 = 41
const PROTOCOL_GRE = 47
const PROTOCOL_AUTHENTICATION = 51
const PROTOCOL_ICMPV6 = 58
const PROTOCOL_SCTP = 132
const PROTOCOL_UDP_LITE = 136

const EXTENSION_HOP_BY_HOP = 0
const EXTENSION_ROUTING = 43
const EXTENSION_FRAGMENT = 44
const EXTENSION_DESTINATION = 60
const EXTENSION_MOBILITY = 135

const PORT_VXLAN = 4789
/** Linux took this port before VXLAN was given one. */
const PORT_VXLAN_LINUX = 8472
const PORT_GENEVE = 6081

const u16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!
const u32 = (b: Uint8Array, at: number): number =>
  ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0

/**
 * What was found. One is made once and reused; offsets are into the bytes that were read, -1 where absent.
 */
export class PacketHeaders {
  dstMacAt = -1
  srcMacAt = -1
  /** Last EtherType read; 0 without. */
  etherType = 0
  /** VLAN id of the outer tag, of the inner one (QinQ), and priority of the outer; 0 without. */
  vlan = 0
  innerVlan = 0
  priority = 0
  /** The outermost three labels, outermost first, and how many there are. */
  label1 = 0
  label2 = 0
  label3 = 0
  labels = 0
  ipAt = -1
  /** 4, 6, or 0 without an IP header. */
  ipVersion = 0
  srcAddressAt = -1
  dstAddressAt = -1
  /** Octets from the IP header to the end of the packet as sent; 0 where the header does not tell. */
  ipBytes = 0
  protocol = 0
  tos = 0
  ttl = 0
  flowLabel = 0
  /** Identification and offset in octets; offset 0 on the first fragment and on whole packets. */
  fragmentId = 0
  fragmentOffset = 0
  transportAt = -1
  srcPort = 0
  dstPort = 0
  tcpFlags = 0
  /** 255 when unknown. */
  icmpType = 255
  icmpCode = 255
  tunnel: Tunnel = TUNNEL.none
  /** VNI of VXLAN and GENEVE, key of GRE. */
  tunnelId = 0
  innerAt = -1
  innerLayer: Layer = LAYER.none

  #bytes: Uint8Array = new Uint8Array(0)
  #end = 0

  reset(): void {
    this.dstMacAt = this.srcMacAt = this.ipAt = this.srcAddressAt = this.dstAddressAt = -1
    this.transportAt = this.innerAt = -1
    this.etherType = this.vlan = this.innerVlan = this.priority = 0
    this.label1 = this.label2 = this.label3 = this.labels = 0
    this.ipVersion = this.ipBytes = this.protocol = this.tos = this.ttl = this.flowLabel = 0
    this.fragmentId = this.fragmentOffset = this.srcPort = this.dstPort = this.tcpFlags = 0
    this.icmpType = this.icmpCode = 255
    this.tunnel = TUNNEL.none
    this.tunnelId = 0
    this.innerLayer = LAYER.none
  }

  /**
   * Reads from `at` to before `end`; a header that is cut off, or that contradicts itself, ends the reading.
   */
  parse(bytes: Uint8Array, at: number, end: number, layer: Layer): void {
    this.#bytes = bytes
    this.#end = end
    if (layer === LAYER.ethernet) this.#ethernet(at)
    else if (layer === LAYER.ipv4) this.#ipv4(at)
    else if (layer === LAYER.ipv6) this.#ipv6(at)
    else if (layer === LAYER.mpls) this.#mpls(at)
    else if (layer === LAYER.ppp) this.#ppp(at)
  }

  #ethernet(at: number): void {
    if (at + 14 > this.#end) return
    this.dstMacAt = at
    this.srcMacAt = at + 6
    this.#afterEtherType(u16(this.#bytes, at + 12), at + 14)
  }

  #afterEtherType(type: number, from: number): void {
    const b = this.#bytes
    let etherType = type
    let at = from
    for (let tags = 0; tags < TAGS_MAX && isTag(etherType) && at + 4 <= this.#end; tags++) {
      const control = u16(b, at)
      if (tags === 0) {
        this.vlan = control & 0xfff
        this.priority = control >> 13
      } else if (tags === 1) this.innerVlan = control & 0xfff
      etherType = u16(b, at + 2)
      at += 4
    }
    // IEEE 802.2 SNAP: the EtherType follows the LLC header and a zero OUI.
    if (etherType <= ETHERNET_LENGTH_MAX && at + 8 <= this.#end && u16(b, at) === 0xaaaa && b[at + 2] === 3) {
      etherType = u16(b, at + 6)
      at += 8
    }
    this.etherType = etherType
    if (etherType === ETHERTYPE_IPV4) this.#ipv4(at)
    else if (etherType === ETHERTYPE_IPV6) this.#ipv6(at)
    else if (etherType === ETHERTYPE_MPLS || etherType === ETHERTYPE_MPLS_UPSTREAM) this.#mpls(at)
    else if (etherType === ETHERTYPE_PPPOE) this.#ppp(at + 6)
  }

  /**
   * RFC 3032: label 20, class 3, bottom of stack 1, TTL 8. What follows is told by its first four bits only.
   */
  #mpls(from: number): void {
    const b = this.#bytes
    let at = from
    for (let bottom = false; !bottom && this.labels < LABELS_MAX && at + 4 <= this.#end; at += 4) {
      const entry = u32(b, at)
      const label = entry >>> 12
      this.labels++
      if (this.labels === 1) this.label1 = label
      else if (this.labels === 2) this.label2 = label
      else if (this.labels === 3) this.label3 = label
      bottom = (entry & 0x100) !== 0
    }
    if (at >= this.#end || at === from || (b[at - 2]! & 1) === 0) return
    const version = b[at]! >> 4
    if (version === 4) this.#ipv4(at)
    else if (version === 6) this.#ipv6(at)
  }

  #ppp(from: number): void {
    const b = this.#bytes
    let at = from
    if (at + 2 <= this.#end && u16(b, at) === 0xff03) at += 2
    if (at + 2 > this.#end) return
    const protocol = u16(b, at)
    if (protocol === PPP_IPV4) this.#ipv4(at + 2)
    else if (protocol === PPP_IPV6) this.#ipv6(at + 2)
    else if (protocol === PPP_MPLS) this.#mpls(at + 2)
  }

  /** RFC 791. */
  #ipv4(at: number): void {
    const b = this.#bytes
    if (at + 20 > this.#end || b[at]! >> 4 !== 4 || (b[at]! & 15) < 5) return
    this.ipAt = at
    this.ipVersion = 4
    this.tos = b[at + 1]!
    this.ipBytes = u16(b, at + 2)
    this.fragmentId = u16(b, at + 4)
    this.fragmentOffset = (u16(b, at + 6) & 0x1fff) * 8
    this.ttl = b[at + 8]!
    this.protocol = b[at + 9]!
    this.srcAddressAt = at + 12
    this.dstAddressAt = at + 16
    if (this.fragmentOffset === 0) this.#transport(this.protocol, at + (b[at]! & 15) * 4)
  }

  /** RFC 8200 section 3; the extension headers of section 4 and RFC 4302, 6275. */
  #ipv6(at: number): void {
    const b = this.#bytes
    if (at + 40 > this.#end || b[at]! >> 4 !== 6) return
    this.ipAt = at
    this.ipVersion = 6
    this.tos = ((b[at]! & 15) << 4) | (b[at + 1]! >> 4)
    this.flowLabel = u32(b, at) & 0xfffff
    const payload = u16(b, at + 4)
    this.ipBytes = payload === 0 ? 0 : payload + 40
    this.ttl = b[at + 7]!
    this.srcAddressAt = at + 8
    this.dstAddressAt = at + 24
    let next = b[at + 6]!
    let offset = at + 40
    for (let i = 0; i < EXTENSIONS_MAX && isExtension(next) && offset + 8 <= this.#end; i++) {
      const length = b[offset + 1]!
      if (next === EXTENSION_FRAGMENT) {
        this.fragmentOffset = u16(b, offset + 2) & 0xfff8
        this.fragmentId = u32(b, offset + 4)
      }
      const type = next
      next = b[offset]!
      if (type === EXTENSION_FRAGMENT) offset += 8
      else offset += type === PROTOCOL_AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8
    }
    this.protocol = next
    if (this.fragmentOffset === 0) this.#transport(next, offset)
  }

  #transport(protocol: number, at: number): void {
    const b = this.#bytes
    if (at + 4 > this.#end) return
    this.transportAt = at
    switch (protocol) {
      case PROTOCOL_TCP:
        if (at + 14 <= this.#end) this.tcpFlags = u16(b, at + 12) & 0xfff
        this.#ports(at)
        break
      case PROTOCOL_UDP:
        this.#ports(at)
        this.#udpTunnel(at + 8)
        break
      case PROTOCOL_SCTP:
      case PROTOCOL_DCCP:
      case PROTOCOL_UDP_LITE:
        this.#ports(at)
        break
      case PROTOCOL_ICMP:
      case PROTOCOL_ICMPV6:
        this.icmpType = b[at]!
        this.icmpCode = b[at + 1]!
        break
      case PROTOCOL_IPV4:
        this.#inner(TUNNEL.ipInIp, 0, at, LAYER.ipv4)
        break
      case PROTOCOL_IPV6:
        this.#inner(TUNNEL.ipInIp, 0, at, LAYER.ipv6)
        break
      case PROTOCOL_GRE:
        this.#gre(at)
        break
    }
  }

  #ports(at: number): void {
    this.srcPort = u16(this.#bytes, at)
    this.dstPort = u16(this.#bytes, at + 2)
  }

  /** RFC 2784 and 2890: checksum, key and sequence number are each there when their bit is set. */
  #gre(at: number): void {
    const b = this.#bytes
    const flags = u16(b, at)
    if ((flags & 7) !== 0) return
    const keyAt = at + 4 + (flags & 0x8000 ? 4 : 0)
    const hasKey = (flags & 0x2000) !== 0
    const innerAt = keyAt + (hasKey ? 4 : 0) + (flags & 0x1000 ? 4 : 0)
    if (innerAt >= this.#end) return
    this.#inner(TUNNEL.gre, hasKey ? u32(b, keyAt) : 0, innerAt, layerOf(u16(b, at + 2)))
  }

  /** VXLAN (RFC 7348) and GENEVE (RFC 8926): the network's number stands at the same place in both. */
  #udpTunnel(at: number): void {
    const b = this.#bytes
    if (at + 8 >= this.#end) return
    const id = u32(b, at + 4) >>> 8
    if (this.dstPort === PORT_VXLAN || this.dstPort === PORT_VXLAN_LINUX) {
      if ((b[at]! & 8) !== 0) this.#inner(TUNNEL.vxlan, id, at + 8, LAYER.ethernet)
    } else if (this.dstPort === PORT_GENEVE && b[at]! >> 6 === 0) {
      this.#inner(TUNNEL.geneve, id, at + 8 + (b[at]! & 63) * 4, layerOf(u16(b, at + 2)))
    }
  }

  #inner(tunnel: Tunnel, id: number, at: number, layer: Layer): void {
    if (at >= this.#end) return
    this.tunnel = tunnel
    this.tunnelId = id
    this.innerAt = at
    this.innerLayer = layer
  }
}

const isTag = (type: number): boolean =>
  type === ETHERTYPE_VLAN ||
  type === ETHERTYPE_QINQ ||
  type === ETHERTYPE_QINQ_OLD ||
  type === ETHERTYPE_QINQ_OLDER

const isExtension = (protocol: number): boolean =>
  protocol === EXTENSION_HOP_BY_HOP ||
  protocol === EXTENSION_ROUTING ||
  protocol === EXTENSION_FRAGMENT ||
  protocol === EXTENSION_DESTINATION ||
  protocol === EXTENSION_MOBILITY ||
  protocol === PROTOCOL_AUTHENTICATION

function layerOf(etherType: number): Layer {
  if (etherType === ETHERTYPE_IPV4) return LAYER.ipv4
  if (etherType === ETHERTYPE_IPV6) return LAYER.ipv6
  if (etherType === ETHERTYPE_BRIDGED) return LAYER.ethernet
  return etherType === ETHERTYPE_MPLS ? LAYER.mpls : LAYER.none
}
