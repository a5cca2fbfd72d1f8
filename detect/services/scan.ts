import { z } from 'zod'
import { addressText } from '../address.js'
import type { ByteReader } from '../bytes.js'
import type { ServiceContext } from '../context.js'
import { hashAddress } from '../hash.js'
import type { SecurityService, ServiceAnalyzer } from '../service.js'
import { ScanCollector, UNVERIFIED } from './scan_contacts.js'
import {
  addContact,
  type Background,
  backgroundReport,
  newBackground,
  newSource,
  noteBackground,
  type ScanSource,
  sourceReport,
  strengthOf,
} from './scan_rules.js'

export const scanParameters = z.strictObject({
  hosts: z
    .number()
    .int()
    .positive()
    .default(25)
    .describe('Hosts asked in vain for one port within the short window, for a horizontal scan'),
  ports: z
    .number()
    .int()
    .positive()
    .default(15)
    .describe('Ports asked in vain of one host within the short window, for a vertical scan'),
  icmp_hosts: z
    .number()
    .int()
    .positive()
    .default(15)
    .describe('Hosts sent ICMP requests within the short window'),
  window_s: z.number().positive().default(300).describe('The short window, s'),
  slow_contacts: z
    .number()
    .int()
    .positive()
    .default(25)
    .describe(
      'Host and port pairs asked in vain within a day by a source outside; of one inside, four times as many',
    ),
  slow_attempts: z
    .number()
    .int()
    .positive()
    .default(40)
    .describe('Attempts in vain within a day by one source outside, whatever it asked'),
  sites: z
    .number()
    .int()
    .positive()
    .default(3)
    .describe('Sites at which one source outside failed within an hour'),
  failed_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Share of attempts in vain among all attempts of the source, at least'),
  told_per_day: z
    .number()
    .int()
    .positive()
    .default(12)
    .describe(
      'Sources outside told one by one, for each organisation and day, before thresholds double; they double again after as many more. The rest is told as one: the background scanning of the Internet',
    ),
  background_sources: z
    .number()
    .int()
    .positive()
    .default(50)
    .describe('Different sources outside within a day from which background scanning is told'),
  quiet_s: z.number().positive().default(3600).describe('Quiet after which a fast scan is closed, s'),
  slow_quiet_s: z.number().positive().default(43_200).describe('Quiet after which a slow scan is closed, s'),
  allow: z
    .array(z.string())
    .max(1000)
    .default([])
    .describe('Addresses whose scans are expected: inventory, monitoring'),
})
export type ScanParameters = z.output<typeof scanParameters>

const DAY_MS = 86_400_000
/** Sources followed at most; those with fewest contacts and longest quiet go first. */
const SOURCES = 65_536

interface ScanState {
  sources: Map<string, ScanSource>
  backgrounds: Map<number, Background>
  /** By organisation, when sources outside were told. */
  told: Map<number, number[]>
}

class ScanAnalyzer implements ServiceAnalyzer {
  readonly #context: ServiceContext<ScanParameters>
  readonly #address = new Uint32Array(4)
  readonly #changed = new Set<string>()
  #state: ScanState = { sources: new Map(), backgrounds: new Map(), told: new Map() }

  constructor(context: ServiceContext<ScanParameters>) {
    this.#context = context
  }

  apply(section: ByteReader, closedMs: number): void {
    this.#context.count('table_overflow', section.varint())
    this.#context.count('flood_contacts_skipped', section.varint())
    while (section.u8() === 1) this.#applySource(section, closedMs)
    this.#context.count('contacts_not_written', section.varint())
  }

