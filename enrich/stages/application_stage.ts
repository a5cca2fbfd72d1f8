import type { FlowBlock } from '../../model/flow_block.js'
import { COL } from '../../model/flow_columns.js'
import { PairTable } from '../tables/pair_table.js'
import { PrefixTable } from '../tables/prefix_table.js'
import {
  APP_CLASS,
  APP_NUMBER,
  APP_WORDS,
  type ApplicationTables,
  RULE_ANY_PROTOCOL,
  RULE_WORDS,
} from '../tables/shared_tables.js'

const SRC_ADDR = COL.src_addr!
const DST_ADDR = COL.dst_addr!
const SRC_PORT = COL.src_port!
const DST_PORT = COL.dst_port!
const PROTO = COL.ip_proto!
const APP_KEY = COL.app_key!
const RULE = COL.app_rule_id!
const CLASS = COL.app_class_id!
const TCP = 6
const UDP = 17

/**
 * The application of each row and its class: the exporter's own id where the registry names it, else a rule
 * of the registry on the server's address, else on its port, else the catalogue of well-known services. The
 * server is the end whose address or port has a rule; where both have, the destination by address, the
 * registry's or the lower one by port.
 */
export class ApplicationStage {
  readonly #ports: Uint16Array
  /** Bits of the ports that have an application: of two ports one is mostly nobody's, and the bits stay in a near cache. */
  readonly #hasApp: Uint32Array
  readonly #protocols: Uint16Array
  readonly #facts: Uint32Array
  readonly #registered: number
  readonly #appKeys: PairTable | undefined
  readonly #servers: PrefixTable | undefined
  readonly #groups: Uint32Array
  readonly #rules: Uint32Array
  /** Index of each row's application. */
  #found = new Uint16Array(0)

  constructor(tables: ApplicationTables) {
    this.#ports = new Uint16Array(tables.ports)
    this.#hasApp = new Uint32Array(this.#ports.length / 32)
    this.#ports.forEach((app, i) => {
      if (app !== 0) this.#hasApp[i >>> 5]! |= 1 << (i & 31)
    })
    this.#protocols = new Uint16Array(tables.protocols)
    this.#facts = new Uint32Array(tables.facts)
    this.#registered = tables.registered
    this.#appKeys = tables.appKeys && new PairTable(tables.appKeys)
    this.#servers = tables.servers && new PrefixTable(tables.servers)
    this.#groups = new Uint32Array(tables.groups ?? new SharedArrayBuffer(0))
    this.#rules = new Uint32Array(tables.rules ?? new SharedArrayBuffer(0))
  }

  run(block: FlowBlock): void {
    if (this.#found.length < block.rows) this.#found = new Uint16Array(block.capacity)
    if (block.touched[PROTO] === 0) return
    this.#byPort(block)
    this.#byAddress(block, SRC_ADDR, SRC_PORT)
    this.#byAddress(block, DST_ADDR, DST_PORT)
    this.#byKey(block)
    block.touch(RULE)
    block.touch(CLASS)
    const rules = block.words[RULE]!
    const classes = block.words[CLASS]!
    const facts = this.#facts
    for (let row = 0; row < block.rows; row++) {
      const at = this.#found[row]! * APP_WORDS
      rules[row] = facts[at + APP_NUMBER]!
      classes[row] = facts[at + APP_CLASS]!
    }
  }

  #byPort(block: FlowBlock): void {
    const found = this.#found
    const protocols = block.words[PROTO]!
    const hasPorts = block.touched[SRC_PORT] === 1 && block.touched[DST_PORT] === 1
    const src = block.words[SRC_PORT]!
    const dst = block.words[DST_PORT]!
    for (let row = 0; row < block.rows; row++) {
      const protocol = protocols[row]!
      let app = 0
      if (hasPorts && (protocol === TCP || protocol === UDP)) {
        const base = protocol === TCP ? 0 : 65536
        app = this.#choose(
          this.#ofPort(base + src[row]!),
          src[row]!,
          this.#ofPort(base + dst[row]!),
          dst[row]!,
        )
      }
      found[row] = app === 0 ? this.#protocols[protocol]! : app
    }
  }

  /** Index of a port's application, 0 without one; by a mask, for either end may be the server. */
  #ofPort(at: number): number {
    const mask = -((this.#hasApp[at >>> 5]! >>> (at & 31)) & 1)
    return this.#ports[at & mask]! & mask
  }

  #choose(srcApp: number, srcPort: number, dstApp: number, dstPort: number): number {
    if (srcApp === 0 || dstApp === 0) return srcApp | dstApp
    const srcIsOurs = srcApp <= this.#registered
    if (srcIsOurs !== dstApp <= this.#registered) return srcIsOurs ? srcApp : dstApp
    return srcPort < dstPort ? srcApp : dstApp
  }

  /** Rules of the registry on the address of one end, over what its port said. */
  #byAddress(block: FlowBlock, address: number, port: number): void {
    const servers = this.#servers
    if (servers === undefined || block.touched[address] === 0) return
    const addresses = block.words[address] as Uint32Array
    const ports = block.touched[port] === 1 ? block.words[port]! : undefined
    const protocols = block.words[PROTO]!
    for (let row = 0; row < block.rows; row++) {
      const group = servers.lookupRow(addresses, row)
      if (group === 0) continue
      const app = this.#match(group, protocols[row]!, ports === undefined ? 0 : ports[row]!)
      if (app !== 0) this.#found[row] = app
    }
  }

  /** The first rule of a group that fits. */
  #match(group: number, protocol: number, port: number): number {
    const rules = this.#rules
    const end = (this.#groups[2 * group]! + this.#groups[2 * group + 1]!) * RULE_WORDS
    for (let at = this.#groups[2 * group]! * RULE_WORDS; at < end; at += RULE_WORDS) {
      const fits = rules[at] === protocol || rules[at] === RULE_ANY_PROTOCOL
      if (fits && port >= rules[at + 1]! && port <= rules[at + 2]!) return rules[at + 3]!
    }
    return 0
  }

  #byKey(block: FlowBlock): void {
    const appKeys = this.#appKeys
    if (appKeys === undefined || block.touched[APP_KEY] === 0) return
    const keys = block.words[APP_KEY]!
    for (let row = 0; row < block.rows; row++) {
      const app = appKeys.get(keys[2 * row + 1]!, keys[2 * row]!)
      if (app !== 0) this.#found[row] = app
    }
  }
}
