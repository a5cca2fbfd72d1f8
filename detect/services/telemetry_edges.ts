import { SEVERITIES } from '../../model/finding.js'
import type { JoinedRecord } from '../../model/joined_record.js'
import type { ServiceContext } from '../context.js'
import type { FindingReport } from '../finding_book.js'
import { NO_NETWORK } from '../network_facts.js'
import { pack, type Shape, unpack } from '../pack.js'
import { beat, newPulse, type Pulse, silenceMs } from '../pulse.js'
import type { SampleAnalyzer } from '../service.js'
import { TELEMETRY_TITLES, type TelemetryKind } from '../titles.js'
import { deviceOf, tellerOf } from './circuit_key.js'
import type { TelemetryParameters } from './telemetry_parameters.js'

/** A device that tells, by itself or by its controller. Plain data. */
interface Device extends Pulse {
  readonly key: string
  readonly feed: string
  readonly vendor: string
  name: string
  orgId: number
  siteId: number
  /** Its clock less the receipt, of the last words that carry its time, ms. */
  offsets: number[]
}

interface Feed extends Pulse {
  readonly key: string
  readonly vendor: string
}

const DEVICE_SHAPE: Shape<Device> = {
  numbers: ['orgId', 'siteId', 'lastMs', 'gapMeanMs', 'gapLongMs', 'gaps'],
  flags: [],
  lists: ['offsets'],
  others: ['key', 'feed', 'vendor', 'name'],
}
const FEED_SHAPE: Shape<Feed> = {
  numbers: ['lastMs', 'gapMeanMs', 'gapLongMs', 'gaps'],
  flags: [],
  lists: [],
  others: ['key', 'vendor'],
}

const DEVICES = 32_768
const FEEDS = 1_024
const OFFSETS = 9
const LOOK_EVERY_MS = 5_000
const CLOCKS_EVERY_MS = 60_000
/** A device that was silent for so long was taken away. */
const FORGOTTEN_MS = 24 * 3_600_000
const NAMED = 20

export const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

/** Times the bound, where a clock can be compared with one or two others only. */
const FEW = 2

/** The least late word of a few devices, none being early; one by itself says nothing. */
const leastLate = (offsets: readonly number[]): number | undefined =>
  offsets.length < 2 ? undefined : Math.min(0, Math.max(...offsets))

/** Devices and vendors' feeds that fall silent, and devices whose clock is wrong. */
export class EdgeTelemetry implements SampleAnalyzer {
  readonly #context: ServiceContext<TelemetryParameters>
  #devices = new Map<string, Device>()
  #feeds = new Map<string, Feed>()
  #lookedMs = 0
  #clocksMs = 0

  constructor(context: ServiceContext<TelemetryParameters>) {
    this.#context = context
  }

  apply(joined: JoinedRecord, receivedMs: number): void {
    const { record, orgId, siteId, observedMs } = joined
    const feed = this.#feedOf(record.vendor, (record as { controller?: string }).controller ?? '')
    if (feed !== undefined) beat(feed, receivedMs)
    const key = tellerOf(joined)
    let device = this.#devices.get(key)
    if (device === undefined) {
      if (this.#devices.size >= DEVICES) {
        this.#context.count('devices_unwatched', 1)
        return
      }
      const { vendor } = record
      const name = joined.edge !== '' ? joined.edge : deviceOf(record)
      device = { key, feed: feed?.key ?? '', vendor, name, orgId, siteId, offsets: [], ...newPulse() }
      this.#devices.set(key, device)
    }
    device.orgId = orgId
    device.siteId = siteId
    const fresh = receivedMs !== device.lastMs
    beat(device, receivedMs)
    if (!fresh || record.observed_at === undefined || record.observed_at_source === 'received') return
    device.offsets.push(observedMs - receivedMs)
    if (device.offsets.length > OFFSETS) device.offsets.shift()
  }

