import { z } from 'zod'
import {
  type Delivery,
  type DeliveryContext,
  type DeliveryReceipt,
  RefusedError,
  RetryableError,
  type Target,
  type TargetKind,
} from '../../../sinks/itsm/target.js'

export interface StrictTicket {
  readonly number: string
  state: 'open' | 'resolved' | 'closed'
  version: number
  readonly kinds: string[]
}

/**
 * A ticketing tool that takes no nonsense, in memory: made from the words of the seam (`sinks/itsm/target.ts`). A second
 * `open` of one incident, an update of none, a version that goes back or a resolution of what is resolved is a violation.
 */
export class StrictTarget implements Target {
  readonly tickets = new Map<string, StrictTicket>()
  readonly violations: string[] = []
  readonly calls: Delivery[] = []
  readonly keys = new Map<string, number>()
  /** What the next deliveries throw, in order; `away` throws until it is false. */
  readonly faults: Error[] = []
  away = false
  refuse: (d: Delivery) => boolean = () => false
  running = 0
  runningMax = 0

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    signal.throwIfAborted()
    this.running++
    this.runningMax = Math.max(this.running, this.runningMax)
    try {
      await new Promise((resolve) => setImmediate(resolve))
      this.calls.push(delivery)
      const fault = this.faults.shift()
      if (fault !== undefined) throw fault
      if (this.away) throw new RetryableError('connect ECONNREFUSED')
      if (this.refuse(delivery)) throw new RefusedError('no such queue', { status: 400 })
      return this.#take(delivery)
    } finally {
      this.running--
    }
  }

  #take({ kind, incident, transition, idempotencyKey, remote, mayExist }: Delivery): DeliveryReceipt {
    const { uid } = incident
    const before = this.tickets.get(uid)
    this.keys.set(idempotencyKey, (this.keys.get(idempotencyKey) ?? 0) + 1)
    const wrong = (what: string): void => {
      this.violations.push(`${incident.number} ${kind}@${transition.version}: ${what}`)
    }
    if (kind === 'open') {
      if (before !== undefined) {
        if (!mayExist) wrong('opened twice')
        return { id: before.number, number: before.number, outcome: 'existing' }
      }
      const number = `T${this.tickets.size + 1}`
      this.tickets.set(uid, { number, state: 'open', version: transition.version, kinds: [kind] })
      return { id: number, number, outcome: 'created' }
    }
    if (before === undefined) throw new RefusedError('no such ticket')
    if (remote?.id !== before.number) wrong(`speaks of ticket ${remote?.id ?? 'none'}`)
    if (transition.version < before.version) wrong(`goes back from ${before.version}`)
    if (kind === 'resolve' && before.state !== 'open' && !mayExist) wrong('is not open')
    if (kind === 'reopen' && before.state === 'open' && !mayExist) wrong('is open')
    before.version = transition.version
    before.kinds.push(kind)
    if (kind === 'resolve') before.state = 'resolved'
    else if (kind === 'reopen') before.state = 'open'
    else if (kind === 'close') before.state = 'closed'
    return { id: before.number, number: before.number, outcome: 'updated' }
  }
}

/** The strict target as a kind of its own, which always gives the same one. */
export const strictKind = (target: StrictTarget): TargetKind<unknown> => ({
  id: 'strict',
  title: { fr: 'Outil strict', en: 'Strict tool' },
  config: z.looseObject({}),
  capabilities: {
    kinds: ['open', 'update', 'acknowledge', 'escalate', 'resolve', 'reopen', 'close'],
    problems: true,
    identity: 'receipt',
    wayBack: 'none',
  },
  create: () => target,
})
