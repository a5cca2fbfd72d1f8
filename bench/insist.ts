import { setTimeout as delay } from 'node:timers/promises'

const TRIES = 100
const WAIT_MS = 200

/** Does it until it succeeds, as those do who hold what they send: a busy machine lets answers come late. */
export async function insist<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (tries >= TRIES) throw error
      await delay(WAIT_MS)
    }
  }
}