  #applySource(section: ByteReader, closedMs: number): void {
    section.address(this.#address, 0)
    const addr = addressText(this.#address, 0)
    const hash = hashAddress(this.#address, 0)
    const orgId = section.varint()
    const siteId = section.varint()
    const inside = section.u8() === 1
    const successes = section.varint()
    const all = section.varint()
    const written = section.varint()
    let source: ScanSource | undefined
    for (let i = 0; i < written; i++) {
      section.address(this.#address, 0)
      const kind = section.u8()
      const port = section.varint()
      const attempts = section.varint()
      const dstOrg = section.varint()
      const dstSite = section.varint()
      const atMs = closedMs - section.varint()
      const org = inside ? orgId : dstOrg
      source = this.#sourceOf(addr, org, inside ? siteId : 0, inside, atMs)
      const verified = (kind & UNVERIFIED) === 0
      const contact = { kind: kind & 3, port, verified, attempts, siteId: dstSite, atMs }
      addContact(source, this.#address, contact)
      if (!inside && verified) {
        noteBackground(this.#background(org), hash, hashAddress(this.#address, 0), port, attempts, atMs)
      }
      this.#changed.add(source.key)
    }
    if (source !== undefined) {
      source.successes += successes
      source.beyond += all - written
    }
  }

  #background(orgId: number): Background {
    let found = this.#state.backgrounds.get(orgId)
    if (found === undefined) {
      found = newBackground(orgId)
      this.#state.backgrounds.set(orgId, found)
    }
    return found
  }

  #sourceOf(addr: string, orgId: number, siteId: number, inside: boolean, atMs: number): ScanSource {
    const key = `${addr}|${orgId}`
    const { sources } = this.#state
    let source = sources.get(key)
    if (source !== undefined && atMs - source.lastMs > DAY_MS && !this.#context.isOpen(key)) {
      sources.delete(key)
      source = undefined
    }
    if (source === undefined) {
      if (sources.size >= SOURCES) this.#forget()
      source = newSource(key, addr, orgId, siteId, inside, atMs)
      sources.set(key, source)
    }
    return source
  }

  #forget(): void {
    const { sources } = this.#state
    const least = [...sources.values()]
      .filter((s) => !this.#context.isOpen(s.key))
      .sort((a, b) => a.contacts - b.contacts || a.lastMs - b.lastMs || (a.key < b.key ? -1 : 1))
      .slice(0, Math.ceil(SOURCES / 10))
    for (const { key } of least) {
      sources.delete(key)
      this.#changed.delete(key)
    }
    this.#context.count('sources_evicted', least.length)
  }

  evaluate(nowMs: number): void {
    for (const key of this.#changed) {
      const source = this.#state.sources.get(key)!
      const p = this.#context.parametersOf(source.orgId)
      if (p.allow.includes(source.addr)) continue
      const found = strengthOf(source, p)
      if (found === undefined) continue
      if (!this.#context.isOpen(key)) {
        if (found.strength < this.#raised(source, nowMs, p)) continue
        if (!source.inside) this.#told(source.orgId, nowMs).push(nowMs)
      }
      this.#context.report(sourceReport(source, found, this.#context))
    }
    this.#changed.clear()
    for (const background of this.#state.backgrounds.values()) {
      const p = this.#context.parametersOf(background.orgId)
      const report = backgroundReport(background, nowMs, p)
      if (report !== undefined) this.#context.report(report)
    }
  }

  /** How strong a source outside must be to be told by itself, given how many were told within a day. */
  #raised(source: ScanSource, nowMs: number, p: ScanParameters): number {
    if (source.inside) return 1
    return 2 ** Math.floor(this.#told(source.orgId, nowMs).length / p.told_per_day)
  }

  #told(orgId: number, nowMs: number): number[] {
    const { told } = this.#state
    const recent = (told.get(orgId) ?? []).filter((ms) => nowMs - ms < DAY_MS)
    told.set(orgId, recent)
    return recent
  }

  snapshot(): unknown {
    return { ...this.#state, changed: [...this.#changed] }
  }

  restore(state: unknown): void {
    const { changed, ...rest } = state as ScanState & { changed: string[] }
    this.#state = rest
    this.#changed.clear()
    for (const key of changed) this.#changed.add(key)
  }
}

export const scan: SecurityService<ScanParameters> = {
  id: 'scan',
  tag: 2,
  title: { fr: 'Balayages', en: 'Scans' },
  about: {
    fr: 'Trouve qui demande en vain beaucoup d’hôtes ou de ports, vite ou en une journée, du dedans comme du dehors.',
    en: 'Finds who asks many hosts or ports in vain, fast or within a day, from inside as from outside.',
  },
  techniques: ['T1046', 'T1018', 'T1595.001'],
  analyticType: 2,
  needs: ['src_addr', 'dst_addr', 'src_port', 'dst_port', 'ip_proto', 'tcp_flags', 'packets', 'flow_start'],
  betterWith: ['reverse_packets', 'icmp_type', 'locality', 'dst_site_id', 'sampling_rate'],
  parameters: scanParameters,
  loosest: (all) => all[0]!,
  collector: () => new ScanCollector(),
  analyzer: (context) => new ScanAnalyzer(context),
}
