import { setTimeout as delay } from 'node:timers/promises'
import type { Finding } from '../model/finding.js'
import type { DeliveryReceipt } from '../sinks/itsm/target.js'
import { NatsFixture, until } from '../test/ingest/bus/nats_fixture.js'
import { openDesk } from '../test/sinks/itsm/desk_fixture.js'
import { DeskProcess } from '../test/sinks/itsm/desk_process.js'
import { finding, registryOf } from '../test/sinks/itsm/lifecycle_fixture.js'
import { StrictServer } from '../test/sinks/itsm/strict_server.js'
import { StrictTarget, strictKind } from '../test/sinks/itsm/strict_target.js'

/**
 * Findings to tickets on a real NATS, with the outbox as it is configured without a word, against a strict ticketing tool
 * that takes `toolMs` an answer. Goals: from finding to ticket 3 s at most for 99 of 100, at 50 incidents a second; an outage
 * of one carrier over 500 sites, 20 findings each, at most 5 incidents; a tool that was away with 2,000 transitions waiting,
 * and the sender killed twice, right again within 60 s. Not measured: the tools themselves, and the store.
 */
export interface ItsmBenchSize {
  readonly perSecond: number
  readonly seconds: number
  readonly sites: number
  readonly findingsPerSite: number
  readonly waiting: number
  readonly toolMs: number
}

export interface ItsmBenchResult {
  readonly incidents: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly outageFindings: number
  readonly outageIncidents: number
  readonly outageMs: number
  readonly returnIncidents: number
  readonly returnViolations: number
  readonly returnMs: number
}

export const FULL_SIZE: ItsmBenchSize = {
  perSecond: 50,
  seconds: 20,
  sites: 500,
  findingsPerSite: 20,
  waiting: 1000,
  toolMs: 20,
}

const EACH = { rules: [{ name: 'each', group_by: ['finding'], resolve_after_s: 0 }] }
const PRESET = { idle_ms: 1000, backoff_first_ms: 500, backoff_max_ms: 10_000 }

const quantile = (sorted: readonly number[], q: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0)

/** Publishes at an even pace, and notes when each finding was published and when its ticket stood. */
async function latency({ perSecond, seconds, toolMs }: ItsmBenchSize): Promise<number[]> {
  const nats = new NatsFixture()
  await nats.start()
  try {
    const published = new Map<string, number>()
    const times: number[] = []
    const tool = new StrictTarget()
    const deliver = tool.deliver.bind(tool)
    tool.deliver = async (delivery, context): Promise<DeliveryReceipt> => {
      await delay(toolMs)
      const receipt = await deliver(delivery, context)
      const uid = delivery.incident.evidence[0]!.finding
      times.push(performance.now() - published.get(uid)!)
      return receipt
    }
    const desk = await openDesk(await nats.bus(), {
      kinds: [strictKind(tool)],
      logger: nats.log,
      policy: EACH,
      outbox: PRESET,
    })
    await desk.start()
    const startMs = performance.now()
    for (let i = 0; i < perSecond * seconds; i++) {
      const wait = startMs + (i * 1000) / perSecond - performance.now()
      if (wait > 0) await delay(wait)
      const uid = `f${i}`
      published.set(uid, performance.now())
      await desk.findings.publish([finding(uid, now())])
    }
    await until(() => times.length === perSecond * seconds, 'all tickets', 120_000)
    await desk.stop()
    return times.sort((a, b) => a - b)
  } finally {
    await nats.stop()
  }
}

const now = (): Partial<Finding> => ({ time: Date.now(), first_seen: Date.now(), last_seen: Date.now() })

/** All findings of an outage as fast as the stream takes them, until each has its place. */
async function outage({ sites, findingsPerSite }: ItsmBenchSize) {
  const nats = new NatsFixture()
  await nats.start()
  try {
    const tool = new StrictTarget()
    const desk = await openDesk(await nats.bus(), {
      kinds: [strictKind(tool)],
      logger: nats.log,
      registry: registryOf(sites + 100),
    })
    await desk.start()
    const startMs = performance.now()
    for (let s = 0; s < sites; s++) {
      const site = `s${s}`
      await desk.findings.publish(
        Array.from({ length: findingsPerSite }, (_, k) =>
          finding(`f${s}.${k}`, {
            ...now(),
            site,
            service: k === 0 ? 'telemetry' : 'sla',
            evidence: k === 0 ? { kind: 'site_down' } : { link: `${site}-a`, tunnel: `t${k}` },
          }),
        ),
      )
    }
    const held = (): number =>
      desk.desk.incidents().reduce((sum, { findings_open }) => sum + findings_open, 0)
    await until(() => held() === sites * findingsPerSite, 'every finding has its incident', 120_000)
    const ms = performance.now() - startMs
    await desk.stop()
    return { incidents: desk.desk.incidents().length, ms }
  } finally {
    await nats.stop()
  }
}

/** The tool is away while incidents open and end; then it is back, and the sender is killed twice. */
async function comeBack({ waiting }: ItsmBenchSize) {
  const nats = new NatsFixture()
  const server = new StrictServer()
  await nats.start()
  await server.start()
  try {
    const start = () =>
      DeskProcess.start({ nats: nats.server.url, tool: server.url, policy: EACH, outbox: PRESET })
    const reached = (tickets: number): Promise<void> =>
      new Promise((resolve) => {
        server.onTaken = (n) => n >= tickets && resolve()
      })
    server.away = true
    let desk = await start()
    const bus = await nats.bus()
    const { FindingStream } = await import('../ingest/bus/finding_stream.js')
    const { OutboxStream } = await import('../ingest/bus/outbox_stream.js')
    const findings = new FindingStream({ bus, logger: nats.log })
    const queue = new OutboxStream({ bus, logger: nats.log })
    const uids = Array.from({ length: waiting }, (_, i) => `f${i}`)
    await findings.publish(uids.map((uid) => finding(uid, now())))
    await until(async () => (await queue.waiting('tool')) === waiting, 'all wait', 120_000)
    for (let minute = 0; minute < 10; minute++) desk.advance(60_000)
    await findings.publish(uids.map((uid) => finding(uid, { ...now(), activity: 'close' })))
    await delay(3000)
    server.away = false
    const backMs = performance.now()
    for (const share of [0.3, 0.7]) {
      await reached(waiting * share)
      await desk.kill()
      desk = await start()
    }
    await until(async () => (await queue.waiting('tool')) === 0, 'nothing waits', 180_000)
    const ms = performance.now() - backMs
    await desk.stop()
    const right = [...server.tool.tickets.values()].filter(({ state }) => state === 'resolved').length
    return { ms, incidents: right, violations: server.tool.violations.length }
  } finally {
    await server.stop()
    await nats.stop()
  }
}

export async function runItsmBench(size: ItsmBenchSize): Promise<ItsmBenchResult> {
  const times = await latency(size)
  const one = await outage(size)
  const back = await comeBack(size)
  return {
    incidents: times.length,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    maxMs: quantile(times, 1),
    outageFindings: size.sites * size.findingsPerSite,
    outageIncidents: one.incidents,
    outageMs: Math.round(one.ms),
    returnIncidents: back.incidents,
    returnViolations: back.violations,
    returnMs: Math.round(back.ms),
  }
}
