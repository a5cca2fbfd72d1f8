import type { EdgeRecord } from '../../model/edge_record.js'

interface Tunnel<T> {
  timeMs: number
  record: EdgeRecord
  readonly with: T
  absent: boolean
}

interface Device<T> {
  /** The two newest times that the device told of anything. */
  newestMs: number
  beforeMs: number
  silenceMs: number
  readonly tunnels: Map<string, Tunnel<T>>
}

const IDENTITY = [
  'kind',
  'vendor',
  'controller',
  'device',
  'site',
  'link',
  'carrier',
  'local',
  'remote',
  'local_color',
  'remote_color',
  'sla_class',
] as const
/** A tunnel that has been gone for so long is forgotten: it was taken away. */
const FORGOTTEN_MS = 24 * 3_600_000

type Values = Readonly<Record<string, unknown>>

const keyOf = (record: EdgeRecord): string =>
  IDENTITY.map((key) => (record as Values)[key] ?? '').join('\u0000')

const deviceOf = ({ vendor, device = '', controller = '' }: EdgeRecord): string =>
  `${vendor}\u0000${controller}\u0000${device}`

/**
 * Absence as a state. Some vendors stop telling of a tunnel that is dead (VeloCloud's IPFIX leaves it out), so a tunnel that was
 * there and is silent while its device goes on telling is down. A device that is silent altogether says nothing of its
 * tunnels: then nothing is made up. The newest time of a device does not count yet, for the rest of that report may be on
 * its way.
 */
export class AbsenceWatch<T> {
  readonly #keysMax: number
  readonly #devices = new Map<string, Device<T>>()
  readonly #moved = new Set<string>()
  #keys = 0
  /** Tunnels that were not watched because too many are. */
  unwatched = 0

  constructor(keysMax: number) {
    this.#keysMax = keysMax
  }

  get watched(): number {
    return this.#keys
  }

  /** A sample of a tunnel came. */
  see(record: EdgeRecord, timeMs: number, silenceMs: number, more: T): void {
    const name = deviceOf(record)
    const device = this.#devices.get(name) ?? {
      newestMs: timeMs,
      beforeMs: Number.NEGATIVE_INFINITY,
      silenceMs,
      tunnels: new Map<string, Tunnel<T>>(),
    }
    const key = keyOf(record)
    const seen = device.tunnels.get(key)
    if (seen === undefined && this.#keys >= this.#keysMax) {
      this.unwatched++
      return
    }
    if (seen === undefined) this.#keys++
    if (seen === undefined || timeMs >= seen.timeMs)
      device.tunnels.set(key, { timeMs, record: identityOf(record), with: more, absent: false })
    if (timeMs > device.newestMs) {
      device.beforeMs = device.newestMs
      device.newestMs = timeMs
      this.#moved.add(name)
    }
    device.silenceMs = silenceMs
    this.#devices.set(name, device)
  }

  /** Tunnels that have fallen silent since the last call, each once, as samples in state `down`. */
  takeAbsent(leaves: (one: { record: EdgeRecord; with: T }) => void): void {
    for (const name of this.#moved) {
      const device = this.#devices.get(name)!
      for (const [key, tunnel] of device.tunnels) {
        const silentMs = device.beforeMs - tunnel.timeMs
        if (silentMs > FORGOTTEN_MS) {
          device.tunnels.delete(key)
          this.#keys--
        }
        if (tunnel.absent || silentMs <= device.silenceMs) continue
        tunnel.absent = true
        const observed_at = new Date(device.newestMs).toISOString()
        const record = { ...tunnel.record, observed_at, state: 'down', state_raw: 'absent' } as EdgeRecord
        leaves({ record, with: tunnel.with })
      }
    }
    this.#moved.clear()
  }

  /** All that is watched, as JSON. Devices that have been silent for a day are forgotten on the way. */
  save(): unknown {
    let newestMs = Number.NEGATIVE_INFINITY
    for (const device of this.#devices.values()) newestMs = Math.max(newestMs, device.newestMs)
    for (const [name, device] of this.#devices) {
      if (newestMs - device.newestMs <= FORGOTTEN_MS && device.tunnels.size > 0) continue
      this.#keys -= device.tunnels.size
      this.#devices.delete(name)
    }
    return [...this.#devices].map(([name, { tunnels, beforeMs, ...device }]) => [
      name,
      { ...device, beforeMs: Number.isFinite(beforeMs) ? beforeMs : null, tunnels: [...tunnels.values()] },
    ])
  }

  restore(saved: unknown): void {
    type Saved = Omit<Device<T>, 'tunnels' | 'beforeMs'> & { beforeMs: number | null; tunnels: Tunnel<T>[] }
    for (const [name, { tunnels, beforeMs, ...device }] of saved as [string, Saved][]) {
      const byKey = new Map(tunnels.map((tunnel) => [keyOf(tunnel.record), tunnel]))
      this.#devices.set(name, { ...device, beforeMs: beforeMs ?? Number.NEGATIVE_INFINITY, tunnels: byKey })
      this.#keys += byKey.size
    }
  }
}

const identityOf = (record: EdgeRecord): EdgeRecord =>
  Object.fromEntries(
    IDENTITY.flatMap((key) => {
      const value = (record as Values)[key]
      return value === undefined ? [] : [[key, value]]
    }),
  ) as unknown as EdgeRecord
