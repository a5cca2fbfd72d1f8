import { lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { UnauthorisedError } from '../../target.js'

/**
 * Special-purpose addresses (IANA's registries, RFC 6890): a destination there is a machine of ours, of the cloud's
 * inside, or nobody.
 */
const PRIVATE_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
/** Those that carry an IPv4 address inside (mapped, NAT64, 6to4, Teredo) are refused whole: nobody publishes a service there. */
const PRIVATE_V6 = [
  '::/96',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

/** Prefixes of one family a list: a BlockList that holds `::ffff:0:0/96` says yes to every IPv4 address. */
class Prefixes {
  readonly #v4 = new BlockList()
  readonly #v6 = new BlockList()

  constructor(prefixes: readonly string[]) {
    for (const prefix of prefixes) {
      const [address = '', bits] = prefix.split('/')
      if (isIP(address) === 6) this.#v6.addSubnet(address, bits === undefined ? 128 : Number(bits), 'ipv6')
      else this.#v4.addSubnet(address, bits === undefined ? 32 : Number(bits), 'ipv4')
    }
  }

  has(address: string): boolean {
    if (isIP(address) === 4) return this.#v4.check(address, 'ipv4')
    // An IPv4 prefix also holds its addresses mapped into IPv6.
    return this.#v6.check(address, 'ipv6') || this.#v4.check(address, 'ipv6')
  }
}

export interface Resolved {
  readonly address: string
  readonly family: number
}
export type Resolve = (host: string, done: (error: Error | null, found: readonly Resolved[]) => void) => void

const systemResolve: Resolve = (host, done) =>
  systemLookup(host, { all: true, verbatim: true }, (error, found) => done(error, found ?? []))

export interface GuardConfig {
  /** Hosts that may be asked: `hooks.example.org`, `*.example.org`. */
  readonly allow_hosts: readonly string[]
  /** Prefixes among the private ones that may be asked: `10.20.0.0/16`. */
  readonly allow_private: readonly string[]
}

/**
 * Keeps requests to destinations that were allowed (server-side request forgery). Names are checked against a list before
 * they are looked up, addresses after; the connection goes to the address that was checked, so that a name server which
 * answers differently the second time gains nothing.
 */
export class NetworkGuard {
  readonly #hosts: readonly string[]
  readonly #private = new Prefixes([...PRIVATE_V4, ...PRIVATE_V6])
  readonly #allowed: Prefixes
  readonly #resolve: Resolve

  constructor(config: GuardConfig, resolve: Resolve = systemResolve) {
    this.#hosts = config.allow_hosts.map((host) => host.toLowerCase())
    this.#allowed = new Prefixes(config.allow_private)
    this.#resolve = resolve
  }

  /** @throws UnauthorisedError for a host that is not on the list, or an address that is private */
  checkUrl(url: URL): void {
    const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
    const on = this.#hosts.some((allowed) =>
      allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) : host === allowed,
    )
    if (!on) throw new UnauthorisedError(`${host} is not one of allow_hosts`)
    if (isIP(host) !== 0) this.#checkAddress(host, host)
  }

  /** Takes the place of `dns.lookup` in a request. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.#resolve(host, (error, found) => {
      if (error !== null) return callback(error, '', 0)
      try {
        if (found.length === 0) throw new Error(`${host} has no address`)
        for (const { address } of found) this.#checkAddress(address, host)
      } catch (refused) {
        return callback(refused as Error, '', 0)
      }
      if (options.all) return callback(null, [...found])
      return callback(null, found[0]!.address, found[0]!.family)
    })
  }

  #checkAddress(address: string, host: string): void {
    const bare = address.replace(/%.*$/, '')
    if (this.#allowed.has(bare) || !this.#private.has(bare)) return
    throw new UnauthorisedError(
      `${host} leads to a private address, which is refused: add its prefix to allow_private if that is meant`,
    )
  }
}
