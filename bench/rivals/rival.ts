import { addressText } from '../../detect/address.js'
import type { FlowView } from '../../detect/flow_view.js'
import type { Finding, ServiceId } from '../../model/finding.js'

/**
 * Another product's rule, written anew from its public description, on the rows that the services see. Its alarms take the
 * form of findings, so that one scorer judges both.
 */
export interface Rival {
  /** The product and its rule. */
  readonly name: string
  /** What it competes with. */
  readonly service: ServiceId
  readonly alarms: Finding[]
  observe(view: FlowView): void
  /** After each second of event time. */
  evaluate(nowMs: number): void
  /** At the end of the replay. */
  end(nowMs: number): void
}

/** Alarms of a rule, each entity once until it was quiet for so long. */
export class Alarms {
  readonly list: Finding[] = []
  readonly #service: ServiceId
  readonly #quietMs: number
  readonly #last = new Map<string, number>()

  constructor(service: ServiceId, quietMs: number) {
    this.#service = service
    this.#quietMs = quietMs
  }

  raise(key: string, nowMs: number, ends: { src?: string; dst?: string }): void {
    const last = this.#last.get(key)
    this.#last.set(key, nowMs)
    if (last !== undefined && nowMs - last < this.#quietMs) return
    this.list.push({
      time: nowMs,
      service: this.#service,
      activity: 'create',
      uid: `${key}@${nowMs}`,
      severity_id: 4,
      src: ends.src === undefined ? [] : [ends.src],
      dst: ends.dst === undefined ? [] : [ends.dst],
      first_seen: nowMs,
      last_seen: nowMs,
      score: 100,
      evidence: {},
      title: { fr: '', en: '' },
    })
  }
}

export const srcText = (view: FlowView, row: number): string => addressText(view.src, row * 4)
export const dstText = (view: FlowView, row: number): string => addressText(view.dst, row * 4)