  #feedOf(vendor: string, controller: string): Feed | undefined {
    const key = `${vendor}|${controller}`
    let feed = this.#feeds.get(key)
    if (feed === undefined) {
      if (this.#feeds.size >= FEEDS) return undefined
      feed = { key, vendor, ...newPulse() }
      this.#feeds.set(key, feed)
    }
    return feed
  }

  evaluate(nowMs: number): void {
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return
    this.#lookedMs = nowMs
    this.#judgeSilence(nowMs)
    if (nowMs - this.#clocksMs < CLOCKS_EVERY_MS) return
    this.#clocksMs = nowMs
    this.#judgeClocks(nowMs)
  }

  #judgeSilence(nowMs: number): void {
    const feeds = new Map<string, { silent: Device[]; all: number }>()
    const sites = new Map<number, number>()
    for (const [key, device] of this.#devices) {
      const silentMs = nowMs - device.lastMs
      if (silentMs > FORGOTTEN_MS) {
        this.#devices.delete(key)
        continue
      }
      const of = feeds.get(device.feed) ?? { silent: [], all: 0 }
      feeds.set(device.feed, of)
      of.all++
      const p = this.#context.parametersOf(device.orgId)
      const afterMs = silenceMs(device, p.silence_s * 1000)
      if (afterMs !== undefined && silentMs > afterMs) of.silent.push(device)
      else if (device.siteId !== 0) sites.set(device.siteId, (sites.get(device.siteId) ?? 0) + 1)
    }
    for (const [key, { silent, all }] of feeds) {
      if (silent.length > 0) this.#judgeFeed(this.#feeds.get(key), silent, all, sites, nowMs)
    }
  }

