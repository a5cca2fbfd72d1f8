import { type Address, host6, type Prefix6, sizeOf4, v4, v6 } from './address.js'
import type { Link, Network, Site } from './network.js'
import { type Random, WeightedIndex } from './random.js'
import { centrePrefix, internetPrefix, SERVICES, type Service } from './services.js'

/** The two ends of a conversation and the edge that sees it. */
export interface Ends {
  /** Whose edge exports it. */
  readonly site: Site
  readonly src: Address
  readonly dst: Address
  /** The source stands on the site's own network. */
  readonly outbound: boolean
  /** One end is on the Internet. */
  readonly internet: boolean
  readonly link: Link
}

/** Hosts of a site begin after the addresses of its equipment. */
export const FIRST_CLIENT = 32
/** Servers of a service, per data centre. */
const SERVERS = 6
/** The invented Internet's users, second half of the benchmark addresses (RFC 2544). */
const INTERNET_USERS = v4(198, 19, 0, 0)
/** Documentation prefix for the invented Internet (RFC 9637). */
const INTERNET_V6: Prefix6 = { base: v6([0x3fff]), length: 20 }
const IPV6_SHARE = 0.12

export const internetUser = (random: Random): number => INTERNET_USERS + 1 + random.int(65534)

/** A few hosts of a site do most of the talking: the square of a uniform number favours the first ones. */
export function clientNumber(site: Site, random: Random): number {
  const u = random.float()
  const clients = Math.min(site.workstations, sizeOf4(site.v4) - FIRST_CLIENT - 2)
  return FIRST_CLIENT + Math.floor(u * u * clients)
}

/** Draws the ends of conversations of each service over the sites. */
export class Endpoints {
  readonly #network: Network
  readonly #centres: readonly Site[]
  readonly #clients: readonly WeightedIndex[]
  readonly #anySite: WeightedIndex

  constructor(network: Network) {
    this.#network = network
    this.#centres = network.sites.filter((s) => s.kind === 'data_centre')
    // Small sites talk more for each workstation than large ones; the constant is for their equipment.
    const activity = network.sites.map((s) => s.workstations ** 0.85 + 2)
    this.#clients = SERVICES.map(
      (service) =>
        new WeightedIndex(network.sites.map((s, i) => activity[i]! * (service.affinity[s.kind] ?? 1))),
    )
    this.#anySite = new WeightedIndex(network.sites.map((s) => (s.kind === 'data_centre' ? 0 : 1)))
  }

  draw(service: Service, random: Random): Ends {
    switch (service.path) {
      case 'to_centre':
        return this.#toCentre(service, random)
      case 'to_internet':
        return this.#toInternet(service, random)
      case 'to_peer':
        return this.#toPeer(service, random)
      case 'from_centre':
        return this.#fromCentre(service, random)
      case 'from_internet':
        return this.#fromInternet(service, random)
    }
  }

  #client(service: Service, random: Random): Site {
    return this.#network.sites[this.#clients[service.index]!.draw(random)]!
  }

  /** Half of a site's conversations go to its own data centre, so that each centre has its regulars. */
  #centreFor(site: Site, random: Random): Site {
    const at = random.chance(0.5) ? site.index % this.#centres.length : random.int(this.#centres.length)
    const centre = this.#centres[at]!
    return centre === site ? this.#centres[(at + 1) % this.#centres.length]! : centre
  }

  #usesV6(site: Site, random: Random): boolean {
    return site.edge.model.ipv6 && random.chance(IPV6_SHARE)
  }

  #toCentre(service: Service, random: Random): Ends {
    const site = this.#client(service, random)
    const centre = this.#centreFor(site, random)
    const host = clientNumber(site, random)
    const server = 10 + random.int(SERVERS)
    const six = this.#usesV6(site, random)
    return {
      site,
      src: six ? host6(site.v6, 1, host) : site.v4.base + host,
      dst: six ? host6(centre.v6, 16 + service.index, server) : centrePrefix(centre, service).base + server,
      outbound: true,
      internet: false,
      link: linkFor(site, random),
    }
  }

  #toInternet(service: Service, random: Random): Ends {
    const site = this.#client(service, random)
    const host = clientNumber(site, random)
    // A handful of front ends take most of the load.
    const front = Math.floor(random.float() ** 3 * 1000)
    const six = this.#usesV6(site, random)
    return {
      site,
      src: six ? host6(site.v6, 1, host) : site.v4.base + host,
      dst: six ? host6(INTERNET_V6, 16 + service.index, front) : internetPrefix(service).base + 1 + front,
      outbound: true,
      internet: true,
      link: linkFor(site, random),
    }
  }

  #toPeer(service: Service, random: Random): Ends {
    const site = this.#client(service, random)
    let peer = this.#client(service, random)
    if (peer === site) peer = this.#network.sites[(site.index + 1) % this.#network.sites.length]!
    return {
      site,
      src: site.v4.base + clientNumber(site, random),
      dst: peer.v4.base + clientNumber(peer, random),
      outbound: true,
      internet: false,
      link: site.links[0]!,
    }
  }

  #fromCentre(service: Service, random: Random): Ends {
    const site = this.#network.sites[this.#anySite.draw(random)]!
    const centre = this.#centreFor(site, random)
    return {
      site,
      src: centrePrefix(centre, service).base + 10 + random.int(2),
      // Gateway, switches and servers of the site.
      dst: site.v4.base + 1 + random.int(Math.min(6, 2 + site.servers)),
      outbound: false,
      internet: false,
      link: site.links[0]!,
    }
  }

  #fromInternet(service: Service, random: Random): Ends {
    const open = this.#centres.filter((c) => c.publicV4 !== undefined)
    const site = random.pick(open)
    return {
      site,
      src: internetUser(random),
      dst: site.publicV4!.base + 10 + ((service.index * 3 + random.int(3)) % 40),
      outbound: false,
      internet: true,
      link: linkFor(site, random),
    }
  }
}

/** The first link carries most; mobile links are for emergencies. */
function linkFor(site: Site, random: Random): Link {
  const second = site.links[1]
  if (second === undefined || second.technology === 'lte' || second.technology === '5g') return site.links[0]!
  return random.chance(0.7) ? site.links[0]! : second
}
