import type { EdgeDraft } from './draft.js'

export interface AbsenceOptions {
  /** Silence after which a tunnel counts as down, ms of event time. */
  readonly silenceMs: number
  /** How many tunnels are watched; beyond it new ones are not, and are counted. */
  readonly keysMax: number
}

interface Seen {
  timeMs: number
  draft: EdgeDraft
  absent: boolean
}

/**
 * Absence as a state. Some vendors stop telling of a tunnel that is dead (VeloCloud's IPFIX leaves it out),
 * so a tunnel that was there and is silent while its device goes on telling is down. A device that is silent
 * altogether says nothing of its tunnels: then nothing is made up.
 */
export class AbsenceWatch {
  readonly #options: AbsenceOptions
  readonly #seen = new Map<string, Seen>()
  readonly #devices = new Map<string, number>()
  /** Tunnels that were not watched because too many are. */
  unwatched = 0

  constructor(options: AbsenceOptions) {
    this.#options = options
  }

  /** A sample came. Its keys: device, link, ends and class. */
  see(draft: EdgeDraft, timeMs: number): void {
    const key = keyOf(draft)
    const seen = this.#seen.get(key)
    if (seen === undefined && this.#seen.size >= this.#options.keysMax) {
      this.unwatched++
      return
    }
    if (seen === undefined || timeMs >= seen.timeMs) this.#seen.set(key, { timeMs, draft, absent: false })
    const device = draft.device ?? ''
    this.#devices.set(device, Math.max(timeMs, this.#devices.get(device) ?? timeMs))
  }

  /** Tunnels that have fallen silent since the last call, each once, as samples in state `down`. */
  takeAbsent(): EdgeDraft[] {
    const absent: EdgeDraft[] = []
    for (const seen of this.#seen.values()) {
      const now = this.#devices.get(seen.draft.device ?? '')!
      if (seen.absent || now - seen.timeMs <= this.#options.silenceMs) continue
      seen.absent = true
      absent.push({ ...identityOf(seen.draft), observed_ms: now, state: 'down', state_raw: 'absent' })
    }
    return absent
  }
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

const identityOf = (draft: EdgeDraft): EdgeDraft =>
  Object.fromEntries(IDENTITY.map((key) => [key, draft[key]])) as unknown as EdgeDraft

const keyOf = (draft: EdgeDraft): string => IDENTITY.map((key) => draft[key] ?? '').join('\u0000')