  /** A feed that stopped wholly is one finding; while it may have, its devices wait. */
  #judgeFeed(
    feed: Feed | undefined,
    silent: readonly Device[],
    all: number,
    speaking: ReadonlyMap<number, number>,
    nowMs: number,
  ): void {
    const p = this.#context.parametersOf(0)
    if (feed !== undefined && all >= p.feed_devices) {
      const silentMs = nowMs - feed.lastMs
      const afterMs = silenceMs(feed, p.silence_s * 1000) ?? p.silence_s * 1000
      if (silentMs > afterMs) {
        this.#report('feed_silent', `feed|${feed.key}`, feed, silent, nowMs, {
          devices_silent: all,
          devices: silent.map(({ name }) => name).slice(0, NAMED),
        })
        return
      }
      // Nobody of this feed has spoken for a while: whether it is one or all will show.
      if (silentMs > afterMs / 2 || this.#context.isOpen(`feed|${feed.key}`)) return
    }
    const { maintenance } = this.#context.places().network ?? NO_NETWORK
    const sites = new Map<number, Device[]>()
    for (const device of silent) {
      if (maintenance.covering(device, nowMs) !== undefined) continue
      const whole = device.siteId !== 0 && !speaking.has(device.siteId)
      if (whole) sites.set(device.siteId, [...(sites.get(device.siteId) ?? []), device])
      else this.#report('edge_silent', `edge|${device.key}`, device, [device], nowMs, { device: device.name })
    }
    for (const [siteId, devices] of sites) {
      this.#report('site_silent', `site|${siteId}`, devices[0]!, devices, nowMs, {
        devices_silent: devices.length,
        devices: devices.map(({ name }) => name).slice(0, NAMED),
      })
    }
  }

  #report(
    kind: TelemetryKind,
    key: string,
    of: Device | Feed,
    devices: readonly Device[],
    nowMs: number,
    evidence: Record<string, unknown>,
  ): void {
    const [first] = devices
    const one = kind !== 'feed_silent'
    const orgId = one ? first!.orgId : 0
    const siteId = one ? first!.siteId : 0
    const p = this.#context.parametersOf(orgId)
    this.#context.report({
      ...base(key, orgId, siteId, p),
      severity: kind === 'edge_silent' ? SEVERITIES.medium : SEVERITIES.high,
      score: 85,
      firstSeenMs: of.lastMs,
      lastSeenMs: nowMs,
      evidence: {
        kind,
        vendor: of.vendor,
        ...evidence,
        last_heard: new Date(of.lastMs).toISOString(),
        usual_gap_s: Math.round(of.gapMeanMs / 100) / 10,
        threshold_s: Math.round((silenceMs(of, p.silence_s * 1000) ?? p.silence_s * 1000) / 1000),
      },
      title: TELEMETRY_TITLES[kind]({
        site: this.#context.siteName(siteId),
        what: one ? (first!.name === '' ? undefined : first!.name) : of.vendor,
      }),
      magnitude: devices.length,
    })
  }

  /**
   * Clocks are compared with those of the same feed, whose controller may be late with all of them: with the usual of many, of
   * a few with the least late.
   */
  #judgeClocks(nowMs: number): void {
    const feeds = new Map<string, number[]>()
    for (const { feed, offsets } of this.#devices.values()) {
      if (offsets.length < OFFSETS) continue
      const known = feeds.get(feed)
      if (known === undefined) feeds.set(feed, [medianOf(offsets)])
      else known.push(medianOf(offsets))
    }
    for (const device of this.#devices.values()) {
      const { feed, offsets, orgId } = device
      if (offsets.length < OFFSETS || nowMs - device.lastMs > CLOCKS_EVERY_MS) continue
      const p = this.#context.parametersOf(orgId)
      const others = feeds.get(feed)!
      const many = others.length >= p.feed_devices
      const usualMs = many ? medianOf(others) : leastLate(others)
      const offMs = medianOf(offsets) - (usualMs ?? 0)
      const lateS = many ? p.skew_s : usualMs === undefined ? p.lag_s : FEW * p.skew_s
      if (offMs <= p.skew_s * 1000 && offMs >= -lateS * 1000) continue
      this.#reportClock(device, offMs, usualMs, nowMs)
    }
  }

  #reportClock(device: Device, offMs: number, usualMs: number | undefined, nowMs: number): void {
    const { key, orgId, siteId, vendor, name } = device
    const p = this.#context.parametersOf(orgId)
    this.#context.report({
      ...base(`clock|${key}`, orgId, siteId, p),
      severity: SEVERITIES.low,
      score: 80,
      firstSeenMs: nowMs,
      lastSeenMs: nowMs,
      evidence: {
        kind: 'edge_clock',
        vendor,
        device: name,
        skew_s: Math.round(offMs / 100) / 10,
        threshold_s: p.skew_s,
        ...(usualMs !== undefined && { usual_lag_s: Math.round(-usualMs / 100) / 10 }),
      },
      title: TELEMETRY_TITLES.edge_clock({ site: this.#context.siteName(siteId), what: name }),
      magnitude: Math.abs(offMs),
    })
  }

  snapshot(): unknown {
    return {
      devices: pack(this.#devices, DEVICE_SHAPE),
      feeds: pack(this.#feeds, FEED_SHAPE),
      lookedMs: this.#lookedMs,
      clocksMs: this.#clocksMs,
    }
  }

  restore(state: unknown): void {
    const saved = state as { devices: unknown; feeds: unknown; lookedMs: number; clocksMs: number }
    this.#devices = unpack(saved.devices, DEVICE_SHAPE)
    this.#feeds = unpack(saved.feeds, FEED_SHAPE)
    this.#lookedMs = saved.lookedMs
    this.#clocksMs = saved.clocksMs
  }
}

/** What all findings of telemetry share. */
export const base = (
  key: string,
  orgId: number,
  siteId: number,
  p: TelemetryParameters,
): Pick<FindingReport, 'key' | 'orgId' | 'siteId' | 'src' | 'dst' | 'quietMs'> => ({
  key,
  orgId,
  siteId,
  src: [],
  dst: [],
  quietMs: p.quiet_s * 1000,
})
