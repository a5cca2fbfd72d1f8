/** Server ports as the registry writes them: `tcp/443`, `udp/5060-5061`, `esp`, `proto/50`. */
export interface ServicePorts {
  /** IP protocol number. */
  readonly protocol: number
  readonly first: number
  readonly last: number
  /** Whether ports were given; a protocol alone stands for all of them. */
  readonly hasPorts: boolean
}

/** IANA protocol numbers by the names people write. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  eigrp: 88,
  ospf: 89,
  pim: 103,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
}

/** Reads the text; undefined where it is none of those forms. */
export function parseServicePorts(text: string): ServicePorts | undefined {
  const match = /^([a-z0-9]+)(?:\/(\d{1,5})(?:-(\d{1,5}))?)?$/.exec(text)
  if (match === null) return undefined
  const [, name, from, to] = match
  if (name === 'proto') {
    const protocol = Number(from)
    return from === undefined || to !== undefined || protocol > 255 ? undefined : whole(protocol)
  }
  const protocol = PROTOCOLS[name!]
  if (protocol === undefined) return undefined
  if (from === undefined) return whole(protocol)
  const first = Number(from)
  const last = Number(to ?? from)
  if ((protocol !== 6 && protocol !== 17) || first > last || last > 65535) return undefined
  return { protocol, first, last, hasPorts: true }
}

const whole = (protocol: number): ServicePorts => ({ protocol, first: 0, last: 65535, hasPorts: false })
