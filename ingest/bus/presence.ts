import { errors } from '@nats-io/transport-node'
import type { Presence } from '../../model/ports.js'
import type { Bus } from './bus.js'

const SUBJECT = 'vigie.alive'
const ANSWER_MS = 2_000

/**
 * Who lives, by NATS itself: a process subscribes to a subject of its own, and the server says at once when nobody does.
 * A killed process loses its subscription with its connection; one whose machine vanished, when the server's pings stay
 * unanswered.
 */
export class NatsPresence implements Presence {
  readonly #bus: Bus

  constructor(bus: Bus) {
    this.#bus = bus
  }

  announce(id: string): void {
    this.#bus.connection.subscribe(`${SUBJECT}.${id}`, { callback: (_, message) => void message.respond() })
  }

  async isAlive(id: string): Promise<boolean> {
    try {
      await this.#bus.connection.request(`${SUBJECT}.${id}`, undefined, { timeout: ANSWER_MS })
      return true
    } catch (error) {
      const nobody =
        error instanceof errors.NoRespondersError ||
        (error instanceof errors.RequestError && error.isNoResponders())
      return !nobody
    }
  }
}
