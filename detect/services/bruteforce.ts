import { z } from 'zod'
import { LOCALITIES } from '../../model/flow_columns.js'
import { addressKey, addressOfKey } from '../address.js'
import { BoundedMap } from '../bounded_map.js'
import type { ByteReader, ByteWriter } from '../bytes.js'
import { Call, CallTable } from '../call_table.js'
import type { ServiceContext } from '../context.js'
import { type FlowView, KIND } from '../flow_view.js'
import { hashAddress, hashWith } from '../hash.js'
import { Ration } from '../ration.js'
import type { FlowAnalyzer, FrameSpan, PartialCollector, SecurityService } from '../service.js'
import { Doorkeeper } from '../sketches/doorkeeper.js'
import {
  endsOf,
  GUESSER_SHAPE,
  type Guesser,
  isRegular,
  SPRAYER_SHAPE,
  type Sprayer,
} from './bruteforce_attempts.js'
import {
  type Background,
  backgroundReport,
  guessReport,
  newBackground,
  noteBackground,
} from './bruteforce_rules.js'

export const bruteforceParameters = z.strictObject({
  attempts: z
    .number()
    .int()
    .min(5)
    .default(10)
    .describe('Log-in attempts of one size from one source to one service within the window'),
  window_s: z.number().positive().default(300).describe('The window of fast attacks, s'),
  slow_attempts: z.number().int().min(5).default(20).describe('The same within a day, from outside'),
  internal_attempts: z.number().int().min(5).default(20).describe('The same within the window, from inside'),
  spray_hosts: z
    .number()
    .int()
    .min(3)
    .default(10)
    .describe('Hosts on which one source attempts the same within the window'),
  packets_spread: z
    .number()
    .positive()
    .default(2)
    .describe('Median deviation of packets per attempt, at most'),
  bytes_spread: z
    .number()
    .positive()
    .default(0.15)
    .describe('Median deviation of bytes per attempt over their median, at most'),
  attempt_s: z.number().positive().default(30).describe('Median duration of an attempt, at most, s'),
  told_per_day: z
    .number()
    .int()
    .positive()
    .default(5)
    .describe('Sources outside told one by one, for each organisation and day, before thresholds double'),
  background_sources: z
    .number()
    .int()
    .positive()
    .default(10)
    .describe('Sources outside within a day from which they are also told as one'),
  quiet_s: z.number().positive().default(10_800).describe('Quiet after which an incident is closed, s'),
  allow: z
    .array(z.string())
    .max(1000)
    .default([])
    .describe('Sources whose regular log-ins are expected: backup, deployment, monitoring'),
})
export type BruteforceParameters = z.output<typeof bruteforceParameters>

const PAIRS = 32_768
const MEMORY = 32
const DAY_MS = 86_400_000
/** What an attempt looks like at most; and what no attempt is short of: a handshake and a word. */
const MOST = { octets: 20_000, packets: 64, durationMs: 60_000 }
const LEAST_PACKETS = 4
/** Services where logging in is what one does first. */
const LOGIN_PORTS = new Set([
  21, 22, 23, 110, 135, 139, 143, 445, 993, 995, 1433, 1521, 2222, 3306, 3389, 5432, 5900, 5985, 5986,
])
/** Short regular connections are what these are for. */
const OTHER_PORTS = new Set([25, 53, 80, 123, 443, 465, 587, 853, 3128, 8000, 8008, 8080, 8443, 8888])

/** Short connections that came about, to services where one logs in; and long ones, which may be a log-in that worked. */
class BruteforceCollector implements PartialCollector {
  readonly #calls = new CallTable()

  observe(view: FlowView): void {
    const { rows, kind, reach, flags, packets, octets, dstPort, srcPort } = view
    for (let row = 0; row < rows; row++) {
      if (kind[row] !== KIND.tcp || reach[row] === LOCALITIES.transit) continue
      // The client's half of a whole connection.
      if ((flags[row]! & 2) === 0 || srcPort[row]! <= dstPort[row]!) continue
      const port = dstPort[row]!
      if (OTHER_PORTS.has(port)) continue
      // From outside any port will do: attacks run on odd ones. Inside, regular connections are everywhere.
      if (reach[row] !== LOCALITIES.inbound && !LOGIN_PORTS.has(port)) continue
      const durationMs = view.endMs[row]! - view.startMs[row]!
      const attempt =
        packets[row]! <= MOST.packets && octets[row]! <= MOST.octets && durationMs <= MOST.durationMs
      if (attempt ? packets[row]! >= LEAST_PACKETS : LOGIN_PORTS.has(port)) this.#calls.add(view, row)
    }
  }

  take(writer: ByteWriter, frame: FrameSpan): void {
    this.#calls.take(writer, frame)
  }
}

class BruteforceAnalyzer implements FlowAnalyzer {
  readonly #context: ServiceContext<BruteforceParameters>
  readonly #call = new Call()
  readonly #guessers: BoundedMap<Guesser>
  readonly #sprayers: BoundedMap<Sprayer>
  readonly #changed = new Set<string>()
  readonly #ration = new Ration()
  readonly #door = new Doorkeeper()
  #backgrounds = new Map<number, Background>()

