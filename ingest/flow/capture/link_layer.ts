/** LINKTYPE_ numbers (tcpdump.org/linktypes.html) that exporters' traffic is captured with. */
export const LINK_ETHERNET = 1
const LINK_NULL = 0
const LINK_PPP = 9
const LINK_PPP_HDLC = 50
const LINK_PPP_ETHER = 51
const LINK_CISCO_HDLC = 104
const LINK_LOOP = 108
const LINK_LINUX_SLL = 113
const LINK_LINUX_SLL2 = 276
/** Raw IP: 12 and 14 are what some systems write for 101; 228 and 229 tell the version. */
const LINKS_RAW_IP: ReadonlySet<number> = new Set([12, 14, 101, 228, 229])

const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
const ETHERTYPE_PPPOE_SESSION = 0x8864
const VLAN_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100, 0x9200])
const PPP_IPV4 = 0x0021
const PPP_IPV6 = 0x0057
const TAGS_MAX = 8

/** Offset of the IP header for an EtherType whose payload starts at `at`; -1 when it is not IP. */
function afterEtherType(packet: Buffer, type: number, at: number): number {
  let etherType = type
  let offset = at
  for (let tags = 0; VLAN_TAGS.has(etherType) && tags < TAGS_MAX; tags++) {
    if (offset + 4 > packet.length) return -1
    etherType = packet.readUInt16BE(offset + 2)
    offset += 4
  }
  if (etherType === ETHERTYPE_IPV4 || etherType === ETHERTYPE_IPV6) return offset
  return etherType === ETHERTYPE_PPPOE_SESSION ? afterPpp(packet, offset + 6) : -1
}

/** PPP (RFC 1661, 1662): address and control are optional, the protocol may be squeezed into one byte. */
function afterPpp(packet: Buffer, at: number): number {
  let offset = at
  if (offset + 2 <= packet.length && packet.readUInt16BE(offset) === 0xff03) offset += 2
  if (offset + 2 > packet.length) return -1
  const squeezed = (packet[offset]! & 1) === 1
  const protocol = squeezed ? packet[offset]! : packet.readUInt16BE(offset)
  return protocol === PPP_IPV4 || protocol === PPP_IPV6 ? offset + (squeezed ? 1 : 2) : -1
}

/**
 * Offset of the IP header in a packet of this link type; -1 when there is none or the link type is unknown.
 */
export function ipOffset(linkType: number, packet: Buffer): number {
  if (LINKS_RAW_IP.has(linkType)) return 0
  switch (linkType) {
    case LINK_ETHERNET:
      return packet.length < 14 ? -1 : afterEtherType(packet, packet.readUInt16BE(12), 14)
    // The address family is in the byte order of whoever wrote it: the IP version field decides.
    case LINK_NULL:
    case LINK_LOOP:
      return 4
    case LINK_PPP:
    case LINK_PPP_HDLC:
      return afterPpp(packet, 0)
    case LINK_PPP_ETHER:
      return afterPpp(packet, 6)
    case LINK_CISCO_HDLC:
      return packet.length < 4 ? -1 : afterEtherType(packet, packet.readUInt16BE(2), 4)
    case LINK_LINUX_SLL:
      return packet.length < 16 ? -1 : afterEtherType(packet, packet.readUInt16BE(14), 16)
    case LINK_LINUX_SLL2:
      return packet.length < 20 ? -1 : afterEtherType(packet, packet.readUInt16BE(0), 20)
    default:
      return -1
  }
}
