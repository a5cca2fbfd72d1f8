import type { StateStore } from '../../model/ports.js'
import type { Bus } from './bus.js'

/**
 * The durable map of learned state and counters. Keys are made of letters, digits and `-/_=.`, where the dot separates
 * parts: `keys('templates.')` gives all keys below `templates`.
 */
export class NatsStateStore implements StateStore {
  readonly #bus: Bus

  constructor(bus: Bus) {
    this.#bus = bus
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const entry = await this.#bus.state.get(key)
    return entry === null || entry.operation !== 'PUT' ? undefined : entry.value
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    await this.#bus.state.put(key, value)
  }

  /** Also takes the key's history away, so that deleted keys cost nothing. */
  async delete(key: string): Promise<void> {
    await this.#bus.state.purge(key)
  }

  async keys(prefix: string): Promise<string[]> {
    const keys: string[] = []
    const filter = prefix.endsWith('.') ? `${prefix}>` : '>'
    for await (const key of await this.#bus.state.keys(filter)) if (key.startsWith(prefix)) keys.push(key)
    return keys
  }
}