  constructor(context: ServiceContext<BruteforceParameters>) {
    this.#context = context
    const worth = (of: Guesser | Sprayer, seen: number): number =>
      of.incident !== '' && context.isOpen(of.incident) ? Number.POSITIVE_INFINITY : seen - 1
    this.#guessers = new BoundedMap(PAIRS, GUESSER_SHAPE, (g) => worth(g, g.count))
    this.#sprayers = new BoundedMap(PAIRS, SPRAYER_SHAPE, (s) => worth(s, s.hosts.size))
  }

  apply(section: ByteReader, closedMs: number): void {
    this.#context.count('calls_not_watched', section.varint())
    const call = this.#call
    while (call.read(section, closedMs)) {
      const attempt =
        call.packets <= MOST.packets && call.octets <= MOST.octets && call.durationMs <= MOST.durationMs
      if (attempt) this.#attempt(call)
      else this.#session(call)
    }
  }

  #keyOf(call: Call): { key: string; split: number } {
    const src = addressKey(call.src, 0)
    return { key: src + addressKey(call.dst, 0) + String.fromCharCode(call.dstPort), split: src.length }
  }

  #attempt(call: Call): void {
    const inside = call.reach !== LOCALITIES.inbound
    // Most pairs connect once: they are remembered by two bits, and so are sources that log in on one host.
    const source = hashWith(hashAddress(call.src, 0), call.dstPort)
    if (this.#door.knows(source)) this.#spray(call, inside)
    if (this.#door.knows(hashWith(source, hashAddress(call.dst, 0)))) this.#guess(call, inside)
  }

  #guess(call: Call, inside: boolean): void {
    const { key, split } = this.#keyOf(call)
    let g = this.#guessers.get(key)
    if (g !== undefined && call.startMs - g.lastMs > DAY_MS) g = undefined
    if (g === undefined) {
      const { dstPort, orgId, siteId, startMs } = call
      const seen = {
        firstMs: startMs,
        lastMs: startMs,
        count: 0,
        calls: [],
        sessionMs: 0,
        incident: '',
        credit: -1,
      }
      g = { key, split, dstPort, orgId, siteId, inside, ...seen }
      const before = this.#guessers.evicted
      this.#guessers.set(key, g)
      this.#context.count('pairs_evicted', this.#guessers.evicted - before)
    }
    g.count++
    g.lastMs = Math.max(g.lastMs, call.startMs)
    g.calls.push(call.startMs, call.packets, call.octets, call.durationMs)
    if (g.calls.length > MEMORY * 4) g.calls.splice(0, 4)
    g.credit = -1
    this.#changed.add(key)
  }

  #spray(call: Call, inside: boolean): void {
    const src = addressKey(call.src, 0)
    const key = src + String.fromCharCode(call.dstPort)
    let s = this.#sprayers.get(key)
    if (s === undefined || call.startMs - s.lastMs > DAY_MS) {
      const { dstPort, orgId, siteId, startMs } = call
      const seen = { firstMs: startMs, lastMs: startMs, hosts: new Map(), incident: '', credit: -1 }
      s = { key, src, dstPort, orgId, siteId, inside, ...seen }
      this.#sprayers.set(key, s)
    }
    const dst = addressKey(call.dst, 0)
    s.hosts.delete(dst)
    s.hosts.set(dst, [call.startMs, call.packets, call.octets])
    if (s.hosts.size > 2 * MEMORY) s.hosts.delete(s.hosts.keys().next().value!)
    s.lastMs = Math.max(s.lastMs, call.startMs)
    s.credit = -1
    if (s.hosts.size >= 3) this.#changed.add(`spray ${key}`)
  }

  /** A long connection after attempts that were told: the attack may have succeeded. */
  #session(call: Call): void {
    const { key } = this.#keyOf(call)
    const g = this.#guessers.get(key)
    if (g === undefined || g.incident === '' || g.sessionMs !== 0) return
    g.sessionMs = call.startMs
    g.lastMs = Math.max(g.lastMs, call.startMs)
    this.#changed.add(key)
  }

  evaluate(nowMs: number): void {
    for (const key of this.#changed) {
      if (key.startsWith('spray ')) this.#judgeSprayer(this.#sprayers.get(key.slice(6)), nowMs)
      else this.#judgeGuesser(this.#guessers.get(key), nowMs)
    }
    this.#changed.clear()
    for (const b of this.#backgrounds.values()) {
      const report = backgroundReport(b, this.#context.parametersOf(b.orgId))
      if (report !== undefined) this.#context.report(report)
    }
  }

  #judgeGuesser(g: Guesser | undefined, nowMs: number): void {
    if (g === undefined) return
    const p = this.#context.parametersOf(g.orgId)
    const strength = this.#strength(g, p)
    if (strength < 1 || (p.allow.length > 0 && p.allow.includes(endsOf(g).src))) return
    this.#noteBackground(g)
    const report = guessReport(g, strength, this.#context)
    this.#tell(g, report, strength, nowMs, p)
  }

  /** Attempts over what is needed of them: fast, or within a day from outside. */
  #strength(g: Guesser, p: BruteforceParameters): number {
    const since = (windowMs: number): number => {
      let at = g.calls.length
      while (at > 0 && g.calls[at - 4]! >= g.lastMs - windowMs) at -= 4
      return at
    }
    const fastFrom = since(p.window_s * 1000)
    const fast = (g.calls.length - fastFrom) / 4 / (g.inside ? p.internal_attempts : p.attempts)
    const slow = g.inside ? 0 : g.count / p.slow_attempts
    if (Math.max(fast, slow) < 1) return 0
    return isRegular(g.calls, fast >= 1 ? fastFrom : 0, p) ? Math.max(fast, slow) : 0
  }

  #judgeSprayer(s: Sprayer | undefined, nowMs: number): void {
    if (s === undefined) return
    const p = this.#context.parametersOf(s.orgId)
    const recent = [...s.hosts.values()].filter(([ms]) => ms >= s.lastMs - 2 * p.window_s * 1000)
    const strength = recent.length / (s.inside ? 3 * p.spray_hosts : p.spray_hosts)
    if (strength < 1) return
    if (
      !isRegular(
        recent.flatMap(([ms, packets, octets]) => [ms, packets, octets, 0]),
        0,
        p,
      )
    )
      return
    const src = addressOfKey(s.src, 0, s.src.length)
    if (p.allow.includes(src)) return
    this.#tell(s, guessReport(s, strength, this.#context), strength, nowMs, p)
  }

  /** Reports, within the ration of what is told of sources outside one by one. */
  #tell(
    of: Guesser | Sprayer,
    report: ReturnType<typeof guessReport>,
    strength: number,
    nowMs: number,
    p: BruteforceParameters,
  ): void {
    const open = this.#context.isOpen(report.key)
    if (of.incident !== '' && !open) {
      // Told, and closed after quiet: what comes now must be enough by itself.
      if ('hosts' in of) this.#sprayers.delete(of.key)
      else this.#guessers.delete(of.key)
      return
    }
    if (!of.inside && !open) {
      if (strength < this.#ration.factor(of.orgId, nowMs, p.told_per_day)) return
      this.#ration.note(of.orgId, nowMs)
    }
    of.incident = report.key
    this.#context.report(report)
  }

  #noteBackground(g: Guesser): void {
    if (g.inside) return
    let b = this.#backgrounds.get(g.orgId)
    if (b === undefined) {
      b = newBackground(g.orgId)
      this.#backgrounds.set(g.orgId, b)
    }
    const address = new Uint32Array([0, 0, 0, 0])
    for (let i = 0; i < g.split; i++) address[i >> 1]! += g.key.charCodeAt(i) * (i % 2 === 0 ? 65_536 : 1)
    noteBackground(b, hashAddress(address, 0), g.dstPort, g.lastMs)
  }

  snapshot(): unknown {
    return {
      guessers: this.#guessers.snapshot(),
      sprayers: this.#sprayers.snapshot(),
      ration: this.#ration.snapshot(),
      door: this.#door.snapshot(),
      backgrounds: this.#backgrounds,
      changed: [...this.#changed],
    }
  }

  restore(state: unknown): void {
    const saved = state as Record<'guessers' | 'sprayers' | 'ration' | 'door', unknown> & {
      backgrounds: Map<number, Background>
      changed: string[]
    }
    this.#guessers.restore(saved.guessers)
    this.#sprayers.restore(saved.sprayers)
    this.#ration.restore(saved.ration)
    this.#door.restore(saved.door)
    this.#backgrounds = saved.backgrounds
    this.#changed.clear()
    for (const key of saved.changed) this.#changed.add(key)
  }
}

export const bruteforce: SecurityService<BruteforceParameters> = {
  id: 'bruteforce',
  title: { fr: 'Attaques par force brute', en: 'Brute-force attacks' },
  about: {
    fr: 'Trouve les essais répétés d’ouverture de session : des connexions courtes, toutes de même taille, sur tout port.',
    en: 'Finds repeated log-in attempts: short connections, all of one size, on any port.',
  },
  techniques: ['T1110.001', 'T1110.003', 'T1110'],
  // Somebody guessed at log-ins, and then stayed.
  takenOver: ({ evidence, dst }) => (evidence.kind === 'success_hint' ? dst : []),
  analyticType: 2,
  needs: [
    'src_addr',
    'dst_addr',
    'src_port',
    'dst_port',
    'ip_proto',
    'tcp_flags',
    'packets',
    'bytes',
    'flow_start',
    'flow_end',
  ],
  betterWith: ['locality', 'dst_site_id'],
  parameters: bruteforceParameters,
  flows: {
    tag: 3,
    loosest: (all) => all[0]!,
    collector: () => new BruteforceCollector(),
    analyzer: (context) => new BruteforceAnalyzer(context),
  },
}
