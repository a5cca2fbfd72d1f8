import { setTimeout as delay } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { withBus } from '../app/connect_bus.js'
import { drawEdgeBalance } from '../app/edge_conservation.js'
import type { Bus } from '../ingest/bus/bus.js'
import { edgePublisherSchema } from '../ingest/bus/config.js'
import { EdgePublisher } from '../ingest/bus/edge_publisher.js'
import { BlastProcess } from '../simulate/blast_process.js'
import { Bed } from './bed.js'
import { insist } from './insist.js'

export interface EdgesRequest {
  readonly seconds: number
  /** Flows that come at the same time; 0 for none. */
  readonly flowsPerSecond: number
  /** Sites; each has four tunnels of eight classes, told once a minute. */
  readonly sites?: number
  /** How much more comes in the last fifth of the time. */
  readonly burst?: number
  say(line: string): void
}

export interface EdgesResult {
  readonly samplesPerSecond: number
  readonly sent: number
  readonly stored: number
  readonly lost: number
  /** From receipt to being stored: the worst of all samples, and the worst outside of the burst. */
  readonly lagMaxS: number
  readonly lagSteadyS: number
  readonly flowsSent: number
  readonly flowsStored: number
  readonly cpuS: Readonly<Record<string, number>>
  readonly balanced: boolean
}

const TUNNELS = 4
const CLASSES = 8
/** Samples of one answer of a controller. */
const ROWS = 64
const STEP_MS = 100
const SETTLE_MS = 60_000

/** An answer of a Cisco Catalyst SD-WAN controller: app-route statistics, as `n` counts the network's tunnels and classes. */
function answer(n: number, sites: number, nowMs: number): string {
  const data = Array.from({ length: ROWS }, (_, i) => {
    const at = (n + i) % (sites * TUNNELS * CLASSES)
    const tunnel = Math.floor(at / CLASSES)
    const site = Math.floor(tunnel / TUNNELS)
    const host = `${(site >> 8) & 255}.${site & 255}`
    return {
      entry_time: nowMs,
      local_system_ip: `10.0.${host}`,
      remote_system_ip: '10.255.0.1',
      siteid: site,
      local_color: ['mpls', 'biz-internet', 'lte', 'gold'][tunnel % TUNNELS],
      remote_color: 'mpls',
      latency: 20 + (at % 50),
      jitter: at % 7,
      loss: 1,
      total: 660,
      loss_percentage: (at % 4) / 10,
      tx_octets: 1000 + at,
      rx_octets: 2000 + at,
      sla_class_names: 'voice',
      app_probe_class: `class-${at % CLASSES}`,
      vqoe_score: 10,
    }
  })
  return JSON.stringify({ data })
}

/** Sends samples at a steady rate, and at many times of it in the end; gives how many, and when the burst began. */
async function load(bus: Bus, request: EdgesRequest): Promise<{ sent: number; burstMs: number }> {
  const { seconds, sites = 2500, burst = 10 } = request
  const publisher = new EdgePublisher(edgePublisherSchema.parse({}), { bus, metrics: new Registry() })
  const perMs = (sites * TUNNELS * CLASSES) / 60_000
  const from = performance.now()
  const burstAt = seconds * 800
  let [sent, due, lastMs, burstMs] = [0, 0, 0, Number.POSITIVE_INFINITY]
  for (let ms = 0; ms < seconds * 1000; ms = performance.now() - from) {
    const inBurst = ms >= burstAt
    if (inBurst) burstMs = Math.min(burstMs, Date.now())
    due += (ms - lastMs) * perMs * (inBurst ? burst : 1)
    lastMs = ms
    const nowMs = Date.now()
    const group: Promise<void>[] = []
    for (; due >= ROWS; due -= ROWS) {
      const bytes = Buffer.from(answer(sent, sites, nowMs))
      const origin = { way: 'poll', source: 'bench' } as const
      const payload = { vendor: 'cisco-catalyst', origin, receivedMs: nowMs, bytes }
      const id = `bench-${sent}`
      group.push(insist(() => publisher.publish(payload, id)))
      sent += ROWS
    }
    await Promise.all(group)
    await delay(STEP_MS)
  }
  return { sent, burstMs }
}

/** Samples of a whole network a minute, a burst at the end, and flows at the same time: rows, lag, CPU. */
export async function runEdgesBench(request: EdgesRequest): Promise<EdgesResult> {
  const { flowsPerSecond, seconds, sites = 2500 } = request
  const bed = await Bed.make(flowsPerSecond > 0 ? undefined : ['edge', 'store'])
  try {
    const before = await bed.cpu()
    const blast =
      flowsPerSecond > 0
        ? new BlastProcess({ port: bed.port, flowsPerSecond, durationS: seconds })
        : undefined
    await blast?.ready
    return await withBus(bed.config.bus, 'bench', async (bus) => {
      const { sent, burstMs } = await load(bus, request)
      const flowsSent = (await blast?.report)?.records ?? 0
      const draw = () => insist(() => drawEdgeBalance(bus, bed.store, Date.now()))
      let balance = await draw()
      for (let ms = 0; ms < SETTLE_MS && (balance?.payloads.in_flight ?? 1) > 0; ms += 100) {
        await delay(100)
        balance = await draw()
      }
      for (let ms = 0; ms < SETTLE_MS && (await bed.count()) < flowsSent; ms += 200) await delay(200)
      const after = await bed.cpu()
      const [{ stored, worst, steady } = { stored: 0, worst: 0, steady: 0 }] = await bed.store.rows<{
        stored: number
        worst: number
        steady: number
      }>(
        `SELECT count() AS stored, max(lag) AS worst, maxIf(lag, received_at < fromUnixTimestamp64Milli(${Number.isFinite(burstMs) ? burstMs : Date.now()})) AS steady
         FROM (SELECT s.received_at AS received_at, dateDiff('millisecond', s.received_at, l.written) AS lag
               FROM vigie.tunnel_samples AS s ASOF JOIN vigie.edge_ledger AS l ON s.vendor = l.vendor AND s.sequence <= l.last_sequence)`,
      )
      const cpuS = Object.fromEntries(
        Object.entries(after).map(([name, s]) => [name, +(s - (before[name] ?? 0)).toFixed(2)]),
      )
      const result: EdgesResult = {
        samplesPerSecond: Math.round((sites * TUNNELS * CLASSES) / 60),
        sent,
        stored,
        lost: sent - stored,
        lagMaxS: worst / 1000,
        lagSteadyS: steady / 1000,
        flowsSent,
        flowsStored: await bed.count(),
        cpuS,
        balanced: balance?.balanced ?? false,
      }
      request.say(`${result.stored} of ${sent} samples stored, lag at most ${result.lagMaxS} s`)
      return result
    })
  } finally {
    await bed.end()
  }
}
