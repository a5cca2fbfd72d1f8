import type { StateStore } from '../../model/ports.js'
import type { Told } from './coalesce.js'

/** What targets were told, one record a target and incident: written when the target has answered, before anything else. */
export class ToldRecords {
  readonly #state: StateStore
  readonly #target: string

  constructor(state: StateStore, target: string) {
    this.#state = state
    this.#target = target
  }

  async get(incident: string): Promise<Told | undefined> {
    const bytes = await this.#state.get(this.#key(incident))
    return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString()) as Told)
  }

  async put(incident: string, told: Told): Promise<void> {
    await this.#state.put(this.#key(incident), Buffer.from(JSON.stringify(told)))
  }

  async delete(incident: string): Promise<void> {
    await this.#state.delete(this.#key(incident))
  }

  #key(incident: string): string {
    return `itsm.told.${this.#target}.${incident}`
  }
}
