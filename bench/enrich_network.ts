import { type Prefix, wordMask } from '../enrich/tables/prefix.js'
import { swap } from '../enrich/tables/prefix_table.js'
import { FlowBlock, V4_MAPPED_WORD } from '../model/flow_block.js'
import { COL } from '../model/flow_columns.js'
import { assignIds, type Registry, type RegistrySnapshot, registrySchema } from '../model/registry.js'
import { randomWords } from './naive_table.js'

/**
 * A registry of a size, and its prefixes as numbers, each with the index of its site and its routing table.
 */
export interface BenchNetwork {
  readonly snapshot: RegistrySnapshot
  readonly prefixes: readonly { readonly prefix: Prefix; readonly site: number; readonly table: number }[]
}

export interface NetworkSize {
  readonly sites: number
  readonly prefixes: number
  readonly seed: number
}

const REGIONS = 17
const ORGANIZATIONS = 134
const VRF = 'voice'

/**
 * Sites with IPv4 in 10/8, 172.16/12 and public space (/20 to /30, some within others), IPv6 /48 to /64 in
 * two allocations, one prefix in sixteen in a VRF; an exporter with a link at each site.
 */
export function makeNetwork(size: NetworkSize): BenchNetwork {
  const random = randomWords(size.seed)
  const found = new Map<string, BenchNetwork['prefixes'][number]>()
  while (found.size < size.prefixes) {
    const prefix = randomPrefix(random)
    const table = random() % 16 === 0 ? 1 : 0
    const site = found.size % size.sites
    const text = `${prefixText(prefix)} ${table}`
    if (!found.has(text)) found.set(text, { prefix, site, table })
  }
  const registry = registrySchema.parse({
    organizations: Array.from({ length: ORGANIZATIONS }, (_, i) => ({
      id: `o${i}`,
      name: { fr: `O${i}`, en: `O${i}` },
    })),
    vrfs: [{ id: VRF, numbers: [100] }],
    suppliers: [
      { id: 'a', name: 'A' },
      { id: 'b', name: 'B' },
    ],
  })
  const prefixes: { prefix: string; vrf?: string }[][] = Array.from({ length: size.sites }, () => [])
  for (const { prefix, site, table } of found.values()) {
    prefixes[site]!.push(
      table === 0 ? { prefix: prefixText(prefix) } : { prefix: prefixText(prefix), vrf: VRF },
    )
  }
  // Not by the schema: it would be measured with it, and a million prefixes were just made right.
  registry.sites.push(...prefixes.map((list, i) => siteOf(i, list)))
  registry.exporters.push(...prefixes.map((_, i) => ({ address: exporterText(i), site: `s${i}` })))
  registry.links.push(...prefixes.map((_, i) => linkOf(i)))
  registry.applications.push({
    id: 'office',
    name: { fr: 'B', en: 'O' },
    class: 'office',
    ports: ['tcp/8443', 'tcp/5000-5100'],
  })
  return { snapshot: { version: 1, registry, ids: assignIds(registry) }, prefixes: [...found.values()] }
}

const siteOf = (i: number, prefixes: { prefix: string; vrf?: string }[]): Registry['sites'][number] => ({
  id: `s${i}`,
  organization: `o${i % ORGANIZATIONS}`,
  region: String(1 + (i % REGIONS)).padStart(2, '0'),
  prefixes,
})

const linkOf = (i: number): Registry['links'][number] => ({
  id: `l${i}`,
  site: `s${i}`,
  supplier: i % 2 === 0 ? 'a' : 'b',
  interfaces: [{ exporter: exporterText(i), index: 2 }],
})

const exporterText = (i: number): string => `100.64.${i >>> 8}.${i & 255}`

function randomPrefix(random: () => number): Prefix {
  const w = randomInside(random)
  const v4 = random() % 10 < 6
  const length = v4 ? 20 + (random() % 11) : [48, 56, 60, 64][random() % 4]!
  if (v4) return { family: 4, length, w0: 0, w1: 0, w2: 0, w3: (w[0] & wordMask(length, 0)) >>> 0 }
  return {
    family: 6,
    length,
    w0: 0x20010db8 + (random() & 1),
    w1: (w[1] & wordMask(length, 1)) >>> 0,
    w2: 0,
    w3: 0,
  }
}

/** An IPv4 address where prefixes lie, and a random number. */
function randomInside(random: () => number): [number, number] {
  const [kind, a, b] = [random() % 8, random(), random()]
  if (kind < 5) return [0x0a000000 | (a & 0xffffff), b]
  return kind < 7 ? [(0xac100000 | (a & 0xfffff)) >>> 0, b] : [a, b]
}

function prefixText({ family, length, w0, w1, w3 }: Prefix): string {
  if (family === 4) return `${w3 >>> 24}.${(w3 >>> 16) & 255}.${(w3 >>> 8) & 255}.${w3 & 255}/${length}`
  return `${[w0 >>> 16, w0 & 0xffff, w1 >>> 16, w1 & 0xffff].map((g) => g.toString(16)).join(':')}::/${length}`
}

