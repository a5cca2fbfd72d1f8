import type { Finding } from '../model/finding.js'
import type { Suspicion } from './context.js'

const DAY_MS = 86_400_000
/** Hosts held; the one that was told longest ago goes first. */
const HOSTS = 4096

/** Hosts inside that findings of the last day call taken over: what they do next is looked at with other eyes. */
export class Suspects {
  #hosts = new Map<string, Suspicion>()

  /** @param hosts that the finding's service calls taken over */
  note(finding: Finding, hosts: readonly string[]): void {
    if (finding.activity === 'close' || finding.severity_id < 3) return
    for (const host of hosts) {
      const before = this.#hosts.get(host)
      this.#hosts.delete(host)
      this.#hosts.set(host, before ?? { service: finding.service, uid: finding.uid, sinceMs: finding.time })
      if (this.#hosts.size > HOSTS) this.#hosts.delete(this.#hosts.keys().next().value!)
    }
  }

  /** The finding was nothing: what it said of hosts is taken back. */
  forget(uid: string): void {
    for (const [host, suspicion] of this.#hosts) if (suspicion.uid === uid) this.#hosts.delete(host)
  }

  of(address: string, nowMs: number): Suspicion | undefined {
    const suspicion = this.#hosts.get(address)
    if (suspicion === undefined || nowMs - suspicion.sinceMs <= DAY_MS) return suspicion
    this.#hosts.delete(address)
    return undefined
  }

  snapshot(): unknown {
    return this.#hosts
  }

  restore(state: unknown): void {
    this.#hosts = state as Map<string, Suspicion>
  }
}
