import { parseAddress } from '../../detect/address.js'
import { Catalogue, type SiteSubscriptions, type Subscriptions } from '../../detect/catalogue.js'
import { FlowEngine } from '../../detect/flow_engine.js'
import { Observer } from '../../detect/observer.js'
import type { Places } from '../../detect/places.js'
import type { AnyService } from '../../detect/service.js'
import type { Finding, ServiceId } from '../../model/finding.js'
import { FlowBlock, writeMs } from '../../model/flow_block.js'
import { COL, LOCALITIES, THREAT_ENDS } from '../../model/flow_columns.js'
import type { ThreatName } from '../../model/threat.js'

/** A flow as tests write it; what is left out is ordinary. */
export interface TestFlow {
  readonly src: string
  readonly dst: string
  readonly srcPort?: number
  readonly dstPort?: number
  readonly proto?: number
  readonly flags?: number
  readonly icmpType?: number
  readonly packets?: number
  readonly bytes?: number
  readonly startMs: number
  readonly endMs?: number
  readonly receivedMs?: number
  readonly sampling?: number
  readonly locality?: keyof typeof LOCALITIES
  readonly dstSite?: number
  readonly srcSite?: number
  readonly org?: number
  /** Of the destination, where it is another. */
  readonly dstOrg?: number
  /** Number of an indicator, and the end that it names. */
  readonly threat?: number
  readonly threatEnd?: keyof typeof THREAT_ENDS
  /** Given for biflows only; then for all flows of a block. */
  readonly answerPackets?: number
  readonly answerBytes?: number
}

const U16 = ['src_port', 'dst_port'] as const

export function addFlow(block: FlowBlock, flow: TestFlow): void {
  const row = block.rows++
  const set = (name: string, value: number | undefined): void => {
    if (value === undefined) return
    block.touch(COL[name]!)
    block.words[COL[name]!]![row] = value
  }
  const set64 = (name: string, value: number | undefined): void => {
    if (value === undefined) return
    block.touch(COL[name]!)
    writeMs(block.words[COL[name]!] as Uint32Array, row, value)
  }
  for (const [name, text] of [
    ['src_addr', flow.src],
    ['dst_addr', flow.dst],
  ] as const) {
    block.touch(COL[name]!)
    if (!parseAddress(text, block.words[COL[name]!] as Uint32Array, row * 4)) throw new Error(text)
  }
  const end = flow.endMs ?? flow.startMs
  set64('flow_start', flow.startMs)
  set64('flow_end', end)
  set64('time_received', flow.receivedMs ?? end)
  for (const name of U16) set(name, name === 'src_port' ? (flow.srcPort ?? 40_000) : (flow.dstPort ?? 443))
  set('ip_proto', flow.proto ?? 6)
  set('tcp_flags', flow.flags ?? ((flow.proto ?? 6) === 6 ? 0x1b : 0))
  set('icmp_type', flow.icmpType)
  set64('packets', flow.packets ?? 1)
  set64('bytes', flow.bytes ?? 60 * (flow.packets ?? 1))
  set64('reverse_packets', flow.answerPackets)
  set64(
    'reverse_bytes',
    flow.answerBytes ?? (flow.answerPackets === undefined ? undefined : 60 * flow.answerPackets),
  )
  set('sampling_rate', flow.sampling)
  set('threat_id', flow.threat)
  if (flow.threat !== undefined) set('threat_end', THREAT_ENDS[flow.threatEnd ?? 'dst'])
  set('locality', LOCALITIES[flow.locality ?? 'inbound'])
  set('src_org_id', flow.locality === 'outbound' || flow.locality === 'internal' ? (flow.org ?? 1) : 0)
  set('dst_org_id', flow.locality === 'outbound' ? 0 : (flow.dstOrg ?? flow.org ?? 1))
  set('src_site_id', flow.srcSite ?? 0)
  set('dst_site_id', flow.dstSite ?? 0)
}

export const T0 = Date.UTC(2026, 10, 21, 12, 0, 0)

export interface Network {
  /** Feeds flows in order of receipt, cut into frames of `frameMs`; the findings of all of them. */
  run(flows: readonly TestFlow[]): Finding[]
  /** Lets event time pass without flows. */
  pass(untilMs: number): Finding[]
  readonly engine: FlowEngine
  readonly partials: Uint8Array[]
}

export interface NetworkOptions {
  readonly services: readonly AnyService[]
  readonly subscriptions?: Partial<Record<ServiceId, Readonly<Record<string, unknown>>>>
  readonly organizations?: readonly { readonly id: number; readonly services?: Subscriptions }[]
  readonly sites?: readonly SiteSubscriptions[]
  readonly places?: Places
  readonly threats?: Readonly<Record<number, ThreatName>>
  readonly frameMs?: number
  /** Rows of a block: how a frame is split. */
  readonly blockRows?: number
}

/** The observer and the engine, with frames cut as a collector does. */
export function network(options: NetworkOptions): Network {
  const {
    services,
    subscriptions = {},
    organizations = [],
    sites = [],
    frameMs = 250,
    blockRows = 4096,
  } = options
  const { places, threats = {} } = options
  const catalogue = new Catalogue({
    services,
    defaults: subscriptions,
    organizations,
    sites,
    ...(places && { places }),
  })
  const engine = new FlowEngine({
    catalogue,
    orgName: (id) => (id === 0 ? undefined : `org-${id}`),
    siteName: (id) => (id === 0 ? undefined : `site-${id}`),
    threat: (number) => threats[number],
  })
  const observer = new Observer(catalogue.observed(), blockRows)
  const block = new FlowBlock(blockRows)
  const partials: Uint8Array[] = []
  let sequence = 0
  const flush = (): void => {
    if (block.rows > 0) observer.observe(block)
    block.reset()
  }
  return {
    engine,
    partials,
    run(flows) {
      const findings: Finding[] = []
      const received = (f: TestFlow): number => f.receivedMs ?? f.endMs ?? f.startMs
      const sorted = [...flows].sort((a, b) => received(a) - received(b))
      let window = -1
      const close = (): void => {
        flush()
        const partial = observer.take((window + 1) * frameMs)
        partials.push(partial)
        findings.push(...engine.apply(++sequence, partial))
      }
      for (const flow of sorted) {
        const w = Math.floor(received(flow) / frameMs)
        if (window >= 0 && w !== window) close()
        window = w
        if (block.rows === block.capacity) flush()
        addFlow(block, flow)
      }
      if (window >= 0) close()
      return findings
    },
    pass: (untilMs) => engine.advance(untilMs),
  }
}

/** Numbers from a seed (mulberry32), for tests that need many different flows. */
export function seeded(seed: number): () => number {
  let s = seed >>> 0
  return () => {
    s = (s + 0x6d2b79f5) >>> 0
    let t = Math.imul(s ^ (s >>> 15), s | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Address number `n` of 198.18.0.0/15 and beyond: made-up sources on the Internet. */
export function outsideAddress(n: number): string {
  return `${100 + ((n >> 16) % 60)}.${(n >> 8) & 255}.${n & 255}.${7 + (n % 200)}`
}