/** An address as four numbers, first bits first, and its routing table. IPv4 has its address in the last. */
export interface BenchAddress {
  readonly family: 4 | 6
  readonly words: readonly [number, number, number, number]
  readonly table: number
}

/** One address in two lies within a prefix, the others anywhere; half are IPv4, half IPv6. */
export function randomAddress(network: BenchNetwork, random: () => number): BenchAddress {
  const wanted = random() % 2 === 0 ? 4 : 6
  if (random() % 2 === 0) {
    const [w0, w1, w2, w3] = [random(), random(), random(), random()]
    const words = wanted === 4 ? ([0, 0, 0, w3] as const) : ([0x20000000 | (w0 >>> 3), w1, w2, w3] as const)
    return { family: wanted, words, table: random() % 16 === 0 ? 1 : 0 }
  }
  let at = random() % network.prefixes.length
  while (network.prefixes[at]!.prefix.family !== wanted) at = (at + 1) % network.prefixes.length
  return addressIn(network.prefixes[at]!, random)
}

/** An address within a prefix. */
function addressIn({ prefix, table }: BenchNetwork['prefixes'][number], random: () => number): BenchAddress {
  const { family, length } = prefix
  const fill = (word: number, i: number): number =>
    (word | (random() & ~wordMask(length, family === 4 ? i - 3 : i))) >>> 0
  if (family === 4) return { family, words: [0, 0, 0, fill(prefix.w3, 3)], table }
  const { w0, w1, w2, w3 } = prefix
  return { family, words: [fill(w0, 0), fill(w1, 1), fill(w2, 2), fill(w3, 3)], table }
}

/** Writes an address as a column of a block holds it. */
export function putAddress(column: Uint32Array, row: number, { family, words }: BenchAddress): void {
  if (family === 4) column.set([0, 0, V4_MAPPED_WORD, swap(words[3])], 4 * row)
  else column.set(words.map(swap), 4 * row)
}

/**
 * The ends of a flow: one at the exporter's site, the other anywhere; without a network, one of two in 10/8.
 */
function ends(
  network: BenchNetwork | undefined,
  exporter: number,
  sites: number,
  random: () => number,
): [here: BenchAddress, there: BenchAddress] {
  if (network === undefined) {
    const here = (0x0a000000 | (random() >>> 8)) >>> 0
    const there = random() % 2 === 0 ? (0x0a000000 | (random() >>> 8)) >>> 0 : random()
    return [
      { family: 4, words: [0, 0, 0, here], table: 0 },
      { family: 4, words: [0, 0, 0, there], table: 0 },
    ]
  }
  // Prefixes were dealt to sites in turn.
  const own = exporter + sites * (random() % Math.floor(network.prefixes.length / sites))
  return [addressIn(network.prefixes[own]!, random), randomAddress(network, random)]
}

const PORTS = [443, 443, 443, 443, 443, 443, 80, 80, 53, 53, 123, 22, 3389, 5060, 25, 8443]
const RECORDS_PER_DATAGRAM = 24

/**
 * A block of flows: exporters in runs of a datagram, one end of a flow at the exporter's site, ordinary
 * ports.
 */
export function makeBlock(network: BenchNetwork | undefined, rows: number, seed: number): FlowBlock {
  const random = randomWords(seed)
  const block = new FlowBlock(rows)
  const columns = [
    'exporter_addr',
    'src_addr',
    'dst_addr',
    'src_port',
    'dst_port',
    'ip_proto',
    'in_if',
    'out_if',
    'direction',
  ]
  for (const name of columns) block.touch(COL[name]!)
  const words = (name: string): Uint32Array => block.words[COL[name]!] as Uint32Array
  const sites = network?.snapshot.registry.sites.length ?? 1
  let exporter = 0
  for (let row = 0; row < rows; row++) {
    if (row % RECORDS_PER_DATAGRAM === 0) exporter = random() % sites
    const [here, there] = ends(network, exporter, sites, random)
    const port = PORTS[random() % PORTS.length]!
    const out = random() % 2
    putAddress(words('exporter_addr'), row, { family: 4, words: [0, 0, 0, 0x64400000 + exporter], table: 0 })
    putAddress(words('src_addr'), row, out ? here : there)
    putAddress(words('dst_addr'), row, out ? there : here)
    block.words[COL.src_port!]![row] = out ? 32_768 + (random() % 28_000) : port
    block.words[COL.dst_port!]![row] = out ? port : 32_768 + (random() % 28_000)
    block.words[COL.ip_proto!]![row] = port === 53 || port === 123 || port === 5060 ? 17 : 6
    block.words[COL.in_if!]![row] = out ? 1 : 2
    block.words[COL.out_if!]![row] = out ? 2 : 1
    block.words[COL.direction!]![row] = 0
  }
  block.rows = rows
  return block
}
