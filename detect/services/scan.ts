import { z } from 'zod'
import { addressKey } from '../address.js'
import { BoundedMap } from '../bounded_map.js'
import type { ByteReader } from '../bytes.js'
import type { ServiceContext } from '../context.js'
import { hashAddress } from '../hash.js'
import { Ration } from '../ration.js'
import type { FlowAnalyzer, SecurityService } from '../service.js'
import { type Background, backgroundReport, newBackground, noteBackground } from './scan_background.js'
import { ScanCollector, UNVERIFIED } from './scan_contacts.js'
import {
  addContact,
  incidentOf,
  newSource,
  type ScanSource,
  SOURCE_SHAPE,
  sourceAddress,
  sourceReport,
  strengthOf,
} from './scan_rules.js'

export const scanParameters = z.strictObject({
  hosts: z
    .number()
    .int()
    .positive()
    .default(15)
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
    .default(10)
    .describe('Hosts sent ICMP requests within the short window'),
  window_s: z.number().positive().default(300).describe('The short window, s'),
  slow_contacts: z
    .number()
    .int()
    .positive()
    .default(25)
    .describe(
      'Host and port pairs asked in vain within a day by a source outside; by one inside within an hour, four times as many, or twice as many hosts on one port',
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
    .default(10)
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
/** Sources followed at most, outside and inside: every host of ours fails now and then. */
const SOURCES = { outside: 131_072, inside: 262_144 } as const

/** Contacts remembered of a source, more than any threshold asks for; fewer once all together are over the budget (64 MiB). */
const MEMORY = { ample: 128, tight: 48 } as const
const MEMO_NUMBERS = 8_000_000
const WEIGH_EVERY_MS = 60_000

class ScanAnalyzer implements FlowAnalyzer {
  readonly #context: ServiceContext<ScanParameters>
  readonly #address = new Uint32Array(4)
  readonly #changed = new Set<string>()
  readonly #outside: BoundedMap<ScanSource>
  readonly #inside: BoundedMap<ScanSource>
  readonly #ration = new Ration()
  #backgrounds = new Map<number, Background>()
  #memory: number = MEMORY.ample
  #weighedMs = 0

  constructor(context: ServiceContext<ScanParameters>) {
    this.#context = context
    const worth = (s: ScanSource): number =>
      context.isOpen(s.key) ? Number.POSITIVE_INFINITY : s.contacts - 1
    this.#outside = new BoundedMap(SOURCES.outside, SOURCE_SHAPE, worth)
    this.#inside = new BoundedMap(SOURCES.inside, SOURCE_SHAPE, worth)
  }

  apply(section: ByteReader, closedMs: number): void {
    this.#context.count('table_overflow', section.varint())
    this.#context.count('flood_contacts_skipped', section.varint())
    while (section.u8() === 1) this.#applySource(section, closedMs)
    this.#context.count('contacts_not_written', section.varint())
  }

  #applySource(section: ByteReader, closedMs: number): void {
    section.address(this.#address, 0)
    const addr = addressKey(this.#address, 0)
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
      addContact(source, this.#address, contact, this.#memory)
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
    let found = this.#backgrounds.get(orgId)
    if (found === undefined) {
      found = newBackground(orgId)
      this.#backgrounds.set(orgId, found)
    }
    return found
  }

  #sourceOf(addr: string, orgId: number, siteId: number, inside: boolean, atMs: number): ScanSource {
    const key = String.fromCharCode(inside ? 1 : 0, orgId >>> 16, orgId & 65_535) + addr
    const sources = inside ? this.#inside : this.#outside
    let source = sources.get(key)
    if (source !== undefined && atMs - source.lastMs > DAY_MS && !this.#isOpen(source)) {
      sources.delete(key)
      source = undefined
    }
    if (source === undefined) {
      source = newSource(key, orgId, siteId, inside, atMs)
      const before = sources.evicted
      sources.set(key, source)
      this.#context.count('sources_evicted', sources.evicted - before)
    }
    return source
  }

  evaluate(nowMs: number): void {
    if (nowMs - this.#weighedMs >= WEIGH_EVERY_MS) this.#weigh(nowMs)
    for (const key of this.#changed) this.#judge(key, nowMs)
    this.#changed.clear()
    for (const background of this.#backgrounds.values()) {
      const p = this.#context.parametersOf(background.orgId)
      const report = backgroundReport(background, nowMs, p)
      if (report !== undefined) this.#context.report(report)
    }
  }

  /** Counts what is remembered: over the budget every source is given less room for what it does next. */
  #weigh(nowMs: number): void {
    this.#weighedMs = nowMs
    let numbers = 0
    for (const sources of [this.#inside, this.#outside])
      for (const s of sources.values()) numbers += s.memo.length
    this.#memory = numbers > MEMO_NUMBERS ? MEMORY.tight : MEMORY.ample
    if (this.#memory === MEMORY.tight) this.#context.count('tight_minutes', 1)
  }

  #forget(source: ScanSource): void {
    const sources = source.inside ? this.#inside : this.#outside
    sources.delete(source.key)
  }

  #isOpen(source: ScanSource): boolean {
    return source.open && this.#context.isOpen(incidentOf(source))
  }

  #judge(key: string, nowMs: number): void {
    const source = (key.charCodeAt(0) === 1 ? this.#inside : this.#outside).get(key)
    if (source === undefined) return
    const p = this.#context.parametersOf(source.orgId)
    if (p.allow.length > 0 && p.allow.includes(sourceAddress(source))) return
    const found = strengthOf(source, p)
    if (found === undefined) return
    const open = this.#isOpen(source)
    if (source.open && !open) {
      // Told, and closed after quiet: what comes now must be enough by itself.
      this.#forget(source)
      return
    }
    if (!source.inside && !open) {
      if (found.strength < this.#ration.factor(source.orgId, nowMs, p.told_per_day)) return
      this.#ration.note(source.orgId, nowMs)
    }
    source.open = true
    this.#context.report(sourceReport(source, found, this.#context))
  }

  snapshot(): unknown {
    return {
      outside: this.#outside.snapshot(),
      inside: this.#inside.snapshot(),
      ration: this.#ration.snapshot(),
      backgrounds: this.#backgrounds,
      memory: this.#memory,
      weighedMs: this.#weighedMs,
      changed: [...this.#changed],
    }
  }

  restore(state: unknown): void {
    const saved = state as Record<'outside' | 'inside' | 'ration', unknown> & {
      backgrounds: Map<number, Background>
      memory: number
      weighedMs: number
      changed: string[]
    }
    this.#memory = saved.memory
    this.#weighedMs = saved.weighedMs
    this.#outside.restore(saved.outside)
    this.#inside.restore(saved.inside)
    this.#ration.restore(saved.ration)
    this.#backgrounds = saved.backgrounds
    this.#changed.clear()
    for (const key of saved.changed) this.#changed.add(key)
  }
}

export const scan: SecurityService<ScanParameters> = {
  id: 'scan',
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
  flows: {
    tag: 2,
    loosest: (all) => all[0]!,
    collector: () => new ScanCollector(),
    analyzer: (context) => new ScanAnalyzer(context),
  },
}
