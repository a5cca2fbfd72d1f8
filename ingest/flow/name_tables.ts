import type { LearnedName } from './decode_report.js'
import type { NameKind } from './options_record.js'

/** Names of all exporters that one session keeps; later ones are not kept. */
const NAMES_MAX = 500_000

/** The names that exporters told for their numbers, in a session over files. */
export class NameTables {
  readonly #names = new Map<string, string>()

  learn(names: readonly LearnedName[]): void {
    for (const { exporter, kind, id, name } of names) {
      const key = keyOf(exporter, kind, id)
      if (this.#names.size < NAMES_MAX || this.#names.has(key)) this.#names.set(key, name)
    }
  }

  find(exporter: Uint8Array, kind: NameKind, id: bigint): string | undefined {
    return this.#names.get(keyOf(exporter, kind, id))
  }
}

const keyOf = (exporter: Uint8Array, kind: NameKind, id: bigint): string =>
  `${Buffer.from(exporter).toString('latin1')} ${kind} ${id}`
