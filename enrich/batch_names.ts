import type { ExporterName } from '../model/exporter_name.js'

/** Names remembered; beyond it all are forgotten, and each is written once more when it comes again. */
const MAX_REMEMBERED = 200_000

/** Which names of exporters are news: they repeat theirs every few minutes, and the store needs each once. */
export class NewNames {
  readonly #known = new Map<string, string>()

  /** Names that are not known as such, each once. */
  of(names: readonly ExporterName[]): ExporterName[] {
    const fresh = new Map<string, ExporterName>()
    for (const name of names) if (this.#known.get(keyOf(name)) !== name.name) fresh.set(keyOf(name), name)
    return [...fresh.values()]
  }

  /** Notes that names are in the store. */
  remember(names: readonly ExporterName[]): void {
    if (this.#known.size + names.length > MAX_REMEMBERED) this.#known.clear()
    for (const name of names) this.#known.set(keyOf(name), name.name)
  }
}

const keyOf = ({ exporter_addr, kind, key }: ExporterName): string => `${exporter_addr} ${kind} ${key}`
