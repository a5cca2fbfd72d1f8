import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 50
const GIVE_UP_MS = 60_000

/** Resolves when `holds` does; asks again and again, for a minute at most. */
export async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + GIVE_UP_MS
  while (!(await holds().catch(() => false))) {
    if (performance.now() > end) throw new Error(`${what}: not within ${GIVE_UP_MS / 1000} s`)
    await delay(POLL_MS)
  }
}
